//! What the tests are made of: both ends of every connection, the program between them, and eyes that look at what it left behind.

pub(crate) mod answer;
pub(crate) mod captures;
pub(crate) mod client;
pub(crate) mod job_service;
pub(crate) mod keys;
pub(crate) mod message;
pub(crate) mod output;
pub(crate) mod program;
pub(crate) mod proxied;
pub(crate) mod random;
pub(crate) mod sandbox;
pub(crate) mod scan;
pub(crate) mod signature;
pub(crate) mod tape_file;
pub(crate) mod terminal;
pub(crate) mod thief;
pub(crate) mod upstream;
pub(crate) mod worker;
