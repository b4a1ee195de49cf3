//! Answers requests from a tape.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use http::HeaderMap;
use pipetape_core::{MentionedJobs, Operation};
use tracing::info;

use super::address::Address;
use super::answer::Answer;
use super::builder::{PlayerBuilder, Preparation};
use super::building::{Building, Empty};
use super::cursor::{Turn, turn};
use super::exhausted::Exhausted;
use super::latency::Latency;
use super::listing::ServedBy;
use super::loose_matches::{LooseMatch, LooseMatches, MOST_LOOSE_MATCHES, told};
use super::miss::{Miss, MissReport, Refusal};
use super::misses::{MOST_MISSES, MissId, MissLog, MissedRequest};
use super::notes::{Note, Notes, Sent};
use super::order::Order;
use super::packed::Position;
use super::played::PlayedSet;
use super::prepared::PreparedTape;
use super::served::{MOST_SERVED, ServedLog};
use super::session::{Course, Session};
use super::sessions::{MOST_SESSIONS, Sessions};
use super::tally::ByOperation;
use super::track::Track;
use super::verbatim::Spot;
use crate::exchange::Exchange;
use crate::findings::{Act, Asked, Invocation};
use crate::matching::{MatchBy, MatchKey};
use crate::name::{SessionName, TapeName};
use crate::pointer::Pointer;
use crate::rules::Rules;
use crate::store::{Store, StoreError, Work};
use crate::tape::Tape;
use crate::tape_file::{TapeFileError, fold_tape_file};

/// How a tape is played.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlayerConfig {
    /// What follows when every recorded answer to a request has been given.
    pub exhausted: Exhausted,
    /// The same for single operations. The first one that names an operation counts.
    pub exhausted_by: Vec<(Operation, Exhausted)>,
    /// In which order requests are answered.
    pub order: Order,
    /// How much of a job operation counts when matching.
    pub match_by: MatchBy,
    /// Members of requests that do not count when matching, beside those of the tape's rules.
    pub ignore: Vec<Pointer>,
    /// Whether recorded polls that brought no job are passed over: they are never played, nor left unplayed.
    pub skip_empty_polls: bool,
    /// How long answers wait: see [`Player::play_paced`].
    pub latency: Latency,
}

/// Which answer is given, and when: see [`Player::answer`].
#[derive(Debug, Clone, Copy)]
pub struct Paced {
    /// `None` for an empty poll.
    given: Option<Given>,
    /// How long to wait before it is given; at most a minute.
    pub delay: Duration,
    /// Whether only a loosened match found it.
    pub is_loosened: bool,
}

/// An exchange that answers a request.
#[derive(Debug, Clone, Copy)]
struct Given {
    position: Position,
    address: Address,
    /// How often its session has played it, this time included.
    times: u32,
}

/// Why a track has no exchange for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standstill {
    /// All of it was played.
    UsedUp,
    /// In strict order, the exchange at `at` comes behind the one at `awaited`.
    NotYet { at: Position, awaited: Position },
}

/// Plays one tape to any number of sessions, from any number of threads.
///
/// Exchanges with one match key are played in recorded order, once each, by each session on its own.
/// What is on the tape is read without a lock; a session's cursors have one lock for each session.
///
/// ```
/// use pipetape_core::{MentionedJobs, Operation};
/// use pipetape_tape::{Answer, MissCause, Player, PlayerConfig, SessionName, Tape};
///
/// # fn play(tape: Tape) {
/// let player = Player::new(tape, PlayerConfig::default());
/// let session = SessionName::default();
/// match player.play(&session, &Operation::AcknowledgeJob, br#"{"jobId":"f","nonce":"3"}"#) {
///     Ok(Answer::Response(response)) => println!("{}", response.status()),
///     Ok(Answer::Truncated { .. } | Answer::Reset) => println!("the connection was cut"),
///     Err(report) => println!("{}", report.miss.message),
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Player {
    pub(super) tape: PreparedTape,
    pub(super) config: PlayerConfig,
    pub(super) sessions: Sessions,
    pub(super) played: PlayedSet,
    pub(super) served_log: ServedLog,
    pub(super) miss_log: MissLog,
    pub(super) loose_matches: LooseMatches,
    pub(super) served: ByOperation,
    pub(super) missed: ByOperation,
    pub(super) loosened: AtomicU64,
}

/// What was played since the start. No reset lowers it: a miss stays a miss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlaySummary {
    /// Requests answered from the tape, or with an empty poll.
    pub served: u64,
    /// Requests that nothing on the tape answered.
    pub missed: u64,
    /// Exchanges that no session has played.
    pub unplayed: u64,
    /// Answered requests that matched only because something did not count: see
    /// [`LooseMatch`].
    pub loosened: u64,
}

/// What starts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset<'a> {
    /// The cursors of one session. What is listed stays.
    Session(&'a SessionName),
    /// Every session, and what is listed as served, missed and played. The summary stays.
    Everything,
}

impl PlayerConfig {
    fn exhausted(&self, operation: &Operation) -> Exhausted {
        let mut single = self.exhausted_by.iter();
        let named = single.find(|(name, _)| name == operation);
        named.map_or(self.exhausted, |(_, exhausted)| *exhausted)
    }
}

impl Player {
    /// Prepares a tape.
    pub fn new(tape: Tape, config: PlayerConfig) -> Player {
        let mut builder = PlayerBuilder::new(tape.name, tape.rules, config);
        // One by one, so that each is freed as soon as it is packed.
        for exchange in tape.exchanges {
            builder.push(&exchange);
        }
        builder.build()
    }

    /// Prepares a tape file, which is never in memory as a whole.
    ///
    /// # Errors
    ///
    /// It can't be read, or is no tape: see [`read_tape_file`](crate::read_tape_file).
    pub fn open(file: &Path, config: &PlayerConfig) -> Result<Player, TapeFileError> {
        thread::scope(|scope| {
            let begin = |tape: Tape| {
                let empty = Empty {
                    name: tape.name,
                    rules: tape.rules,
                    config: config.clone(),
                };
                Building::new(scope, empty)
            };
            Ok(fold_tape_file(file, begin, Building::push)?
                .finish()
                .build())
        })
    }

    /// Prepares a tape of a store, which is never in memory twice.
    ///
    /// # Errors
    ///
    /// There is no such tape, it is in use or damaged, or the file system refuses: see [`Store::load`].
    pub fn open_stored(
        store: &Store,
        name: &TapeName,
        config: PlayerConfig,
    ) -> Result<Player, StoreError> {
        let begin = |rules: Option<Rules>| {
            let rules = rules.unwrap_or_default();
            let preparation = Preparation::new(&rules, &config);
            Work {
                prepare: move |exchange: &Exchange| preparation.prepare(exchange),
                made: PlayerBuilder::new(name.clone(), Some(rules), config),
                add: |builder: &mut PlayerBuilder, exchange: &Exchange, prepared| {
                    builder.add(exchange, prepared);
                },
            }
        };
        Ok(store.read_for_player(name, begin)?.build())
    }

    pub(super) fn of(tape: PreparedTape, config: PlayerConfig) -> Player {
        Player {
            config,
            sessions: Sessions::new(MOST_SESSIONS, tape.packed.len()),
            played: PlayedSet::new(tape.packed.len(), tape.index.tracks.playable()),
            served_log: ServedLog::new(MOST_SERVED),
            miss_log: MissLog::new(MOST_MISSES),
            loose_matches: LooseMatches::new(MOST_LOOSE_MATCHES),
            served: ByOperation::new(),
            missed: ByOperation::new(),
            loosened: AtomicU64::new(0),
            tape,
        }
    }

    /// The tape's name.
    pub fn name(&self) -> &TapeName {
        &self.tape.name
    }

    /// Answers a request. A session begins with its first request.
    ///
    /// # Errors
    ///
    /// Nothing left on the tape answers it: a miss, which is counted and moves no cursor.
    pub fn play(
        &self,
        session: &SessionName,
        operation: &Operation,
        body: &[u8],
    ) -> Result<Answer, MissReport> {
        let paced = self.play_paced(session, operation, body, None)?;
        Ok(self.answer(&paced, HeaderMap::new()))
    }

    /// Chooses the [`answer`](Player::answer) to a request, which counts as given, and says how long to wait by
    /// [`PlayerConfig::latency`]. The waiting is up to the caller.
    /// By its `invocation` a retry is told from a call of its own: see [`Player::findings`].
    ///
    /// # Errors
    ///
    /// As of [`play`](Player::play).
    pub fn play_paced(
        &self,
        session: &SessionName,
        operation: &Operation,
        body: &[u8],
        invocation: Option<Invocation>,
    ) -> Result<Paced, MissReport> {
        let session = self.sessions.of(session);
        let spot = self.tape.verbatim(operation, body);
        let step = |spot| self.step(&session, operation, body, spot, invocation);
        let answer = match spot.map(step) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(_)) | None => self.play_by_key(&session, operation, body, invocation),
        };
        let counter = match &answer {
            Ok(_) => &self.served,
            Err(_) => &self.missed,
        };
        counter.add(Some(operation));
        answer
    }

    /// The answer that was chosen. Its headers are laid out in the memory of `room`, whatever that held.
    pub fn answer(&self, paced: &Paced, room: HeaderMap) -> Answer {
        match paced.given {
            Some(given) => self.tape.packed.answer(given.address, room),
            None => Answer::empty_poll(),
        }
    }

    /// Where the answer that was chosen comes from.
    pub fn served_by(&self, paced: &Paced) -> ServedBy {
        match paced.given {
            Some(given) => ServedBy::Exchange {
                seq: self.tape.packed.record(given.position).seq,
                times: given.times,
            },
            None => ServedBy::EmptyPoll,
        }
    }

    fn play_by_key(
        &self,
        session: &Session,
        operation: &Operation,
        body: &[u8],
        invocation: Option<Invocation>,
    ) -> Result<Paced, MissReport> {
        let body = self.tape.redactor.request_body(body);
        let key = MatchKey::by(&self.tape.criteria, operation, &body);
        let found = self.tape.index.tracks.of(&key);
        let step = |track: Track| {
            let first = self.tape.packed.address(track.first());
            let spot = Spot { track, first };
            self.step(session, operation, &body, spot, invocation)
        };
        let standstill = match found.map(|track| (track, step(track))) {
            Some((_, Ok(answer))) => return Ok(answer),
            Some((track, Err(standstill))) => Some((track, standstill)),
            None => None,
        };
        let mut course = session.course();
        note_sent(&mut course.notes, operation, &body, None, invocation);
        drop(course);
        let name = session.name.as_str();
        let awaited = match standstill {
            Some((_, Standstill::NotYet { awaited, .. })) => Some(awaited),
            Some((_, Standstill::UsedUp)) | None => None,
        };
        let id = MissId {
            session: name.to_owned(),
            request: MissedRequest::Keyed { key, awaited },
        };
        Err(self.miss_log.note(id, || match standstill {
            Some((track, Standstill::UsedUp)) => self.tape.used_up(name, operation, track),
            Some((_, Standstill::NotYet { at, awaited })) => {
                self.tape.not_yet(name, operation, at, awaited)
            }
            None => self.tape.never_recorded(name, operation, &body),
        }))
    }

    /// The jobs that a request and its answer are about, redacted by the tape's rules. For people: it parses both.
    pub fn mentioned_jobs(
        &self,
        operation: &Operation,
        request: &[u8],
        answer: Option<&[u8]>,
    ) -> MentionedJobs {
        let request = self.tape.redactor.request_body(request);
        MentionedJobs::of(operation, &request, answer)
    }

    /// Counts a request that can't be looked up as a miss. `session` is the name in its path, whatever it is.
    pub fn refuse(
        &self,
        session: &str,
        operation: Option<&Operation>,
        refusal: &Refusal,
    ) -> MissReport {
        self.missed.add(operation);
        let miss: Miss = self.tape.refused(session, operation, refusal);
        let id = MissId {
            session: miss.session.clone(),
            request: MissedRequest::Refused(miss.message.clone()),
        };
        self.miss_log.note(id, || miss)
    }

    /// One step of a session along a track, for a request with this redacted body.
    fn step(
        &self,
        session: &Session,
        operation: &Operation,
        body: &[u8],
        Spot { track, first }: Spot,
        invocation: Option<Invocation>,
    ) -> Result<Paced, Standstill> {
        let positions = self.tape.index.tracks.positions(&track);
        let note = |course: &mut Course, position, times| {
            let criteria = &self.tape.criteria;
            let is_loosened =
                criteria.are_loose() && criteria.loosened(self.tape.packed.request(position), body);
            if is_loosened {
                course.loosened += 1;
                self.note_loosened(session, operation, position, body);
            }
            course.served += 1;
            self.served_log
                .push(&session.name, position, times, is_loosened);
            is_loosened
        };
        let mut course = session.course();
        let cursors = &mut course.cursors;
        if let Some(schedule) = &self.tape.schedule
            && let Some(&at) = positions.get(cursors.played(track) as usize)
            && let Some(awaited) = schedule.awaited(cursors, at)
        {
            return Err(Standstill::NotYet { at, awaited });
        }
        let next = turn(
            cursors.played_mut(track),
            positions.len(),
            self.config.exhausted(operation),
            operation.is_poll(),
        );
        // Under the session's lock, so that its answers are listed in the order of its cursors.
        match next {
            Turn::Play { index, times } => {
                let position = positions[index];
                cursors.different += usize::from(times == 1);
                let is_loosened = note(&mut course, position, times);
                let notes = &mut course.notes;
                if is_loosened {
                    note_sent(notes, operation, body, Some(position), invocation);
                } else if Act::of(operation).is_some() {
                    let note = Note::Played {
                        position,
                        invocation,
                    };
                    notes.push(note, operation.is_poll());
                }
                drop(course);
                self.played.mark(position);
                let packed = &self.tape.packed;
                let address = if position == track.first() {
                    first
                } else {
                    packed.address(position)
                };
                Ok(Paced {
                    given: Some(Given {
                        position,
                        address,
                        times,
                    }),
                    delay: self.config.latency.of(packed.latency_ms(address)),
                    is_loosened,
                })
            }
            Turn::EmptyPoll => {
                let last = positions.last().copied().unwrap_or(track.first());
                let is_loosened = note(&mut course, last, 0);
                Ok(Paced {
                    given: None,
                    delay: Duration::ZERO,
                    is_loosened,
                })
            }
            Turn::UsedUp => Err(Standstill::UsedUp),
        }
    }

    fn note_loosened(
        &self,
        session: &Session,
        operation: &Operation,
        position: Position,
        redacted_body: &[u8],
    ) {
        self.loosened.fetch_add(1, Ordering::Relaxed);
        let packed = &self.tape.packed;
        let describe = || {
            let (differences, more) = told(packed.request(position), redacted_body);
            LooseMatch {
                session: Arc::clone(&session.name),
                operation: operation.clone(),
                exchange: packed.record(position).seq,
                differences,
                more,
                count: 1,
            }
        };
        if let Some(new) = self.loose_matches.note(&session.name, position, describe) {
            info!(
                session = new.session.as_str(),
                operation = operation.name(),
                exchange = new.exchange,
                differences = ?new.differences,
                more = new.more,
                "a request matched only loosely"
            );
        }
    }

    /// Starts over; says how many sessions did.
    pub fn reset(&self, what: Reset<'_>) -> usize {
        match what {
            Reset::Session(name) => match self.sessions.find(name) {
                Some(session) => {
                    let mut course = session.course();
                    course.cursors.clear();
                    course.notes.push(Note::StartOver, false);
                    1
                }
                None => 0,
            },
            Reset::Everything => {
                let sessions = self.sessions.reset();
                self.served_log.clear();
                self.miss_log.clear();
                self.loose_matches.clear();
                self.played.reset();
                sessions
            }
        }
    }
}

/// Notes a request that does not stand on the tape as it is.
fn note_sent(
    notes: &mut Notes,
    operation: &Operation,
    redacted_body: &[u8],
    position: Option<Position>,
    invocation: Option<Invocation>,
) {
    if Act::of(operation).is_none() {
        return;
    }
    let sent = Sent {
        operation: operation.clone(),
        asked: Asked::of(redacted_body),
        position,
        invocation,
    };
    notes.push(Note::Sent(Arc::new(sent)), false);
}
