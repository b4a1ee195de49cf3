//! The standard AWS chain.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region as AwsRegion};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_types::os_shim_internal::Env;
use pipetape_core::Region;
use tokio::time::timeout;

use super::environment::without_ourselves;
use super::guarded_client::refusing;
use super::no_credentials::NoCredentials;

/// Enough for SSO and an assumed role on a slow network; below the minute that SDKs wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Finds credentials: the AWS chain, or its twin in tests.
pub(crate) trait CredentialSource: Send + Sync + 'static {
    /// Looks once. `region` is where STS is asked, if it is.
    fn find(
        &self,
        region: &Region,
    ) -> impl Future<Output = Result<Credentials, NoCredentials>> + Send;
}

/// Environment, profile (static keys, roles, SSO, `credential_process`), web identity, container, instance:
/// the first that has credentials gives them.
#[derive(Debug)]
pub(crate) struct Chain {
    profile: Option<String>,
    listen: SocketAddr,
    environment: Env,
}

impl Chain {
    /// A chain with the process's environment. Looks at nothing yet.
    pub(crate) fn new(profile: Option<String>, listen: SocketAddr) -> Chain {
        let unicode = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Chain::with_environment(profile, listen, unicode)
    }

    fn with_environment(
        profile: Option<String>,
        listen: SocketAddr,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Chain {
        Chain {
            profile,
            listen,
            environment: without_ourselves(variables, listen),
        }
    }

    /// Reads the profiles anew: `aws sso login` or a mended file counts without a restart.
    async fn look(&self, region: &Region) -> Result<Credentials, CredentialsError> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .env(self.environment.clone())
            .http_client(refusing(self.listen))
            // Without a region of its own the loader would ask the metadata service for one.
            .region(AwsRegion::new(region.to_string()));
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        let provider = loader.load().await.credentials_provider();
        let provider = provider.ok_or_else(CredentialsError::not_loaded_no_source)?;
        provider.provide_credentials().await
    }
}

impl CredentialSource for Chain {
    async fn find(&self, region: &Region) -> Result<Credentials, NoCredentials> {
        match timeout(PATIENCE, self.look(region)).await {
            Ok(found) => found.map_err(NoCredentials::Chain),
            Err(_) => Err(NoCredentials::TimedOut(PATIENCE)),
        }
    }
}
