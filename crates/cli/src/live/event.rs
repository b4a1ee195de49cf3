//! What an event says about an exchange, and counts of events.

use std::fmt::Debug;

use tracing::field::{Field, Visit};

/// The fields of an exchange's event. Texts may come from a client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ExchangeEvent {
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

impl Visit for ExchangeEvent {
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

/// Counts of the exchanges shown until now.
#[derive(Debug, Default)]
pub(super) struct ExchangeCounts {
    recorded: u64,
    unrecorded: u64,
    served: u64,
    missed: u64,
    loosened: u64,
    answered: u64,
    faults: u64,
}

impl ExchangeCounts {
    pub(super) fn add(&mut self, event: &ExchangeEvent) {
        let one = match event.message.as_str() {
            "recorded" => &mut self.recorded,
            "not recorded" => &mut self.unrecorded,
            "served" => &mut self.served,
            "missed" => &mut self.missed,
            _ => &mut self.answered,
        };
        *one += 1;
        self.loosened += u64::from(event.is_loosened);
        self.faults += u64::from(event.fault.is_some());
    }

    /// In words, without those that are zero.
    pub(super) fn text(&self) -> String {
        let faults = match self.faults {
            1 => "with a fault",
            _ => "with faults",
        };
        let parts = [
            (self.recorded, "recorded"),
            (self.unrecorded, "not recorded"),
            (self.served, "served"),
            (self.missed, "missed"),
            (self.loosened, "loosened"),
            (self.answered, "answered"),
            (self.faults, faults),
        ];
        let counted = parts.iter().filter(|(count, _)| *count > 0);
        let counted = counted.map(|(count, what)| format!("{count} {what}"));
        counted.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(events: &[ExchangeEvent]) -> String {
        let mut counts = ExchangeCounts::default();
        for event in events {
            counts.add(event);
        }
        counts.text()
    }

    #[test]
    fn only_what_happened_is_counted() {
        let of = |message: &str, fault: Option<&str>, is_loosened| ExchangeEvent {
            message: message.to_owned(),
            fault: fault.map(str::to_owned),
            is_loosened,
            ..ExchangeEvent::default()
        };
        let recording = [
            of("recorded", None, false),
            of("recorded", Some("timeout"), false),
            of("not recorded", None, false),
        ];
        assert_eq!(
            count(&recording),
            "2 recorded, 1 not recorded, 1 with a fault"
        );
        let replay = [
            of("served", None, true),
            of("served", None, false),
            of("missed", None, false),
        ];
        assert_eq!(count(&replay), "2 served, 1 missed, 1 loosened");
        let emulator = [
            of("answered", Some("reset"), false),
            of("answered", Some("500"), false),
        ];
        assert_eq!(count(&emulator), "2 answered, 2 with faults");
    }
}
