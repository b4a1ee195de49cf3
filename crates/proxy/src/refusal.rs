//! Requests that are answered here, and neither forwarded nor recorded.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use pipetape_core::causes::with_causes;
use pipetape_core::protocol::{NoOperation, error_response};
use pipetape_core::{AuthorizationError, RegionError, TARGET_PREFIX};

use crate::credentials::NoCredentials;
use crate::signing::SigningError;

/// Why a request is not forwarded. Nothing a client sent is repeated.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "pipetape answers only requests whose Host names the address it listens on, or loopback"
    )]
    ForeignHost,
    #[error(
        "pipetape forwards and signs only POST requests with one X-Amz-Target header of the form \
         {TARGET_PREFIX}OPERATION, signed for the service codepipeline or not at all: this one {0}"
    )]
    NotForwarded(#[source] NotForwarded),
    #[error(
        "pipetape can't tell which region this request is for: {0}; give `pipetape record` a --region, \
         or have the client sign with Signature Version 4 for a region such as us-east-1"
    )]
    NoRegion(#[source] NoRegion),
    #[error("{0}")]
    NoCredentials(#[source] Arc<NoCredentials>),
    #[error("pipetape can't sign this request: {}", with_causes(.0.as_ref()))]
    Unsignable(#[source] Arc<SigningError>),
}

/// What a request lacks to be forwarded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotForwarded {
    #[error("has another method")]
    Method,
    #[error(transparent)]
    Operation(#[from] NoOperation),
    #[error("is signed for another service")]
    Service,
}

/// Why a client's credential scope gives no region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRegion {
    #[error("it has no Authorization header")]
    Unsigned,
    #[error("it has several Authorization headers")]
    SeveralAuthorizations,
    #[error("its Authorization header is no text")]
    NotText,
    #[error("its {0}")]
    Authorization(#[source] AuthorizationError),
    #[error("the {0} in its credential scope")]
    Region(#[source] RegionError),
}

impl Refusal {
    /// A short name for logs and metrics.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Refusal::ForeignHost => "foreign_host",
            Refusal::NotForwarded(_) => "not_forwarded",
            Refusal::NoRegion(_) => "no_region",
            Refusal::NoCredentials(_) => "no_credentials",
            Refusal::Unsignable(_) => "unsignable",
        }
    }

    /// What the client is told: one attempt, whole message, in every SDK (no code here is one that some SDK retries).
    pub(crate) fn response(&self) -> Response<Bytes> {
        let (status, code) = match self {
            Refusal::ForeignHost => (StatusCode::FORBIDDEN, "PipetapeForeignHostException"),
            Refusal::NotForwarded(_) => (StatusCode::BAD_REQUEST, "PipetapeNotForwardedException"),
            Refusal::NoRegion(_) => (StatusCode::BAD_REQUEST, "PipetapeNoRegionException"),
            Refusal::NoCredentials(_) => {
                (StatusCode::BAD_REQUEST, "PipetapeNoCredentialsException")
            }
            Refusal::Unsignable(_) => (StatusCode::BAD_REQUEST, "PipetapeUnsignableException"),
        };
        error_response(status, code, &self.to_string())
    }
}
