//! Whether a signature is there and complete.

use http::HeaderMap;
use http::header::{AUTHORIZATION, DATE};
use pipetape_core::credential_scope::{Component, LONGEST_HEADER};
use pipetape_core::protocol::{ErrorCode, ServiceError};
use pipetape_core::{Authorization, AuthorizationError};

/// The longest access key id that is kept, in bytes; AWS's have up to 128.
const LONGEST_KEY_ID: usize = 128;

/// Reads the `Authorization` header of a request that must have a complete one.
///
/// # Errors
///
/// There is none, or it is incomplete.
pub(super) fn complete(headers: &HeaderMap) -> Result<Authorization, ServiceError> {
    let Some(header) = headers
        .get(AUTHORIZATION)
        .filter(|header| !header.is_empty())
    else {
        let text = "Missing Authentication Token";
        return Err(ServiceError::new(
            ErrorCode::MissingAuthenticationToken,
            text,
        ));
    };
    let header = String::from_utf8_lossy(header.as_bytes());
    let parsed = Authorization::parse(&header);
    let mut sentences = parsed.as_ref().err().map(complaint).unwrap_or_default();
    if !headers.contains_key("x-amz-date") && !headers.contains_key(DATE) {
        sentences.push_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        );
    }
    match parsed {
        Ok(authorization) if sentences.is_empty() => Ok(authorization),
        _ => {
            let shown: String = header.chars().take(LONGEST_HEADER).collect();
            let text = format!("{sentences}Authorization={shown}");
            Err(ServiceError::new(ErrorCode::IncompleteSignature, text))
        }
    }
}

/// The access key that a request claims to be signed with, cut where it is long.
pub(crate) fn access_key_id(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let authorization = Authorization::parse(header).ok()?;
    let id = authorization.access_key_id();
    Some(id.chars().take(LONGEST_KEY_ID).collect())
}

/// The sentences that say what a header lacks, each with a blank behind it.
fn complaint(error: &AuthorizationError) -> String {
    let missing = match error {
        AuthorizationError::Incomplete { missing } => missing.clone(),
        // Of a header in another form, the service finds nothing that it looks for.
        AuthorizationError::Algorithm => Component::ALL.to_vec(),
        AuthorizationError::Credential => {
            return "Credential must have exactly 5 slash-delimited elements, \
                    e.g. keyid/date/region/service/term. "
                .to_owned();
        }
        other => return format!("The {other}. "),
    };
    let sentence =
        |component: Component| format!("Authorization header requires '{component}' parameter. ");
    missing.into_iter().map(sentence).collect()
}
