//! The request that upstream gets.

use std::time::SystemTime;

use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, EXPECT, HOST, HeaderMap, HeaderName,
    HeaderValue,
};
use http::uri::PathAndQuery;
use http_body_util::Full;
use pipetape_core::Region;
use pipetape_core::headers::end_to_end;
use pipetape_serve::Request;

use crate::signing::{self, SigningError};
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
/// A compressed answer could not be redacted as it stands, so none is asked for.
pub(crate) fn resigned(
    request: &Request,
    upstream: &UpstreamUrl,
    region: &Region,
    credentials: &Identity,
    now: SystemTime,
) -> Result<Outgoing, SigningError> {
    // Room for our signature's too: growing means building it anew.
    let mut headers = HeaderMap::with_capacity(request.headers.len() + OF_THE_SIGNATURE.len());
    headers.insert(HOST, upstream.host_header()?);
    append(&mut headers, request, &OF_THE_SIGNATURE);
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    signing::sign(&mut headers, &request.body, region, credentials, now)?;
    let path = PathAndQuery::from_static("/");
    Ok(outgoing(headers, upstream, path, request.body.clone())?)
}

/// Appends the client's end-to-end headers. `Expect` is answered by the front, and length and host are anew.
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
