//! Signature Version 4 for CodePipeline.
//!
//! See AWS's [description](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

use std::time::SystemTime;

use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningError as SignerError, SigningSettings, sign as compute,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_sigv4::sign::v4::signing_params::BuildError;
use aws_smithy_runtime_api::client::identity::Identity;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use pipetape_core::Region;

use crate::admission::SERVICE;

/// A request can't be signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningError {
    #[error("the signer lacks a parameter")]
    Parameters(#[from] BuildError),
    #[error("no signature can be computed")]
    Signer(#[from] SignerError),
    #[error("the signed request is no HTTP")]
    Request(#[from] http::Error),
}

/// Signs a POST of `body` to the path `/` and adds the headers of the signature.
///
/// Signed are `host`, `content-type` and every `x-amz-…` header, as the service asks for: the first has to be
/// there. An `x-amz-…` header that is not UTF-8 can't be signed, and would be refused unsigned: it is dropped.
pub(crate) fn sign(
    headers: &mut HeaderMap,
    body: &[u8],
    region: &Region,
    credentials: &Identity,
    now: SystemTime,
) -> Result<(), SigningError> {
    let can_stay = |name: &HeaderName, value: &HeaderValue| !is_amz(name) || text(value).is_some();
    if !headers.iter().all(|(name, value)| can_stay(name, value)) {
        *headers = headers
            .iter()
            .filter(|(name, value)| can_stay(name, value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
    }
    let params = SigningParams::builder()
        .identity(credentials)
        .region(region.as_str())
        .name(SERVICE)
        .time(now)
        .settings(SigningSettings::default())
        .build()?;
    let signed = headers.iter().filter_map(|(name, value)| {
        (*name == HOST || *name == CONTENT_TYPE || is_amz(name))
            .then(|| Some((name.as_str(), text(value)?)))?
    });
    let request = SignableRequest::new("POST", "/", signed, SignableBody::Bytes(body))?;
    let (instructions, _) = compute(request, &params.into())?.into_parts();
    let (added, _) = instructions.into_parts();
    for header in added {
        let mut value = HeaderValue::from_str(header.value()).map_err(http::Error::from)?;
        value.set_sensitive(header.sensitive());
        headers.insert(HeaderName::from_static(header.name()), value);
    }
    Ok(())
}

fn is_amz(name: &HeaderName) -> bool {
    name.as_str().starts_with("x-amz-")
}

fn text(value: &HeaderValue) -> Option<&str> {
    std::str::from_utf8(value.as_bytes()).ok()
}
