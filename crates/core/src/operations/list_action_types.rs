//! `ListActionTypes`: the action types that an account can use, page by page.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{ActionOwner, ActionType, NextToken, RegionFilter};

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
