//! Credentials to sign with: found in the standard AWS chain at the first request, then kept and renewed.

mod cache;
mod chain;
mod environment;
mod guarded_client;
mod no_credentials;

pub(crate) use cache::CredentialsCache;
pub(crate) use chain::{Chain, CredentialSource};
pub(crate) use no_credentials::NoCredentials;
