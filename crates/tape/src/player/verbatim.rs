//! Requests by their very bytes. Most clients of a replay send what was recorded to the byte: then
//! nothing has to be redacted, parsed, or looked at twice.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use pipetape_core::Operation;
use siphasher::sip128::{Hasher128, SipHasher13};

use super::address::Address;
use super::track::{Hashed, Track};

/// Tracks by a hash of their first request. As with a match key, equal hashes are taken for equal requests: there are 128
/// bits of them, and the hash is a new one in each process. Redaction leaves a redacted body as it is, so equal bytes
/// have equal keys; other bytes may have, too.
#[derive(Debug)]
pub(super) struct Verbatim {
    keys: (u64, u64),
    by_hash: HashMap<Exact, Spot, Hashed>,
}

/// Where the exchanges of a request begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) track: Track,
    /// The address of its first exchange.
    pub(super) first: Address,
}

/// The hash of a request. In small pieces, which leave no gap in an entry of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Exact([u32; 4]);

impl Hash for Exact {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first, second, ..] = self.0;
        state.write_u64(u64::from(first) << 32 | u64::from(second));
    }
}

impl Default for Verbatim {
    fn default() -> Verbatim {
        let random = RandomState::new();
        Verbatim {
            keys: (random.hash_one(0), random.hash_one(1)),
            by_hash: HashMap::default(),
        }
    }
}

impl Verbatim {
    /// Takes the first request of a track, redacted.
    pub(super) fn push(&mut self, operation: &Operation, body: &[u8], spot: Spot) {
        let hash = self.hash(operation, body);
        self.by_hash.entry(hash).or_insert(spot);
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.by_hash.shrink_to_fit();
    }

    /// The track whose first request this is, to the byte.
    pub(super) fn spot(&self, operation: &Operation, body: &[u8]) -> Option<Spot> {
        self.by_hash.get(&self.hash(operation, body)).copied()
    }

    fn hash(&self, operation: &Operation, body: &[u8]) -> Exact {
        let mut hasher = SipHasher13::new_with_keys(self.keys.0, self.keys.1);
        operation.hash(&mut hasher);
        hasher.write(body);
        let hash = hasher.finish128();
        let low = |half: u64| half as u32;
        let high = |half: u64| (half >> 32) as u32;
        Exact([low(hash.h1), high(hash.h1), low(hash.h2), high(hash.h2)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::MatchKey;
    use crate::player::track::Tracks;

    #[test]
    fn the_very_bytes_count() {
        let (operation, other) = (Operation::PollForJobs, Operation::GetJobDetails);
        let key = MatchKey::of(&operation, b"{}", &[]);
        let track = Tracks::default().push(key, 0).unwrap();
        let first = Address::new(0, 0);
        let spot = Spot { track, first };

        let mut verbatim = Verbatim::default();
        verbatim.push(&operation, b"{}", spot);
        let found = |operation, body: &[u8]| verbatim.spot(operation, body);
        assert_eq!(found(&operation, b"{}"), Some(spot));
        for (operation, body) in [
            (&operation, &b"{ }"[..]),
            (&operation, b""),
            (&operation, b"{}\0"),
            (&other, b"{}"),
        ] {
            assert_eq!(found(operation, body), None, "{operation} {body:?}");
        }
    }

    #[test]
    fn the_first_track_of_a_request_stays() {
        let operation = Operation::PollForJobs;
        let mut tracks = Tracks::default();
        let mut verbatim = Verbatim::default();
        let spots = [0, 1].map(|position| {
            let key = MatchKey::of(&operation, &[position], &[]);
            let track = tracks.push(key, position.into()).unwrap();
            let first = Address::new(position.into(), 0);
            Spot { track, first }
        });
        for spot in spots {
            verbatim.push(&operation, b"{}", spot);
        }
        assert_eq!(verbatim.spot(&operation, b"{}"), Some(spots[0]));
    }

    #[test]
    fn an_entry_is_small_and_hashes_are_of_one_process() {
        assert_eq!(size_of::<(Exact, Spot)>(), 24);
        let hash = || Verbatim::default().hash(&Operation::PollForJobs, b"{}");
        assert_ne!(hash(), hash());
    }
}
