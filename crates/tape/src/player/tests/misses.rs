//! What misses say.

use insta::assert_snapshot;
use pipetape_core::Operation;
use pipetape_core::protocol::NoOperation;

use super::tape::{miss, operation, player, session, tape, with_rules};
use crate::name::SessionName;
use crate::player::{Closest, Exhausted, Miss, Novelty, Refusal};
use crate::rules::Rules;

const JOB: &str = "0f1e2d3c-4b5a-4968-8776-655443322110";

fn ack(job: &str, nonce: &str) -> String {
    format!(r#"{{"jobId":"{job}","nonce":"{nonce}"}}"#)
}

fn two_jobs() -> crate::exchange::Tape {
    tape([
        (
            "AcknowledgeJob",
            ack("11111111-4b5a-4968-8776-655443322110", "4"),
        ),
        ("AcknowledgeJob", ack(JOB, "3")),
        ("GetJobDetails", format!(r#"{{"jobId":"{JOB}"}}"#)),
    ])
}

#[test]
fn never_recorded() {
    // The same job goes before a body with fewer differences.
    assert_snapshot!(miss(two_jobs(), "AcknowledgeJob", ack(JOB, "4")), @r#"no exchange of tape `deploy` answers this AcknowledgeJob in session `default`: never recorded. The closest recorded exchange is 2: /nonce: recorded "3", got "4". Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules."#);
    assert_snapshot!(miss(two_jobs(), "AcknowledgeJob", format!(r#"{{"jobId":"{JOB}","nonce":3,"extra":{{"a":[1,2]}}}}"#)), @r#"no exchange of tape `deploy` answers this AcknowledgeJob in session `default`: never recorded. The closest recorded exchange is 2: /extra: recorded nothing, got {"a":[1,2]}; /nonce: recorded "3", got 3. Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules."#);
    assert_snapshot!(miss(two_jobs(), "AcknowledgeJob", "{}"), @r#"no exchange of tape `deploy` answers this AcknowledgeJob in session `default`: never recorded. The closest recorded exchange is 1: /jobId: recorded "11111111-4b5a-4968-8776-655443322110", got nothing; /nonce: recorded "4", got nothing. Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules."#);
    assert_snapshot!(miss(two_jobs(), "AcknowledgeJob", "[1]"), @r#"no exchange of tape `deploy` answers this AcknowledgeJob in session `default`: never recorded. The closest recorded exchange is 1: the whole body: recorded {"jobId":"11111111-4b5a-4968-8776-655443322110","nonce":"4"}, got [1]. Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules."#);
}

#[test]
fn an_operation_that_is_not_there() {
    assert_snapshot!(miss(two_jobs(), "PutJobSuccessResult", "{}"), @"no exchange of tape `deploy` answers this PutJobSuccessResult in session `default`: never recorded. The tape has no PutJobSuccessResult; it has AcknowledgeJob, GetJobDetails. Next: check that this is the right tape, or record more on it with `pipetape record deploy --mode append`.");
    assert_snapshot!(miss(tape::<&str>([]), "PollForJobs", "{}"), @"no exchange of tape `deploy` answers this PollForJobs in session `default`: never recorded. The tape is empty. Next: check that this is the right tape, or record more on it with `pipetape record deploy --mode append`.");
}

#[test]
fn bodies_without_json() {
    let recorded = || {
        tape([
            ("GetJobDetails", "{\"jobId\":\"a\""),
            ("GetJobDetails", "{}"),
        ])
    };
    assert_snapshot!(miss(recorded(), "GetJobDetails", "{\"jobId\":\"b\""), @"no exchange of tape `deploy` answers this GetJobDetails in session `default`: never recorded. The closest recorded exchange is 1: the body, by its bytes because neither body is JSON with each member once: recorded 12 bytes, got 12 bytes, different from byte 10 on. Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules.");
    assert_snapshot!(miss(tape([("GetJobDetails", "{}")]), "GetJobDetails", "{\"a\":1,\"a\":2}"), @"no exchange of tape `deploy` answers this GetJobDetails in session `default`: never recorded. The closest recorded exchange is 1: the body, by its bytes because the request's is not JSON with each member once: recorded 2 bytes, got 13 bytes, different from byte 1 on. Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules.");
    assert_snapshot!(miss(tape([("GetJobDetails", "")]), "GetJobDetails", "{\"a\":1}"), @"no exchange of tape `deploy` answers this GetJobDetails in session `default`: never recorded. The closest recorded exchange is 1: the body, by its bytes because the recorded one is not JSON with each member once: recorded 0 bytes, got 7 bytes, different from byte 0 on. Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules.");
}

#[test]
fn used_up() {
    let player = player(two_jobs(), Exhausted::Error);
    let ask = || {
        player.play(
            &session("one"),
            &Operation::AcknowledgeJob,
            ack(JOB, "3").as_bytes(),
        )
    };
    assert!(ask().is_ok());
    let report = ask().unwrap_err();
    assert_eq!(report.novelty, Novelty::First);
    assert_eq!(
        report.miss.closest,
        Some(Closest {
            seq: 2,
            differences: vec![],
            more: 0
        })
    );
    assert_snapshot!(report.miss.message, @"no exchange of tape `deploy` answers this AcknowledgeJob in session `one`: used up. It was recorded once, as exchange 2, and this session has played that. Next: start over in a session of its own (`/session/NAME/`) or with `POST /_pipetape/reset?session=one`, answer again with `--exhausted repeat-last` or `--exhausted loop`, or record more with `pipetape record deploy --mode append`.");
    assert_eq!(ask().unwrap_err().novelty, Novelty::Again);
    assert_eq!(player.misses().0[0].count, 2);
}

#[test]
fn used_up_after_several() {
    let recorded = tape(["{}", " {}", "{ }"].map(|body| ("PutJobFailureResult", body)));
    let player = player(recorded, Exhausted::Error);
    let ask = || {
        player.play(
            &SessionName::default(),
            &Operation::PutJobFailureResult,
            b"{}",
        )
    };
    assert!((0..3).all(|_| ask().is_ok()));
    assert_snapshot!(ask().unwrap_err().miss.message, @"no exchange of tape `deploy` answers this PutJobFailureResult in session `default`: used up. It was recorded 3 times, last as exchange 3, and this session has played them all. Next: start over in a session of its own (`/session/NAME/`) or with `POST /_pipetape/reset?session=default`, answer again with `--exhausted repeat-last` or `--exhausted loop`, or record more with `pipetape record deploy --mode append`.");
}

#[test]
fn requests_that_cannot_be_looked_up() {
    let player = player(two_jobs(), Exhausted::Auto);
    let refuse =
        |session: &str, refusal| player.refuse(session, None, &refusal).miss.message.clone();
    let bad_target = |target: &[u8]| {
        Refusal::NoOperation(match std::str::from_utf8(target) {
            Ok(text) => NoOperation::Target {
                target: text.into(),
                error: Operation::from_target(text).unwrap_err(),
            },
            Err(_) => NoOperation::NotText(target.into()),
        })
    };
    assert_snapshot!(refuse("default", Refusal::NoOperation(NoOperation::NoTarget)), @"no exchange of tape `deploy` was looked for: the request in session `default` names no CodePipeline operation: it has no X-Amz-Target header. Next: send `X-Amz-Target: CodePipeline_20150709.OPERATION`, as every AWS SDK does, and check that the client is one for CodePipeline.");
    assert_snapshot!(refuse("default", Refusal::NoOperation(NoOperation::SeveralTargets)), @"no exchange of tape `deploy` was looked for: the request in session `default` names no CodePipeline operation: it has more than one X-Amz-Target header. Next: send `X-Amz-Target: CodePipeline_20150709.OPERATION`, as every AWS SDK does, and check that the client is one for CodePipeline.");
    assert_snapshot!(refuse("s", bad_target(b"DynamoDB_20120810.GetItem")), @r#"no exchange of tape `deploy` was looked for: the request in session `s` names no CodePipeline operation: X-Amz-Target is "DynamoDB_20120810.GetItem": target does not begin with `CodePipeline_20150709.`. Next: send `X-Amz-Target: CodePipeline_20150709.OPERATION`, as every AWS SDK does, and check that the client is one for CodePipeline."#);
    assert_snapshot!(refuse("s", bad_target(b"CodePipeline_20150709.Get\xff")), @r#"no exchange of tape `deploy` was looked for: the request in session `s` names no CodePipeline operation: X-Amz-Target is "CodePipeline_20150709.Get�", which is not text. Next: send `X-Amz-Target: CodePipeline_20150709.OPERATION`, as every AWS SDK does, and check that the client is one for CodePipeline."#);
    assert_snapshot!(refuse("s", bad_target("CodePipeline_20150709.\u{202e}\u{1b}[2J".repeat(100).as_bytes())), @r#"no exchange of tape `deploy` was looked for: the request in session `s` names no CodePipeline operation: X-Amz-Target is "CodePipeline_20150709.\u{202e}\u{1b}[2JCodePipeline_20150709.\u{202e}\u{1b}[2JC…" (2900 bytes): operation name has 2878 bytes, at most 128 are taken. Next: send `X-Amz-Target: CodePipeline_20150709.OPERATION`, as every AWS SDK does, and check that the client is one for CodePipeline."#);
    assert_snapshot!(refuse("s", bad_target(b"CodePipeline_20150709.arn:aws:iam::123456789012:AKIAIOSFODNN7EXAMPLE")), @r#"no exchange of tape `deploy` was looked for: the request in session `s` names no CodePipeline operation: X-Amz-Target is "CodePipeline_20150709.arn:aws:iam::999990499255:ASIAREDACTED000D3608": operation name has a byte at 3 that is not an ASCII letter or digit. Next: send `X-Amz-Target: CodePipeline_20150709.OPERATION`, as every AWS SDK does, and check that the client is one for CodePipeline."#);
    let error = "a%20b".parse::<SessionName>().unwrap_err();
    assert_snapshot!(refuse("a%20b", Refusal::BadSession(error)), @"no exchange of tape `deploy` was looked for: the path names no session: `a%20b` is not a valid name: use 1 to 64 of the letters A-Z a-z, digits, `.`, `_` and `-`, not starting with a dot. Next: use `/session/NAME/`, or any other path for the session `default`.");
}

#[test]
fn hostile_values_are_harmless() {
    let recorded = || {
        tape([(
            "PutJobFailureResult",
            r#"{"jobId":"a","failureDetails":{"type":"JobFailed","message":"plain"}}"#,
        )])
    };
    let hostile = "\"\\u0000\\u001b[31m\\r\\n\u{7f}\u{9b}\u{2028}\u{202e}\\ud800\"";
    let body = format!(
        r#"{{"jobId":"a","failureDetails":{{"type":"JobFailed","message":{hostile},{hostile}:1}}}}"#
    );
    assert_snapshot!(miss(recorded(), "PutJobFailureResult", body), @r#"no exchange of tape `deploy` answers this PutJobFailureResult in session `default`: never recorded. The closest recorded exchange is 1: /failureDetails/\u{0}\u{1b}[31m\r\n\u{7f}\u{9b}\u{2028}\u{202e}���: recorded nothing, got 1; /failureDetails/message: recorded "plain", got "\u{0}\u{1b}[31m\r\n\u{7f}\u{9b}\u{2028}\u{202e}\xed\xa0\x80". Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules."#);
    let long = "x".repeat(1 << 20);
    let body = format!(
        r#"{{"jobId":"a","failureDetails":{{"type":"JobFailed","message":"{long}","{long}":["{long}"]}}}}"#
    );
    assert_snapshot!(miss(recorded(), "PutJobFailureResult", body), @r#"no exchange of tape `deploy` answers this PutJobFailureResult in session `default`: never recorded. The closest recorded exchange is 1: /failureDetails/message: recorded "plain", got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" (1048576 bytes); /failureDetails/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…: recorded nothing, got ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…. Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules."#);
}

#[test]
fn secrets_are_not_shown() {
    let token = |token: &str| {
        format!(r#"{{"jobId":"a","clientToken":"{token}","note":"for 123456789012"}}"#)
    };
    let recorded = with_rules(
        tape([("GetThirdPartyJobDetails", token("recorded-secret-token"))]),
        Rules::default(),
    );
    let body = token("another-secret-token").replace("for", "AKIAIOSFODNN7EXAMPLE for");
    let message = miss(recorded, "GetThirdPartyJobDetails", body);
    for secret in [
        "recorded-secret",
        "another-secret",
        "123456789012",
        "AKIAIOSF",
    ] {
        assert!(!message.contains(secret), "{message}");
    }
    assert_snapshot!(message, @r#"no exchange of tape `deploy` answers this GetThirdPartyJobDetails in session `default`: never recorded. The closest recorded exchange is 1: /clientToken: recorded "REDACTED-ff35e", got "REDACTED-a5d36"; /note: recorded "for 999990499255", got "ASIAREDACTED000D3608 for 999990499255". Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules."#);
}

#[test]
fn many_differences_are_counted_and_the_message_is_bounded() {
    let members = |value: &str| {
        let members: Vec<_> = (10..40)
            .map(|n| format!(r#""member{n}":"{value}""#))
            .collect();
        format!("{{{}}}", members.join(","))
    };
    let recorded = tape([("PutActionRevision", members("a"))]);
    assert_snapshot!(miss(recorded, "PutActionRevision", members("b")), @r#"no exchange of tape `deploy` answers this PutActionRevision in session `default`: never recorded. The closest recorded exchange is 1: /member10: recorded "a", got "b"; /member11: recorded "a", got "b"; /member12: recorded "a", got "b"; /member13: recorded "a", got "b"; /member14: recorded "a", got "b"; /member15: recorded "a", got "b"; /member16: recorded "a", got "b"; /member17: recorded "a", got "b"; /member18: recorded "a", got "b"; /member19: recorded "a", got "b"; and 20 more. Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules."#);
    let (long, name) = ("\u{7f}".repeat(200), "n".repeat(300));
    let recorded = tape([("PutActionRevision", members(&long).replace("member", &name))]);
    let got = members(&long.replace('\u{7f}', "\u{9b}")).replace("member", &name);
    let message = miss(recorded, "PutActionRevision", got);
    assert!(message.len() <= 4096, "{}", message.len());
    assert!(message.contains("; and 2"), "{message}");
    assert!(message.ends_with("in the tape's rules."), "{message}");
}

#[test]
fn hostile_tapes_have_bounded_lists() {
    let name = "O".repeat(120);
    let mut recorded = tape::<&str>([]);
    recorded.exchanges = (1..=100)
        .map(|seq| super::tape::exchange(seq, &format!("{name}{seq}"), "{}"))
        .collect();
    let message = miss(recorded, "PollForJobs", "{}");
    assert!(message.len() <= 4096, "{}", message.len());
    assert!(message.contains(" more."), "{message}");
}

/// The closest one is looked for within bounds, and found by its job beyond them.
#[test]
fn the_job_is_found_on_a_long_tape() {
    let job = |n: usize| format!("{n:08}-4b5a-4968-8776-655443322110");
    let recorded = tape((0..6000).map(|n| ("AcknowledgeJob", ack(&job(n), "3"))));
    let player = player(recorded, Exhausted::Error);
    let closest = |body: String| -> Option<Closest> {
        let report = player.play(
            &SessionName::default(),
            &operation("AcknowledgeJob"),
            body.as_bytes(),
        );
        let miss: Miss = (*report.unwrap_err().miss).clone();
        miss.closest
    };
    let of_job = closest(ack(&job(5999), "4")).unwrap();
    assert_eq!(of_job.seq, 6000);
    assert_eq!(of_job.differences, [r#"/nonce: recorded "3", got "4""#]);
    // No such job: the first of the nearest.
    let other = closest(ack("00000007-4b5a-4968-8776-000000000000", "3")).unwrap();
    assert_eq!(other.seq, 8);
}
