//! What the numbers were measured on.

use std::path::Path;
use std::process::Command;
use std::{fs, thread};

/// Facts about this machine and the programs, as lines of a name and a value.
pub(crate) fn facts(pipetape: &Path) -> Vec<(&'static str, String)> {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let mut facts = vec![
        ("cores", cores.to_string()),
        ("cpu", cpu_model()),
        ("kernel", output_of("uname", &["-srm"])),
        ("rustc", output_of("rustc", &["--version"])),
        (
            "pipetape",
            output_of(&pipetape.to_string_lossy(), &["--version"]),
        ),
    ];
    if let Some(load) = load_average() {
        let busy = if load > 0.5 {
            " (the machine is busy with other work: expect noise)"
        } else {
            ""
        };
        facts.push(("load", format!("{load:.2}{busy}")));
    }
    facts
}

fn cpu_model() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| "unknown".to_owned(), |(_, name)| name.to_owned())
}

/// How many processes wanted to run over the last minute, before we start any.
fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg")
        .ok()?
        .split(' ')
        .next()?
        .parse()
        .ok()
}

fn output_of(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => "unknown".to_owned(),
    }
}
