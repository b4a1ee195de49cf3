//! What a comparison can find, in words.

use std::fmt;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Difference {
    NotOnTape,
    TapeRequest,
    TapeStatus { given: u16, kept: Option<u16> },
    TapeHeader { name: String },
    TapeBody,
    SecretOnTape { name: String },
    NotReplayed,
    ReplayedRequest,
    ReplayedStatus { kept: u16, replayed: u16 },
    ReplayedHeaders,
    ReplayedBody,
    MoreOnTape { count: usize },
    MoreReplayed { count: usize },
    Stopped { why: String },
    Missed { count: u64 },
    Unplayed { count: u64 },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::NotOnTape => f.write_str("it is not on the tape"),
            Difference::TapeRequest => f.write_str("the tape has another request"),
            Difference::TapeStatus { given, kept: None } => {
                write!(f, "the tape has no answer, the worker was given {given}")
            }
            Difference::TapeStatus {
                given,
                kept: Some(kept),
            } => write!(
                f,
                "the tape has status {kept}, the worker was given {given}"
            ),
            Difference::TapeHeader { name } => {
                write!(
                    f,
                    "the tape has a header `{name}` that the worker was not given"
                )
            }
            Difference::TapeBody => f.write_str("the tape has another body, secrets aside"),
            Difference::SecretOnTape { name } => {
                write!(f, "the secret in `{name}` stands on the tape in clear")
            }
            Difference::NotReplayed => f.write_str("the worker did not come so far in the replay"),
            Difference::ReplayedRequest => {
                f.write_str("the worker asked something else in the replay")
            }
            Difference::ReplayedStatus { kept, replayed } => {
                write!(f, "the replay gave status {replayed}, the tape has {kept}")
            }
            Difference::ReplayedHeaders => {
                f.write_str("the replay gave other headers than the tape has")
            }
            Difference::ReplayedBody => {
                f.write_str("the replay gave another body than the tape has")
            }
            Difference::MoreOnTape { count } => {
                write!(
                    f,
                    "exchanges on the tape that the worker did not see: {count}"
                )
            }
            Difference::MoreReplayed { count } => {
                write!(f, "calls that the worker made in the replay only: {count}")
            }
            Difference::Stopped { why } => write!(f, "the worker stopped in the replay: {why}"),
            Difference::Missed { count } => write!(f, "requests that the replay missed: {count}"),
            Difference::Unplayed { count } => {
                write!(f, "exchanges that the replay left unplayed: {count}")
            }
        }
    }
}
