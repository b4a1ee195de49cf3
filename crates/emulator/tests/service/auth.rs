//! Callers: let in, or told why not.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use pipetape_core::protocol::{self, decode_error};
use pipetape_emulator::{Auth, Clock, Credentials, Emulator, EmulatorConfig};
use pipetape_serve::Request;

use super::support::{ask, body, config, emulator, request_of};

const WIRE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/wire");

/// AWS's published dummy pair, with and without the session token that some captures have.
const PAIR: &str = r#"[
  {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
  {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
   "sessionToken": "EXAMPLESESSIONTOKEN", "expiration": "2026-11-24T00:00:00Z"}
]"#;

/// Every captured request of a real client, the `CONNECT`s aside.
fn captures() -> Vec<(String, Request)> {
    let clients = fs::read_dir(WIRE)
        .unwrap()
        .map(|client| client.unwrap().path());
    let files = clients.filter(|client| client.is_dir()).flat_map(|client| {
        let files = fs::read_dir(client).unwrap();
        files.map(|file| file.unwrap().path())
    });
    let files = files.filter(|file| {
        file.extension()
            .is_some_and(|extension| extension == "http")
    });
    files
        .filter(|file| file.file_stem().unwrap() != "CONNECT")
        .map(|file| (file.display().to_string(), read(&file)))
        .collect()
}

fn read(path: &Path) -> Request {
    let bytes = fs::read(path).unwrap();
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.lines();
    let mut start = lines.next().unwrap().split(' ');
    let (method, uri) = (start.next().unwrap(), start.next().unwrap());
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name, value.trim())
    });
    let headers: Vec<_> = headers.collect();
    request_of(method, uri, &headers, bytes[end + 4..].to_vec())
}

/// When a request was signed.
fn signed_at(request: &Request) -> SystemTime {
    let date = request.headers["x-amz-date"].to_str().unwrap();
    let part = |range: std::ops::Range<usize>| &date[range];
    let date = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0..4),
        part(4..6),
        part(6..8),
        part(9..11),
        part(11..13),
        part(13..15)
    );
    humantime::parse_rfc3339(&date).unwrap()
}

fn verifying(credentials: &str, now: SystemTime) -> EmulatorConfig {
    EmulatorConfig {
        auth: Auth::Verify(Credentials::from_json(credentials.as_bytes()).unwrap()),
        clock: Clock::manual(now),
        ..config()
    }
}

/// The error's code and message, or the code `-` where the caller was let in: what the operation then
/// says is another matter.
async fn verdict(config: EmulatorConfig, request: Request) -> (String, String) {
    let emulator = emulator(config, 0);
    let response = ask(&emulator, request).await;
    let status = response.status().as_u16();
    let error = match decode_error(status, None, response.body()) {
        Ok(error) => error,
        Err(_) => return ("-".to_owned(), String::new()),
    };
    let name = error.code().name().to_owned();
    let let_in = matches!(
        name.as_str(),
        "JobNotFoundException" | "ValidationException" | "PipelineNotFoundException"
    );
    if let_in {
        return ("-".to_owned(), String::new());
    }
    assert_eq!(status, 400);
    (name, error.message().unwrap_or_default().to_owned())
}

async fn code(config: EmulatorConfig, request: Request) -> String {
    verdict(config, request).await.0
}

#[tokio::test]
async fn every_captured_request_verifies() {
    let captures = captures();
    assert_eq!(captures.len(), 116);
    for (name, request) in captures {
        let now = signed_at(&request);
        assert_eq!(
            code(verifying(PAIR, now), request.clone()).await,
            "-",
            "{name}"
        );

        let wrong = PAIR.replace("bPxRfiCY", "bPxRfiCX");
        let refused = code(verifying(&wrong, now), request.clone()).await;
        assert_eq!(
            refused, "InvalidSignatureException",
            "{name}: another secret"
        );

        let mut changed = request.clone();
        let mut bytes = changed.body.to_vec();
        // Still JSON, as is checked before the signature.
        bytes.push(b' ');
        changed.body = bytes.into();
        let refused = code(verifying(PAIR, now), changed).await;
        assert_eq!(refused, "InvalidSignatureException", "{name}: another body");
    }
}

fn capture(name: &str) -> Request {
    read(&Path::new(WIRE).join(name))
}

fn without(request: &Request, header: &str) -> Request {
    let mut request = request.clone();
    request.headers.remove(header);
    request
}

fn with(request: &Request, header: &'static str, value: &str) -> Request {
    let mut request = request.clone();
    request.headers.insert(header, value.parse().unwrap());
    request
}

#[tokio::test]
async fn a_clock_may_be_five_minutes_off() {
    let request = capture("boto3/AcknowledgeJob.http");
    let at = signed_at(&request);
    let five = Duration::from_secs(300);
    let second = Duration::from_secs(1);
    for now in [at, at + five, at - five] {
        assert_eq!(code(verifying(PAIR, now), request.clone()).await, "-");
    }
    let (code, message) = verdict(verifying(PAIR, at + five + second), request.clone()).await;
    insta::assert_snapshot!(format!("{code}: {message}"), @"InvalidSignatureException: Signature expired: 20261123T232735Z is now earlier than 20261123T232736Z (20261123T233236Z - 5 min.)");
    let (code, message) = verdict(verifying(PAIR, at - five - second), request.clone()).await;
    insta::assert_snapshot!(format!("{code}: {message}"), @"InvalidSignatureException: Signature not yet current: 20261123T232735Z is still later than 20261123T232734Z (20261123T232234Z + 5 min.)");
}

#[tokio::test]
async fn moving_the_jobs_time_does_not_make_signatures_old() {
    let request = capture("boto3/AcknowledgeJob.http");
    let config = verifying(PAIR, signed_at(&request));
    config.clock.advance(Duration::from_secs(60 * 60));
    assert_eq!(code(config, request).await, "-");
}

#[tokio::test]
async fn keys_and_tokens_go_together() {
    let request = capture("boto3/AcknowledgeJob.session-token.http");
    let now = signed_at(&request);
    let unrecognized = "UnrecognizedClientException";
    let refused = |credentials: &str, request: &Request| {
        verdict(verifying(credentials, now), request.clone())
    };
    let (code, message) = refused(&PAIR.replace("AKIA", "ASIA"), &request).await;
    assert_eq!(code, unrecognized);
    insta::assert_snapshot!(message, @"The security token included in the request is invalid.");
    let (code, _) = refused(&PAIR.replace("EXAMPLESESSION", "OTHER"), &request).await;
    assert_eq!(code, unrecognized);
    // Known without its token as well, but then signed otherwise.
    let (code, _) = refused(PAIR, &without(&request, "x-amz-security-token")).await;
    assert_eq!(code, "InvalidSignatureException");
    let (code, _) = refused(PAIR, &with(&request, "x-amz-security-token", "other")).await;
    assert_eq!(code, unrecognized);

    let expired = PAIR.replace("2026-11-24", "2026-11-01");
    let (code, message) = refused(&expired, &request).await;
    insta::assert_snapshot!(format!("{code}: {message}"), @"ExpiredTokenException: The security token included in the request is expired");
}

#[tokio::test]
async fn a_signature_is_for_one_service_region_and_day() {
    let request = capture("boto3/AcknowledgeJob.http");
    let now = signed_at(&request);
    let header = request.headers["authorization"]
        .to_str()
        .unwrap()
        .to_owned();
    let mut messages = Vec::new();
    for (from, to) in [
        ("/codepipeline/", "/s3/"),
        ("/us-east-1/", "/eu-west-1/"),
        ("/20261123/", "/20261122/"),
    ] {
        let request = with(&request, "authorization", &header.replace(from, to));
        let (code, message) = verdict(verifying(PAIR, now), request).await;
        assert_eq!(code, "InvalidSignatureException");
        messages.push(message);
    }
    insta::assert_snapshot!(messages.join("\n"), @r"
    Credential should be scoped to correct service: 'codepipeline'.
    Credential should be scoped to a valid region, not 'eu-west-1'.
    Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261122' != '20261123', from '20261123T232735Z'.
    ");
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let request = capture("boto3/AcknowledgeJob.http");
    let header = "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/codepipeline/aws4_request, SignedHeaders=host, Signature=00";
    let require = || EmulatorConfig {
        auth: Auth::Require,
        ..config()
    };
    let mut messages = Vec::new();
    for request in [
        without(&request, "authorization"),
        with(&request, "authorization", ""),
        with(
            &request,
            "authorization",
            &header.replace("Signature=00", ""),
        ),
        with(&request, "authorization", "AWS4-HMAC-SHA256 x"),
        with(&request, "authorization", "Bearer x"),
        with(
            &request,
            "authorization",
            &header.replace("/codepipeline", ""),
        ),
        without(&request, "x-amz-date"),
        without(&with(&request, "authorization", "x"), "x-amz-date"),
    ] {
        let required = verdict(require(), request.clone()).await;
        let verified = verdict(verifying(PAIR, signed_at_or_now(&request)), request).await;
        assert_eq!(required, verified);
        messages.push(format!("{}: {}", required.0, required.1));
    }
    insta::assert_snapshot!(messages.join("\n"), @r"
    MissingAuthenticationTokenException: Missing Authentication Token
    MissingAuthenticationTokenException: Missing Authentication Token
    IncompleteSignatureException: Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/codepipeline/aws4_request, SignedHeaders=host, 
    IncompleteSignatureException: Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 x
    IncompleteSignatureException: Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=Bearer x
    IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term. Authorization=AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/aws4_request, SignedHeaders=host, Signature=00
    IncompleteSignatureException: Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261123/us-east-1/codepipeline/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=4d2b80f2486cfa3987bfd6d434f894244119727c96aa24152ca182d4d7307d96
    IncompleteSignatureException: Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=x
    ");
    // Complete is enough, right or not; and nothing at all is needed where nobody looks.
    assert_eq!(
        code(require(), with(&request, "authorization", header)).await,
        "-"
    );
    assert_eq!(
        code(config(), without(&request, "authorization")).await,
        "-"
    );
}

fn signed_at_or_now(request: &Request) -> SystemTime {
    match request.headers.contains_key("x-amz-date") {
        true => signed_at(request),
        false => super::support::start(),
    }
}

#[tokio::test]
async fn callers_are_checked_between_target_and_types() {
    let require = || EmulatorConfig {
        auth: Auth::Require,
        ..config()
    };
    let send = async |target: &str, sent: &str| {
        let target = format!("CodePipeline_20150709.{target}");
        let headers = [
            ("content-type", protocol::CONTENT_TYPE),
            ("x-amz-target", target.as_str()),
        ];
        let emulator: std::sync::Arc<Emulator> = emulator(require(), 0);
        body(
            &ask(
                &emulator,
                request_of("POST", "/", &headers, sent.to_owned()),
            )
            .await,
        )
    };
    let missing = r#"{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}"#;
    assert_eq!(send("AcknowledgeJob", r#"{"nonce":3}"#).await, missing);
    assert_eq!(send("GetPipeline", "{}").await, missing);
    assert_eq!(
        send("Nothing", "{}").await,
        r#"{"__type":"UnknownOperationException"}"#
    );
    assert_eq!(
        send("AcknowledgeJob", "{").await,
        r#"{"__type":"SerializationException"}"#
    );
}
