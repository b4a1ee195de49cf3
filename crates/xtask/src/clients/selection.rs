//! Which clients and tests a run is about.

use std::ffi::OsString;

use super::Client;
use crate::needs;

/// The clients that are run, those that must not be skipped, and which of their tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) only: Vec<Client>,
    pub(crate) required: Vec<Client>,
    /// For libtest-mimic: a part of a test's name, `--skip`, `--exact`, `--list` ...
    pub(crate) tests: Vec<OsString>,
}

impl Selection {
    /// What has to be green before a change lands: everything that package managers bring. Go and Java are required
    /// if their toolchain is installed; version 2 of the aws CLI never is.
    pub(crate) fn for_ci() -> Self {
        let mut required = vec![
            Client::Boto3,
            Client::Boto3Of2021,
            Client::AwsCliV1,
            Client::JsV3,
            Client::JsV2,
            Client::Rust,
        ];
        if needs::is_on_path("go") {
            required.extend([Client::GoV2, Client::GoV1]);
        }
        if needs::is_on_path("javac") && needs::is_on_path("mvn") {
            required.extend([Client::JavaV2, Client::JavaV1]);
        }
        Self {
            only: Client::ALL.to_vec(),
            required,
            tests: Vec::new(),
        }
    }

    /// All clients, of which none may be skipped.
    pub(crate) fn whole() -> Self {
        Self {
            only: Client::ALL.to_vec(),
            required: Client::ALL.to_vec(),
            tests: Vec::new(),
        }
    }

    /// Reads `--only LIST` and `--require LIST`. Everything else goes to libtest-mimic.
    ///
    /// # Errors
    ///
    /// Says in plain words what is wrong with the arguments.
    pub(crate) fn parse(args: &[OsString]) -> Result<Self, String> {
        let mut selection = Self {
            only: Client::ALL.to_vec(),
            required: Vec::new(),
            tests: Vec::new(),
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let text = arg.to_string_lossy();
            let (option, value) = match text.split_once('=') {
                Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
                None => (text.clone().into_owned(), None),
            };
            let list = match option.as_str() {
                "--only" => &mut selection.only,
                "--require" => &mut selection.required,
                _ => {
                    selection.tests.push(arg.clone());
                    continue;
                }
            };
            let value = value.or_else(|| {
                args.next()
                    .map(|value| value.to_string_lossy().into_owned())
            });
            let value = value.ok_or_else(|| format!("`{option}` needs a list of clients"))?;
            *list = clients(&value)?;
        }
        match selection
            .required
            .iter()
            .find(|client| !selection.only.contains(client))
        {
            Some(client) => Err(format!(
                "`{client}` is required, but not among the ones to run"
            )),
            None => Ok(selection),
        }
    }
}

fn clients(list: &str) -> Result<Vec<Client>, String> {
    let named = |name: &str| {
        let found = Client::ALL.into_iter().find(|client| client.name() == name);
        found.ok_or_else(|| {
            let known = Client::ALL.map(Client::name).join(", ");
            format!("there is no client {name:?}; the clients are {known}")
        })
    };
    list.split(',').map(str::trim).map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Selection, String> {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        Selection::parse(&args)
    }

    #[test]
    fn all_are_run_and_none_is_required_unless_said() {
        let selection = parse(&[]).unwrap();
        assert_eq!(selection.only, Client::ALL);
        assert_eq!(selection.required, []);
        let selection = parse(&["--only", "rust, boto3", "--require=boto3"]).unwrap();
        assert_eq!(selection.only, [Client::Rust, Client::Boto3]);
        assert_eq!(selection.required, [Client::Boto3]);
        let selection = parse(&["--only", "rust", "miss", "--exact"]).unwrap();
        assert_eq!(selection.tests, ["miss", "--exact"]);
    }

    #[test]
    fn wrong_usage_is_named() {
        for (args, expected) in [
            (&["--only"][..], "`--only` needs a list of clients"),
            (
                &["--only", "cobol"][..],
                "there is no client \"cobol\"; the clients are boto3, boto3-2021, awscli-v1, awscli-v2, js-v3, js-v2, rust, go-v2, go-v1, java-v2, java-v1",
            ),
            (
                &["--only", "rust", "--require", "boto3"][..],
                "`boto3` is required, but not among the ones to run",
            ),
        ] {
            assert_eq!(parse(args).err().as_deref(), Some(expected));
        }
    }
}
