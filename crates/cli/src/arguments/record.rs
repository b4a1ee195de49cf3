//! `record`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pipetape_core::Region;
use pipetape_proxy::{Resolve, Sign, TunnelHost, UpstreamUrl};
use pipetape_tape::{Pointer, RecordMode, RedactConfig, TapeName};

use super::serving::ServingArguments;
use super::values::{Period, Unshown};

/// Record a session: forward CodePipeline calls and keep each exchange on a tape
///
/// Point a worker at pipetape with AWS_ENDPOINT_URL_CODEPIPELINE=http://127.0.0.1:4577, or let
/// pipetape run it: `pipetape record TAPE -- CMD ARG...`. Its calls are signed again with
/// pipetape's own credentials, from the standard AWS chain, and forwarded. An exchange is kept
/// before the client sees its answer; secrets are replaced by placeholders before anything is
/// written. SIGINT or SIGTERM ends the recording.
#[derive(Debug, Args)]
pub(crate) struct RecordArguments {
    /// The tape's name: 1 to 64 letters, digits, `.`, `_` or `-`, not starting with a dot
    #[arg(value_name = "TAPE")]
    pub(crate) tape: TapeName,

    /// Where to forward to: `https://HOST[:PORT]`, or http:// on this machine
    /// [default: the service in the region that the client signs for]
    #[arg(long, value_name = "URL", value_parser = Unshown::<UpstreamUrl>::new())]
    pub(crate) upstream: Option<UpstreamUrl>,

    /// Trust the certificates in this PEM file too, for the upstream
    #[arg(long, value_name = "FILE")]
    pub(crate) upstream_ca: Option<PathBuf>,

    /// Connect to ADDR instead of HOST and PORT, such as
    /// codepipeline.us-east-1.amazonaws.com:443:127.0.0.1:8443. ADDR is an IP address, with a port
    /// if that differs; several are separated by commas. Certificates are still checked for HOST.
    /// May be given more than once
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub(crate) resolve: Vec<Resolve>,

    /// Let clients reach another host through the HTTPS proxy, unread and unrecorded: example.com,
    /// *.example.com for all names below it, or * for any. May be given more than once
    #[arg(long, value_name = "HOST", requires = "intercept")]
    pub(crate) tunnel: Vec<TunnelHost>,

    /// How long an upstream may take for a whole answer. The default is as long as the most patient
    /// SDK waits
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub(crate) upstream_timeout: Period,

    /// What to do if there is a tape of that name
    #[arg(long, value_enum, default_value_t = Mode::Fresh)]
    pub(crate) mode: Mode,

    /// Who signs what is forwarded
    #[arg(long, value_enum, default_value_t = Signing::Resign)]
    pub(crate) sign: Signing,

    /// The profile that credentials come from
    #[arg(long)]
    pub(crate) profile: Option<String>,

    /// The region to sign for and to forward to
    /// [default: the one that the client signs for]
    #[arg(long)]
    pub(crate) region: Option<Region>,

    /// Redact another member of requests and responses: a JSON pointer such as
    /// /currentRevision/changeIdentifier; `*` means every item or member. May be given more than
    /// once
    #[arg(long, value_name = "POINTER")]
    pub(crate) redact: Vec<Pointer>,

    /// Which values of action configurations are redacted
    /// [default: suspect]
    #[arg(long, value_name = "WHICH", value_enum)]
    pub(crate) redact_config: Option<ConfigRedaction>,

    /// Keep account ids as they are
    #[arg(long)]
    pub(crate) keep_account_ids: bool,

    #[command(flatten)]
    pub(crate) serving: ServingArguments,
}

/// `--mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Refuse
    Fresh,
    /// Record beside it, and replace it at a clean stop
    Overwrite,
    /// Continue after its last exchange, by the tape's own rules
    Append,
}

impl From<Mode> for RecordMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Fresh => Self::Fresh,
            Mode::Overwrite => Self::Overwrite,
            Mode::Append => Self::Append,
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
    fn from(signing: Signing) -> Self {
        match signing {
            Signing::Resign => Self::Resign,
            Signing::Keep => Self::Keep,
        }
    }
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
    fn from(redaction: ConfigRedaction) -> Self {
        match redaction {
            ConfigRedaction::All => Self::All,
            ConfigRedaction::Suspect => Self::Suspect,
            ConfigRedaction::None => Self::None,
        }
    }
}
