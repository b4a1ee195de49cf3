//! Which polls an action type takes.

use pipetape_core::protocol::{ErrorCode, ServiceError};
use pipetape_core::shapes::{ActionOwner, ActionTypeId, QueryParam};

use super::action_types::{ActionTypes, named};
use super::jobs::Jobs;
use crate::guesses::Texts;

/// Whether the jobs of an action type can be polled for by workers of `owner`'s kind: `false` where
/// there can't be any.
///
/// # Errors
///
/// The type is AWS's own, or there is no such type although others were registered.
pub(super) fn pollable(
    action_type: &ActionTypeId,
    owner: &ActionOwner,
    types: &ActionTypes,
    jobs: &Jobs,
) -> Result<bool, ServiceError> {
    if action_type.owner == ActionOwner::Aws {
        let text = "ActionType with owner 'AWS' is not supported";
        return Err(ServiceError::new(ErrorCode::Validation, text));
    }
    let known = types.get(action_type).is_some() || jobs.knows(action_type);
    if known && action_type.owner == *owner {
        Ok(true)
    } else if types.were_registered() {
        Err(not_available(action_type))
    } else {
        Ok(false)
    }
}

/// Checks a query against the action type: one without a queryable property takes none, one with such
/// a property needs it. Nothing is known of a type that was never registered.
pub(super) fn check(
    query: Option<&QueryParam>,
    action_type: &ActionTypeId,
    types: &ActionTypes,
    texts: &Texts,
) -> Result<(), ServiceError> {
    if types.get(action_type).is_none() {
        return Ok(());
    }
    let asked = query.and_then(|query| query.entry.as_ref());
    let queryable = types.queryable(action_type);
    let fits = match (queryable, asked) {
        (None, None) => true,
        (Some(property), Some((key, _))) => property.name == *key,
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        let text = texts.invalid_query.clone();
        Err(ServiceError::new(ErrorCode::Validation, text))
    }
}

pub(super) fn not_available(action_type: &ActionTypeId) -> ServiceError {
    let text = format!("{} is not available", named(action_type));
    ServiceError::new(ErrorCode::ActionTypeNotFound, text)
}
