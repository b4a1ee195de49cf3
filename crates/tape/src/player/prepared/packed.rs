//! All exchanges of a tape, in few large blocks of memory.
//!
//! A million exchanges take a few hundred megabytes, and an answer is a slice of a block: nothing is
//! copied to give it. In its block, an exchange lies in one piece:
//!
//! ```text
//! | lead, 16 bytes                                 | answer                              | request | pad |
//! | template u32 | latency in ms u32 | length u64 | values that vary | response's body | body    |     |
//! ```
//!
//! - Each value that varies has its length before it, a `u32`; [`NO_VALUE`] marks one that is not sent.
//! - The length in the lead is that of the answer. The request's length is in [`ExchangeInfo`].
//! - Each exchange begins at a multiple of [`UNIT`], so that block and beginning fit in one `u32`, its
//!   [`Address`]: the indexes hold one address per exchange.
//! - The lead lies before its answer, not in a table: on a tape with many exchanges, a request waits for
//!   memory more than for anything else. Whatever is looked up in another place is one more wait.
//!
//! If you change the layout, measure memory and replay at 10,000 exchanges again.

use std::collections::HashMap;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response};
use pipetape_core::{Answer, Operation};
use tracing::warn;

use super::template::{ResponseTemplate, Shape, TemplateHead, TemplateHeader, Templates};
use crate::exchange::{Exchange, Outcome};
use crate::matching::JobTag;

/// Size of a block, in bytes. An exchange that is larger gets a block of its own.
const BLOCK: usize = 256 * 1024;
/// Each exchange begins at a multiple of it.
const UNIT: usize = 16;
/// Bytes of a [`Lead`].
const LEAD: usize = 16;
/// Stands for the length of a value that is not a valid HTTP header value.
const NO_VALUE: u32 = u32::MAX;

/// The place of an exchange on the tape, from 0.
pub(crate) type Position = u32;

/// Where an exchange lies in memory: its block, and where in the block it begins. One number is enough
/// for 64 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address(u32);

/// An exchange: its place on the tape, and where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) position: Position,
    pub(crate) address: Address,
}

/// What is known of an exchange besides its bytes. No answer needs it.
#[derive(Debug)]
pub(crate) struct ExchangeInfo {
    pub(crate) seq: u64,
    /// Length of the request's body.
    request: usize,
    pub(crate) job: Option<JobTag>,
    /// Index into the operations.
    operation: u32,
    address: Address,
}

/// What is needed to read an answer; lies before it.
#[derive(Debug)]
struct Lead {
    template: u32,
    /// How long the answer took.
    latency_ms: u32,
    /// Length of the answer.
    answer: usize,
}

/// All exchanges of a tape, as the module's doc draws them.
#[derive(Debug)]
pub(crate) struct Packed {
    infos: Vec<ExchangeInfo>,
    blocks: Vec<Bytes>,
    templates: Vec<ResponseTemplate>,
    operations: Vec<Operation>,
}

/// Packs exchanges one by one, in the tape's order.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    infos: Vec<ExchangeInfo>,
    blocks: Vec<Bytes>,
    current: BytesMut,
    /// The values that vary of the exchange being packed; reused for its memory.
    values: Vec<u8>,
    templates: Templates,
    operations: Vec<Operation>,
    operation_indices: HashMap<Operation, u32>,
}

impl Address {
    /// `start` is a multiple of [`UNIT`] below [`BLOCK`].
    fn new(block: usize, start: usize) -> Self {
        debug_assert!(start < BLOCK && start.is_multiple_of(UNIT), "{start}");
        Self(number((block * BLOCK + start) / UNIT))
    }

    fn block(self) -> usize {
        self.0 as usize / (BLOCK / UNIT)
    }

    fn start(self) -> usize {
        self.0 as usize % (BLOCK / UNIT) * UNIT
    }

    /// That of the first exchange of a block.
    #[cfg(test)]
    pub(crate) fn of_block(block: usize) -> Self {
        Self::new(block, 0)
    }
}

impl Lead {
    fn write(&self, block: &mut BytesMut) {
        block.put_u32_le(self.template);
        block.put_u32_le(self.latency_ms);
        block.put_u64_le(self.answer as u64);
    }

    /// Reads what [`Lead::write`] wrote.
    fn read(mut bytes: &[u8]) -> Self {
        Self {
            template: bytes.get_u32_le(),
            latency_ms: bytes.get_u32_le(),
            // It was a `usize` when it was written.
            answer: bytes.get_u64_le() as usize,
        }
    }
}

impl Packed {
    pub(crate) fn len(&self) -> usize {
        self.infos.len()
    }

    /// Every exchange, in the tape's order.
    pub(crate) fn positions(&self) -> impl Iterator<Item = Position> {
        0..number(self.infos.len())
    }

    /// Every operation on the tape, in the order of their first exchanges.
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    pub(crate) fn info(&self, at: Position) -> &ExchangeInfo {
        &self.infos[at as usize]
    }

    pub(crate) fn operation(&self, at: Position) -> &Operation {
        &self.operations[self.info(at).operation as usize]
    }

    pub(crate) fn address(&self, at: Position) -> Address {
        self.info(at).address
    }

    pub(crate) fn template(&self, at: Address) -> &ResponseTemplate {
        &self.templates[self.lead(at).template as usize]
    }

    /// How long its answer took.
    pub(crate) fn latency_ms(&self, at: Address) -> u32 {
        self.lead(at).latency_ms
    }

    /// The request's body, redacted.
    pub(crate) fn request(&self, at: Position) -> &[u8] {
        let info = self.info(at);
        let start = info.address.start() + LEAD + self.lead(info.address).answer;
        &self.block(info.address)[start..start + info.request]
    }

    /// What the client is given.
    pub(crate) fn answer(&self, at: Address) -> Answer {
        let lead = self.lead(at);
        let response = |head| Box::new(self.response(at, &lead, head));
        match &self.templates[lead.template as usize].shape {
            Shape::Whole(head) => Answer::Response(response(head)),
            Shape::Truncated(head, declared_length) => Answer::Truncated {
                response: response(head),
                declared_length: *declared_length,
            },
            Shape::Error(response) => Answer::Response(Box::new(response.clone())),
            Shape::Reset => Answer::Reset,
        }
    }

    fn response(&self, at: Address, lead: &Lead, head: &TemplateHead) -> Response<Bytes> {
        let start = at.start() + LEAD;
        let mut rest = self.block(at).slice(start..start + lead.answer);
        let mut headers = HeaderMap::with_capacity(head.headers.len());
        for header in &head.headers {
            match header {
                TemplateHeader::Fixed(name, value) => {
                    headers.append(name.clone(), value.clone());
                }
                TemplateHeader::Varying(name) => {
                    if let Some(value) = next_value(&mut rest) {
                        headers.append(name.clone(), value);
                    }
                }
                TemplateHeader::Unsent => {}
            }
        }
        let mut response = Response::new(rest);
        *response.status_mut() = head.status;
        *response.headers_mut() = headers;
        response
    }

    fn lead(&self, at: Address) -> Lead {
        Lead::read(&self.block(at)[at.start()..])
    }

    fn block(&self, at: Address) -> &Bytes {
        &self.blocks[at.block()]
    }
}

/// Takes the next value that varies from the rest of an answer.
fn next_value(rest: &mut Bytes) -> Option<HeaderValue> {
    let length = rest.try_get_u32_le().ok()?;
    if length == NO_VALUE {
        return None;
    }
    HeaderValue::from_maybe_shared(rest.split_to(length as usize)).ok()
}

impl Packer {
    /// Packs an exchange about this job, with this redacted request body; says where it is.
    pub(crate) fn push(
        &mut self,
        exchange: &Exchange,
        job: Option<JobTag>,
        request: &[u8],
    ) -> Slot {
        let Exchange {
            seq,
            latency_ms,
            ref outcome,
            ..
        } = *exchange;
        let template = self.templates.index(seq, outcome);
        self.values.clear();
        write_values(
            &mut self.values,
            self.templates.template(template),
            seq,
            outcome,
        );
        let body: &[u8] = outcome.response().map_or(&[], |response| &response.body);
        let lead = Lead {
            template: number(template),
            latency_ms: u32::try_from(latency_ms.unwrap_or(0)).unwrap_or(u32::MAX),
            answer: self.values.len() + body.len(),
        };
        let needed = (LEAD + lead.answer + request.len()).next_multiple_of(UNIT);
        let free = self.current.capacity() - self.current.len();
        if needed > free || self.current.len() >= BLOCK {
            self.finish_block();
            self.current.reserve(needed.max(BLOCK));
        }
        let slot = Slot {
            position: number(self.infos.len()),
            address: Address::new(self.blocks.len(), self.current.len()),
        };
        let operation = self.operation_index(&exchange.operation);
        self.infos.push(ExchangeInfo {
            seq,
            request: request.len(),
            job,
            operation,
            address: slot.address,
        });
        let end = self.current.len() + needed;
        lead.write(&mut self.current);
        for part in [&self.values, body, request] {
            self.current.extend_from_slice(part);
        }
        self.current.resize(end, 0);
        slot
    }

    /// How many of the exchanges packed so far have a number up to `seq`.
    pub(crate) fn up_to(&self, seq: u64) -> Position {
        number(self.infos.partition_point(|info| info.seq <= seq))
    }

    pub(crate) fn finish(mut self) -> Packed {
        self.finish_block();
        self.infos.shrink_to_fit();
        Packed {
            infos: self.infos,
            blocks: self.blocks,
            templates: self.templates.into_list(),
            operations: self.operations,
        }
    }

    fn finish_block(&mut self) {
        if !self.current.is_empty() {
            let block = std::mem::take(&mut self.current);
            self.blocks.push(block.freeze());
        }
    }

    fn operation_index(&mut self, operation: &Operation) -> u32 {
        if let Some(&index) = self.operation_indices.get(operation) {
            return index;
        }
        let next = number(self.operations.len());
        self.operations.push(operation.clone());
        self.operation_indices.insert(operation.clone(), next);
        next
    }
}

fn write_values(values: &mut Vec<u8>, template: &ResponseTemplate, seq: u64, outcome: &Outcome) {
    let (Shape::Whole(head) | Shape::Truncated(head, _)) = &template.shape else {
        return;
    };
    let recorded = outcome
        .response()
        .and_then(|response| response.headers.as_ref());
    // A template has one header for each recorded one.
    for (header, (_, value)) in head.headers.iter().zip(recorded.into_iter().flatten()) {
        if !matches!(header, TemplateHeader::Varying(_)) {
            continue;
        }
        let length = match HeaderValue::from_bytes(value.as_bytes()) {
            Ok(_) => u32::try_from(value.len()).unwrap_or(NO_VALUE),
            Err(_) => NO_VALUE,
        };
        values.extend_from_slice(&length.to_le_bytes());
        if length == NO_VALUE {
            warn!(seq, "a recorded header is not valid HTTP and is not played");
        } else {
            values.extend_from_slice(value.as_bytes());
        }
    }
}

/// An index as 32 bits, which take half the memory.
#[expect(
    clippy::expect_used,
    reason = "no machine has the memory for four billion exchanges"
)]
fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than four billion exchanges")
}

#[cfg(test)]
mod tests;
