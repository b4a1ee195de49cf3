//! A player in the making.

use super::index::Index;
use super::packed::Packer;
use super::play::{Player, PlayerConfig};
use super::prepared::PreparedTape;
use crate::exchange::Exchange;
use crate::matching::Fingerprint;
use crate::name::TapeName;
use crate::redact::Redactor;
use crate::rules::Rules;

/// Takes a tape's exchanges one by one, so that a large tape never has to be in memory twice.
#[derive(Debug)]
pub struct PlayerBuilder {
    name: TapeName,
    rules: Rules,
    redactor: Redactor,
    config: PlayerConfig,
    packer: Packer,
    index: Index,
}

impl PlayerBuilder {
    /// Begins with a tape's name and rules; [`Rules::default`] hold where it has none.
    pub fn new(name: TapeName, rules: Option<Rules>, config: PlayerConfig) -> PlayerBuilder {
        let rules = rules.unwrap_or_default();
        PlayerBuilder {
            name,
            redactor: Redactor::for_replay(&rules),
            rules,
            config,
            packer: Packer::default(),
            index: Index::default(),
        }
    }

    /// Adds the exchange behind the last one. What the player needs is copied.
    pub fn push(&mut self, exchange: &Exchange) {
        // A recorded body is redacted already; on a tape written by hand it may not be.
        let body = self.redactor.request_body(&exchange.request.body);
        let fingerprint = Fingerprint::of(&exchange.operation, &body, &self.rules.ignore);
        let (position, operation_index) = self.packer.push(
            exchange.seq,
            &exchange.operation,
            fingerprint.job,
            &body,
            &exchange.outcome,
        );
        self.index.push(
            position,
            (operation_index, &exchange.operation),
            fingerprint.key,
            &body,
        );
    }

    /// The player.
    pub fn build(mut self) -> Player {
        self.index.shrink_to_fit();
        let tape = PreparedTape::new(
            self.name,
            self.rules.ignore,
            self.redactor,
            self.packer.finish(),
            self.index,
        );
        Player::of(tape, self.config)
    }
}
