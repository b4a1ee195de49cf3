//! What a name says of the value after it.

/// What a member's name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    /// Always a secret, by the service's own meaning.
    Secret,
    /// The object with a job's artifact credentials.
    Credentials,
    /// A secret by the common meaning of its name, such as `dbPassword`.
    Named,
    /// A map of configuration values, by key.
    Configuration,
    /// A map of an action's output variables, by key.
    Variables,
    /// An identifier: twelve digits in it are not an account id.
    Identifier,
    /// `name` or `key`: says what the `value` beside it is.
    Name,
    /// The value that a `name` or `key` belongs to.
    Value,
    /// Says of which shape the object is, not what is in it.
    Type,
    /// Nothing special.
    Plain,
}

/// How a name can end, compared without case and punctuation, that calls its value a secret
/// wherever it is. `nextToken` and `continuationToken` are not among them: the contract keeps
/// those.
const ENDINGS: [&[u8]; 20] = [
    b"password",
    b"passwd",
    b"passphrase",
    b"accesskeyid",
    b"secretaccesskey",
    b"secretkey",
    b"privatekey",
    b"apikey",
    b"clientsecret",
    b"clienttoken",
    b"secrettoken",
    b"sessiontoken",
    b"securitytoken",
    b"accesstoken",
    b"refreshtoken",
    b"authtoken",
    b"oauthtoken",
    b"bearertoken",
    b"webhooktoken",
    b"signature",
];

/// Names that are secrets if the value looks like one; in prose they are words as well.
const WORDS: [&[u8]; 6] = [
    b"token",
    b"secret",
    b"pwd",
    b"pass",
    b"credentials",
    b"approvaltoken",
];

/// More letters than any name that matters has.
const LONGEST: usize = 40;

/// The letters and digits at a name's end, in lower case.
pub(super) struct Folded {
    bytes: [u8; LONGEST],
    start: usize,
}

impl Folded {
    pub(super) fn of(name: &[u8]) -> Folded {
        let mut folded = Folded {
            bytes: [0; LONGEST],
            start: LONGEST,
        };
        for byte in name.iter().rev().filter(|b| b.is_ascii_alphanumeric()) {
            if folded.start == 0 {
                break;
            }
            folded.start -= 1;
            folded.bytes[folded.start] = byte.to_ascii_lowercase();
        }
        folded
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Whether a value of this name is a secret whatever it looks like.
    pub(super) fn is_secret(&self) -> bool {
        let name = self.as_slice();
        // Cheap, and true of few names.
        matches!(name.last(), Some(b'n' | b'd' | b'e' | b'y' | b't'))
            && ENDINGS.iter().any(|ending| name.ends_with(ending))
    }

    /// Whether a value of this name is a secret if it looks like one.
    pub(super) fn may_be_secret(&self) -> bool {
        WORDS.contains(&self.as_slice())
    }
}

impl Member {
    /// Judges by name, whatever its case or punctuation: hostile or careless upstreams do not keep
    /// to the model's.
    pub(super) fn of(name: &[u8]) -> Member {
        let folded = Folded::of(name);
        match folded.as_slice() {
            // Artifact credentials (marked sensitive in the service's model), a third-party job's
            // client token, an approval's token, a webhook's.
            b"accesskeyid" | b"secretaccesskey" | b"sessiontoken" | b"clienttoken" | b"token"
            | b"secrettoken" => Member::Secret,
            b"artifactcredentials" => Member::Credentials,
            b"configuration" | b"resolvedconfiguration" | b"queryparam" => Member::Configuration,
            b"outputvariables" => Member::Variables,
            b"jobid" | b"id" | b"nonce" => Member::Identifier,
            b"name" | b"key" => Member::Name,
            b"value" | b"defaultvalue" | b"resolvedvalue" => Member::Value,
            b"type" if name == b"__type" => Member::Type,
            _ if folded.is_secret() => Member::Named,
            _ => Member::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_speak() {
        for (name, member) in [
            ("clientToken", Member::Secret),
            ("CLIENT_TOKEN", Member::Secret),
            ("client-token", Member::Secret),
            ("token", Member::Secret),
            ("SecretToken", Member::Secret),
            ("sessionToken", Member::Secret),
            ("x-amz-security-token", Member::Named),
            ("dbPassword", Member::Named),
            ("artifactCredentials", Member::Credentials),
            ("configuration", Member::Configuration),
            ("jobId", Member::Identifier),
            ("id", Member::Identifier),
            ("clientId", Member::Plain),
            ("nextToken", Member::Plain),
            ("continuationToken", Member::Plain),
            ("clientRequestToken", Member::Plain),
            ("encryptionKey", Member::Plain),
            ("objectKey", Member::Plain),
            ("type", Member::Plain),
            ("__type", Member::Type),
            ("", Member::Plain),
        ] {
            assert_eq!(Member::of(name.as_bytes()), member, "{name}");
        }
        let long = "x".repeat(100) + "Password";
        assert_eq!(Member::of(long.as_bytes()), Member::Named);
    }
}
