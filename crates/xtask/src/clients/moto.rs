//! Signatures checked by others: moto's server, with botocore's own code.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::difference::Kinship;
use super::program::Surroundings;
use super::runner::{DONE, Runner};
use super::server::Server;
use super::session::Session;
use super::tape::TapeFile;

/// Records pipelines being made and changed, signed with plain keys and with those of a session, and plays
/// them back; then records that a wrong secret is refused.
///
/// `runner`'s worker is `tests/clients/moto/pipelines.py`.
///
/// # Errors
///
/// Says what did not hold.
pub(crate) fn check(runner: &Runner<'_>, server: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(&runner.directory)?;
    let keys_file = runner.directory.join("keys.json");
    let words: [OsString; 3] = ["python3".into(), server.into(), keys_file.clone().into()];
    let moto = runner.serve(&words, "moto")?;
    let keys: Value = serde_json::from_str(&fs::read_to_string(&keys_file)?)?;
    for owner in ["user", "role"] {
        let surroundings = signing(runner, &keys[owner], None)?;
        let (live, tape) = recorded(runner, owner, &moto, &surroundings)?;
        ensure!(
            live.has_step("get-deleted"),
            "{owner}: ended after {} calls",
            live.calls()
        );
        tape.must_not_have(&values(&keys[owner]))?;
    }
    let wrong = signing(runner, &keys["user"], Some("wrong"))?;
    let (_, tape) = recorded(runner, "wrong", &moto, &wrong)?;
    ensure!(
        tape.statuses() == [403],
        "a wrong secret: statuses {:?}",
        tape.statuses()
    );
    moto.stop(DONE)
}

/// Records the worker and plays the tape back; gives what it saw, and the tape.
fn recorded(
    runner: &Runner<'_>,
    name: &str,
    moto: &Server,
    surroundings: &Surroundings,
) -> anyhow::Result<(Session, TapeFile)> {
    let (live, tape) = runner.record(name, moto, surroundings)?;
    let played = runner.play(&format!("{name}.replay"), &tape)?;
    played
        .must_be(&live, Kinship::Redacted)
        .with_context(|| format!("the replay of {name}"))?;
    Ok((live, TapeFile::read(&tape)?))
}

/// An environment with these keys, or with another secret.
fn signing(
    runner: &Runner<'_>,
    keys: &Value,
    secret: Option<&str>,
) -> anyhow::Result<Surroundings> {
    let mut surroundings = runner
        .surroundings()
        .with("AWS_DEFAULT_REGION", "us-east-1");
    for (variable, name) in [
        ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
        ("AWS_SESSION_TOKEN", "SessionToken"),
    ] {
        if let Some(value) = keys[name].as_str() {
            surroundings = surroundings.with(variable, value);
        }
    }
    ensure!(keys["AccessKeyId"].is_string(), "moto gave no keys");
    Ok(match secret {
        Some(secret) => surroundings.with("AWS_SECRET_ACCESS_KEY", secret),
        None => surroundings,
    })
}

fn values(keys: &Value) -> Vec<String> {
    let values = keys.as_object().into_iter().flat_map(|keys| keys.values());
    let texts = values.filter_map(|value| value.as_str().map(str::to_owned));
    texts.collect()
}
