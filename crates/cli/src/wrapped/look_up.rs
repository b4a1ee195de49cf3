//! Finding a command before anything is made for it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::{env, fs};

use rustix::io::Errno;

use super::process::SpawnError;
use crate::environment;

/// Says that a command can't be started, while no socket and no tape is there yet. That it can be
/// started is only said by starting it.
pub(crate) fn look_up(program: &OsStr) -> Result<(), SpawnError> {
    search(program, env::var_os(environment::PATH).as_deref())
}

fn search(program: &OsStr, path: Option<&OsStr>) -> Result<(), SpawnError> {
    let found = if program.as_bytes().contains(&b'/') {
        kind(Path::new(program))
    } else {
        // Without a search path the system has one of its own.
        let Some(path) = path else { return Ok(()) };
        env::split_paths(path)
            .map(|directory| kind(&directory.join(program)))
            .max()
            .unwrap_or(Kind::Missing)
    };
    match found {
        Kind::Executable => Ok(()),
        Kind::NotExecutable => Err(SpawnError::new(program, Errno::ACCESS.into())),
        Kind::Missing => Err(SpawnError::new(program, Errno::NOENT.into())),
    }
}

/// What a path leads to; the better a find, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Missing,
    NotExecutable,
    Executable,
}

fn kind(path: &Path) -> Kind {
    match fs::metadata(path) {
        Ok(found) if found.is_file() && found.permissions().mode() & 0o111 != 0 => Kind::Executable,
        Ok(_) => Kind::NotExecutable,
        Err(_) => Kind::Missing,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::OpenOptionsExt as _;

    use super::*;
    use crate::exit;

    #[test]
    fn commands_are_found_as_a_shell_finds_them() {
        let directory = tempfile::tempdir().unwrap();
        let make = |name: &str, mode: u32| {
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).mode(mode);
            options.open(directory.path().join(name)).unwrap();
        };
        make("good", 0o700);
        make("plain", 0o600);
        let path = directory.path().as_os_str();
        let whole = |name: &str| directory.path().join(name).into_os_string();
        let code = |program: &OsStr, path: Option<&OsStr>| {
            search(program, path).map_err(|error| exit::code_of(&error.into()))
        };
        assert_eq!(code(OsStr::new("good"), Some(path)), Ok(()));
        assert_eq!(code(OsStr::new("plain"), Some(path)), Err(126));
        assert_eq!(code(OsStr::new("absent"), Some(path)), Err(127));
        assert_eq!(code(OsStr::new("absent"), None), Ok(()));
        assert_eq!(code(&whole("good"), None), Ok(()));
        assert_eq!(code(&whole("plain"), None), Err(126));
        assert_eq!(code(&whole("absent"), None), Err(127));
        assert_eq!(code(path, None), Err(126));
    }
}
