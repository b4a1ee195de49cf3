//! Credentials in a recording: when they are looked for, and what happens without any.

use aws_credential_types::Credentials;

use crate::testing::{
    Act, Options, Record, SECRET, ScriptedSource, TOKEN, Upstream, ok, permanent, post, verify,
};

#[tokio::test]
async fn nothing_is_looked_for_before_the_first_request_and_then_once() {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let options = Options::to(&upstream.url());
    let source = options.source.clone();
    let (record, _log) = Record::start(options).await;
    let mut client = record.client().await;
    assert_eq!(source.count(), 0);
    for _ in 0..3 {
        client.ask(post("PollForJobs", "", "{}")).await;
        assert_eq!(source.count(), 1);
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_sent_and_the_next_request_tries_again() {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let mut options = Options::to(&upstream.url());
    options.source = ScriptedSource::new([None, Some(permanent())]);
    let (record, log) = Record::start(options).await;
    let mut client = record.client().await;
    let answer = client.ask(post("PollForJobs", "", "{}")).await;
    let text = answer.text();
    assert_eq!(answer.status(), 400);
    assert!(text.contains("PipetapeNoCredentialsException"), "{text}");
    assert!(text.contains("nothing scripted"), "{text}");
    assert_eq!((upstream.connections(), log.kept().len()), (0, 0));
    assert_eq!(record.tally.total_refused(), 1);
    let answer = client.ask(post("PollForJobs", "", "{}")).await;
    assert_eq!(answer.status(), 200);
    verify(&upstream.only(), SECRET).unwrap();
}

/// An upstream that shows our secrets back does not get them onto the tape.
#[tokio::test]
async fn our_own_secrets_are_known_to_the_tape() {
    let body = format!(r#"{{"message":"not {SECRET} {TOKEN} again"}}"#);
    let upstream = Upstream::start([Act::Send(ok(&body))]).await;
    let mut options = Options::to(&upstream.url());
    let token = Some(TOKEN.to_owned());
    let temporary = Credentials::new("AKIAIOSFODNN7EXAMPLE", SECRET, token, None, "test");
    options.source = ScriptedSource::new([Some(temporary)]);
    let (record, log) = Record::start(options).await;
    let answer = record
        .client()
        .await
        .ask(post("PollForJobs", "", "{}"))
        .await;
    assert_eq!(answer.text(), body);
    let kept = log.only().outcome.response().unwrap().body.clone();
    let kept = String::from_utf8(kept.to_vec()).unwrap();
    assert!(kept.starts_with(r#"{"message":"not "#), "{kept}");
    assert!(!kept.contains(SECRET) && !kept.contains(TOKEN), "{kept}");
}

/// A secret with a line break, say from a badly written file, can't be put into a header.
#[tokio::test]
async fn credentials_that_cannot_sign_are_no_credentials() {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let mut options = Options::to(&upstream.url());
    let broken = Some("session\ntoken".to_owned());
    let broken = Credentials::new("key", SECRET, broken, None, "test");
    options.source = ScriptedSource::new([Some(broken)]);
    let (record, _log) = Record::start(options).await;
    let answer = record
        .client()
        .await
        .ask(post("PollForJobs", "", "{}"))
        .await;
    let text = answer.text();
    assert_eq!(answer.status(), 400, "{text}");
    assert!(text.contains("PipetapeUnsignableException"), "{text}");
    assert!(!text.contains("session"), "{text}");
    assert_eq!(upstream.connections(), 0);
}
