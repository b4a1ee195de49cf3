//! The encoded form of exchanges and rules in a log.
//!
//! The types are apart from the live ones: what is written must not change because code was tidied.
//! A change of these types is a new layout version.

use bytes::Bytes;
use pipetape_core::Operation;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::entries::LONGEST;
use crate::exchange::{Exchange, Outcome, RecordedRequest, RecordedResponse, UnixMillis};
use crate::fault::Fault;
use crate::pointer::Pointer;
use crate::rules::{Rules, Salt};
use crate::store::damage::{Damage, ExchangeFlaw};

type BorrowedHeaders<'a> = Option<Vec<(&'a str, &'a str)>>;
type OwnedHeaders = Option<Vec<(String, String)>>;

/// How much of an exchange is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// All of it.
    Everything,
    /// All but the request's headers: matching never looks at them, and they are most of a small
    /// exchange.
    ForPlaying,
}

/// An exchange has more bytes than the store can keep of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an exchange is too large for the store")]
pub(in crate::store) struct TooLarge;

#[derive(Serialize, Deserialize)]
struct StoredExchange<'a> {
    after: Option<u64>,
    operation: &'a str,
    recorded_at: Option<i64>,
    latency_ms: Option<u64>,
    #[serde(borrow)]
    request_headers: BorrowedHeaders<'a>,
    #[serde(borrow)]
    request_body: &'a [u8],
    response: Option<StoredResponse<'a>>,
    fault: Option<StoredFault<'a>>,
}

/// The first members of a [`StoredExchange`].
#[derive(Deserialize)]
struct StoredHead<'a> {
    #[serde(rename = "after")]
    _after: Option<u64>,
    #[serde(borrow, rename = "operation")]
    _operation: &'a str,
    recorded_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct StoredResponse<'a> {
    status: u16,
    #[serde(borrow)]
    headers: BorrowedHeaders<'a>,
    #[serde(borrow)]
    body: &'a [u8],
}

#[derive(Serialize, Deserialize)]
struct StoredFault<'a> {
    kind: &'a str,
    declared_length: Option<u64>,
}

/// Encodes all of an exchange but its number, which is its key.
pub(super) fn encode(exchange: &Exchange) -> Result<Vec<u8>, TooLarge> {
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
    // Encoding into a vector fails only if memory ends.
    let encoded = postcard::to_allocvec(&stored).map_err(|_| TooLarge)?;
    if encoded.len() > LONGEST {
        return Err(TooLarge);
    }
    Ok(encoded)
}

/// When an encoded exchange was recorded. Only what is before that in its bytes is decoded.
///
/// # Errors
///
/// The bytes are not an exchange.
pub(super) fn recorded_at(seq: u64, bytes: &[u8]) -> Result<Option<UnixMillis>, Damage> {
    let head = postcard::take_from_bytes::<StoredHead<'_>>(bytes);
    let (head, _) = head.map_err(|_| damage(seq, ExchangeFlaw::Encoding))?;
    moment(seq, head.recorded_at)
}

fn moment(seq: u64, millis: Option<i64>) -> Result<Option<UnixMillis>, Damage> {
    match millis.map(UnixMillis::new) {
        Some(None) => Err(damage(seq, ExchangeFlaw::Time)),
        moment => Ok(moment.flatten()),
    }
}

fn damage(seq: u64, flaw: ExchangeFlaw) -> Damage {
    Damage::Exchange { seq, flaw }
}

/// Decodes the exchange numbered `seq`. Its bodies share the memory of `bytes`.
///
/// # Errors
///
/// The bytes are not an exchange.
pub(in crate::store) fn decode(
    seq: u64,
    bytes: &Bytes,
    detail: Detail,
) -> Result<Exchange, Damage> {
    let wrong = |flaw| damage(seq, flaw);
    let (stored, rest) = postcard::take_from_bytes::<StoredExchange<'_>>(bytes)
        .map_err(|_| wrong(ExchangeFlaw::Encoding))?;
    if !rest.is_empty() {
        return Err(wrong(ExchangeFlaw::TrailingBytes));
    }
    let response = match stored.response {
        Some(response) if !(200..600).contains(&response.status) => {
            return Err(wrong(ExchangeFlaw::Status));
        }
        response => response.map(|response| RecordedResponse {
            status: response.status,
            headers: owned(response.headers),
            body: bytes.slice_ref(response.body),
        }),
    };
    let fault = match stored.fault {
        Some(stored) => {
            let fault = Fault::from_kind(stored.kind, stored.declared_length);
            Some(fault.ok_or(wrong(ExchangeFlaw::Fault))?)
        }
        None => None,
    };
    Ok(Exchange {
        seq,
        after: stored.after,
        operation: Operation::from_name(stored.operation)
            .map_err(|_| wrong(ExchangeFlaw::Operation))?,
        recorded_at: moment(seq, stored.recorded_at)?,
        latency_ms: stored.latency_ms,
        request: RecordedRequest {
            headers: match detail {
                Detail::Everything => owned(stored.request_headers),
                Detail::ForPlaying => None,
            },
            body: bytes.slice_ref(stored.request_body),
        },
        outcome: Outcome::of(response, fault).ok_or(wrong(ExchangeFlaw::Outcome))?,
    })
}

fn borrowed(headers: Option<&Vec<(String, String)>>) -> BorrowedHeaders<'_> {
    headers.map(|headers| {
        let borrowed = headers.iter().map(|(name, value)| (&**name, &**value));
        borrowed.collect()
    })
}

fn owned(headers: BorrowedHeaders<'_>) -> OwnedHeaders {
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

/// Encodes rules; `None` if a tape has none.
pub(super) fn encode_rules(rules: Option<&Rules>) -> Result<Vec<u8>, TooLarge> {
    let stored = rules.map(|rules| StoredRules {
        salt: rules.salt.as_str().to_owned(),
        redact: rules.redact.iter().map(ToString::to_string).collect(),
        ignore: rules.ignore.iter().map(ToString::to_string).collect(),
        keep_account_ids: rules.keep_account_ids,
        redact_config: rules.redact_config.name().to_owned(),
    });
    postcard::to_allocvec(&stored).map_err(|_| TooLarge)
}

/// Decodes rules.
pub(super) fn decode_rules(bytes: &[u8]) -> Result<Option<Rules>, Damage> {
    let stored: Option<StoredRules> =
        postcard::from_bytes(bytes).map_err(|_| Damage::UnreadableRules)?;
    match stored {
        None => Ok(None),
        Some(stored) => stored.rules().map(Some).ok_or(Damage::UnreadableRules),
    }
}

impl StoredRules {
    fn rules(self) -> Option<Rules> {
        let pointers = |texts: Vec<String>| -> Option<Vec<Pointer>> {
            texts.iter().map(|text| text.parse().ok()).collect()
        };
        Some(Rules {
            salt: Salt::new(&self.salt)?,
            redact: pointers(self.redact)?,
            ignore: pointers(self.ignore)?,
            keep_account_ids: self.keep_account_ids,
            redact_config: self.redact_config.parse().ok()?,
        })
    }
}
