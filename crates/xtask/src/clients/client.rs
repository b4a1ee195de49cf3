//! The clients of the matrix.

use std::fmt;

/// An AWS client that job workers are written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Boto3,
    AwsCliV1,
    AwsCliV2,
    JsV3,
    JsV2,
    Rust,
    GoV2,
}

impl Client {
    pub(crate) const ALL: [Self; 7] = [
        Self::Boto3,
        Self::AwsCliV1,
        Self::AwsCliV2,
        Self::JsV3,
        Self::JsV2,
        Self::Rust,
        Self::GoV2,
    ];

    /// Its name on the command line and in the table, and its folder under `tests/clients`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Boto3 => "boto3",
            Self::AwsCliV1 => "awscli-v1",
            Self::AwsCliV2 => "awscli-v2",
            Self::JsV3 => "js-v3",
            Self::JsV2 => "js-v2",
            Self::Rust => "rust",
            Self::GoV2 => "go-v2",
        }
    }

    /// Whether a session takes long: the aws CLI starts a process for every call. Such a client plays
    /// one tape of another, not all of them.
    pub(crate) fn is_slow(self) -> bool {
        matches!(self, Self::AwsCliV1 | Self::AwsCliV2)
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
