//! The authority as its users, its clients and a thief of its key find it.

mod certificates;
mod handshake;
mod storage;
