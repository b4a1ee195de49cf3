//! Jobs as they are asked for: as Rust values or as JSON, with whatever is left open made up.

mod file;
mod job_definition;
mod made_up;
mod raw;

pub use file::{JobsFileError, jobs_from_file, jobs_from_json};
pub use job_definition::{Client, Given, JobDefinition};

pub(crate) use made_up::MadeUp;
