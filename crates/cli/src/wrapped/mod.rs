//! A command that runs against the server: its environment, its start, its signals and its end.

mod environment;
mod look_up;
mod process;

pub(crate) use environment::{Credentials, Surroundings};
pub(crate) use look_up::look_up;
pub(crate) use process::{SpawnError, Wrapped};
