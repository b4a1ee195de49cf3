//! The process itself: its umask, its signals, and what it says when it panics.

use std::fs;
use std::io::Write as _;
use std::panic::{self, PanicHookInfo};

use rustix::fs::Mode;
use rustix::process::{getpgrp, umask};
use rustix::termios::tcgetpgrp;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::SystemError;
use crate::text::printable;

/// The umask that the process was started with. The storage engine makes its files by the process's
/// umask, so that is tightened before anything else happens; the user's own files are made with
/// this one.
#[derive(Debug)]
pub(crate) struct UserUmask(Mode);

impl UserUmask {
    /// Tightens the process's umask: from here on, only the owner can use the files it makes.
    pub(crate) fn tighten() -> Self {
        Self(umask(Mode::RWXG | Mode::RWXO))
    }

    /// Runs `action` with the user's umask.
    ///
    /// The umask applies to the whole process, so a thread of the storage engine may make a file
    /// with it. That file is in a directory that nobody else can enter, and its mode is corrected
    /// when the tape is closed.
    pub(crate) fn during<T>(&self, action: impl FnOnce() -> T) -> T {
        let tight = umask(self.0);
        let result = action();
        umask(tight);
        result
    }
}

/// SIGHUP's bit in the masks of `/proc/self/status`.
const HANGUP_BIT: u64 = 1;

/// A signal that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caught {
    Interrupt,
    Terminate,
    Hangup,
}

/// Catches SIGINT, SIGTERM and SIGHUP from the moment it is made.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// Catches signals from here on. SIGHUP is not caught if it was ignored from the start
    /// (`nohup`). If that can't be found out, it is caught only for a wrapped command.
    pub(crate) fn install(is_wrapping: bool) -> Result<Self, SystemError> {
        let catch = |kind| {
            signal(kind).map_err(|source| SystemError {
                action: "catch signals",
                source,
            })
        };
        let is_hangup_ours = hangup_is_ignored().map_or(is_wrapping, |is_ignored| !is_ignored);
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
            hangup: is_hangup_ours
                .then(|| catch(SignalKind::hangup()))
                .transpose()?,
        })
    }

    /// Waits for the next signal.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped, no signal is lost.
    pub(crate) async fn next(&mut self) -> Caught {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Caught::Interrupt,
            _ = self.terminate.recv() => Caught::Terminate,
            _ = hangup => Caught::Hangup,
        }
    }
}

/// Whether a SIGINT probably came from our terminal: then the whole foreground process group
/// received it, also a wrapped command.
pub(crate) fn interrupts_come_from_a_terminal() -> bool {
    fs::File::open("/dev/tty")
        .ok()
        .and_then(|terminal| tcgetpgrp(terminal).ok())
        .is_some_and(|foreground| foreground == getpgrp())
}

/// Whether SIGHUP is ignored; `None` if the system does not say.
fn hangup_is_ignored() -> Option<bool> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    ignored_mask(&status).map(|mask| mask & HANGUP_BIT != 0)
}

fn ignored_mask(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

/// Reports panics in one line on stderr.
///
/// A message is shown only if it is a constant: one with values in it may contain a piece of a
/// body. The storage engine panics on damage; the store catches that and says what is damaged.
pub(crate) fn install_panic_hook() {
    panic::set_hook(Box::new(|info| {
        // That stderr can't be written can be reported nowhere.
        let _ = writeln!(std::io::stderr(), "{}", panic_line(info));
    }));
}

fn panic_line(info: &PanicHookInfo<'_>) -> String {
    let (file, line) = info.location().map_or(("unknown file", 0), |location| {
        (location.file(), location.line())
    });
    line_for(
        file,
        line,
        info.payload().downcast_ref::<&'static str>().copied(),
    )
}

fn line_for(file: &str, line: u32, message: Option<&str>) -> String {
    let file = within_package(file);
    if file.starts_with("sled-") {
        return format!("pipetape: the storage engine gave up at {file}:{line}");
    }
    let message = message.map(|message| format!(": {}", printable(message)));
    format!(
        "pipetape: internal error at {file}:{line}{} (please report)",
        message.unwrap_or_default()
    )
}

/// A source file without its directory on the machine that built us: `sled-0.34.7/src/lib.rs`.
fn within_package(file: &str) -> &str {
    let Some((_, file)) = file.split_once("/registry/src/") else {
        return file;
    };
    // Next comes the registry's name.
    file.split_once('/').map_or(file, |(_, file)| file)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::*;

    /// The umask applies to the whole process: tests that change it take turns.
    pub(crate) fn my_turn() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a user whose umask is `mask`.
    pub(crate) fn user_with(mask: u16) -> UserUmask {
        umask(Mode::from_bits_truncate(mask.into()));
        UserUmask::tighten()
    }

    #[test]
    fn the_users_umask_holds_during_an_action_only() {
        let _turn = my_turn();
        let user = user_with(0o027);
        let current = || {
            let mask = umask(Mode::empty());
            umask(mask);
            mask.as_raw_mode() & 0o777
        };
        assert_eq!(current(), 0o077);
        assert_eq!(user.during(current), 0o027);
        assert_eq!(current(), 0o077);
    }

    #[test]
    fn ignored_signals_are_read() {
        let status = "Name:\tpipetape\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert_eq!(ignored_mask(status), Some(0x1001));
        assert_eq!(ignored_mask("Name:\tpipetape\n"), None);
        assert_eq!(ignored_mask("SigIgn:\tx\n"), None);
    }

    #[test]
    fn one_line_without_data_or_paths() {
        for (file, message, shown) in [
            (
                "crates/cli/src/main.rs",
                Some("two stops\nat once"),
                "pipetape: internal error at crates/cli/src/main.rs:7: two stops\\nat once (please report)",
            ),
            (
                "crates/cli/src/main.rs",
                None,
                "pipetape: internal error at crates/cli/src/main.rs:7 (please report)",
            ),
            (
                "/home/u/.cargo/registry/src/index-1/sled-0.34.7/src/pagecache/mod.rs",
                Some("corrupt page of `secret`"),
                "pipetape: the storage engine gave up at sled-0.34.7/src/pagecache/mod.rs:7",
            ),
            (
                "/home/u/.cargo/registry/src/index-1/hyper-1.12.0/src/lib.rs",
                None,
                "pipetape: internal error at hyper-1.12.0/src/lib.rs:7 (please report)",
            ),
        ] {
            assert_eq!(line_for(file, 7, message), shown);
        }
    }
}
