//! A tape's exchanges by match key: the tracks that cursors move along.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::packed::{Position, number};
use crate::matching::MatchKey;

/// The exchanges with one key, by their number.
pub(super) type Track = u32;

/// Which exchanges have which key.
#[derive(Debug)]
pub(super) struct Tracks {
    by_key: HashMap<MatchKey, Track, Hashed>,
    /// Where each track begins in `positions`, and one more for the end of the last.
    starts: Vec<u32>,
    /// Track by track, each in recorded order.
    positions: Vec<Position>,
}

impl Tracks {
    pub(super) fn of(&self, key: &MatchKey) -> Option<Track> {
        self.by_key.get(key).copied()
    }

    /// The exchanges of a track, in recorded order; at least one.
    pub(super) fn positions(&self, track: Track) -> &[Position] {
        let track = track as usize;
        let range = self.starts[track] as usize..self.starts[track + 1] as usize;
        &self.positions[range]
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Track> {
        0..number(self.starts.len() - 1)
    }
}

/// Sorts exchanges into tracks as they come.
#[derive(Debug, Default)]
pub(super) struct TracksBuilder {
    by_key: HashMap<MatchKey, Track, Hashed>,
    /// The track of each position.
    tracks: Vec<Track>,
}

impl TracksBuilder {
    /// Takes the exchange behind the last one.
    pub(super) fn push(&mut self, key: MatchKey) {
        let next = number(self.by_key.len());
        self.tracks.push(*self.by_key.entry(key).or_insert(next));
    }

    pub(super) fn finish(mut self) -> Tracks {
        self.by_key.shrink_to_fit();
        let mut starts = vec![0; self.by_key.len() + 1];
        for &track in &self.tracks {
            starts[track as usize + 1] += 1;
        }
        for track in 1..starts.len() {
            starts[track] += starts[track - 1];
        }
        let mut ends = starts.clone();
        let mut positions = vec![0; self.tracks.len()];
        for (position, &track) in (0..).zip(&self.tracks) {
            let end = &mut ends[track as usize];
            positions[*end as usize] = position;
            *end += 1;
        }
        Tracks {
            by_key: self.by_key,
            starts,
            positions,
        }
    }
}

/// Match keys and small numbers need no hash that withstands attacks: the first are one, and the
/// second are our own.
pub(super) type Hashed = BuildHasherDefault<Spread>;

/// Takes one number; see [`Hashed`].
#[derive(Debug, Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(self.0 ^ u64::from(byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    /// The table looks at the lowest and the highest bits: an odd factor spreads to both.
    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

#[cfg(test)]
mod tests {
    use pipetape_core::Operation;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_track_has_its_exchanges_in_order(names in proptest::collection::vec(0u8..20, 0..200)) {
            let key = |name: u8| MatchKey::of(&Operation::PollForJobs, &[name], &[]);
            let mut builder = TracksBuilder::default();
            names.iter().for_each(|&name| builder.push(key(name)));
            let tracks = builder.finish();
            for name in 0..20 {
                let expected: Vec<u32> = (0..)
                    .zip(&names)
                    .filter(|(_, other)| **other == name)
                    .map(|(position, _)| position)
                    .collect();
                let found = tracks.of(&key(name)).map(|track| tracks.positions(track).to_vec());
                prop_assert_eq!(found.unwrap_or_default(), expected);
            }
            let all: usize = tracks.all().map(|track| tracks.positions(track).len()).sum();
            prop_assert_eq!(all, names.len());
        }
    }
}
