//! Part two: a recording against a bare reverse proxy, both in front of the same bare upstream.

use crate::{
    bars::{self, Unit, Verdicts},
    contest::{self, Contender, Finding, Load},
    listen::RuntimeKind,
    program::Programs,
    run::Options,
    table::Table,
};

const CONNECTIONS: [u32; 3] = [1, 16, 64];
/// Requests per second in all where latency is the question: far below what either can do, so that no
/// request waits for another. At full speed latency says again what requests per second have said.
const PACE: f64 = 500.0;
/// So many jobs that hardly one is asked about twice.
const JOBS: u64 = 1 << 40;

/// Measures and prints.
///
/// # Errors
///
/// When a server can't be run, gives a wrong answer, or answers what it did not record.
pub(crate) fn run(
    programs: &Programs,
    options: &Options,
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
        Contender::new("record", programs.record(address)?, JOBS),
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

    let [.., record] = contenders;
    if let Some(peak) = record.server.peak_memory() {
        println!(
            "\nRecord: peak memory after that load: {}",
            Unit::Megabytes.show(peak)
        );
    }
    record.server.stop()
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
