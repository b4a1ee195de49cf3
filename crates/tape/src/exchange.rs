//! An exchange: one request, and what the client was given for it. As it happened ([`LiveExchange`]), redacted
//! ([`NewExchange`]), and with its number on a tape ([`Exchange`], [`Tape`]).

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Response};
use pipetape_core::headers::end_to_end;
use pipetape_core::{Answer, Operation};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::fault::Fault;
use crate::name::TapeName;
use crate::rules::Rules;

/// One request and what the client was given for it, as a tape keeps it: redacted, and without
/// the headers that no replay needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Position on the tape, from 1; strictly increasing, gaps allowed. Exchanges are numbered as
    /// they complete.
    pub seq: u64,
    /// The highest [`seq`](Exchange::seq) already kept when this exchange began; 0 if none was.
    pub after: Option<u64>,
    /// The operation that the request named.
    pub operation: Operation,
    /// When the request arrived.
    pub recorded_at: Option<UnixMillis>,
    /// From the request's arrival to the answer, in milliseconds.
    pub latency_ms: Option<u64>,
    /// What was asked.
    pub request: RecordedRequest,
    /// What the client was given.
    pub outcome: Outcome,
}

/// An [`Exchange`] that is not on a tape yet: everything but its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExchange {
    /// See [`Exchange::after`].
    pub after: Option<u64>,
    /// See [`Exchange::operation`].
    pub operation: Operation,
    /// See [`Exchange::recorded_at`].
    pub recorded_at: Option<UnixMillis>,
    /// See [`Exchange::latency_ms`].
    pub latency_ms: Option<u64>,
    /// See [`Exchange::request`].
    pub request: RecordedRequest,
    /// See [`Exchange::outcome`].
    pub outcome: Outcome,
}

impl NewExchange {
    /// Gives it its number.
    pub fn numbered(self, seq: u64) -> Exchange {
        Exchange {
            seq,
            after: self.after,
            operation: self.operation,
            recorded_at: self.recorded_at,
            latency_ms: self.latency_ms,
            request: self.request,
            outcome: self.outcome,
        }
    }
}

/// The kept part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// Name in lower case and value, by the allow-list of [`keep`](fn@crate::keep).
    /// `None` if a tape written by hand has no such member.
    pub headers: Option<Vec<(String, String)>>,
    /// Redacted, otherwise as it was received.
    pub body: Bytes,
}

/// How a request ended. On a tape `R` is what is kept of a response; before that, the response as
/// it arrived: see [`LiveOutcome`](crate::LiveOutcome).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<R = RecordedResponse> {
    /// A whole response.
    Response(R),
    /// No response came from upstream; [`Fault::answer`] says what the client got instead.
    Fault(Fault),
    /// A response that ended too early: its head and the bytes that arrived.
    Cut {
        /// The head, and as much of the body as there was.
        response: R,
        /// How it ended.
        fault: Fault,
    },
}

/// The kept part of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedResponse {
    /// Status code, 200 to 599.
    pub status: u16,
    /// Name in lower case and value, in the order received. No hop-by-hop header, no `date`, no
    /// `content-length`. `None` if a tape written by hand has no such member.
    pub headers: Option<Vec<(String, String)>>,
    /// The body, decoded and redacted.
    pub body: Bytes,
}

impl Outcome {
    /// Puts together what a tape says. `None` if the two don't go together: neither, or a fault
    /// with a response that such a fault does not leave.
    pub(crate) fn of(response: Option<RecordedResponse>, fault: Option<Fault>) -> Option<Self> {
        match (response, fault) {
            (Some(response), None) => Some(Self::Response(response)),
            (None, Some(fault)) if !fault.has_response() => Some(Self::Fault(fault)),
            (Some(response), Some(fault)) if fault.has_response() => {
                Some(Self::Cut { response, fault })
            }
            _ => None,
        }
    }
}

impl<R> Outcome<R> {
    /// The response, whole or cut.
    pub fn response(&self) -> Option<&R> {
        match self {
            Self::Response(response) | Self::Cut { response, .. } => Some(response),
            Self::Fault(_) => None,
        }
    }

    /// The fault, with or without a response beside it.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Response(_) => None,
            Self::Fault(fault) | Self::Cut { fault, .. } => Some(fault),
        }
    }
}

/// One request and its outcome as they were on the wire, before anything is left out or redacted. Never
/// stored.
#[derive(Debug, Clone)]
pub struct LiveExchange {
    /// The operation that the request named.
    pub operation: Operation,
    /// The highest sequence number kept when the request arrived.
    pub after: u64,
    /// When the request arrived.
    pub began: UnixMillis,
    /// From then to the outcome, in milliseconds.
    pub latency_ms: u64,
    /// Every header of the client's request.
    pub request_headers: HeaderMap,
    /// The body of the client's request.
    pub request_body: Bytes,
    /// How it ended.
    pub outcome: LiveOutcome,
}

/// How a request to upstream ended, before redaction. Its response has every header received,
/// hop-by-hop ones included, and its body is still compressed if `content-encoding` says so.
pub type LiveOutcome = Outcome<Response<Bytes>>;

impl LiveOutcome {
    /// What the client is given: status, end-to-end headers and body as received; for a fault,
    /// what [`Fault::answer`](crate::Fault::answer) says.
    pub fn answer(&self) -> Answer {
        match self {
            Self::Response(response) => passed_on(response).into(),
            Self::Fault(fault) => fault.answer(None),
            Self::Cut { response, fault } => fault.answer(Some(passed_on(response))),
        }
    }
}

fn passed_on(response: &Response<Bytes>) -> Response<Bytes> {
    let mut passed_on = Response::new(response.body().clone());
    *passed_on.status_mut() = response.status();
    *passed_on.headers_mut() = end_to_end(response.headers())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    passed_on
}

/// A named, ordered series of exchanges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tape {
    /// The tape's name.
    pub name: TapeName,
    /// `None` if a tape written by hand has no such member; [`Rules::default`] apply then.
    pub rules: Option<Rules>,
    /// In order of their [`seq`](Exchange::seq), which strictly increases.
    pub exchanges: Vec<Exchange>,
}

/// A moment in whole milliseconds since 1970, UTC; its text form is RFC 3339 with three decimals,
/// between the years 0000 and 9999.
///
/// ```
/// use pipetape_tape::UnixMillis;
///
/// let moment: UnixMillis = "2026-01-01T02:00:00.0415+02:00".parse()?;
/// assert_eq!(moment.to_string(), "2026-01-01T00:00:00.041Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnixMillis(i64);

/// 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z.
const YEARS: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

impl UnixMillis {
    /// The moment that many milliseconds after 1970 began, or `None` outside of the years 0000 to
    /// 9999.
    pub fn new(millis: i64) -> Option<Self> {
        YEARS.contains(&millis).then_some(Self(millis))
    }

    /// The present.
    pub fn now() -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Self(millis.min(*YEARS.end()))
    }

    /// Milliseconds since 1970 began.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000_000;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| fmt::Error)?;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            moment.year(),
            u8::from(moment.month()),
            moment.day(),
            moment.hour(),
            moment.minute(),
            moment.second(),
            moment.millisecond()
        )
    }
}

impl std::str::FromStr for UnixMillis {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NotAMoment)?;
        let millis = moment.unix_timestamp_nanos().div_euclid(1_000_000);
        i64::try_from(millis)
            .ok()
            .and_then(Self::new)
            .ok_or(NotAMoment)
    }
}

/// A text that is not a moment in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time such as 2026-01-01T00:00:00.000Z")]
pub struct NotAMoment;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_one_text_form() {
        for (text, shown) in [
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
            ("0000-01-01T00:00:00.000Z", "0000-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ] {
            let moment: UnixMillis = text.parse().unwrap();
            assert_eq!(moment.to_string(), shown);
            assert_eq!(shown.parse(), Ok(moment));
        }
        for bad in [
            "",
            "yesterday",
            "2026-01-01",
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert_eq!(bad.parse::<UnixMillis>(), Err(NotAMoment), "{bad}");
        }
    }
}
