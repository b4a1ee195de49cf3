//! `bench run`: the whole benchmark, part by part.

use std::fs;
use std::time::Instant;

use anyhow::{Context, ensure};
use bench::tape_file;

use crate::bars::Verdicts;
use crate::options::{Part, RunOptions, Size, Tape};
use crate::program::Programs;
use crate::{machine, record, replay, start};

/// Runs the benchmark and prints as it goes.
///
/// # Errors
///
/// When something can't be run or answers wrongly. A missed bar is not an error.
pub(crate) fn run(options: &RunOptions) -> anyhow::Result<()> {
    let began = Instant::now();
    ensure!(
        options.pipetape.is_file(),
        "{} is not there: build it first",
        options.pipetape.display()
    );
    // Still there if a run was interrupted.
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

fn print_head(options: &RunOptions, programs: &Programs) {
    println!("pipetape against bare servers, on loopback, the load generator beside them");
    for (name, value) in machine::facts(programs.pipetape_path()) {
        println!("  {name:<9} {value}");
    }
    println!(
        "  {:<9} {} turns of {} s each, medians",
        "rounds", options.rounds, options.seconds
    );
}

fn make_tapes(options: &RunOptions, programs: &Programs) -> anyhow::Result<Vec<Tape>> {
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
