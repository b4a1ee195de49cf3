//! What a request must be before anything is dialled for it, and how it is refused otherwise.
//!
//! A server that signs for others is a risk: anybody could use its credentials. These checks limit
//! it to CodePipeline's operations, asked for by clients of this machine that mean this server.

use std::sync::Arc;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Response, StatusCode};
use pipetape_core::causes::with_causes;
use pipetape_core::protocol::{NoOperation, error_response, named_operation};
use pipetape_core::{
    Authorization, AuthorizationError, Operation, Region, RegionError, TARGET_PREFIX,
};
use pipetape_serve::{Request, host};

use crate::credentials::NoCredentials;
use crate::outgoing::SigningError;

/// The service's signing name.
pub(crate) const SERVICE: &str = "codepipeline";

/// A request that may be forwarded.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// What it asks for; unknown names of the right form are forwarded too.
    pub(crate) operation: Operation,
    /// The region it is signed for, if that can be read.
    pub(crate) region: Result<Region, NoRegion>,
}

/// Checks host, method, target and signing service, in this order.
///
/// An intercepted request is for the host that it names: the front has seen to that.
pub(crate) fn admit(request: &Request) -> Result<Admitted, RecordRefusal> {
    let named = |authority| host::names_server(authority, request.local);
    if request.intercepted.is_none() && !request.host().is_some_and(named) {
        return Err(RecordRefusal::ForeignHost);
    }
    if request.method != Method::POST {
        return Err(RecordRefusal::NotForwarded(NotForwarded::Method));
    }
    let operation = named_operation(&request.headers)
        .map_err(|error| RecordRefusal::NotForwarded(error.into()))?;
    let region = match authorization(&request.headers) {
        Ok(authorization) if authorization.scope().service() != SERVICE => {
            return Err(RecordRefusal::NotForwarded(NotForwarded::Service));
        }
        Ok(authorization) => authorization.scope().region().map_err(NoRegion::Region),
        Err(why) => Err(why),
    };
    Ok(Admitted { operation, region })
}

fn authorization(headers: &HeaderMap) -> Result<Authorization, NoRegion> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (Some(value), None) => value,
        (None, _) => return Err(NoRegion::Unsigned),
        (Some(_), Some(_)) => return Err(NoRegion::SeveralAuthorizations),
    };
    let value = value.to_str().map_err(|_| NoRegion::NotText)?;
    Authorization::parse(value).map_err(NoRegion::Authorization)
}

/// Why a request is not forwarded. Nothing a client sent is repeated.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum RecordRefusal {
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
    #[error("its Authorization header is not text")]
    NotText,
    #[error("its {0}")]
    Authorization(#[source] AuthorizationError),
    #[error("the {0} in its credential scope")]
    Region(#[source] RegionError),
}

impl RecordRefusal {
    /// A short name for logs and metrics.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            RecordRefusal::ForeignHost => "foreign_host",
            RecordRefusal::NotForwarded(_) => "not_forwarded",
            RecordRefusal::NoRegion(_) => "no_region",
            RecordRefusal::NoCredentials(_) => "no_credentials",
            RecordRefusal::Unsignable(_) => "unsignable",
        }
    }

    /// The client's answer: one attempt, whole message, in every SDK (no code here is one that some SDK retries).
    pub(crate) fn response(&self) -> Response<Bytes> {
        let (status, code) = match self {
            RecordRefusal::ForeignHost => (StatusCode::FORBIDDEN, "PipetapeForeignHostException"),
            RecordRefusal::NotForwarded(_) => {
                (StatusCode::BAD_REQUEST, "PipetapeNotForwardedException")
            }
            RecordRefusal::NoRegion(_) => (StatusCode::BAD_REQUEST, "PipetapeNoRegionException"),
            RecordRefusal::NoCredentials(_) => {
                (StatusCode::BAD_REQUEST, "PipetapeNoCredentialsException")
            }
            RecordRefusal::Unsignable(_) => {
                (StatusCode::BAD_REQUEST, "PipetapeUnsignableException")
            }
        };
        error_response(status, code, &self.to_string())
    }
}
