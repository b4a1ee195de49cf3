//! Part three: from the start of the process to the first answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bench::workload::{self, Requests};

use crate::bare::RuntimeKind;
use crate::bars::{Unit, Verdicts};
use crate::child::Server;
use crate::options::Tape;
use crate::program::Programs;
use crate::stats;
use crate::table::Table;

const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Starts of one subject.
struct Starts {
    name: String,
    milliseconds: Vec<f64>,
    megabytes: Option<f64>,
}

impl Starts {
    fn new(name: String) -> Self {
        Self {
            name,
            milliseconds: Vec::new(),
            megabytes: None,
        }
    }

    /// Starts a server, asks it about the job, and takes the time of both.
    fn time(
        &mut self,
        job: u64,
        start: impl FnOnce() -> anyhow::Result<Server>,
    ) -> anyhow::Result<Server> {
        let began = Instant::now();
        let server = start()?;
        ask_once(server.address(), job)?;
        self.milliseconds.push(began.elapsed().as_secs_f64() * 1e3);
        self.megabytes = server.peak_memory();
        Ok(server)
    }

    fn median(&self) -> f64 {
        stats::median(self.milliseconds.iter().copied())
    }

    fn cells(&self) -> [String; 4] {
        let slowest = self.milliseconds.iter().copied().fold(0.0, f64::max);
        [
            self.name.clone(),
            self.milliseconds.len().to_string(),
            Unit::Milliseconds.show(slowest),
            self.megabytes
                .map_or_else(String::new, |megabytes| Unit::Megabytes.show(megabytes)),
        ]
    }
}

/// Measures and prints.
///
/// # Errors
///
/// When a server can't be started or does not answer.
pub(crate) fn run(
    programs: &Programs,
    tapes: &[Tape],
    verdicts: &mut Verdicts,
) -> anyhow::Result<()> {
    let mut bare = Starts::new("bare server, one thread".to_owned());
    let mut replays: Vec<(&Tape, Starts)> = tapes
        .iter()
        .map(|tape| (tape, Starts::new(format!("replay, {}", tape.size))))
        .collect();
    let most = tapes
        .iter()
        .map(|tape| tape.size.starts())
        .max()
        .unwrap_or(0);
    for round in 0..most {
        drop(bare.time(0, || programs.bare_server(RuntimeKind::One))?);
        for (tape, starts) in &mut replays {
            if round < tape.size.starts() {
                // The last job on the tape: an answer to it shows that all of the tape is there.
                let job = tape.size.exchanges() - 1;
                starts.time(job, || programs.replay(&tape.source))?.stop()?;
            }
        }
    }

    println!("\nStart: from the start of the process to the first answer; the value is the median");
    let mut table = Table::new([
        "subject",
        "starts",
        "slowest",
        "peak memory",
        "value",
        "bar",
        "",
    ]);
    table.row(
        bare.cells()
            .into_iter()
            .chain([Unit::Milliseconds.show(bare.median())]),
    );
    for (tape, starts) in &replays {
        table.row(
            starts
                .cells()
                .into_iter()
                .chain(verdicts.judge(starts.median(), tape.size.bar_for_start())),
        );
    }
    print!("{table}");
    Ok(())
}

/// One request on a connection of its own, without a runtime that would have to start first.
fn ask_once(server: SocketAddr, job: u64) -> anyhow::Result<()> {
    let mut stream =
        TcpStream::connect(server).with_context(|| format!("can't connect to {server}"))?;
    stream.set_read_timeout(Some(ANSWERS_WITHIN))?;
    stream.write_all(Requests::to(server).about(job))?;
    let mut answer = Vec::new();
    let mut piece = [0; 1024];
    while !answer.ends_with(workload::ANSWER.as_bytes()) {
        let length = stream.read(&mut piece).context("no answer")?;
        ensure!(
            length > 0,
            "answered {:?}",
            String::from_utf8_lossy(&answer)
        );
        answer.extend_from_slice(&piece[..length]);
    }
    ensure!(
        answer.starts_with(b"HTTP/1.1 200 "),
        "answered {:?}",
        String::from_utf8_lossy(&answer)
    );
    Ok(())
}
