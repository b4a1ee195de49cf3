//! Ids, nonces and tokens: what a job, a worker or a page is known by.

use crate::schema::{ACCOUNT_ID, TextRules, UUID, secret, text};

text! {
    /// The id of a custom action's job: a UUID in lower-case hexadecimal, the whole of it.
    pub struct JobId(TextRules::ANY.matching(&UUID));

    /// The id of a third-party action's job, as its requests take it: 1 to 512 characters.
    pub struct ThirdPartyJobId(TextRules::length(1, 512));

    /// The number, as a text, that says which hand-out of a job a worker has: 1 to 50 characters.
    ///
    /// It is a JSON string even though it looks like a number.
    pub struct Nonce(TextRules::length(1, 50));

    /// The id of a third-party worker's client: a UUID in lower-case hexadecimal.
    ///
    /// A poll gives it; the [`ClientToken`] that pairs with it is known to the worker beforehand.
    pub struct ClientId(TextRules::ANY.matching(&UUID));

    /// The id of an AWS account: twelve digits.
    pub struct AccountId(TextRules::ANY.matching(&ACCOUNT_ID));

    /// Where a list continues: 1 to 2048 characters.
    pub struct NextToken(TextRules::length(1, 2048));
}

secret! {
    /// A third-party worker's proof that a job is its own: 1 to 256 characters.
    pub struct ClientToken(TextRules::length(1, 256));

    /// What a worker hands back so that its work continues in another job: 1 to 2048 characters.
    ///
    /// The model does not mark it, but real ones hold ARNs and a worker's state.
    pub struct ContinuationToken(TextRules::length(1, 2048));
}

/// Any job id is one that third-party requests take.
impl From<JobId> for ThirdPartyJobId {
    fn from(id: JobId) -> ThirdPartyJobId {
        // 36 characters are within 1 to 512.
        ThirdPartyJobId(id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_ids_are_shown() {
        let token = ClientToken::new("hunter2").unwrap();
        assert_eq!(format!("{token:?}"), "ClientToken([hidden])");
        assert_eq!(token.expose(), "hunter2");
        assert_eq!(format!("{:?}", Nonce::new("3").unwrap()), "Nonce(\"3\")");
    }

    #[test]
    fn a_refused_text_is_not_repeated() {
        let error = ClientToken::new("hunter2".repeat(100)).unwrap_err();
        insta::assert_snapshot!(error, @"text is not a valid ClientToken: Member must have length less than or equal to 256");
        let error = JobId::new("f4f4ff82-2d11-EXAMPLE").unwrap_err();
        insta::assert_snapshot!(error, @"text is not a valid JobId: Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(Nonce::new("✓".repeat(50)).is_ok());
        assert!(Nonce::new("✓".repeat(51)).is_err());
    }
}
