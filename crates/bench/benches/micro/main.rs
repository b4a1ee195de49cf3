//! Single routines, measured: in time by `cargo bench -p bench`, in instructions by
//! `cargo xtask counts`, which runs this program under callgrind.
//!
//! For the latter, `count` lists the routines, and `count NAME TIMES` runs one of them. Instructions of
//! one operation are the difference between two numbers of times: the set-up cancels out.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark stops at the first thing that does not work"
)]

mod routines;

use std::env;

use mimalloc::MiMalloc;

use self::routines::ROUTINES;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["count"] => {
            for routine in ROUTINES {
                println!("{} {}", routine.name, routine.times);
            }
        }
        ["count", name, times] => {
            let mut run = (routine(name).prepare)();
            for _ in 0..times.parse::<u64>().unwrap() {
                run();
            }
        }
        _ => divan::main(),
    }
}

fn routine(name: &str) -> &'static routines::Routine {
    ROUTINES
        .iter()
        .find(|routine| routine.name == name)
        .unwrap()
}

#[divan::bench(args = ROUTINES.iter().map(|routine| routine.name))]
fn micro(bencher: divan::Bencher<'_, '_>, name: &str) {
    bencher.bench_local((routine(name).prepare)());
}
