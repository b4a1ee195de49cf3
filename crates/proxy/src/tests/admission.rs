//! What is refused, and that nothing is dialled for it.

use pipetape_testkit::Message;

use crate::config::Sign;
use crate::testing::{Act, Options, Record, Upstream, ok, post};

const TARGET: &str = "X-Amz-Target: CodePipeline_20150709.PollForJobs\r\n";

/// A request that is forwarded, but for the change made to it.
fn request(from: &str, to: &str) -> Vec<u8> {
    let good = String::from_utf8(post("PollForJobs", "", "{}")).unwrap();
    assert!(good.contains(from), "{from}");
    good.replace(from, to).into_bytes()
}

async fn ask(options: Options, request: &[u8]) -> (Message, usize) {
    let (record, log) = Record::start(options).await;
    let answer = record.client().await.ask(request).await;
    assert_eq!(log.kept().len() as u64, record.tally.total_recorded());
    assert_eq!(
        record.tally.total_refused() + record.tally.total_recorded(),
        1
    );
    (answer, log.kept().len())
}

async fn check(request: &[u8], status: u16, code: &str, message: &str) {
    for sign in [Sign::Resign, Sign::Keep] {
        let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
        let mut options = Options::to(&upstream.url());
        options.sign = sign;
        let source = options.source.clone();
        let (answer, kept) = ask(options, request).await;
        let text = answer.text();
        assert_eq!(answer.status(), status, "{text}");
        assert_eq!(
            answer.header("content-type").as_deref(),
            Some("application/x-amz-json-1.1")
        );
        let error: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(error["__type"], code, "{text}");
        assert!(
            error["message"].as_str().unwrap().contains(message),
            "{text}"
        );
        assert_eq!(
            (kept, upstream.connections(), source.count()),
            (0, 0, 0),
            "{text}"
        );
    }
}

#[tokio::test]
async fn hosts_that_are_not_ours() {
    for host in [
        "example.com",
        "localhost.example.com",
        "codepipeline.us-east-1.amazonaws.com",
    ] {
        let request = request("Host: localhost", &format!("Host: {host}"));
        check(&request, 403, "PipetapeForeignHostException", "Host").await;
    }
    let none = request("Host: localhost\r\n", "");
    check(&none, 403, "PipetapeForeignHostException", "Host").await;
    let absolute = request("POST /", "POST http://example.com/");
    check(&absolute, 403, "PipetapeForeignHostException", "Host").await;
}

#[tokio::test]
async fn a_connect_without_an_interception_is_counted() {
    let (record, log) = Record::start(Options::to("http://127.0.0.1:1")).await;
    let mut client = record.client().await;
    let answer = client.ask("CONNECT example.com:443 HTTP/1.1\r\n\r\n").await;
    assert_eq!(answer.status(), 403);
    assert_eq!(record.tally.total_refused(), 1);
    let counted = "pipetape_refused_total{reason=\"not_intercepting\"} 1";
    assert!(record.tally.metrics().contains(counted));
    assert_eq!(log.kept().len(), 0);
}

#[tokio::test]
async fn requests_that_are_not_codepipelines() {
    const CODE: &str = "PipetapeNotForwardedException";
    for (from, to, message) in [
        ("POST", "GET", "another method"),
        ("POST", "OPTIONS", "another method"),
        (TARGET, "", "no X-Amz-Target header"),
        (
            TARGET,
            &TARGET.repeat(2),
            "more than one X-Amz-Target header",
        ),
        (
            "CodePipeline_20150709.",
            "DynamoDB_20120810.",
            "CodePipeline_20150709.",
        ),
        (
            "CodePipeline_20150709.",
            "codepipeline_20150709.",
            "CodePipeline_20150709.",
        ),
        (".PollForJobs", ".", "operation name is empty"),
        (".PollForJobs", ".Poll/ForJobs", "no operation"),
        (".PollForJobs", ".Poll\u{e9}", "is not text"),
        ("/codepipeline/", "/sts/", "signed for another service"),
        ("/codepipeline/", "/s3/", "signed for another service"),
    ] {
        let request = request(from, to);
        check(&request, 400, CODE, message).await;
        check(&request, 400, CODE, "POST requests with one X-Amz-Target").await;
    }
}

#[tokio::test]
async fn odd_requests_that_are_forwarded() {
    for request in [
        request("PollForJobs", "SomethingNew"),
        request("Host: localhost", "Host: 127.0.0.1:1"),
        request("POST / ", "POST /session/one/?x=1 "),
        request("{}", "{,"),
    ] {
        let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
        let (answer, kept) = ask(Options::to(&upstream.url()), &request).await;
        assert_eq!((answer.status(), kept), (200, 1));
        assert_eq!(upstream.only().start_line(), "POST / HTTP/1.1");
    }
}

#[tokio::test]
async fn requests_without_a_region() {
    let authorization = String::from_utf8(post("PollForJobs", "", "{}")).unwrap();
    let start = authorization.find("Authorization").unwrap();
    let end = start + authorization[start..].find("\r\n").unwrap() + 2;
    let line = authorization[start..end].to_owned();
    for (to, why) in [
        (String::new(), "it has no Authorization header"),
        (line.repeat(2), "it has several Authorization headers"),
        (
            "Authorization: Basic eDp5\r\n".to_owned(),
            "not of the algorithm",
        ),
        (
            line.replace("us-east-1", "evil.example.com#"),
            "region name",
        ),
    ] {
        let request = request(&line, &to);
        let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
        let (answer, kept) = ask(Options::to(&upstream.url()), &request).await;
        let text = answer.text();
        assert_eq!((answer.status(), kept), (400, 0), "{text}");
        assert!(text.contains("PipetapeNoRegionException"), "{text}");
        assert!(text.contains(why) && text.contains("--region"), "{text}");
        assert_eq!(upstream.connections(), 0);

        let mut options = Options::to(&upstream.url());
        options.region = Some("eu-west-1");
        let (answer, kept) = ask(options, &request).await;
        assert_eq!((answer.status(), kept), (200, 1));
        let sent = upstream.only().header("authorization").unwrap();
        assert!(sent.contains("/eu-west-1/codepipeline/"), "{sent}");
    }
}

/// Codes that some SDK retries, or takes for a skewed clock.
#[test]
fn no_refusal_is_retried() {
    use std::sync::Arc;
    use std::time::Duration;

    use crate::admission::{NoRegion, NotForwarded, RecordRefusal};
    use crate::credentials::NoCredentials;
    use crate::outgoing::SigningError;

    let no_http = http::Error::from(http::StatusCode::from_u16(1).unwrap_err());
    for refusal in [
        RecordRefusal::ForeignHost,
        RecordRefusal::NotForwarded(NotForwarded::Method),
        RecordRefusal::NoRegion(NoRegion::Unsigned),
        RecordRefusal::NoCredentials(Arc::new(NoCredentials::TimedOut(Duration::from_secs(1)))),
        RecordRefusal::Unsignable(Arc::new(SigningError::Request(no_http))),
    ] {
        let response = refusal.response();
        let status = response.status().as_u16();
        assert!(matches!(status, 400 | 403), "{status}");
        let error: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        let code = error["__type"].as_str().unwrap();
        assert!(code.starts_with("Pipetape"), "{code}");
        for retried in [
            "Throttl",
            "TooMany",
            "LimitExceeded",
            "SlowDown",
            "Timeout",
            "Expired",
            "AccessDenied",
            "Signature",
            "AuthFailure",
            "Skewed",
            "InTheFuture",
            "InProgress",
        ] {
            assert!(!code.contains(retried), "{code}");
        }
    }
}
