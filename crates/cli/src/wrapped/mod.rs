//! A command that runs against the server: its environment, its start, its signals and its end.

mod environment;
mod java;
mod process;
mod profile_region;
mod proxy_exceptions;
mod trust;

pub(crate) use environment::{CommandEnv, Credentials};
pub(crate) use process::{Wrapped, look_up};
pub(crate) use profile_region::profile_region;
pub(crate) use trust::TrustFiles;
