//! Everything by which an exchange is found: by its bytes, by its match key, by likeness.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::slice;

use pipetape_core::Operation;
use siphasher::sip128::{Hasher128, SipHasher13};

use super::packed::{Position, Slot};
use crate::matching::MatchKey;

/// Filled exchange by exchange, in the tape's order.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) groups: KeyGroups,
    pub(crate) verbatim: Verbatim,
    pub(crate) firsts: FirstRequests,
}

/// What an exchange is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Play,
    /// To be known as recorded, and never played.
    PassOver,
}

/// The exchanges with one match key. The position of the first one names the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyGroup(Position);

/// Which exchanges have which match key.
#[derive(Debug, Default)]
pub(crate) struct KeyGroups {
    by_key: HashMap<MatchKey, KeyGroup, Hashed>,
    /// The exchanges to play, in recorded order, of each group that has not exactly one or whose first
    /// is passed over. Most groups are one exchange, and take no list.
    longer: HashMap<Position, Vec<Position>, Hashed>,
}

/// The first exchange of each key group, by a hash of its request as it was recorded.
///
/// Most clients of a replay send what was recorded to the byte. For them this table is all: nothing is
/// redacted, parsed or canonicalized. As with a match key, equal hashes count as equal requests; there
/// are 128 bits of them, and each process has its own keys for them. Redaction leaves a redacted body
/// unchanged, so equal bytes have equal match keys; other bytes may have the same key too.
#[derive(Debug)]
pub(crate) struct Verbatim {
    keys: (u64, u64),
    by_hash: HashMap<RequestHash, Slot, Hashed>,
}

/// The hash of a request. Four parts of 32 bits, so that an entry of the table has no padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RequestHash([u32; 4]);

/// The first exchange of each key group, by operation: the different requests that a miss is compared
/// with.
#[derive(Debug, Default)]
pub(crate) struct FirstRequests(HashMap<Operation, Vec<Position>>);

/// For match keys, request hashes and positions, which need no hash that resists attacks: the first
/// two are hashes of their own, and positions are numbers that we chose.
pub(crate) type Hashed = BuildHasherDefault<Spread>;

/// Spreads one number over 64 bits: see [`Hashed`].
#[derive(Debug, Default)]
pub(crate) struct Spread(u64);

impl Index {
    /// Adds the next exchange of the tape: where it is, its operation, its match key, and its request's
    /// redacted body.
    pub(crate) fn push(
        &mut self,
        slot: Slot,
        operation: &Operation,
        key: MatchKey,
        body: &[u8],
        role: Role,
    ) {
        let is_first = match role {
            Role::Play => self.groups.push(key, slot.position),
            Role::PassOver => self.groups.pass_over(key, slot.position),
        };
        if is_first {
            self.verbatim.push(operation, body, slot);
            self.firsts.push(operation, slot.position);
        }
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.groups.shrink_to_fit();
        self.verbatim.by_hash.shrink_to_fit();
        self.firsts.0.values_mut().for_each(Vec::shrink_to_fit);
    }
}

impl KeyGroup {
    /// The group whose first exchange this is.
    pub(crate) fn begun_by(first: Position) -> Self {
        Self(first)
    }

    /// Its first exchange, which may be one that is passed over.
    pub(crate) fn first(self) -> Position {
        self.0
    }
}

impl KeyGroups {
    /// Adds the next exchange; says whether it is the first of its group.
    fn push(&mut self, key: MatchKey, position: Position) -> bool {
        let group = *self.by_key.entry(key).or_insert(KeyGroup(position));
        if group.first() == position {
            return true;
        }
        let positions = self.longer.entry(group.first());
        positions
            .or_insert_with(|| vec![group.first()])
            .push(position);
        false
    }

    /// Adds the next exchange as one that is never played: only its key becomes known. Says whether it is
    /// the first of its group.
    fn pass_over(&mut self, key: MatchKey, position: Position) -> bool {
        let group = *self.by_key.entry(key).or_insert(KeyGroup(position));
        let is_first = group.first() == position;
        if is_first {
            self.longer.insert(position, Vec::new());
        }
        is_first
    }

    fn shrink_to_fit(&mut self) {
        self.by_key.shrink_to_fit();
        self.longer.values_mut().for_each(Vec::shrink_to_fit);
    }

    pub(crate) fn of(&self, key: &MatchKey) -> Option<KeyGroup> {
        self.by_key.get(key).copied()
    }

    /// The exchanges of a group that are played, in recorded order; none if all are passed over.
    pub(crate) fn positions<'a>(&'a self, group: &'a KeyGroup) -> &'a [Position] {
        match self.longer.get(&group.first()) {
            Some(positions) => positions,
            None => slice::from_ref(&group.0),
        }
    }

    /// How many exchanges can be played.
    pub(crate) fn playable(&self) -> usize {
        let longer: usize = self.longer.values().map(Vec::len).sum();
        self.by_key.len() - self.longer.len() + longer
    }

    /// Every group, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &KeyGroup> {
        self.by_key.values()
    }
}

impl Verbatim {
    /// Adds the first exchange of a key group. If an earlier group began with the same request, that one
    /// stays.
    fn push(&mut self, operation: &Operation, redacted_body: &[u8], first: Slot) {
        let hash = self.hash(operation, redacted_body);
        self.by_hash.entry(hash).or_insert(first);
    }

    /// The first exchange of the key group that begins with this request, to the byte.
    pub(crate) fn first(&self, operation: &Operation, body: &[u8]) -> Option<Slot> {
        self.by_hash.get(&self.hash(operation, body)).copied()
    }

    fn hash(&self, operation: &Operation, body: &[u8]) -> RequestHash {
        let mut hasher = SipHasher13::new_with_keys(self.keys.0, self.keys.1);
        operation.hash(&mut hasher);
        hasher.write(body);
        let hash = hasher.finish128();
        let low = |half: u64| half as u32;
        let high = |half: u64| (half >> 32) as u32;
        RequestHash([low(hash.h1), high(hash.h1), low(hash.h2), high(hash.h2)])
    }
}

impl FirstRequests {
    fn push(&mut self, operation: &Operation, first: Position) {
        match self.0.get_mut(operation) {
            Some(firsts) => firsts.push(first),
            None => _ = self.0.insert(operation.clone(), vec![first]),
        }
    }

    /// Those of one operation, in recorded order.
    pub(crate) fn of(&self, operation: &Operation) -> &[Position] {
        self.0.get(operation).map_or(&[], Vec::as_slice)
    }
}

impl Default for Verbatim {
    fn default() -> Self {
        let random = RandomState::new();
        Self {
            keys: (random.hash_one(0), random.hash_one(1)),
            by_hash: HashMap::default(),
        }
    }
}

impl Hash for RequestHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first, second, ..] = self.0;
        state.write_u64(u64::from(first) << 32 | u64::from(second));
    }
}

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
    use proptest::prelude::*;

    use super::{super::packed::Address, *};

    proptest! {
        #[test]
        fn each_group_has_its_exchanges_in_order(
            names in proptest::collection::vec(0u8..20, 0..200),
        ) {
            let key = |name: u8| MatchKey::of(&Operation::PollForJobs, &[name], &[]);
            let mut groups = KeyGroups::default();
            for (position, &name) in (0..).zip(&names) {
                let is_first = !names[..position as usize].contains(&name);
                prop_assert_eq!(groups.push(key(name), position), is_first);
            }
            groups.shrink_to_fit();
            for name in 0..20 {
                let expected: Vec<u32> = (0..)
                    .zip(&names)
                    .filter(|(_, other)| **other == name)
                    .map(|(position, _)| position)
                    .collect();
                let found = groups.of(&key(name));
                let found = found.map(|group| groups.positions(&group).to_vec());
                prop_assert_eq!(found.unwrap_or_default(), expected);
            }
            let all: usize = groups.all().map(|group| groups.positions(group).len()).sum();
            prop_assert_eq!(all, names.len());
            prop_assert_eq!(groups.playable(), names.len());
        }
    }

    fn slot(position: Position) -> Slot {
        let address = Address::of_block(position as usize);
        Slot { position, address }
    }

    #[test]
    fn the_very_bytes_count() {
        let (operation, other) = (Operation::PollForJobs, Operation::GetJobDetails);
        let mut verbatim = Verbatim::default();
        verbatim.push(&operation, b"{}", slot(0));
        let found = |operation, body: &[u8]| verbatim.first(operation, body);
        assert_eq!(found(&operation, b"{}"), Some(slot(0)));
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
    fn the_first_group_of_a_request_stays() {
        let operation = Operation::PollForJobs;
        let mut verbatim = Verbatim::default();
        for position in [0, 1] {
            verbatim.push(&operation, b"{}", slot(position));
        }
        assert_eq!(verbatim.first(&operation, b"{}"), Some(slot(0)));
    }

    #[test]
    fn an_entry_is_small_and_hashes_are_of_one_process() {
        assert_eq!(size_of::<(RequestHash, Slot)>(), 24);
        let hash = || Verbatim::default().hash(&Operation::PollForJobs, b"{}");
        assert_ne!(hash(), hash());
    }
}
