//! A command that runs against the server: its environment, its start, its signals and its end.

mod environment;
mod java;
mod look_up;
mod process;
mod profile_region;
mod proxy_exceptions;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "`--intercept` is to ask for it")
)]
mod trust;

pub(crate) use environment::{Credentials, Surroundings};
pub(crate) use look_up::look_up;
pub(crate) use process::{SpawnError, Wrapped};
pub(crate) use profile_region::profile_region;
pub(crate) use trust::TrustError;
#[expect(unused_imports, reason = "as above")]
pub(crate) use trust::TrustFiles;
