//! `--intercept`: the authority that vouches for us, and what a wrapped command needs to believe it.

use std::sync::Arc;

use rustls::ServerConfig;
use tracing::info;

use crate::arguments::ServingArguments;
use crate::authority;
use crate::failure::Failure;
use crate::wrapped::TrustFiles;

/// What a server that intercepts is given.
#[derive(Debug)]
pub(crate) struct Interception {
    tls: Arc<ServerConfig>,
    /// Lives as long as the command that reads it.
    trust: Option<TrustFiles>,
}

impl Interception {
    /// Opens the authority, where an interception is asked for.
    pub(crate) fn begin(arguments: &ServingArguments) -> Result<Option<Interception>, Failure> {
        if !arguments.intercept {
            return Ok(None);
        }
        let authority = authority::open(&arguments.ca)?;
        info!(certificate = %authority.root_file().display(), "intercepting CodePipeline's hosts");
        let trust = if arguments.command.is_empty() {
            None
        } else {
            Some(TrustFiles::write(&authority, |name| {
                std::env::var_os(name)
            })?)
        };
        let tls = authority.server_config();
        Ok(Some(Interception { tls, trust }))
    }

    /// TLS as CodePipeline's hosts.
    pub(crate) fn tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.tls)
    }

    /// What a wrapped command has to trust.
    pub(crate) fn trust(&self) -> Option<&TrustFiles> {
        self.trust.as_ref()
    }
}
