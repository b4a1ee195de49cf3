//! What one server allows its clients, in bytes, connections and time.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Bounds on clients. Each has a default; a server passes its own where a flag says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest request body, in bytes. A larger one is answered with 413.
    pub max_body: usize,
    /// Largest request head (request line and headers), in bytes. A larger one is answered with 431.
    /// Taken as 8 KiB where it is less. A head may hold at most 100 headers, whatever their size.
    pub max_head: usize,
    /// From the first byte of a request to the end of its head. Then: 408.
    pub head_timeout: Duration,
    /// From the end of the head to the end of the body. Then: 408.
    pub body_timeout: Duration,
    /// How long a connection may stay open without a request. Pollers sleep 30 s and more.
    pub idle_timeout: Duration,
    /// How long the kernel may find no room for more of a response. Then the connection is cut. The
    /// kernel reports room in steps of up to a megabyte, so a few seconds would cut slow readers too.
    pub write_timeout: Duration,
    /// Connections open at once. Further ones wait in the kernel's queue.
    pub max_connections: usize,
    /// Bytes that all bodies above 64 KiB may hold together. A body that finds no room within
    /// `body_timeout` is answered with 503.
    pub body_budget: usize,
    /// How long a stop waits for what is in flight.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_body: 16 * MIB,
            max_head: 64 * KIB,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(5 * 60),
            write_timeout: Duration::from_secs(60),
            max_connections: 2048,
            body_budget: 256 * MIB,
            drain: Duration::from_secs(10),
        }
    }
}

/// Who writes the `Date` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateHeader {
    /// Responses carry the date their service gave them, or none: record and replay.
    AsGiven,
    /// The front adds the current date where a response has none: the emulator.
    Current,
}
