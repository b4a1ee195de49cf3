//! What these tests are made of: a scripted upstream, a recording in front of it, twins in memory,
//! another implementation of signatures.

mod record;
mod signature;
mod twins;
mod upstream;

pub(crate) use record::{Intercepted, Options, Record, answers, post, straight, through};
pub(crate) use signature::verify;
pub(crate) use twins::{CLIENT_KEY, KEY, MemoryLog, SECRET, ScriptedSource, TOKEN, permanent};
pub(crate) use upstream::{Act, Upstream, ok, read_request};
