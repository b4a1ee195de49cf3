//! What can end a command, and how that is told.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;

use pipetape_core::causes::texts;
use pipetape_emulator::{CredentialsError, EnqueueError, JobsFileError};
use pipetape_proxy::RecorderError;
use pipetape_serve::BindError;
use pipetape_serve::authority::AuthorityError;
use pipetape_tape::{StoreError, TapeFileError, TapeName};
use thiserror::Error;

use crate::commands::ExportError;
use crate::demo::DemoError;
use crate::terminal::Palette;
use crate::text::printable;
use crate::wrapped::{SpawnError, TrustError};

/// A command failed. [`exit::code_of`](crate::exit::code_of) has its exit code.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    TapeFile(#[from] TapeFileError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// `emulate --jobs`.
    #[error("cannot begin with the jobs of {}", path.display())]
    Jobs {
        path: PathBuf,
        #[source]
        source: JobsFileError,
    },
    /// `emulate --credentials`.
    #[error("cannot verify signatures by the keys of {}", path.display())]
    Credentials {
        path: PathBuf,
        #[source]
        source: CredentialsError,
    },
    #[error(transparent)]
    Enqueue(#[from] EnqueueError),
    /// `show SOURCE SEQ` of a number that is not on the tape.
    #[error("tape `{tape}` has no exchange {seq}")]
    NoSuchExchange { tape: TapeName, seq: u64 },
    /// `list` has shown them as such.
    #[error("{count} of the tapes can't be read")]
    UnreadableTapes { count: usize },
    /// The operating system refused something that it should not.
    #[error("cannot {action}")]
    System {
        action: &'static str,
        #[source]
        source: io::Error,
    },
    /// Stdout can't be written.
    #[error("cannot write to stdout")]
    Output(#[source] io::Error),
}

/// The command line makes no sense as a whole.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum UsageError {
    /// Others than this machine would reach the server.
    #[error("--listen {address} can be reached from other machines")]
    RemoteListen { address: SocketAddr },
    /// Nobody would look at the keys.
    #[error("--credentials is for --auth verify")]
    UnusedCredentials,
    /// There is no home directory.
    #[error("cannot tell where your data directory is")]
    NoDataDirectory,
    /// A tape goes on by the rules it began with.
    #[error("{flag} is not the rule that tape `{tape}` was begun with ({has})")]
    RuleDiffers {
        flag: String,
        tape: TapeName,
        has: String,
    },
}

impl Failure {
    /// Writes `error: …`, its causes and a hint to stderr, a line each. Nothing where stdout's reader went away.
    pub(crate) fn report(&self, palette: Palette) {
        if matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return;
        }
        // There is nowhere left to say that stderr can't be written.
        let _ = io::stderr().write_all(self.text(palette).as_bytes());
    }

    fn text(&self, palette: Palette) -> String {
        let mut text = format!(
            "{} {}\n",
            palette.error("error:"),
            printable(&self.to_string())
        );
        for cause in texts(self).iter().skip(1) {
            text.push_str(&format!("  caused by: {}\n", printable(cause)));
        }
        if let Some(hint) = self.hint() {
            text.push_str(&format!("{} {hint}\n", palette.hint("hint:")));
        }
        text
    }

    fn hint(&self) -> Option<&'static str> {
        match self {
            Failure::Usage(UsageError::RemoteListen { .. }) => Some(
                "listen on 127.0.0.1, or pass --allow-remote if that is meant: a recording signs for whoever reaches it",
            ),
            Failure::Usage(UsageError::RuleDiffers { .. }) => {
                Some("leave the flag out, or record another tape")
            }
            Failure::Usage(UsageError::NoDataDirectory) => Some("set HOME, or pass --ca-dir DIR"),
            Failure::Usage(UsageError::UnusedCredentials) => {
                Some("leave the keys out, or pass --auth verify to have signatures checked by them")
            }
            Failure::Spawn(SpawnError::NotFound { .. }) => {
                Some("the command stands behind `--`, its arguments each on their own")
            }
            Failure::Export(ExportError::NoDirectory { .. }) => {
                Some("make it first, or choose another file")
            }
            Failure::Export(ExportError::Exists { .. }) => {
                Some("choose another file, or pass --force to replace it")
            }
            Failure::Demo(DemoError::ForeignTape { .. }) => {
                Some("run the demo with another --store DIR")
            }
            Failure::NoSuchExchange { .. } => Some("`pipetape show SOURCE` lists those it has"),
            Failure::UnreadableTapes { .. } => {
                Some("`pipetape show TAPE` says more; `pipetape delete TAPE` removes one")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_follow_and_nothing_reaches_the_terminal_raw() {
        let failure = Failure::System {
            action: "start",
            source: io::Error::other("bad \u{1b}[31m news\n"),
        };
        assert_eq!(
            failure.text(Palette::plain()),
            "error: cannot start\n  caused by: bad \\u{1b}[31m news\\n\n"
        );
    }

    #[test]
    fn hints_say_what_to_do() {
        let address = "0.0.0.0:4577".parse().unwrap();
        insta::assert_snapshot!(Failure::from(UsageError::RemoteListen { address }).text(Palette::plain()), @r"
        error: --listen 0.0.0.0:4577 can be reached from other machines
        hint: listen on 127.0.0.1, or pass --allow-remote if that is meant: a recording signs for whoever reaches it
        ");
    }
}
