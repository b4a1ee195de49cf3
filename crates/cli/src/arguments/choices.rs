//! Flags with a handful of values.

use clap::ValueEnum;
use pipetape_proxy::Sign;
use pipetape_tape::{Exhausted, RecordMode, RedactConfig};

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// `--log-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// `--mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Refuse
    Fresh,
    /// Record beside it, and take its place at a clean stop
    Overwrite,
    /// Go on behind its last exchange, by the tape's own rules
    Append,
}

impl From<Mode> for RecordMode {
    fn from(mode: Mode) -> RecordMode {
        match mode {
            Mode::Fresh => RecordMode::Fresh,
            Mode::Overwrite => RecordMode::Overwrite,
            Mode::Append => RecordMode::Append,
        }
    }
}

/// `--sign`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Signing {
    /// Sign again, with credentials of the standard AWS chain
    Resign,
    /// Pass the client's signature on untouched
    Keep,
}

impl From<Signing> for Sign {
    fn from(signing: Signing) -> Sign {
        match signing {
            Signing::Resign => Sign::Resign,
            Signing::Keep => Sign::Keep,
        }
    }
}

/// `--auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SignatureCheck {
    /// Nothing: any caller is served
    Off,
    /// That there is one, and that it is complete
    Require,
    /// That it is right, by the keys of --credentials
    Verify,
}

/// `--redact-config`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigRedaction {
    /// Every value
    All,
    /// Values that look like secrets, or whose key says so
    Suspect,
    /// None
    None,
}

impl From<ConfigRedaction> for RedactConfig {
    fn from(redaction: ConfigRedaction) -> RedactConfig {
        match redaction {
            ConfigRedaction::All => RedactConfig::All,
            ConfigRedaction::Suspect => RedactConfig::Suspect,
            ConfigRedaction::None => RedactConfig::None,
        }
    }
}

/// `--exhausted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhenExhausted {
    /// A poll gets an empty list of jobs, anything else is a miss
    Auto,
    /// A miss
    Error,
    /// The last answer again
    RepeatLast,
    /// From the first answer on
    Loop,
}

impl From<WhenExhausted> for Exhausted {
    fn from(when: WhenExhausted) -> Exhausted {
        match when {
            WhenExhausted::Auto => Exhausted::Auto,
            WhenExhausted::Error => Exhausted::Error,
            WhenExhausted::RepeatLast => Exhausted::RepeatLast,
            WhenExhausted::Loop => Exhausted::Loop,
        }
    }
}
