//! Signature Version 4, checked from the bytes that arrived.
//!
//! Written from AWS's public description with nothing but SHA-256 and HMAC: it shares no code with the signer.

use hmac::{Hmac, KeyInit, Mac};
use pipetape_testkit::Message;
use sha2::{Digest, Sha256};

/// Recomputes the signature of a request to the path `/` under `secret`; gives the credential scope and the
/// names of the signed headers.
pub(crate) fn verify(request: &Message, secret: &str) -> Result<(String, Vec<String>), String> {
    let authorization = request.header("authorization").ok_or("unsigned")?;
    let fields = authorization
        .strip_prefix("AWS4-HMAC-SHA256 ")
        .ok_or("another algorithm")?;
    let field = |name: &str| {
        let mut parts = fields.split(", ");
        let found = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        found.map(str::to_owned).ok_or(format!("no {name}"))
    };
    let credential = field("Credential")?;
    let (_, scope) = credential.split_once('/').ok_or("no scope")?;
    let signed: Vec<String> = field("SignedHeaders")?
        .split(';')
        .map(str::to_owned)
        .collect();
    let date = request.header("x-amz-date").ok_or("no date")?;
    if request.start_line() != "POST / HTTP/1.1" {
        return Err(request.start_line());
    }
    let mut canonical = b"POST\n/\n\n".to_vec();
    for name in &signed {
        canonical.extend_from_slice(name.as_bytes());
        canonical.push(b':');
        let headers = request.headers();
        let values: Vec<_> = headers
            .iter()
            .filter(|(found, _)| found == name)
            .map(|(_, value)| squeezed(value))
            .collect();
        if values.is_empty() {
            return Err(format!("{name} is signed and missing"));
        }
        canonical.extend_from_slice(&values.join(&b','));
        canonical.push(b'\n');
    }
    let payload = hex(&Sha256::digest(&request.body));
    canonical.extend_from_slice(format!("\n{}\n{payload}", signed.join(";")).as_bytes());
    let hash = hex(&Sha256::digest(&canonical));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/') {
        key = hmac(&key, part.as_bytes());
    }
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let expected = hex(&hmac(&key, to_sign.as_bytes()));
    if field("Signature")? != expected {
        let canonical = String::from_utf8_lossy(&canonical);
        return Err(format!("signature differs for\n{canonical}"));
    }
    Ok((scope.to_owned(), signed))
}

/// Runs of spaces become one; other white space stays.
fn squeezed(value: &[u8]) -> Vec<u8> {
    let parts = value.split(|byte| *byte == b' ');
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(&b' ')
}

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
