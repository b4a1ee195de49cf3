//! `--intercept`, and `ca`, which looks after the certificates that it needs.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::environment;

/// Intercept mode, for every command that serves.
#[derive(Debug, Args)]
pub(crate) struct InterceptArguments {
    /// Be an HTTPS proxy too (HTTPS_PROXY): whoever asks it for one of CodePipeline's hosts is answered as that host, with a
    /// certificate from pipetape's own authority, whose root `pipetape ca path` names. Other hosts are refused
    #[arg(long)]
    pub(crate) intercept: bool,

    #[command(flatten)]
    pub(crate) ca: CaDirectory,
}

/// Look after the certificate authority of intercept mode
///
/// A client of `--intercept` has to trust its root certificate; a wrapped command does so without further ado.
/// The authority is made at its first use, and can sign for AWS host names alone.
#[derive(Debug, Args)]
pub(crate) struct CaArguments {
    #[command(subcommand)]
    pub(crate) command: CaCommand,
}

/// What to do with the authority.
#[derive(Debug, Subcommand)]
pub(crate) enum CaCommand {
    /// Print the path of the root certificate (PEM), the one for clients to trust
    Path(CaDirectory),
    /// Show what the authority is, for how long, and what it may sign
    Show(ShowCaArguments),
    /// Make a new authority in the place of the old one, and print the path of its root certificate
    ///
    /// Whoever trusted the old root has to be given the new one.
    Renew(CaDirectory),
}

/// `ca show`.
#[derive(Debug, Args)]
pub(crate) struct ShowCaArguments {
    #[command(flatten)]
    pub(crate) directory: CaDirectory,

    /// Print a JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where the authority is kept.
#[derive(Debug, Args)]
pub(crate) struct CaDirectory {
    /// The directory of the certificate authority
    /// [default: pipetape/ca in the user's data directory]
    #[arg(long, value_name = "DIR", env = environment::CA_DIR, hide_env_values = true)]
    pub(crate) ca_dir: Option<PathBuf>,
}
