//! The `Authorization` header of a Signature Version 4 request, taken apart.
//!
//! This reads what a client says about itself: which access key signed, for which day, region and
//! service, over which headers. It verifies nothing. The form is the one in AWS's
//! [Signature Version 4 reference](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

use std::fmt;

use crate::partition::{Region, RegionError};

/// The longest header that is read, in bytes. Real ones have about 250.
pub const LONGEST_HEADER: usize = 8 * 1024;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A parsed `Authorization: AWS4-HMAC-SHA256 …` header.
///
/// `Debug` shows neither the access key nor the signature.
///
/// ```
/// use pipetape_core::credential_scope::Authorization;
///
/// let header = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/codepipeline/aws4_request, \
///               SignedHeaders=host;x-amz-date;x-amz-target, Signature=0123abcd";
/// let authorization = Authorization::parse(header)?;
/// assert_eq!(authorization.scope().region()?.as_str(), "us-east-1");
/// assert_eq!(authorization.signed_headers(), ["host", "x-amz-date", "x-amz-target"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    access_key_id: Box<str>,
    scope: CredentialScope,
    /// As they came: few ask for them.
    signed_headers: Box<str>,
    signature: Box<str>,
}

impl Authorization {
    /// Reads a header's value.
    ///
    /// Tolerant where real SDKs differ: any run of blanks after the algorithm, the three
    /// components in any order, with or without blanks around the commas.
    ///
    /// # Errors
    ///
    /// See [`AuthorizationError`]; of several faults the first in its order is given.
    pub fn parse(header: &str) -> Result<Authorization, AuthorizationError> {
        if header.len() > LONGEST_HEADER {
            return Err(AuthorizationError::TooLong {
                length: header.len(),
            });
        }
        let header = header.trim_matches([' ', '\t']);
        let rest = match header.strip_prefix(ALGORITHM) {
            Some(rest) if rest.is_empty() || rest.starts_with([' ', '\t']) => rest,
            _ => return Err(AuthorizationError::Algorithm),
        };
        if rest
            .bytes()
            .any(|byte| !matches!(byte, b' '..=b'~' | b'\t'))
        {
            return Err(AuthorizationError::BadByte);
        }

        let mut found: [Option<&str>; 3] = [None; 3];
        for part in rest.split(',') {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            let (name, value) = (name.trim(), value.trim());
            let Some(component) = Component::ALL.into_iter().find(|c| c.name() == name) else {
                continue;
            };
            if value.is_empty() {
                continue;
            }
            if found[component as usize].replace(value).is_some() {
                return Err(AuthorizationError::Repeated(component));
            }
        }
        let [Some(credential), Some(signature), Some(signed_headers)] = found else {
            let missing = Component::ALL.into_iter();
            let missing = missing.filter(|c| found[*c as usize].is_none()).collect();
            return Err(AuthorizationError::Incomplete { missing });
        };

        let (access_key_id, scope) = split_credential(credential)?;
        Ok(Authorization {
            access_key_id: access_key_id.into(),
            scope,
            signed_headers: signed_headers.into(),
            signature: signature.into(),
        })
    }

    /// The access key's id, in clear. It names a key but is not the secret half of it.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What the signature is good for.
    pub fn scope(&self) -> &CredentialScope {
        &self.scope
    }

    /// The names of the signed headers, in lower case, in the header's order.
    pub fn signed_headers(&self) -> Vec<String> {
        self.signed_headers
            .split(';')
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .collect()
    }

    /// The signature, in clear; not checked to be hexadecimal.
    pub fn signature(&self) -> &str {
        &self.signature
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("access_key_id", &"[hidden]")
            .field("scope", &self.scope)
            .field("signed_headers", &self.signed_headers())
            .field("signature", &"[hidden]")
            .finish()
    }
}

/// The day, region and service that a signature is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialScope {
    date: Box<str>,
    region: Box<str>,
    service: Box<str>,
}

impl CredentialScope {
    /// The day, as eight digits (`20260101`); not checked to be a real one.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The region's name as the client wrote it: printable ASCII and nothing more is promised.
    pub fn region_name(&self) -> &str {
        &self.region
    }

    /// The region, checked so that it may enter a host name.
    ///
    /// # Errors
    ///
    /// A name that is not of a region's form.
    pub fn region(&self) -> Result<Region, RegionError> {
        Region::new(&self.region)
    }

    /// The service's signing name; `codepipeline` for the traffic this crate is about.
    pub fn service(&self) -> &str {
        &self.service
    }
}

/// One of the three parts that the header must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// `Credential=…`.
    Credential,
    /// `Signature=…`.
    Signature,
    /// `SignedHeaders=…`.
    SignedHeaders,
}

impl Component {
    /// All three, in the order in which the service complains about them.
    pub const ALL: [Component; 3] = [
        Component::Credential,
        Component::Signature,
        Component::SignedHeaders,
    ];

    /// The part's name in the header.
    pub fn name(self) -> &'static str {
        match self {
            Component::Credential => "Credential",
            Component::Signature => "Signature",
            Component::SignedHeaders => "SignedHeaders",
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a header could not be read. The fault is the client's; the header is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationError {
    /// The header is longer than [`LONGEST_HEADER`].
    #[error("authorization header has {length} bytes, at most {LONGEST_HEADER} are read")]
    TooLong {
        /// The length that was received, in bytes.
        length: usize,
    },
    /// Another scheme, such as `Basic`, or another algorithm, such as `AWS4-ECDSA-P256-SHA256`.
    #[error("authorization header is not of the algorithm `{ALGORITHM}`")]
    Algorithm,
    /// A byte that is not a printable ASCII character.
    #[error("authorization header has a byte outside printable ASCII")]
    BadByte,
    /// A component occurs twice.
    #[error("authorization header repeats `{0}`")]
    Repeated(Component),
    /// One or more components are absent or empty.
    #[error("authorization header lacks {}", names(missing))]
    Incomplete {
        /// What is absent, in the order of [`Component::ALL`].
        missing: Vec<Component>,
    },
    /// `Credential` is not `KEY/DATE/REGION/SERVICE/aws4_request`.
    #[error("credential is not of the form `KEY/YYYYMMDD/REGION/SERVICE/aws4_request`")]
    Credential,
}

fn split_credential(credential: &str) -> Result<(&str, CredentialScope), AuthorizationError> {
    // From the right, since only the key may hold what we do not expect.
    let mut parts = credential.rsplitn(5, '/');
    let (Some("aws4_request"), Some(service), Some(region), Some(date), Some(key)) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return Err(AuthorizationError::Credential);
    };
    let dated = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    let plain = |text: &str| !text.is_empty() && !text.contains([' ', '\t']);
    if !dated || ![service, region, key].into_iter().all(plain) {
        return Err(AuthorizationError::Credential);
    }
    let scope = CredentialScope {
        date: date.into(),
        region: region.into(),
        service: service.into(),
    };
    Ok((key, scope))
}

fn names(components: &[Component]) -> String {
    let names: Vec<_> = components.iter().map(|c| c.name()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CREDENTIAL: &str = "AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/codepipeline/aws4_request";

    #[test]
    fn spacing_and_order_do_not_matter() {
        for header in [
            format!(
                "AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature=ab12"
            ),
            format!(
                "AWS4-HMAC-SHA256 Credential={CREDENTIAL},SignedHeaders=host;x-amz-date,Signature=ab12"
            ),
            format!(
                "  AWS4-HMAC-SHA256 \t Signature=ab12 , SignedHeaders = Host;X-Amz-Date; ,Credential={CREDENTIAL} "
            ),
        ] {
            let read = Authorization::parse(&header).unwrap();
            assert_eq!(read.access_key_id(), "AKIAIOSFODNN7EXAMPLE");
            assert_eq!(read.scope().date(), "20260101");
            assert_eq!(read.scope().region().unwrap().as_str(), "us-east-1");
            assert_eq!(read.scope().service(), "codepipeline");
            assert_eq!(read.signed_headers(), ["host", "x-amz-date"]);
            assert_eq!(read.signature(), "ab12");
        }
    }

    #[test]
    fn faulty_headers_are_refused() {
        fn check(header: &str, expected: AuthorizationError) {
            assert_eq!(Authorization::parse(header), Err(expected), "{header}");
        }
        use AuthorizationError as E;
        check("", E::Algorithm);
        check("Basic dXNlcjpwYXNz", E::Algorithm);
        check("AWS4-HMAC-SHA256x Credential=a", E::Algorithm);
        check("AWS4-ECDSA-P256-SHA256 Credential=a", E::Algorithm);
        check(
            "AWS4-HMAC-SHA256",
            E::Incomplete {
                missing: Component::ALL.to_vec(),
            },
        );
        check(
            "AWS4-HMAC-SHA256 Credential=a, Signature=, SignedHeaders=host",
            E::Incomplete {
                missing: vec![Component::Signature],
            },
        );
        check(
            "AWS4-HMAC-SHA256 Signature=a, Signature=b",
            E::Repeated(Component::Signature),
        );
        check("AWS4-HMAC-SHA256 Signature=\u{1}", E::BadByte);
        for credential in [
            "a",
            "a/b/c/d",
            "/20260101/us-east-1/codepipeline/aws4_request",
            "k/2026/us-east-1/codepipeline/aws4_request",
            "k/20260101//codepipeline/aws4_request",
            "k/20260101/us-east-1/codepipeline/aws5_request",
        ] {
            check(
                &format!(
                    "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=a"
                ),
                E::Credential,
            );
        }
        check(
            &"A".repeat(LONGEST_HEADER + 1),
            E::TooLong {
                length: LONGEST_HEADER + 1,
            },
        );
    }

    #[test]
    fn an_odd_region_is_kept_but_gives_no_region() {
        let header = "AWS4-HMAC-SHA256 Credential=k/20260101/evil.example.net#/codepipeline/aws4_request, SignedHeaders=host, Signature=a";
        let read = Authorization::parse(header).unwrap();
        assert_eq!(read.scope().region_name(), "evil.example.net#");
        assert_eq!(read.scope().region(), Err(RegionError::Malformed));
    }

    #[test]
    fn debug_hides_key_and_signature() {
        let header =
            format!("AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature=ab12");
        let shown = format!("{:?}", Authorization::parse(&header).unwrap());
        assert!(
            !shown.contains("AKIA") && !shown.contains("ab12"),
            "{shown}"
        );
        assert!(shown.contains("us-east-1"));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in "(AWS4-HMAC-SHA256 )?[A-Za-z0-9=/,; é\u{0}]{0,200}") {
            let _ = Authorization::parse(&header);
        }
    }
}
