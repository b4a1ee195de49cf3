//! What each client is put through.

use std::fmt;

use serde_json::Value;

/// One column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// The session against the emulator, which checks signatures.
    Emulate,
    /// The session against the emulator through a recording around the worker.
    Record,
    /// Its tape played back, with the settings that the documentation gives.
    Replay,
    /// Tapes that other clients recorded, played around the worker.
    Others,
    /// A call that is on no tape.
    Miss,
    /// A recording in which the service throttles a call, and its replay.
    Throttle,
    /// A recording in which the service resets a connection, and its replay.
    Reset,
    /// A worker that takes jobs until a signal stops it: live, recorded and replayed.
    Poll,
    /// The session through `--intercept`: recorded, replayed and emulated, with a proxy and no endpoint.
    Intercept,
}

impl Scenario {
    pub(crate) const ALL: [Self; 9] = [
        Self::Emulate,
        Self::Record,
        Self::Replay,
        Self::Others,
        Self::Miss,
        Self::Throttle,
        Self::Reset,
        Self::Poll,
        Self::Intercept,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Emulate => "emulate",
            Self::Record => "record",
            Self::Replay => "replay",
            Self::Others => "others",
            Self::Miss => "miss",
            Self::Throttle => "throttle",
            Self::Reset => "reset",
            Self::Poll => "poll",
            Self::Intercept => "intercept",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How the service fails the first call of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Throttle,
    Reset,
}

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::Reset => "reset",
        }
    }

    /// The emulator's rule for it.
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Self::Throttle => "AcknowledgeJob:throttle:count=1",
            Self::Reset => "AcknowledgeJob:reset:count=1",
        }
    }

    /// The operation of the rule.
    pub(crate) fn operation(self) -> &'static str {
        "AcknowledgeJob"
    }

    /// Whether an exchange on a tape is such a failure.
    pub(crate) fn is_in(self, exchange: &Value) -> bool {
        match self {
            Self::Throttle => exchange["response"]["body"]["__type"] == "ThrottlingException",
            Self::Reset => exchange.get("fault").is_some(),
        }
    }
}
