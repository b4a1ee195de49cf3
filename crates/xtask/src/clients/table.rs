//! What came of every cell, as a table.

use std::fmt;

use super::Client;
use super::program::Worker;
use super::scenario::Scenario;
use super::setup::Setup;
use crate::totals::Totals;

/// What came of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

impl Outcome {
    /// What came of something that needs a worker to be set up.
    pub(crate) fn with(
        setup: &anyhow::Result<Setup>,
        run: impl FnOnce(&Worker) -> anyhow::Result<()>,
    ) -> Self {
        match setup {
            Ok(Setup::Ready(worker)) => Self::from(&run(worker)),
            Ok(Setup::Missing(what)) => Self::Skipped(what.clone()),
            Err(error) => Self::Failed(format!("{error:#}")),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Failed(reason) | Self::Skipped(reason) => Some(reason),
        }
    }
}

impl<T> From<&anyhow::Result<T>> for Outcome {
    fn from(result: &anyhow::Result<T>) -> Self {
        match result {
            Ok(_) => Self::Passed,
            Err(error) => Self::Failed(format!("{error:#}")),
        }
    }
}

/// Rows of clients, and checks that concern no single one.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<(Client, [Outcome; Scenario::ALL.len()])>,
    pub(crate) checks: Vec<(&'static str, Outcome)>,
}

impl Table {
    /// Counts the cells and checks.
    pub(crate) fn totals(&self) -> Totals {
        let cells = self.rows.iter().flat_map(|(_, cells)| cells);
        let mut totals = Totals::default();
        for outcome in cells.chain(self.checks.iter().map(|(_, outcome)| outcome)) {
            match outcome {
                Outcome::Passed => totals.passed += 1,
                Outcome::Failed(_) => totals.failed += 1,
                Outcome::Skipped(_) => totals.skipped += 1,
            }
        }
        totals
    }

    /// Every reason, with what it is the reason of; one line where a whole row has the same.
    fn reasons(&self) -> Vec<(String, &str, &'static str)> {
        let mut reasons = Vec::new();
        for (client, cells) in &self.rows {
            if cells.iter().all(|cell| *cell == cells[0]) {
                let reason = cells[0]
                    .reason()
                    .map(|reason| (client.to_string(), reason, cells[0].word()));
                reasons.extend(reason);
                continue;
            }
            for (scenario, cell) in Scenario::ALL.iter().zip(cells) {
                let reason = cell
                    .reason()
                    .map(|reason| (format!("{client}, {scenario}"), reason, cell.word()));
                reasons.extend(reason);
            }
        }
        for (name, outcome) in &self.checks {
            let reason = outcome
                .reason()
                .map(|reason| ((*name).to_owned(), reason, outcome.word()));
            reasons.extend(reason);
        }
        reasons
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = Client::ALL
            .iter()
            .map(|client| client.name().len())
            .max()
            .unwrap_or(0);
        let heads = Scenario::ALL.map(Scenario::name);
        row(f, width, "client", &heads)?;
        for (client, cells) in &self.rows {
            let words: Vec<&str> = cells.iter().map(Outcome::word).collect();
            row(f, width, client.name(), &words)?;
        }
        if !self.checks.is_empty() {
            writeln!(f)?;
        }
        let width = self
            .checks
            .iter()
            .map(|(name, _)| name.len())
            .max()
            .unwrap_or(0);
        for (name, outcome) in &self.checks {
            writeln!(f, "{name:width$}  {}", outcome.word())?;
        }
        for (what, reason, word) in self.reasons() {
            write!(f, "\n{word}: {what}: {reason}")?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, width: usize, name: &str, words: &[&str]) -> fmt::Result {
    let words: String = words.iter().map(|word| format!("  {word:8}")).collect();
    writeln!(f, "{name:width$}{}", words.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_why() {
        let row = |outcome: Outcome| Scenario::ALL.map(|_| outcome.clone());
        let mut mixed = row(Outcome::Passed);
        mixed[4] = Outcome::Failed("shown after 1200 ms".to_owned());
        let table = Table {
            rows: vec![
                (Client::Boto3, row(Outcome::Passed)),
                (Client::JsV3, mixed),
                (
                    Client::GoV2,
                    row(Outcome::Skipped("Go is not installed".to_owned())),
                ),
            ],
            checks: vec![("sample", Outcome::Passed)],
        };
        let text = table.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "client      emulate   record    replay    others    miss      throttle  reset     poll      intercept",
                "boto3       passed    passed    passed    passed    passed    passed    passed    passed    passed",
                "js-v3       passed    passed    passed    passed    failed    passed    passed    passed    passed",
                "go-v2       skipped   skipped   skipped   skipped   skipped   skipped   skipped   skipped   skipped",
                "",
                "sample  passed",
                "",
                "failed: js-v3, miss: shown after 1200 ms",
                "skipped: go-v2: Go is not installed",
            ]
        );
        assert_eq!(table.totals().to_string(), "18 passed, 1 failed, 9 skipped");
    }
}
