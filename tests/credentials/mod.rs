//! Credentials from each place that AWS's own tools look at, with a stand-in on loopback for each endpoint: what
//! arrives upstream is signed with what the stand-in gave out.

mod expiry;
mod providers;
mod region;
pub(crate) mod stand_ins;
