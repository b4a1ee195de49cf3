//! The signals that a server acts on.

use std::fs;

use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// SIGHUP's bit in the masks of `/proc/self/status`.
const HANGUP_BIT: u64 = 1;

/// A signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caught {
    Interrupt,
    Terminate,
    Hangup,
}

/// Catches SIGINT, SIGTERM and SIGHUP from the moment it is made, each in its turn.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// Catches from here on. SIGHUP is left alone where it was ignored from the start (`nohup`). Where
    /// that can't be found out, only a wrapped command is worth catching it for.
    pub(crate) fn install(is_wrapping: bool) -> Result<Signals, Failure> {
        let catch = |kind| {
            signal(kind).map_err(|source| Failure::System {
                action: "catch signals",
                source,
            })
        };
        let is_hangup_ours = hangup_is_ignored().map_or(is_wrapping, |is_ignored| !is_ignored);
        Ok(Signals {
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
    /// Dropped, no signal is lost.
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

/// Whether a SIGINT that reached us has, as far as one can tell, come from our terminal: then it went
/// to the whole foreground process group, a wrapped command included.
pub(crate) fn interrupts_come_from_a_terminal() -> bool {
    fs::File::open("/dev/tty")
        .ok()
        .and_then(|terminal| tcgetpgrp(terminal).ok())
        .is_some_and(|foreground| foreground == getpgrp())
}

/// Whether SIGHUP is ignored; `None` where the system does not say.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read() {
        let status = "Name:\tpipetape\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert_eq!(ignored_mask(status), Some(0x1001));
        assert_eq!(ignored_mask("Name:\tpipetape\n"), None);
        assert_eq!(ignored_mask("SigIgn:\tx\n"), None);
    }
}
