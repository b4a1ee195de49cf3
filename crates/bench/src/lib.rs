//! What every measurement asks and plays: the same requests, answers and tapes, in every process.
//!
//! The program beside it measures the built binary from outside; the benchmarks in `benches/` measure
//! single routines of the crates, in time and in instructions.

pub mod tape_file;
pub mod workload;
