//! `CreateCustomActionType`: a new action type, whose jobs custom workers can poll for.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{
    ActionCategory, ActionConfigurationProperties, ActionProvider, ActionType, ActionTypeSettings,
    ActionVersion, ArtifactDetails, Tag,
};

structure! {
    /// Asks for a new action type.
    pub struct CreateCustomActionTypeRequest {
        /// What its actions do.
        required category: ActionCategory = "category",
        /// Who provides it.
        required provider: ActionProvider = "provider",
        /// Its version.
        required version: ActionVersion = "version",
        /// Where its links lead.
        optional settings: ActionTypeSettings = "settings",
        /// How its actions are configured.
        optional configuration_properties: ActionConfigurationProperties =
            "configurationProperties",
        /// What its actions take.
        required input_artifact_details: ArtifactDetails = "inputArtifactDetails",
        /// What its actions give.
        required output_artifact_details: ArtifactDetails = "outputArtifactDetails",
        /// Its tags. The model sets no number; the service does, with an error of its own.
        optional tags: Vec<Tag> = "tags",
    }

    /// The action type that was made.
    pub struct CreateCustomActionTypeResponse {
        /// The action type.
        required action_type: ActionType = "actionType",
        /// Its tags.
        optional tags: Vec<Tag> = "tags",
    }
}

impl Response for CreateCustomActionTypeResponse {}

declared_errors! {
    /// The errors that `CreateCustomActionType` declares.
    pub enum CreateCustomActionTypeError {
        /// Something else is changing the same thing.
        ConcurrentModification,
        /// A tag is not allowed.
        InvalidTags,
        /// The account has as many action types as it may have.
        LimitExceeded,
        /// There are more tags than are allowed.
        TooManyTags,
        /// The request does not meet its constraints.
        Validation,
    }
}
