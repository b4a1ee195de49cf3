//! Artifacts: the files that go into a job and come out of it.

use super::Revision;
use crate::schema::{ARTIFACT_NAME, TextRules, enumeration, structure, text};

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
