//! What is being recorded: a plain file that only grows, until the recording ends and the database
//! gets its content.
//!
//! An exchange has to survive the end of this process before its client is answered. It is enough
//! for that if the system has its bytes. sled's flush does more: it waits for the disk, through
//! threads of its own, which costs several times what the rest of a request costs. And sled
//! overwrites places that it no longer needs, so a copy that is made meanwhile, file by file as
//! `cp` does it, may lack what moved. A copy of a file that grows only ends early.
//!
//! A record is: length of the encoded exchange (4 bytes, big endian) ‖ CRC-32 of what follows (4
//! bytes, big endian) ‖ `seq` (8 bytes, big endian) ‖ the encoded exchange. A kill, or a copy, can
//! leave the last record half-written: no client was answered for that one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tracing::warn;

use super::codec::{TooLarge, encode};
use super::entries::LONGEST;
use super::sync::Syncing;
use crate::exchange::Exchange;
use crate::name::TapeName;
use crate::store::damage::Damage;
use crate::store::error::StoreError;
use crate::store::files::remove_file;

const FILE: &str = "journal";
/// Length, checksum and number of a record, in bytes.
const HEAD: usize = 16;
/// What the memory of records shrinks to after a large one, in bytes.
const USUAL: usize = 1024 * 1024;

/// Some records, to be written in one go.
#[derive(Debug, Default)]
pub(in crate::store) struct Records {
    bytes: Vec<u8>,
}

impl Records {
    /// Adds an exchange.
    pub(in crate::store) fn push(&mut self, exchange: &Exchange) -> Result<(), TooLarge> {
        self.push_encoded(exchange.seq, &encode(exchange)?);
        Ok(())
    }

    /// `encoded` has at most [`LONGEST`] bytes.
    fn push_encoded(&mut self, seq: u64, encoded: &[u8]) {
        let seq = seq.to_be_bytes();
        let length = (encoded.len() as u32).to_be_bytes();
        let checksum = checksum(seq, encoded).to_be_bytes();
        for part in [&length[..], &checksum, &seq, encoded] {
            self.bytes.extend_from_slice(part);
        }
    }

    /// In bytes.
    pub(in crate::store) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Removes all of them; some of their memory is kept.
    pub(in crate::store) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(USUAL);
    }
}

/// The journal of a tape that is being recorded.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
    syncing: Syncing,
}

impl Journal {
    /// An empty one in a tape's directory. The database has to have what was in the old one.
    ///
    /// It is a new file: what a store of unknown origin has in its place, such as a link, is not
    /// written to.
    pub(super) fn begin(directory: &Path) -> Result<Journal, StoreError> {
        remove(directory)?;
        let path = path(directory);
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(StoreError::io("write", &path))?;
        let syncing = file
            .try_clone()
            .and_then(Syncing::start)
            .map_err(StoreError::io("start a thread that syncs", &path))?;
        Ok(Journal {
            path,
            file,
            length: 0,
            syncing,
        })
    }

    /// Appends records. From here on they survive the end of the process, and soon a loss of power.
    ///
    /// # Errors
    ///
    /// The system did not accept them, or the disk did not accept earlier ones. None of these
    /// records is in the journal then, as far as the system lets us remove them.
    pub(super) fn append(&mut self, records: &Records) -> Result<(), StoreError> {
        let written = self.file.write_all(&records.bytes);
        if let Err(error) = written.and_then(|()| self.syncing.changed()) {
            // The error that counts is the first one.
            let _ = self.file.set_len(self.length);
            return Err(StoreError::io("write", &self.path)(error));
        }
        self.length += records.bytes.len() as u64;
        Ok(())
    }
}

/// Reads what the journal in a tape's directory has after exchange `last`, the last one in the
/// database; calls `each` with number and encoded form. One record is in memory at a time.
///
/// A journal whose end can't be read ends before that: half a record is what a kill leaves, and
/// after a loss of power the last second may be anything.
///
/// # Errors
///
/// The file can't be read, or exchanges are missing before others that are there, or what `each`
/// returns.
pub(super) fn read<E: From<StoreError>>(
    name: &TapeName,
    directory: &Path,
    last: u64,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let path = path(directory);
    let failed = || StoreError::io("read", &path);
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        // To open a pipe is to wait for its other end.
        Ok(metadata) if !metadata.is_file() => {
            let damage = Damage::SpecialFile { file: FILE };
            return Err(StoreError::damaged(name, damage).into());
        }
        Err(error) => return Err(failed()(error).into()),
        Ok(_) => {}
    }
    let mut file = BufReader::new(File::open(&path).map_err(failed())?);
    let mut last = last;
    let mut end = 0;
    let mut encoded = Vec::new();
    let missing = |last| StoreError::damaged(name, Damage::MissingExchanges { last }).into();
    while let Some(seq) = take(&mut file, &mut encoded).map_err(failed())? {
        end += (HEAD + encoded.len()) as u64;
        match seq.checked_sub(last) {
            Some(1) => {
                each(seq, &encoded)?;
                last = seq;
            }
            None | Some(0) => {}
            Some(_) => return Err(missing(last)),
        }
    }
    match look_further(&mut file, end, last).map_err(failed())? {
        Rest::Nothing => Ok(()),
        Rest::Rubbish { bytes } => {
            warn!(tape = %name, bytes, "the journal can't be read after exchange {last}, the last one that was certainly recorded");
            Ok(())
        }
        Rest::Exchange => Err(missing(last)),
    }
}

/// What a journal has after its last readable record.
#[derive(Debug, PartialEq, Eq)]
enum Rest {
    /// Nothing, or zeros: space that was reserved and never written.
    Nothing,
    /// What a write that was cut short may leave.
    Rubbish { bytes: u64 },
    /// An exchange: what is before it was written, and is damaged.
    Exchange,
}

/// Looks for a record anywhere after `end` that may have followed exchange `last` before the
/// damage.
fn look_further(file: &mut BufReader<File>, end: u64, last: u64) -> io::Result<Rest> {
    /// How many exchanges damage may have destroyed.
    const LOST: u64 = 1 << 20;
    /// A hostile file must not keep us busy: at most so many records are tried, and so many bytes.
    const TRIED: usize = 4096;
    const READ: usize = 4 * LONGEST;

    file.seek(SeekFrom::Start(end))?;
    let (mut bytes, mut is_zero) = (0, true);
    let mut tail = [0; HEAD];
    let mut found = Vec::new();
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        let count = buffer.len();
        for byte in buffer {
            tail.rotate_left(1);
            tail[HEAD - 1] = *byte;
            bytes += 1;
            is_zero &= *byte == 0;
            let Some(at) = u64::checked_sub(bytes, HEAD as u64) else {
                continue;
            };
            let (length, _, seq) = read_head(&tail);
            let is_later = seq > last && seq - last <= LOST;
            if is_later && length <= LONGEST && found.len() < TRIED {
                found.push(end + at);
            }
        }
        file.consume(count);
    }
    let mut encoded = Vec::new();
    let mut read = 0;
    for at in found {
        file.seek(SeekFrom::Start(at))?;
        if take(file, &mut encoded)?.is_some() {
            return Ok(Rest::Exchange);
        }
        read += encoded.len();
        if read > READ {
            break;
        }
    }
    Ok(match is_zero {
        true => Rest::Nothing,
        false => Rest::Rubbish { bytes },
    })
}

/// Removes the journal. The database has to have everything in it, durably.
pub(super) fn remove(directory: &Path) -> Result<(), StoreError> {
    remove_file(&path(directory))
}

/// Reads the next record, if it is whole and valid: gives its number, and its exchange in
/// `encoded`.
fn take(from: &mut impl Read, encoded: &mut Vec<u8>) -> io::Result<Option<u64>> {
    let mut head = [0; HEAD];
    match from.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let (length, sum, seq) = read_head(&head);
    if length > LONGEST {
        return Ok(None);
    }
    encoded.clear();
    // Memory grows with what is there, not with what is announced.
    from.take(length as u64).read_to_end(encoded)?;
    let is_whole = encoded.len() == length && checksum(seq.to_be_bytes(), encoded) == sum;
    Ok(is_whole.then_some(seq))
}

/// Length, checksum and number.
fn read_head(head: &[u8; HEAD]) -> (usize, u32, u64) {
    let [length, sum] = [0, 4].map(|at| [head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let mut seq = [0; 8];
    seq.copy_from_slice(&head[8..]);
    let length = u32::from_be_bytes(length) as usize;
    (length, u32::from_be_bytes(sum), u64::from_be_bytes(seq))
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
            records.push_encoded(seq, format!("exchange {seq}").as_bytes());
        }
        records
    }

    fn name() -> TapeName {
        "t".parse().unwrap()
    }

    /// The numbers read after `last`, and whether the rest is damage.
    fn look(directory: &Path, last: u64) -> (Vec<u64>, bool) {
        let mut found = Vec::new();
        let read = read::<StoreError>(&name(), directory, last, |seq, encoded| {
            assert_eq!(encoded, format!("exchange {seq}").as_bytes());
            found.push(seq);
            Ok(())
        });
        let is_damaged = read.is_err_and(|error| {
            assert!(error.is_damage(), "{error}");
            assert!(error.to_string().contains("are missing"), "{error}");
            true
        });
        (found, is_damaged)
    }

    fn read_after(directory: &Path, last: u64) -> Vec<u64> {
        let (found, is_damaged) = look(directory, last);
        assert!(!is_damaged);
        found
    }

    #[test]
    fn what_the_database_lacks_comes_back_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        assert!(read_after(directory, 0).is_empty());
        let mut journal = Journal::begin(directory).unwrap();
        journal.append(&records(&[4, 5])).unwrap();
        journal.append(&records(&[6])).unwrap();
        for (last, expected) in [(3, &[4, 5, 6][..]), (5, &[6]), (6, &[]), (9, &[])] {
            assert_eq!(read_after(directory, last), expected, "after {last}");
        }
        assert_eq!(look(directory, 2), (vec![], true), "3 is nowhere");
        journal.append(&records(&[7, 9])).unwrap();
        assert_eq!(look(directory, 6), (vec![7], true), "9 is not the next one");
        remove(directory).unwrap();
        remove(directory).unwrap();
        assert!(read_after(directory, 6).is_empty());
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
            assert_eq!(read_after(directory.path(), 0), expected, "cut at {end}");
        }
        fs::write(&path, [0; 4096]).unwrap();
        assert!(read_after(directory.path(), 0).is_empty(), "zeros");
    }

    #[test]
    fn damage_is_told_from_a_half_written_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path());
        let whole = records(&[1, 2, 3]).bytes;
        let one = records(&[1]).bytes.len();
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                fs::write(&path, &damaged).unwrap();
                let before: Vec<u64> = (1..=(at / one) as u64).collect();
                let expected = (before, at < 2 * one);
                assert_eq!(look(directory.path(), 0), expected, "byte {at}, bit {bit}");
            }
        }
        let mut zeroed = whole;
        zeroed[..one + 1].fill(0);
        fs::write(&path, &zeroed).unwrap();
        assert_eq!(look(directory.path(), 0), (vec![], true), "two lost");
    }

    #[test]
    fn a_later_record_is_found_wherever_it_begins() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path());
        let rest_of = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let mut file = BufReader::with_capacity(64, File::open(&path).unwrap());
            look_further(&mut file, 5, 7).unwrap()
        };
        for length in 0..200 {
            let rubbish = vec![0xaa; 5 + length];
            let expected = match length {
                0 => Rest::Nothing,
                _ => Rest::Rubbish {
                    bytes: length as u64,
                },
            };
            assert_eq!(rest_of(&rubbish), expected);
            for (seq, is_later) in [(7, false), (8, true), (9, true), (u64::MAX, false)] {
                let record = records(&[seq]).bytes;
                let found = rest_of(&[&rubbish[..], &record, b"more"].concat());
                assert_eq!(found == Rest::Exchange, is_later, "{length} {seq}");
            }
        }
        // Many that look like one, each of which is read to the file's end: that ends.
        let mut many = vec![0; 5];
        for _ in 0..100_000 {
            many.extend_from_slice(&(LONGEST as u32).to_be_bytes());
            many.extend_from_slice(&[0; 4]);
            many.extend_from_slice(&8_u64.to_be_bytes());
        }
        assert!(matches!(rest_of(&many), Rest::Rubbish { .. }));
    }

    #[test]
    fn hostile_content_ends_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path());
        let whole = records(&[1]).bytes;
        let mut announces_all = whole.clone();
        announces_all.extend([0xff; 64]);
        let mut too_long = Records::default();
        too_long.push_encoded(2, &vec![0; LONGEST + 1]);
        for content in [announces_all, [whole, too_long.bytes].concat()] {
            fs::write(&path, content).unwrap();
            assert_eq!(read_after(directory.path(), 0), [1]);
        }
        // Numbers end somewhere.
        fs::write(&path, records(&[u64::MAX, 0, 1]).bytes).unwrap();
        assert!(read_after(directory.path(), u64::MAX).is_empty());
        assert_eq!(read_after(directory.path(), u64::MAX - 1), [u64::MAX]);
    }

    #[test]
    fn a_special_file_is_neither_waited_for_nor_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let elsewhere = directory.path().join("elsewhere");
        fs::write(&elsewhere, records(&[1]).bytes).unwrap();
        symlink(&elsewhere, path(directory.path())).unwrap();
        let refused =
            || read::<StoreError>(&name(), directory.path(), 0, |_, _| Ok(())).unwrap_err();
        assert!(refused().is_damage());
        let mut journal = Journal::begin(directory.path()).unwrap();
        journal.append(&records(&[2])).unwrap();
        assert_eq!(fs::read(&elsewhere).unwrap(), records(&[1]).bytes);

        remove(directory.path()).unwrap();
        let made = Command::new("mkfifo").arg(path(directory.path())).status();
        assert!(made.unwrap().success());
        assert!(refused().is_damage());
    }
}
