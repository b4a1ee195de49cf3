//! Planted secrets, and everywhere they must not turn up.

use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::client::{CLIENT_SIGNATURE, Call};
use crate::support::job_service::{
    ACCOUNT, ARTIFACT_KEY, ARTIFACT_SECRET, ARTIFACT_TOKEN, BUILD_JOB, BUILD_NONCE, JobService,
    OAUTH_TOKEN,
};
use crate::support::keys::{ACCESS_KEY, CLIENT_ACCESS_KEY, CLIENT_SECRET_KEY, SECRET_KEY};
use crate::support::message::Message;
use crate::support::output::Ended;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::scan::{Secrets, contains};
use crate::support::tape_file::exchanges;
use crate::support::upstream::{Step, Upstream};
use crate::support::worker::Worker;

const PIPETAPE_TOKEN: &str = "IQoJb3JpZ2luX2VjEPlantedPipetape//////////sessionToken+1==";
const CLIENT_SESSION: &str = "IQoJb3JpZ2luX2VjEPlantedWorkers//////////sessionToken+2==";
const CLIENT_TOKEN: &str = "planted-client-token-4c1f7e";
const WEBHOOK_SECRET: &str = "planted webhook s3cret / \"quoted\"";
const APPROVAL_TOKEN: &str = "1a2b3c4d-aaaa-4bbb-8ccc-d0e1f2a3b4c5";
const COOKIE: &str = "planted-cookie-5f2a9c";
const MEMBER: &str = "planted-member-named-by-a-flag";
const PASSWORD: &str = "pl4nted!pässword";
/// A third-party worker's account, in an ARN and bare.
const OTHER_ACCOUNT: &str = "135792468013";

fn everything_planted() -> Secrets {
    Secrets::new(&[
        ACCOUNT,
        OTHER_ACCOUNT,
        ARTIFACT_KEY,
        ARTIFACT_SECRET,
        ARTIFACT_TOKEN,
        OAUTH_TOKEN,
        ACCESS_KEY,
        SECRET_KEY,
        PIPETAPE_TOKEN,
        CLIENT_ACCESS_KEY,
        CLIENT_SECRET_KEY,
        CLIENT_SIGNATURE,
        CLIENT_SESSION,
        CLIENT_TOKEN,
        WEBHOOK_SECRET,
        APPROVAL_TOKEN,
        COOKIE,
        MEMBER,
        PASSWORD,
    ])
}

/// Starts a command with every log line there is, and a session token of its own.
fn start(sandbox: &Sandbox, args: &[&str], format: &str) -> Server {
    let mut command = sandbox.command(args);
    command
        .args(["--listen", "127.0.0.1:0", "--log", "trace", "--log-format"])
        .arg(format)
        .env("AWS_SESSION_TOKEN", PIPETAPE_TOKEN)
        .env("RUST_BACKTRACE", "1");
    Server::start(command)
}

/// Third-party and other calls with secrets of their own, and what the service answers.
fn calls() -> Vec<(&'static str, Value, Answer)> {
    let third_party = json!({ "jobId": "third-1", "clientToken": CLIENT_TOKEN });
    let mut acknowledge = third_party.clone();
    acknowledge["nonce"] = json!("7");
    let mut failure = third_party.clone();
    failure["failureDetails"] =
        json!({ "type": "JobFailed", "message": format!("token {CLIENT_TOKEN} was refused") });
    let details = json!({ "jobDetails": { "id": "third-1", "nonce": "7", "data": {
        "actionConfiguration": { "configuration": {
            "Password": PASSWORD, "Url": "https://example.com/hook"
        }},
        "artifactCredentials": {
            "accessKeyId": ARTIFACT_KEY,
            "secretAccessKey": ARTIFACT_SECRET,
            "sessionToken": ARTIFACT_TOKEN
        },
        "encryptionKey": { "id": format!("arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:key/k"), "type": "KMS" }
    }}});
    vec![
        ("GetThirdPartyJobDetails", third_party, Answer::ok(details.to_string())),
        (
            "AcknowledgeThirdPartyJob",
            acknowledge.clone(),
            // The service echoes a secret in an error, and others in headers.
            Answer::error(
                "InvalidClientTokenException",
                &format!("clientToken '{CLIENT_TOKEN}' is not of {OTHER_ACCOUNT}"),
            )
            .with("Set-Cookie", &format!("session={COOKIE}; Secure"))
            .with("x-amz-debug", &format!("token={CLIENT_TOKEN}; account={OTHER_ACCOUNT}"))
            .with("X-Amz-Security-Token", CLIENT_SESSION),
        ),
        ("PutThirdPartyJobFailureResult", failure, Answer::ok("")),
        (
            "PutApprovalResult",
            json!({
                "pipelineName": "release", "stageName": "Approve", "actionName": "ask",
                "result": { "summary": "ok", "status": "Approved" }, "token": APPROVAL_TOKEN
            }),
            Answer::ok(format!(r#"{{"approvedAt":1433961000.5,"note":"{APPROVAL_TOKEN}"}}"#)),
        ),
        (
            "PutWebhook",
            json!({ "webhook": {
                "name": "hook", "authentication": "GITHUB_HMAC",
                "authenticationConfiguration": { "SecretToken": WEBHOOK_SECRET }
            }}),
            Answer::ok(
                json!({ "webhook": {
                    "arn": format!("arn:aws:codepipeline:us-east-1:{OTHER_ACCOUNT}:webhook:hook"),
                    "definition": { "authenticationConfiguration": { "SecretToken": WEBHOOK_SECRET }}
                }})
                .to_string(),
            ),
        ),
        (
            "PutActionRevision",
            json!({
                "pipelineName": "release", "stageName": "Source", "actionName": "git",
                "actionRevision": {
                    "revisionId": MEMBER, "revisionChangeId": "c", "created": 1_433_961_000
                }
            }),
            Answer::ok(r#"{"newRevision":true}"#),
        ),
        // A request and an answer that are no JSON: redaction has only text to go by.
        (
            "ListPipelines",
            json!(format!("clientToken={CLIENT_TOKEN} of {OTHER_ACCOUNT}")),
            Answer::other(
                403,
                "text/plain",
                format!("denied: {CLIENT_TOKEN}, {ACCOUNT}, arn:aws:iam::{OTHER_ACCOUNT}:role/x"),
            ),
        ),
    ]
}

/// Sends every call as a client with a session token of its own does.
fn send_all(server: &Server) -> Vec<Message> {
    calls()
        .into_iter()
        .map(|(operation, body, _)| {
            Call::new(operation, body.to_string())
                .with("X-Amz-Security-Token", CLIENT_SESSION)
                .with("Cookie", &format!("session={COOKIE}"))
                .with("User-Agent", &format!("worker/1 account/{OTHER_ACCOUNT}"))
                .send(server.address())
        })
        .collect()
}

/// Records everything planted on the tape `planted`.
fn record(sandbox: &Sandbox, format: &str) -> Ended {
    let service = JobService::default();
    let upstream = Upstream::start(move |request, index| {
        let known = calls()
            .into_iter()
            .find(|(operation, _, _)| *operation == request.operation());
        Step::Answer(match known {
            Some((_, _, answer)) => answer,
            None => {
                assert!(index < 100);
                service.answer(request)
            }
        })
    });
    let args = [
        "record",
        "planted",
        "--upstream",
        &upstream.url(),
        "--redact",
        "/actionRevision/revisionId",
    ];
    let server = start(sandbox, &args, format);
    let worker = Worker::new(&server.url());
    worker.session();
    for (answer, (_, _, sent)) in send_all(&server).iter().zip(calls()) {
        // The live client gets everything as it is.
        assert_eq!(answer.status(), sent.status);
        assert_eq!(answer.body, sent.body);
    }
    // While it still runs: what lies in the store and what the admin routes tell.
    everything_planted().assert_absent_below(&sandbox.store());
    let metrics = Call::plain("GET", "/_pipetape/metrics").send(server.address());
    everything_planted().assert_absent("metrics", &metrics.raw());
    server.stop_ok()
}

#[test]
fn nothing_planted_is_written_logged_or_told() {
    let secrets = everything_planted();
    let sandbox = Sandbox::new();
    let ended = record(&sandbox, "text");
    secrets.assert_absent("stdout of record", ended.stdout.as_bytes());
    secrets.assert_absent("stderr of record", ended.stderr.as_bytes());
    assert!(ended.stderr.lines().count() > 20, "a trace: {ended}");
    let files = secrets.assert_absent_below(&sandbox.store());
    assert!(files >= 3, "{files} files");

    let exported = sandbox.export("planted");
    secrets.assert_absent("the export", exported.as_bytes());
    assert_eq!(exchanges(&exported).len(), 12 + calls().len());
    for args in [
        &["list"][..],
        &["show", "planted"],
        &["show", "planted", "14"],
    ] {
        let shown = sandbox.run(args);
        secrets.assert_absent("show and list", shown.stdout.as_bytes());
        secrets.assert_absent("show and list", shown.stderr.as_bytes());
    }

    // The same secrets come in again while replaying: some match, some miss.
    let server = start(&sandbox, &["replay", "planted"], "json");
    Worker::new(&server.url()).session();
    for answer in send_all(&server) {
        assert!(!answer.text().contains("PipetapeMiss"), "{}", answer.text());
        secrets.assert_absent("a replayed answer", &answer.raw());
    }
    for answer in send_all(&server) {
        assert_eq!(answer.json()["__type"], "PipetapeMissException");
        secrets.assert_absent("a miss: used up", &answer.raw());
    }
    for (operation, mut body, _) in calls() {
        let more = json!(format!("arn:aws:iam::{OTHER_ACCOUNT}:user/x"));
        match body.as_object_mut() {
            Some(members) => drop(members.insert("more".to_owned(), more)),
            None => body = json!([body, more]),
        }
        let answer = server.call(operation, &body.to_string());
        assert_eq!(answer.json()["__type"], "PipetapeMissException");
        secrets.assert_absent("a miss: another request", &answer.raw());
    }
    for route in ["health", "exchanges", "misses", "unplayed"] {
        let shown = server.admin(route).to_string();
        secrets.assert_absent(route, shown.as_bytes());
    }
    let ended = server.stop();
    ended.assert(4, &[]);
    secrets.assert_absent("stdout of replay", ended.stdout.as_bytes());
    secrets.assert_absent("stderr of replay", ended.stderr.as_bytes());
    secrets.assert_absent_below(&sandbox.store());
}

#[test]
fn logs_in_json_tell_no_more() {
    let sandbox = Sandbox::new();
    let ended = record(&sandbox, "json");
    everything_planted().assert_absent("stderr", ended.stderr.as_bytes());
    let mut lines = 0;
    for line in ended.stderr.lines().filter(|line| line.starts_with('{')) {
        let parsed: Value = serde_json::from_str(line).unwrap();
        assert!(parsed["level"].is_string(), "{line}");
        lines += 1;
    }
    assert!(lines > 20, "{ended}");
}

#[test]
fn the_same_secret_is_the_same_placeholder_and_a_token_sent_back_still_matches() {
    let sandbox = Sandbox::new();
    record(&sandbox, "text");
    let exported = sandbox.export("planted");
    let kept = exchanges(&exported);
    let find = |operation: &str| {
        kept.iter()
            .find(|exchange| exchange["operation"] == operation)
            .unwrap_or_else(|| panic!("no {operation}"))
    };
    let token = find("AcknowledgeThirdPartyJob")["request"]["body"]["clientToken"].clone();
    assert_eq!(
        find("GetThirdPartyJobDetails")["request"]["body"]["clientToken"],
        token
    );
    let token = token.as_str().unwrap();
    let failure = &find("PutThirdPartyJobFailureResult")["request"]["body"];
    assert_eq!(
        failure["failureDetails"]["message"],
        format!("token {token} was refused")
    );
    let error = &find("AcknowledgeThirdPartyJob")["response"];
    assert!(
        error["body"]["message"].as_str().unwrap().contains(token),
        "{error}"
    );
    let names: Vec<&str> = error["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| pair[0].as_str().unwrap())
        .collect();
    assert!(!names.contains(&"set-cookie"), "{names:?}");
    assert!(!names.contains(&"x-amz-security-token"), "{names:?}");
    assert!(names.contains(&"x-amz-debug"), "{names:?}");
    // What looks like no secret stays readable.
    let details = &find("GetThirdPartyJobDetails")["response"]["body"]["jobDetails"]["data"];
    assert_eq!(
        details["actionConfiguration"]["configuration"]["Url"],
        "https://example.com/hook"
    );

    // A client that only knows the tape sends its placeholders; one with the true secrets sends those.
    for secret in [token, CLIENT_TOKEN] {
        let server = sandbox.replay("planted", &[]);
        let body = json!({ "jobId": "third-1", "clientToken": secret });
        let answer = server.call("GetThirdPartyJobDetails", &body.to_string());
        assert_eq!(answer.status(), 200, "{}", answer.text());
        server.stop_ok();
    }
}

#[test]
fn placeholders_satisfy_the_constraints_of_what_they_replace() {
    let sandbox = Sandbox::new();
    record(&sandbox, "text");
    let kept = exchanges(&sandbox.export("planted"));
    let job = &kept[1]["response"]["body"]["jobs"][0];
    assert_eq!(job["id"], BUILD_JOB, "a job id is no account id");
    assert_eq!(job["nonce"], BUILD_NONCE);
    let account = job["accountId"].as_str().unwrap();
    assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(
        job["data"]["pipelineContext"]["pipelineArn"],
        format!("arn:aws:codepipeline:us-east-1:{account}:release")
    );
    let key = job["data"]["artifactCredentials"]["accessKeyId"]
        .as_str()
        .unwrap();
    assert!(
        key.starts_with("ASIA") && key.len() == ARTIFACT_KEY.len(),
        "{key}"
    );
    assert_eq!(
        job["data"]["actionConfiguration"]["configuration"]["ProjectName"],
        "caf\u{e9} \u{1f680}"
    );
}

#[test]
fn flags_widen_and_narrow_what_is_redacted() {
    let sandbox = Sandbox::new();
    for (tape, flags, account_kept, project_kept, oauth_kept) in [
        ("default", &[][..], false, true, false),
        ("accounts", &["--keep-account-ids"], true, true, false),
        ("all", &["--redact-config", "all"], false, false, false),
        ("none", &["--redact-config", "none"], false, true, true),
    ] {
        let upstream = JobService::upstream();
        let server = sandbox.record(tape, &upstream.url(), flags);
        server.call("PollForJobs", "{}");
        server.call("PollForJobs", "{}");
        let ended = server.stop_ok();
        let exported = sandbox.export(tape);
        let holds = |text: &str| contains(exported.as_bytes(), text.as_bytes());
        assert_eq!(holds(ACCOUNT), account_kept, "{tape}");
        assert_eq!(holds(OAUTH_TOKEN), oauth_kept, "{tape}");
        let job = &exchanges(&exported)[1]["response"]["body"]["jobs"][0];
        let project = &job["data"]["actionConfiguration"]["configuration"]["ProjectName"];
        assert_eq!(*project == "caf\u{e9} \u{1f680}", project_kept, "{tape}");
        assert!(!holds(ARTIFACT_SECRET), "{tape}");
        // The summary lists each configuration key kept in clear.
        assert_eq!(
            ended.stderr.contains("ProjectName"),
            project_kept,
            "{ended}"
        );
        assert_eq!(ended.stderr.contains("OAuthToken"), oauth_kept, "{ended}");
    }
}
