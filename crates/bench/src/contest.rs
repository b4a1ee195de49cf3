//! Contenders take turns under the same load, so that what disturbs one disturbs all.

use std::time::Duration;

use anyhow::Context;

use crate::child::Server;
use crate::load::Report;
use crate::program::Programs;
use crate::stats;

/// A server in a contest.
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) server: Server,
    /// How many distinct jobs it is asked about.
    pub(crate) jobs: u64,
}

impl Contender {
    pub(crate) fn new(name: &str, server: Server, jobs: u64) -> Self {
        Self {
            name: name.to_owned(),
            server,
            jobs,
        }
    }
}

/// The load, the same for all.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: u32,
    pub(crate) rounds: u32,
    pub(crate) seconds: f64,
    /// Requests per second in all, or as fast as answers come.
    pub(crate) rate: Option<f64>,
}

/// The share of a round's time that is spent before measuring.
const WARMUP: f64 = 0.25;

/// What one contender showed, a report per round.
pub(crate) struct Finding {
    reports: Vec<Report>,
    cpu: Option<Duration>,
}

impl Finding {
    /// Answers per second, the median of the rounds.
    pub(crate) fn per_second(&self) -> f64 {
        stats::median(self.reports.iter().map(Report::per_second))
    }

    /// Answers in all, those of the warm-up included.
    pub(crate) fn answers(&self) -> u64 {
        self.reports
            .iter()
            .map(|report| report.answers_in_all)
            .sum()
    }

    /// Median latency in microseconds, the median of the rounds.
    pub(crate) fn p50(&self) -> f64 {
        stats::median(self.reports.iter().map(|report| report.p50))
    }

    /// The 99th percentile of latency in microseconds, the median of the rounds.
    pub(crate) fn p99(&self) -> f64 {
        stats::median(self.reports.iter().map(|report| report.p99))
    }

    /// Processor time of the server per request, in microseconds. Tells what a request costs also
    /// if the load generator is the slower of the two.
    pub(crate) fn cpu_per_request(&self) -> Option<f64> {
        Some(self.cpu?.as_secs_f64() * 1e6 / self.answers() as f64)
    }

    /// Answers per second as a ratio: the median of the rounds' own ratios.
    pub(crate) fn ratio_to(&self, other: &Self) -> f64 {
        stats::median(
            self.pairs(other)
                .map(|(ours, theirs)| ours.per_second() / theirs.per_second()),
        )
    }

    /// Microseconds that the median latency is above the other's: the median of the rounds' own differences.
    pub(crate) fn added_to(&self, other: &Self) -> f64 {
        stats::median(
            self.pairs(other)
                .map(|(ours, theirs)| ours.p50 - theirs.p50),
        )
    }

    fn pairs<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a Report, &'a Report)> {
        self.reports.iter().zip(&other.reports)
    }
}

/// Lets the contenders take turns, each round beginning with another one. Findings come in their order.
///
/// # Errors
///
/// When a load fails: one wrong answer spoils the contest.
pub(crate) fn hold(
    programs: &Programs,
    contenders: &[Contender],
    load: Load,
) -> anyhow::Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = contenders
        .iter()
        .map(|_| Finding {
            reports: Vec::new(),
            cpu: Some(Duration::ZERO),
        })
        .collect();
    for round in 0..load.rounds {
        for turn in 0..contenders.len() {
            let index = (turn + round as usize) % contenders.len();
            let contender = &contenders[index];
            let before = contender.server.cpu_time();
            let mut args = vec![
                ("target", contender.server.address().to_string()),
                ("connections", load.connections.to_string()),
                ("jobs", contender.jobs.to_string()),
                ("seed", round.to_string()),
                ("seconds", load.seconds.to_string()),
                ("warmup", (load.seconds * WARMUP).to_string()),
            ];
            args.extend(load.rate.map(|rate| ("rate", rate.to_string())));
            let report = programs.load(&args).with_context(|| {
                format!(
                    "load on {}: it logged: {}",
                    contender.name,
                    contender.server.log_tail()
                )
            })?;
            let finding = &mut findings[index];
            finding.reports.push(report);
            let spent = contender
                .server
                .cpu_time()
                .zip(before)
                .map(|(after, before)| after.saturating_sub(before));
            finding.cpu = finding.cpu.zip(spent).map(|(sum, spent)| sum + spent);
        }
    }
    Ok(findings)
}

/// The one with more answers per second.
pub(crate) fn faster<'a>(one: &'a Finding, other: &'a Finding) -> &'a Finding {
    if one.per_second() >= other.per_second() {
        one
    } else {
        other
    }
}

/// The one with the lower median latency.
pub(crate) fn prompter<'a>(one: &'a Finding, other: &'a Finding) -> &'a Finding {
    if one.p50() <= other.p50() { one } else { other }
}

/// The header that [`cells`] and a [judged](crate::bars::Verdicts::judge) value are under.
pub(crate) const HEADER: [&str; 9] = [
    "subject",
    "connections",
    "req/s",
    "p50 µs",
    "p99 µs",
    "cpu µs/req",
    "value",
    "bar",
    "",
];

/// What a contender showed, as cells of a row.
pub(crate) fn cells(name: &str, load: Load, finding: &Finding) -> [String; 6] {
    [
        name.to_owned(),
        load.connections.to_string(),
        format!("{:.0}", finding.per_second()),
        format!("{:.0}", finding.p50()),
        format!("{:.0}", finding.p99()),
        finding
            .cpu_per_request()
            .map_or_else(String::new, |cpu| format!("{cpu:.1}")),
    ]
}
