//! Findings, read from what sessions were served.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use pipetape_core::Answer;

use super::notes::Note;
use super::sessions::Session;
use crate::findings::{Act, Answered, Asked, Ending, Finding, Findings, HandOuts, JobCall, Judge};
use crate::player::prepared::{Packed, Position};

/// Most findings listed; about 1 MB.
const MOST_FINDINGS: usize = 1000;

/// What findings need of an exchange.
struct Facts {
    asked: Asked,
    answered: Answered,
}

/// Exchanges as they were looked at: sessions play the same ones.
struct Known<'a> {
    packed: &'a Packed,
    facts: HashMap<Position, Facts>,
}

/// Judges sessions one after another.
pub(crate) fn judge(packed: &Packed, sessions: &[Arc<Session>]) -> Findings {
    let hand_outs = LazyCell::new(|| hand_outs(packed));
    let mut known = Known {
        packed,
        facts: HashMap::new(),
    };
    let mut findings = Findings::default();
    for session in sessions {
        let (notes, missing) = session.state().notes.snapshot();
        findings.unjudged += missing;
        let mut chapters = notes
            .split(|note| matches!(note, Note::StartOver))
            .peekable();
        while let Some(chapter) = chapters.next() {
            let mut judge = Judge::new(Arc::clone(&session.name), &hand_outs);
            chapter.iter().for_each(|note| known.step(note, &mut judge));
            let ending = match (chapters.peek(), missing) {
                (None, 1..) => Ending::Unknown,
                _ => Ending::Known,
            };
            findings.add(judge.finish(ending));
        }
    }
    findings
}

impl Findings {
    fn add(&mut self, more: Vec<Finding>) {
        let free = MOST_FINDINGS - self.list.len();
        self.unlisted += more.len().saturating_sub(free) as u64;
        self.list.extend(more.into_iter().take(free));
    }
}

impl Known<'_> {
    fn step(&mut self, note: &Note, judge: &mut Judge<'_>) {
        let packed = self.packed;
        let seq = |position| packed.info(position).seq;
        match note {
            Note::StartOver => {}
            Note::Played {
                position,
                invocation,
            } => {
                let Facts { asked, answered } = self.facts(*position);
                judge.take(&JobCall {
                    operation: packed.operation(*position),
                    asked,
                    answered,
                    exchange: Some(seq(*position)),
                    invocation: *invocation,
                    is_exact: true,
                });
            }
            Note::Sent(sent) => {
                let missed = Answered::default();
                let answered = match sent.position {
                    Some(position) => &self.facts(position).answered,
                    None => &missed,
                };
                judge.take(&JobCall {
                    operation: &sent.operation,
                    asked: &sent.asked,
                    answered,
                    exchange: sent.position.map(seq),
                    invocation: sent.invocation,
                    is_exact: false,
                });
            }
        }
    }

    fn facts(&mut self, position: Position) -> &Facts {
        match self.facts.entry(position) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Facts::at(self.packed, position)),
        }
    }
}

impl Facts {
    fn at(packed: &Packed, position: Position) -> Facts {
        let asked = Asked::of(packed.request(position));
        let answer = match packed.answer(packed.address(position)) {
            Answer::Response(response) => Some(response),
            Answer::Truncated { .. } | Answer::Reset => None,
        };
        let operation = packed.operation(position);
        Facts {
            answered: Answered::of(operation, asked.job(), answer.as_deref()),
            asked,
        }
    }
}

fn hand_outs(packed: &Packed) -> HandOuts {
    let mut hand_outs = HandOuts::default();
    for position in packed.positions() {
        let operation = packed.operation(position);
        if matches!(Act::of(operation), Some(Act::Poll | Act::Details)) {
            hand_outs.take(operation, &Facts::at(packed, position).answered);
        }
    }
    hand_outs
}
