//! Action types, and the revisions of source actions.

use pipetape_core::operations::{
    CreateCustomActionTypeRequest, DeleteCustomActionTypeRequest, ListActionTypesRequest,
    PollForJobsRequest, PollForThirdPartyJobsRequest, PutActionRevisionRequest,
};
use pipetape_core::schema::AtMost;
use pipetape_core::shapes::{
    ActionConfigurationProperty, ActionRevision, ActionTypeId, ArtifactDetails, QueryParam, Tag,
    Timestamp,
};
use pipetape_emulator::{EmulatorConfig, Guesses, JobDefinition};

use super::support::{Worker, config, emulator, with_type};

const VALIDATION: &str = "ValidationException";

fn create(provider: &str) -> CreateCustomActionTypeRequest {
    let details = || ArtifactDetails {
        minimum_count: 0.try_into().unwrap(),
        maximum_count: 1.try_into().unwrap(),
    };
    CreateCustomActionTypeRequest {
        category: "Build".parse().unwrap(),
        provider: provider.parse().unwrap(),
        version: "1".parse().unwrap(),
        settings: None,
        configuration_properties: None,
        input_artifact_details: details(),
        output_artifact_details: details(),
        tags: None,
    }
}

fn delete(provider: &str) -> DeleteCustomActionTypeRequest {
    DeleteCustomActionTypeRequest {
        category: "Build".parse().unwrap(),
        provider: provider.parse().unwrap(),
        version: "1".parse().unwrap(),
    }
}

fn property(name: &str, queryable: bool) -> ActionConfigurationProperty {
    ActionConfigurationProperty {
        name: name.parse().unwrap(),
        required: false,
        key: false,
        secret: false,
        queryable: Some(queryable),
        description: None,
        kind: None,
    }
}

fn poll(action_type_id: ActionTypeId, query: Option<Option<(&str, &str)>>) -> PollForJobsRequest {
    let query = query.map(|entry| QueryParam {
        entry: entry.map(|(key, value)| (key.parse().unwrap(), value.parse().unwrap())),
    });
    PollForJobsRequest {
        action_type_id,
        max_batch_size: None,
        query_param: query,
    }
}

#[tokio::test]
async fn where_any_was_registered_an_unknown_type_is_refused() {
    let worker = Worker::new(&emulator(config(), 1), "a");
    let unknown = || poll(with_type("Custom", "Nobody"), None);
    assert!(worker.call(unknown()).await.unwrap().jobs.is_empty());
    worker.call(create("Mine")).await.unwrap();
    let error = worker.call(unknown()).await.unwrap_err();
    insta::assert_snapshot!(error, @"ActionTypeNotFoundException: ActionType (Category: 'Build', Owner: 'Custom', Provider: 'Nobody', Version: '1') is not available");
    assert_eq!(
        worker.refused(unknown()).await,
        "ActionTypeNotFoundException"
    );
    let third = PollForThirdPartyJobsRequest {
        action_type_id: with_type("ThirdParty", "Nobody"),
        max_batch_size: None,
    };
    assert_eq!(worker.refused(third).await, "ActionTypeNotFoundException");

    // A registered type has no jobs yet, and one with jobs needs no registration.
    assert!(
        worker
            .call(poll(with_type("Custom", "Mine"), None))
            .await
            .unwrap()
            .jobs
            .is_empty()
    );
    assert_eq!(worker.poll(1).await.len(), 1);

    worker.call(delete("Mine")).await.unwrap();
    let gone = poll(with_type("Custom", "Mine"), None);
    assert_eq!(worker.refused(gone).await, "ActionTypeNotFoundException");
}

#[tokio::test]
async fn a_query_must_fit_a_registered_type() {
    let emulator = emulator(config(), 0);
    let worker = Worker::new(&emulator, "a");
    worker.call(create("Plain")).await.unwrap();
    let properties = vec![property("Other", false), property("Project", true)];
    worker
        .call(CreateCustomActionTypeRequest {
            configuration_properties: Some(AtMost::new(properties).unwrap()),
            ..create("Queryable")
        })
        .await
        .unwrap();
    let (plain, queryable) = (
        with_type("Custom", "Plain"),
        with_type("Custom", "Queryable"),
    );
    for (id, query, fits) in [
        (&plain, None, true),
        (&plain, Some(None), true),
        (&plain, Some(Some(("Project", "x"))), false),
        (&queryable, None, false),
        (&queryable, Some(None), false),
        (&queryable, Some(Some(("Other", "x"))), false),
        (&queryable, Some(Some(("Project", "x"))), true),
    ] {
        let answer = worker.call(poll(id.clone(), query)).await;
        let code = answer.map_err(|error| error.code().name().to_owned());
        let expected = if fits {
            None
        } else {
            Some(VALIDATION.to_owned())
        };
        assert_eq!(code.err(), expected, "{id:?} {query:?}");
    }
}

#[tokio::test]
async fn action_types_are_made_once() {
    let worker = Worker::new(&emulator(config(), 0), "a");
    let made = worker.call(create("Mine")).await.unwrap();
    assert_eq!(made.action_type.id, with_type("Custom", "Mine"));
    assert_eq!(worker.refused(create("Mine")).await, VALIDATION);
    worker.call(delete("Mine")).await.unwrap();
    worker.call(delete("Mine")).await.unwrap();
    assert_eq!(worker.refused(create("Mine")).await, VALIDATION);

    let two = vec![property("A", true), property("B", true)];
    let two = CreateCustomActionTypeRequest {
        configuration_properties: Some(AtMost::new(two).unwrap()),
        ..create("Two")
    };
    assert_eq!(worker.refused(two).await, VALIDATION);
    for n in 1..50 {
        worker.call(create(&format!("Mine{n}"))).await.unwrap();
    }
    assert_eq!(
        worker.refused(create("Mine50")).await,
        "LimitExceededException"
    );
}

#[tokio::test]
async fn tags_have_their_rules() {
    let worker = Worker::new(&emulator(config(), 0), "a");
    let tagged = |keys: Vec<String>| {
        let tag = |key: String| Tag {
            key: key.parse().unwrap(),
            value: "v".parse().unwrap(),
        };
        CreateCustomActionTypeRequest {
            tags: Some(keys.into_iter().map(tag).collect()),
            ..create("Tagged")
        }
    };
    let keys = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(
        worker.refused(tagged(keys(51))).await,
        "TooManyTagsException"
    );
    assert_eq!(
        worker.refused(tagged(vec!["aws:x".into()])).await,
        "InvalidTagsException"
    );
    assert_eq!(
        worker.refused(tagged(vec!["x".into(), "x".into()])).await,
        "InvalidTagsException"
    );
    let made = worker.call(tagged(keys(50))).await.unwrap();
    assert_eq!(made.tags.unwrap().len(), 50);
}

#[tokio::test]
async fn action_types_are_listed_page_by_page() {
    let config = EmulatorConfig {
        options: Guesses {
            page: 2.try_into().unwrap(),
            ..Guesses::default()
        },
        ..config()
    };
    let worker = Worker::new(&emulator(config, 0), "a");
    for provider in ["A", "B", "C", "D"] {
        worker.call(create(provider)).await.unwrap();
    }
    let mut request = ListActionTypesRequest::default();
    let mut listed = Vec::new();
    for _ in 0..2 {
        let page = worker.call(request.clone()).await.unwrap();
        assert_eq!(page.action_types.len(), 2);
        listed.extend(
            page.action_types
                .into_iter()
                .map(|found| found.id.provider.to_string()),
        );
        request.next_token = page.next_token;
    }
    assert_eq!(
        (listed.join(""), &request.next_token),
        ("ABCD".to_owned(), &None)
    );

    let aws = ListActionTypesRequest {
        action_owner_filter: Some("AWS".parse().unwrap()),
        ..ListActionTypesRequest::default()
    };
    assert!(worker.call(aws).await.unwrap().action_types.is_empty());
    let elsewhere = ListActionTypesRequest {
        region_filter: Some("eu-west-1".parse().unwrap()),
        ..ListActionTypesRequest::default()
    };
    assert!(
        worker
            .call(elsewhere)
            .await
            .unwrap()
            .action_types
            .is_empty()
    );
    let nowhere = ListActionTypesRequest {
        next_token: Some("x".parse().unwrap()),
        ..ListActionTypesRequest::default()
    };
    assert_eq!(worker.refused(nowhere).await, "InvalidNextTokenException");
}

#[tokio::test]
async fn a_revision_is_new_once() {
    let emulator = emulator(config(), 0);
    let worker = Worker::new(&emulator, "a");
    let put = |stage: &str, action: &str, revision: &str| PutActionRevisionRequest {
        pipeline_name: "example-pipeline".parse().unwrap(),
        stage_name: stage.parse().unwrap(),
        action_name: action.parse().unwrap(),
        action_revision: ActionRevision {
            revision_id: revision.parse().unwrap(),
            revision_change_id: "1".parse().unwrap(),
            created: Timestamp::from_epoch_seconds(1),
        },
    };
    let first = worker
        .call(put("Source", "Repository", "r1"))
        .await
        .unwrap();
    assert_eq!(first.new_revision, Some(true));
    let again = worker
        .call(put("Source", "Repository", "r1"))
        .await
        .unwrap();
    assert_eq!(again.new_revision, Some(false));
    assert_eq!(again.pipeline_execution_id, first.pipeline_execution_id);
    let next = worker
        .call(put("Source", "Repository", "r2"))
        .await
        .unwrap();
    assert_eq!(next.new_revision, Some(true));
    assert_ne!(next.pipeline_execution_id, first.pipeline_execution_id);

    // Once there are jobs, their pipelines are those that there are.
    emulator.enqueue(JobDefinition::default()).unwrap();
    worker.call(put("Build", "Example", "r1")).await.unwrap();
    let refused = async |request| worker.refused(request).await;
    assert_eq!(
        refused(put("Build", "Other", "r1")).await,
        "ActionNotFoundException"
    );
    assert_eq!(
        refused(put("Source", "Example", "r1")).await,
        "StageNotFoundException"
    );
    let elsewhere = PutActionRevisionRequest {
        pipeline_name: "other".parse().unwrap(),
        ..put("Build", "Example", "r1")
    };
    assert_eq!(refused(elsewhere).await, "PipelineNotFoundException");
}
