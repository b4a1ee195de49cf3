//! What upstream gets, and that its signature holds.

use aws_credential_types::Credentials;
use pipetape_testkit::Message;

use crate::config::Sign;
use crate::testing::{
    Act, CLIENT_KEY, KEY, Options, Record, SECRET, ScriptedSource, TOKEN, Upstream, ok, post,
    verify,
};

/// What upstream gets for a request.
async fn forwarded(request: &[u8], change: impl FnOnce(&mut Options)) -> (Message, Upstream) {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let mut options = Options::to(&upstream.url());
    change(&mut options);
    let (record, _) = Record::start(options).await;
    let answer = record.client().await.ask(request).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    (upstream.only(), upstream)
}

const MORE: &str = "X-Amz-Date: 20260101T000000Z\r\nX-Amz-Security-Token: theirs\r\n\
    X-Amz-Content-Sha256: 00\r\nUser-Agent: worker/1\r\nX-Amz-User-Agent: aws-sdk-js/3\r\n\
    Amz-Sdk-Request: attempt=1; max=3\r\nAmz-Sdk-Invocation-Id: 1-2-3\r\nAccept-Encoding: gzip\r\n\
    Connection: keep-alive, X-Private\r\nX-Private: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n\
    Proxy-Authorization: Basic eDp5\r\nX-Amzn-Trace-Id: Root=1\r\n";

#[tokio::test]
async fn signed_again_with_what_the_client_said() {
    let request = post("AcknowledgeJob", MORE, r#"{"jobId":"1","nonce":"2"}"#);
    let (sent, upstream) = forwarded(&request, |_| {}).await;
    let (scope, signed) = verify(&sent, SECRET).unwrap();
    let day = &sent.header("x-amz-date").unwrap()[..8];
    assert_eq!(scope, format!("{day}/us-east-1/codepipeline/aws4_request"));
    assert_ne!(day, "20260101", "signed with today's date");
    assert_eq!(
        signed,
        [
            "content-type",
            "host",
            "x-amz-date",
            "x-amz-target",
            "x-amz-user-agent"
        ]
    );
    assert_eq!(sent.text(), r#"{"jobId":"1","nonce":"2"}"#);
    assert_eq!(
        sent.header("host").as_deref(),
        Some(upstream.address.to_string().as_str())
    );
    let mut names = sent.names();
    names.sort();
    assert_eq!(
        names,
        [
            "accept-encoding",
            "amz-sdk-invocation-id",
            "amz-sdk-request",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "x-amz-date",
            "x-amz-target",
            "x-amz-user-agent",
            "x-amzn-trace-id",
        ]
    );
    assert_eq!(sent.header("accept-encoding").as_deref(), Some("identity"));
    assert_eq!(sent.header("user-agent").as_deref(), Some("worker/1"));
    assert_eq!(
        sent.header("amz-sdk-request").as_deref(),
        Some("attempt=1; max=3")
    );
    let head = String::from_utf8(sent.head).unwrap();
    assert!(head.contains(KEY) && !head.contains(CLIENT_KEY), "{head}");
    assert!(head.contains("\r\nx-amz-target: "), "{head}");
}

#[tokio::test]
async fn a_session_token_is_sent_and_signed() {
    let request = post("PollForJobs", "X-Amz-Security-Token: theirs\r\n", "{}");
    let (sent, _) = forwarded(&request, |options| {
        let token = Some(TOKEN.to_owned());
        let temporary = Credentials::new(KEY, SECRET, token, None, "test");
        options.source = ScriptedSource::new([Some(temporary)]);
    })
    .await;
    let (_, signed) = verify(&sent, SECRET).unwrap();
    assert!(signed.contains(&"x-amz-security-token".to_owned()));
    assert_eq!(sent.header("x-amz-security-token").as_deref(), Some(TOKEN));
}

#[tokio::test]
async fn odd_header_values_are_signed_as_they_stand() {
    let more = "X-Amz-Meta-Spaces:   a   b    c  \r\nX-Amz-Meta-Text: Gr\u{fc}\u{df}e \u{2192} \u{1f600}\r\n\
        X-Amz-Meta-Twice: b\r\nX-Amz-Meta-Tab: a \t b\r\nX-Amz-Meta-Twice: a\r\nX-Amz-Meta-Empty:\r\n";
    let mut request = post("PollForJobs", more, "{}");
    let end = request.len() - "Content-Length: 2\r\n\r\n{}".len();
    request.splice(
        end..end,
        b"X-Amz-Meta-Latin: caf\xe9\r\nX-Other: \xe9\r\n".to_vec(),
    );
    let (sent, _) = forwarded(&request, |_| {}).await;
    let (_, signed) = verify(&sent, SECRET).unwrap();
    for name in ["spaces", "text", "twice", "tab", "empty"] {
        assert!(signed.contains(&format!("x-amz-meta-{name}")), "{signed:?}");
    }
    assert_eq!(sent.all("x-amz-meta-twice"), ["b", "a"]);
    assert_eq!(
        sent.header("x-amz-meta-text").as_deref(),
        Some("Grüße → 😀")
    );
    // It can't be signed, and the service refuses unsigned ones.
    assert_eq!(sent.header("x-amz-meta-latin"), None);
    assert!(sent.header("x-other").is_some());
}

#[tokio::test]
async fn bodies_are_signed_whatever_they_hold() {
    for body in ["", "{\"a\":", "Gr\u{fc}\u{df}e \u{0}", &"x".repeat(300_000)] {
        let request = post("PutJobSuccessResult", "", body);
        let (sent, _) = forwarded(&request, |_| {}).await;
        verify(&sent, SECRET).unwrap();
        assert_eq!(sent.text(), body);
    }
}

#[tokio::test]
async fn a_request_that_waits_for_leave_and_comes_in_chunks() {
    let request = post("PollForJobs", "Expect: 100-continue\r\n", "{}");
    let request = String::from_utf8(request).unwrap();
    let (head, _) = request.split_once("Content-Length").unwrap();
    let request = format!("{head}Transfer-Encoding: chunked\r\n\r\n");

    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let (record, _) = Record::start(Options::to(&upstream.url())).await;
    let mut client = record.client().await;
    let leave = client.ask(request).await;
    assert_eq!(leave.status(), 100);
    let answer = client.ask("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n").await;
    assert_eq!(answer.status(), 200);
    let sent = upstream.only();
    verify(&sent, SECRET).unwrap();
    assert_eq!(sent.text(), "{}");
    assert_eq!(sent.length(), Some(2));
    assert_eq!(sent.header("expect"), None);
    assert_eq!(sent.header("transfer-encoding"), None);
}

#[tokio::test]
async fn the_clients_signature_passes_untouched() {
    let request = post("PollForJobs", MORE, "{}");
    let request = String::from_utf8(request).unwrap();
    let request = request.replace("POST / ", "POST /pre/fix?a=b ");
    let (sent, _) = forwarded(request.as_bytes(), |options| {
        options.sign = Sign::Keep;
        options.source = ScriptedSource::new([None]);
    })
    .await;
    assert_eq!(sent.start_line(), "POST /pre/fix?a=b HTTP/1.1");
    assert_eq!(
        sent.names(),
        [
            "host",
            "content-type",
            "x-amz-target",
            "authorization",
            "x-amz-date",
            "x-amz-security-token",
            "x-amz-content-sha256",
            "user-agent",
            "x-amz-user-agent",
            "amz-sdk-request",
            "amz-sdk-invocation-id",
            "accept-encoding",
            "x-amzn-trace-id",
            "content-length",
        ]
    );
    assert_eq!(sent.header("host").as_deref(), Some("localhost"));
    assert!(sent.header("authorization").unwrap().contains(CLIENT_KEY));
    assert_eq!(
        sent.header("x-amz-date").as_deref(),
        Some("20260101T000000Z")
    );
    assert_eq!(
        sent.header("x-amz-security-token").as_deref(),
        Some("theirs")
    );
    assert_eq!(sent.header("accept-encoding").as_deref(), Some("gzip"));
}
