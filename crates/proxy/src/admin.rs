//! The recorder's admin routes.

use std::sync::Arc;

use http::Method;
use pipetape_serve::admin::{AdminReply, AdminRequest, AdminRoutes};
use pipetape_serve::metrics::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use crate::tally::Tally;

/// `GET metrics`, and the counts in `GET health`.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) tally: Arc<Tally>,
}

impl AdminRoutes for Routes {
    async fn route(&self, request: AdminRequest) -> AdminReply {
        match (&request.method, request.path().as_slice()) {
            (&Method::GET, ["metrics"]) => AdminReply::text(CONTENT_TYPE, self.tally.metrics()),
            (_, ["metrics"]) => AdminReply::method_not_allowed("GET"),
            _ => AdminReply::not_found(),
        }
    }

    fn health(&self) -> Map<String, Value> {
        let mut health = Map::new();
        health.insert("recorded".to_owned(), json!(self.tally.total_recorded()));
        health.insert(
            "unrecorded".to_owned(),
            json!(self.tally.total_unrecorded()),
        );
        health.insert("refused".to_owned(), json!(self.tally.total_refused()));
        health
    }
}
