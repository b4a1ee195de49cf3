//! What tests are made of: a scripted upstream, raw clients, twins in memory, another implementation of signatures.

mod authority;
mod client;
mod log;
mod message;
mod record;
mod signature;
mod twins;
mod upstream;

pub(crate) use authority::Authority;
pub(crate) use client::{Client, post, soon};
pub(crate) use log::Log;
pub(crate) use message::{Message, head_end};
pub(crate) use record::{Intercepted, Options, Record, straight, through};
pub(crate) use signature::verify;
pub(crate) use twins::{CLIENT_KEY, KEY, MemoryLog, SECRET, ScriptedSource, TOKEN, permanent};
pub(crate) use upstream::{Act, Upstream, ok};
