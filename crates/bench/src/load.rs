//! `bench load`: keep-alive connections that ask, wait for the whole answer, and ask again.
//!
//! It writes prepared bytes and reads no more of an answer than it must. With an HTTP client in its place the
//! client was the slower end, and a server could get dearer by a fifth before a request per second was lost.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bench::workload::{self, Jobs, Requests};
use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant as TokioInstant, sleep_until, timeout};

use crate::bare::RuntimeKind;
use crate::stats;

/// No answer takes this long. One that does ends the run, with an error that says so.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Room for latencies at the start: more than a second of one fast connection.
const EXPECTED_ANSWERS: usize = 1 << 16;

#[derive(Args)]
pub(crate) struct LoadOptions {
    /// Where to connect to: loopback only
    #[arg(long)]
    target: SocketAddr,
    #[arg(long)]
    connections: u32,
    /// How many distinct jobs to ask about, at random
    #[arg(long)]
    jobs: u64,
    #[arg(long)]
    seed: u64,
    /// How long to measure
    #[arg(long)]
    seconds: f64,
    /// How long to ask before measuring
    #[arg(long)]
    warmup: f64,
    /// Requests per second over all connections; as fast as answers come where missing
    #[arg(long)]
    rate: Option<f64>,
    /// A bound on the requests of one connection, whatever the time
    #[arg(long, default_value_t = 2_000_000)]
    most: u64,
}

/// What one run of the load generator found. Printed as one line of JSON.
#[derive(Serialize, Deserialize, Clone, Copy, Debug)]
pub(crate) struct Report {
    /// Answers in the measured time.
    pub(crate) answers: u64,
    /// Answers in all, the warm-up included.
    pub(crate) answers_in_all: u64,
    /// The measured time.
    pub(crate) seconds: f64,
    /// Median latency in microseconds.
    pub(crate) p50: f64,
    /// The latency, in microseconds, that one answer in a hundred exceeds.
    pub(crate) p99: f64,
}

impl Report {
    /// Answers per second.
    pub(crate) fn per_second(&self) -> f64 {
        self.answers as f64 / self.seconds
    }
}

/// What one connection saw.
struct Seen {
    /// Nanoseconds per answer in the measured time.
    latencies: Vec<u32>,
    answers_in_all: u64,
}

pub(crate) fn run(options: &LoadOptions) -> anyhow::Result<()> {
    ensure!(
        options.target.ip().is_loopback(),
        "{} is not on loopback",
        options.target
    );
    let report = RuntimeKind::One.build()?.block_on(measure(options))?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

async fn measure(options: &LoadOptions) -> anyhow::Result<Report> {
    let mut opened = Vec::new();
    for _ in 0..options.connections {
        opened.push(Connection::open(options.target).await?);
    }
    let start = Instant::now();
    let schedule = Schedule {
        start,
        from: start + Duration::from_secs_f64(options.warmup),
        until: start + Duration::from_secs_f64(options.warmup + options.seconds),
        every: options
            .rate
            .map(|rate| Duration::from_secs_f64(f64::from(options.connections) / rate)),
        most: options.most,
    };
    let mut connections = JoinSet::new();
    for (number, connection) in (0_u32..).zip(opened) {
        let jobs = Jobs::new(options.jobs, options.seed << 32 | u64::from(number));
        // Paced connections take turns instead of asking all at once.
        let offset = schedule
            .every
            .map_or(Duration::ZERO, |every| every * number / options.connections);
        connections.spawn(ask(connection, jobs, schedule, offset));
    }
    let mut latencies = Vec::new();
    let mut answers_in_all = 0;
    while let Some(seen) = connections.join_next().await {
        let seen = seen.context("a connection panicked")??;
        latencies.extend(seen.latencies);
        answers_in_all += seen.answers_in_all;
    }
    ensure!(!latencies.is_empty(), "no answer in {} s", options.seconds);
    latencies.sort_unstable();
    Ok(Report {
        answers: latencies.len() as u64,
        answers_in_all,
        seconds: options.seconds,
        p50: f64::from(stats::percentile(&latencies, 0.50)) / 1e3,
        p99: f64::from(stats::percentile(&latencies, 0.99)) / 1e3,
    })
}

/// When to ask and what to count.
#[derive(Clone, Copy)]
struct Schedule {
    start: Instant,
    from: Instant,
    until: Instant,
    every: Option<Duration>,
    most: u64,
}

async fn ask(
    mut connection: Connection,
    mut jobs: Jobs,
    schedule: Schedule,
    offset: Duration,
) -> anyhow::Result<Seen> {
    let mut seen = Seen {
        latencies: Vec::with_capacity(EXPECTED_ANSWERS),
        answers_in_all: 0,
    };
    let mut next = schedule.start + offset;
    while seen.answers_in_all < schedule.most {
        if let Some(every) = schedule.every {
            sleep_until(TokioInstant::from_std(next)).await;
            next += every;
        }
        let asked = Instant::now();
        if asked >= schedule.until {
            break;
        }
        match timeout(ANSWER_WITHIN, connection.exchange(jobs.draw())).await {
            Ok(exchanged) => exchanged?,
            Err(_) => bail!(
                "after {} s there was only {}",
                ANSWER_WITHIN.as_secs(),
                connection.shown()
            ),
        }
        let answered = Instant::now();
        seen.answers_in_all += 1;
        if asked >= schedule.from && answered < schedule.until {
            let nanoseconds = (answered - asked).as_nanos();
            seen.latencies
                .push(u32::try_from(nanoseconds).unwrap_or(u32::MAX));
        }
    }
    Ok(seen)
}

/// A keep-alive connection and its buffers.
struct Connection {
    stream: TcpStream,
    requests: Requests,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(target: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(target)
            .await
            .with_context(|| format!("can't connect to {target}"))?;
        stream.set_nodelay(true).context("can't set TCP_NODELAY")?;
        Ok(Self {
            stream,
            requests: Requests::to(target),
            answer: Vec::with_capacity(4096),
        })
    }

    /// Asks about a job and waits for the whole answer, which has to be the right one.
    async fn exchange(&mut self, job: u64) -> anyhow::Result<()> {
        self.stream
            .write_all(self.requests.about(job))
            .await
            .context("can't ask")?;
        self.answer.clear();
        // The right body ends each right answer, and nothing follows it before the next request.
        while !self.answer.ends_with(workload::ANSWER.as_bytes()) {
            let length = self
                .stream
                .read_buf(&mut self.answer)
                .await
                .context("can't read the answer")?;
            ensure!(
                length > 0,
                "the connection was closed after {}",
                self.shown()
            );
            ensure!(
                self.answer.starts_with(b"HTTP/1.1 200 "),
                "answered {}",
                self.shown()
            );
        }
        ensure!(
            !self
                .answer
                .windows(NOT_RECORDED.len())
                .any(|part| part == NOT_RECORDED),
            "not recorded"
        );
        Ok(())
    }

    /// What was received of the answer, for an error message.
    fn shown(&self) -> String {
        format!("{:?}", String::from_utf8_lossy(&self.answer))
    }
}

/// The header of an answer that a recording could not keep.
const NOT_RECORDED: &[u8] = b"x-pipetape-recorded: no";
