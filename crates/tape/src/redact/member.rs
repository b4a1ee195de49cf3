//! Which members hold secrets.

/// What a member's name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    /// Always a secret.
    Secret,
    /// A map of configuration values, by key.
    Configuration,
    /// An identifier: twelve digits in it are no account id.
    Identifier,
    /// Nothing special.
    Plain,
}

/// Always secrets: artifact credentials (marked sensitive in the service's model), a third-party job's
/// client token, an approval's token, a webhook's.
const SECRET: [&str; 6] = [
    "accesskeyid",
    "secretaccesskey",
    "sessiontoken",
    "clienttoken",
    "token",
    "secrettoken",
];

/// Maps from a configuration key to its value.
const CONFIGURATION: [&str; 3] = ["configuration", "resolvedconfiguration", "queryparam"];

const IDENTIFIER: [&str; 3] = ["jobid", "id", "nonce"];

impl Member {
    /// Judges by name, whatever its case: hostile or careless upstreams do not keep to the model's.
    pub(super) fn of(name: &[u8]) -> Member {
        let is_in = |names: &[&str]| {
            names
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
        };
        if is_in(&SECRET) {
            Member::Secret
        } else if is_in(&CONFIGURATION) {
            Member::Configuration
        } else if is_in(&IDENTIFIER) {
            Member::Identifier
        } else {
            Member::Plain
        }
    }
}
