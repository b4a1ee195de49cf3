//! The wrapped command as a process: found, started, sent signals, waited for.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::{env, fs, io};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use thiserror::Error;
use tokio::process::{Child, Command};
use tracing::{debug, warn};

use super::environment::Change;
use crate::failure::CommandError;
use crate::process::{Caught, Signals, UserUmask, interrupts_come_from_a_terminal};
use crate::{environment, exit};

/// A command could not be started.
#[derive(Debug, Error)]
pub(crate) enum SpawnError {
    #[error("there is no command `{program}`")]
    NotFound {
        program: String,
        #[source]
        source: io::Error,
    },
    #[error("`{program}` can't be executed")]
    NotExecutable {
        program: String,
        #[source]
        source: io::Error,
    },
}

impl CommandError for SpawnError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound { .. } => exit::NOT_FOUND,
            Self::NotExecutable { .. } => exit::NOT_EXECUTABLE,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotFound { .. } => {
                Some("write the command after `--`, each argument as a word of its own")
            }
            Self::NotExecutable { .. } => None,
        }
    }
}

impl SpawnError {
    pub(super) fn new(program: &OsStr, source: io::Error) -> Self {
        let program = program.to_string_lossy().into_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { program, source },
            _ => Self::NotExecutable { program, source },
        }
    }
}

/// A running command. If dropped while it runs, it gets SIGTERM: without its server it is of no
/// use.
#[derive(Debug)]
pub(crate) struct Wrapped {
    child: Child,
}

impl Wrapped {
    /// Starts a command with the user's umask. It stays in our process group, so that the
    /// terminal's signals reach it, and has our stdin, stdout and stderr.
    pub(crate) fn spawn(
        program: &OsStr,
        arguments: &[OsString],
        changes: Vec<Change>,
        umask: &UserUmask,
    ) -> Result<Self, SpawnError> {
        let mut command = Command::new(program);
        command.args(arguments);
        for (name, value) in changes {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        match umask.during(|| command.spawn()) {
            Ok(child) => Ok(Self { child }),
            Err(source) => Err(SpawnError::new(program, source)),
        }
    }

    /// Waits for its end and passes signals on meanwhile; returns its exit code.
    ///
    /// SIGTERM and SIGHUP are passed on. SIGINT is passed on unless a terminal sent it: a terminal
    /// sends it to the command too, which must not receive it twice.
    pub(crate) async fn run(mut self, signals: &mut Signals) -> u8 {
        loop {
            tokio::select! {
                ended = self.child.wait() => return match ended {
                    Ok(status) => exit::code_of_command(status.code(), status.signal()),
                    Err(error) => {
                        warn!(%error, "cannot find out how the command ended");
                        exit::FAILED
                    }
                },
                caught = signals.next() => match caught {
                    Caught::Terminate => self.send(Signal::TERM),
                    Caught::Hangup => self.send(Signal::HUP),
                    Caught::Interrupt if interrupts_come_from_a_terminal() => {}
                    Caught::Interrupt => self.send(Signal::INT),
                },
            }
        }
    }

    fn send(&self, signal: Signal) {
        // After its end the command has no id, so no other process can get the signal.
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id.and_then(Pid::from_raw)
            && let Err(error) = kill_process(id, signal)
        {
            debug!(%error, ?signal, "cannot pass a signal on");
        }
    }
}

impl Drop for Wrapped {
    fn drop(&mut self) {
        self.send(Signal::TERM);
    }
}

/// Finds out that a command can't be started, before a socket and a tape are made. Only starting it
/// shows that it can be started.
pub(crate) fn look_up(program: &OsStr) -> Result<(), SpawnError> {
    search(program, env::var_os(environment::PATH).as_deref())
}

fn search(program: &OsStr, path: Option<&OsStr>) -> Result<(), SpawnError> {
    let found = if program.as_bytes().contains(&b'/') {
        kind(Path::new(program))
    } else {
        // Without a search path the system uses its own.
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

/// What is at a path, the most useful last.
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
    use crate::process::tests::{my_turn, user_with};

    /// Runs a script to its end; returns its code.
    fn code_of(script: &str) -> u8 {
        let _turn = my_turn();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let mut signals = Signals::install(true).unwrap();
            let umask = user_with(0o027);
            let arguments = ["-c", script].map(OsString::from);
            let changes = vec![("PIPETAPE_TEST", Some("1".into())), ("HOME", None)];
            let wrapped = Wrapped::spawn(OsStr::new("sh"), &arguments, changes, &umask);
            wrapped.unwrap().run(&mut signals).await
        })
    }

    #[test]
    fn codes_signals_environment_and_umask_are_a_shells() {
        assert_eq!(code_of("exit 0"), 0);
        assert_eq!(code_of("exit 7"), 7);
        assert_eq!(code_of("kill -TERM $$"), 143);
        assert_eq!(
            code_of("test \"$PIPETAPE_TEST\" = 1 && test -z \"$HOME\""),
            0
        );
    }

    #[test]
    fn a_command_that_is_not_there_is_named() {
        let _turn = my_turn();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let umask = user_with(0o027);
            let program = OsStr::new("/nowhere/worker");
            let error = Wrapped::spawn(program, &[], Vec::new(), &umask).unwrap_err();
            assert!(matches!(error, SpawnError::NotFound { .. }), "{error:?}");
            assert_eq!(error.to_string(), "there is no command `/nowhere/worker`");
        });
    }

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
            search(program, path).map_err(|error| error.exit_code())
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
