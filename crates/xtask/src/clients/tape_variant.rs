//! The tape of the recipes as it is, and as it has to make a recipe fail.

use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// What a recipe is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// What its tests ask for.
    AsRecorded,
    /// Something else than they ask for.
    OtherRequest,
    /// An exchange more than they ask for.
    OneMore,
}

impl Variant {
    pub(crate) const ALL: [Self; 3] = [Self::AsRecorded, Self::OtherRequest, Self::OneMore];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsRecorded => "as-recorded",
            Self::OtherRequest => "other-request",
            Self::OneMore => "one-more",
        }
    }

    /// What a recipe that fails on it has to say; `None` if it must not fail.
    pub(crate) fn sign(self) -> Option<&'static str> {
        match self {
            Self::AsRecorded => None,
            // Of the message that a client is given: not all tools show its code.
            Self::OtherRequest => Some("never recorded"),
            Self::OneMore => Some("unplayed"),
        }
    }

    /// The tape made from the sample, which has one exchange with a nonce.
    ///
    /// # Errors
    ///
    /// The sample is not of that form.
    pub(crate) fn of(self, sample: &str) -> anyhow::Result<String> {
        let mut tape: Value = serde_json::from_str(sample).context("the sample tape")?;
        let exchanges = tape["exchanges"].as_array_mut();
        let exchanges = exchanges.context("the sample tape has no exchanges")?;
        ensure!(exchanges.len() == 1, "the sample tape has not one exchange");
        let mut other = exchanges[0].clone();
        let nonce = other.pointer_mut("/request/body/nonce");
        *nonce.context("the sample's request has no nonce")? = json!("another");
        match self {
            Self::AsRecorded => {}
            Self::OtherRequest => exchanges[0] = other,
            Self::OneMore => {
                other["seq"] = json!(2);
                exchanges.push(other);
            }
        }
        Ok(serde_json::to_string_pretty(&tape)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_differ_where_they_should() {
        let sample = r#"{"exchanges":[{"seq":1,"request":{"body":{"nonce":"3"}}}]}"#;
        let nonces = |variant: Variant| {
            let tape: Value = serde_json::from_str(&variant.of(sample).unwrap()).unwrap();
            let exchanges = tape["exchanges"].as_array().unwrap().iter();
            let nonces = exchanges.map(|one| one["request"]["body"]["nonce"].to_string());
            nonces.collect::<Vec<_>>()
        };
        assert_eq!(nonces(Variant::AsRecorded), [r#""3""#]);
        assert_eq!(nonces(Variant::OtherRequest), [r#""another""#]);
        assert_eq!(nonces(Variant::OneMore), [r#""3""#, r#""another""#]);
        assert!(Variant::AsRecorded.of("{}").is_err());
    }
}
