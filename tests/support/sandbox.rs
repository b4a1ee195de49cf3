//! A directory, a home and a store of one test's own, and the built binary run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::keys::{ACCESS_KEY, SECRET_KEY};
use super::output::Ended;
use super::program::{self, Server};

/// Where one test lives. Removed at its end.
pub(crate) struct Sandbox {
    directory: TempDir,
}

impl Sandbox {
    /// A fresh one, with an empty home and no store yet.
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new()
            .prefix("pipetape-test-")
            .tempdir()
            .expect("a temporary directory");
        std::fs::create_dir(directory.path().join("home")).expect("a home");
        Self { directory }
    }

    /// A path within.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The same as text, for an argument.
    pub(crate) fn arg(&self, name: &str) -> String {
        self.path(name)
            .to_str()
            .expect("a path in UTF-8")
            .to_owned()
    }

    /// The directory of the store: where the program puts it by default.
    pub(crate) fn store(&self) -> PathBuf {
        self.path(".pipetape")
    }

    /// Writes a file and returns its path as text.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), bytes).expect("a file in the sandbox");
        self.arg(name)
    }

    /// The program with these arguments, in this directory, with dummy credentials and nothing else of ours in its environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_of(&program::path(), args)
    }

    /// Another program in the same surroundings.
    pub(crate) fn command_of(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.directory.path())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            // No test may wait for, or talk to, an instance's metadata service.
            .env("AWS_EC2_METADATA_DISABLED", "true");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        program::run(self.command(args))
    }

    /// Runs the program to its end, which has to be a good one; returns stdout.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let ended = self.run(args);
        assert_eq!(ended.code, Some(0), "{args:?}: {ended}");
        ended.stdout
    }

    /// Starts a server on a free port with default log settings.
    pub(crate) fn serve(&self, args: &[&str]) -> Server {
        Server::start(self.command(&with_free_port(args)))
    }

    /// Starts `record TAPE --upstream URL` with further arguments.
    pub(crate) fn record(&self, tape: &str, upstream: &str, more: &[&str]) -> Server {
        self.serve(&[&["record", tape, "--upstream", upstream], more].concat())
    }

    /// Starts `replay SOURCE` with further arguments.
    pub(crate) fn replay(&self, source: &str, more: &[&str]) -> Server {
        self.serve(&[&["replay", source], more].concat())
    }

    /// The tape as `export` prints it.
    pub(crate) fn export(&self, tape: &str) -> String {
        self.ok(&["export", tape])
    }
}

/// Adds `--listen 127.0.0.1:0` in front of a wrapped command, where the caller names no address.
pub(crate) fn with_free_port<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let mut args = args.to_vec();
    if !args.contains(&"--listen") {
        let end = args
            .iter()
            .position(|arg| *arg == "--")
            .unwrap_or(args.len());
        args.splice(end..end, ["--listen", "127.0.0.1:0"]);
    }
    args
}
