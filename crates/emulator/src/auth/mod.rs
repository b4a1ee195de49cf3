//! Who is calling, and whether that is true.

mod credentials;
mod header;
mod verify;

use std::time::SystemTime;

use pipetape_core::Region;
use pipetape_core::protocol::ServiceError;
use pipetape_serve::Request;

pub use credentials::{AccessKey, Credentials, CredentialsError};

/// How much of a caller's signature is checked.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// Nothing: any caller is served.
    #[default]
    Off,
    /// That there is one, and that it is complete. Not that it is right.
    Require,
    /// Everything: key, session token, signature and date. The service name in the credential scope
    /// must be `codepipeline`, and the region the emulator's.
    Verify(Credentials),
}

impl Auth {
    /// Checks a caller; `now` is the time that clients sign with.
    ///
    /// # Errors
    ///
    /// What the service's front end answers.
    pub(crate) fn admit(
        &self,
        request: &Request,
        region: &Region,
        now: SystemTime,
    ) -> Result<(), ServiceError> {
        match self {
            Auth::Off => Ok(()),
            Auth::Require => header::complete(&request.headers).map(drop),
            Auth::Verify(credentials) => {
                let authorization = header::complete(&request.headers)?;
                verify::verify(request, &authorization, credentials, region, now)
            }
        }
    }
}

pub(crate) use header::access_key_id;
