//! What is logged, and what never is.

use std::sync::Arc;

use aws_credential_types::Credentials;
use pipetape_testkit::Log;

use crate::testing::{
    Act, CLIENT_KEY, KEY, Options, Record, SECRET, ScriptedSource, TOKEN, Upstream, ok, post,
};

#[tokio::test]
async fn one_line_for_each_exchange_and_no_secret_in_any() {
    let (log, guard) = Log::capture("pipetape_proxy=trace");
    let upstream = Upstream::start([
        Act::Send(ok(r#"{"answer":"planted-in-the-answer"}"#)),
        Act::Close(b"planted-in-garbage\r\n\r\n".to_vec()),
    ])
    .await;
    let mut options = Options::to(&upstream.url());
    let token = Some(TOKEN.to_owned());
    options.source =
        ScriptedSource::new([Some(Credentials::new(KEY, SECRET, token, None, "test"))]);
    let (record, _tape) = Record::start(options).await;
    let mut client = record.client().await;
    let more = "X-Amz-Security-Token: planted-token\r\nX-Planted: planted-header\r\n";
    let body = r#"{"jobId":"planted-in-the-request"}"#;
    for _ in 0..2 {
        client.ask(post("AcknowledgeJob", more, body)).await;
    }
    let refused = post("Planted.", more, body);
    client.ask(refused).await;
    drop(guard);

    let text = log.text();
    for secret in [SECRET, TOKEN, KEY, CLIENT_KEY, "planted", "Planted"] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
    let with = |wanted: &str| text.lines().filter(|line| line.contains(wanted)).count();
    assert_eq!(with(" INFO request{operation=AcknowledgeJob}"), 3, "{text}");
    assert_eq!(with(": recorded operation=AcknowledgeJob"), 2, "{text}");
    assert_eq!(with("status=200"), 1, "{text}");
    assert_eq!(with("fault=\"malformed\""), 2, "{text}");
    assert_eq!(with("latency_ms="), 2, "{text}");
    assert_eq!((with("seq=1"), with("seq=2")), (1, 1), "{text}");
    assert_eq!(with("request refused, not forwarded"), 1, "{text}");
}

#[test]
fn debug_shows_no_secret() {
    use pipetape_serve::admin::AdminToken;

    use crate::config::RecordConfig;
    use crate::environment::Environment;

    let variable = ("AWS_SECRET_ACCESS_KEY".into(), "planted".into());
    let config = RecordConfig {
        admin_token: Some(AdminToken::new("planted".to_owned()).unwrap()),
        environment: Environment::new([variable]),
        ..RecordConfig::new("127.0.0.1:1".parse().unwrap())
    };
    let source = ScriptedSource::new([None]);
    let redactor = pipetape_tape::Redactor::for_recording(&pipetape_tape::Rules::default());
    let cache = crate::credentials::CredentialsCache::new(source, Arc::new(redactor));
    let shown = format!("{config:?} {cache:?}");
    assert!(!shown.contains("planted"), "{shown}");
}
