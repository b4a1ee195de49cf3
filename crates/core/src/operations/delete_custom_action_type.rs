//! `DeleteCustomActionType`: takes a custom action type away from new pipelines.

use crate::operations::declared_errors;
use crate::schema::structure;
use crate::shapes::{ActionCategory, ActionProvider, ActionVersion};

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
