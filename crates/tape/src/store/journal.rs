//! The exchanges that sled does not hold for sure yet.
//!
//! An exchange has to survive the end of this process before its client is answered. For that it is enough that the
//! system has its bytes. sled's flush does more: it waits for the disk, by way of threads of its own, which cost
//! several times what the rest of a request costs. So exchanges are appended to a plain file first, clients
//! are answered, and sled comes behind. Whenever the file has grown, sled is flushed and the file begins anew.
//!
//! A record is: length of the encoded exchange (4 bytes, big endian) ‖ CRC-32 of what follows (4 bytes, big endian) ‖ `seq`
//! (8 bytes, big endian) ‖ the encoded exchange. A kill can leave the last record half-written: nobody was told of
//! that one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;

const FILE: &str = "journal";
/// From which length on it is to begin anew. Longer means fewer flushes, and more to read after a kill.
const LONG: u64 = 1024 * 1024;

/// Some records, to be written in one go.
#[derive(Debug, Default)]
pub(super) struct Records {
    bytes: Vec<u8>,
}

impl Records {
    /// Adds an exchange. `encoded` has at most [`LONGEST`](super::layout::LONGEST) bytes.
    pub(super) fn push(&mut self, seq: u64, encoded: &[u8]) {
        let seq = seq.to_be_bytes();
        let length = (encoded.len() as u32).to_be_bytes();
        let checksum = checksum(seq, encoded).to_be_bytes();
        for part in [&length[..], &checksum, &seq, encoded] {
            self.bytes.extend_from_slice(part);
        }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }
}

/// The journal of a tape that is being recorded.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Journal {
    /// An empty one in a tape's directory. What was there has to be in sled.
    pub(super) fn begin(directory: &Path) -> Result<Journal, StoreError> {
        let path = path(directory);
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .and_then(|file| file.set_len(0).map(|()| file))
            .map_err(StoreError::io("write", &path))?;
        Ok(Journal {
            path,
            file,
            length: 0,
        })
    }

    /// Appends records. They survive the end of the process from here on.
    ///
    /// # Errors
    ///
    /// The system did not take them. None of them is in the journal, as far as the system lets us take them back.
    pub(super) fn append(&mut self, records: &Records) -> Result<(), StoreError> {
        if let Err(error) = self.file.write_all(&records.bytes) {
            // The error that counts is the first one.
            let _ = self.file.set_len(self.length);
            return Err(StoreError::io("write", &self.path)(error));
        }
        self.length += records.bytes.len() as u64;
        Ok(())
    }

    pub(super) fn is_long(&self) -> bool {
        self.length >= LONG
    }

    /// Begins anew. Everything in it has to be flushed by sled.
    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        self.file
            .set_len(0)
            .map_err(StoreError::io("write", &self.path))?;
        self.length = 0;
        Ok(())
    }
}

/// Reads what the journal in a tape's directory has behind exchange `last`, the last one that sled has; calls
/// `each` with number and encoded form.
///
/// # Errors
///
/// The file can't be read, or `each` refuses. A journal that ends in half a record ends before it.
pub(super) fn read(
    directory: &Path,
    last: u64,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let path = path(directory);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        bytes => bytes.map_err(StoreError::io("read", &path))?,
    };
    let mut rest = bytes.as_slice();
    let mut next = last + 1;
    while let Some((seq, encoded)) = take(&mut rest) {
        if seq == next {
            each(seq, encoded)?;
            next += 1;
        } else if seq > next {
            // Only after a loss of power: a prefix is what counts.
            break;
        }
    }
    Ok(())
}

/// Removes the journal. Everything in it has to be flushed by sled.
pub(super) fn remove(directory: &Path) -> Result<(), StoreError> {
    let path = path(directory);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("remove", &path)(error))
        }
        _ => Ok(()),
    }
}

/// Takes the first record off, if it is whole.
fn take<'a>(rest: &mut &'a [u8]) -> Option<(u64, &'a [u8])> {
    let (&length, behind) = rest.split_first_chunk::<4>()?;
    let (&sum, behind) = behind.split_first_chunk::<4>()?;
    let (&seq, behind) = behind.split_first_chunk::<8>()?;
    let (encoded, behind) = behind.split_at_checked(u32::from_be_bytes(length) as usize)?;
    if checksum(seq, encoded) != u32::from_be_bytes(sum) {
        return None;
    }
    *rest = behind;
    Some((u64::from_be_bytes(seq), encoded))
}

fn checksum(seq: [u8; 8], encoded: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&seq);
    hasher.update(encoded);
    hasher.finalize()
}

fn path(directory: &Path) -> PathBuf {
    directory.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(seqs: &[u64]) -> Records {
        let mut records = Records::default();
        for &seq in seqs {
            records.push(seq, format!("exchange {seq}").as_bytes());
        }
        records
    }

    fn read_behind(directory: &Path, last: u64) -> Vec<u64> {
        let mut found = Vec::new();
        read(directory, last, |seq, encoded| {
            assert_eq!(encoded, format!("exchange {seq}").as_bytes());
            found.push(seq);
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn what_sled_lacks_comes_back_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        assert!(read_behind(directory, 0).is_empty());
        let mut journal = Journal::begin(directory).unwrap();
        journal.append(&records(&[4, 5])).unwrap();
        journal.append(&records(&[6])).unwrap();
        for (last, expected) in [(3, &[4, 5, 6][..]), (5, &[6]), (6, &[]), (9, &[]), (2, &[])] {
            assert_eq!(read_behind(directory, last), expected, "behind {last}");
        }
        journal.clear().unwrap();
        assert!(read_behind(directory, 3).is_empty());
        journal.append(&records(&[7, 9])).unwrap();
        assert_eq!(read_behind(directory, 6), [7], "9 is not the next one");
        remove(directory).unwrap();
        remove(directory).unwrap();
        assert!(read_behind(directory, 6).is_empty());
    }

    #[test]
    fn it_is_read_up_to_where_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path());
        let whole = records(&[1, 2, 3]).bytes;
        let one = records(&[1]).bytes.len();
        for end in 0..=whole.len() {
            fs::write(&path, &whole[..end]).unwrap();
            let expected: Vec<u64> = (1..=(end / one) as u64).collect();
            assert_eq!(read_behind(directory.path(), 0), expected, "cut at {end}");
        }
        for at in one..2 * one {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(&path, &damaged).unwrap();
            assert_eq!(read_behind(directory.path(), 0), [1], "byte {at}");
        }
        fs::write(&path, [0; 4096]).unwrap();
        assert!(read_behind(directory.path(), 0).is_empty(), "zeros");
    }

    #[test]
    fn it_is_long_when_it_has_grown() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(directory.path()).unwrap();
        let mut large = Records::default();
        large.push(1, &vec![b'x'; LONG as usize]);
        assert!(!journal.is_long());
        journal.append(&large).unwrap();
        assert!(journal.is_long());
        journal.clear().unwrap();
        assert!(!journal.is_long());
    }
}
