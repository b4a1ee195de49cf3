//! A request that nothing left on the tape answers.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use pipetape_core::Operation;
use pipetape_core::protocol::{NoOperation, error_response};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::name::NameError;

/// A request that no exchange left on the tape answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The request's session. A name that is not valid is as received, escaped and cut.
    pub session: String,
    /// What it asked for, where it says so.
    pub operation: Option<Operation>,
    /// Why it missed.
    pub cause: MissCause,
    /// The recorded exchange that is most like it.
    pub closest: Option<Closest>,
    /// All of it for people: one line of at most 4 KiB, no control characters, no secrets.
    pub message: String,
}

/// Why a request missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissCause {
    /// No exchange has its key.
    NeverRecorded,
    /// The session has played every exchange with its key.
    UsedUp,
    /// In strict order, another exchange comes before the one it has on the tape.
    NotYet,
    /// It names no operation of CodePipeline.
    NoOperation,
    /// Its path names a session that can't be.
    NoSession,
}

impl MissCause {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            MissCause::NeverRecorded => "never recorded",
            MissCause::UsedUp => "used up",
            MissCause::NotYet => "not yet in strict order",
            MissCause::NoOperation => "no operation",
            MissCause::NoSession => "no session",
        }
    }
}

/// A recorded exchange beside a request that missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Closest {
    /// Its number on the tape.
    pub seq: u64,
    /// `/json/pointer: recorded X, got Y` for the first places where they differ; none where the tape
    /// holds this very request.
    pub differences: Vec<String>,
    /// How many further places differ.
    pub more: usize,
}

/// Why a request can't even be looked up. The fault is the client's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It names no operation.
    NoOperation(NoOperation),
    /// Its path names a session that can't be.
    BadSession(NameError),
}

impl Miss {
    /// The error's code.
    pub const CODE: &'static str = "PipetapeMissException";

    /// What the client is given: status 400 and no `x-amzn-ErrorType`, which no SDK retries and all show.
    pub fn response(&self) -> Response<Bytes> {
        error_response(StatusCode::BAD_REQUEST, Miss::CODE, &self.message)
    }
}

/// A miss, and whether it is news.
#[derive(Debug, Clone)]
pub struct MissReport {
    /// The miss.
    pub miss: Arc<Miss>,
    /// Whether it came before.
    pub novelty: Novelty,
}

/// Whether a miss came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// It is new.
    First,
    /// The same request of the same session missed before.
    Again,
    /// There are too many different misses to remember this one: it is counted, not listed.
    Unlisted,
}

/// A miss, and how often it came. Serialized, the members of the miss and the count are one object:
/// `session`, `operation`, `cause`, `count`, `closest`, `message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissCount {
    /// The miss.
    pub miss: Arc<Miss>,
    /// How often.
    pub count: u64,
}

/// As its name.
impl Serialize for MissCause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for MissCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let miss = &self.miss;
        let mut object = serializer.serialize_struct("MissCount", 6)?;
        object.serialize_field("session", &miss.session)?;
        object.serialize_field("operation", &miss.operation)?;
        object.serialize_field("cause", &miss.cause)?;
        object.serialize_field("count", &self.count)?;
        object.serialize_field("closest", &miss.closest)?;
        object.serialize_field("message", &miss.message)?;
        object.end()
    }
}
