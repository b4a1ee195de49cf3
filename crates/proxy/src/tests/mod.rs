//! Recordings over real sockets, in front of a scripted upstream.

mod admission;
mod captures;
mod credentials;
mod durability;
mod environment;
mod faults;
mod intercept;
mod order;
mod passing;
mod pressure;
mod proxies;
mod secrets;
mod signing;
mod tls;
mod tunnels;
mod worker;
