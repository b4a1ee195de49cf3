//! `ListActionTypes`, `GetActionType`, `CreateCustomActionType` and `DeleteCustomActionType`.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{
    ActionCategory, ActionConfigurationProperties, ActionOwner, ActionProvider, ActionType,
    ActionTypeDeclaration, ActionTypeOwner, ActionTypeSettings, ActionVersion, ArtifactDetails,
    NextToken, RegionFilter, Tag,
};

structure! {
    /// Asks for action types.
    #[derive(Default)]
    pub struct ListActionTypesRequest {
        /// Only those of this owner.
        optional action_owner_filter: ActionOwner = "actionOwnerFilter",
        /// Where the page before this one ended.
        optional next_token: NextToken = "nextToken",
        /// Only those of this region.
        optional region_filter: RegionFilter = "regionFilter",
    }

    /// One page of action types.
    #[derive(Default)]
    pub struct ListActionTypesResponse {
        /// The action types.
        listed action_types: ActionType = "actionTypes",
        /// Where the next page begins, if there is one.
        optional next_token: NextToken = "nextToken",
    }
}

impl Response for ListActionTypesResponse {}

declared_errors! {
    /// The errors that `ListActionTypes` declares.
    pub enum ListActionTypesError {
        /// The token is not one that a page ended with.
        InvalidNextToken,
        /// The request does not meet its constraints.
        Validation,
    }
}

structure! {
    /// Asks what an action type is like.
    pub struct GetActionTypeRequest {
        /// What its actions do.
        required category: ActionCategory = "category",
        /// Who made it.
        required owner: ActionTypeOwner = "owner",
        /// Who provides it.
        required provider: ActionProvider = "provider",
        /// Its version.
        required version: ActionVersion = "version",
    }

    /// What the action type is like.
    #[derive(Default)]
    pub struct GetActionTypeResponse {
        /// The action type.
        optional action_type: ActionTypeDeclaration = "actionType",
    }
}

impl Response for GetActionTypeResponse {}

declared_errors! {
    /// The errors that `GetActionType` declares.
    pub enum GetActionTypeError {
        /// There is no such action type.
        ActionTypeNotFound,
        /// The request does not meet its constraints.
        Validation,
    }
}

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

structure! {
    /// Asks for the end of an action type. The answer is [`Void`](super::Void).
    pub struct DeleteCustomActionTypeRequest {
        /// What its actions do.
        required category: ActionCategory = "category",
        /// Who provides it.
        required provider: ActionProvider = "provider",
        /// Its version.
        required version: ActionVersion = "version",
    }
}

declared_errors! {
    /// The errors that `DeleteCustomActionType` declares.
    pub enum DeleteCustomActionTypeError {
        /// Something else is changing the same thing.
        ConcurrentModification,
        /// The request does not meet its constraints.
        Validation,
    }
}
