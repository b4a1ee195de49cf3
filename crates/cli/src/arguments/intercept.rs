//! `--intercept`, and the `ca` command for the certificates that it needs.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::environment;

/// Intercept mode, for every command that serves.
#[derive(Debug, Args)]
pub(crate) struct InterceptArguments {
    /// Be an HTTPS proxy too (HTTPS_PROXY): a client that connects to one of CodePipeline's hosts
    /// is answered as that host, with a certificate from pipetape's own authority (its root
    /// certificate: `pipetape ca path`). Other hosts are refused
    #[arg(long)]
    pub(crate) intercept: bool,

    #[command(flatten)]
    pub(crate) ca: CaDirectory,
}

/// Show or renew the certificate authority of intercept mode
///
/// Clients of `--intercept` have to trust its root certificate; for a wrapped command this is
/// arranged. The authority is made at its first use, and can sign for AWS host names only.
#[derive(Debug, Args)]
pub(crate) struct CaArguments {
    #[command(subcommand)]
    pub(crate) command: CaCommand,
}

/// What to do with the authority.
#[derive(Debug, Subcommand)]
pub(crate) enum CaCommand {
    /// Print the path of the root certificate (PEM), which clients have to trust
    Path(CaDirectory),
    /// Show the authority: its certificate, how long it is valid, and what it may sign
    Show(ShowCaArguments),
    /// Replace the authority by a new one, and print the path of its root certificate
    ///
    /// Clients that trust the old root certificate have to be given the new one.
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
