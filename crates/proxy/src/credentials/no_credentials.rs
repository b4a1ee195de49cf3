//! Why there are no credentials, in words for whoever runs pipetape.

use std::error::Error;
use std::time::Duration;

use aws_config::meta::ProviderChainError;
use aws_credential_types::provider::error::CredentialsError;
use pipetape_core::causes::{one_line, with_causes};

/// No credentials were found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCredentials {
    /// No member of the chain has any, or one of them failed.
    #[error(
        "pipetape has no AWS credentials to sign with; looked in environment, profile `{profile}`, web identity, \
         container and instance metadata, in this order: {}; give pipetape credentials (environment, --profile, \
         SSO, a role), or keep the client's signature with --sign keep",
        outcome(source)
    )]
    Chain {
        /// The profile that was looked at.
        profile: String,
        /// What each member of the chain said.
        #[source]
        source: CredentialsError,
    },
    /// The search took too long.
    #[error(
        "pipetape found no AWS credentials to sign with within {} seconds (an SSO, STS, metadata or \
         credential_process call does not end); set AWS_EC2_METADATA_DISABLED=true where there is no metadata service",
        .0.as_secs()
    )]
    TimedOut(Duration),
}

/// What each member of the chain said; or, where one had credentials to find and failed, how it failed. That ends
/// the search, and the chain does not say whose failure it was.
fn outcome(error: &CredentialsError) -> String {
    let chain = error
        .source()
        .and_then(|source| source.downcast_ref::<ProviderChainError<CredentialsError>>());
    match chain {
        Some(chain) => {
            let attempts = chain.attempts().iter();
            let attempts: Vec<_> = attempts
                .map(|attempt| format!("{} ({})", attempt.name(), reason(attempt.error())))
                .collect();
            one_line(&attempts.join(", "))
        }
        None => format!("the search ended with a failure: {}", with_causes(error)),
    }
}

/// Why one member has no credentials to give. That it "was not enabled", which all of them say first, helps nobody.
fn reason(error: &CredentialsError) -> String {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => error
            .source()
            .map_or_else(|| "nothing is configured".to_owned(), with_causes),
        failure => with_causes(failure),
    }
}
