//! A tape's exchanges by match key: the tracks that cursors move along.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::slice;

use super::packed::Position;
use crate::matching::MatchKey;

/// The exchanges with one key, named by the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Track(Position);

/// Which exchanges have which key.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    by_key: HashMap<MatchKey, Track, Hashed>,
    /// The exchanges played of tracks with more than one, or whose first is passed over, in recorded order, by the
    /// first of them.
    longer: HashMap<Position, Vec<Position>, Hashed>,
}

impl Track {
    /// Its first exchange, which no other track has; it may be one that is passed over.
    pub(super) fn first(self) -> Position {
        self.0
    }
}

impl Tracks {
    /// Takes the exchange behind the last one; gives the track that begins with it, if one does.
    pub(super) fn push(&mut self, key: MatchKey, position: Position) -> Option<Track> {
        let track = *self.by_key.entry(key).or_insert(Track(position));
        if track.first() == position {
            return Some(track);
        }
        let positions = self.longer.entry(track.first());
        positions
            .or_insert_with(|| vec![track.first()])
            .push(position);
        None
    }

    /// Takes an exchange that no cursor ever comes to, behind the last one: only its key becomes known. Gives the
    /// track that begins with it, if one does.
    pub(super) fn pass_over(&mut self, key: MatchKey, position: Position) -> Option<Track> {
        let track = *self.by_key.entry(key).or_insert(Track(position));
        if track.first() != position {
            return None;
        }
        self.longer.insert(position, Vec::new());
        Some(track)
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.by_key.shrink_to_fit();
        self.longer.values_mut().for_each(Vec::shrink_to_fit);
    }

    pub(super) fn of(&self, key: &MatchKey) -> Option<Track> {
        self.by_key.get(key).copied()
    }

    /// The exchanges of a track that are played, in recorded order; none where all are passed over.
    pub(super) fn positions<'a>(&'a self, track: &'a Track) -> &'a [Position] {
        match self.longer.get(&track.first()) {
            Some(positions) => positions,
            None => slice::from_ref(&track.0),
        }
    }

    /// How many exchanges can be played.
    pub(super) fn playable(&self) -> usize {
        let longer: usize = self.longer.values().map(Vec::len).sum();
        self.by_key.len() - self.longer.len() + longer
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
            for (position, &name) in (0..).zip(&names) {
                let begins = !names[..position as usize].contains(&name);
                prop_assert_eq!(tracks.push(key(name), position).is_some(), begins);
            }
            tracks.shrink_to_fit();
            for name in 0..20 {
                let expected: Vec<u32> = (0..)
                    .zip(&names)
                    .filter(|(_, other)| **other == name)
                    .map(|(position, _)| position)
                    .collect();
                let found = tracks.of(&key(name)).map(|track| tracks.positions(&track).to_vec());
                prop_assert_eq!(found.unwrap_or_default(), expected);
            }
            let all: usize = tracks.all().map(|track| tracks.positions(track).len()).sum();
            prop_assert_eq!(all, names.len());
            prop_assert_eq!(tracks.playable(), names.len());
        }
    }
}
