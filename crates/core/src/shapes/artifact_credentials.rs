//! The short-lived keys that come with a job.

use crate::schema::{TextRules, secret, structure};

secret! {
    /// The id of a temporary access key. The model sets no length.
    pub struct AccessKeyId(TextRules::ANY);

    /// The secret half of a temporary access key. The model sets no length.
    pub struct SecretAccessKey(TextRules::ANY);

    /// The token that makes a temporary access key valid. The model sets no length.
    pub struct SessionToken(TextRules::ANY);
}

structure! {
    /// Keys to a job's artifact bucket: real AWS credentials for a short time.
    ///
    /// The model calls the shape `AWSSessionCredentials` and marks it and all its members sensitive.
    /// `Debug` shows placeholders.
    pub struct ArtifactCredentials {
        /// The key's id.
        required access_key_id: AccessKeyId = "accessKeyId",
        /// The key's secret half.
        required secret_access_key: SecretAccessKey = "secretAccessKey",
        /// The token that goes with it.
        required session_token: SessionToken = "sessionToken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    #[test]
    fn credentials_are_hidden_from_debug_and_written_to_the_wire() {
        let credentials = ArtifactCredentials {
            access_key_id: AccessKeyId::new("ASIAEXAMPLE").unwrap(),
            secret_access_key: SecretAccessKey::new("hunter2").unwrap(),
            session_token: SessionToken::new("hunter3").unwrap(),
        };
        insta::assert_snapshot!(
            format!("{credentials:?}"),
            @"ArtifactCredentials { access_key_id: AccessKeyId([hidden]), secret_access_key: SecretAccessKey([hidden]), session_token: SessionToken([hidden]) }"
        );
        insta::assert_snapshot!(
            String::from_utf8(schema::to_json(&credentials)).unwrap(),
            @r#"{"accessKeyId":"ASIAEXAMPLE","secretAccessKey":"hunter2","sessionToken":"hunter3"}"#
        );
    }
}
