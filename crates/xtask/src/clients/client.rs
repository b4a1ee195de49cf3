//! The clients, and the scenarios that each is put through.

use std::fmt;

use serde_json::Value;

/// An AWS client that job workers are written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Boto3,
    Boto3Of2021,
    AwsCliV1,
    AwsCliV2,
    JsV3,
    JsV2,
    Rust,
    GoV2,
    GoV1,
    JavaV2,
    JavaV1,
}

impl Client {
    pub(crate) const ALL: [Self; 11] = [
        Self::Boto3,
        Self::Boto3Of2021,
        Self::AwsCliV1,
        Self::AwsCliV2,
        Self::JsV3,
        Self::JsV2,
        Self::Rust,
        Self::GoV2,
        Self::GoV1,
        Self::JavaV2,
        Self::JavaV1,
    ];

    /// Its name on the command line and in the table, and its folder under `tests/clients`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Boto3 => "boto3",
            Self::Boto3Of2021 => "boto3-2021",
            Self::AwsCliV1 => "awscli-v1",
            Self::AwsCliV2 => "awscli-v2",
            Self::JsV3 => "js-v3",
            Self::JsV2 => "js-v2",
            Self::Rust => "rust",
            Self::GoV2 => "go-v2",
            Self::GoV1 => "go-v1",
            Self::JavaV2 => "java-v2",
            Self::JavaV1 => "java-v1",
        }
    }

    /// What its user agent has, and that of no other kind of client.
    pub(crate) fn user_agent(self) -> &'static str {
        match self {
            Self::Boto3 | Self::Boto3Of2021 => "Boto3/",
            Self::AwsCliV1 | Self::AwsCliV2 => "aws-cli/",
            Self::JsV3 => "aws-sdk-js/",
            Self::JsV2 => "aws-sdk-nodejs/",
            Self::Rust => "aws-sdk-rust/",
            Self::GoV2 => "aws-sdk-go-v2/",
            Self::GoV1 => "aws-sdk-go/",
            Self::JavaV2 | Self::JavaV1 => "aws-sdk-java/",
        }
    }

    /// Whether a call whose connection is reset before an answer is tried again.
    pub(crate) fn tries_a_reset_again(self) -> bool {
        self != Self::GoV1
    }

    /// Whether a session takes long: the aws CLI starts a process for every call. Such a client plays
    /// one tape of another, not all of them, and is not intercepted by an emulator.
    pub(crate) fn is_slow(self) -> bool {
        matches!(self, Self::AwsCliV1 | Self::AwsCliV2)
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a client is put through; a test for each.
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
