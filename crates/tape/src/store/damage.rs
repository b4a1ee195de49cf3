//! What can be wrong with a tape on disk.

use thiserror::Error;

/// What shows that a tape on disk is not what was written.
///
/// Its text is a part of a sentence: "tape `t` is damaged: its rules are missing".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Damage {
    /// A file that every tape has is not there.
    #[error("its file `{file}` is missing")]
    MissingFile {
        /// Its name in the tape's directory.
        file: &'static str,
    },
    /// A small file has other content than pipetape writes.
    #[error("its file `{file}` can't be read")]
    UnreadableFile {
        /// Its name in the tape's directory.
        file: &'static str,
    },
    /// A link, a pipe or a directory is where a file should be.
    #[error("its file `{file}` is not an ordinary file")]
    SpecialFile {
        /// Its name in the tape's directory.
        file: &'static str,
    },
    /// The tape has no rules; every whole tape has them.
    #[error("its rules are missing")]
    MissingRules,
    /// The tape's rules can't be decoded.
    #[error("its rules can't be read")]
    UnreadableRules,
    /// An exchange can't be decoded.
    #[error("exchange {seq} can't be read: {flaw}")]
    Exchange {
        /// Its number.
        seq: u64,
        /// What is wrong with it.
        flaw: ExchangeFlaw,
    },
    /// A key of the database has a wrong length.
    #[error("a key has {length} bytes")]
    Key {
        /// In bytes.
        length: usize,
    },
    /// Exchanges are not in rising order.
    #[error("exchange {seq} comes after exchange {after}")]
    Order {
        /// The number of the exchange.
        seq: u64,
        /// The number before it.
        after: u64,
    },
    /// An exchange is stored without its length.
    #[error("exchange {seq} has no length")]
    NoLength {
        /// Its number.
        seq: u64,
    },
    /// An exchange has more bytes than its length says.
    #[error("exchange {seq} is longer than it says")]
    TooLong {
        /// Its number.
        seq: u64,
    },
    /// A part of a long exchange is not after the part before it.
    #[error("a part of exchange {seq} is in the wrong place")]
    StrayPart {
        /// Its number.
        seq: u64,
    },
    /// A long exchange is not whole.
    #[error("a part of exchange {seq} is missing")]
    MissingPart {
        /// Its number.
        seq: u64,
    },
    /// An exchange comes after the one with the highest number there is.
    #[error("an exchange comes after the highest number")]
    NoNumberLeft,
    /// Exchanges are missing before others that are there.
    #[error("exchanges after number {last} are missing")]
    MissingExchanges {
        /// The last one before the gap.
        last: u64,
    },
    /// What is there differs from what was counted when the recording ended.
    #[error("{written} exchanges were written and {left} are left")]
    Count {
        /// Exchanges at the clean end.
        written: u64,
        /// Exchanges now.
        left: u64,
    },
    /// The storage engine ended with a panic.
    #[error("the storage engine gave up on it")]
    EngineGaveUp,
    /// A checksum of the storage engine is wrong.
    #[error("the storage engine found a wrong checksum")]
    EngineChecksum,
    /// The storage engine can't read its own files.
    #[error("the storage engine can't read it")]
    EngineUnreadable,
    /// The storage engine says what it can't read.
    #[error("the storage engine can't read it: {0}")]
    Engine(String),
}

/// What is wrong with an exchange that can't be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExchangeFlaw {
    /// The bytes are not the encoded form of an exchange.
    #[error("its bytes are not an exchange")]
    Encoding,
    /// More bytes come after its end.
    #[error("there are bytes after its end")]
    TrailingBytes,
    /// Its time is not between the years 0000 and 9999.
    #[error("its time is out of range")]
    Time,
    /// Its status is not between 200 and 599.
    #[error("its status is out of range")]
    Status,
    /// Its operation can't be the name of one.
    #[error("its operation has an invalid name")]
    Operation,
    /// Its fault is of an unknown kind.
    #[error("its fault is unknown")]
    Fault,
    /// It has neither a response nor a fault, or both where only one can be.
    #[error("its response and its fault don't fit together")]
    Outcome,
}
