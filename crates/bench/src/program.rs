//! The command lines of everything that the benchmark starts.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::bare::RuntimeKind;
use crate::child::Server;
use crate::load::{self, Report};

/// AWS's published example credentials: they sign, and no account knows them.
const CREDENTIALS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    (
        "AWS_SECRET_ACCESS_KEY",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ),
];

/// The programs, and the directory that they may write to.
pub(crate) struct Programs {
    pipetape: PathBuf,
    bench: PathBuf,
    scratch: TempDir,
}

impl Programs {
    pub(crate) fn new(pipetape: PathBuf, scratch: TempDir) -> anyhow::Result<Self> {
        let bench = env::current_exe().context("can't find this program")?;
        Ok(Self {
            pipetape,
            bench,
            scratch,
        })
    }

    pub(crate) fn pipetape_path(&self) -> &Path {
        &self.pipetape
    }

    /// A path in the scratch directory.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// Starts `pipetape replay` of a tape file, or of a tape in the store.
    pub(crate) fn replay(&self, source: &Path) -> anyhow::Result<Server> {
        let mut command = self.pipetape();
        command
            .arg("replay")
            .arg(source)
            .args(["--listen", "127.0.0.1:0", "--exhausted", "loop"]);
        Server::start(command, &self.scratch("replay.log"))
    }

    /// Starts `pipetape record` of a fresh tape in front of `upstream`.
    pub(crate) fn record(&self, tape: &str, upstream: SocketAddr) -> anyhow::Result<Server> {
        let mut command = self.pipetape();
        command
            .args([
                "record",
                tape,
                "--listen",
                "127.0.0.1:0",
                "--region",
                "us-east-1",
                "--upstream",
            ])
            .arg(format!("http://{upstream}"))
            .envs(CREDENTIALS);
        Server::start(command, &self.scratch("record.log"))
    }

    /// Bytes of the files of a tape in the store.
    pub(crate) fn size_of(&self, tape: &str) -> anyhow::Result<u64> {
        let mut bytes = 0;
        let mut directories = vec![self.scratch("store").join(tape)];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory)? {
                let entry = entry?;
                match entry.metadata()? {
                    metadata if metadata.is_dir() => directories.push(entry.path()),
                    metadata => bytes += metadata.len(),
                }
            }
        }
        Ok(bytes)
    }

    /// Imports a tape file into the store; gives the seconds that took.
    pub(crate) fn import(&self, file: &Path, name: &str) -> anyhow::Result<f64> {
        let began = Instant::now();
        let output = self
            .pipetape()
            .arg("import")
            .arg(file)
            .args(["--as", name])
            .output()?;
        ensure!(
            output.status.success(),
            "import failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(began.elapsed().as_secs_f64())
    }

    /// Starts a bare server with a fixed answer.
    pub(crate) fn bare_server(&self, runtime: RuntimeKind) -> anyhow::Result<Server> {
        let mut command = Command::new(&self.bench);
        command.args(["serve", "--runtime", runtime.name()]);
        Server::start(command, &self.scratch("serve.log"))
    }

    /// Starts a bare reverse proxy.
    pub(crate) fn bare_proxy(
        &self,
        runtime: RuntimeKind,
        upstream: SocketAddr,
    ) -> anyhow::Result<Server> {
        let mut command = Command::new(&self.bench);
        command
            .args(["proxy", "--runtime", runtime.name(), "--upstream"])
            .arg(format!("http://{upstream}"));
        Server::start(command, &self.scratch("proxy.log"))
    }

    /// Runs the load generator to its end.
    pub(crate) fn load(&self, args: &[(&str, String)]) -> anyhow::Result<Report> {
        let mut command = Command::new(&self.bench);
        command
            .arg("load")
            .args(args.iter().map(|(name, value)| format!("--{name}={value}")));
        let output = command.output().context("can't run the load generator")?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        let report: load::Report = serde_json::from_slice(&output.stdout)?;
        Ok(report)
    }

    /// The program under test, with its own store, and nothing of the caller's settings.
    fn pipetape(&self) -> Command {
        let mut command = Command::new(&self.pipetape);
        for (name, _) in env::vars_os() {
            if is_a_setting(&name) {
                command.env_remove(name);
            }
        }
        command
            .arg("--store")
            .arg(self.scratch("store"))
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }
}

/// Whether a variable would change what pipetape does: its own, those of AWS, those that name proxies.
fn is_a_setting(variable: &OsString) -> bool {
    let name = variable.to_string_lossy().to_ascii_uppercase();
    name.starts_with("PIPETAPE_") || name.starts_with("AWS_") || name.ends_with("_PROXY")
}
