//! A tape's exchanges by match key: the tracks that cursors move along.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::slice;

use super::packed::{Position, number};
use crate::matching::MatchKey;

/// The exchanges with one key. Most tracks have one exchange: no more memory is read for these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Track {
    first: Position,
    /// Index into the longer tracks; [`ALONE`] where the first is the only one.
    longer: u32,
}

const ALONE: u32 = u32::MAX;

/// Which exchanges have which key.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    by_key: HashMap<MatchKey, Track, Hashed>,
    /// Each in recorded order, the first exchange included.
    longer: Vec<Vec<Position>>,
    length: Position,
}

impl Track {
    /// Its first exchange, which no other track has.
    pub(super) fn first(&self) -> Position {
        self.first
    }
}

impl Tracks {
    /// Takes the exchange behind the last one.
    pub(super) fn push(&mut self, key: MatchKey) {
        let position = self.length;
        self.length += 1;
        let track = self.by_key.entry(key).or_insert(Track {
            first: position,
            longer: ALONE,
        });
        if track.first == position {
            return;
        }
        if track.longer == ALONE {
            track.longer = number(self.longer.len());
            self.longer.push(vec![track.first]);
        }
        self.longer[track.longer as usize].push(position);
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.by_key.shrink_to_fit();
        self.longer.iter_mut().for_each(Vec::shrink_to_fit);
    }

    pub(super) fn of(&self, key: &MatchKey) -> Option<&Track> {
        self.by_key.get(key)
    }

    /// The exchanges of a track, in recorded order; at least one.
    pub(super) fn positions<'a>(&'a self, track: &'a Track) -> &'a [Position] {
        match track.longer {
            ALONE => slice::from_ref(&track.first),
            longer => &self.longer[longer as usize],
        }
    }

    /// Every track, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Track> {
        self.by_key.values()
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
            let mut tracks = Tracks::default();
            names.iter().for_each(|&name| tracks.push(key(name)));
            tracks.shrink_to_fit();
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
