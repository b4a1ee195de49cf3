//! From a request to what the tape has for it.

use std::sync::Arc;

use pipetape_core::protocol::named_operation;
use pipetape_core::text::brief;
use pipetape_serve::{Reply, Request, Service, session_segment};
use pipetape_tape::{Invocation, MissReport, Paced, Player, Refusal, SessionName};
use tokio::time::sleep;

use crate::logging::{Asked, log_miss};

/// The longest text shown in the place of a session's name, in characters: as long as a name.
const LONGEST_SHOWN: usize = 64;

/// Answers every path that is not an admin route.
#[derive(Debug)]
pub(crate) struct Playback {
    player: Arc<Player>,
    default: SessionName,
}

impl Playback {
    pub(crate) fn new(player: Arc<Player>) -> Playback {
        Playback {
            player,
            default: SessionName::default(),
        }
    }

    fn play(&self, request: &Request) -> Result<Paced, MissReport> {
        let operation = named_operation(&request.headers);
        let named;
        let session = match session_segment(request.uri.path()) {
            None => &self.default,
            Some(segment) => match segment.parse() {
                Ok(name) => {
                    named = name;
                    &named
                }
                Err(error) => {
                    // Never a name, so nothing else can be mistaken for it.
                    let shown = brief(segment, LONGEST_SHOWN);
                    let refusal = Refusal::BadSession(error);
                    return Err(self
                        .player
                        .refuse(&shown, operation.as_ref().ok(), &refusal));
                }
            },
        };
        match operation {
            Ok(operation) => {
                let invocation = Invocation::of(&operation, &request.headers);
                self.player
                    .play_paced(session, &operation, &request.body, invocation)
            }
            Err(error) => {
                let refusal = Refusal::NoOperation(error);
                Err(self.player.refuse(session.as_str(), None, &refusal))
            }
        }
    }
}

impl Service for Playback {
    async fn call(&self, request: &mut Request) -> Reply {
        let asked = Asked::of(request);
        let played = self.play(request);
        match played {
            Ok(paced) => {
                if !paced.delay.is_zero() {
                    // An answer that waits keeps no request in memory.
                    request.clear();
                    // Boxed to keep the future of every other call small.
                    Box::pin(sleep(paced.delay)).await;
                }
                let answer = self.player.answer(&paced);
                if let Some(asked) = asked {
                    asked.served(&paced, &answer, &self.player);
                }
                Reply::from(answer)
            }
            Err(report) => {
                log_miss(&report, asked.as_ref(), &self.player);
                Reply::from(report.miss.response())
            }
        }
    }
}
