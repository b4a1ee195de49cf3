//! Being an HTTPS proxy for CodePipeline's hosts, on the same port as everything else.
//!
//! A server wraps its service in [`WithInterception`]. A client that has the server as its
//! `HTTPS_PROXY` sends `CONNECT HOST:443`. For a host of CodePipeline the answer is 200, and TLS
//! follows, with requests for the service inside; they have
//! [`Request::intercepted`](crate::Request::intercepted) set. For any other host [`Tunnels`]
//! decides, and connects.
//!
//! The `ServerConfig` decides which certificate is given. It should offer `http/1.1` only: nothing
//! else is spoken here.

mod target;
mod tunnels;
mod with_interception;

pub use target::ConnectTarget;
pub use tunnels::{NoTunnels, TunnelError, Tunnels};
pub use with_interception::WithInterception;
