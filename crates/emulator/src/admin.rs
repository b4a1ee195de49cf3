//! The emulator's admin routes.

use std::sync::Arc;
use std::time::SystemTime;

use http::{Method, StatusCode};
use pipetape_serve::admin::{AdminReply, AdminRequest, AdminRoutes};
use pipetape_serve::metrics::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::account::{EnqueueError, timestamp};
use crate::definition::jobs_from_json;
use crate::emulator::Shared;
use crate::faults::FaultRule;

/// `jobs`, `clock`, `faults` and `metrics`.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) shared: Arc<Shared>,
}

impl AdminRoutes for Routes {
    async fn route(&self, request: AdminRequest) -> AdminReply {
        let body = &request.body;
        match (&request.method, request.path().as_slice()) {
            (&Method::GET, ["jobs"]) => {
                AdminReply::json(&json!({ "jobs": self.shared.account().jobs() }))
            }
            (&Method::POST, ["jobs"]) => self.enqueue(body),
            (_, ["jobs"]) => AdminReply::method_not_allowed("GET, POST"),
            (&Method::GET, ["jobs", id]) => self.job(id),
            (_, ["jobs", _]) => AdminReply::method_not_allowed("GET"),
            (&Method::GET, ["clock"]) => self.clock(),
            (&Method::POST, ["clock"]) => self.advance(body),
            (_, ["clock"]) => AdminReply::method_not_allowed("GET, POST"),
            (&Method::GET, ["faults"]) => self.faults(),
            (&Method::POST, ["faults"]) => self.add_faults(body),
            (&Method::DELETE, ["faults"]) => {
                self.shared.faults().clear();
                self.faults()
            }
            (_, ["faults"]) => AdminReply::method_not_allowed("GET, POST, DELETE"),
            (&Method::DELETE, ["faults", id]) => self.delete_fault(id),
            (_, ["faults", _]) => AdminReply::method_not_allowed("DELETE"),
            (&Method::GET, ["metrics"]) => {
                let jobs = self.shared.account().count();
                AdminReply::text(CONTENT_TYPE, self.shared.tally().metrics(&jobs))
            }
            (_, ["metrics"]) => AdminReply::method_not_allowed("GET"),
            _ => AdminReply::not_found(),
        }
    }

    fn health(&self) -> Map<String, Value> {
        let summary = self.shared.summary();
        let jobs: usize = summary.jobs.values().sum();
        let members = [
            ("jobs", json!(jobs)),
            ("calls", json!(summary.calls)),
            ("faults", json!(summary.faults)),
        ];
        let members = members.into_iter();
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

impl Routes {
    fn enqueue(&self, body: &[u8]) -> AdminReply {
        let jobs = match jobs_from_json(body) {
            Ok(jobs) => jobs,
            Err(error) => return AdminReply::bad_request(&error.to_string()),
        };
        match self.shared.account().enqueue_all(jobs) {
            Ok(ids) => {
                let jobs: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
                AdminReply::json(&json!({ "jobs": jobs }))
            }
            Err(error) => {
                let status = match error {
                    EnqueueError::IdTaken(_) => StatusCode::CONFLICT,
                    EnqueueError::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
                };
                AdminReply::error(status, &error.to_string())
            }
        }
    }

    fn job(&self, id: &str) -> AdminReply {
        match self.shared.account().job(id) {
            Some(job) => AdminReply::json(&job),
            None => AdminReply::error(StatusCode::NOT_FOUND, "no job has this id"),
        }
    }

    fn clock(&self) -> AdminReply {
        #[derive(Serialize)]
        struct ClockState {
            #[serde(serialize_with = "timestamp")]
            now: SystemTime,
            advanced: String,
        }
        let clock = &self.shared.clock;
        AdminReply::json(&ClockState {
            now: clock.now(),
            advanced: humantime::format_duration(clock.advanced()).to_string(),
        })
    }

    fn advance(&self, body: &[u8]) -> AdminReply {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Advance {
            advance: String,
        }
        let advance = serde_json::from_slice::<Advance>(body).ok();
        let by = advance.and_then(|body| humantime::parse_duration(&body.advance).ok());
        let Some(by) = by else {
            return AdminReply::bad_request(r#"a body such as {"advance":"30s"} is expected"#);
        };
        self.shared.clock.advance(by);
        self.clock()
    }

    fn faults(&self) -> AdminReply {
        AdminReply::json(&json!({ "faults": self.shared.faults().views() }))
    }

    /// Takes one rule (`rule`) or several (`rules`), all or none.
    fn add_faults(&self, body: &[u8]) -> AdminReply {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Rules {
            rule: Option<String>,
            #[serde(default)]
            rules: Vec<String>,
        }
        let Ok(body) = serde_json::from_slice::<Rules>(body) else {
            let text = r#"a body such as {"rule":"AcknowledgeJob:throttle:count=2"} or {"rules":[…]} is expected"#;
            return AdminReply::bad_request(text);
        };
        let rules = body.rule.iter().chain(&body.rules);
        let rules: Result<Vec<FaultRule>, _> = rules.map(|rule| rule.parse()).collect();
        let rules = match rules {
            Ok(rules) => rules,
            Err(error) => return AdminReply::bad_request(&error.to_string()),
        };
        let added = self.shared.faults().add(rules);
        match added {
            Ok(faults) => AdminReply::json(&json!({ "faults": faults })),
            Err(error) => AdminReply::error(StatusCode::INSUFFICIENT_STORAGE, &error.to_string()),
        }
    }

    fn delete_fault(&self, id: &str) -> AdminReply {
        let deleted = id.parse().is_ok_and(|id| self.shared.faults().delete(id));
        if deleted {
            self.faults()
        } else {
            AdminReply::error(StatusCode::NOT_FOUND, "no fault has this id")
        }
    }
}
