//! Only the program reads the process's environment: a library is given what it needs.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The program, what only tests or measures it, and nothing else.
const MAY_READ: [&str; 4] = ["cli", "xtask", "bench", "testkit"];

/// Ways to read the environment, in the standard library and in those that we use.
const READS: [&str; 5] = [
    "std::env",
    " env::",
    "from_env(",
    "from_system(",
    "Env::real(",
];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path
            .file_stem()
            .is_some_and(|name| name == "tests" || name == "testing");
        if path.is_dir() && !is_test {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            found.push(path);
        }
    }
}

/// The lines of a crate's code that read the environment; a file's tests come last, and are not
/// looked at.
fn reads(package: &Path) -> Vec<String> {
    let mut files = Vec::new();
    sources(&package.join("src"), &mut files);
    assert!(!files.is_empty(), "{}", package.display());
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let code = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default();
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let lines = lines.filter(|line| READS.iter().any(|read| line.contains(read)));
        found.extend(lines.map(|line| format!("{}: {line}", file.display())));
    }
    found
}

#[test]
fn only_the_program_reads_the_environment() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut checked = 0;
    for package in fs::read_dir(crates).unwrap() {
        let package = package.unwrap().path();
        let name = package
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if MAY_READ.contains(&name.as_str()) || !package.join("Cargo.toml").is_file() {
            continue;
        }
        assert_eq!(reads(&package), Vec::<String>::new());
        checked += 1;
    }
    assert!(checked >= 6, "{checked} crates checked");
    // What is looked for is found where it is.
    assert!(!reads(&crates.join("cli")).is_empty());
}
