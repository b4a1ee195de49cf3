//! An upstream that fails: what a live client is given for it, a replay gives again.

use crate::support::answer::Answer;
use crate::support::client::Call;
use crate::support::message::Message;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, exchanges};
use crate::support::upstream::{Step, Upstream, deserted_address};
use crate::support::worker::Worker;

const BODY: &str = r#"{"status":"InProgress","padding":"0123456789abcdef"}"#;

/// `{"status":"InProgress"}`, compressed once with gzip.
const GZIPPED: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x2a\x2e\x49\x2c\x29\x2d\x56\xb2\x52\xf2\xcc\x0b\x28\xca\x4f\x2f\x4a\x2d\x2e\x56\xaa\x05\x00\x0a\x16\xf8\xda\x17\x00\x00\x00";

/// What a client can tell apart: `Date` and how headers are spelled aside.
#[derive(Debug, PartialEq)]
struct Given {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut: bool,
}

impl Given {
    fn of(answer: &Message) -> Self {
        Self {
            status: answer.status(),
            headers: answer
                .headers()
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .filter(|(name, _)| name != "date" && name != "connection")
                .collect(),
            body: answer.body.clone(),
            cut: answer.cut,
        }
    }
}

fn call() -> Call {
    Call::new("AcknowledgeJob", acknowledge("1").to_string())
}

/// Records one call to an upstream that does `step`; asserts that file and store replay what the client was given.
fn record_and_replay(step: Step) -> (Message, serde_json::Value) {
    let upstream = Upstream::always(step);
    record_and_replay_from(&upstream.url(), &[])
}

fn record_and_replay_from(url: &str, more: &[&str]) -> (Message, serde_json::Value) {
    let sandbox = Sandbox::new();
    let server = sandbox.record("t", url, more);
    let live = call().send(server.address());
    server.stop_ok();
    let exported = sandbox.export("t");
    let kept = exchanges(&exported);
    assert_eq!(kept.len(), 1, "{exported}");
    let file = sandbox.write("t.tape.json", &exported);
    for source in ["t", &file] {
        let server = sandbox.replay(source, &[]);
        let replayed = call().send(server.address());
        assert_eq!(
            Given::of(&replayed),
            Given::of(&live),
            "{source}: {exported}"
        );
        assert_eq!(replayed.header("date"), None);
        server.stop_ok();
    }
    (live, kept[0].clone())
}

#[track_caller]
fn assert_own_answer(live: &Message, kept: &serde_json::Value, status: u16, kind: &str) {
    assert_eq!(live.status(), status, "{}", live.text());
    assert!(!live.cut);
    let body = live.json();
    let code = body["__type"].as_str().unwrap();
    assert!(code.starts_with("Pipetape"), "{body}");
    assert!(body["message"].is_string(), "{body}");
    assert_eq!(kept["fault"]["kind"], kind, "{kept}");
    assert!(kept.get("response").is_none(), "{kept}");
}

#[test]
fn refused() {
    let url = format!("http://{}", deserted_address());
    let (live, kept) = record_and_replay_from(&url, &[]);
    assert_own_answer(&live, &kept, 502, "refused");
}

#[test]
fn hangs() {
    let upstream = Upstream::always(Step::Hang);
    let (live, kept) = record_and_replay_from(&upstream.url(), &["--upstream-timeout", "300ms"]);
    assert_own_answer(&live, &kept, 504, "timeout");
}

#[test]
fn hangs_within_its_answer() {
    // Head and half a body, then silence.
    let answer = Answer::ok(BODY);
    let half = answer.cut(BODY.len() / 2);
    let upstream = Upstream::always(Step::Stall(half));
    let (live, kept) = record_and_replay_from(&upstream.url(), &["--upstream-timeout", "300ms"]);
    // Either the whole answer is called late, or the part that came is given: the tape says which.
    if live.cut {
        assert_eq!(kept["response"]["status"], 200, "{kept}");
    } else {
        assert_own_answer(&live, &kept, 504, "timeout");
    }
}

#[test]
fn closed_or_reset_before_a_byte() {
    for step in [Step::Close, Step::Reset] {
        let (live, kept) = record_and_replay(step.clone());
        assert!(live.cut && live.raw().is_empty(), "{step:?}: {live:?}");
        assert_eq!(kept["fault"]["kind"], "reset", "{step:?}: {kept}");
        assert!(kept.get("response").is_none(), "{kept}");
    }
}

#[test]
fn cut_at_any_byte_of_a_body_with_a_length() {
    for count in [0, 1, 2, 10, BODY.len() / 2, BODY.len() - 1] {
        for reset in [false, true] {
            let answer = Answer::ok(BODY);
            let step = if reset {
                Step::CutAndReset(answer, count)
            } else {
                Step::Cut(answer, count)
            };
            let (live, kept) = record_and_replay(step);
            assert!(live.cut, "{count}: {live:?}");
            assert_eq!(live.status(), 200, "{count}");
            assert_eq!(live.text(), BODY[..count], "{count}, reset {reset}");
            assert_eq!(
                live.header("content-length"),
                Some(BODY.len().to_string()),
                "{count}"
            );
            assert_eq!(kept["fault"]["kind"], "truncated", "{kept}");
            assert_eq!(kept["fault"]["declaredLength"], BODY.len(), "{kept}");
            assert_eq!(kept["response"]["status"], 200, "{kept}");
        }
    }
}

#[test]
fn cut_at_any_byte_of_a_body_in_chunks() {
    // Chunks of 20 bytes, `14 CR LF … CR LF`: cuts in a size, in a chunk, between chunks, before the last one.
    for (count, whole) in [(1, 0), (6, 2), (24, 20), (26, 20), (32, 22), (70, 52)] {
        let answer = Answer::ok(BODY).chunked(20);
        let framed = answer.bytes().len() - answer.cut(0).len();
        assert!(count < framed, "{count} of {framed}");
        let (live, kept) = record_and_replay(Step::Cut(answer, count));
        assert!(live.cut, "{count}: {live:?}");
        assert_eq!(live.status(), 200, "{count}");
        assert_eq!(live.text(), BODY[..whole], "{count}");
        assert_eq!(kept["fault"]["kind"], "truncated", "{kept}");
        assert!(kept["fault"].get("declaredLength").is_none(), "{kept}");
    }
}

#[test]
fn cut_within_the_head() {
    for bytes in [&b"HTTP/1.1 200 OK\r\nContent-Ty"[..], b"HTTP/1.1 2", b"H"] {
        let (live, kept) = record_and_replay(Step::Garbage(bytes.to_vec()));
        // No head came, so none can be given: a cut connection, or our own words for it.
        if live.cut {
            assert!(live.raw().is_empty(), "{live:?}");
            assert_eq!(kept["fault"]["kind"], "reset", "{kept}");
        } else {
            assert_own_answer(&live, &kept, 502, "malformed");
        }
    }
}

#[test]
fn html_is_an_answer_like_any() {
    let html = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\n<b>\u{e9}</b></html>";
    for status in [200, 301, 403, 503] {
        let answer = Answer::other(status, "text/html; charset=utf-8", html);
        let (live, kept) = record_and_replay(Step::Answer(answer));
        assert_eq!(live.status(), status);
        assert_eq!(live.text(), html);
        assert_eq!(
            live.header("content-type").as_deref(),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(kept["response"]["bodyText"], html, "{kept}");
        assert!(kept.get("fault").is_none(), "{kept}");
    }
}

#[test]
fn bytes_that_are_no_text_come_back_too() {
    let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let answer = Answer::other(200, "application/octet-stream", bytes.clone());
    let (live, kept) = record_and_replay(Step::Answer(answer));
    assert_eq!(live.body, bytes);
    assert!(kept["response"]["bodyBase64"].is_string());
}

#[test]
fn bodies_of_any_framing_are_the_same_body() {
    for answer in [
        Answer::ok(BODY),
        Answer::ok(BODY).chunked(7),
        Answer::ok(BODY).until_close(),
        Answer::json(204, ""),
        Answer::ok(""),
        Answer::json(599, BODY),
    ] {
        let status = answer.status;
        let body = answer.body.clone();
        let (live, kept) = record_and_replay(Step::Answer(answer));
        assert_eq!((live.status(), live.cut), (status, false));
        assert_eq!(live.body, body);
        assert!(kept.get("fault").is_none(), "{kept}");
    }
}

#[test]
fn garbage_is_called_malformed() {
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.6\r\n\r\n"[..],
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\x01: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\x00\x00\x00",
    ] {
        let (live, kept) = record_and_replay(Step::Garbage(bytes.to_vec()));
        assert_own_answer(&live, &kept, 502, "malformed");
    }
}

#[test]
fn the_recorder_survives_all_of_it() {
    let steps = [
        Step::Close,
        Step::Cut(Answer::ok(BODY), 3),
        Step::Garbage(b"\r\n\r\n\r\n".to_vec()),
        Step::Reset,
        Step::Answer(Answer::ok(BODY)),
    ];
    let count = steps.len();
    let upstream = Upstream::script(steps);
    let sandbox = Sandbox::new();
    let server = sandbox.record("t", &upstream.url(), &[]);
    for _ in 1..count {
        call().send(server.address());
    }
    assert_eq!(call().send(server.address()).text(), BODY);
    server.stop_ok();
    assert_eq!(exchanges(&sandbox.export("t")).len(), count);
}

#[test]
fn an_sdk_tries_again_live_and_in_replay_and_both_end_well() {
    // A reset and a 503, then the answer: three attempts of one call.
    let upstream = Upstream::script([
        Step::Reset,
        Step::Answer(Answer::json(503, r#"{"__type":"ServiceUnavailable"}"#)),
        Step::Answer(Answer::ok(BODY)),
    ]);
    let sandbox = Sandbox::new();
    let server = sandbox.record("t", &upstream.url(), &[]);
    let live = Worker::patient(&server.url()).acknowledge("j", "1");
    assert!(live.contains("InProgress"), "{live}");
    server.stop_ok();
    let kept = exchanges(&sandbox.export("t"));
    assert_eq!(kept.len(), 3);
    // Each attempt is an exchange of its own; what makes them one call is kept and shown.
    let header = |at: usize, name: &str| kept[at]["request"]["headers"][name].clone();
    let call = header(0, "amz-sdk-invocation-id");
    assert!(call.is_string(), "{kept:?}");
    for attempt in 0..3 {
        assert_eq!(header(attempt, "amz-sdk-invocation-id"), call);
        let said = header(attempt, "amz-sdk-request");
        let number = format!("attempt={}", attempt + 1);
        assert!(said.as_str().unwrap().contains(&number), "{said}");
    }
    let shown = sandbox.ok(&["show", "t"]);
    assert_eq!(shown.matches("retry of 1").count(), 2, "{shown}");
    let one = sandbox.ok(&["show", "t", "3"]);
    assert!(one.contains(call.as_str().unwrap()), "{one}");
    let server = sandbox.replay("t", &["--strict"]);
    let replayed = Worker::patient(&server.url()).acknowledge("j", "1");
    assert_eq!(replayed, live);
    server.stop_ok();
}

#[test]
fn a_compressed_answer_passes_as_it_came_and_is_kept_decoded() {
    let answer = Answer::ok(GZIPPED).with("Content-Encoding", "gzip");
    let upstream = Upstream::always(Step::Answer(answer));
    let sandbox = Sandbox::new();
    let server = sandbox.record("t", &upstream.url(), &[]);
    let live = call().send(server.address());
    assert_eq!(live.body, GZIPPED);
    assert_eq!(live.header("content-encoding").as_deref(), Some("gzip"));
    server.stop_ok();
    let server = sandbox.replay("t", &[]);
    let replayed = call().send(server.address());
    assert_eq!(replayed.text(), r#"{"status":"InProgress"}"#);
    assert_eq!(replayed.header("content-encoding"), None);
    assert_eq!(replayed.header("content-length").as_deref(), Some("23"));
    server.stop_ok();
}
