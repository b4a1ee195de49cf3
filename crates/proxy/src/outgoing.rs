//! The request that upstream gets: the client's own, or signed again with Signature Version 4.
//!
//! See AWS's [description](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

use std::time::SystemTime;

use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningError as SignerError, SigningSettings, sign as compute,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_sigv4::sign::v4::signing_params::BuildError;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderMap,
    HeaderName, HeaderValue,
};
use http::uri::PathAndQuery;
use http_body_util::Full;
use pipetape_core::Region;
use pipetape_core::headers::end_to_end;
use pipetape_serve::Request;

use crate::admission::SERVICE;
use crate::upstream_url::UpstreamUrl;

/// What is sent upstream.
pub(crate) type Outgoing = http::Request<Full<Bytes>>;

/// Says what a client's signature covers, and what ours replaces.
const OF_THE_SIGNATURE: [HeaderName; 4] = [
    AUTHORIZATION,
    HeaderName::from_static("x-amz-date"),
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-amz-content-sha256"),
];

/// The client's request with its signature: path, `Host` and all end-to-end headers as they came.
pub(crate) fn untouched(
    request: &Request,
    upstream: &UpstreamUrl,
) -> Result<Outgoing, http::Error> {
    let mut headers = HeaderMap::new();
    // An absolute-form target overrules the header, and is what the client signed.
    let host = match request.host() {
        Some(host) => HeaderValue::from_str(host)?,
        None => upstream.host_header()?,
    };
    headers.insert(HOST, host);
    append(&mut headers, request, &[]);
    let path = request.uri.path_and_query().cloned();
    let path = path.unwrap_or(PathAndQuery::from_static("/"));
    outgoing(headers, upstream, path, request.body.clone())
}

/// The client's request, signed by us for upstream's own host: path `/`, no query, and the headers
/// that speak of the client's signature or connection left out.
///
/// A compressed answer could not be redacted, so pipetape asks for none.
pub(crate) fn resigned(
    request: &Request,
    upstream: &UpstreamUrl,
    region: &Region,
    credentials: &Identity,
    now: SystemTime,
) -> Result<Outgoing, SigningError> {
    // Capacity for our signature's headers too: growing would build the map again.
    let mut headers = HeaderMap::with_capacity(request.headers.len() + OF_THE_SIGNATURE.len());
    headers.insert(HOST, upstream.host_header()?);
    append(&mut headers, request, &OF_THE_SIGNATURE);
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    sign(&mut headers, &request.body, region, credentials, now)?;
    let path = PathAndQuery::from_static("/");
    Ok(outgoing(headers, upstream, path, request.body.clone())?)
}

/// Appends the client's end-to-end headers. The server answers `Expect`; length and host are computed again.
fn append(headers: &mut HeaderMap, request: &Request, without: &[HeaderName]) {
    for (name, value) in end_to_end(&request.headers) {
        if ![HOST, CONTENT_LENGTH, EXPECT].contains(name) && !without.contains(name) {
            headers.append(name.clone(), value.clone());
        }
    }
}

fn outgoing(
    headers: HeaderMap,
    upstream: &UpstreamUrl,
    path: PathAndQuery,
    body: Bytes,
) -> Result<Outgoing, http::Error> {
    let mut outgoing = http::Request::post(upstream.with_path(path)?).body(Full::new(body))?;
    *outgoing.headers_mut() = headers;
    Ok(outgoing)
}

/// A request can't be signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningError {
    #[error("the signer lacks a parameter")]
    Parameters(#[from] BuildError),
    #[error("no signature can be computed")]
    Signer(#[from] SignerError),
    #[error("the signed request is not valid HTTP")]
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
