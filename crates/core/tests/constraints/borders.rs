//! Every constraint of every request, just inside and just outside.

use std::str::FromStr;

use pipetape_core::Operation;
use pipetape_core::shapes::{
    AccessKeyId, ActionTypeArtifactCount, ActionTypeDescription, ActionTypePropertyDescription,
    ArtifactName, ConfigurationKey, ConfigurationValue, EncryptionKeyId, JobTimeout,
    PolicyStatementsTemplate, SecretAccessKey, ServicePrincipal, SessionToken,
};
use serde_json::{Value, json};

use crate::requests::{JOB, complaint, operations_with, typed, violation, whole};

#[test]
fn texts_have_lengths() {
    /// Pointer, shortest, longest.
    const LENGTHS: &[(&str, usize, usize)] = &[
        ("/nonce", 1, 50),
        ("/clientToken", 1, 256),
        ("/continuationToken", 1, 2048),
        ("/nextToken", 1, 2048),
        ("/regionFilter", 4, 30),
        ("/actionTypeId/provider", 1, 35),
        ("/actionTypeId/version", 1, 9),
        ("/provider", 1, 35),
        ("/version", 1, 9),
        ("/currentRevision/revision", 1, 1500),
        ("/currentRevision/changeIdentifier", 1, 100),
        ("/currentRevision/revisionSummary", 1, 2048),
        ("/executionDetails/summary", 1, 2048),
        ("/executionDetails/externalExecutionId", 1, 1500),
        ("/failureDetails/message", 1, 5000),
        ("/failureDetails/externalExecutionId", 1, 1500),
        ("/pipelineName", 1, 100),
        ("/stageName", 1, 100),
        ("/actionName", 1, 100),
        ("/actionRevision/revisionId", 1, 1500),
        ("/actionRevision/revisionChangeId", 1, 100),
        ("/settings/thirdPartyConfigurationUrl", 1, 2048),
        ("/settings/entityUrlTemplate", 1, 2048),
        ("/settings/executionUrlTemplate", 1, 2048),
        ("/settings/revisionUrlTemplate", 1, 2048),
        ("/configurationProperties/0/name", 1, 50),
        ("/configurationProperties/0/description", 1, 160),
        ("/tags/0/key", 1, 128),
        ("/tags/0/value", 0, 256),
    ];
    for &(pointer, shortest, longest) in LENGTHS {
        for operation in operations_with(pointer) {
            check_lengths(operation, pointer, shortest, longest);
        }
    }
    for operation in typed().filter(|o| o.name().contains("ThirdPartyJob") && !o.is_poll()) {
        check_lengths(operation, "/jobId", 1, 512);
    }
}

fn check_lengths(operation: &Operation, pointer: &str, shortest: usize, longest: usize) {
    let of_length = |length| complaint(operation, pointer, json!("a".repeat(length)));
    assert_eq!(of_length(shortest), "", "{operation} {pointer}");
    assert_eq!(of_length(longest), "", "{operation} {pointer}");
    assert_eq!(
        of_length(longest + 1),
        violation(
            pointer,
            &format!("Member must have length less than or equal to {longest}")
        ),
        "{operation}"
    );
    if shortest > 0 {
        let too_short = of_length(shortest - 1);
        let sentence = format!("Member must have length greater than or equal to {shortest}");
        assert!(
            too_short.contains(&sentence),
            "{operation} {pointer} {too_short}"
        );
    }
}

#[test]
fn texts_have_patterns() {
    const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    const WORD: &str = "[0-9A-Za-z_-]+";
    const NAME: &str = r"[A-Za-z0-9.@\-_]+";
    /// Pointer, pattern, a text that does not match.
    const PATTERNS: &[(&str, &str, &str)] = &[
        ("/actionTypeId/provider", WORD, "a.b"),
        ("/actionTypeId/version", WORD, "1.0"),
        ("/provider", WORD, "a b"),
        ("/version", WORD, "é"),
        ("/pipelineName", NAME, "a/b"),
        ("/stageName", NAME, "a b"),
        ("/actionName", NAME, "a\n"),
        ("/owner", "AWS|ThirdParty", "Custom"),
    ];
    for (pointer, pattern, text) in PATTERNS {
        for operation in operations_with(pointer) {
            assert_eq!(
                complaint(operation, pointer, json!(text)),
                violation(
                    pointer,
                    &format!("Member must satisfy regular expression pattern: {pattern}")
                ),
                "{operation}"
            );
        }
    }
    for operation in typed().filter(|o| whole(o)["jobId"] == JOB) {
        for text in [
            "",
            "x",
            &JOB.to_uppercase(),
            &format!(" {JOB}"),
            &format!("{JOB}0"),
        ] {
            assert_eq!(
                complaint(operation, "/jobId", json!(text)),
                violation(
                    "/jobId",
                    &format!("Member must satisfy regular expression pattern: {UUID}")
                ),
                "{operation} {text:?}"
            );
        }
    }
}

#[test]
fn numbers_have_ranges() {
    /// Pointer, least, most.
    const RANGES: &[(&str, i64, Option<i64>)] = &[
        ("/maxBatchSize", 1, None),
        ("/executionDetails/percentComplete", 0, Some(100)),
        ("/inputArtifactDetails/minimumCount", 0, Some(5)),
        ("/inputArtifactDetails/maximumCount", 0, Some(5)),
        ("/outputArtifactDetails/minimumCount", 0, Some(5)),
        ("/outputArtifactDetails/maximumCount", 0, Some(5)),
    ];
    for &(pointer, least, most) in RANGES {
        for operation in operations_with(pointer) {
            let at = |number: Value| complaint(operation, pointer, number);
            assert_eq!(at(json!(least)), "");
            // A fraction is cut off before the range is looked at.
            assert_eq!(at(json!(least as f64 + 0.9)), "");
            let sentence = format!("Member must have value greater than or equal to {least}");
            assert_eq!(at(json!(least - 1)), violation(pointer, &sentence));
            assert_eq!(at(json!(-1e300)), violation(pointer, &sentence));
            let Some(most) = most else {
                assert_eq!(at(json!(1_000_000)), "");
                continue;
            };
            assert_eq!(at(json!(most)), "");
            let sentence = format!("Member must have value less than or equal to {most}");
            assert_eq!(at(json!(most + 1)), violation(pointer, &sentence));
            assert_eq!(at(json!(u64::MAX)), violation(pointer, &sentence));
        }
    }
}

#[test]
fn names_are_of_their_enumeration() {
    const CATEGORIES: &str = "Source, Build, Deploy, Test, Invoke, Approval, Compute";
    const OWNERS: &str = "AWS, ThirdParty, Custom";
    const FAILURES: &str = "JobFailed, ConfigurationError, PermissionError, RevisionOutOfSync, \
                            RevisionUnavailable, SystemUnavailable";
    const NAMES: &[(&str, &str)] = &[
        ("/actionTypeId/category", CATEGORIES),
        ("/category", CATEGORIES),
        ("/actionTypeId/owner", OWNERS),
        ("/actionOwnerFilter", OWNERS),
        ("/failureDetails/type", FAILURES),
        ("/configurationProperties/0/type", "String, Number, Boolean"),
    ];
    for (pointer, names) in NAMES {
        for operation in operations_with(pointer) {
            for name in names.split(", ") {
                assert_eq!(complaint(operation, pointer, json!(name)), "", "{name}");
                assert_eq!(
                    complaint(operation, pointer, json!(name.to_lowercase())),
                    violation(
                        pointer,
                        &format!("Member must satisfy enum value set: [{names}]")
                    )
                );
            }
        }
    }
}

#[test]
fn lists_and_maps_have_sizes() {
    let create = &Operation::CreateCustomActionType;
    let property = &whole(create)["configurationProperties"][0];
    let properties = |count| vec![property; count];
    let at = |count| complaint(create, "/configurationProperties", json!(properties(count)));
    assert_eq!(at(0), "");
    assert_eq!(at(10), "");
    assert_eq!(
        at(11),
        violation(
            "/configurationProperties",
            "Member must have length less than or equal to 10"
        )
    );

    let poll = &Operation::PollForJobs;
    assert_eq!(complaint(poll, "/queryParam", json!({})), "");
    assert_eq!(
        complaint(poll, "/queryParam", json!({"a": "1", "b": "2"})),
        violation(
            "/queryParam",
            "Member must have length less than or equal to 1"
        )
    );
}

#[test]
fn maps_have_keys_and_values() {
    let poll = |value| complaint(&Operation::PollForJobs, "/queryParam", value);
    let of = |key: usize, value: usize| json!({"k".repeat(key): "v".repeat(value)});
    for (key, value) in [(1, 1), (50, 50)] {
        assert_eq!(poll(of(key, value)), "");
    }
    let keys = violation(
        "/queryParam",
        "Map keys must satisfy constraint: [Member must have length less than or equal to 50, \
         Member must have length greater than or equal to 1]",
    );
    assert_eq!(poll(of(0, 1)), keys);
    assert_eq!(poll(of(51, 1)), keys);
    let values = violation(
        "/queryParam",
        "Map value must satisfy constraint: [Member must have length less than or equal to 50, \
         Member must have length greater than or equal to 1, \
         Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+]",
    );
    assert_eq!(poll(of(1, 0)), values);
    assert_eq!(poll(of(1, 51)), values);
    assert_eq!(poll(json!({"k": "a.b"})), values);

    let put = |value| complaint(&Operation::PutJobSuccessResult, "/outputVariables", value);
    assert_eq!(put(json!({})), "");
    assert_eq!(put(json!({"a@b-c_d": "", "other": "é\n"})), "");
    assert_eq!(
        put(json!({"a.b": "1", "c d": "2"})),
        violation(
            "/outputVariables",
            r"Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [A-Za-z0-9@\-_]+]"
        )
    );
}

#[test]
fn texts_of_responses_have_lengths() {
    fn check<T: FromStr>(shortest: usize, longest: usize) {
        let taken = |length: usize| "a".repeat(length).parse::<T>().is_ok();
        assert!(taken(shortest) && taken(longest));
        assert!(!taken(longest + 1));
        assert!(shortest == 0 || !taken(shortest - 1));
    }
    check::<ArtifactName>(1, 100);
    check::<EncryptionKeyId>(1, 400);
    check::<ConfigurationKey>(1, 50);
    check::<ConfigurationValue>(1, 1000);
    check::<ActionTypeDescription>(1, 1024);
    check::<ActionTypePropertyDescription>(1, 250);
    check::<PolicyStatementsTemplate>(1, 2048);
    check::<ServicePrincipal>(1, 128);
    for length in [0, 100_000] {
        let text = "a".repeat(length);
        assert!(AccessKeyId::new(text.clone()).is_ok());
        assert!(SecretAccessKey::new(text.clone()).is_ok());
        assert!(SessionToken::new(text).is_ok());
    }
}

#[test]
fn numbers_of_responses_have_ranges() {
    fn check<T: TryFrom<i32>>(least: i32, most: i32) {
        let taken = |number| T::try_from(number).is_ok();
        assert!(taken(least) && taken(most));
        assert!(!taken(least - 1) && !taken(most + 1));
    }
    check::<JobTimeout>(60, 43_200);
    check::<ActionTypeArtifactCount>(0, 10);
}
