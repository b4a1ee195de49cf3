//! How exchanges lie in a database: version, keys, chunks.
//!
//! Tree `exchanges`: `seq` (8 bytes, big endian) ‖ `chunk` (2 bytes, big endian) → at most 4 KiB. The
//! chunks of one exchange, put together, are its encoded form, with its length (4 bytes, big endian) in front.
//! Keys are written in rising order, which is what sled is good at.
//!
//! Tree `header`: `rules` → the tape's rules, encoded.

/// The layout that this build writes, and the newest that it reads.
///
/// - 1: the first.
pub(super) const VERSION: u32 = 1;

pub(super) const EXCHANGES: &str = "exchanges";
pub(super) const HEADER: &str = "header";
pub(super) const RULES: &str = "rules";

const VERSION_PREFIX: &str = "pipetape-store/";
/// sled puts up to 16 entries in a page; from about 128 KiB on it rewrites pages as files and does not sync them.
const CHUNK: usize = 4096;
const KEY: usize = 10;
const LENGTH: usize = 4;

/// The text of the file `layout`.
pub(super) fn version_text(version: u32) -> String {
    format!("{VERSION_PREFIX}{version}\n")
}

/// The version in the file `layout`; `None` where it says nothing of the kind.
pub(super) fn read_version(text: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(text).ok()?;
    text.strip_prefix(VERSION_PREFIX)?.trim_end().parse().ok()
}

/// The keys and values of one exchange, in order.
pub(super) fn entries(seq: u64, encoded: &[u8]) -> impl Iterator<Item = ([u8; KEY], Vec<u8>)> {
    // At most 32 MiB of bodies and some headers: far from `u32::MAX` and from 65,536 chunks of 4 KiB.
    let length = (encoded.len() as u32).to_be_bytes();
    let first = encoded.len().min(CHUNK - LENGTH);
    let (head, rest) = encoded.split_at(first);
    let head = [&length[..], head].concat();
    std::iter::once(head)
        .chain(rest.chunks(CHUNK).map(<[u8]>::to_vec))
        .enumerate()
        .map(move |(chunk, value)| (key(seq, chunk as u16), value))
}

/// The longest encoded form that the keys have room for, in bytes.
pub(super) const LONGEST: usize = CHUNK * (u16::MAX as usize) - LENGTH;

fn key(seq: u64, chunk: u16) -> [u8; KEY] {
    let mut key = [0; KEY];
    key[..8].copy_from_slice(&seq.to_be_bytes());
    key[8..].copy_from_slice(&chunk.to_be_bytes());
    key
}

/// Puts chunks together again.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    seq: u64,
    next_chunk: u16,
    length: usize,
    bytes: Vec<u8>,
}

impl Assembly {
    /// Takes the next entry of the tree; gives an exchange when it is whole.
    ///
    /// # Errors
    ///
    /// The entry can't follow those before it.
    pub(super) fn take(
        &mut self,
        key: &[u8],
        value: &[u8],
    ) -> Result<Option<(u64, &[u8])>, String> {
        let (seq, chunk) = split_key(key).ok_or_else(|| format!("a key of {} bytes", key.len()))?;
        if chunk == 0 {
            self.must_be_whole()?;
            if seq <= self.seq {
                return Err(format!("exchange {seq} behind exchange {}", self.seq));
            }
            let (length, head) = value
                .split_first_chunk::<LENGTH>()
                .ok_or_else(|| format!("exchange {seq} has no length"))?;
            self.seq = seq;
            self.length = u32::from_be_bytes(*length) as usize;
            self.bytes.clear();
            self.bytes.extend_from_slice(head);
        } else if seq == self.seq && chunk == self.next_chunk {
            self.bytes.extend_from_slice(value);
        } else {
            return Err(format!("a stray piece of exchange {seq}"));
        }
        self.next_chunk = chunk.wrapping_add(1);
        if self.bytes.len() > self.length {
            return Err(format!("exchange {seq} is longer than it says"));
        }
        let whole = self.bytes.len() == self.length;
        Ok(whole.then_some((seq, self.bytes.as_slice())))
    }

    /// The exchange that was begun last; 0 before the first.
    pub(super) fn last(&self) -> u64 {
        self.seq
    }

    /// To be asked behind the last entry.
    ///
    /// # Errors
    ///
    /// The last exchange lacks a piece.
    pub(super) fn must_be_whole(&self) -> Result<(), String> {
        if self.bytes.len() == self.length {
            Ok(())
        } else {
            Err(format!("exchange {} lacks a piece", self.seq))
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
    use super::*;

    #[test]
    fn chunks_come_together_again() {
        for length in [
            0,
            1,
            CHUNK - LENGTH,
            CHUNK - LENGTH + 1,
            CHUNK,
            3 * CHUNK + 17,
        ] {
            let bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let entries: Vec<_> = entries(7, &bytes).collect();
            assert!(entries.iter().all(|(_, value)| value.len() <= CHUNK));
            assert!(entries.is_sorted_by_key(|(key, _)| *key));
            let mut assembly = Assembly::default();
            let mut whole = None;
            for (key, value) in &entries {
                assert_eq!(whole, None, "whole too early");
                whole = assembly
                    .take(key, value)
                    .unwrap()
                    .map(|(seq, bytes)| (seq, bytes.to_vec()));
            }
            assert_eq!(whole, Some((7, bytes)), "{length}");
            assembly.must_be_whole().unwrap();
        }
    }

    #[test]
    fn what_cannot_follow_is_refused() {
        let entries: Vec<_> = entries(7, &vec![0; 3 * CHUNK]).collect();
        let taken = |picked: &[usize]| {
            let mut assembly = Assembly::default();
            let result = picked
                .iter()
                .try_for_each(|&n| assembly.take(&entries[n].0, &entries[n].1).map(drop));
            result.and_then(|()| assembly.must_be_whole())
        };
        assert_eq!(taken(&[0, 1, 2, 3]), Ok(()));
        for broken in [
            &[1][..],
            &[0, 2],
            &[0, 1, 1],
            &[0, 1],
            &[0, 0],
            &[0, 1, 2, 3, 0],
        ] {
            assert!(taken(broken).is_err(), "{broken:?}");
        }
        let mut assembly = Assembly::default();
        assert!(assembly.take(b"short", b"").is_err());
        assert!(assembly.take(&key(1, 0), b"abc").is_err());
        assert!(assembly.take(&key(1, 0), b"\0\0\0\x01ab").is_err());
    }

    #[test]
    fn versions() {
        assert_eq!(
            read_version(version_text(VERSION).as_bytes()),
            Some(VERSION)
        );
        assert_eq!(read_version(b"pipetape-store/12"), Some(12));
        for bad in [
            &b""[..],
            b"pipetape-store/",
            b"pipetape-store/x",
            b"1\n",
            b"\xff",
        ] {
            assert_eq!(read_version(bad), None);
        }
    }
}
