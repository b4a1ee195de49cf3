//! The routes under `/_pipetape/`, on the same port as everything else.
//!
//! A server wraps its service in [`WithAdmin`] and supplies its routes as [`AdminRoutes`]; who may ask is
//! [`AdminGuard`]'s to say. `GET /_pipetape/health` is there for all servers.

mod guard;
mod reply;
mod routes;

pub use guard::{AdminGuard, AdminToken, EmptyToken, Refusal};
pub use reply::AdminReply;
pub use routes::{AdminRequest, AdminRoutes, WithAdmin};
