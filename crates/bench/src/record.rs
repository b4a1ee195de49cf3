//! Part two: a recording against a bare reverse proxy, both in front of the same bare upstream.

use bench::workload;

use crate::bare::RuntimeKind;
use crate::bars::{self, Unit, Verdicts};
use crate::contest::{self, Contender, Finding, Load};
use crate::options::{RunOptions, Size};
use crate::program::Programs;
use crate::table::Table;

const CONNECTIONS: [u32; 3] = [1, 16, 64];
/// Requests per second in all where latency is the question: far below what either can do, so that no
/// request waits for another. At full speed latency says again what requests per second have said.
const PACE: f64 = 500.0;
/// So many jobs that hardly one is asked about twice.
const JOBS: u64 = 1 << 40;
/// The tape that is recorded to a large one.
const LARGE: &str = "bench-long";
/// Connections that fill it.
const FILLING: u32 = 64;
/// Seconds that filling may take; what is there by then has to do.
const FILLED_WITHIN: f64 = 600.0;

/// Measures and prints.
///
/// # Errors
///
/// When a server can't be run, gives a wrong answer, or answers what it did not record.
pub(crate) fn run(
    programs: &Programs,
    options: &RunOptions,
    verdicts: &mut Verdicts,
) -> anyhow::Result<()> {
    let upstream = programs.bare_server(RuntimeKind::One)?;
    let address = upstream.address();
    let contenders = [
        Contender::new(
            "bare proxy, one thread",
            programs.bare_proxy(RuntimeKind::One, address)?,
            JOBS,
        ),
        Contender::new(
            "bare proxy, multi-thread",
            programs.bare_proxy(RuntimeKind::Multi, address)?,
            JOBS,
        ),
        Contender::new("record", programs.record("bench", address)?, JOBS),
    ];

    println!("\nRecord, at full speed: the value is the ratio of req/s to the faster bare proxy");
    measure(
        programs,
        &contenders,
        |connections| options.full_speed(connections),
        |bare, record| {
            let bare = contest::faster(&bare[0], &bare[1]);
            verdicts.judge(record.ratio_to(bare), bars::RECORD)
        },
    )?;

    println!(
        "\nRecord, {PACE} req/s in all: the value is what is added to the median of the bare proxy with the lower one"
    );
    let paced = |connections| Load {
        rate: Some(PACE),
        ..options.full_speed(connections)
    };
    measure(programs, &contenders, paced, |bare, record| {
        let bare = contest::prompter(&bare[0], &bare[1]);
        verdicts.judge(record.added_to(bare) / 1e3, bars::RECORD_ADDED)
    })?;

    let [bare_one, bare_multi, record] = contenders;
    if let Some(peak) = record.server.peak_memory() {
        println!(
            "\nRecord: peak memory after that load: {}",
            Unit::Megabytes.show(peak)
        );
    }
    record.server.stop()?;
    if options.large {
        let record = Contender::new("record", programs.record(LARGE, address)?, JOBS);
        let contenders = [bare_one, bare_multi, record];
        fill(programs, options, contenders, verdicts)?;
    }
    Ok(())
}

/// Records a million exchanges, and compares the end of that with its beginning.
fn fill(
    programs: &Programs,
    options: &RunOptions,
    contenders: [Contender; 3],
    verdicts: &mut Verdicts,
) -> anyhow::Result<()> {
    println!(
        "\nRecord, {} exchanges: the value is the ratio to the faster bare proxy",
        Size::Million.exchanges()
    );
    let load = options.full_speed(FILLING);
    let mut table = Table::new(contest::HEADER);
    let mut ratio_at = |moment: &str| -> anyhow::Result<(f64, u64)> {
        let findings = contest::hold(programs, &contenders, load)?;
        let [one, multi, record] = &findings[..] else {
            unreachable!("a finding for each contender");
        };
        let ratio = record.ratio_to(contest::faster(one, multi));
        let cells = contest::cells(moment, load, record);
        table.row(cells.into_iter().chain([Unit::Ratio.show(ratio)]));
        Ok((ratio, record.answers()))
    };
    let (before, mut recorded) = ratio_at("record, at the beginning")?;
    let filled = programs.load(&[
        ("target", contenders[2].server.address().to_string()),
        ("connections", FILLING.to_string()),
        ("jobs", JOBS.to_string()),
        // No seed of a round.
        ("seed", u32::MAX.to_string()),
        ("seconds", FILLED_WITHIN.to_string()),
        ("warmup", "0".to_owned()),
        (
            "most",
            (Size::Million.exchanges() / u64::from(FILLING)).to_string(),
        ),
    ])?;
    recorded += filled.answers_in_all;
    let (after, more) = ratio_at("record, at the end")?;
    recorded += more;
    print!("{table}");
    let [.., record] = contenders;
    let peak = record.server.peak_memory();
    record.server.stop()?;

    let bytes = programs.size_of(LARGE)? as f64 / (recorded * workload::kept_bytes()) as f64;
    let mut table = Table::new(["subject", "value", "bar", ""]);
    for (subject, value, bar) in [
        (
            "the end to the beginning",
            after / before,
            bars::RECORD_1_000_000,
        ),
        (
            "bytes of the store to those of the exchanges",
            bytes,
            bars::STORE_SIZE,
        ),
    ] {
        let judged = verdicts.judge(value, bar);
        table.row([subject.to_owned()].into_iter().chain(judged));
    }
    print!("\n{table}");
    println!(
        "  {recorded} exchanges; peak memory {}",
        peak.map_or_else(
            || "not reported by this system".to_owned(),
            |peak| Unit::Megabytes.show(peak)
        )
    );
    Ok(())
}

/// Holds a contest for each number of connections and prints one table.
fn measure(
    programs: &Programs,
    contenders: &[Contender],
    load: impl Fn(u32) -> Load,
    mut judge: impl FnMut(&[Finding], &Finding) -> [String; 3],
) -> anyhow::Result<()> {
    let mut table = Table::new(contest::HEADER);
    for connections in CONNECTIONS {
        let load = load(connections);
        let findings = contest::hold(programs, contenders, load)?;
        // The last contender is the recording.
        let last = findings.len() - 1;
        for (contender, finding) in contenders.iter().zip(&findings[..last]) {
            table.row(contest::cells(&contender.name, load, finding));
        }
        let cells = contest::cells(&contenders[last].name, load, &findings[last]);
        table.row(
            cells
                .into_iter()
                .chain(judge(&findings[..last], &findings[last])),
        );
    }
    print!("{table}");
    Ok(())
}
