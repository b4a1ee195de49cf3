//! `bench run`: the whole benchmark, part by part.

use std::path::PathBuf;
use std::time::Instant;
use std::{fmt, fs};

use anyhow::{Context, ensure};
use bench::tape_file;
use clap::{Args, ValueEnum};

use crate::bars::{self, Bar, Verdicts};
use crate::contest::Load;
use crate::program::Programs;
use crate::{machine, record, replay, start};

#[derive(Args)]
pub(crate) struct Options {
    /// The program under test
    #[arg(long, value_name = "FILE", hide = true)]
    pipetape: PathBuf,
    /// Where stores and tapes are made; emptied first
    #[arg(long, value_name = "DIR", hide = true)]
    scratch: PathBuf,
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
enum Part {
    Replay,
    Record,
    Start,
}

impl Options {
    /// A load of `connections` that never rests.
    pub(crate) fn full_speed(&self, connections: u32) -> Load {
        Load {
            connections,
            rounds: self.rounds,
            seconds: self.seconds,
            rate: None,
        }
    }

    fn wants(&self, part: Part) -> bool {
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

/// Runs the benchmark and prints as it goes.
///
/// # Errors
///
/// When something can't be run or answers wrongly. A missed bar is none.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let began = Instant::now();
    ensure!(
        options.pipetape.is_file(),
        "{} is not there: build it first",
        options.pipetape.display()
    );
    // Left behind where a run was interrupted.
    if options.scratch.exists() {
        fs::remove_dir_all(&options.scratch)
            .with_context(|| format!("can't empty {}", options.scratch.display()))?;
    }
    fs::create_dir_all(&options.scratch)?;
    let scratch = tempfile::tempdir_in(&options.scratch)?;
    let programs = Programs::new(options.pipetape.clone(), scratch)?;
    print_head(options, &programs);

    let mut verdicts = Verdicts::default();
    let tapes = make_tapes(options, &programs)?;
    if options.wants(Part::Replay) {
        replay::run(&programs, options, &tapes, &mut verdicts)?;
    }
    if options.wants(Part::Record) {
        record::run(&programs, options, &mut verdicts)?;
    }
    if options.wants(Part::Start) {
        start::run(&programs, &tapes, &mut verdicts)?;
    }
    println!("\n{verdicts}; took {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}

fn print_head(options: &Options, programs: &Programs) {
    println!("pipetape against bare servers, on loopback, the load generator beside them");
    for (name, value) in machine::facts(programs.pipetape_path()) {
        println!("  {name:<9} {value}");
    }
    println!(
        "  {:<9} {} turns of {} s each, medians",
        "rounds", options.rounds, options.seconds
    );
}

fn make_tapes(options: &Options, programs: &Programs) -> anyhow::Result<Vec<Tape>> {
    if !options.wants(Part::Replay) && !options.wants(Part::Start) {
        return Ok(Vec::new());
    }
    let mut tapes = Vec::new();
    for size in [Size::One, Size::TenThousand] {
        let name = format!("bench-{}", size.exchanges());
        let source = programs.scratch(&format!("{name}.tape.json"));
        tape_file::write(&source, &name, size.exchanges()).context("can't write a tape")?;
        tapes.push(Tape { size, source });
    }
    if options.large {
        let (size, name) = (Size::Million, "bench-large");
        let file = programs.scratch("large.tape.json");
        tape_file::write(&file, name, size.exchanges()).context("can't write a tape")?;
        let took = programs.import(&file, name)?;
        println!("  {:<9} {} imported in {took:.1} s", "large", size);
        fs::remove_file(&file)?;
        tapes.push(Tape {
            size,
            source: name.into(),
        });
    }
    Ok(tapes)
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=60.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds from 0.1 to 60".to_owned()),
    }
}
