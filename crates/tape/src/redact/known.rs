//! Secrets seen before, found again wherever they stand.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;

use super::placeholder::{is_common_part, is_secret_placeholder};

/// Shorter ones are not looked for: they would turn up by chance.
const SHORTEST: usize = 4;
/// From here on a secret is replaced within a word, too.
const LONG: usize = 8;
/// Most secrets remembered; the oldest is forgotten first.
const MOST: usize = 65_536;

/// Secrets and what replaces them. Looking through a text costs its length, however many there are.
#[derive(Default)]
pub(super) struct KnownSecrets {
    by_start: HashMap<[u8; SHORTEST], SameStart>,
    in_order: VecDeque<Vec<u8>>,
}

/// Secrets with the same first four bytes. There are many (session tokens begin alike), of few lengths.
#[derive(Default)]
struct SameStart {
    placeholders: HashMap<Vec<u8>, String>,
    /// How many secrets there are of a length.
    lengths: BTreeMap<usize, usize>,
}

impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownSecrets({})", self.in_order.len())
    }
}

impl KnownSecrets {
    /// Remembers a secret; says whether it is new. Placeholders, and what is too short to be told from
    /// chance, are not remembered.
    pub(super) fn add(&mut self, value: &[u8], placeholder: &str) -> bool {
        let Some(start) = value.first_chunk::<SHORTEST>() else {
            return false;
        };
        if is_secret_placeholder(value) || is_common_part(value) {
            return false;
        }
        let same = self.by_start.entry(*start).or_default();
        if same.placeholders.contains_key(value) {
            return false;
        }
        same.placeholders
            .insert(value.to_vec(), placeholder.to_owned());
        *same.lengths.entry(value.len()).or_default() += 1;
        self.in_order.push_back(value.to_vec());
        if self.in_order.len() > MOST {
            self.forget_oldest();
        }
        true
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.in_order.pop_front() else {
            return;
        };
        let Some(start) = oldest.first_chunk::<SHORTEST>() else {
            return;
        };
        if let Some(same) = self.by_start.get_mut(start) {
            same.placeholders.remove(&oldest);
            if let Some(count) = same.lengths.get_mut(&oldest.len()) {
                *count -= 1;
                if *count == 0 {
                    same.lengths.remove(&oldest.len());
                }
            }
            if same.placeholders.is_empty() {
                self.by_start.remove(start);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_order.is_empty()
    }

    /// The longest secret that stands at `at`: its length and its placeholder.
    pub(super) fn find(&self, text: &[u8], at: usize) -> Option<(usize, &str)> {
        let rest = &text[at..];
        let same = self.by_start.get(rest.first_chunk::<SHORTEST>()?)?;
        same.lengths.keys().rev().find_map(|&length| {
            let placeholder = same.placeholders.get(rest.get(..length)?)?;
            (length >= LONG || stands_alone(text, at, length))
                .then_some((length, placeholder.as_str()))
        })
    }
}

fn stands_alone(text: &[u8], at: usize, length: usize) -> bool {
    let in_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    !in_word(at.checked_sub(1).and_then(|before| text.get(before)))
        && !in_word(text.get(at + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_longest_and_spares_what_is_chance() {
        let mut known = KnownSecrets::default();
        assert!(known.add(b"hunter2-long", "P1"));
        assert!(!known.add(b"hunter2-long", "P1"));
        assert!(known.add(b"hunter2-longer", "P2"));
        assert!(known.add(b"1234", "P3"));
        for not in [&b"abc"[..], b"REDACTED-0a1b2", b"REDACTED", b"0000"] {
            assert!(!known.add(not, "P"));
        }
        assert_eq!(known.find(b"xhunter2-longer-still", 1), Some((14, "P2")));
        assert_eq!(known.find(b"xhunter2-longish", 1), Some((12, "P1")));
        assert_eq!(known.find(b"=1234.", 1), Some((4, "P3")));
        assert_eq!(known.find(b"=12345", 1), None);
        assert_eq!(format!("{known:?}"), "KnownSecrets(3)");
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut known = KnownSecrets::default();
        for n in 0..=MOST {
            known.add(format!("secret-{n:08}").as_bytes(), "P");
        }
        assert_eq!(known.find(b"secret-00000000", 0), None);
        assert!(known.find(b"secret-00000001", 0).is_some());
    }
}
