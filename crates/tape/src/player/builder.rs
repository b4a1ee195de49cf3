//! A player in the making.

use std::borrow::Cow;

use super::empty_poll::is_empty_poll;
use super::index::{Index, Use};
use super::order::{Order, Schedule};
use super::packed::{Packer, Position};
use super::play::{Player, PlayerConfig};
use super::prepared::PreparedTape;
use crate::exchange::Exchange;
use crate::matching::{Criteria, Fingerprint};
use crate::name::TapeName;
use crate::redact::Redactor;
use crate::rules::Rules;

/// Takes a tape's exchanges one by one, so that a large tape never has to be in memory twice.
#[derive(Debug)]
pub struct PlayerBuilder {
    name: TapeName,
    preparation: Preparation,
    config: PlayerConfig,
    packer: Packer,
    index: Index,
    /// How many exchanges, from the beginning on, come before each; only for strict order.
    needs: Vec<Position>,
}

/// What has to be known to prepare an exchange.
#[derive(Debug)]
pub(super) struct Preparation {
    criteria: Criteria,
    redactor: Redactor,
    skip_empty_polls: bool,
}

/// What is found out of an exchange alone, whatever else is on the tape.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The request's body redacted, where it was not.
    redacted: Option<Vec<u8>>,
    fingerprint: Fingerprint,
    usage: Use,
}

impl Preparation {
    pub(super) fn new(rules: &Rules, config: &PlayerConfig) -> Preparation {
        let mut ignore = rules.ignore.clone();
        ignore.extend_from_slice(&config.ignore);
        Preparation {
            criteria: Criteria {
                ignore,
                by: config.match_by,
            },
            redactor: Redactor::for_replay(rules),
            skip_empty_polls: config.skip_empty_polls,
        }
    }

    pub(super) fn prepare(&self, exchange: &Exchange) -> Prepared {
        // A recorded body is redacted already; on a tape written by hand it may not be.
        let body = self.redactor.request_body(&exchange.request.body);
        Prepared {
            fingerprint: Fingerprint::of(&self.criteria, &exchange.operation, &body),
            usage: if self.skip_empty_polls && is_empty_poll(exchange) {
                Use::PassOver
            } else {
                Use::Play
            },
            redacted: match body {
                Cow::Borrowed(_) => None,
                Cow::Owned(body) => Some(body),
            },
        }
    }
}

impl PlayerBuilder {
    /// Begins with a tape's name and rules; [`Rules::default`] hold where it has none.
    pub fn new(name: TapeName, rules: Option<Rules>, config: PlayerConfig) -> PlayerBuilder {
        PlayerBuilder {
            name,
            preparation: Preparation::new(&rules.unwrap_or_default(), &config),
            config,
            packer: Packer::default(),
            index: Index::default(),
            needs: Vec::new(),
        }
    }

    /// Adds the exchange behind the last one. What the player needs is copied.
    pub fn push(&mut self, exchange: &Exchange) {
        let prepared = self.preparation.prepare(exchange);
        self.add(exchange, prepared);
    }

    /// Adds the exchange behind the last one, prepared by the same rules and settings.
    pub(super) fn add(&mut self, exchange: &Exchange, prepared: Prepared) {
        let Prepared {
            redacted,
            fingerprint,
            usage,
        } = prepared;
        let body = redacted.as_deref().unwrap_or(&exchange.request.body);
        if self.config.order == Order::Strict {
            let after = exchange.after.unwrap_or(u64::MAX);
            self.needs.push(self.packer.up_to(after));
        }
        let put = self.packer.push(
            exchange.seq,
            &exchange.operation,
            fingerprint.job,
            body,
            exchange.latency_ms,
            &exchange.outcome,
        );
        self.index
            .push(put, &exchange.operation, fingerprint.key, body, usage);
    }

    /// The player.
    pub fn build(mut self) -> Player {
        self.index.shrink_to_fit();
        let schedule = match self.config.order {
            Order::Keyed => None,
            Order::Strict => Some(Schedule::new(&self.needs, &self.index.tracks)),
        };
        let tape = PreparedTape::new(
            self.name,
            self.preparation.criteria,
            self.preparation.redactor,
            self.packer.finish(),
            self.index,
            schedule,
        );
        Player::of(tape, self.config)
    }
}
