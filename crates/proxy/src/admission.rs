//! What a request must be before anything is dialled for it.
//!
//! Signing for others makes a server a credential oracle. These checks keep it to CodePipeline's operations,
//! asked for by clients of this machine that mean this server.

use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};
use pipetape_core::protocol::named_operation;
use pipetape_core::{Authorization, Operation, Region};
use pipetape_serve::{Request, host};

use crate::refusal::{NoRegion, NotForwarded, Refusal};

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
pub(crate) fn admit(request: &Request) -> Result<Admitted, Refusal> {
    let named = |authority| host::names_server(authority, request.local);
    if request.intercepted.is_none() && !request.host().is_some_and(named) {
        return Err(Refusal::ForeignHost);
    }
    if request.method != Method::POST {
        return Err(Refusal::NotForwarded(NotForwarded::Method));
    }
    let operation =
        named_operation(&request.headers).map_err(|error| Refusal::NotForwarded(error.into()))?;
    let region = match authorization(&request.headers) {
        Ok(authorization) if authorization.scope().service() != SERVICE => {
            return Err(Refusal::NotForwarded(NotForwarded::Service));
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
