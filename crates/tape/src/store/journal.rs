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
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::layout::LONGEST;
use crate::name::TapeName;

const FILE: &str = "journal";
/// From which length on it is to begin anew. Longer means fewer flushes, and more to read after a kill.
const LONG: u64 = 1024 * 1024;

/// Some records, to be written in one go.
#[derive(Debug, Default)]
pub(super) struct Records {
    bytes: Vec<u8>,
}

impl Records {
    /// Adds an exchange. `encoded` has at most [`LONGEST`] bytes.
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
    ///
    /// A new file: what a store of unknown origin has in its place, such as a link, is not written to.
    pub(super) fn begin(directory: &Path) -> Result<Journal, StoreError> {
        remove(directory)?;
        let path = path(directory);
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
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
/// `each` with number and encoded form. One record is in memory at a time.
///
/// # Errors
///
/// The file can't be read, or `each` refuses. A journal that ends in half a record ends before it.
pub(super) fn read(
    name: &TapeName,
    directory: &Path,
    last: u64,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let path = path(directory);
    let failed = || StoreError::io("read", &path);
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        // To open a pipe is to wait for its other end.
        Ok(metadata) if !metadata.is_file() => {
            return Err(StoreError::damaged(
                name,
                "its `journal` is no ordinary file",
            ));
        }
        Err(error) => return Err(failed()(error)),
        Ok(_) => {}
    }
    let mut file = BufReader::new(File::open(&path).map_err(failed())?);
    let mut last = last;
    let mut encoded = Vec::new();
    while let Some(seq) = take(&mut file, &mut encoded).map_err(failed())? {
        match seq.checked_sub(last) {
            Some(1) => {
                each(seq, &encoded)?;
                last = seq;
            }
            None | Some(0) => {}
            // Only after a loss of power: a prefix is what counts.
            Some(_) => break,
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

/// Takes the next record off, if it is whole and can be one: its number, and its exchange in `encoded`.
fn take(from: &mut impl Read, encoded: &mut Vec<u8>) -> io::Result<Option<u64>> {
    let mut head = [0; 16];
    match from.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let [length, sum] = [0, 4].map(|at| [head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST {
        return Ok(None);
    }
    let mut seq = [0; 8];
    seq.copy_from_slice(&head[8..]);
    encoded.clear();
    // Room is made for what comes, not for what is announced.
    from.take(length as u64).read_to_end(encoded)?;
    let is_whole = encoded.len() == length && checksum(seq, encoded) == u32::from_be_bytes(sum);
    Ok(is_whole.then(|| u64::from_be_bytes(seq)))
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
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    fn records(seqs: &[u64]) -> Records {
        let mut records = Records::default();
        for &seq in seqs {
            records.push(seq, format!("exchange {seq}").as_bytes());
        }
        records
    }

    fn name() -> TapeName {
        "t".parse().unwrap()
    }

    fn read_behind(directory: &Path, last: u64) -> Vec<u64> {
        let mut found = Vec::new();
        read(&name(), directory, last, |seq, encoded| {
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
    fn hostile_content_ends_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path());
        let whole = records(&[1]).bytes;
        let mut announces_all = whole.clone();
        announces_all.extend([0xff; 64]);
        let mut too_long = Records::default();
        too_long.push(2, &vec![0; LONGEST + 1]);
        for behind in [announces_all, [whole, too_long.bytes].concat()] {
            fs::write(&path, behind).unwrap();
            assert_eq!(read_behind(directory.path(), 0), [1]);
        }
        // Numbers end somewhere.
        fs::write(&path, records(&[u64::MAX, 0, 1]).bytes).unwrap();
        assert!(read_behind(directory.path(), u64::MAX).is_empty());
        assert_eq!(read_behind(directory.path(), u64::MAX - 1), [u64::MAX]);
    }

    #[test]
    fn what_is_no_file_is_neither_waited_for_nor_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let elsewhere = directory.path().join("elsewhere");
        fs::write(&elsewhere, records(&[1]).bytes).unwrap();
        symlink(&elsewhere, path(directory.path())).unwrap();
        let refused = || read(&name(), directory.path(), 0, |_, _| Ok(())).unwrap_err();
        assert!(refused().is_damage());
        let mut journal = Journal::begin(directory.path()).unwrap();
        journal.append(&records(&[2])).unwrap();
        assert_eq!(fs::read(&elsewhere).unwrap(), records(&[1]).bytes);

        remove(directory.path()).unwrap();
        let made = Command::new("mkfifo").arg(path(directory.path())).status();
        assert!(made.unwrap().success());
        assert!(refused().is_damage());
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
