//! Artifacts: the files that go into a job and come out of it, and the short-lived keys to them.

use super::Revision;
use crate::schema::{ARTIFACT_NAME, TextRules, enumeration, secret, structure, text};

enumeration! {
    /// What kind of place an artifact lies in.
    pub enum ArtifactLocationType {
        /// An S3 bucket.
        S3 = "S3",
    }

    /// What kind of key an artifact is encrypted with.
    pub enum EncryptionKeyType {
        /// A key of the Key Management Service.
        Kms = "KMS",
    }
}

text! {
    /// An artifact's name: 1 to 100 characters of `[a-zA-Z0-9_\-]`.
    pub struct ArtifactName(TextRules::length(1, 100).matching(&ARTIFACT_NAME));

    /// What names an encryption key, such as an ARN: 1 to 400 characters.
    pub struct EncryptionKeyId(TextRules::length(1, 400));
}

structure! {
    /// One artifact of a job.
    #[derive(Default)]
    pub struct Artifact {
        /// Its name in the pipeline.
        optional name: ArtifactName = "name",
        /// Which revision of it this is.
        optional revision: Revision = "revision",
        /// Where it lies.
        optional location: ArtifactLocation = "location",
    }

    /// Where an artifact lies.
    #[derive(Default)]
    pub struct ArtifactLocation {
        /// What kind of place it is.
        optional kind: ArtifactLocationType = "type",
        /// The place, for kind `S3`.
        optional s3_location: S3ArtifactLocation = "s3Location",
    }

    /// An object in an S3 bucket.
    pub struct S3ArtifactLocation {
        /// The bucket.
        required bucket_name: String = "bucketName",
        /// The object's key in it.
        required object_key: String = "objectKey",
    }

    /// The key that a job's artifacts are encrypted with.
    pub struct EncryptionKey {
        /// What names it.
        required id: EncryptionKeyId = "id",
        /// What kind of key it is.
        required kind: EncryptionKeyType = "type",
    }
}

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
