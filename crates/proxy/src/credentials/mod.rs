//! Credentials to sign with: found in the standard AWS chain at the first request, then kept and renewed.

mod cache;
mod chain;
mod own_calls;

pub(crate) use cache::CredentialsCache;
pub(crate) use chain::{Chain, CredentialSource, NoCredentials};
