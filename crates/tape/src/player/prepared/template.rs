//! What many answers of a tape have in common: status, names of headers, and how they end. It is kept
//! once, in a template; an exchange has only the values that vary and its body.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use pipetape_core::headers::end_to_end;
use pipetape_core::{Answer, protocol};
use tracing::warn;

use crate::exchange::{Outcome, RecordedResponse};
use crate::fault::Fault;
use crate::keep::keeps_response_header;

/// What an exchange's answer is made of, without its body and the header values that vary.
#[derive(Debug)]
pub(crate) struct ResponseTemplate {
    pub(crate) shape: Shape,
    /// The fault on the tape.
    pub(crate) fault: Option<Fault>,
}

/// What kind of answer it is.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A recorded response, whole.
    Whole(TemplateHead),
    /// A recorded response that ends too early, and the length to announce.
    Truncated(TemplateHead, Option<u64>),
    /// The answer to a fault that left no response.
    Error(Response<Bytes>),
    /// No answer: the connection is reset.
    Reset,
}

/// A response's head without the values that vary.
#[derive(Debug)]
pub(crate) struct TemplateHead {
    pub(crate) status: StatusCode,
    /// In recorded order.
    pub(crate) headers: Vec<TemplateHeader>,
}

#[derive(Debug)]
pub(crate) enum TemplateHeader {
    Fixed(HeaderName, HeaderValue),
    /// The value lies with the exchange.
    Varying(HeaderName),
    /// Recorded, not sent.
    Unsent,
}

/// The templates of a tape, each of them once.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    list: Vec<ResponseTemplate>,
    /// By everything that a template depends on.
    indices: HashMap<Box<[u8]>, usize>,
    /// The key being looked up; reused for its memory.
    key: Vec<u8>,
}

impl Templates {
    pub(crate) fn template(&self, index: usize) -> &ResponseTemplate {
        &self.list[index]
    }

    /// The index of an outcome's template, which is made if there is none yet.
    pub(crate) fn index(&mut self, seq: u64, outcome: &Outcome) -> usize {
        write_key(&mut self.key, outcome);
        if let Some(&index) = self.indices.get(self.key.as_slice()) {
            return index;
        }
        let index = self.list.len();
        self.list.push(ResponseTemplate::of(seq, outcome));
        self.indices.insert(self.key.as_slice().into(), index);
        index
    }

    pub(crate) fn into_list(self) -> Vec<ResponseTemplate> {
        self.list
    }
}

impl ResponseTemplate {
    fn of(seq: u64, outcome: &Outcome) -> Self {
        let head = |response| TemplateHead::of(seq, response);
        let shape = match outcome {
            Outcome::Response(response) => Shape::Whole(head(response)),
            Outcome::Cut { response, fault } => shape_of_fault(*fault, Some(head(response))),
            Outcome::Fault(fault) => shape_of_fault(*fault, None),
        };
        Self {
            shape,
            fault: outcome.fault().copied(),
        }
    }

    /// The status that a client sees.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match &self.shape {
            Shape::Whole(head) | Shape::Truncated(head, _) => Some(head.status),
            Shape::Error(response) => Some(response.status()),
            Shape::Reset => None,
        }
    }
}

/// Asked with an empty response: the head is a template, and the bytes are with the exchange.
fn shape_of_fault(fault: Fault, head: Option<TemplateHead>) -> Shape {
    let arrived = head.as_ref().map(|_| Response::default());
    match (fault.answer(arrived), head) {
        (Answer::Response(response), _) => Shape::Error(*response),
        (
            Answer::Truncated {
                declared_length, ..
            },
            Some(head),
        ) => Shape::Truncated(head, declared_length),
        (Answer::Truncated { .. }, None) | (Answer::Reset, _) => Shape::Reset,
    }
}

impl TemplateHead {
    fn of(seq: u64, response: &RecordedResponse) -> Self {
        let status = StatusCode::from_u16(response.status).unwrap_or_else(|_| {
            warn!(
                seq,
                status = response.status,
                "a recorded status is not a valid HTTP status; 502 is played instead"
            );
            StatusCode::BAD_GATEWAY
        });
        let headers = match &response.headers {
            Some(headers) => sent(seq, headers),
            None => vec![TemplateHeader::Fixed(CONTENT_TYPE, json_content_type())],
        };
        Self { status, headers }
    }
}

/// Which of a tape's headers are sent. Recorded tapes hold no others; on tapes written by hand there may
/// be some that only make sense on one connection, or a date, which would shift an SDK's clock.
fn sent(seq: u64, headers: &[(String, String)]) -> Vec<TemplateHeader> {
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
            (Ok(name), Err(_)) if !is_part_of_template(name.as_str()) => {
                all.append(name, HeaderValue::from_static(""));
            }
            _ => warn!(seq, "a recorded header is not valid HTTP and is not played"),
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
                None => TemplateHeader::Unsent,
                Some(name) if is_part_of_template(name.as_str()) => {
                    match HeaderValue::from_bytes(value.as_bytes()) {
                        Ok(value) => TemplateHeader::Fixed(name, value),
                        Err(_) => TemplateHeader::Unsent,
                    }
                }
                Some(name) => TemplateHeader::Varying(name),
            }
        })
        .collect()
}

/// Whether a header's value belongs to the template: it seldom varies, or says which other headers are sent.
fn is_part_of_template(name: &str) -> bool {
    [CONTENT_TYPE, CONNECTION]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_str()))
}

/// Everything that a template depends on, each part with its length before it.
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
        if is_part_of_template(name) {
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

/// The answer to a poll that finds no job.
pub(crate) fn empty_poll() -> Answer {
    let mut response = Response::new(Bytes::from_static(br#"{"jobs":[]}"#));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, json_content_type());
    response.into()
}

fn json_content_type() -> HeaderValue {
    HeaderValue::from_static(protocol::CONTENT_TYPE)
}
