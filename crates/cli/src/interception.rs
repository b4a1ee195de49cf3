//! `--intercept`: the authority that makes certificates for CodePipeline's hosts, and the files
//! with which a wrapped command trusts it.

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

/// What a server needs to intercept.
#[derive(Debug)]
pub(crate) struct Interception {
    tls: Arc<ServerConfig>,
    /// Lives as long as the command that reads the files.
    trust: Option<TrustFiles>,
}

impl Interception {
    /// Opens the authority, if interception is asked for.
    pub(crate) fn begin(arguments: &ServingArguments) -> Result<Option<Self>, Failure> {
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
        Ok(Some(Self { tls, trust }))
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

/// Opens the authority, or makes it; says so if clients have to trust another root certificate than
/// before.
pub(crate) fn open_authority(directory: &CaDirectory) -> Result<CertificateAuthority, Failure> {
    let authority = CertificateAuthority::open_or_create(&path(directory)?)?;
    announce(&authority);
    Ok(authority)
}

/// Replaces the authority by a new one.
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
    // The paths of its files are given to processes in other directories.
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
    let consequence =
        "clients that were given the former root certificate have to be given this one";
    match origin {
        Origin::Found => None,
        Origin::Created => Some(format!("made a certificate authority: {root}")),
        Origin::Expired => Some(format!(
            "warning: the certificate authority had expired, or was about to, and was replaced: {root}\n\
             warning: {consequence}"
        )),
        Origin::Renewed => Some(format!(
            "made a new certificate authority: {root}\n{consequence}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_root_is_announced() {
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
