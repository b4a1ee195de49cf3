//! A command that runs against the server: its environment, its start, its signals and its end.

mod environment;
mod java;
mod look_up;
mod process;
mod profile_region;
mod proxy_exceptions;
mod trust;

pub(crate) use environment::{Credentials, Surroundings};
pub(crate) use look_up::look_up;
pub(crate) use process::{SpawnError, Wrapped};
pub(crate) use profile_region::profile_region;
pub(crate) use trust::{TrustError, TrustFiles};
