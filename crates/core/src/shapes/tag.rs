//! Tags of resources, and the filter of lists by region.

use crate::schema::{TextRules, structure, text};

text! {
    /// A tag's key: 1 to 128 characters.
    pub struct TagKey(TextRules::length(1, 128));

    /// A tag's value: up to 256 characters.
    pub struct TagValue(TextRules::length(0, 256));

    /// The region whose action types are listed: 4 to 30 characters of any kind.
    pub struct RegionFilter(TextRules::length(4, 30));
}

structure! {
    /// One tag.
    pub struct Tag {
        /// Its key.
        required key: TagKey = "key",
        /// Its value.
        required value: TagValue = "value",
    }
}
