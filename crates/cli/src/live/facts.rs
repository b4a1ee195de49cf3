//! What an event tells of an exchange.

use std::fmt::Debug;

use tracing::field::{Field, Visit};

/// The fields of an exchange's event. Texts may be a client's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Facts {
    /// `recorded`, `not recorded`, `served`, `missed` or `answered`.
    pub(super) message: String,
    pub(super) operation: String,
    pub(super) job: Option<String>,
    pub(super) status: Option<u64>,
    pub(super) fault: Option<String>,
    pub(super) latency_ms: Option<u64>,
    pub(super) bytes: Option<u64>,
    pub(super) redacted: Option<u64>,
    pub(super) redacted_names: Option<String>,
    pub(super) seq: Option<u64>,
    pub(super) times: Option<u64>,
    pub(super) is_loosened: bool,
    pub(super) cause: Option<String>,
    pub(super) session: Option<String>,
}

impl Visit for Facts {
    fn record_u64(&mut self, field: &Field, value: u64) {
        let known = match field.name() {
            "status" => &mut self.status,
            "latency_ms" => &mut self.latency_ms,
            "bytes" => &mut self.bytes,
            "redacted" => &mut self.redacted,
            "seq" => &mut self.seq,
            "times" => &mut self.times,
            _ => return,
        };
        *known = Some(value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "loosened" {
            self.is_loosened = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let known = match field.name() {
            "message" => return value.clone_into(&mut self.message),
            "operation" => return value.clone_into(&mut self.operation),
            "job" => &mut self.job,
            "fault" => &mut self.fault,
            "redacted_names" => &mut self.redacted_names,
            "cause" => &mut self.cause,
            "session" => &mut self.session,
            _ => return,
        };
        *known = Some(value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
