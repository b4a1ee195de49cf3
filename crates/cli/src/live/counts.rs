//! How many exchanges there were.

use super::facts::Facts;

/// Counts of the exchanges shown so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    recorded: u64,
    unrecorded: u64,
    served: u64,
    missed: u64,
    loosened: u64,
    answered: u64,
    faults: u64,
}

impl Counts {
    pub(super) fn add(&mut self, facts: &Facts) {
        let one = match facts.message.as_str() {
            "recorded" => &mut self.recorded,
            "not recorded" => &mut self.unrecorded,
            "served" => &mut self.served,
            "missed" => &mut self.missed,
            _ => &mut self.answered,
        };
        *one += 1;
        self.loosened += u64::from(facts.is_loosened);
        self.faults += u64::from(facts.fault.is_some());
    }

    /// In words; what there is none of is left out.
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
        let told = parts.iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        told.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(facts: &[Facts]) -> String {
        let mut counts = Counts::default();
        for facts in facts {
            counts.add(facts);
        }
        counts.text()
    }

    #[test]
    fn only_what_happened_is_told() {
        let of = |message: &str, fault: Option<&str>, is_loosened| Facts {
            message: message.to_owned(),
            fault: fault.map(str::to_owned),
            is_loosened,
            ..Facts::default()
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
