//! Exit codes, and the one function that turns an error into one.

use std::io;

use crate::failure::Failure;
use crate::wrapped::SpawnError;

/// Done.
pub(crate) const DONE: u8 = 0;
/// Failed: a taken port, an unwritable store, a jobs file that is wrong, exchanges that could not be recorded.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage; clap's own code too.
pub(crate) const USAGE: u8 = 2;
/// The source or the store is damaged, or of a newer format.
pub(crate) const DAMAGED: u8 = 3;
/// Requests missed, or with `--strict` exchanges were left unplayed.
pub(crate) const MISSED: u8 = 4;
/// The wrapped command is there and can't be executed, as shells say it.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// The wrapped command is not there, as shells say it.
pub(crate) const NOT_FOUND: u8 = 127;
/// Added to the number of the signal that ended the wrapped command, as shells do.
const SIGNALLED: u8 = 128;

/// The code for an error.
pub(crate) fn code_of(failure: &Failure) -> u8 {
    match failure {
        Failure::Usage(_) => USAGE,
        Failure::Store(error) if error.is_damage() => DAMAGED,
        Failure::TapeFile(error) if error.is_damage() => DAMAGED,
        Failure::UnreadableTapes { .. } => DAMAGED,
        Failure::Spawn(SpawnError::NotFound { .. }) => NOT_FOUND,
        Failure::Spawn(SpawnError::NotExecutable { .. }) => NOT_EXECUTABLE,
        // `pipetape show … | head`: whoever read has seen enough.
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => DONE,
        Failure::Store(_)
        | Failure::TapeFile(_)
        | Failure::Bind(_)
        | Failure::Recorder(_)
        | Failure::Authority(_)
        | Failure::Trust(_)
        | Failure::Export(_)
        | Failure::Demo(_)
        | Failure::Jobs { .. }
        | Failure::Credentials { .. }
        | Failure::Enqueue(_)
        | Failure::NoSuchExchange { .. }
        | Failure::System { .. }
        | Failure::Output(_) => FAILED,
    }
}

/// The code that a wrapped command ended with, as a shell would tell it.
pub(crate) fn code_of_command(code: Option<i32>, signal: Option<i32>) -> u8 {
    match (code, signal) {
        (Some(code), _) => u8::try_from(code).unwrap_or(FAILED),
        (None, Some(signal)) => {
            u8::try_from(signal).map_or(FAILED, |signal| SIGNALLED.saturating_add(signal))
        }
        (None, None) => FAILED,
    }
}

/// The code of a run around a command: the command's, unless that succeeded. `own` is pipetape's.
pub(crate) fn code_around(command: Option<u8>, own: u8) -> u8 {
    match command {
        Some(code) if code != DONE => code,
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use pipetape_serve::BindError;

    use super::*;
    use crate::failure::UsageError;

    #[test]
    fn errors_have_the_contracts_codes() {
        let io = |kind: io::ErrorKind| io::Error::from(kind);
        let address = "127.0.0.1:1".parse().unwrap();
        let program = "x".to_owned();
        for (failure, code) in [
            (Failure::from(UsageError::RemoteListen { address }), USAGE),
            (
                Failure::from(BindError::InUse {
                    address,
                    source: io(io::ErrorKind::AddrInUse),
                }),
                FAILED,
            ),
            (
                Failure::from(SpawnError::NotFound {
                    program: program.clone(),
                    source: io(io::ErrorKind::NotFound),
                }),
                127,
            ),
            (
                Failure::from(SpawnError::NotExecutable {
                    program,
                    source: io(io::ErrorKind::PermissionDenied),
                }),
                126,
            ),
            (Failure::Output(io(io::ErrorKind::BrokenPipe)), DONE),
            (Failure::Output(io(io::ErrorKind::StorageFull)), FAILED),
            (Failure::UnreadableTapes { count: 1 }, DAMAGED),
        ] {
            assert_eq!(code_of(&failure), code, "{failure}");
        }
    }

    #[test]
    fn a_commands_code_comes_first() {
        assert_eq!(code_of_command(Some(7), None), 7);
        assert_eq!(code_of_command(None, Some(15)), 143);
        assert_eq!(code_of_command(None, None), FAILED);
        assert_eq!(code_around(None, MISSED), MISSED);
        assert_eq!(code_around(Some(0), MISSED), MISSED);
        assert_eq!(code_around(Some(7), MISSED), 7);
        assert_eq!(code_around(Some(0), DONE), DONE);
    }
}
