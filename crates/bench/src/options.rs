//! What a run is asked for: its options, its parts, and the tapes that it plays.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::bars::{self, Bar};
use crate::contest::Load;

/// What a run measures, and how long.
#[derive(Args)]
pub(crate) struct RunOptions {
    /// The program under test
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) pipetape: PathBuf,
    /// Where stores and tapes are made; emptied first
    #[arg(long, value_name = "DIR", hide = true)]
    pub(crate) scratch: PathBuf,
    /// Rounds in which every contender has its turn: many and short ones, as what disturbs a machine seldom lasts
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// Seconds measured per turn
    #[arg(long, default_value_t = 0.3, value_parser = seconds)]
    pub(crate) seconds: f64,
    /// Also a store of 1,000,000 exchanges, imported and recorded: some gigabytes on disk, some minutes more
    #[arg(long)]
    pub(crate) large: bool,
    /// Only these parts
    #[arg(long, value_enum, value_name = "PART")]
    only: Vec<Part>,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    Replay,
    Record,
    Start,
}

impl RunOptions {
    /// A load of `connections` that never rests.
    pub(crate) fn full_speed(&self, connections: u32) -> Load {
        Load {
            connections,
            rounds: self.rounds,
            seconds: self.seconds,
            rate: None,
        }
    }

    pub(crate) fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// How much is on a tape.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    One,
    TenThousand,
    Million,
}

impl Size {
    pub(crate) fn exchanges(self) -> u64 {
        match self {
            Self::One => 1,
            Self::TenThousand => 10_000,
            Self::Million => 1_000_000,
        }
    }

    /// How often its start is timed.
    pub(crate) fn starts(self) -> u32 {
        match self {
            Self::One | Self::TenThousand => 15,
            Self::Million => 3,
        }
    }

    pub(crate) fn bar_to_bare(self) -> Option<Bar> {
        match self {
            Self::One | Self::TenThousand => Some(bars::REPLAY),
            Self::Million => None,
        }
    }

    pub(crate) fn bar_to_one(self) -> Option<Bar> {
        match self {
            Self::One => None,
            Self::TenThousand => Some(bars::REPLAY_10_000),
            Self::Million => Some(bars::REPLAY_1_000_000),
        }
    }

    pub(crate) fn bar_for_memory(self) -> Option<Bar> {
        match self {
            Self::One => None,
            Self::TenThousand => Some(bars::MEMORY_10_000),
            Self::Million => Some(bars::MEMORY_1_000_000),
        }
    }

    pub(crate) fn bar_for_start(self) -> Bar {
        match self {
            Self::One => bars::START_1,
            Self::TenThousand => bars::START_10_000,
            Self::Million => bars::START_1_000_000,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "tape of 1",
            Self::TenThousand => "tape of 10,000",
            Self::Million => "store of 1,000,000",
        })
    }
}

/// A tape to replay.
pub(crate) struct Tape {
    pub(crate) size: Size,
    /// What `pipetape replay` is given.
    pub(crate) source: PathBuf,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=60.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds from 0.1 to 60".to_owned()),
    }
}
