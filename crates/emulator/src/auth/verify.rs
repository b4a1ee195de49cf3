//! Checks a Signature Version 4 by making it again.
//!
//! AWS describes it in
//! [Create a signed AWS API request](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
//! The signer is AWS's own, given just the headers that the client says it has signed.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as SigningKey;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use pipetape_core::protocol::{ErrorCode, ServiceError};
use pipetape_core::{Authorization, Region};
use pipetape_serve::Request;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::credentials::{AccessKey, Credentials};
use super::header;

const SERVICE: &str = "codepipeline";
const DATE_HEADER: &str = "x-amz-date";

/// How far a client's clock may be off.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// Checks a complete signature, in the service's order: the key and its token, then the signature,
/// then the date.
///
/// # Errors
///
/// The first check that fails, in the service's words.
pub(super) fn verify(
    request: &Request,
    authorization: &Authorization,
    credentials: &Credentials,
    region: &Region,
    now: SystemTime,
) -> Result<(), ServiceError> {
    let token = request.headers.get("x-amz-security-token");
    let token = token.map(http::HeaderValue::as_bytes);
    let key = credentials.key(authorization.access_key_id(), token);
    let key = key.ok_or_else(|| {
        let text = "The security token included in the request is invalid.";
        ServiceError::new(ErrorCode::UnrecognizedClient, text)
    })?;
    if key.is_expired(now) {
        let text = "The security token included in the request is expired";
        return Err(ServiceError::new(ErrorCode::ExpiredToken, text));
    }
    let signed_at = header::signed_at(&request.headers).ok_or_else(|| {
        let text = "Date must be in ISO-8601 'basic format'";
        ServiceError::new(ErrorCode::IncompleteSignature, text)
    })?;
    check_scope(authorization, region, signed_at)?;
    if !is_signed_by(request, authorization, key, signed_at) {
        return Err(invalid(
            "The request signature we calculated does not match the signature you provided. \
             Check your AWS Secret Access Key and signing method. \
             Consult the service documentation for details.",
        ));
    }
    check_age(signed_at, now)
}

/// Whether the signature is for this service, region and day.
fn check_scope(
    authorization: &Authorization,
    region: &Region,
    signed_at: SystemTime,
) -> Result<(), ServiceError> {
    let scope = authorization.scope();
    if scope.service() != SERVICE {
        return Err(invalid(&format!(
            "Credential should be scoped to correct service: '{SERVICE}'."
        )));
    }
    if scope.region_name() != region.as_str() {
        return Err(invalid(&format!(
            "Credential should be scoped to a valid region, not '{}'.",
            scope.region_name()
        )));
    }
    let (date, signed_at) = (scope.date(), header::basic(signed_at));
    match signed_at.split_once('T') {
        Some((day, _)) if day == date => Ok(()),
        other => Err(invalid(&format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{date}' != '{}', from '{signed_at}'.",
            other.map_or("", |(day, _)| day)
        ))),
    }
}

fn check_age(signed_at: SystemTime, now: SystemTime) -> Result<(), ServiceError> {
    let (earliest, latest) = (now - SKEW, now + SKEW);
    let [at, now, from, to] = [signed_at, now, earliest, latest].map(header::basic);
    if at < from {
        return Err(invalid(&format!(
            "Signature expired: {at} is now earlier than {from} ({now} - 5 min.)"
        )));
    }
    if at > to {
        return Err(invalid(&format!(
            "Signature not yet current: {at} is still later than {to} ({now} + 5 min.)"
        )));
    }
    Ok(())
}

/// Whether a request has the signature that the key makes for it. Compares in a time that depends on
/// the length alone.
fn is_signed_by(
    request: &Request,
    authorization: &Authorization,
    key: &AccessKey,
    signed_at: SystemTime,
) -> bool {
    let hash = request.headers.get("x-amz-content-sha256");
    if hash.is_some_and(|hash| *hash != hex(&Sha256::digest(&request.body))) {
        return false;
    }
    let expected = signature(request, authorization, key, signed_at);
    expected.is_some_and(|expected| {
        bool::from(
            expected
                .as_bytes()
                .ct_eq(authorization.signature().as_bytes()),
        )
    })
}

/// The signature that the key makes for a request; `None` if the request can't be signed like
/// that: without its host, with a header that is not there or is not text.
fn signature(
    request: &Request,
    authorization: &Authorization,
    key: &AccessKey,
    signed_at: SystemTime,
) -> Option<String> {
    let signed = authorization.signed_headers();
    if !signed.iter().any(|name| name == "host") {
        return None;
    }
    let mut headers = Vec::new();
    for name in &signed {
        let before = headers.len();
        for value in request.headers.get_all(name) {
            headers.push((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?));
        }
        if headers.len() == before {
            return None;
        }
    }
    let mut settings = SigningSettings::default();
    // Nothing is left out that the client has signed, not even what the signer itself would not sign.
    // It always signs a date of its own making, which a client that signs `date` does not.
    let dated = signed.iter().any(|name| name == DATE_HEADER);
    settings.excluded_headers = (!dated).then(|| vec![Cow::Borrowed(DATE_HEADER)]);
    let identity = SigningKey::builder()
        .access_key_id(&key.access_key_id)
        .secret_access_key(&key.secret_access_key)
        .provider_name("emulator")
        .build()
        .into();
    let scope = authorization.scope();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(scope.region_name())
        .name(scope.service())
        .time(signed_at)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let signable = SignableRequest::new(
        request.method.as_str(),
        request.uri.to_string(),
        headers.into_iter(),
        SignableBody::Bytes(&request.body),
    );
    let (_, signature) = sign(signable.ok()?, &params).ok()?.into_parts();
    Some(signature)
}

fn invalid(text: &str) -> ServiceError {
    ServiceError::new(ErrorCode::InvalidSignature, text)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// AWS's published test vectors (`tests/sigv4`): of its signing test suite, the signed requests that
/// HTTP allows and whose paths are normalized, as this service's are.
#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use bytes::Bytes;
    use http::header::AUTHORIZATION;
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sigv4");

    fn request(path: &Path) -> Request {
        let text = fs::read_to_string(path).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let mut start = lines.next().unwrap().split(' ');
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Request {
            method: start.next().unwrap().parse().unwrap(),
            uri: http::Uri::try_from(start.next().unwrap()).unwrap(),
            version: http::Version::HTTP_11,
            headers,
            body: Bytes::from(body.to_owned()),
            peer: "127.0.0.1:1".parse().unwrap(),
            local: "127.0.0.1:2".parse().unwrap(),
            intercepted: None,
        }
    }

    fn key(secret: &str) -> AccessKey {
        let json = format!(r#"[{{"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "{secret}"}}]"#);
        let credentials = Credentials::from_json(json.as_bytes()).unwrap();
        credentials.key("AKIDEXAMPLE", None).unwrap().clone()
    }

    fn holds(request: &Request, key: &AccessKey) -> bool {
        let header = request.headers[AUTHORIZATION].to_str().unwrap();
        let authorization = Authorization::parse(header).unwrap();
        let signed_at = header::signed_at(&request.headers).unwrap();
        is_signed_by(request, &authorization, key, signed_at)
    }

    #[test]
    fn the_published_vectors_verify() {
        let right = key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let wrong = key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let mut count = 0;
        for path in fs::read_dir(VECTORS).unwrap() {
            let path = path.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "txt") {
                continue;
            }
            count += 1;
            let name = path.display();
            let mut request = request(&path);
            assert!(holds(&request, &right), "{name}");
            assert!(!holds(&request, &wrong), "{name}: another secret");
            request
                .headers
                .insert("host", HeaderValue::from_static("example.org"));
            assert!(!holds(&request, &right), "{name}: another host");
        }
        assert_eq!(count, 29);
    }

    #[test]
    fn a_changed_body_or_hash_is_noticed() {
        let right = key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let path = Path::new(VECTORS).join("post-x-www-form-urlencoded.txt");
        let mut request = request(&path);
        assert!(holds(&request, &right));
        let body = std::mem::replace(&mut request.body, Bytes::from_static(b"Param1=value2"));
        assert!(!holds(&request, &right));
        request.body = body;
        let unsigned = HeaderValue::from_static("UNSIGNED-PAYLOAD");
        request.headers.insert("x-amz-content-sha256", unsigned);
        assert!(!holds(&request, &right));
    }

    #[test]
    fn what_cannot_be_signed_is_not_signed() {
        let right = key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let mut request = request(&Path::new(VECTORS).join("get-vanilla.txt"));
        let header = request.headers[AUTHORIZATION].to_str().unwrap().to_owned();
        let mut with = |from: &str, to: &str| {
            let header = HeaderValue::from_str(&header.replace(from, to)).unwrap();
            request.headers.insert(AUTHORIZATION, header);
            holds(&request, &right)
        };
        assert!(with("", ""));
        // No host, a header that is not there, no date, and one header twice.
        assert!(!with(
            "SignedHeaders=host;x-amz-date",
            "SignedHeaders=x-amz-date"
        ));
        assert!(!with(
            "SignedHeaders=host;",
            "SignedHeaders=host;x-amz-target;"
        ));
        assert!(!with("SignedHeaders=host;x-amz-date", "SignedHeaders=host"));
        assert!(!with("SignedHeaders=host;", "SignedHeaders=host;host;"));
    }
}
