//! Signature Version 4, checked from the bytes that arrived.
//!
//! Written from AWS's public description ("Create a signed AWS API request") with nothing but SHA-256 and HMAC, so that it
//! shares no code with the signer in the program: what both get right, both got right on their own.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::message::Message;

/// What a request's `Authorization` header says, once it has been found to be true.
#[derive(Debug)]
pub(crate) struct Signed {
    /// The id of the key that signed.
    pub(crate) access_key: String,
    /// `YYYYMMDD`, from the credential scope.
    pub(crate) day: String,
    /// The region in the credential scope.
    pub(crate) region: String,
    /// The service in the credential scope.
    pub(crate) service: String,
    /// `YYYYMMDD'T'HHMMSS'Z'`, from `X-Amz-Date`.
    pub(crate) date: String,
    /// Names of the signed headers, in lower case.
    pub(crate) headers: Vec<String>,
}

/// Recomputes the signature of `request` under `secret`.
///
/// # Errors
/// Says what is missing, malformed or wrong: always a sentence for a failing test.
pub(crate) fn verify(request: &Message, secret: &str) -> Result<Signed, String> {
    let authorization = request.all("authorization");
    let [authorization] = authorization.as_slice() else {
        return Err(format!("{} Authorization headers", authorization.len()));
    };
    let fields = authorization
        .strip_prefix("AWS4-HMAC-SHA256 ")
        .ok_or("another algorithm")?;
    let field = |name: &str| {
        fields
            .split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
            .ok_or_else(|| format!("no {name} in {authorization}"))
    };
    let credential = field("Credential")?;
    let scope: Vec<&str> = credential.split('/').collect();
    let [access_key, day, region, service, "aws4_request"] = scope.as_slice() else {
        return Err(format!("credential scope {credential}"));
    };
    let headers: Vec<String> = field("SignedHeaders")?
        .split(';')
        .map(str::to_owned)
        .collect();
    if !headers.is_sorted() || !headers.contains(&"host".to_owned()) {
        return Err(format!("signed headers {headers:?}"));
    }
    let date = request.header("x-amz-date").ok_or("no X-Amz-Date")?;
    if !date.starts_with(day) {
        return Err(format!("scope says {day}, X-Amz-Date says {date}"));
    }
    let payload = hex(&Sha256::digest(&request.body));
    if let Some(said) = request.header("x-amz-content-sha256")
        && said != payload
    {
        return Err("X-Amz-Content-SHA256 is not the hash of the body".to_owned());
    }

    let canonical = canonical_request(request, &headers, &payload)?;
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{date}\n{day}/{region}/{service}/aws4_request\n{}",
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [*day, *region, *service, "aws4_request"] {
        key = hmac(&key, part.as_bytes());
    }
    let expected = hex(&hmac(&key, to_sign.as_bytes()));
    let found = field("Signature")?;
    if found != expected {
        return Err(format!(
            "signature {found}, expected {expected} for\n{canonical}"
        ));
    }
    Ok(Signed {
        access_key: (*access_key).to_owned(),
        day: (*day).to_owned(),
        region: (*region).to_owned(),
        service: (*service).to_owned(),
        date,
        headers,
    })
}

/// Seconds since 1970 of `YYYYMMDD'T'HHMMSS'Z'`.
pub(crate) fn seconds(date: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| date.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    let (hour, minute, second) = (number(9..11)?, number(11..13)?, number(13..15)?);
    // Days of the civil calendar, counted from March so that the leap day comes last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 1
        - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

fn canonical_request(
    request: &Message,
    signed: &[String],
    payload: &str,
) -> Result<String, String> {
    let start = request.start_line();
    let mut parts = start.split(' ');
    let method = parts.next().unwrap_or_default().to_owned();
    let target = parts.next().unwrap_or_default();
    // The absolute form that a proxy is sent: the path starts behind the authority.
    let target = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut query: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();

    let mut canonical = format!("{method}\n{path}\n{}\n", query.join("&"));
    for name in signed {
        let values = request.all(name);
        if values.is_empty() {
            return Err(format!("signed header {name} is not in the request"));
        }
        let values: Vec<String> = values.iter().map(|value| single_spaced(value)).collect();
        canonical.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    canonical.push_str(&format!("\n{}\n{payload}", signed.join(";")));
    Ok(canonical)
}

/// Without white space at its ends, and with one space for any run of spaces; a tab is none.
fn single_spaced(value: &str) -> String {
    let words: Vec<&str> = value
        .trim()
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::captures;
    use crate::support::keys::SECRET_KEY;

    #[test]
    fn every_capture_of_a_real_client_verifies() {
        for capture in captures::signed() {
            let name = &capture.name;
            let signed = verify(&capture.message(), SECRET_KEY)
                .unwrap_or_else(|why| panic!("{name}: {why}"));
            assert_eq!(signed.service, "codepipeline", "{name}");
        }
    }

    #[test]
    fn one_flipped_bit_is_noticed() {
        for capture in captures::signed() {
            let (name, message) = (&capture.name, capture.message());
            let mut body = message.clone();
            *body.body.last_mut().unwrap() ^= 1;
            assert!(verify(&body, SECRET_KEY).is_err(), "{name}: body");

            let mut target = message.clone();
            let head = String::from_utf8(target.head.clone()).unwrap();
            target.head = head.replace("_20150709.", "_20150708.").into_bytes();
            assert!(verify(&target, SECRET_KEY).is_err(), "{name}: target");

            assert!(
                verify(&message, "another secret").is_err(),
                "{name}: secret"
            );
        }
    }

    #[test]
    fn dates_become_seconds() {
        assert_eq!(seconds("19700101T000000Z"), Some(0));
        assert_eq!(seconds("20000229T235959Z"), Some(951_868_799));
        assert_eq!(seconds("20160707T205252Z"), Some(1_467_924_772));
        assert_eq!(seconds("2016"), None);
    }
}
