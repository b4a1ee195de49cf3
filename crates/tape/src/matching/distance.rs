//! How unlike two bodies are. Only ever compared with another distance.

use super::canonical::Canonical;
use super::difference::paired;

/// A value that only one side has, for each leaf in it.
const MISSING: u64 = 16;
/// Two values of different kinds.
const OTHER_KIND: u64 = 16;
/// Two values of one kind; up to twice as much where strings have nothing in common.
const CHANGED: u64 = 6;
/// A body that is not JSON beside one that is.
const OTHER_FORM: u64 = 1 << 32;

/// How unlike two bodies are: 0 for equal ones, else a sum over the places where they differ.
pub(crate) fn distance(one: &Canonical<'_>, other: &Canonical<'_>) -> u64 {
    match (one, other) {
        (Canonical::Object(one), Canonical::Object(other)) => paired(one, other)
            .map(|(_, one, other)| place(one, other))
            .fold(0, u64::saturating_add),
        (Canonical::Array(one), Canonical::Array(other)) => (0..one.len().max(other.len()))
            .map(|index| place(one.get(index), other.get(index)))
            .fold(0, u64::saturating_add),
        (Canonical::String(one), Canonical::String(other)) => texts(one, other),
        (Canonical::Number(one), Canonical::Number(other)) => {
            texts(one.as_bytes(), other.as_bytes())
        }
        (Canonical::Bool(one), Canonical::Bool(other)) => u64::from(one != other) * CHANGED,
        (Canonical::Null, Canonical::Null) => 0,
        (one, other) => leaves(one).max(leaves(other)).saturating_mul(OTHER_KIND),
    }
}

/// How unlike two bodies are if at least one of them is not JSON.
pub(crate) fn distance_of_bytes(one: &[u8], other: &[u8], both_without_json: bool) -> u64 {
    let form = if both_without_json { 0 } else { OTHER_FORM };
    form + (longest(one, other) - common(one, other)) as u64
}

fn place(one: Option<&Canonical<'_>>, other: Option<&Canonical<'_>>) -> u64 {
    match (one, other) {
        (Some(one), Some(other)) => distance(one, other),
        (Some(only), None) | (None, Some(only)) => leaves(only).saturating_mul(MISSING),
        (None, None) => 0,
    }
}

fn leaves(value: &Canonical<'_>) -> u64 {
    let inner = match value {
        Canonical::Object(members) => members
            .iter()
            .map(|(_, value)| leaves(value))
            .fold(0, u64::saturating_add),
        Canonical::Array(items) => items.iter().map(leaves).fold(0, u64::saturating_add),
        _ => 0,
    };
    inner.max(1)
}

fn texts(one: &[u8], other: &[u8]) -> u64 {
    if one == other {
        return 0;
    }
    let longest = longest(one, other);
    let differing = (longest - common(one, other)) as u64;
    CHANGED + (CHANGED * differing).div_ceil(longest.max(1) as u64)
}

fn longest(one: &[u8], other: &[u8]) -> usize {
    one.len().max(other.len())
}

/// How many bytes two texts share at their beginning and their end.
fn common(one: &[u8], other: &[u8]) -> usize {
    let shortest = one.len().min(other.len());
    let prefix = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let suffix = one
        .iter()
        .rev()
        .zip(other.iter().rev())
        .take(shortest - prefix)
        .take_while(|(a, b)| a == b)
        .count();
    prefix + suffix
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matching::canonical;

    fn between(one: &str, other: &str) -> u64 {
        let one = canonical(one.as_bytes(), &[]).unwrap();
        let other = canonical(other.as_bytes(), &[]).unwrap();
        let there = distance(&one, &other);
        assert_eq!(there, distance(&other, &one), "both ways");
        there
    }

    #[test]
    fn more_in_common_is_nearer() {
        let body =
            r#"{"jobId":"0f1e2d3c","nonce":"3","details":{"summary":"all good","percent":7}}"#;
        let nearest_first = [
            body,
            &body.replace("all good", "all goods"),
            &body.replace("all good", "nothing"),
            &body.replace("7", "true"),
            &body.replace("\"3\"", "4").replace("0f1e", "0f1f"),
            r#"{"jobId":"0f1e2d3c","nonce":"3"}"#,
            "{}",
        ];
        let distances: Vec<_> = nearest_first
            .iter()
            .map(|other| between(body, other))
            .collect();
        assert_eq!(distances[0], 0);
        assert!(
            distances.windows(2).all(|pair| pair[0] < pair[1]),
            "{distances:?}"
        );
    }

    #[test]
    fn bytes_have_a_distance_too() {
        let of = |one: &str, other: &str| distance_of_bytes(one.as_bytes(), other.as_bytes(), true);
        assert_eq!(of("{abc", "{abc"), 0);
        assert_eq!(of("{abc", "{axc"), 1);
        assert_eq!(of("", "abc"), 3);
        assert!(distance_of_bytes(b"{", b"{}", false) > of("{", &"x".repeat(1_000_000)));
    }

    proptest! {
        #[test]
        fn zero_means_equal(one in r#"(\{"a":[1-9][0-9]?(,"b":"[xy]{0,2}")?\}|\[[0-9](,[0-9])?\])"#, other in r#"(\{"a":[1-9][0-9]?(,"b":"[xy]{0,2}")?\}|\[[0-9](,[0-9])?\])"#) {
            let same = canonical(one.as_bytes(), &[]) == canonical(other.as_bytes(), &[]);
            prop_assert_eq!(between(&one, &other) == 0, same);
        }
    }
}
