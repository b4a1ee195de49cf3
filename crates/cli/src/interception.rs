//! `--intercept`: the certificate authority that signs as CodePipeline's hosts, and what a wrapped command needs to trust it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::base_strategy::{BaseStrategy as _, choose_native_strategy};
use pipetape_serve::authority::{CertificateAuthority, Origin};
use rustls::ServerConfig;
use tracing::info;

use crate::arguments::{CaDirectory, ServingArguments};
use crate::failure::{Failure, SystemError, UsageError};
use crate::terminal::say;
use crate::text::printable;
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
        if !arguments.interception.intercept {
            return Ok(None);
        }
        let authority = open_authority(&arguments.interception.ca)?;
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

/// Opens the authority, or makes it; says so where clients have to be told to trust another root than before.
pub(crate) fn open_authority(directory: &CaDirectory) -> Result<CertificateAuthority, Failure> {
    let authority = CertificateAuthority::open_or_create(&path(directory)?)?;
    announce(&authority);
    Ok(authority)
}

/// Makes another authority in the place of the one that there is.
pub(crate) fn renew_authority(directory: &CaDirectory) -> Result<CertificateAuthority, Failure> {
    let authority = CertificateAuthority::renew(&path(directory)?)?;
    announce(&authority);
    Ok(authority)
}

fn path(directory: &CaDirectory) -> Result<PathBuf, Failure> {
    let path = match &directory.ca_dir {
        Some(path) => path.clone(),
        None => choose_native_strategy()
            .map_err(|_| UsageError::NoDataDirectory)?
            .data_dir()
            .join("pipetape/ca"),
    };
    // Whoever is given a path of a file in it may be in another directory.
    Ok(std::path::absolute(path).map_err(|source| SystemError {
        action: "find the directory of the certificate authority",
        source,
    })?)
}

fn announce(authority: &CertificateAuthority) {
    if let Some(line) = announcement(authority.origin(), authority.root_file()) {
        say(&line);
    }
}

fn announcement(origin: Origin, root: &Path) -> Option<String> {
    let root = root.display().to_string();
    let root = printable(&root);
    let anew = "clients that were given the former root certificate have to be given this one";
    match origin {
        Origin::Found => None,
        Origin::Created => Some(format!("made a certificate authority: {root}")),
        Origin::Expired => Some(format!(
            "warning: the certificate authority had expired, or was about to, and was replaced: {root}\n\
             warning: {anew}"
        )),
        Origin::Renewed => Some(format!("made a new certificate authority: {root}\n{anew}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_that_is_new_is_told_of() {
        let check = |origin| announcement(origin, Path::new("/ca/root\n.pem")).unwrap_or_default();
        assert_eq!(check(Origin::Found), "");
        insta::assert_snapshot!(check(Origin::Created), @r"made a certificate authority: /ca/root\n.pem");
        insta::assert_snapshot!(check(Origin::Expired), @r"
        warning: the certificate authority had expired, or was about to, and was replaced: /ca/root\n.pem
        warning: clients that were given the former root certificate have to be given this one
        ");
        insta::assert_snapshot!(check(Origin::Renewed), @r"
        made a new certificate authority: /ca/root\n.pem
        clients that were given the former root certificate have to be given this one
        ");
    }
}
