//! The recorded exchange that is most like a request that missed.

use pipetape_core::Operation;

use super::cause::Closest;
use crate::matching::{
    Canonical, Criteria, JobTag, distance, distance_of_bytes, shown_differences,
};
use crate::player::prepared::{Packed, Position, PreparedTape};

/// Most different recorded requests looked at for one miss.
const MOST_LOOKED_AT: usize = 4000;
/// Most bytes of bodies read for one miss, with the request's own for each candidate.
const MOST_READ: usize = 32 * 1024 * 1024;
/// Most differences listed.
pub(crate) const MOST_DIFFERENCES: usize = 10;

/// The closest one by structural distance, among the requests of the same operation: those about the
/// same job if there are any, otherwise all of them. The first 4,000 are looked at, or as many as 32 MiB
/// of bodies hold. It depends on tape and request alone, so each replay names the same one.
pub(super) fn closest(
    tape: &PreparedTape,
    operation: &Operation,
    redacted_body: &[u8],
) -> Option<Closest> {
    let packed = &tape.packed;
    let got = tape.criteria.canonical(operation, redacted_body);
    let firsts = || tape.index.firsts.of(operation).iter().copied();
    let search = Search {
        packed,
        criteria: &tape.criteria,
        operation,
        got: got.as_ref(),
        got_body: redacted_body,
    };
    let job = got.as_ref().and_then(JobTag::of);
    let about_the_job = firsts().filter(|&at| packed.info(at).job == job);
    let position = match job {
        Some(_) => search.nearest(about_the_job),
        None => None,
    };
    let position = position.or_else(|| search.nearest(firsts()))?;
    Some(search.compare(position))
}

struct Search<'a> {
    packed: &'a Packed,
    criteria: &'a Criteria,
    operation: &'a Operation,
    /// `None` where the body only has bytes.
    got: Option<&'a Canonical<'a>>,
    got_body: &'a [u8],
}

impl Search<'_> {
    /// The first of the nearest.
    fn nearest(&self, candidates: impl Iterator<Item = Position>) -> Option<Position> {
        let mut read = 0;
        candidates
            .take(MOST_LOOKED_AT)
            .take_while(|&at| {
                let fits = read < MOST_READ;
                read += self.packed.request(at).len() + self.got_body.len();
                fits
            })
            .min_by_key(|&at| self.distance(at))
    }

    fn canonical<'b>(&self, recorded: &'b [u8]) -> Option<Canonical<'b>> {
        self.criteria.canonical(self.operation, recorded)
    }

    fn distance(&self, at: Position) -> u64 {
        let body = self.packed.request(at);
        match (self.canonical(body), self.got) {
            (Some(recorded), Some(got)) => distance(&recorded, got),
            (recorded, got) => {
                let neither = recorded.is_none() && got.is_none();
                distance_of_bytes(body, self.got_body, neither)
            }
        }
    }

    fn compare(&self, at: Position) -> Closest {
        let seq = self.packed.info(at).seq;
        let body = self.packed.request(at);
        let (Some(recorded), Some(got)) = (self.canonical(body), self.got) else {
            return Closest {
                seq,
                differences: vec![self.compare_bytes(body)],
                more: 0,
            };
        };
        let (differences, more) = shown_differences(&recorded, got, MOST_DIFFERENCES);
        Closest {
            seq,
            differences,
            more,
        }
    }

    fn compare_bytes(&self, recorded: &[u8]) -> String {
        let whose = match (self.canonical(recorded).is_some(), self.got.is_some()) {
            (true, _) => "the request's",
            (_, true) => "the recorded one",
            _ => "neither body",
        };
        let is = if whose == "neither body" {
            "is"
        } else {
            "is not"
        };
        let at = recorded
            .iter()
            .zip(self.got_body)
            .take_while(|(a, b)| a == b)
            .count();
        format!(
            "the body, by its bytes because {whose} {is} JSON with each member once: recorded {} bytes, got {} bytes, different from byte {at} on",
            recorded.len(),
            self.got_body.len(),
        )
    }
}
