//! What can end a command: how it is reported, and with which exit code.

use std::error::Error;
use std::fmt::{self, Debug};
use std::io::{self, Write as _};
use std::net::SocketAddr;

use pipetape_core::causes::texts;
use pipetape_emulator::EnqueueError;
use pipetape_proxy::RecorderError;
use pipetape_serve::BindError;
use pipetape_serve::authority::AuthorityError;
use pipetape_tape::{SourceError, StoreError, TapeFileError, TapeName};
use thiserror::Error;

use crate::exit;
use crate::terminal::Palette;
use crate::text::printable;

/// An error that can end a command. Each type of error implements this where it is declared.
pub(crate) trait CommandError: Error + Send + Sync + 'static {
    /// The exit code of pipetape, one of [`exit`]'s.
    fn exit_code(&self) -> u8 {
        exit::FAILED
    }

    /// What the user can do about it.
    fn hint(&self) -> Option<&'static str> {
        None
    }

    /// Whether it is reported; it is not if the reader of stdout is gone.
    fn is_reported(&self) -> bool {
        true
    }
}

/// A command failed.
pub(crate) struct Failure(Box<dyn CommandError>);

/// The command line makes no sense as a whole.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum UsageError {
    /// Other machines could reach the server.
    #[error("--listen {address} can be reached from other machines")]
    RemoteListen { address: SocketAddr },
    /// The keys would not be used.
    #[error("--credentials is for --auth verify")]
    UnusedCredentials,
    /// There is no home directory.
    #[error("cannot find your data directory")]
    NoDataDirectory,
    /// A tape is continued by the rules it began with.
    #[error("{flag} is not the rule that tape `{tape}` was begun with ({has})")]
    RuleDiffers {
        flag: String,
        tape: TapeName,
        has: String,
    },
}

/// The operating system refused something that normally works.
#[derive(Debug, Error)]
#[error("cannot {action}")]
pub(crate) struct SystemError {
    pub(crate) action: &'static str,
    pub(crate) source: io::Error,
}

impl Failure {
    /// Writes `error: …`, its causes and a hint to stderr, a line each.
    pub(crate) fn report(&self, palette: Palette) {
        if self.0.is_reported() {
            // That stderr can't be written can be reported nowhere.
            let _ = io::stderr().write_all(self.text(palette).as_bytes());
        }
    }

    /// The exit code of pipetape.
    pub(crate) fn exit_code(&self) -> u8 {
        self.0.exit_code()
    }

    fn text(&self, palette: Palette) -> String {
        let error = self.0.to_string();
        let mut text = format!("{} {}\n", palette.error("error:"), printable(&error));
        for cause in texts(&*self.0).iter().skip(1) {
            text.push_str(&format!("  caused by: {}\n", printable(cause)));
        }
        if let Some(hint) = self.0.hint() {
            text.push_str(&format!("{} {hint}\n", palette.hint("hint:")));
        }
        text
    }
}

impl<E: CommandError> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, f)
    }
}

impl CommandError for UsageError {
    fn exit_code(&self) -> u8 {
        exit::USAGE
    }

    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::RemoteListen { .. } => {
                "listen on 127.0.0.1, or pass --allow-remote if that is meant: a recording signs for whoever reaches it"
            }
            Self::RuleDiffers { .. } => "leave the flag out, or record another tape",
            Self::NoDataDirectory => "set HOME, or pass --ca-dir DIR",
            Self::UnusedCredentials => {
                "leave the keys out, or pass --auth verify to have signatures checked by them"
            }
        })
    }
}

impl CommandError for StoreError {
    fn exit_code(&self) -> u8 {
        if self.is_damage() {
            exit::DAMAGED
        } else {
            exit::FAILED
        }
    }
}

impl CommandError for TapeFileError {
    fn exit_code(&self) -> u8 {
        if self.is_damage() {
            exit::DAMAGED
        } else {
            exit::FAILED
        }
    }
}

impl CommandError for SourceError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Store(error) => error.exit_code(),
            Self::File(error) => error.exit_code(),
        }
    }
}

impl CommandError for BindError {}
impl CommandError for RecorderError {}
impl CommandError for AuthorityError {}
impl CommandError for EnqueueError {}
impl CommandError for SystemError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_follow_and_nothing_reaches_the_terminal_raw() {
        let failure = Failure::from(SystemError {
            action: "start",
            source: io::Error::other("bad \u{1b}[31m news\n"),
        });
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

    #[test]
    fn errors_have_the_contracts_codes() {
        let address = "127.0.0.1:1".parse().unwrap();
        let usage = Failure::from(UsageError::RemoteListen { address });
        assert_eq!(usage.exit_code(), exit::USAGE);
        let in_use = Failure::from(BindError::InUse {
            address,
            source: io::ErrorKind::AddrInUse.into(),
        });
        assert_eq!(in_use.exit_code(), exit::FAILED);
    }
}
