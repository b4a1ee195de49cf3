//! Each place that credentials come from, by itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::json;

use super::stand_ins::{
    SECRET, TOKEN, codepipeline, credentials_json, instance, recorder, signed_by, sts,
};
use crate::support::answer::Answer;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::upstream::{Step, Upstream, deserted_address};

const ROLE: &str = "arn:aws:iam::210987654321:role/worker";

#[test]
fn profiles_of_both_files_by_variable_and_by_flag() {
    let sandbox = Sandbox::new();
    let config = format!(
        "[default]\naws_access_key_id = AKIADEFAULTPROFILE01\naws_secret_access_key = {SECRET}\n"
    );
    let shared = format!(
        "[other]\naws_access_key_id = AKIAOTHERPROFILE0001\naws_secret_access_key = {SECRET}\n"
    );
    let config = sandbox.write("config", config);
    let shared = sandbox.write("credentials", shared);
    let files = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", shared.as_str()),
    ];
    let check = |more: &[&str], variables: &[(&str, &str)], key: &str| {
        let variables = [&files, variables].concat();
        let (request, signed) = signed_by(&Sandbox::new(), more, &variables);
        assert_eq!(signed.access_key, key);
        assert_eq!(request.header("x-amz-security-token"), None);
    };
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIAINTHEENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
    ];
    check(&[], &[], "AKIADEFAULTPROFILE01");
    check(&[], &[("AWS_PROFILE", "other")], "AKIAOTHERPROFILE0001");
    check(&["--profile", "other"], &[], "AKIAOTHERPROFILE0001");
    check(
        &["--profile", "other"],
        &[("AWS_PROFILE", "default")],
        "AKIAOTHERPROFILE0001",
    );
    check(&[], &keys, "AKIAINTHEENVIRONMENT");
    check(&["--profile", "other"], &keys, "AKIAOTHERPROFILE0001");
}

#[test]
fn a_process_that_prints_them() {
    let sandbox = Sandbox::new();
    let printed = credentials_json("ASIAFROMTHEPROCESS01", Duration::from_secs(3600));
    let script = sandbox.write(
        "give-credentials",
        format!("#!/bin/sh\ntest \"$1\" = for-pipetape && echo '{printed}'\n"),
    );
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let config = sandbox.write(
        "config",
        format!("[profile process]\ncredential_process = {script} for-pipetape\n"),
    );
    let (request, signed) = signed_by(
        &sandbox,
        &["--profile", "process"],
        &[("AWS_CONFIG_FILE", &config)],
    );
    assert_eq!(signed.access_key, "ASIAFROMTHEPROCESS01");
    assert_eq!(
        request.header("x-amz-security-token").as_deref(),
        Some(TOKEN)
    );
}

#[test]
fn a_role_that_a_profile_assumes() {
    let sandbox = Sandbox::new();
    let sts = sts("ASIAFROMASSUMEDROLE1");
    let config = format!(
        "[profile role]\nrole_arn = {ROLE}\nsource_profile = base\n\
         [profile base]\naws_access_key_id = AKIABASEPROFILE00001\naws_secret_access_key = {SECRET}\n"
    );
    let config = sandbox.write("config", config);
    let (request, signed) = signed_by(
        &sandbox,
        &["--profile", "role"],
        &[
            ("AWS_CONFIG_FILE", &config),
            ("AWS_ENDPOINT_URL_STS", &sts.url()),
        ],
    );
    assert_eq!(signed.access_key, "ASIAFROMASSUMEDROLE1");
    assert_eq!(
        request.header("x-amz-security-token").as_deref(),
        Some(TOKEN)
    );
    let asked = &sts.received()[0];
    assert!(
        asked.text().contains("Action=AssumeRole&"),
        "{}",
        asked.text()
    );
    let by = asked.header("authorization").unwrap();
    assert!(by.contains("AKIABASEPROFILE00001/"), "{by}");
}

#[test]
fn a_web_identity() {
    let sandbox = Sandbox::new();
    let sts = sts("ASIAFROMWEBIDENTITY1");
    let token = sandbox.write("token", "a.web.identity");
    let (request, signed) = signed_by(
        &sandbox,
        &[],
        &[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", &token),
            ("AWS_ROLE_ARN", ROLE),
            ("AWS_ROLE_SESSION_NAME", "pipetape-test"),
            ("AWS_ENDPOINT_URL_STS", &sts.url()),
        ],
    );
    assert_eq!(signed.access_key, "ASIAFROMWEBIDENTITY1");
    assert_eq!(
        request.header("x-amz-security-token").as_deref(),
        Some(TOKEN)
    );
    let asked = sts.received()[0].text();
    for piece in [
        "Action=AssumeRoleWithWebIdentity",
        "WebIdentityToken=a.web.identity",
        "RoleSessionName=pipetape-test",
    ] {
        assert!(asked.contains(piece), "no {piece} in {asked}");
    }
}

#[test]
fn a_container() {
    let sandbox = Sandbox::new();
    let endpoint = Upstream::start(|_, _| {
        let body = credentials_json("ASIAFROMTHECONTAINER", Duration::from_secs(3600));
        Step::Answer(Answer::other(200, "application/json", body.to_string()))
    });
    let token = sandbox.write("token", "container-token");
    let (request, signed) = signed_by(
        &sandbox,
        &[],
        &[
            (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                &format!("{}/v1/credentials", endpoint.url()),
            ),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token),
            // Metadata services are asked straight, whatever proxy there is.
            ("HTTP_PROXY", &format!("http://{}", deserted_address())),
        ],
    );
    assert_eq!(signed.access_key, "ASIAFROMTHECONTAINER");
    assert_eq!(
        request.header("x-amz-security-token").as_deref(),
        Some(TOKEN)
    );
    let asked = &endpoint.received()[0];
    assert_eq!(asked.start_line(), "GET /v1/credentials HTTP/1.1");
    assert_eq!(
        asked.header("authorization").as_deref(),
        Some("container-token")
    );
}

#[test]
fn an_instance() {
    let metadata = instance("ASIAFROMTHEINSTANCE1");
    let (request, signed) = signed_by(
        &Sandbox::new(),
        &[],
        &[
            ("AWS_EC2_METADATA_DISABLED", "false"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url()),
        ],
    );
    assert_eq!(signed.access_key, "ASIAFROMTHEINSTANCE1");
    assert_eq!(
        request.header("x-amz-security-token").as_deref(),
        Some(TOKEN)
    );
}

/// A session of `aws sso login`: its token lies in a cache under the home, in a file named by a hash of the session's name.
#[test]
fn a_single_sign_on_session() {
    const CACHED: &str = "home/.aws/sso/cache/e276d18d65653fa285155bfd3e11ab029306830c.json";
    let sandbox = Sandbox::new();
    let portal = Upstream::start(|_, _| {
        let body = json!({ "roleCredentials": {
            "accessKeyId": "ASIAFROMSINGLESIGNON", "secretAccessKey": SECRET,
            "sessionToken": TOKEN, "expiration": 4_102_444_800_000_u64
        }});
        Step::Answer(Answer::other(200, "application/json", body.to_string()))
    });
    let config = sandbox.write(
        "config",
        "[profile sso]\nsso_session = corporate\nsso_account_id = 210987654321\nsso_role_name = Worker\n\
         [sso-session corporate]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n",
    );
    fs::create_dir_all(sandbox.path("home/.aws/sso/cache")).unwrap();
    let cached = json!({
        "accessToken": "sso-access-token", "expiresAt": "2099-01-01T00:00:00Z",
        "region": "us-east-1", "startUrl": "https://example.awsapps.com/start"
    });
    sandbox.write(CACHED, cached.to_string());
    let (_, signed) = signed_by(
        &sandbox,
        &["--profile", "sso"],
        &[
            ("AWS_CONFIG_FILE", &config),
            ("AWS_ENDPOINT_URL_SSO", &portal.url()),
        ],
    );
    assert_eq!(signed.access_key, "ASIAFROMSINGLESIGNON");
    let asked = &portal.received()[0];
    let line = asked.start_line();
    assert!(line.starts_with("GET /federation/credentials?"), "{line}");
    assert!(line.contains("role_name=Worker"), "{line}");
    assert_eq!(
        asked.header("x-amz-sso_bearer_token").as_deref(),
        Some("sso-access-token")
    );
}

/// Every provider tried, and why it had none: in one line, for whoever has to mend it.
#[test]
fn without_any_the_error_tells_each_place_and_why() {
    let sandbox = Sandbox::new();
    let upstream = codepipeline();
    let server = Server::start(recorder(&sandbox, &upstream, &[], &[]));
    let answer = server.call("AcknowledgeJob", "{}");
    assert_eq!(answer.status(), 400);
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(message, @"pipetape has no AWS credentials to sign with; looked in environment, profile `default`, web identity, container and instance metadata, in this order: Environment (environment variable not set), Profile (nothing is configured), WebIdentityToken ($AWS_WEB_IDENTITY_TOKEN_FILE was not set), EcsContainer (ECS provider not configured), Ec2InstanceMetadata (IMDS disabled by AWS_EC2_METADATA_DISABLED env var set to `true`); give pipetape credentials (environment, --profile, SSO, a role), or keep the client's signature with --sign keep");
    assert!(upstream.received().is_empty());
    server.stop_ok();
}

/// A place that has credentials to give and fails ends the search: later ones must not stand in for it.
#[test]
fn a_place_that_fails_is_told_with_its_reason() {
    let sandbox = Sandbox::new();
    let config = sandbox.write("config", "[default]\ncredential_process = sh -c 'exit 3'\n");
    let deserted = format!("http://{}", deserted_address());
    let token = sandbox.write("token", "a.web.identity");
    let container = format!("{deserted}/v1/credentials");
    for (variables, said) in [
        (vec![("AWS_CONFIG_FILE", config.as_str())], "exit status: 3"),
        (
            vec![
                ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
                ("AWS_ROLE_ARN", ROLE),
                ("AWS_ENDPOINT_URL_STS", deserted.as_str()),
            ],
            "Connection refused",
        ),
        (
            vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.as_str())],
            "Connection refused",
        ),
    ] {
        let sandbox = Sandbox::new();
        let upstream = codepipeline();
        let server = Server::start(recorder(&sandbox, &upstream, &[], &variables));
        let answer = server.call("AcknowledgeJob", "{}");
        assert_eq!(answer.status(), 400);
        let text = answer.text();
        assert!(text.contains(said), "no `{said}`: {text}");
        assert!(upstream.received().is_empty());
        server.stop_ok();
    }
}
