//! What is packed is what is given.

use super::*;
use crate::exchange::{RecordedRequest, RecordedResponse};
use crate::fault::Fault;

#[test]
fn both_numbers_come_back() {
    for (block, start) in [(0, 0), (0, BLOCK - UNIT), (1, 0), (262_143, BLOCK - UNIT)] {
        let address = Address::new(block, start);
        assert_eq!((address.block(), address.start()), (block, start));
    }
}

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
        let exchange = Exchange {
            seq,
            after: None,
            operation: Operation::ALL[seq as usize % 3].clone(),
            recorded_at: None,
            latency_ms: None,
            request: RecordedRequest {
                headers: None,
                body: Bytes::new(),
            },
            outcome: outcome.clone(),
        };
        packer.push(&exchange, None, format!("request {seq}").as_bytes());
    }
    packer.finish()
}

fn answer(packed: &Packed, at: Position) -> Answer {
    packed.answer(packed.address(at))
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
    assert_eq!(packed.templates.len(), 5, "the first two share theirs");
    for at in 0..6 {
        let seq = u64::from(at) + 1;
        assert_eq!(packed.info(at).seq, seq);
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
    // The second has a template of its own: other headers are listed.
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
