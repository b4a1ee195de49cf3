//! Exchanges in few, large pieces of memory: a million of them fit into a few hundred megabytes, and an
//! answer is a slice of what is there already.

use std::collections::HashMap;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response};
use pipetape_core::Operation;
use tracing::warn;

use super::address::{Address, BLOCK, UNIT};
use super::answer::Answer;
use super::form::{Ending, Form, Forms, Head, Header};
use crate::exchange::Outcome;
use crate::matching::JobTag;

/// In the place of a value's length: the value is none of HTTP's.
const NO_VALUE: u32 = u32::MAX;

/// Bytes of an exchange before its answer: its [`Lead`].
const LEAD: usize = 16;

/// Where an exchange stands on the tape, from 0.
pub(super) type Position = u32;

/// What is known of an exchange beside its bytes, and no answer needs.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) seq: u64,
    /// Length of the request's body.
    request: usize,
    pub(super) job: Option<JobTag>,
    /// Index into the operations.
    operation: u32,
    address: Address,
}

/// What an answer needs to be read. It stands before it: a request for one of many exchanges waits for memory more than
/// for anything else, and for each address that is looked up in another place only once that one has come.
#[derive(Debug)]
struct Lead {
    form: u32,
    /// How long the answer took.
    latency_ms: u32,
    /// Length of the answer.
    answer: usize,
}

/// All exchanges of a tape. Each has in a block, one behind the other: its [`Lead`]; its answer, which is the values of the
/// response's headers that vary, each behind its length, and the response's body; the request's body.
#[derive(Debug)]
pub(super) struct Packed {
    records: Vec<Record>,
    blocks: Vec<Bytes>,
    forms: Vec<Form>,
    operations: Vec<Operation>,
}

impl Lead {
    fn write(&self, block: &mut BytesMut) {
        block.put_u32_le(self.form);
        block.put_u32_le(self.latency_ms);
        block.put_u64_le(self.answer as u64);
    }

    /// Reads what [`Lead::write`] wrote.
    fn read(mut bytes: &[u8]) -> Lead {
        Lead {
            form: bytes.get_u32_le(),
            latency_ms: bytes.get_u32_le(),
            // It came from a `usize`.
            answer: bytes.get_u64_le() as usize,
        }
    }
}

impl Packed {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// Every exchange, in the tape's order.
    pub(super) fn positions(&self) -> impl Iterator<Item = Position> {
        0..number(self.records.len())
    }

    /// Every operation on the tape, in the order in which it first came.
    pub(super) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    pub(super) fn record(&self, at: Position) -> &Record {
        &self.records[at as usize]
    }

    pub(super) fn operation(&self, at: Position) -> &Operation {
        &self.operations[self.operation_index(at)]
    }

    /// The place of its operation among [`Packed::operations`].
    pub(super) fn operation_index(&self, at: Position) -> usize {
        self.record(at).operation as usize
    }

    pub(super) fn address(&self, at: Position) -> Address {
        self.record(at).address
    }

    pub(super) fn form(&self, at: Address) -> &Form {
        &self.forms[self.lead(at).form as usize]
    }

    /// How long its answer took.
    pub(super) fn latency_ms(&self, at: Address) -> u32 {
        self.lead(at).latency_ms
    }

    /// The request's body, redacted.
    pub(super) fn request(&self, at: Position) -> &[u8] {
        let record = self.record(at);
        let start = record.address.start() + LEAD + self.lead(record.address).answer;
        &self.block(record.address)[start..start + record.request]
    }

    /// What the client is given. Its headers are laid out in the memory of `room`.
    pub(super) fn answer(&self, at: Address, room: HeaderMap) -> Answer {
        let lead = self.lead(at);
        let response = |head| Box::new(self.response(at, &lead, head, room));
        match &self.forms[lead.form as usize].ending {
            Ending::Whole(head) => Answer::Response(response(head)),
            Ending::Cut(head, declared_length) => Answer::Truncated {
                response: response(head),
                declared_length: *declared_length,
            },
            Ending::Error(response) => Answer::Response(Box::new(response.clone())),
            Ending::Reset => Answer::Reset,
        }
    }

    fn response(
        &self,
        at: Address,
        lead: &Lead,
        head: &Head,
        mut headers: HeaderMap,
    ) -> Response<Bytes> {
        let start = at.start() + LEAD;
        let mut rest = self.block(at).slice(start..start + lead.answer);
        headers.clear();
        headers.reserve(head.headers.len());
        for header in &head.headers {
            match header {
                Header::Fixed(name, value) => {
                    headers.append(name.clone(), value.clone());
                }
                Header::Varying(name) => {
                    if let Some(value) = next_value(&mut rest) {
                        headers.append(name.clone(), value);
                    }
                }
                Header::Unsent => {}
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

/// Takes a value off what is left of an answer.
fn next_value(rest: &mut Bytes) -> Option<HeaderValue> {
    let length = rest.try_get_u32_le().ok()?;
    if length == NO_VALUE {
        return None;
    }
    HeaderValue::from_maybe_shared(rest.split_to(length as usize)).ok()
}

/// Where an exchange was packed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Put {
    pub(super) position: Position,
    pub(super) address: Address,
    /// Its operation's place among [`Packed::operations`].
    pub(super) operation: usize,
}

/// Packs exchanges one by one, in the tape's order.
#[derive(Debug, Default)]
pub(super) struct Packer {
    records: Vec<Record>,
    blocks: Vec<Bytes>,
    current: BytesMut,
    /// The values of the exchange at hand, kept for their memory.
    values: Vec<u8>,
    forms: Forms,
    operations: Vec<Operation>,
    numbers: HashMap<Operation, u32>,
}

impl Packer {
    /// Packs an exchange; says where it is.
    pub(super) fn push(
        &mut self,
        seq: u64,
        operation: &Operation,
        job: Option<JobTag>,
        request: &[u8],
        latency_ms: Option<u64>,
        outcome: &Outcome,
    ) -> Put {
        let form = self.forms.number(seq, outcome);
        self.values.clear();
        write_values(&mut self.values, self.forms.form(form), seq, outcome);
        let body: &[u8] = outcome.response().map_or(&[], |response| &response.body);
        let lead = Lead {
            form: number(form),
            latency_ms: u32::try_from(latency_ms.unwrap_or(0)).unwrap_or(u32::MAX),
            answer: self.values.len() + body.len(),
        };
        let needed = (LEAD + lead.answer + request.len()).next_multiple_of(UNIT);
        let room = self.current.capacity() - self.current.len();
        if needed > room || self.current.len() >= BLOCK {
            self.finish_block();
            self.current.reserve(needed.max(BLOCK));
        }
        let position = number(self.records.len());
        let operation = self.operation(operation);
        let address = Address::new(self.blocks.len(), self.current.len());
        self.records.push(Record {
            seq,
            request: request.len(),
            job,
            operation,
            address,
        });
        let end = self.current.len() + needed;
        lead.write(&mut self.current);
        for part in [&self.values, body, request] {
            self.current.extend_from_slice(part);
        }
        self.current.resize(end, 0);
        Put {
            position,
            operation: operation as usize,
            address,
        }
    }

    /// How many of the exchanges packed so far have a number up to `seq`.
    pub(super) fn up_to(&self, seq: u64) -> Position {
        number(self.records.partition_point(|record| record.seq <= seq))
    }

    pub(super) fn finish(mut self) -> Packed {
        self.finish_block();
        self.records.shrink_to_fit();
        Packed {
            records: self.records,
            blocks: self.blocks,
            forms: self.forms.into_forms(),
            operations: self.operations,
        }
    }

    fn finish_block(&mut self) {
        if !self.current.is_empty() {
            let block = std::mem::take(&mut self.current);
            self.blocks.push(block.freeze());
        }
    }

    fn operation(&mut self, operation: &Operation) -> u32 {
        if let Some(&number) = self.numbers.get(operation) {
            return number;
        }
        let next = number(self.operations.len());
        self.operations.push(operation.clone());
        self.numbers.insert(operation.clone(), next);
        next
    }
}

fn write_values(values: &mut Vec<u8>, form: &Form, seq: u64, outcome: &Outcome) {
    let (Ending::Whole(head) | Ending::Cut(head, _)) = &form.ending else {
        return;
    };
    let recorded = outcome
        .response()
        .and_then(|response| response.headers.as_ref());
    // A form has one header for each recorded one.
    for (header, (_, value)) in head.headers.iter().zip(recorded.into_iter().flatten()) {
        if !matches!(header, Header::Varying(_)) {
            continue;
        }
        let length = match HeaderValue::from_bytes(value.as_bytes()) {
            Ok(_) => u32::try_from(value.len()).unwrap_or(NO_VALUE),
            Err(_) => NO_VALUE,
        };
        values.extend_from_slice(&length.to_le_bytes());
        if length == NO_VALUE {
            warn!(seq, "a recorded header is none of HTTP's and is not played");
        } else {
            values.extend_from_slice(value.as_bytes());
        }
    }
}

/// An index in half the room.
#[expect(
    clippy::expect_used,
    reason = "no machine has the memory for four billion records"
)]
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than four billion exchanges")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::RecordedResponse;
    use crate::fault::Fault;

    fn response(headers: Option<&[(&str, &str)]>, body: &[u8]) -> RecordedResponse {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        RecordedResponse {
            status: 200,
            headers: headers.map(|headers| headers.iter().map(owned).collect()),
            body: Bytes::copy_from_slice(body),
        }
    }

    fn pack(outcomes: &[Outcome]) -> Packed {
        let mut packer = Packer::default();
        for (seq, outcome) in (1..).zip(outcomes) {
            let request = format!("request {seq}");
            let operation = &Operation::ALL[seq as usize % 3];
            packer.push(seq, operation, None, request.as_bytes(), None, outcome);
        }
        packer.finish()
    }

    /// An answer, laid out in the memory of other headers.
    fn answer(packed: &Packed, at: Position) -> Answer {
        let mut room = HeaderMap::new();
        room.insert("x-gone", HeaderValue::from_static("1"));
        packed.answer(packed.address(at), room)
    }

    /// Status, header lines and body, as text.
    fn text(answer: &Answer) -> String {
        let response = match answer {
            Answer::Response(response) | Answer::Truncated { response, .. } => response,
            Answer::Reset => return "reset".to_owned(),
        };
        let mut text = response.status().as_u16().to_string();
        for (name, value) in response.headers() {
            text.push_str(&format!(
                " {name}={}",
                String::from_utf8_lossy(value.as_bytes())
            ));
        }
        format!("{text} {}", String::from_utf8_lossy(response.body()))
    }

    #[test]
    fn answers_are_what_was_recorded() {
        let json = ("content-type", "application/x-amz-json-1.1");
        let packed = pack(&[
            Outcome::Response(response(Some(&[("x-id", "1"), json, ("x-id", "é")]), b"{}")),
            Outcome::Response(response(
                Some(&[("x-id", "22"), json, ("x-id", "")]),
                b"\xff\0",
            )),
            Outcome::Response(response(Some(&[]), b"")),
            Outcome::Response(response(None, b"{}")),
            Outcome::Fault(Fault::Timeout),
            Outcome::Fault(Fault::Reset),
        ]);
        let answers: Vec<_> = (0..6).map(|at| text(&answer(&packed, at))).collect();
        assert_eq!(
            answers[0],
            "200 x-id=1 x-id=é content-type=application/x-amz-json-1.1 {}"
        );
        assert_eq!(
            answers[1],
            "200 x-id=22 x-id= content-type=application/x-amz-json-1.1 \u{fffd}\0"
        );
        assert_eq!(answers[2], "200 ");
        assert_eq!(answers[3], "200 content-type=application/x-amz-json-1.1 {}");
        assert!(answers[4].starts_with("504 content-type"), "{}", answers[4]);
        assert_eq!(answers[5], "reset");
        assert_eq!(packed.forms.len(), 5, "the first two share theirs");
        for at in 0..6 {
            let seq = u64::from(at) + 1;
            assert_eq!(packed.record(at).seq, seq);
            assert_eq!(packed.request(at), format!("request {seq}").as_bytes());
            assert_eq!(packed.operation(at), &Operation::ALL[seq as usize % 3]);
        }
    }

    #[test]
    fn headers_that_belong_to_a_connection_or_a_moment_are_not_sent() {
        let headers = [
            ("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
            ("x-one", "1"),
            ("connection", "x-hop, close"),
            ("x-hop", "gone"),
            ("content-length", "7"),
            ("bad name", "2"),
            ("x-bad", "a\nb"),
            ("x-two", "2"),
        ];
        // The second has a form of its own: other headers are listed.
        let mut other = headers;
        other[2].1 = "close";
        let packed = pack(&[
            Outcome::Response(response(Some(&headers), b"x")),
            Outcome::Response(response(Some(&other), b"x")),
        ]);
        assert_eq!(text(&answer(&packed, 0)), "200 x-one=1 x-two=2 x");
        assert_eq!(
            text(&answer(&packed, 1)),
            "200 x-one=1 x-hop=gone x-two=2 x"
        );
    }

    #[test]
    fn a_bad_value_is_left_out_also_where_the_form_is_known() {
        let good = Outcome::Response(response(Some(&[("x-id", "1"), ("x-z", "z")]), b"{}"));
        let bad = Outcome::Response(response(Some(&[("x-id", "\n"), ("x-z", "z")]), b"{}"));
        let packed = pack(&[good, bad]);
        assert_eq!(text(&answer(&packed, 0)), "200 x-id=1 x-z=z {}");
        assert_eq!(text(&answer(&packed, 1)), "200 x-z=z {}");
    }

    #[test]
    fn a_cut_answer_keeps_its_declared_length() {
        let cut = |declared_length, fault: fn(Option<u64>) -> Fault| Outcome::Cut {
            response: response(Some(&[]), b"ha"),
            fault: fault(declared_length),
        };
        let truncated = |declared_length| Fault::Truncated { declared_length };
        let packed = pack(&[
            cut(Some(9), truncated),
            cut(None, truncated),
            cut(None, |_| Fault::Reset),
            Outcome::Fault(truncated(Some(9))),
        ]);
        let lengths: Vec<_> = (0..4)
            .map(|at| match answer(&packed, at) {
                Answer::Truncated {
                    declared_length,
                    ref response,
                } => {
                    assert_eq!(&response.body()[..], b"ha");
                    Some(declared_length)
                }
                _ => None,
            })
            .collect();
        assert_eq!(lengths, [Some(Some(9)), Some(None), None, None]);
        assert!(matches!(answer(&packed, 2), Answer::Reset));
        assert!(matches!(answer(&packed, 3), Answer::Reset));
    }

    #[test]
    fn large_and_small_bodies_lie_side_by_side() {
        let sizes = [
            0,
            1,
            BLOCK - 10,
            10,
            BLOCK * 3,
            5,
            BLOCK,
            BLOCK / 2,
            BLOCK / 2,
        ];
        let outcomes: Vec<_> = sizes
            .iter()
            .zip(b'a'..)
            .map(|(&size, byte)| Outcome::Response(response(Some(&[]), &vec![byte; size])))
            .collect();
        let packed = pack(&outcomes);
        for ((at, size), byte) in (0..).zip(sizes).zip(b'a'..) {
            let Answer::Response(response) = answer(&packed, at) else {
                panic!("a response");
            };
            assert!(response.body() == &vec![byte; size], "body {at}");
        }
    }
}
