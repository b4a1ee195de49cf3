//! What `--intercept` puts around a command is enough for programs that know nothing of pipetape.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::support::program;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, two_answers};

const URL: &str = "https://codepipeline.eu-west-1.amazonaws.com/";
const TARGET: &str = "CodePipeline_20150709.AcknowledgeJob";

/// A replay around a command, in an environment that leads everywhere but to it.
fn around(sandbox: &Sandbox, wrapped: &[&str]) -> Command {
    let file = sandbox.write("tape.json", two_answers().text());
    let args = [&["replay", &file, "--intercept", "--"], wrapped].concat();
    let mut command = sandbox.command(&args);
    command
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("https_proxy", "http://127.0.0.1:1")
        .env("NO_PROXY", ".internal,*")
        .env("no_proxy", ".internal,.amazonaws.com")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    command
}

#[track_caller]
fn check(program: &[&str]) {
    let sandbox = Sandbox::new();
    let body = acknowledge("1").to_string();
    let wrapped = [program, &[URL, TARGET, &body]].concat();
    let ended = program::run(around(&sandbox, &wrapped));
    ended.assert(0, &["served 1, missed 0"]);
    assert_eq!(ended.stdout, r#"{"status":"InProgress"}"#, "{ended}");
}

fn client(name: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tls");
    let directory = fs::canonicalize(directory).unwrap();
    directory.join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_jvm_needs_no_more() {
    if program::is_skipped_without("java", "-version") {
        return;
    }
    check(&["java", &client("Post.java")]);
}

#[test]
fn python_needs_no_more() {
    check(&["python3", &client("post.py")]);
}

#[test]
fn curl_needs_no_more() {
    let script = r#"curl --silent --show-error --max-time 20 "$1" -H "X-Amz-Target: $2" -d "$3""#;
    check(&["sh", "-c", script, "sh"]);
}

#[test]
fn the_variables_lead_to_the_proxy_and_to_certificates() {
    let sandbox = Sandbox::new();
    let root = PathBuf::from(sandbox.ok(&["ca", "path"]).trim_end());
    let root = CertificateDer::from_pem_file(root).unwrap();
    // The files are gone when the command is.
    let script = "env; mkdir kept; cp \"$SSL_CERT_FILE\" kept/bundle; cp \"$NODE_EXTRA_CA_CERTS\" kept/extra";
    let ended = program::run(around(&sandbox, &["sh", "-c", script]));
    ended.assert(0, &["listening on http://127.0.0.1:"]);
    let found: BTreeMap<&str, &str> = ended
        .stdout
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let listening = ended
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("listening on "));
    assert_eq!(Some(found["HTTPS_PROXY"]), listening);
    assert_eq!(Some(found["https_proxy"]), listening);
    assert_eq!(found["NO_PROXY"], ".internal,127.0.0.1,localhost,::1");
    assert_eq!(found["no_proxy"], ".internal,127.0.0.1,localhost,::1");
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CODEPIPELINE"] {
        assert!(!found.contains_key(name), "{name}");
    }
    assert_eq!(found["AWS_CA_BUNDLE"], found["SSL_CERT_FILE"]);
    assert_eq!(found["REQUESTS_CA_BUNDLE"], found["SSL_CERT_FILE"]);
    let certificates = |name: &str| -> Vec<CertificateDer<'static>> {
        let file = sandbox.path("kept").join(name);
        let certificates = CertificateDer::pem_file_iter(file).unwrap();
        certificates.map(Result::unwrap).collect()
    };
    assert_eq!(certificates("extra"), std::slice::from_ref(&root));
    assert!(certificates("bundle").contains(&root));
    assert!(!Path::new(found["SSL_CERT_FILE"]).exists());
}
