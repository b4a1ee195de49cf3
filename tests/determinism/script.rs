//! Random workers: what they ask, and what goes wrong meanwhile.

use pipetape_emulator::{FaultRule, JobDefinition, jobs_from_json};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::client::Call;

/// One recording.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// What each worker does, one after the other.
    pub(crate) workers: Vec<Vec<Act>>,
    /// Whether each worker's requests are told from the others' by a member that the service does not know.
    pub(crate) tagged: bool,
    /// Whether jobs hold secrets: what plays then is not what came, but what is kept of it.
    pub(crate) secrets: bool,
    pub(crate) faults: Vec<&'static str>,
    pub(crate) seed: u64,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Poll {
        batch: Option<u8>,
        third_party: bool,
    },
    Acknowledge {
        job: usize,
        nonce: u8,
    },
    Details {
        job: usize,
    },
    Succeed {
        job: usize,
        goes_on: bool,
    },
    Fail {
        job: usize,
        message: String,
    },
    /// What the service refuses, or does not have.
    Odd(usize),
}

/// The jobs there are: the first three custom, the others third-party's.
const JOBS: [&str; 5] = [
    "11111111-2222-4333-8444-000000000000",
    "11111111-2222-4333-8444-000000000001",
    "11111111-2222-4333-8444-000000000002",
    "11111111-2222-4333-8444-000000000003",
    "11111111-2222-4333-8444-000000000004",
];
const FIRST_THIRD_PARTY: usize = 3;
/// No job has it.
const UNKNOWN: &str = "ffffffff-2222-4333-8444-000000000000";
const TOKEN: &str = "FAKE-client-token";

/// Each is a way in which calls go wrong.
const FAULTS: [&str; 9] = [
    "*:throttle:probability=0.2",
    "*:reset:probability=0.15",
    "*:reset=after:probability=0.1",
    "PollForJobs:truncate=7:probability=0.5",
    "*:truncate=0:count=2",
    "*:500:probability=0.1",
    "*:503:count=1",
    "AcknowledgeJob:InvalidNonce:probability=0.3",
    "*:JobNotFound:count=2",
];

/// Up to four workers with up to twelve requests each.
pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let workers = prop::collection::vec(prop::collection::vec(act(), 4..12), 2..5);
    let faults = prop::sample::subsequence(FAULTS.to_vec(), 0..5);
    (workers, any::<bool>(), any::<bool>(), faults, any::<u64>()).prop_map(
        |(workers, tagged, secrets, faults, seed)| Case {
            workers,
            tagged,
            secrets,
            faults,
            seed,
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    let job = 0..JOBS.len() + 1;
    prop_oneof![
        4 => (prop::option::of(1u8..4), any::<bool>())
            .prop_map(|(batch, third_party)| Act::Poll { batch, third_party }),
        4 => (job.clone(), 1u8..7).prop_map(|(job, nonce)| Act::Acknowledge { job, nonce }),
        2 => job.clone().prop_map(|job| Act::Details { job }),
        3 => (job.clone(), any::<bool>()).prop_map(|(job, goes_on)| Act::Succeed { job, goes_on }),
        2 => (job, "\\PC{1,20}").prop_map(|(job, message)| Act::Fail { job, message }),
        1 => (0usize..6).prop_map(Act::Odd),
    ]
}

impl Case {
    /// One worker that polls twice and gets two answers.
    pub(crate) fn of_two_polls() -> Self {
        let poll = Act::Poll {
            batch: Some(1),
            third_party: false,
        };
        Self {
            workers: vec![vec![poll.clone(), poll]],
            tagged: true,
            secrets: false,
            faults: vec![],
            seed: 1,
        }
    }

    pub(crate) fn jobs(&self) -> Vec<JobDefinition> {
        let job = |(index, id): (usize, &&str)| {
            let owner = if index < FIRST_THIRD_PARTY {
                "Custom"
            } else {
                "ThirdParty"
            };
            let mut job = json!({ "id": id, "actionTypeId": action(owner), "configuration": { "Stage": "é \u{1f680} \"x\"" } });
            if !self.secrets {
                job["artifactCredentials"] = Value::Null;
            }
            job
        };
        let jobs: Value = JOBS.iter().enumerate().map(job).collect();
        jobs_from_json(jobs.to_string().as_bytes()).unwrap()
    }

    pub(crate) fn rules(&self) -> Vec<FaultRule> {
        self.faults
            .iter()
            .map(|rule| rule.parse().unwrap())
            .collect()
    }

    /// The requests of each worker, each with an invocation id of its own.
    pub(crate) fn calls(&self) -> Vec<Vec<(String, Call)>> {
        let of = |(worker, acts): (usize, &Vec<Act>)| {
            let tag = self.tagged.then_some(worker);
            let acts = acts.iter().enumerate();
            acts.map(|(number, act)| {
                let id = format!("{worker}-{number}");
                let call = act.call(tag).with("amz-sdk-invocation-id", &id);
                (id, call)
            })
            .collect()
        };
        self.workers.iter().enumerate().map(of).collect()
    }
}

impl Act {
    fn call(&self, tag: Option<usize>) -> Call {
        let (operation, mut body) = self.request();
        let Some(tag) = tag else {
            return Call::new(operation, body.to_string());
        };
        match &mut body {
            Value::Object(members) => drop(members.insert("worker".to_owned(), json!(tag))),
            // No JSON: what it is instead.
            Value::String(text) => return Call::new(operation, format!("{text} {tag}")),
            _ => {}
        }
        Call::new(operation, body.to_string())
    }

    fn request(&self) -> (&'static str, Value) {
        match self {
            Self::Poll { batch, third_party } => {
                let (name, owner) = match third_party {
                    false => ("PollForJobs", "Custom"),
                    true => ("PollForThirdPartyJobs", "ThirdParty"),
                };
                (
                    name,
                    json!({ "actionTypeId": action(owner), "maxBatchSize": batch }),
                )
            }
            Self::Acknowledge { job, nonce } => about(
                *job,
                ["AcknowledgeJob", "AcknowledgeThirdPartyJob"],
                json!({ "nonce": nonce.to_string() }),
            ),
            Self::Details { job } => about(
                *job,
                ["GetJobDetails", "GetThirdPartyJobDetails"],
                json!({}),
            ),
            Self::Succeed { job, goes_on } => about(
                *job,
                ["PutJobSuccessResult", "PutThirdPartyJobSuccessResult"],
                match goes_on {
                    true => json!({ "continuationToken": "go-on" }),
                    false => json!({ "executionDetails": { "percentComplete": 100 } }),
                },
            ),
            Self::Fail { job, message } => about(
                *job,
                ["PutJobFailureResult", "PutThirdPartyJobFailureResult"],
                json!({ "failureDetails": { "type": "JobFailed", "message": message } }),
            ),
            Self::Odd(kind) => match kind {
                0 => ("AcknowledgeJob", json!("no JSON")),
                1 => (
                    "AcknowledgeJob",
                    json!({ "jobId": "not an id", "nonce": 3 }),
                ),
                2 => ("InventPipeline", json!({})),
                3 => ("GetPipeline", json!({ "name": "p" })),
                4 => ("PutJobFailureResult", json!({ "jobId": JOBS[0] })),
                _ => ("ListActionTypes", json!({ "actionOwnerFilter": "Custom" })),
            },
        }
    }
}

/// A request about a job, by the operation for its owner.
fn about(
    job: usize,
    [custom, third_party]: [&'static str; 2],
    mut body: Value,
) -> (&'static str, Value) {
    body["jobId"] = json!(JOBS.get(job).unwrap_or(&UNKNOWN));
    if job < FIRST_THIRD_PARTY {
        return (custom, body);
    }
    body["clientToken"] = json!(TOKEN);
    (third_party, body)
}

fn action(owner: &str) -> Value {
    json!({ "category": "Build", "owner": owner, "provider": "Forge", "version": "1" })
}

/// A request that no case makes.
pub(crate) fn never_recorded() -> Call {
    let body = json!({ "jobId": JOBS[0], "nonce": "none", "worker": "none" });
    Call::new("AcknowledgeJob", body.to_string())
}
