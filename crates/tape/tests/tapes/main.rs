//! Tapes on disk: tape files and stores, by what they promise.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod any;
mod appending;
mod damage;
mod journal;
mod pending;
mod round_trip;
mod store;
mod store_page;
mod tape_file;
