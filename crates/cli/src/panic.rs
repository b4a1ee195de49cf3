//! What is said when something of ours, or of the storage engine's, panics.

use std::io::Write as _;
use std::panic::{self, PanicHookInfo};

use crate::printable::printable;

/// Reports panics in one line on stderr.
///
/// A message is shown only where it is a constant: one with values in it may hold a piece of a body.
/// The storage engine panics on damage; the store catches that and says what is damaged.
pub(crate) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        // There is nowhere left to say that stderr can't be written.
        let _ = writeln!(std::io::stderr(), "{}", report(info));
    }));
}

fn report(info: &PanicHookInfo<'_>) -> String {
    let (file, line) = info.location().map_or(("unknown file", 0), |location| {
        (location.file(), location.line())
    });
    line_for(
        file,
        line,
        info.payload().downcast_ref::<&'static str>().copied(),
    )
}

fn line_for(file: &str, line: u32, message: Option<&str>) -> String {
    let file = within_package(file);
    if file.starts_with("sled-") {
        return format!("pipetape: the storage engine gave up at {file}:{line}");
    }
    let message = message.map(|message| format!(": {}", printable(message)));
    format!(
        "pipetape: internal error at {file}:{line}{} (please report)",
        message.unwrap_or_default()
    )
}

/// A source file without the way to it on the machine that built us: `sled-0.34.7/src/lib.rs`.
fn within_package(file: &str) -> &str {
    let Some((_, file)) = file.split_once("/registry/src/") else {
        return file;
    };
    // Next comes the registry's name.
    file.split_once('/').map_or(file, |(_, file)| file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_without_data_or_paths() {
        for (file, message, shown) in [
            (
                "crates/cli/src/main.rs",
                Some("two stops\nat once"),
                "pipetape: internal error at crates/cli/src/main.rs:7: two stops\\nat once (please report)",
            ),
            (
                "crates/cli/src/main.rs",
                None,
                "pipetape: internal error at crates/cli/src/main.rs:7 (please report)",
            ),
            (
                "/home/u/.cargo/registry/src/index-1/sled-0.34.7/src/pagecache/mod.rs",
                Some("corrupt page of `secret`"),
                "pipetape: the storage engine gave up at sled-0.34.7/src/pagecache/mod.rs:7",
            ),
            (
                "/home/u/.cargo/registry/src/index-1/hyper-1.12.0/src/lib.rs",
                None,
                "pipetape: internal error at hyper-1.12.0/src/lib.rs:7 (please report)",
            ),
        ] {
            assert_eq!(line_for(file, 7, message), shown);
        }
    }
}
