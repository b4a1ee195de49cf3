//! Being an HTTPS proxy for CodePipeline's hosts, on the same port as everything else.
//!
//! A server wraps its service in [`WithInterception`]. A client that has us as its `HTTPS_PROXY` sends
//! `CONNECT HOST:443`; for a host of CodePipeline it is answered 200, and what follows is TLS that ends here,
//! with requests for the service inside. They say so: see
//! [`Request::intercepted`](crate::Request::intercepted). To any other host nobody connects, but where
//! [`Tunnels`] does.
//!
//! Which certificate is shown is the `ServerConfig`'s to say. It should offer `http/1.1` alone: nothing else is
//! spoken here.

mod refusal;
mod target;
mod tunnels;
mod with_interception;

pub use target::ConnectTarget;
pub use tunnels::{NoTunnels, TunnelError, Tunnels};
pub use with_interception::WithInterception;
