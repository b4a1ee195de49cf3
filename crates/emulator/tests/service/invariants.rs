//! Whatever several workers do in whatever order, some things always hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pipetape_core::shapes::{Job, JobId, JobStatus};
use pipetape_emulator::{EmulatorConfig, JobDefinition};
use proptest::prelude::*;

use super::support::{Worker, acknowledge, config, emulator, failure, success};

const WORKERS: usize = 3;

/// One thing that happens. A job is picked among all hand-outs so far, old ones included.
#[derive(Debug, Clone)]
enum Step {
    Enqueue,
    Poll {
        worker: usize,
        most: i32,
    },
    Acknowledge {
        worker: usize,
        hand_out: usize,
    },
    AcknowledgeWith {
        worker: usize,
        hand_out: usize,
        nonce_of: usize,
    },
    Succeed {
        worker: usize,
        hand_out: usize,
    },
    Continue {
        worker: usize,
        hand_out: usize,
    },
    Fail {
        worker: usize,
        hand_out: usize,
    },
    Wait {
        seconds: u64,
    },
}

fn steps() -> impl Strategy<Value = Step> {
    let worker = || 0..WORKERS;
    let hand_out = || 0..40_usize;
    prop_oneof![
        2 => Just(Step::Enqueue),
        5 => (worker(), 1..4_i32).prop_map(|(worker, most)| Step::Poll { worker, most }),
        5 => (worker(), hand_out()).prop_map(|(worker, hand_out)| Step::Acknowledge { worker, hand_out }),
        1 => (worker(), hand_out(), hand_out()).prop_map(|(worker, hand_out, nonce_of)| {
            Step::AcknowledgeWith { worker, hand_out, nonce_of }
        }),
        2 => (worker(), hand_out()).prop_map(|(worker, hand_out)| Step::Succeed { worker, hand_out }),
        1 => (worker(), hand_out()).prop_map(|(worker, hand_out)| Step::Continue { worker, hand_out }),
        2 => (worker(), hand_out()).prop_map(|(worker, hand_out)| Step::Fail { worker, hand_out }),
        2 => (0..50_u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// What the workers know, and what must hold of it.
#[derive(Default)]
struct Seen {
    hand_outs: Vec<Job>,
    acknowledged: BTreeSet<JobId>,
    nonces: BTreeSet<String>,
    ended: BTreeMap<JobId, JobStatus>,
    made: usize,
}

impl Seen {
    fn hand_out(&self, at: usize) -> Option<&Job> {
        let count = self.hand_outs.len();
        (count > 0).then(|| &self.hand_outs[at % count])
    }

    fn acknowledged(&mut self, job: &JobId, nonce: &str) {
        assert!(
            self.acknowledged.insert(job.clone()),
            "{job} was acknowledged twice"
        );
        assert!(
            self.nonces.insert(nonce.to_owned()),
            "nonce {nonce} worked twice"
        );
    }
}

async fn run(steps: Vec<Step>) {
    let config = EmulatorConfig {
        job_timeout: Some(Duration::from_secs(45)),
        continuation_delay: Duration::from_secs(3),
        ..config()
    };
    let emulator = emulator(config, 2);
    let workers: Vec<_> = (0..WORKERS)
        .map(|n| Worker::new(&emulator, &n.to_string()))
        .collect();
    let mut seen = Seen {
        made: 2,
        ..Seen::default()
    };
    for step in steps {
        match step {
            Step::Enqueue => {
                emulator.enqueue(JobDefinition::default()).unwrap();
                seen.made += 1;
            }
            Step::Poll { worker, most } => {
                let jobs = workers[worker].poll(most).await;
                for job in &jobs {
                    let id = job.id.as_ref().unwrap();
                    assert!(
                        !seen.acknowledged.contains(id),
                        "{id} was claimed and handed out"
                    );
                    let earlier = seen
                        .hand_outs
                        .iter()
                        .all(|earlier| earlier.nonce != job.nonce);
                    assert!(earlier, "a nonce came twice");
                }
                seen.hand_outs.extend(jobs);
            }
            Step::Acknowledge { worker, hand_out } => {
                if let Some(job) = seen.hand_out(hand_out).cloned()
                    && workers[worker].acknowledge(&job).await.is_ok()
                {
                    seen.acknowledged(&job.id.unwrap(), job.nonce.unwrap().as_str());
                }
            }
            Step::AcknowledgeWith {
                worker,
                hand_out,
                nonce_of,
            } => {
                if let (Some(job), Some(other)) = (
                    seen.hand_out(hand_out).cloned(),
                    seen.hand_out(nonce_of).cloned(),
                ) {
                    let (id, nonce) = (job.id.unwrap(), other.nonce.unwrap());
                    let answer = workers[worker].call(acknowledge(&id, nonce.as_str())).await;
                    if answer.is_ok() {
                        assert_eq!(other.id.as_ref(), Some(&id), "another job's nonce worked");
                        seen.acknowledged(&id, nonce.as_str());
                    }
                }
            }
            Step::Succeed { worker, hand_out } => {
                if let Some(job) = seen.hand_out(hand_out).cloned() {
                    let answer = workers[worker].call(success(&job, None)).await;
                    end(&mut seen, &job, answer.is_ok(), JobStatus::Succeeded);
                }
            }
            Step::Continue { worker, hand_out } => {
                if let Some(job) = seen.hand_out(hand_out).cloned() {
                    let answer = workers[worker].call(success(&job, Some("t"))).await;
                    seen.made += usize::from(answer.is_ok());
                    end(&mut seen, &job, answer.is_ok(), JobStatus::Succeeded);
                }
            }
            Step::Fail { worker, hand_out } => {
                if let Some(job) = seen.hand_out(hand_out).cloned() {
                    let answer = workers[worker].call(failure(&job)).await;
                    end(&mut seen, &job, answer.is_ok(), JobStatus::Failed);
                }
            }
            Step::Wait { seconds } => emulator.clock().advance(Duration::from_secs(seconds)),
        }
        let jobs = emulator.jobs();
        assert_eq!(
            jobs.len(),
            seen.made,
            "a job was lost, or came from nowhere"
        );
        for job in jobs {
            match seen.ended.get(&job.id) {
                Some(end) => assert_eq!(*end, job.status, "{} left its end", job.id),
                None if job.status == JobStatus::TimedOut => {
                    seen.ended.insert(job.id, JobStatus::TimedOut);
                }
                None => {
                    let ended = matches!(job.status, JobStatus::Succeeded | JobStatus::Failed);
                    assert!(!ended, "{} ended by itself", job.id);
                }
            }
        }
    }

    // Nothing is stuck: whatever has not ended can be worked off.
    emulator.clock().advance(Duration::from_secs(60));
    let worker = &workers[0];
    for job in worker.poll(1_000).await {
        worker.acknowledge(&job).await.unwrap();
        worker.call(success(&job, None)).await.unwrap();
    }
    for job in emulator.jobs() {
        let ended = matches!(
            job.status,
            JobStatus::Succeeded | JobStatus::Failed | JobStatus::TimedOut
        );
        assert!(ended, "{} is {}", job.id, job.status);
    }
}

fn end(seen: &mut Seen, job: &Job, taken: bool, status: JobStatus) {
    let id = job.id.clone().unwrap();
    if taken {
        assert!(
            seen.acknowledged.contains(&id),
            "{id} ended and was never acknowledged"
        );
        let before = seen.ended.insert(id, status);
        assert_eq!(before, None, "a job ended twice");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_operations_of_several_workers_keep_the_invariants(
        steps in prop::collection::vec(steps(), 1..120),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(steps));
    }
}
