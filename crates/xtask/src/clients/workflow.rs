//! A workflow of GitHub Actions: what it runs, without a runner.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::program::{self, Surroundings};
use crate::workspace;

/// Reads YAML for us: the aws CLI's environment has PyYAML.
const AS_JSON: &str =
    "python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' <";

/// The commands of a workflow's only job, in order.
///
/// # Errors
///
/// It is not valid YAML, or not such a workflow.
pub(crate) fn commands(file: &Path, python: &Surroundings) -> anyhow::Result<Vec<String>> {
    let script = format!("{AS_JSON} {:?}", file.display().to_string());
    let folder = file.parent().unwrap_or(file);
    let log = file.with_extension("json");
    let ended = program::run_script(&["sh", "-euc"], &script, python, folder, &log)?;
    let json = ended.lines_if(0).context("not YAML")?.concat();
    steps(&serde_json::from_str(&json)?)
}

fn steps(workflow: &Value) -> anyhow::Result<Vec<String>> {
    // A YAML 1.1 reader takes `on` for `true`.
    ensure!(
        workflow["true"].is_array() || workflow["true"].is_object(),
        "it says not when to run"
    );
    let jobs = workflow["jobs"].as_object().context("it has no jobs")?;
    let mut jobs = jobs.values();
    let (Some(job), None) = (jobs.next(), jobs.next()) else {
        bail!("it has not one job");
    };
    ensure!(job["runs-on"].is_string(), "its job says not where to run");
    let mut commands = Vec::new();
    for (number, step) in job["steps"].as_array().into_iter().flatten().enumerate() {
        match (step["run"].as_str(), step["uses"].as_str()) {
            (Some(command), None) => commands.push(command.to_owned()),
            (None, Some(action)) => {
                let (name, version) = action.split_once('@').unwrap_or_default();
                ensure!(
                    name.split('/').count() == 2 && version.starts_with('v'),
                    "step {}: {action:?} is not OWNER/NAME@VERSION",
                    number + 1
                );
            }
            _ => bail!("step {} neither runs nor uses anything", number + 1),
        }
    }
    ensure!(!commands.is_empty(), "it runs nothing");
    Ok(commands)
}

/// Adds a `cargo` that installs below `folder`, and in the debug profile, of which everything is built already.
///
/// # Errors
///
/// The file can't be written.
pub(crate) fn with_cargo(
    surroundings: Surroundings,
    folder: &Path,
) -> anyhow::Result<Surroundings> {
    let (bin, installed) = (folder.join("bin"), folder.join("installed"));
    fs::create_dir_all(&bin)?;
    let cargo = bin.join("cargo");
    fs::write(
        &cargo,
        "#!/bin/sh\nexec \"$REAL_CARGO\" \"$@\" --debug --offline\n",
    )?;
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755))?;
    let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
    let or_home =
        |name: &str, folder: &str| env::var_os(name).unwrap_or_else(|| home.join(folder).into());
    let mut surroundings = surroundings
        .with_path(Some(&bin))
        .with_path(Some(&installed.join("bin")))
        .with("REAL_CARGO", workspace::cargo().get_program())
        .with("CARGO_TARGET_DIR", workspace::target_dir())
        .with("CARGO_INSTALL_ROOT", installed)
        .with("CARGO_HOME", or_home("CARGO_HOME", ".cargo"))
        .with("RUSTUP_HOME", or_home("RUSTUP_HOME", ".rustup"))
        // What it wants of PyPI is there, in the versions that are pinned.
        .with("PIP_NO_INDEX", "1")
        .with("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    if let Some(toolchain) = env::var_os("RUSTUP_TOOLCHAIN") {
        surroundings = surroundings.with("RUSTUP_TOOLCHAIN", toolchain);
    }
    Ok(surroundings)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(steps_of_job: &Value) -> Result<Vec<String>, String> {
        let job = json!({ "runs-on": "ubuntu-latest", "steps": steps_of_job });
        let workflow = json!({ "true": ["push"], "jobs": { "one": job } });
        steps(&workflow).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_are_found_in_order() {
        let found = told(&json!([
            { "uses": "actions/checkout@v4" },
            { "run": "one" },
            { "run": "two", "if": "always()" },
        ]));
        assert_eq!(found, Ok(vec!["one".to_owned(), "two".to_owned()]));
    }

    #[test]
    fn what_is_no_workflow_is_told() {
        for (steps_of_job, expected) in [
            (json!([]), "it runs nothing"),
            (
                json!([{ "name": "x" }]),
                "step 1 neither runs nor uses anything",
            ),
            (
                json!([{ "uses": "checkout" }]),
                "step 1: \"checkout\" is not OWNER/NAME@VERSION",
            ),
        ] {
            assert_eq!(told(&steps_of_job).unwrap_err(), expected);
        }
        for (workflow, expected) in [
            (json!({}), "it says not when to run"),
            (json!({ "true": ["push"] }), "it has no jobs"),
            (
                json!({ "true": ["push"], "jobs": {} }),
                "it has not one job",
            ),
            (
                json!({ "true": ["push"], "jobs": { "one": {} } }),
                "its job says not where to run",
            ),
        ] {
            assert_eq!(steps(&workflow).unwrap_err().to_string(), expected);
        }
    }
}
