//! What a finding is.

use std::fmt;
use std::sync::Arc;

use pipetape_core::Operation;
use serde::{Serialize, Serializer};

use crate::name::SessionName;

/// Something a worker did that it should not have. A warning: it fails nothing.
///
/// Serialized, it has one more member, first: `severity`, which is always `warning`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "severity", rename = "warning", rename_all = "camelCase")]
pub struct Finding {
    /// What is wrong.
    pub rule: FindingRule,
    /// Whose requests they were.
    pub session: Arc<SessionName>,
    /// The job's id, escaped and cut like the values in a miss.
    pub job: String,
    /// The operation of the first request that was wrong; of the poll, if an acknowledge is
    /// missing.
    pub operation: Operation,
    /// The exchange that answered that request; `None` if it missed.
    pub exchange: Option<u64>,
    /// How many calls were wrong in this way; a retry does not count.
    pub count: u64,
    /// All of it for people: one line of at most 1 KiB, no control characters, no secrets.
    pub message: String,
}

/// What a worker can do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingRule {
    /// A job's result was sent again after one had been accepted.
    ResultSentTwice,
    /// A job was worked on after its acknowledge was refused.
    WorkedOnAfterRefusal,
    /// A job was acknowledged with a nonce that was never handed out for it.
    NonceNeverHandedOut,
    /// A job was handed out and never acknowledged.
    NeverAcknowledged,
}

/// What was found, over all sessions: by session's name, then by rule, then in the tape's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// The first 1,000.
    pub list: Vec<Finding>,
    /// How many there are beyond those.
    pub unlisted: u64,
    /// How many requests about jobs could not be judged, because their session had made too many
    /// before.
    pub unjudged: u64,
}

impl FindingRule {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            FindingRule::ResultSentTwice => "result-sent-twice",
            FindingRule::WorkedOnAfterRefusal => "worked-on-after-refusal",
            FindingRule::NonceNeverHandedOut => "nonce-never-handed-out",
            FindingRule::NeverAcknowledged => "never-acknowledged",
        }
    }
}

impl Findings {
    /// How many there are, listed or not.
    pub fn total(&self) -> u64 {
        self.list.len() as u64 + self.unlisted
    }
}

/// As its name.
impl Serialize for FindingRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One line, with the session.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session `{}`: {}", self.session, self.message)
    }
}
