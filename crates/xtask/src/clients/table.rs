//! How each client did in each scenario, as a table.

use std::collections::HashMap;
use std::fmt;

use super::Client;
use super::client::Scenario;

/// A word for each client and scenario that was run.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) words: HashMap<(&'static str, &'static str), &'static str>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "client", |scenario| scenario.name())?;
        for client in Client::ALL.map(Client::name) {
            let word = |scenario: Scenario| self.words.get(&(client, scenario.name())).copied();
            if Scenario::ALL.into_iter().any(|one| word(one).is_some()) {
                row(f, client, |scenario| word(scenario).unwrap_or("-"))?;
            }
        }
        Ok(())
    }
}

fn row(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    word: impl Fn(Scenario) -> &'static str,
) -> fmt::Result {
    let words = Scenario::ALL.map(|scenario| format!("  {:8}", word(scenario)));
    writeln!(f, "{name:10}{}", words.concat().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_word_for_each_scenario() {
        let words = [
            (("rust", "emulate"), "passed"),
            (("rust", "miss"), "failed"),
        ];
        let table = Table {
            words: HashMap::from(words),
        };
        assert_eq!(
            table.to_string(),
            "client      emulate   record    replay    others    miss      throttle  reset     poll      intercept\n\
             rust        passed    -         -         -         failed    -         -         -         -\n"
        );
    }
}
