//! What many responses have in common: status, names of headers, how they end.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use pipetape_core::headers::{REQUEST_ID, end_to_end};
use tracing::warn;

use super::answer::json_content_type;
use crate::exchange::{Outcome, RecordedResponse};
use crate::fault::{Fault, FaultAnswer};
use crate::keep::keeps_response_header;

/// What an exchange's answer is made of, its varying header values and its body aside.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) ending: Ending,
    /// The fault on the tape.
    pub(super) fault: Option<Fault>,
}

#[derive(Debug)]
pub(super) enum Ending {
    /// A recorded response, whole.
    Whole(Head),
    /// A recorded response, cut.
    Cut(Head, Option<u64>),
    /// The answer to a fault that left no response.
    Error(Response<Bytes>),
    Reset,
}

/// A response's head without the values that vary.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    /// In recorded order.
    pub(super) headers: Vec<Header>,
}

#[derive(Debug)]
pub(super) enum Header {
    Fixed(HeaderName, HeaderValue),
    /// The value stands with the exchange.
    Varying(HeaderName),
    /// Recorded, not sent.
    Unsent,
}

/// Forms by number, each kept once.
#[derive(Debug, Default)]
pub(super) struct Forms {
    forms: Vec<Form>,
    numbers: HashMap<Box<[u8]>, usize>,
    /// The key of the form at hand, kept for its memory.
    key: Vec<u8>,
}

impl Forms {
    /// The form of that number.
    pub(super) fn form(&self, number: usize) -> &Form {
        &self.forms[number]
    }

    /// The number of an outcome's form.
    pub(super) fn number(&mut self, seq: u64, outcome: &Outcome) -> usize {
        write_key(&mut self.key, outcome);
        if let Some(&number) = self.numbers.get(self.key.as_slice()) {
            return number;
        }
        let number = self.forms.len();
        self.forms.push(Form::of(seq, outcome));
        self.numbers.insert(self.key.as_slice().into(), number);
        number
    }

    pub(super) fn into_forms(self) -> Vec<Form> {
        self.forms
    }
}

impl Form {
    fn of(seq: u64, outcome: &Outcome) -> Form {
        let head = |response| Head::of(seq, response);
        let ending = match outcome {
            Outcome::Response(response) => Ending::Whole(head(response)),
            Outcome::Cut { response, fault } => ending_of_fault(*fault, Some(head(response))),
            Outcome::Fault(fault) => ending_of_fault(*fault, None),
        };
        Form {
            ending,
            fault: outcome.fault().copied(),
        }
    }

    /// The status that a client sees.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match &self.ending {
            Ending::Whole(head) | Ending::Cut(head, _) => Some(head.status),
            Ending::Error(response) => Some(response.status()),
            Ending::Reset => None,
        }
    }
}

fn ending_of_fault(fault: Fault, head: Option<Head>) -> Ending {
    let answer = fault.answer();
    if let Some(response) = answer.error_response() {
        return Ending::Error(response);
    }
    match (answer, head) {
        (FaultAnswer::Truncated { declared_length }, Some(head)) => {
            Ending::Cut(head, declared_length)
        }
        // Without a head there is nothing to send before the cut.
        _ => Ending::Reset,
    }
}

impl Head {
    fn of(seq: u64, response: &RecordedResponse) -> Head {
        let status = StatusCode::from_u16(response.status).unwrap_or_else(|_| {
            warn!(
                seq,
                status = response.status,
                "a recorded status is none of HTTP's; 502 is played in its place"
            );
            StatusCode::BAD_GATEWAY
        });
        let headers = match &response.headers {
            Some(headers) => sent(seq, headers),
            None => vec![Header::Fixed(CONTENT_TYPE, json_content_type())],
        };
        Head { status, headers }
    }
}

/// Which of a tape's headers are sent. Recorded tapes hold no others; on tapes written by hand there may
/// be some that only make sense on one connection, or a date, which would shift an SDK's clock.
fn sent(seq: u64, headers: &[(String, String)]) -> Vec<Header> {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        match (
            name.parse::<HeaderName>(),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            (Ok(name), Ok(value)) => {
                all.append(name, value);
            }
            // Values that vary are looked at with each exchange.
            (Ok(name), Err(_)) if !is_part_of_form(name.as_str()) => {
                all.append(name, HeaderValue::from_static(""));
            }
            _ => warn!(seq, "a recorded header is none of HTTP's and is not played"),
        }
    }
    let kept: HashSet<&HeaderName> = end_to_end(&all).map(|(name, _)| name).collect();
    headers
        .iter()
        .map(|(name, value)| {
            let name = name
                .parse::<HeaderName>()
                .ok()
                .filter(|name| kept.contains(name) && keeps_response_header(name));
            match name {
                None => Header::Unsent,
                Some(name) if is_part_of_form(name.as_str()) => {
                    match HeaderValue::from_bytes(value.as_bytes()) {
                        Ok(value) => Header::Fixed(name, lasting_value(value)),
                        Err(_) => Header::Unsent,
                    }
                }
                Some(name) => Header::Varying(lasting_name(name)),
            }
        })
        .collect()
}

/// The same name; where each answer of the service has it, in memory that is never freed, so that nobody counts its users.
fn lasting_name(name: HeaderName) -> HeaderName {
    if name == REQUEST_ID { REQUEST_ID } else { name }
}

/// The same for a value.
fn lasting_value(value: HeaderValue) -> HeaderValue {
    let json = json_content_type();
    if value == json { json } else { value }
}

/// Whether a header's value belongs to the form: it seldom varies, or it decides over other headers.
fn is_part_of_form(name: &str) -> bool {
    [CONTENT_TYPE, CONNECTION]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_str()))
}

/// Everything a form depends on, each part with its length before it.
fn write_key(key: &mut Vec<u8>, outcome: &Outcome) {
    key.clear();
    let fault = outcome.fault();
    text(key, fault.map_or("", |fault| fault.kind()));
    if let Some(Fault::Truncated {
        declared_length: Some(length),
    }) = fault
    {
        key.extend_from_slice(&length.to_le_bytes());
    }
    let Some(response) = outcome.response() else {
        return;
    };
    key.push(b'R');
    key.extend_from_slice(&response.status.to_le_bytes());
    for (name, value) in response.headers.iter().flatten() {
        text(key, name);
        if is_part_of_form(name) {
            text(key, value);
        }
    }
    if response.headers.is_none() {
        key.push(b'-');
    }
}

fn text(key: &mut Vec<u8>, text: &str) {
    key.extend_from_slice(&text.len().to_le_bytes());
    key.extend_from_slice(text.as_bytes());
}
