//! Custom action types: registering, listing and deleting them, and which polls each takes.

use std::collections::{BTreeMap, BTreeSet};

use pipetape_core::operations::{
    CreateCustomActionTypeRequest, CreateCustomActionTypeResponse, DeleteCustomActionTypeRequest,
    ListActionTypesRequest, ListActionTypesResponse, Void,
};
use pipetape_core::protocol::{ErrorCode, ServiceError};
use pipetape_core::shapes::{
    ActionConfigurationProperty, ActionOwner, ActionType, ActionTypeId, NextToken, QueryParam, Tag,
};

use super::jobs::Jobs;
use crate::guesses::Texts;

/// The custom action types of an account.
#[derive(Debug, Default)]
pub(super) struct ActionTypes {
    registered: BTreeMap<ActionTypeId, ActionType>,
    deleted: BTreeSet<ActionTypeId>,
}

impl ActionTypes {
    /// AWS's quota for an account in a region. It bounds deleted types as well, so that a client can't
    /// fill the memory.
    const MOST: usize = 50;

    /// AWS's bound on the tags of anything.
    const MOST_TAGS: usize = 50;

    /// Registers an action type. One that was deleted can't come back under its version, as AWS's
    /// documents say.
    pub(super) fn create(
        &mut self,
        request: CreateCustomActionTypeRequest,
    ) -> Result<CreateCustomActionTypeResponse, ServiceError> {
        let id = custom(&request.category, &request.provider, &request.version);
        check_tags(request.tags.as_deref().unwrap_or_default())?;
        let properties = request
            .configuration_properties
            .as_deref()
            .unwrap_or_default();
        if properties
            .iter()
            .filter(|p| p.queryable == Some(true))
            .count()
            > 1
        {
            return Err(invalid("Only one configuration property can be queryable"));
        }
        if self.registered.contains_key(&id) || self.deleted.contains(&id) {
            return Err(invalid(&format!("{} already exists", named(&id))));
        }
        if self.registered.len() + self.deleted.len() >= ActionTypes::MOST {
            return Err(ServiceError::new(
                ErrorCode::LimitExceeded,
                format!(
                    "There can be {} custom action types at most",
                    ActionTypes::MOST
                ),
            ));
        }
        let action_type = ActionType {
            id: id.clone(),
            settings: request.settings,
            action_configuration_properties: request.configuration_properties,
            input_artifact_details: request.input_artifact_details,
            output_artifact_details: request.output_artifact_details,
        };
        self.registered.insert(id, action_type.clone());
        Ok(CreateCustomActionTypeResponse {
            action_type,
            tags: request.tags,
        })
    }

    /// Takes an action type away. One that is not there is not an error (our reading: none is declared).
    pub(super) fn delete(
        &mut self,
        request: &DeleteCustomActionTypeRequest,
    ) -> Result<Void, ServiceError> {
        let id = custom(&request.category, &request.provider, &request.version);
        if self.registered.remove(&id).is_some() {
            self.deleted.insert(id);
        }
        Ok(Void)
    }

    /// A page of the custom action types; the emulator has none of other owners.
    pub(super) fn list(
        &self,
        request: &ListActionTypesRequest,
        region: &str,
        page: usize,
    ) -> Result<ListActionTypesResponse, ServiceError> {
        let begin = match &request.next_token {
            None => 0,
            Some(token) => position(token).ok_or_else(|| {
                let text = "The next token is not valid";
                ServiceError::new(ErrorCode::InvalidNextToken, text)
            })?,
        };
        let owner = &request.action_owner_filter;
        let elsewhere = request
            .region_filter
            .as_ref()
            .is_some_and(|filter| filter.as_str() != region);
        let listed = self.registered.values().filter(|action_type| {
            !elsewhere
                && owner
                    .as_ref()
                    .is_none_or(|owner| *owner == action_type.id.owner)
        });
        let mut rest = listed.skip(begin);
        let action_types: Vec<_> = rest.by_ref().take(page).cloned().collect();
        let next_token = rest.next().map(|_| token(begin + action_types.len()));
        Ok(ListActionTypesResponse {
            action_types,
            next_token,
        })
    }

    pub(super) fn get(&self, id: &ActionTypeId) -> Option<&ActionType> {
        self.registered.get(id)
    }

    /// Whether any was ever registered: from then on, polls for others are refused.
    pub(super) fn were_registered(&self) -> bool {
        !self.registered.is_empty() || !self.deleted.is_empty()
    }

    /// The property that polls for this type select by.
    pub(super) fn queryable(&self, id: &ActionTypeId) -> Option<&ActionConfigurationProperty> {
        let properties = self
            .registered
            .get(id)?
            .action_configuration_properties
            .as_ref()?;
        properties
            .iter()
            .find(|property| property.queryable == Some(true))
    }
}

/// An action type as error messages have it.
pub(super) fn named(id: &ActionTypeId) -> String {
    let ActionTypeId {
        category,
        owner,
        provider,
        version,
    } = id;
    format!(
        "ActionType (Category: '{category}', Owner: '{owner}', Provider: '{provider}', Version: '{version}')"
    )
}

fn custom(
    category: &pipetape_core::shapes::ActionCategory,
    provider: &pipetape_core::shapes::ActionProvider,
    version: &pipetape_core::shapes::ActionVersion,
) -> ActionTypeId {
    ActionTypeId {
        category: category.clone(),
        owner: ActionOwner::Custom,
        provider: provider.clone(),
        version: version.clone(),
    }
}

fn check_tags(tags: &[Tag]) -> Result<(), ServiceError> {
    if tags.len() > ActionTypes::MOST_TAGS {
        let text = format!("There can be {} tags at most", ActionTypes::MOST_TAGS);
        return Err(ServiceError::new(ErrorCode::TooManyTags, text));
    }
    let mut keys = BTreeSet::new();
    for tag in tags {
        if tag.key.as_str().starts_with("aws:") || !keys.insert(&tag.key) {
            let text = "Tag keys must be unique and must not begin with aws:";
            return Err(ServiceError::new(ErrorCode::InvalidTags, text));
        }
    }
    Ok(())
}

fn invalid(text: &str) -> ServiceError {
    ServiceError::new(ErrorCode::Validation, text)
}

const TOKEN_PREFIX: &str = "page-from-";

#[expect(
    clippy::expect_used,
    reason = "a prefix and at most 20 digits are within 1 to 2048 characters"
)]
fn token(position: usize) -> NextToken {
    NextToken::new(format!("{TOKEN_PREFIX}{position}")).expect("a short text")
}

fn position(token: &NextToken) -> Option<usize> {
    token.as_str().strip_prefix(TOKEN_PREFIX)?.parse().ok()
}

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
pub(super) fn check_query(
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
