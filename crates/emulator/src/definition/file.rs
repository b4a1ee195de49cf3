//! Reading jobs from JSON.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{JobDefinition, raw};

/// Reads the jobs in a file; see [`jobs_from_json`].
///
/// # Errors
///
/// The file can't be read, or what it holds is not in order.
pub fn jobs_from_file(path: impl AsRef<Path>) -> Result<Vec<JobDefinition>, JobsFileError> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|source| JobsFileError::Read {
        path: path.to_owned(),
        source,
    })?;
    jobs_from_json(&bytes)
}

/// Reads jobs from JSON: one job, a list of jobs, or an object with a list under `jobs`.
///
/// [The crate's page](crate#jobs) has the format.
///
/// ```
/// let jobs = pipetape_emulator::jobs_from_json(br#"[{}, {"configuration": {"Target": "blue"}}]"#)?;
/// assert_eq!(jobs.len(), 2);
///
/// let error = pipetape_emulator::jobs_from_json(b"{\n  \"colour\": 1\n}").unwrap_err();
/// assert!(error.to_string().contains("`colour`"));
/// assert!(error.to_string().contains("line 2"));
/// # Ok::<(), pipetape_emulator::JobsFileError>(())
/// ```
///
/// # Errors
///
/// JSON that is malformed, has a member that is not known or a value that is not allowed, or gives
/// one id to two jobs.
pub fn jobs_from_json(bytes: &[u8]) -> Result<Vec<JobDefinition>, JobsFileError> {
    /// Notices `jobs` and passes over everything else.
    #[derive(Deserialize)]
    #[serde(expecting = "a job, a list of jobs, or an object with such a list under `jobs`")]
    struct Outermost {
        jobs: Option<IgnoredAny>,
    }
    let jobs = match bytes.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice::<Vec<raw::JobEntry>>(bytes)?,
        _ => match serde_json::from_slice::<Outermost>(bytes)?.jobs {
            Some(_) => serde_json::from_slice::<raw::JobList>(bytes)?.jobs,
            None => vec![serde_json::from_slice::<raw::JobEntry>(bytes)?],
        },
    };
    let jobs: Vec<_> = jobs.into_iter().map(|raw::JobEntry(job)| job).collect();
    let mut ids = HashSet::new();
    for (at, job) in jobs.iter().enumerate() {
        if let Some(id) = &job.id
            && !ids.insert(id)
        {
            return Err(JobsFileError::RepeatedId {
                id: id.to_string(),
                job: at + 1,
            });
        }
    }
    Ok(jobs)
}

/// Why jobs can't be read. The fault is in what was given.
#[derive(Debug, thiserror::Error)]
pub enum JobsFileError {
    /// The file can't be read.
    #[error("jobs file `{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The JSON is malformed, or a member of it is unknown or not allowed. The text names the
    /// member, the line and the column; the cause is part of it, and not repeated as a source.
    #[error("jobs are not in order: {0} (docs/emulator.md has the format)")]
    Json(serde_json::Error),
    /// Two jobs have one id.
    #[error(
        "job {job} has the id `{id}`, which an earlier one has: leave it out to have one made up"
    )]
    RepeatedId {
        /// The id.
        id: String,
        /// The place of the second job with it, from 1.
        job: usize,
    },
}

impl From<serde_json::Error> for JobsFileError {
    fn from(error: serde_json::Error) -> JobsFileError {
        JobsFileError::Json(error)
    }
}

#[cfg(test)]
mod tests {
    use pipetape_core::shapes::ActionOwner;

    use super::*;
    use crate::definition::Given;

    fn refusal(json: &str) -> String {
        jobs_from_json(json.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn one_job_a_list_and_a_list_in_an_object() {
        for (json, count) in [
            ("{}", 1),
            ("  [ ]", 0),
            ("[{}, {}]", 2),
            (r#"{"jobs": [{}, {}, {}]}"#, 3),
            (r#"{"id": "0f1e2d3c-4b5a-4968-8776-655443322110"}"#, 1),
        ] {
            assert_eq!(
                jobs_from_json(json.as_bytes()).unwrap().len(),
                count,
                "{json}"
            );
        }
    }

    #[test]
    fn the_worked_example_is_in_order() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/jobs.json");
        let jobs = jobs_from_file(path).unwrap();
        let owners = jobs
            .iter()
            .map(|job| job.action_type_id.as_ref().map(|id| id.owner.name()));
        let owners: Vec<_> = owners.collect();
        assert_eq!(owners, [None, Some("Custom"), Some("ThirdParty")]);
        assert_eq!(jobs[1].encryption_key, Given::LeftOut);
        assert!(jobs[2].client.is_some());
    }

    #[test]
    fn data_may_stand_where_the_service_has_it() {
        let flat = r#"{"id": "0f1e2d3c-4b5a-4968-8776-655443322110", "accountId": "111122223333",
            "actionTypeId": {"owner": "ThirdParty"}, "configuration": {"a": "b"}, "delay": "5s",
            "inputArtifacts": [], "artifactCredentials": null, "encryptionKey": {"id": "k"},
            "continuationToken": "t", "pipelineContext": {"stage": {"name": "s"}},
            "clientId": "0f1e2d3c-4b5a-4968-8776-655443322111", "clientToken": "c"}"#;
        let nested = r#"{"id": "0f1e2d3c-4b5a-4968-8776-655443322110", "accountId": "111122223333",
            "data": {"actionTypeId": {"category": "Build", "owner": "ThirdParty", "provider": "Example", "version": "1"},
            "actionConfiguration": {"configuration": {"a": "b"}},
            "inputArtifacts": [], "artifactCredentials": null, "encryptionKey": {"id": "k", "type": "KMS"},
            "continuationToken": "t", "pipelineContext": {"stage": {"name": "s"}}}, "delay": "5s",
            "clientId": "0f1e2d3c-4b5a-4968-8776-655443322111", "clientToken": "c"}"#;
        let flat = jobs_from_json(flat.as_bytes()).unwrap();
        assert_eq!(flat, jobs_from_json(nested.as_bytes()).unwrap());
        let id = flat[0].action_type_id.as_ref().unwrap();
        assert_eq!(id.owner, ActionOwner::ThirdParty);
    }

    #[test]
    fn refusals_name_member_and_line() {
        insta::assert_snapshot!(refusal("{\n\"inputArtifacts\": [\n{\"nam\": \"x\"}]}"), @"jobs are not in order: unknown field `nam`, expected one of `name`, `revision`, `location` at line 3 column 6 (docs/emulator.md has the format)");
        insta::assert_snapshot!(refusal("{\"jobs\": [],\n\"more\": 1}"), @"jobs are not in order: unknown field `more`, expected `jobs` at line 2 column 6 (docs/emulator.md has the format)");
        insta::assert_snapshot!(refusal("{\n\"id\": \"F\"}"), @"jobs are not in order: text is not a valid JobId: Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12} at line 2 column 10 (docs/emulator.md has the format)");
        insta::assert_snapshot!(refusal("{\n\"delay\": \"5 apples\"}"), @r#"jobs are not in order: duration such as `30s` or `5m` is expected: unknown time unit "apples", supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, years (and few variations) at line 2 column 20 (docs/emulator.md has the format)"#);
        insta::assert_snapshot!(refusal("[{},\n{\"actionTypeId\": {\"owner\": \"AWS\"}}]"), @"jobs are not in order: `actionTypeId.owner` is `AWS`, whose jobs no worker can poll for: `Custom` or `ThirdParty` is expected at line 2 column 34 (docs/emulator.md has the format)");
        insta::assert_snapshot!(refusal("{\"clientToken\": \"c\"}"), @"jobs are not in order: `clientId` and `clientToken` are for third-party jobs: set `actionTypeId.owner` to `ThirdParty` at line 1 column 20 (docs/emulator.md has the format)");
        insta::assert_snapshot!(refusal("{\"data\": {\"configuration\": {}}, \"configuration\": {}}"), @"jobs are not in order: `configuration` is in `data` and beside it, once is enough at line 1 column 52 (docs/emulator.md has the format)");
        insta::assert_snapshot!(refusal("{\"configuration\": {\"a\": \"\"}}"), @"jobs are not in order: text is not a valid ConfigurationValue: Member must have length greater than or equal to 1 at line 1 column 27 (docs/emulator.md has the format)");
        insta::assert_snapshot!(refusal("3"), @"jobs are not in order: invalid type: integer `3`, expected a job, a list of jobs, or an object with such a list under `jobs` at line 1 column 1 (docs/emulator.md has the format)");
        insta::assert_snapshot!(refusal(""), @"jobs are not in order: EOF while parsing a value at line 1 column 0 (docs/emulator.md has the format)");
        let id = r#"{"id": "0f1e2d3c-4b5a-4968-8776-655443322110"}"#;
        insta::assert_snapshot!(refusal(&format!("[{id}, {id}]")), @"job 2 has the id `0f1e2d3c-4b5a-4968-8776-655443322110`, which an earlier one has: leave it out to have one made up");
    }

    #[test]
    fn a_refused_secret_is_not_repeated() {
        let long = "hunter2".repeat(60);
        let text = refusal(&format!(
            r#"{{"actionTypeId": {{"owner": "ThirdParty"}}, "clientToken": "{long}"}}"#
        ));
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = jobs_from_file("no/such/jobs.json").unwrap_err();
        insta::assert_snapshot!(error, @"jobs file `no/such/jobs.json` cannot be read");
    }
}
