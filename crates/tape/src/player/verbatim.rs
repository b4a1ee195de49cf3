//! Requests by their very bytes. Most clients of a replay send what was recorded to the byte: then
//! nothing has to be redacted, parsed, or hashed with care.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use pipetape_core::Operation;

use super::packed::Packed;
use super::track::{Hashed, Track};

/// Tracks by a hash of their first request, which is compared before it is believed. Redaction leaves
/// a redacted body as it is, so equal bytes have equal keys; other bytes may have, too.
#[derive(Debug, Default)]
pub(super) struct Verbatim {
    /// Of two requests with one hash, only the first is in here. The other is found by its key.
    by_hash: HashMap<u32, Track, Hashed>,
}

impl Verbatim {
    /// Takes the first request of a track, redacted.
    pub(super) fn push(&mut self, operation: &Operation, body: &[u8], track: Track) {
        self.by_hash.entry(hash(operation, body)).or_insert(track);
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.by_hash.shrink_to_fit();
    }

    /// The track whose first request this is, to the byte.
    pub(super) fn track(
        &self,
        packed: &Packed,
        operation: &Operation,
        body: &[u8],
    ) -> Option<Track> {
        let track = *self.by_hash.get(&hash(operation, body))?;
        let first = track.first();
        let is_it = packed.request(first) == body && packed.operation(first) == operation;
        is_it.then_some(track)
    }
}

fn hash(operation: &Operation, body: &[u8]) -> u32 {
    let mut hasher = DefaultHasher::new();
    operation.hash(&mut hasher);
    hasher.write(body);
    hasher.finish() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Outcome;
    use crate::fault::Fault;
    use crate::matching::MatchKey;
    use crate::player::packed::Packer;
    use crate::player::track::Tracks;

    #[test]
    fn a_hash_alone_is_not_believed() {
        let (operation, other) = (Operation::PollForJobs, Operation::GetJobDetails);
        let mut packer = Packer::default();
        let reset = Outcome::Fault(Fault::Reset);
        let (position, _) = packer.push(1, &operation, None, b"{}", None, &reset);
        let packed = packer.finish();
        let key = MatchKey::of(&operation, b"{}", &[]);
        let track = Tracks::default().push(key, position).unwrap();

        let mut verbatim = Verbatim::default();
        verbatim.push(&operation, b"{}", track);
        // As if these had the same hash.
        verbatim.push(&operation, b"{ }", track);
        verbatim.push(&other, b"{}", track);
        assert_eq!(verbatim.track(&packed, &operation, b"{}"), Some(track));
        assert_eq!(verbatim.track(&packed, &operation, b"{ }"), None);
        assert_eq!(verbatim.track(&packed, &other, b"{}"), None);
        assert_eq!(verbatim.track(&packed, &operation, b""), None);
    }
}
