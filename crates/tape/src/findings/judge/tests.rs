//! Each rule, and what comes close to it. A script is one line for each request: operation, body,
//! answer.

use bytes::Bytes;
use http::Response;

use super::*;
use crate::findings::Asked;

/// A request and its answer: a status and a body, or a text without a status: the answer was cut or
/// missed.
type Call<'a> = (&'a str, &'a str, &'a str);

const POLL: Call<'_> = (
    "PollForJobs",
    "{}",
    r#"200 {"jobs":[{"id":"a","nonce":"1"}]}"#,
);
const TAKE: Call<'_> = (
    "AcknowledgeJob",
    r#"{"jobId":"a","nonce":"1"}"#,
    r#"200 {"status":"InProgress"}"#,
);
const DETAILS: Call<'_> = (
    "GetJobDetails",
    r#"{"jobId":"a"}"#,
    r#"200 {"jobDetails":{}}"#,
);
const SUCCEED: Call<'_> = ("PutJobSuccessResult", r#"{"jobId":"a"}"#, "200 ");
const FAIL: Call<'_> = ("PutJobFailureResult", r#"{"jobId":"a"}"#, "200 ");
const GO_ON: Call<'_> = (
    "PutJobSuccessResult",
    r#"{"jobId":"a","continuationToken":"t"}"#,
    "200 ",
);
const POLL3: Call<'_> = (
    "PollForThirdPartyJobs",
    "{}",
    r#"200 {"jobs":[{"clientId":"c","jobId":"a"}]}"#,
);
const DETAILS3: Call<'_> = (
    "GetThirdPartyJobDetails",
    r#"{"jobId":"a","clientToken":"secret"}"#,
    r#"200 {"jobDetails":{"nonce":"1"}}"#,
);
const TAKE3: Call<'_> = (
    "AcknowledgeThirdPartyJob",
    r#"{"jobId":"a","nonce":"1","clientToken":"secret"}"#,
    r#"200 {"status":"InProgress"}"#,
);
const SUCCEED3: Call<'_> = (
    "PutThirdPartyJobSuccessResult",
    r#"{"jobId":"a","clientToken":"secret"}"#,
    "200 ",
);

const REFUSED: &str = r#"400 {"__type":"InvalidNonceException"}"#;
const ENDED: &str = r#"400 {"__type":"InvalidJobStateException"}"#;
const THROTTLED: &str = r#"400 {"__type":"ThrottlingException"}"#;

fn answering<'a>(line: Call<'a>, answer: &'a str) -> Call<'a> {
    (line.0, line.1, answer)
}

fn asking<'a>(line: Call<'a>, body: &'a str) -> Call<'a> {
    (line.0, body, line.2)
}

/// Where an invocation counts, it is before the operation: `x PutJobSuccessResult`.
fn invocation(line: &str) -> (Option<Invocation>, Operation) {
    let (id, name) = line.split_once(' ').unwrap_or(("", line));
    let operation = Operation::from_name(name).unwrap();
    let mut headers = http::HeaderMap::new();
    if !id.is_empty() {
        headers.insert("amz-sdk-invocation-id", id.parse().unwrap());
    }
    (Invocation::of(&operation, &headers), operation)
}

fn read(line: &Call<'_>) -> (Option<Invocation>, Operation, Asked, Answered) {
    let (invocation, operation) = invocation(line.0);
    let asked = Asked::of(line.1.as_bytes());
    let response = line.2.split_once(' ').and_then(|(status, body)| {
        let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
        *response.status_mut() = status.parse().ok()?;
        Some(response)
    });
    let answered = Answered::of(&operation, asked.job.as_ref(), response.as_ref());
    (invocation, operation, asked, answered)
}

/// Judges a session that plays these lines of a tape that consists of them and of `more`.
fn judge(lines: &[Call<'_>], more: &[Call<'_>], ending: Ending) -> Vec<Finding> {
    let mut hand_outs = HandOuts::default();
    for line in lines.iter().chain(more) {
        let (_, operation, _, answered) = read(line);
        hand_outs.take(&operation, &answered);
    }
    let hand_outs = Box::new(hand_outs);
    let mut judge = Judge::new(Arc::new(SessionName::default()), &hand_outs);
    for (line, seq) in lines.iter().zip(1..) {
        let (invocation, operation, asked, answered) = read(line);
        let exchange = (line.2 != "missed").then_some(seq);
        let (asked, answered) = (&asked, &answered);
        judge.take(&JobCall {
            operation: &operation,
            asked,
            answered,
            exchange,
            invocation,
            is_exact: exchange.is_some(),
        });
    }
    judge.finish(ending)
}

/// FindingRule, exchange and count of each finding.
#[track_caller]
fn check(name: &str, lines: &[Call<'_>], expected: &[(FindingRule, u64, u64)]) {
    let found = judge(lines, &[], Ending::Known);
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.rule, one.exchange.unwrap_or(0), one.count))
        .collect();
    assert_eq!(told, expected, "{name}: {found:#?}");
    for one in &found {
        assert!(!one.message.contains("secret"), "{one}");
        assert!(one.message.len() <= 1024, "{one}");
    }
}

#[test]
fn a_result_sent_twice() {
    use FindingRule::ResultSentTwice;
    let start = [POLL, TAKE];
    let after = |lines: &[Call<'static>]| [&start[..], lines].concat();
    let (one, other) = ("x PutJobSuccessResult", "y PutJobSuccessResult");
    let by = |id: &'static str| (id, SUCCEED.1, SUCCEED.2);
    for (name, lines, expected) in [
        ("once", after(&[SUCCEED]), &[][..]),
        (
            "twice",
            after(&[SUCCEED, SUCCEED]),
            &[(ResultSentTwice, 4, 1)],
        ),
        (
            "two kinds",
            after(&[SUCCEED, FAIL]),
            &[(ResultSentTwice, 4, 1)],
        ),
        (
            "thrice",
            after(&[FAIL, FAIL, FAIL]),
            &[(ResultSentTwice, 4, 2)],
        ),
        (
            "the second is refused",
            after(&[SUCCEED, answering(FAIL, ENDED)]),
            &[(ResultSentTwice, 4, 1)],
        ),
        (
            "the second misses",
            after(&[SUCCEED, answering(FAIL, "missed")]),
            &[(ResultSentTwice, 0, 1)],
        ),
        ("a retry", after(&[by(one), by(one)]), &[]),
        (
            "a retry that is refused",
            after(&[by(one), answering(by(one), ENDED)]),
            &[],
        ),
        (
            "another call",
            after(&[by(one), by(other)]),
            &[(ResultSentTwice, 4, 1)],
        ),
        (
            "another call and its retry",
            after(&[by(one), by(other), by(other)]),
            &[(ResultSentTwice, 4, 1)],
        ),
        (
            "two more calls",
            after(&[by(one), by(other), by("z PutJobSuccessResult")]),
            &[(ResultSentTwice, 4, 2)],
        ),
        (
            "the first was refused",
            after(&[answering(SUCCEED, ENDED), FAIL]),
            &[],
        ),
        (
            "the first was throttled",
            after(&[answering(SUCCEED, THROTTLED), SUCCEED]),
            &[],
        ),
        (
            "the first was cut",
            after(&[answering(SUCCEED, "cut"), SUCCEED]),
            &[],
        ),
        (
            "the first missed",
            after(&[answering(SUCCEED, "missed"), FAIL]),
            &[],
        ),
        (
            "it goes on under the same id",
            after(&[GO_ON, SUCCEED]),
            &[],
        ),
        ("it goes on and on", after(&[GO_ON, GO_ON, SUCCEED]), &[]),
        (
            "it goes on and ends twice",
            after(&[GO_ON, SUCCEED, SUCCEED]),
            &[(ResultSentTwice, 5, 1)],
        ),
        (
            "it may not go on under the same id",
            after(&[GO_ON, answering(SUCCEED, ENDED)]),
            &[(ResultSentTwice, 4, 1)],
        ),
        (
            "handed out again",
            after(&[SUCCEED, POLL, TAKE, SUCCEED]),
            &[],
        ),
        (
            "another job",
            after(&[SUCCEED, asking(SUCCEED, r#"{"jobId":"b"}"#)]),
            &[],
        ),
        (
            "no job",
            after(&[asking(SUCCEED, "{}"), asking(SUCCEED, "{}")]),
            &[],
        ),
    ] {
        check(name, &lines, expected);
    }
    check(
        "third party",
        &[POLL3, DETAILS3, TAKE3, SUCCEED3, SUCCEED3],
        &[(ResultSentTwice, 5, 1)],
    );
}

#[test]
fn a_job_that_goes_on_is_a_new_job() {
    let poll = answering(
        POLL,
        r#"200 {"jobs":[{"id":"b","nonce":"1","data":{"continuationToken":"t"}}]}"#,
    );
    let of_b = |line: Call<'static>| match line.1 {
        r#"{"jobId":"a","nonce":"1"}"# => asking(line, r#"{"jobId":"b","nonce":"1"}"#),
        _ => asking(line, r#"{"jobId":"b"}"#),
    };
    check(
        "continuation",
        &[
            POLL,
            TAKE,
            GO_ON,
            poll,
            of_b(TAKE),
            of_b(DETAILS),
            of_b(SUCCEED),
        ],
        &[],
    );
}

#[test]
fn a_job_worked_on_after_a_refusal() {
    use FindingRule::WorkedOnAfterRefusal;
    let refused = answering(TAKE, REFUSED);
    let of_b = asking(SUCCEED, r#"{"jobId":"b"}"#);
    for (name, lines, expected) in [
        ("left alone", &[POLL, refused][..], &[][..]),
        (
            "failed all the same",
            &[POLL, refused, FAIL],
            &[(WorkedOnAfterRefusal, 3, 1)],
        ),
        (
            "details and result",
            &[POLL, refused, DETAILS, SUCCEED],
            &[(WorkedOnAfterRefusal, 3, 2)],
        ),
        (
            "a status that is no InProgress",
            &[
                POLL,
                answering(TAKE, r#"200 {"status":"Succeeded"}"#),
                DETAILS,
            ],
            &[(WorkedOnAfterRefusal, 3, 1)],
        ),
        (
            "an unknown job",
            &[
                POLL,
                answering(TAKE, r#"400 {"__type":"JobNotFoundException"}"#),
                SUCCEED,
            ],
            &[(WorkedOnAfterRefusal, 3, 1)],
        ),
        (
            "a result that misses",
            &[POLL, refused, answering(SUCCEED, "missed")],
            &[(WorkedOnAfterRefusal, 0, 1)],
        ),
        ("another job", &[POLL, refused, of_b], &[]),
        (
            "acknowledged afterwards",
            &[POLL, refused, TAKE, DETAILS, SUCCEED],
            &[],
        ),
        (
            "refused while it has it",
            &[POLL, TAKE, refused, DETAILS, SUCCEED],
            &[],
        ),
        (
            "throttled",
            &[POLL, answering(TAKE, THROTTLED), DETAILS, SUCCEED],
            &[],
        ),
        ("cut", &[POLL, answering(TAKE, "cut"), SUCCEED], &[]),
        ("missed", &[POLL, answering(TAKE, "missed"), SUCCEED], &[]),
        (
            "handed out again and looked at",
            &[POLL, refused, POLL, DETAILS, TAKE, SUCCEED],
            &[],
        ),
        (
            "handed out again and not taken",
            &[POLL, refused, POLL, DETAILS, SUCCEED],
            &[(WorkedOnAfterRefusal, 5, 1)],
        ),
        (
            "taken once, then refused",
            &[POLL, TAKE, SUCCEED, POLL, refused, FAIL],
            &[(WorkedOnAfterRefusal, 6, 1)],
        ),
    ] {
        check(name, lines, expected);
    }
    let refused3 = answering(TAKE3, r#"400 {"__type":"InvalidClientTokenException"}"#);
    check(
        "third party: a new nonce",
        &[POLL3, DETAILS3, refused3, DETAILS3, TAKE3, SUCCEED3],
        &[],
    );
    check(
        "third party: a result",
        &[POLL3, DETAILS3, refused3, SUCCEED3],
        &[(WorkedOnAfterRefusal, 4, 1)],
    );
}

#[test]
fn a_nonce_never_handed_out() {
    use FindingRule::{NeverAcknowledged, NonceNeverHandedOut};
    let wrong = asking(TAKE, r#"{"jobId":"a","nonce":"2"}"#);
    let refused = answering(wrong, REFUSED);
    let of_b = answering(asking(TAKE, r#"{"jobId":"b","nonce":"1"}"#), REFUSED);
    let both = answering(
        POLL,
        r#"200 {"jobs":[{"id":"a","nonce":"1"},{"id":"b","nonce":"2"}]}"#,
    );
    for (name, lines, expected) in [
        ("the right one", &[POLL, TAKE][..], &[][..]),
        (
            "a wrong one",
            &[POLL, refused],
            &[(NonceNeverHandedOut, 2, 1)],
        ),
        (
            "again and again",
            &[POLL, refused, refused, TAKE],
            &[(NonceNeverHandedOut, 2, 2)],
        ),
        (
            "one that misses",
            &[POLL, answering(wrong, "missed")],
            &[(NonceNeverHandedOut, 0, 1)],
        ),
        (
            "another job's",
            &[both, of_b],
            &[(NonceNeverHandedOut, 2, 1), (NeverAcknowledged, 1, 1)],
        ),
        (
            "an older one",
            &[
                POLL,
                answering(POLL, r#"200 {"jobs":[{"id":"a","nonce":"9"}]}"#),
                TAKE,
            ],
            &[],
        ),
        (
            "before the poll",
            &[TAKE, POLL],
            &[(NonceNeverHandedOut, 1, 1)],
        ),
        (
            "before the poll, by another poll",
            &[refused, POLL],
            &[(NonceNeverHandedOut, 1, 1)],
        ),
        (
            "the poll was cut",
            &[answering(POLL, "cut"), refused],
            &[(NonceNeverHandedOut, 2, 1)],
        ),
        ("no nonce", &[POLL, asking(TAKE, r#"{"jobId":"a"}"#)], &[]),
        // Where it comes from elsewhere.
        ("a tape without polls", &[TAKE], &[]),
        ("a tape without polls, refused", &[refused], &[]),
        (
            "accepted, though on the tape in no answer",
            &[wrong, POLL, TAKE],
            &[],
        ),
    ] {
        check(name, lines, expected);
    }
    let wrong3 = answering(
        asking(TAKE3, r#"{"jobId":"a","nonce":"2","clientToken":"secret"}"#),
        REFUSED,
    );
    check("third party", &[POLL3, DETAILS3, TAKE3], &[]);
    check(
        "third party, a wrong one",
        &[POLL3, DETAILS3, wrong3],
        &[(NonceNeverHandedOut, 3, 1)],
    );
    check("third party, without polls", &[wrong3], &[]);
    check(
        "third party, by details alone",
        &[DETAILS3, wrong3],
        &[(NonceNeverHandedOut, 2, 1)],
    );
    check(
        "polls of the other kind",
        &[answering(POLL3, r#"200 {"jobs":[]}"#), refused],
        &[],
    );
    // The tape hands it out, not to this session.
    let found = judge(&[TAKE], &[POLL], Ending::Known);
    assert_eq!(found[0].rule, NonceNeverHandedOut);
    assert_eq!(found.len(), 1);
}

#[test]
fn a_job_never_acknowledged() {
    use FindingRule::NeverAcknowledged;
    let two = answering(
        POLL,
        r#"200 {"jobs":[{"id":"b","nonce":"1"},{"id":"a","nonce":"1"}]}"#,
    );
    let refused = answering(TAKE, REFUSED);
    for (name, lines, expected) in [
        ("acknowledged", &[POLL, TAKE][..], &[][..]),
        ("not", &[POLL], &[(NeverAcknowledged, 1, 1)]),
        (
            "not, though looked at",
            &[POLL, DETAILS, SUCCEED],
            &[(NeverAcknowledged, 1, 1)],
        ),
        ("one of two", &[two, TAKE], &[(NeverAcknowledged, 1, 1)]),
        (
            "handed out twice",
            &[POLL, POLL],
            &[(NeverAcknowledged, 1, 1)],
        ),
        ("at the second time", &[POLL, POLL, TAKE], &[]),
        ("refused", &[POLL, refused], &[]),
        ("throttled", &[POLL, answering(TAKE, THROTTLED)], &[]),
        ("missed", &[POLL, answering(TAKE, "missed")], &[]),
        ("no job", &[answering(POLL, r#"200 {"jobs":[]}"#)], &[]),
        ("a poll that was cut", &[answering(POLL, "cut")], &[]),
        (
            "third party",
            &[POLL3, DETAILS3],
            &[(NeverAcknowledged, 1, 1)],
        ),
    ] {
        check(name, lines, expected);
    }
    // Where the end is not known, it may have been.
    assert_eq!(judge(&[POLL], &[], Ending::Unknown), []);
}

#[test]
fn messages() {
    let wrong = (TAKE.0, r#"{"jobId":"a","nonce":"2\u001b[31m"}"#, REFUSED);
    let lines = [
        POLL,
        wrong,
        DETAILS,
        SUCCEED,
        answering(FAIL, "missed"),
        answering(POLL, r#"200 {"jobs":[{"id":"b\n","nonce":"1"}]}"#),
    ];
    let told: Vec<_> = judge(&lines, &[], Ending::Known)
        .iter()
        .map(|one| format!("{} {one}", one.rule.name()))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    result-sent-twice session `default`: PutJobFailureResult (a miss) was sent for job "a" after PutJobSuccessResult (exchange 4) had been accepted
    worked-on-after-refusal session `default`: GetJobDetails (exchange 3) was sent for job "a" although its acknowledge (exchange 2) was refused: InvalidNonceException
    nonce-never-handed-out session `default`: AcknowledgeJob (exchange 2) was sent for job "a" with nonce "2\u{1b}[31m", which no answer before had for it
    never-acknowledged session `default`: job "b\n" was handed out by PollForJobs (exchange 6) and never acknowledged
    "#);
}

/// Whatever a worker sends, what is said of it is bounded and of one line.
#[test]
fn hostile_values_are_cut() {
    let long = "\\u001b".repeat(200_000);
    let poll = format!(r#"200 {{"jobs":[{{"id":"{long}","nonce":"{long}"}}]}}"#);
    let ask = format!(r#"{{"jobId":"{long}","nonce":"{long}x"}}"#);
    let refused = format!(r#"400 {{"__type":"{long}"}}"#);
    let lines = [
        ("PollForJobs", "{}", poll.as_str()),
        ("AcknowledgeJob", ask.as_str(), refused.as_str()),
        ("GetJobDetails", ask.as_str(), "200 {}"),
        ("PutJobFailureResult", ask.as_str(), "200 {}"),
        ("PutJobFailureResult", ask.as_str(), "200 {}"),
    ];
    let found = judge(&lines, &[], Ending::Known);
    assert_eq!(found.len(), 3);
    for one in found {
        let text = one.to_string();
        assert!(text.len() <= 1024, "{} bytes", text.len());
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}
