//! Where a report goes, and in which form.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use pipetape_files::WholeFile;
use pipetape_replay::Report;
use thiserror::Error;

use super::junit::{self, Leftovers};

/// A file whose name says what is written to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportFile {
    path: PathBuf,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    JUnit,
}

/// A name that says nothing of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a report's name ends in `.json`, or in `.xml` for JUnit")]
pub(crate) struct UnknownForm;

impl FromStr for ReportFile {
    type Err = UnknownForm;

    fn from_str(text: &str) -> Result<Self, UnknownForm> {
        let path = PathBuf::from(text);
        let form = match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => Form::Json,
            Some("xml") => Form::JUnit,
            _ => return Err(UnknownForm),
        };
        Ok(Self { path, form })
    }
}

impl ReportFile {
    /// Where it goes.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a report in the place of what is there. The file is there whole or not at all.
    pub(crate) fn write(&self, report: &Report, leftovers: Leftovers) -> io::Result<()> {
        let file = WholeFile::at(&self.path).follow_link();
        file.write(|out| match self.form {
            Form::Json => {
                serde_json::to_writer_pretty(&mut *out, report)?;
                out.write_all(b"\n")
            }
            Form::JUnit => junit::write(report, leftovers, out),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides() {
        for (name, form) in [
            ("report.json", Some(Form::Json)),
            ("out/junit.xml", Some(Form::JUnit)),
            ("report.XML", None),
            ("report", None),
            (".json", None),
            ("", None),
        ] {
            let file = name.parse::<ReportFile>().ok();
            assert_eq!(file.map(|file| file.form), form, "{name}");
        }
    }
}
