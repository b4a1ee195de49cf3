//! `ca`.

use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::SystemTime;

use humantime::format_rfc3339_seconds;
use pipetape_serve::authority::{AuthorityDetails, CertificateAuthority};
use serde::Serialize;

use crate::arguments::{CaArguments, CaCommand};
use crate::exit;
use crate::failure::Failure;
use crate::interception::{open_authority, renew_authority};
use crate::layout::{OutputError, json_to_stdout, to_stdout};
use crate::text::printable;

/// Prints the path of the root certificate, or describes the authority.
pub(crate) fn run(arguments: &CaArguments) -> Result<u8, Failure> {
    match &arguments.command {
        CaCommand::Path(directory) => print_path(&open_authority(directory)?)?,
        CaCommand::Renew(directory) => print_path(&renew_authority(directory)?)?,
        CaCommand::Show(show) => {
            let authority = open_authority(&show.directory)?;
            if show.json {
                json_to_stdout(&ShownAuthority::from(authority.details()))?;
            } else {
                to_stdout(|out| out.write_all(text(authority.details()).as_bytes()))?;
            }
        }
    }
    Ok(exit::DONE)
}

fn print_path(authority: &CertificateAuthority) -> Result<(), OutputError> {
    to_stdout(|out| {
        out.write_all(authority.root_file().as_os_str().as_bytes())?;
        out.write_all(b"\n")
    })
}

fn text(facts: &AuthorityDetails) -> String {
    let path = |path: &Path| printable(&path.display().to_string()).into_owned();
    let lines = [
        ("certificate", path(&facts.root_file)),
        ("subject", facts.subject.clone()),
        ("SHA-256", fingerprint(facts)),
        ("valid from", date(facts.not_before)),
        ("valid until", date(facts.not_after)),
        ("key", path(&facts.key_file)),
        (
            "signs for",
            "names under the following, and no IP address".to_owned(),
        ),
    ];
    let mut text: String = lines
        .iter()
        .map(|(name, value)| format!("{name:<11}  {value}\n"))
        .collect();
    for name in &facts.permitted_names {
        text.push_str(&format!("{:<11}  {name}\n", ""));
    }
    text
}

/// As browsers and OpenSSL print it.
fn fingerprint(facts: &AuthorityDetails) -> String {
    let pairs: Vec<String> = facts
        .fingerprint
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    pairs.join(":")
}

fn date(moment: SystemTime) -> String {
    format_rfc3339_seconds(moment).to_string()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownAuthority<'a> {
    certificate: String,
    subject: &'a str,
    sha256: String,
    valid_from: String,
    valid_until: String,
    key: String,
    permitted_names: &'a [&'static str],
}

impl<'a> From<&'a AuthorityDetails> for ShownAuthority<'a> {
    fn from(facts: &'a AuthorityDetails) -> Self {
        ShownAuthority {
            certificate: facts.root_file.display().to_string(),
            subject: &facts.subject,
            sha256: fingerprint(facts),
            valid_from: date(facts.not_before),
            valid_until: date(facts.not_after),
            key: facts.key_file.display().to_string(),
            permitted_names: &facts.permitted_names,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn facts() -> AuthorityDetails {
        let moment = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        AuthorityDetails {
            subject: "O=pipetape, CN=pipetape root 1f2e3d4c".to_owned(),
            fingerprint: [0x1f; 32],
            not_before: moment(1_800_000_000),
            not_after: moment(1_831_536_000),
            permitted_names: vec!["amazonaws.com", "api.aws"],
            root_file: "/data/ca/pipetape-ca.pem".into(),
            key_file: "/data/ca/pipetape-ca.key".into(),
        }
    }

    #[test]
    fn facts_are_shown_to_people() {
        insta::assert_snapshot!(text(&facts()), @r"
        certificate  /data/ca/pipetape-ca.pem
        subject      O=pipetape, CN=pipetape root 1f2e3d4c
        SHA-256      1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F
        valid from   2027-01-15T08:00:00Z
        valid until  2028-01-15T08:00:00Z
        key          /data/ca/pipetape-ca.key
        signs for    names under the following, and no IP address
                     amazonaws.com
                     api.aws
        ");
    }

    #[test]
    fn facts_are_shown_to_programs() {
        let json = serde_json::to_string_pretty(&ShownAuthority::from(&facts())).unwrap();
        insta::assert_snapshot!(json, @r#"
        {
          "certificate": "/data/ca/pipetape-ca.pem",
          "subject": "O=pipetape, CN=pipetape root 1f2e3d4c",
          "sha256": "1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F:1F",
          "validFrom": "2027-01-15T08:00:00Z",
          "validUntil": "2028-01-15T08:00:00Z",
          "key": "/data/ca/pipetape-ca.key",
          "permittedNames": [
            "amazonaws.com",
            "api.aws"
          ]
        }
        "#);
    }
}
