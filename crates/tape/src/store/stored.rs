//! The encoded form of exchanges and rules in a database.
//!
//! Types of their own, apart from the live ones: what is written must not change because code was tidied.
//! A change of these types is a new layout version.

use bytes::Bytes;
use pipetape_core::Operation;
use serde::{Deserialize, Serialize};

use crate::exchange::{Exchange, Outcome, RecordedRequest, RecordedResponse, UnixMillis};
use crate::fault::Fault;
use crate::rules::{Rules, Salt};

type Headers<'a> = Option<Vec<(&'a str, &'a str)>>;
type OwnedHeaders = Option<Vec<(String, String)>>;

/// How much of an exchange is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Everything,
    /// All but the request's headers: they never count when matching, and are the most of a small exchange.
    ForPlaying,
}

#[derive(Serialize, Deserialize)]
struct StoredExchange<'a> {
    after: Option<u64>,
    operation: &'a str,
    recorded_at: Option<i64>,
    latency_ms: Option<u64>,
    #[serde(borrow)]
    request_headers: Headers<'a>,
    #[serde(borrow)]
    request_body: &'a [u8],
    response: Option<StoredResponse<'a>>,
    fault: Option<StoredFault<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredResponse<'a> {
    status: u16,
    #[serde(borrow)]
    headers: Headers<'a>,
    #[serde(borrow)]
    body: &'a [u8],
}

#[derive(Serialize, Deserialize)]
struct StoredFault<'a> {
    kind: &'a str,
    declared_length: Option<u64>,
}

/// Encodes all of an exchange but its number, which is its key.
///
/// # Errors
///
/// None that an exchange can cause; the encoder's signature has one.
pub(super) fn encode(exchange: &Exchange) -> Result<Vec<u8>, String> {
    let stored = StoredExchange {
        after: exchange.after,
        operation: exchange.operation.name(),
        recorded_at: exchange.recorded_at.map(UnixMillis::get),
        latency_ms: exchange.latency_ms,
        request_headers: borrowed(exchange.request.headers.as_ref()),
        request_body: &exchange.request.body,
        response: exchange.outcome.response().map(|response| StoredResponse {
            status: response.status,
            headers: borrowed(response.headers.as_ref()),
            body: &response.body,
        }),
        fault: exchange.outcome.fault().map(|fault| StoredFault {
            kind: fault.kind(),
            declared_length: match fault {
                Fault::Truncated { declared_length } => *declared_length,
                _ => None,
            },
        }),
    };
    postcard::to_allocvec(&stored).map_err(|error| error.to_string())
}

/// Decodes the exchange numbered `seq`. Its bodies share the memory of `bytes`.
///
/// # Errors
///
/// The bytes are no exchange.
pub(super) fn decode(seq: u64, bytes: &Bytes, detail: Detail) -> Result<Exchange, String> {
    let wrong = |what: &str| format!("exchange {seq}: {what}");
    let (stored, rest) = postcard::take_from_bytes::<StoredExchange<'_>>(bytes)
        .map_err(|error| wrong(&error.to_string()))?;
    if !rest.is_empty() {
        return Err(wrong("bytes behind its end"));
    }
    let recorded_at = match stored.recorded_at {
        Some(millis) => Some(UnixMillis::new(millis).ok_or_else(|| wrong("time out of range"))?),
        None => None,
    };
    let response = match stored.response {
        Some(response) if !(200..600).contains(&response.status) => {
            return Err(wrong("status out of range"));
        }
        Some(response) => Some(RecordedResponse {
            status: response.status,
            headers: owned(response.headers),
            body: bytes.slice_ref(response.body),
        }),
        None => None,
    };
    let fault = match stored.fault {
        Some(stored) => Some(
            Fault::from_kind(stored.kind, stored.declared_length)
                .ok_or_else(|| wrong("unknown fault"))?,
        ),
        None => None,
    };
    Ok(Exchange {
        seq,
        after: stored.after,
        operation: Operation::from_name(stored.operation)
            .map_err(|error| wrong(&error.to_string()))?,
        recorded_at,
        latency_ms: stored.latency_ms,
        request: RecordedRequest {
            headers: match detail {
                Detail::Everything => owned(stored.request_headers),
                Detail::ForPlaying => None,
            },
            body: bytes.slice_ref(stored.request_body),
        },
        outcome: Outcome::of(response, fault)
            .ok_or_else(|| wrong("response and fault disagree"))?,
    })
}

fn borrowed(headers: Option<&Vec<(String, String)>>) -> Headers<'_> {
    headers.map(|headers| {
        let borrowed = headers.iter().map(|(name, value)| (&**name, &**value));
        borrowed.collect()
    })
}

fn owned(headers: Headers<'_>) -> OwnedHeaders {
    headers.map(|headers| {
        let owned = headers.into_iter();
        owned
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    })
}

#[derive(Serialize, Deserialize)]
struct StoredRules {
    salt: String,
    redact: Vec<String>,
    ignore: Vec<String>,
    keep_account_ids: bool,
    redact_config: String,
}

/// Encodes rules; `None` stands for a tape without any.
pub(super) fn encode_rules(rules: Option<&Rules>) -> Result<Vec<u8>, String> {
    let stored = rules.map(|rules| StoredRules {
        salt: rules.salt.as_str().to_owned(),
        redact: rules.redact.iter().map(ToString::to_string).collect(),
        ignore: rules.ignore.iter().map(ToString::to_string).collect(),
        keep_account_ids: rules.keep_account_ids,
        redact_config: rules.redact_config.name().to_owned(),
    });
    postcard::to_allocvec(&stored).map_err(|error| error.to_string())
}

/// Decodes rules.
pub(super) fn decode_rules(bytes: &[u8]) -> Result<Option<Rules>, String> {
    let stored: Option<StoredRules> =
        postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
    let Some(stored) = stored else {
        return Ok(None);
    };
    let pointers = |texts: Vec<String>| {
        texts
            .iter()
            .map(|text| text.parse())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("rules: {error}"))
    };
    Ok(Some(Rules {
        salt: Salt::new(&stored.salt).ok_or("rules: salt")?,
        redact: pointers(stored.redact)?,
        ignore: pointers(stored.ignore)?,
        keep_account_ids: stored.keep_account_ids,
        redact_config: stored
            .redact_config
            .parse()
            .map_err(|error| format!("rules: {error}"))?,
    }))
}
