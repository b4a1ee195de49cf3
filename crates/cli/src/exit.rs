//! Exit codes. Each type of error states its own, as a `CommandError`.

/// Done.
pub(crate) const DONE: u8 = 0;
/// Failed: a port in use, a store that cannot be written, a wrong jobs file, exchanges that were
/// not recorded.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage; clap's own code too.
pub(crate) const USAGE: u8 = 2;
/// The source or the store is damaged, or of a newer format.
pub(crate) const DAMAGED: u8 = 3;
/// Requests missed, or with `--strict` exchanges were left unplayed.
pub(crate) const MISSED: u8 = 4;
/// The wrapped command exists and can't be executed; shells use the same code.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// The wrapped command does not exist; shells use the same code.
pub(crate) const NOT_FOUND: u8 = 127;
/// Added to the number of the signal that ended the wrapped command, as shells do.
const SIGNALLED: u8 = 128;

/// The code that a wrapped command ended with, as a shell would report it.
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
    use super::*;

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
