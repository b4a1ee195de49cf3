//! How exchanges are put into the entries of the database, and taken out again.
//!
//! A key is `seq` (8 bytes, big endian) ‖ `chunk` (2 bytes, big endian), a value at most 4 KiB. The
//! value of chunk 0 has the exchange of that number and those that follow it without a gap, as many
//! as fit; each is its length (4 bytes, big endian) ‖ its encoded form. An exchange that does not
//! fit has entries of its own, and continues in chunks 1, 2, … Keys are written in rising order,
//! which is what sled is good at. Its costs are per entry, so there are few.

use super::super::damage::Damage;

/// sled puts up to 16 entries in a page; from about 128 KiB on it rewrites pages as files and does
/// not sync them.
const CHUNK: usize = 4096;
const KEY: usize = 10;
const LENGTH: usize = 4;
/// The longest encoded exchange that the chunks of one number can hold, in bytes.
pub(super) const LONGEST: usize = CHUNK * (u16::MAX as usize) - LENGTH;

/// Makes entries of exchanges, which come in rising order.
#[derive(Debug, Default)]
pub(super) struct Packing {
    first: u64,
    last: u64,
    /// The value of `first`, so far.
    value: Vec<u8>,
}

impl Packing {
    /// Takes the next exchange, encoded: at most [`LONGEST`] bytes. `put` gets each entry that is
    /// complete.
    pub(super) fn push(&mut self, seq: u64, encoded: &[u8], mut put: impl FnMut(&[u8], &[u8])) {
        let needed = LENGTH + encoded.len();
        let follows = self.last.checked_add(1) == Some(seq);
        if !follows || self.value.len() + needed > CHUNK {
            self.finish(&mut put);
        }
        if self.value.is_empty() {
            self.first = seq;
        }
        self.last = seq;
        // Far from `u32::MAX`.
        self.value
            .extend_from_slice(&(encoded.len() as u32).to_be_bytes());
        if needed <= CHUNK {
            self.value.extend_from_slice(encoded);
            return;
        }
        let (head, rest) = encoded.split_at(CHUNK - LENGTH);
        self.value.extend_from_slice(head);
        self.finish(&mut put);
        for (chunk, value) in (1..).zip(rest.chunks(CHUNK)) {
            put(&key(seq, chunk), value);
        }
    }

    /// Gives what there is to `put`. What is pushed next gets a key of its own.
    pub(super) fn finish(&mut self, mut put: impl FnMut(&[u8], &[u8])) {
        if !self.value.is_empty() {
            put(&key(self.first, 0), &self.value);
            self.value.clear();
        }
    }
}

fn key(seq: u64, chunk: u16) -> [u8; KEY] {
    let mut key = [0; KEY];
    key[..8].copy_from_slice(&seq.to_be_bytes());
    key[8..].copy_from_slice(&chunk.to_be_bytes());
    key
}

/// Takes exchanges out of entries.
#[derive(Debug, Default)]
pub(super) struct Unpacking {
    /// The exchange that was begun last.
    seq: u64,
    /// What there is of it; `None` if it is whole.
    begun: Option<Begun>,
}

/// An exchange that continues in the next entry.
#[derive(Debug)]
struct Begun {
    next_chunk: u16,
    length: usize,
    bytes: Vec<u8>,
}

impl Unpacking {
    /// Takes the next entry of the tree; `each` gets the exchanges that are whole with it.
    ///
    /// # Errors
    ///
    /// The entry can't come after those before it.
    pub(super) fn take(
        &mut self,
        key: &[u8],
        value: &[u8],
        mut each: impl FnMut(u64, &[u8]),
    ) -> Result<(), Damage> {
        let (seq, chunk) = split_key(key).ok_or(Damage::Key { length: key.len() })?;
        if chunk > 0 {
            return self.take_part(seq, chunk, value, each);
        }
        self.must_be_whole()?;
        if seq <= self.seq {
            let after = self.seq;
            return Err(Damage::Order { seq, after });
        }
        self.seq = seq;
        let mut rest = value;
        loop {
            let (length, from) = rest
                .split_first_chunk::<LENGTH>()
                .ok_or(Damage::NoLength { seq: self.seq })?;
            let length = u32::from_be_bytes(*length) as usize;
            let Some((encoded, after)) = from.split_at_checked(length) else {
                self.begun = Some(Begun {
                    next_chunk: 1,
                    length,
                    bytes: from.to_vec(),
                });
                return Ok(());
            };
            each(self.seq, encoded);
            if after.is_empty() {
                return Ok(());
            }
            rest = after;
            self.seq = self.seq.checked_add(1).ok_or(Damage::NoNumberLeft)?;
        }
    }

    fn take_part(
        &mut self,
        seq: u64,
        chunk: u16,
        value: &[u8],
        mut each: impl FnMut(u64, &[u8]),
    ) -> Result<(), Damage> {
        let begun = self.begun.as_mut();
        let begun = begun.filter(|begun| seq == self.seq && chunk == begun.next_chunk);
        let begun = begun.ok_or(Damage::StrayPart { seq })?;
        begun.next_chunk = chunk.wrapping_add(1);
        begun.bytes.extend_from_slice(value);
        if begun.bytes.len() > begun.length {
            return Err(Damage::TooLong { seq });
        }
        if begun.bytes.len() == begun.length {
            each(seq, &begun.bytes);
            self.begun = None;
        }
        Ok(())
    }

    /// The exchange that was begun last; 0 before the first.
    pub(super) fn last(&self) -> u64 {
        self.seq
    }

    /// To be asked after the last entry.
    ///
    /// # Errors
    ///
    /// The last exchange lacks a part.
    pub(super) fn must_be_whole(&self) -> Result<(), Damage> {
        match self.begun {
            None => Ok(()),
            Some(_) => Err(Damage::MissingPart { seq: self.seq }),
        }
    }
}

fn split_key(key: &[u8]) -> Option<(u64, u16)> {
    let (seq, chunk) = key.split_first_chunk::<8>()?;
    let chunk: [u8; 2] = chunk.try_into().ok()?;
    Some((u64::from_be_bytes(*seq), u16::from_be_bytes(chunk)))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    type Entry = (Vec<u8>, Vec<u8>);

    fn pack(exchanges: &[(u64, Vec<u8>)]) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut put = |key: &[u8], value: &[u8]| entries.push((key.to_vec(), value.to_vec()));
        let mut packing = Packing::default();
        for (seq, encoded) in exchanges {
            packing.push(*seq, encoded, &mut put);
        }
        packing.finish(put);
        entries
    }

    fn unpack<'a>(
        entries: impl IntoIterator<Item = &'a Entry>,
    ) -> Result<Vec<(u64, Vec<u8>)>, Damage> {
        let mut unpacking = Unpacking::default();
        let mut exchanges = Vec::new();
        for (key, value) in entries {
            unpacking.take(key, value, |seq, encoded| {
                exchanges.push((seq, encoded.to_vec()));
            })?;
        }
        unpacking.must_be_whole()?;
        Ok(exchanges)
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_out_again(
            exchanges in vec((1..3_u64, prop_oneof![3 => 0..600_usize, 1 => 0..3 * CHUNK]), 0..60)
        ) {
            let mut seq = 0;
            let exchanges: Vec<_> = exchanges
                .into_iter()
                .map(|(step, length)| {
                    seq += step;
                    (seq, (0..length).map(|n| (n as u64 ^ seq) as u8).collect())
                })
                .collect();
            let entries = pack(&exchanges);
            prop_assert!(entries.iter().all(|(_, value)| value.len() <= CHUNK));
            prop_assert!(entries.is_sorted_by(|(one, _), (other, _)| one < other));
            prop_assert_eq!(unpack(&entries), Ok(exchanges));
        }
    }

    #[test]
    fn an_entry_has_the_bytes_that_are_drawn() {
        let page = include_str!("../../../../../docs/store.md");
        let drawing = page.split("```hex\n").nth(2).unwrap();
        let (drawing, _) = drawing.split_once("```").unwrap();
        let drawn: Vec<u8> = drawing
            .lines()
            .flat_map(|line| line.split("  ").next().unwrap().split(' '))
            .map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect();
        let entries = pack(&[(7, b"one".to_vec()), (8, b"three".to_vec())]);
        let (key, value) = drawn.split_at(KEY);
        assert_eq!(entries, [(key.to_vec(), value.to_vec())]);
        assert!(page.contains(&format!("as many as fit into {CHUNK} bytes")));
    }

    #[test]
    fn as_many_as_fit_are_under_one_key() {
        let small = |seq| (seq, vec![0; 500]);
        for (seqs, keys) in [
            (&[1, 2, 3][..], &[1][..]),
            (&[1, 2, 4], &[1, 4]),
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9], &[1, 9]),
        ] {
            let exchanges: Vec<_> = seqs.iter().copied().map(small).collect();
            let found: Vec<u64> = pack(&exchanges)
                .iter()
                .map(|(key, _)| split_key(key).unwrap().0)
                .collect();
            assert_eq!(found, keys);
        }
        let exact = vec![0; CHUNK - LENGTH];
        assert_eq!(pack(&[(7, exact)]).len(), 1);
    }

    #[test]
    fn one_under_each_key_is_layout_1() {
        let entry = |seq, text: &[u8]| {
            let length = (text.len() as u32).to_be_bytes();
            (key(seq, 0).to_vec(), [&length[..], text].concat())
        };
        let entries = [entry(1, b"one"), entry(2, b"two"), entry(9, b"")];
        let expected = vec![(1, b"one".to_vec()), (2, b"two".to_vec()), (9, Vec::new())];
        assert_eq!(unpack(&entries), Ok(expected));
    }

    #[test]
    fn what_cannot_follow_is_refused() {
        let entries = pack(&[(7, vec![0; 3 * CHUNK])]);
        let taken = |picked: &[usize]| unpack(picked.iter().map(|&n| &entries[n])).map(drop);
        assert_eq!(taken(&[0, 1, 2, 3]), Ok(()));
        for broken in [
            &[1][..],
            &[0, 2],
            &[0, 1, 1],
            &[0, 1],
            &[0, 0],
            &[0, 1, 2, 3, 0],
            &[0, 1, 2, 3, 3],
        ] {
            assert!(taken(broken).is_err(), "{broken:?}");
        }
        for (key, value) in [
            (b"short".to_vec(), &b"\0\0\0\0"[..]),
            (key(1, 0).to_vec(), b"abc"),
            (key(1, 0).to_vec(), b""),
            (key(1, 0).to_vec(), b"\0\0\0\x01ab"),
            (key(1, 0).to_vec(), b"\0\0\0\x01a\0\0\0\x02b"),
            (key(u64::MAX, 0).to_vec(), b"\0\0\0\x01a\0\0\0\x01b"),
        ] {
            assert!(unpack(&[(key, value.to_vec())]).is_err(), "{value:?}");
        }
        // A later entry may not overlap a run of exchanges.
        let run = pack(&[(1, vec![1]), (2, vec![2])]);
        let again = pack(&[(2, vec![3])]);
        assert!(unpack(run.iter().chain(&again)).is_err());
    }
}
