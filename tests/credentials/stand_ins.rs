//! Stand-ins for the services that give out credentials, and a recorder that asks them.

use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::support::answer::Answer;
use crate::support::message::Message;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::signature::{Signed, verify};
use crate::support::tape_file::acknowledge;
use crate::support::upstream::{Step, Upstream};

/// The secret that every stand-in gives out.
pub(crate) const SECRET: &str = "standInSecret/0aB1cD2eF3gH4iJ5kL6mN7oPqRsTu";
/// The session token with it.
pub(crate) const TOKEN: &str = "IQoJb3JpZ2luX2VjEStandIn//////////wEaCXVzLWVhc3QtMSJH+token==";

/// A CodePipeline that says yes.
pub(crate) fn codepipeline() -> Upstream {
    Upstream::always(Step::Answer(Answer::ok(r#"{"status":"InProgress"}"#)))
}

/// An STS: any call gives out credentials with this key.
pub(crate) fn sts(key: &'static str) -> Upstream {
    Upstream::start(move |request, _| {
        Step::Answer(Answer::other(200, "text/xml", sts_body(request, key)))
    })
}

/// What STS answers, whichever role is assumed.
pub(crate) fn sts_body(request: &Message, key: &str) -> String {
    let form = request.text();
    let action = if form.contains("Action=AssumeRoleWithWebIdentity") {
        "AssumeRoleWithWebIdentity"
    } else {
        "AssumeRole"
    };
    format!(
        "<{action}Response><{action}Result><Credentials><AccessKeyId>{key}</AccessKeyId>\
         <SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>\
         <Expiration>{}</Expiration></Credentials><AssumedRoleUser>\
         <Arn>arn:aws:sts::210987654321:assumed-role/worker/x</Arn><AssumedRoleId>A:x</AssumedRoleId>\
         </AssumedRoleUser></{action}Result></{action}Response>",
        expiration(Duration::from_secs(3600))
    )
}

/// The JSON that containers, instances and processes give credentials in.
pub(crate) fn credentials_json(key: &str, lasts: Duration) -> serde_json::Value {
    json!({
        "Version": 1, "Code": "Success", "AccessKeyId": key, "SecretAccessKey": SECRET,
        "Token": TOKEN, "SessionToken": TOKEN, "Expiration": expiration(lasts)
    })
}

fn expiration(lasts: Duration) -> String {
    humantime::format_rfc3339_seconds(SystemTime::now() + lasts).to_string()
}

/// An instance's metadata service, version 2: nothing without a token from it.
pub(crate) fn instance(key: &'static str) -> Upstream {
    const TOKEN: &str = "metadata-token";
    const ROLE: &str = "/latest/meta-data/iam/security-credentials/";
    Upstream::start(move |request, _| {
        let line = request.start_line();
        let mut words = line.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let text = |body: &str| Answer::other(200, "text/plain", body);
        let has_token = request.header("x-aws-ec2-metadata-token").as_deref() == Some(TOKEN);
        Step::Answer(match (method, path) {
            ("PUT", "/latest/api/token") => {
                let ttl = request.header("x-aws-ec2-metadata-token-ttl-seconds");
                text(TOKEN).with(
                    "x-aws-ec2-metadata-token-ttl-seconds",
                    &ttl.unwrap_or_default(),
                )
            }
            ("GET", _) if !has_token => Answer::other(401, "text/plain", "no token"),
            ("GET", ROLE) => text("worker"),
            ("GET", path) if path.strip_prefix(ROLE) == Some("worker") => {
                let body = credentials_json(key, Duration::from_secs(6 * 3600));
                Answer::other(200, "text/plain", body.to_string())
            }
            _ => Answer::other(404, "text/plain", "nothing here"),
        })
    })
}

/// The recorder with nothing but these variables: no keys, and a home without profiles.
pub(crate) fn recorder(
    sandbox: &Sandbox,
    upstream: &Upstream,
    more: &[&str],
    variables: &[(&str, &str)],
) -> Command {
    let url = upstream.url();
    let args = ["record", "t", "--upstream", &url, "--listen", "127.0.0.1:0"];
    let mut command = sandbox.command(&[&args, more].concat());
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .envs(variables.iter().copied());
    command
}

/// Records one call; gives what arrived, and what its signature says under [`SECRET`].
pub(crate) fn signed_by(
    sandbox: &Sandbox,
    more: &[&str],
    variables: &[(&str, &str)],
) -> (Message, Signed) {
    let upstream = codepipeline();
    let server = Server::start(recorder(sandbox, &upstream, more, variables));
    let answer = server.call("AcknowledgeJob", &acknowledge("1").to_string());
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let ended = server.stop_ok();
    for secret in [SECRET, TOKEN] {
        assert!(!ended.stderr.contains(secret), "{ended}");
    }
    let request = upstream.received().remove(0);
    let signed = verify(&request, SECRET).unwrap_or_else(|why| panic!("{why}"));
    (request, signed)
}
