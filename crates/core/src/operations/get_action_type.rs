//! `GetActionType`: what an action type with an executor is like.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{
    ActionCategory, ActionProvider, ActionTypeDeclaration, ActionTypeOwner, ActionVersion,
};

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
