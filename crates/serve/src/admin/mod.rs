//! The routes under `/_pipetape/`, on the same port as everything else.
//!
//! A server wraps its service in [`WithAdmin`] and supplies its routes as [`AdminRoutes`];
//! [`AdminGuard`] decides who may use them. Every server has `GET /_pipetape/health`.

mod guard;
mod routes;

pub use guard::{AdminGuard, AdminRefusal, AdminToken, EmptyToken};
pub use routes::{AdminReply, AdminRequest, AdminRoutes, WithAdmin};
