//! `list`.

use std::io::Write as _;

use pipetape_tape::{Store, TapeState, TapeStats, TapeSummary, UnixMillis};
use serde::Serialize;
use thiserror::Error;

use crate::arguments::ListArguments;
use crate::exit;
use crate::failure::{CommandError, Failure};
use crate::layout::{Align, Cell, Layout, Table, json_to_stdout, to_stdout};
use crate::terminal::{Color, Tone, say};
use crate::text::{self, printable};

/// The listing shows which ones.
#[derive(Debug, Error)]
#[error("{count} of the tapes can't be read")]
struct UnreadableTapes {
    count: usize,
}

impl CommandError for UnreadableTapes {
    fn exit_code(&self) -> u8 {
        exit::DAMAGED
    }

    fn hint(&self) -> Option<&'static str> {
        Some("`pipetape show TAPE` says more; `pipetape delete TAPE` removes one")
    }
}

/// Lists the store; fails after the listing if a tape can't be read.
pub(crate) fn run(arguments: &ListArguments, store: &Store, color: Color) -> Result<u8, Failure> {
    let tapes = store.list()?;
    if arguments.json {
        let tapes: Vec<ListedTape> = tapes.iter().map(ListedTape::from).collect();
        json_to_stdout(&tapes)?;
    } else if tapes.is_empty() {
        let directory = store.directory().display().to_string();
        say(format!("no tapes in {}", printable(&directory)));
    } else {
        let text = table(&tapes).render(Layout::of_stdout(color));
        to_stdout(|out| out.write_all(text.as_bytes()))?;
    }
    let is_unreadable = |tape: &&TapeSummary| matches!(tape.state, TapeState::Unreadable(_));
    match tapes.iter().filter(is_unreadable).count() {
        0 => Ok(exit::DONE),
        count => Err(UnreadableTapes { count }.into()),
    }
}

fn table(tapes: &[TapeSummary]) -> Table<6> {
    let mut table = Table::new([
        ("NAME", Align::Left),
        ("EXCHANGES", Align::Right),
        ("FIRST", Align::Left),
        ("LASTS", Align::Right),
        ("SIZE", Align::Right),
        ("STATE", Align::Left),
    ]);
    for tape in tapes {
        let stats = stats(&tape.state);
        let or_dash = |text: Option<String>| Cell::from(text.unwrap_or_else(|| "-".to_owned()));
        let first = stats.and_then(|stats| stats.first);
        let last = stats.and_then(|stats| stats.last);
        let lasts = first.zip(last);
        table.push([
            tape.name.to_string().into(),
            or_dash(stats.map(|stats| stats.exchanges.to_string())),
            or_dash(first.map(to_the_second)),
            or_dash(lasts.map(|(first, last)| text::duration(last.get().abs_diff(first.get())))),
            text::size(tape.bytes).into(),
            state(&tape.state),
        ]);
        if let TapeState::Unreadable(reason) = &tape.state {
            table.note(printable(reason).into_owned());
        }
    }
    table
}

/// Such as 2026-01-01T00:00:00Z. A tape file has the milliseconds too.
fn to_the_second(moment: UnixMillis) -> String {
    let text = moment.to_string();
    let seconds = text.split('.').next().unwrap_or(&text);
    format!("{seconds}Z")
}

fn stats(state: &TapeState) -> Option<&TapeStats> {
    match state {
        TapeState::Finished(stats) | TapeState::Unfinished(stats) => Some(stats),
        TapeState::InUse { .. } | TapeState::Unreadable(_) => None,
    }
}

fn state(state: &TapeState) -> Cell {
    match state {
        TapeState::Finished(_) => "finished".to_owned().into(),
        TapeState::Unfinished(_) => Cell::toned("unfinished".to_owned(), Tone::Doubtful),
        TapeState::InUse { pid: Some(pid) } => format!("in use by process {pid}").into(),
        TapeState::InUse { pid: None } => "in use".to_owned().into(),
        TapeState::Unreadable(_) => Cell::toned("unreadable".to_owned(), Tone::Bad),
    }
}

/// A tape in `list --json`. What is not known is null.
#[derive(Debug, Serialize)]
struct ListedTape {
    name: String,
    /// `finished`, `unfinished`, `in-use` or `unreadable`.
    state: &'static str,
    exchanges: Option<u64>,
    first: Option<String>,
    last: Option<String>,
    bytes: u64,
    /// The process that uses it.
    pid: Option<u32>,
    /// Why it can't be read.
    reason: Option<String>,
}

impl From<&TapeSummary> for ListedTape {
    fn from(tape: &TapeSummary) -> Self {
        let stats = stats(&tape.state);
        let moment = |moment: Option<UnixMillis>| moment.map(|moment| moment.to_string());
        let (state, pid, reason) = match &tape.state {
            TapeState::Finished(_) => ("finished", None, None),
            TapeState::Unfinished(_) => ("unfinished", None, None),
            TapeState::InUse { pid } => ("in-use", *pid, None),
            TapeState::Unreadable(reason) => ("unreadable", None, Some(reason.clone())),
        };
        Self {
            name: tape.name.to_string(),
            state,
            exchanges: stats.map(|stats| stats.exchanges),
            first: moment(stats.and_then(|stats| stats.first)),
            last: moment(stats.and_then(|stats| stats.last)),
            bytes: tape.bytes,
            pid,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tapes() -> Vec<TapeSummary> {
        let stats = TapeStats {
            exchanges: 12,
            last_seq: 12,
            first: UnixMillis::new(1_767_225_600_000),
            last: UnixMillis::new(1_767_225_661_041),
        };
        let tape = |name: &str, state, bytes| TapeSummary {
            name: name.parse().unwrap(),
            state,
            bytes,
        };
        vec![
            tape(
                "broken",
                TapeState::Unreadable("tape `broken` is damaged: no \u{1b}layout".to_owned()),
                0,
            ),
            tape("deploy", TapeState::Finished(stats), 524_288),
            tape("empty", TapeState::Unfinished(TapeStats::default()), 1023),
            tape("live", TapeState::InUse { pid: Some(71) }, 5 << 30),
        ]
    }

    #[test]
    fn a_listing_is_aligned() {
        insta::assert_snapshot!(table(&tapes()).render(Layout::pipe()), @r"
        NAME    EXCHANGES  FIRST                 LASTS       SIZE  STATE
        broken          -  -                         -        0 B  unreadable
                tape `broken` is damaged: no \u{1b}layout
        deploy         12  2026-01-01T00:00:00Z  1m 1s  512.0 KiB  finished
        empty           0  -                         -     1023 B  unfinished
        live            -  -                         -    5.0 GiB  in use by process 71
        ");
    }

    #[test]
    fn a_terminal_of_80_columns_is_enough() {
        let listing = table(&tapes()).render(Layout::terminal(80));
        insta::assert_snapshot!(listing, @r"
        NAME    EXCHANGES  FIRST                 LASTS       SIZE  STATE
        broken          -  -                         -        0 B  unreadable
                tape `broken` is damaged: no \u{1b}layout
        deploy         12  2026-01-01T00:00:00Z  1m 1s  512.0 KiB  finished
        empty           0  -                         -     1023 B  unfinished
        live            -  -                         -    5.0 GiB  in use by process 71
        ");
        assert!(
            listing.lines().all(|line| line.chars().count() <= 80),
            "{listing}"
        );
    }

    #[test]
    fn json_has_every_member_for_every_tape() {
        let listed: Vec<ListedTape> = tapes().iter().map(ListedTape::from).collect();
        insta::assert_snapshot!(serde_json::to_string(&listed[1]).unwrap(), @r#"{"name":"deploy","state":"finished","exchanges":12,"first":"2026-01-01T00:00:00.000Z","last":"2026-01-01T00:01:01.041Z","bytes":524288,"pid":null,"reason":null}"#);
        let states: Vec<_> = listed.iter().map(|tape| (tape.state, tape.pid)).collect();
        assert_eq!(
            states,
            [
                ("unreadable", None),
                ("finished", None),
                ("unfinished", None),
                ("in-use", Some(71))
            ]
        );
    }
}
