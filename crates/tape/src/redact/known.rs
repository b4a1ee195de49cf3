//! Secrets seen before, found again anywhere.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::ops::Bound;

use super::encoding::{json_escaped, percent_encoded};
use super::placeholder::is_secret_placeholder;

/// Shorter ones are not looked for: they occur by chance.
const SHORTEST: usize = 4;
/// From here on a secret is replaced within a word, too.
const LONG: usize = 8;
/// A secret that is all digits is not looked for below this length, and never within a word.
const SHORTEST_DIGITS: usize = 6;
/// Secrets differ within this many bytes; a text that equals a secret so far contains a part of it,
/// whatever follows. It is several times what session tokens of one account have in common.
const HEAD: usize = 64;
/// Most secrets remembered, and most bytes of them; the oldest is forgotten first.
pub(super) const MOST: usize = 65_536;
const MOST_BYTES: usize = 32 << 20;

/// Secrets and what replaces them.
///
/// ```text
/// secret     hunter2-hunter2 … (more than 64 bytes)
/// head       |---- 64 bytes ----|  key of `heads`; `prefixes` says which shorter secrets it begins with
/// starts     |4|                   hashed to 16 bits: most places of a text are dismissed by one look
/// ```
///
/// Each place in a text costs one search among the heads, so searching a text takes time linear in
/// its length, whatever the secrets are. A match longer than a head is skipped as a whole.
#[derive(Default)]
pub(super) struct KnownSecrets {
    heads: BTreeMap<Vec<u8>, Head>,
    in_order: VecDeque<Vec<u8>>,
    bytes: usize,
    starts: Starts,
}

/// The first bytes of secrets, at most [`HEAD`] of them.
#[derive(Default)]
struct Head {
    /// Bit n: the first n + 1 bytes are the head of a secret.
    prefixes: u64,
    /// Whole secrets with this head.
    secrets: BTreeMap<Vec<u8>, String>,
}

impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownSecrets({})", self.in_order.len())
    }
}

impl KnownSecrets {
    /// Remembers a secret, also as URLs and JSON write it. Placeholders are not remembered, nor
    /// values so short that other texts contain them by chance.
    pub(super) fn add(&mut self, value: &[u8], placeholder: &str) {
        if !is_distinct(value) || is_secret_placeholder(value) {
            return;
        }
        for written in [percent_encoded(value), json_escaped(value)]
            .into_iter()
            .flatten()
        {
            self.add_as_written(written, placeholder);
        }
        self.add_as_written(value.to_vec(), placeholder);
    }

    fn add_as_written(&mut self, value: Vec<u8>, placeholder: &str) {
        let head = head_of(&value);
        let known = self.heads.get(head);
        if known.is_some_and(|known| known.secrets.contains_key(&value)) {
            return;
        }
        if known.is_none() {
            let bit = bit(head.len());
            for (_, longer) in self.with_prefix_mut(head) {
                longer.prefixes |= bit;
            }
            let prefixes = bit | self.prefixes_of(head);
            let head = head.to_vec();
            self.starts.add(&head);
            self.heads.insert(
                head,
                Head {
                    prefixes,
                    ..Head::default()
                },
            );
        }
        if let Some(head) = self.heads.get_mut(head_of(&value)) {
            head.secrets.insert(value.clone(), placeholder.to_owned());
        }
        self.bytes += value.len();
        self.in_order.push_back(value);
        while self.in_order.len() > MOST || (self.bytes > MOST_BYTES && self.in_order.len() > 1) {
            self.forget_oldest();
        }
    }

    /// The lengths of the heads that are the first bytes of `head`.
    fn prefixes_of(&self, head: &[u8]) -> u64 {
        // In sorted order every text between a prefix and a text has that prefix too, so the
        // neighbour before `head` knows all of its prefixes.
        let before = (Bound::Unbounded, Bound::Excluded(head));
        match self.heads.range::<[u8], _>(before).next_back() {
            Some((other, known)) => known.prefixes & up_to(common(other, head)),
            None => 0,
        }
    }

    fn with_prefix_mut<'a>(
        &'a mut self,
        prefix: &'a [u8],
    ) -> impl Iterator<Item = (&'a Vec<u8>, &'a mut Head)> {
        self.heads
            .range_mut::<[u8], _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(move |(head, _)| head.starts_with(prefix))
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.in_order.pop_front() else {
            return;
        };
        self.bytes -= oldest.len();
        let head = head_of(&oldest);
        let Some(known) = self.heads.get_mut(head) else {
            return;
        };
        known.secrets.remove(&oldest);
        if known.secrets.is_empty() {
            self.heads.remove(head);
            let bit = bit(head.len());
            for (_, longer) in self.with_prefix_mut(head) {
                longer.prefixes &= !bit;
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_order.is_empty()
    }

    /// The longest secret that begins at `at` and ends by `limit`, or the first part of one: its
    /// length and its placeholder.
    pub(super) fn find(&self, text: &[u8], at: usize, limit: usize) -> Option<(usize, &str)> {
        let rest = &text[at..limit];
        if !self.starts.may_hold(rest) {
            return None;
        }
        let head = head_of(rest);
        let upto = (Bound::Unbounded, Bound::Included(head));
        let (other, known) = self.heads.range::<[u8], _>(upto).next_back()?;
        let mut lengths = known.prefixes & up_to(common(other, head));
        while lengths != 0 {
            let length = 64 - lengths.leading_zeros() as usize;
            lengths &= !bit(length);
            let known = self.heads.get(&rest[..length])?;
            let found = if length == HEAD {
                known.agrees_most(rest)
            } else {
                known
                    .secrets
                    .get(&rest[..length])
                    .map(|p| (length, p.as_str()))
            };
            if let Some((length, placeholder)) = found
                && (may_be_within_word(&rest[..length]) || stands_alone(text, at, length))
            {
                return Some((length, placeholder));
            }
        }
        None
    }
}

impl Head {
    /// The secret that `text` agrees with longest. Both begin with this head.
    fn agrees_most(&self, text: &[u8]) -> Option<(usize, &str)> {
        let before = (Bound::Unbounded, Bound::Included(text));
        let after = (Bound::Excluded(text), Bound::Unbounded);
        let before = self.secrets.range::<[u8], _>(before).next_back();
        let after = self.secrets.range::<[u8], _>(after).next();
        // Of two that agree alike, the one before may end there: it is the whole secret.
        after
            .into_iter()
            .chain(before)
            .map(|(secret, placeholder)| (common(secret, text), placeholder.as_str()))
            .max_by_key(|(length, _)| *length)
    }
}

/// The first four bytes of the secrets, roughly: no place where a secret begins is missed.
#[derive(Default)]
struct Starts(Vec<u64>);

impl Starts {
    const BITS: u32 = 16;

    fn add(&mut self, head: &[u8]) {
        if self.0.is_empty() {
            self.0 = vec![0; 1 << (Self::BITS - 6)];
        }
        if let Some(slot) = Self::slot(head) {
            self.0[slot / 64] |= 1 << (slot % 64);
        }
    }

    fn may_hold(&self, rest: &[u8]) -> bool {
        !self.0.is_empty()
            && Self::slot(rest).is_some_and(|slot| self.0[slot / 64] >> (slot % 64) & 1 == 1)
    }

    fn slot(text: &[u8]) -> Option<usize> {
        let start = u32::from_le_bytes(*text.first_chunk::<SHORTEST>()?);
        // Fibonacci hashing: the upper bits of the product are well mixed.
        Some((start.wrapping_mul(0x9E37_79B1) >> (32 - Self::BITS)) as usize)
    }
}

fn head_of(text: &[u8]) -> &[u8] {
    &text[..text.len().min(HEAD)]
}

fn bit(length: usize) -> u64 {
    1 << (length - 1)
}

/// The bits of all lengths up to `length`.
fn up_to(length: usize) -> u64 {
    match length {
        0 => 0,
        _ => u64::MAX >> (HEAD - length.min(HEAD)),
    }
}

fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Whether a text is unlikely to occur by chance.
pub(super) fn is_distinct(value: &[u8]) -> bool {
    let all = |is: fn(&u8) -> bool| value.iter().all(is);
    match value.len() {
        0..SHORTEST => false,
        length if all(u8::is_ascii_digit) => length >= SHORTEST_DIGITS,
        // A word.
        SHORTEST..LONG => !all(u8::is_ascii_alphabetic),
        _ => true,
    }
}

fn may_be_within_word(secret: &[u8]) -> bool {
    secret.len() >= LONG && !secret.iter().all(u8::is_ascii_digit)
}

fn stands_alone(text: &[u8], at: usize, length: usize) -> bool {
    let in_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    !in_word(at.checked_sub(1).and_then(|before| text.get(before)))
        && !in_word(text.get(at + length))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn find<'a>(known: &'a KnownSecrets, text: &str, at: usize) -> Option<(usize, &'a str)> {
        known.find(text.as_bytes(), at, text.len())
    }

    #[test]
    fn finds_the_longest_and_spares_what_is_chance() {
        let mut known = KnownSecrets::default();
        known.add(b"hunter2-long", "P1");
        known.add(b"hunter2-longer", "P2");
        known.add(b"s3cr", "P3");
        known.add(b"123456", "P4");
        for not in [&b"abc"[..], b"test", b"12345", b"REDACTED-0a1b2"] {
            known.add(not, "P");
        }
        assert_eq!(format!("{known:?}"), "KnownSecrets(4)");
        assert_eq!(find(&known, "xhunter2-longer-still", 1), Some((14, "P2")));
        assert_eq!(find(&known, "xhunter2-longish", 1), Some((12, "P1")));
        assert_eq!(find(&known, "=s3cr.", 1), Some((4, "P3")));
        assert_eq!(find(&known, "=s3cret", 1), None);
        assert_eq!(find(&known, "=123456.", 1), Some((6, "P4")));
        assert_eq!(find(&known, "=1234567", 1), None);
        assert_eq!(find(&known, "test", 0), None);
    }

    #[test]
    fn a_long_secret_is_known_by_its_first_part() {
        let mut known = KnownSecrets::default();
        let (one, other) = ("ab".repeat(40) + "one", "ab".repeat(40) + "other");
        known.add(one.as_bytes(), "P1");
        known.add(other.as_bytes(), "P2");
        assert_eq!(find(&known, &format!("{other}.."), 0), Some((85, "P2")));
        assert_eq!(find(&known, &one[..82], 0), Some((82, "P1")));
        assert_eq!(find(&known, &one[..64], 0).map(|(n, _)| n), Some(64));
        assert_eq!(find(&known, &one[..63], 0), None);
    }

    #[test]
    fn other_spellings_are_known() {
        let mut known = KnownSecrets::default();
        known.add(br#"a/b+"c\d=="#, "P");
        for text in [r#"a/b+"c\d=="#, "a%2Fb%2B%22c%5Cd%3D%3D", r#"a/b+\"c\\d=="#] {
            assert_eq!(find(&known, text, 0), Some((text.len(), "P")), "{text}");
        }
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut known = KnownSecrets::default();
        known.add(b"secret-0", "P");
        for n in 0..MOST {
            known.add(format!("secret-{n:08}").as_bytes(), "P");
        }
        assert_eq!(find(&known, "secret-0", 0), None);
        assert_eq!(find(&known, "secret-00000000", 0), Some((15, "P")));
        known.add(b"other-secret", "P");
        assert_eq!(find(&known, "secret-00000000", 0), None);
        assert_eq!(find(&known, "secret-00000001", 0), Some((15, "P")));
    }

    proptest! {
        /// The search among neighbours finds what a search among all finds.
        #[test]
        fn finds_what_is_there(
            secrets in proptest::collection::vec("[ab]{8,12}", 0..12),
            forgotten in 0..4usize,
            text in "[ab]{0,20}",
        ) {
            let mut known = KnownSecrets::default();
            let mut all = BTreeSet::new();
            for secret in &secrets {
                known.add(secret.as_bytes(), secret);
            }
            let mut order = secrets.clone();
            order.dedup();
            all.extend(secrets.iter().cloned());
            for _ in 0..forgotten.min(all.len()) {
                let oldest = String::from_utf8(known.in_order[0].clone()).unwrap();
                known.forget_oldest();
                all.remove(&oldest);
            }
            let longest = all.iter().filter(|s| text.starts_with(s.as_str())).max_by_key(|s| s.len());
            prop_assert_eq!(
                find(&known, &text, 0),
                longest.map(|secret| (secret.len(), secret.as_str()))
            );
        }
    }
}
