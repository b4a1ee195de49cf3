//! How much is on a tape, and how its recording ended.

use serde::{Deserialize, Serialize};

use crate::exchange::UnixMillis;

/// What is counted of a tape's exchanges. The file `finished` of a tape is its JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TapeStats {
    /// How many exchanges.
    pub exchanges: u64,
    /// The highest number; 0 if there is no exchange.
    pub last_seq: u64,
    /// When the first request arrived, if an exchange says so.
    pub first: Option<UnixMillis>,
    /// When the last request arrived, if an exchange says so.
    pub last: Option<UnixMillis>,
}

/// How the recording of a tape ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingEnd {
    /// The recorder closed the tape.
    Clean,
    /// It was killed: what its clients saw is there, and an appending recording continues it.
    Killed,
}

impl TapeStats {
    /// Counts the exchange after the last one.
    pub(super) fn count(&mut self, seq: u64, recorded_at: Option<UnixMillis>) {
        self.exchanges += 1;
        self.last_seq = seq;
        self.first = self.first.or(recorded_at);
        self.last = recorded_at.or(self.last);
    }
}
