//! Part one: a replay against a bare server with one fixed answer.

use crate::bare::RuntimeKind;
use crate::bars::{Unit, Verdicts};
use crate::contest::{self, Contender};
use crate::options::{RunOptions, Tape};
use crate::program::Programs;
use crate::table::Table;

/// Connections at once: a few workers, and more than a core can keep apart.
const CONNECTIONS: [u32; 2] = [16, 64];

/// Measures and prints.
///
/// # Errors
///
/// When a server can't be run, misses, or gives a wrong answer.
pub(crate) fn run(
    programs: &Programs,
    options: &RunOptions,
    tapes: &[Tape],
    verdicts: &mut Verdicts,
) -> anyhow::Result<()> {
    let mut contenders = vec![
        Contender::new(
            "bare server, one thread",
            programs.bare_server(RuntimeKind::One)?,
            1,
        ),
        Contender::new(
            "bare server, multi-thread",
            programs.bare_server(RuntimeKind::Multi)?,
            1,
        ),
    ];
    for tape in tapes {
        let name = format!("replay, {}", tape.size);
        contenders.push(Contender::new(
            &name,
            programs.replay(&tape.source)?,
            tape.size.exchanges(),
        ));
    }
    let (bare, replays) = contenders.split_at(2);

    println!(
        "\nReplay: jobs asked about at random; the value is the ratio of req/s to the faster bare server"
    );
    let mut table = Table::new(contest::HEADER);
    for connections in CONNECTIONS {
        let load = options.full_speed(connections);
        let findings = contest::hold(programs, &contenders, load)?;
        for (contender, finding) in bare.iter().zip(&findings) {
            table.row(contest::cells(&contender.name, load, finding));
        }
        let floor = contest::faster(&findings[0], &findings[1]);
        let one = &findings[2];
        for ((contender, tape), finding) in replays.iter().zip(tapes).zip(&findings[2..]) {
            let to_floor = finding.ratio_to(floor);
            let judged = match tape.size.bar_to_bare() {
                Some(bar) => verdicts.judge(to_floor, bar).to_vec(),
                None => vec![Unit::Ratio.show(to_floor)],
            };
            table.row(
                contest::cells(&contender.name, load, finding)
                    .into_iter()
                    .chain(judged),
            );
            if let Some(bar) = tape.size.bar_to_one() {
                let mut cells: [String; 6] = Default::default();
                cells[0] = "  its ratio to a tape of 1".to_owned();
                table.row(
                    cells
                        .into_iter()
                        .chain(verdicts.judge(finding.ratio_to(one), bar)),
                );
            }
        }
    }
    print!("{table}");

    println!("\nReplay: peak memory after that load");
    print!("{}", memory(replays, tapes, verdicts));
    for contender in contenders.into_iter().skip(2) {
        contender.server.stop()?;
    }
    Ok(())
}

fn memory(replays: &[Contender], tapes: &[Tape], verdicts: &mut Verdicts) -> Table {
    let mut table = Table::new(["subject", "value", "bar", ""]);
    for (contender, tape) in replays.iter().zip(tapes) {
        let judged = match (contender.server.peak_memory(), tape.size.bar_for_memory()) {
            (Some(peak), Some(bar)) => verdicts.judge(peak, bar).to_vec(),
            (Some(peak), None) => vec![Unit::Megabytes.show(peak)],
            (None, _) => vec!["not reported by this system".to_owned()],
        };
        table.row([contender.name.clone()].into_iter().chain(judged));
    }
    table
}
