//! The player: chooses what answers a request, and gives it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pipetape_core::{Answer, MentionedJobs, Operation};
use tracing::info;

use super::config::PlayerConfig;
use super::log::{
    ByOperation, LooseMatch, LooseMatchLog, MOST_LOOSE_MATCHES, MOST_MISSES, MOST_SERVED, MissId,
    MissLog, MissedRequest, PlayedSet, ServedLog, differences,
};
use super::miss::{Miss, MissReport, Refusal, never_recorded, not_yet, refused, used_up};
use super::prepared::{
    KeyGroup, Position, PreparedTape, Slot, empty_poll, load_file, load_stored, prepare,
};
use super::session::{
    MOST_SESSIONS, Note, Notes, Sent, Session, SessionState, Sessions, Turn, turn,
};
use crate::exchange::Tape;
use crate::findings::{Act, Asked, Invocation};
use crate::matching::MatchKey;
use crate::name::{SessionName, TapeName};
use crate::source::{Source, SourceError};
use crate::store::Store;
use crate::tape_file::TapeFileError;

/// Plays one tape to any number of sessions, from any number of threads.
///
/// Exchanges with one match key are played in recorded order, once each, by each session on its own.
/// What is on the tape is read without a lock; what changes in a session has one lock per session.
///
/// ```
/// use pipetape_core::{Answer, MentionedJobs, Operation};
/// use pipetape_tape::{MissCause, Player, PlayerConfig, SessionName, Tape};
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
    config: PlayerConfig,
    pub(super) sessions: Sessions,
    pub(super) played: PlayedSet,
    pub(super) served_log: ServedLog,
    pub(super) miss_log: MissLog,
    pub(super) loose_matches: LooseMatchLog,
    pub(super) served: ByOperation,
    pub(super) missed: ByOperation,
    pub(super) loosened: AtomicU64,
}

/// An answer that was chosen, and when to give it: see [`Player::answer`].
#[derive(Debug, Clone, Copy)]
pub struct Paced {
    /// `None` for an empty poll.
    pub(super) played: Option<Played>,
    /// How long to wait before it is given; at most a minute.
    pub delay: Duration,
    /// Whether the request matched only because something did not count.
    pub is_loosened: bool,
}

/// The exchange that answers a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Played {
    pub(super) slot: Slot,
    /// How often its session has played it, this time included.
    pub(super) times: u32,
}

/// What starts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset<'a> {
    /// The cursors of one session. What is listed stays.
    Session(&'a SessionName),
    /// Every session, and what is listed as served, missed and played. The summary stays.
    Everything,
}

/// Why a key group has no exchange for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoTurn {
    /// All of it was played.
    UsedUp,
    /// In strict order, the exchange at `at` comes after the one at `awaited`.
    NotYet { at: Position, awaited: Position },
}

/// A request that is looked up, in a session.
#[derive(Clone, Copy)]
struct Asking<'a> {
    session: &'a Session,
    operation: &'a Operation,
    /// As received when it is looked up by its bytes; redacted otherwise.
    body: &'a [u8],
    invocation: Option<Invocation>,
}

impl Player {
    /// Prepares a tape that is in memory.
    pub fn new(tape: Tape, config: PlayerConfig) -> Self {
        Self::of(prepare(tape, &config), config)
    }

    /// Prepares the tape at `source`; `store` is where it is if it is not a file. A tape file is never in
    /// memory as a whole, and a tape of a store never twice. The store is let go of.
    ///
    /// # Errors
    ///
    /// There is no such tape, it is in use or damaged, or the file system refuses: see
    /// [`Source::load`].
    pub fn open(source: &Source, store: &Store, config: PlayerConfig) -> Result<Self, SourceError> {
        let tape = match source {
            Source::Stored(name) => load_stored(store, name, &config)?,
            Source::File(path) => load_file(path, &config)?,
        };
        Ok(Self::of(tape, config))
    }

    /// Prepares a tape file, which is never in memory as a whole.
    ///
    /// # Errors
    ///
    /// It can't be read, or is not a tape: see [`read_tape_file`](crate::read_tape_file).
    pub fn open_file(file: impl AsRef<Path>, config: PlayerConfig) -> Result<Self, TapeFileError> {
        Ok(Self::of(load_file(file.as_ref(), &config)?, config))
    }

    fn of(tape: PreparedTape, config: PlayerConfig) -> Self {
        Self {
            config,
            sessions: Sessions::new(MOST_SESSIONS),
            played: PlayedSet::new(tape.packed.len(), tape.index.groups.playable()),
            served_log: ServedLog::new(MOST_SERVED),
            miss_log: MissLog::new(MOST_MISSES),
            loose_matches: LooseMatchLog::new(MOST_LOOSE_MATCHES),
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
        Ok(self.answer(&paced))
    }

    /// Chooses the [`answer`](Self::answer) to a request, which counts as given, and says how long
    /// to wait by [`PlayerConfig::latency`]. The waiting is up to the caller. By its `invocation` a
    /// retry differs from a call of its own: see [`findings`](Self::findings).
    ///
    /// # Errors
    ///
    /// As of [`play`](Self::play).
    pub fn play_paced(
        &self,
        session: &SessionName,
        operation: &Operation,
        body: &[u8],
        invocation: Option<Invocation>,
    ) -> Result<Paced, MissReport> {
        let session = &self.sessions.of(session);
        let asking = Asking {
            session,
            operation,
            body,
            invocation,
        };
        let recorded = self.tape.verbatim(operation, body);
        let chosen = match recorded.map(|first| self.step(asking, first)) {
            Some(Ok(paced)) => Ok(paced),
            Some(Err(_)) | None => self.play_by_key(asking),
        };
        let counter = match &chosen {
            Ok(_) => &self.served,
            Err(_) => &self.missed,
        };
        counter.add(Some(operation));
        chosen
    }

    /// The answer that was chosen.
    pub fn answer(&self, paced: &Paced) -> Answer {
        match paced.played {
            Some(played) => self.tape.packed.answer(played.slot.address),
            None => empty_poll(),
        }
    }

    /// The jobs that a request and its answer are about, redacted by the tape's rules. For people: it
    /// parses both.
    pub fn mentioned_jobs(
        &self,
        operation: &Operation,
        request: &[u8],
        answer: Option<&[u8]>,
    ) -> MentionedJobs {
        let request = self.tape.redactor.body(request);
        MentionedJobs::of(operation, &request, answer)
    }

    /// Counts a request that can't be looked up as a miss. `session` is the name in its path, whatever
    /// it is.
    pub fn refuse(
        &self,
        session: &str,
        operation: Option<&Operation>,
        refusal: &Refusal,
    ) -> MissReport {
        self.missed.add(operation);
        let miss = refused(&self.tape, session, operation, refusal);
        let request = MissedRequest::Refused(miss.message.clone());
        self.note_miss(session, request, || miss.clone())
    }

    /// Starts over; says how many sessions did.
    pub fn reset(&self, what: Reset<'_>) -> usize {
        match what {
            Reset::Session(name) => match self.sessions.find(name) {
                Some(session) => {
                    let mut state = session.state();
                    state.cursors.clear();
                    state.notes.push(Note::StartOver, false);
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

    /// For a request that was not recorded to the byte, or whose exchanges so found are used up.
    fn play_by_key(&self, asking: Asking<'_>) -> Result<Paced, MissReport> {
        let Asking {
            session, operation, ..
        } = asking;
        let body = &self.tape.redactor.body(asking.body)[..];
        let asking = Asking { body, ..asking };
        let key = MatchKey::by(&self.tape.criteria, operation, body);
        let found = self.tape.index.groups.of(&key);
        let no_turn = match found.map(|group| (group, self.step(asking, self.first(group)))) {
            Some((_, Ok(paced))) => return Ok(paced),
            Some((group, Err(no_turn))) => Some((group, no_turn)),
            None => None,
        };
        note_sent(&mut session.state().notes, asking, None);
        let name = session.name.as_str();
        let awaited = match no_turn {
            Some((_, NoTurn::NotYet { awaited, .. })) => Some(awaited),
            Some((_, NoTurn::UsedUp)) | None => None,
        };
        let request = MissedRequest::Keyed { key, awaited };
        Err(self.note_miss(name, request, || match no_turn {
            Some((group, NoTurn::UsedUp)) => used_up(&self.tape, name, operation, group),
            Some((_, NoTurn::NotYet { at, awaited })) => {
                not_yet(&self.tape, name, operation, at, awaited)
            }
            None => never_recorded(&self.tape, name, operation, body),
        }))
    }

    /// Lists a miss. Why a request misses depends only on the tape and on what it waits for, so one
    /// that is listed already is not composed again.
    fn note_miss(
        &self,
        session: &str,
        request: MissedRequest,
        compose: impl Fn() -> Miss,
    ) -> MissReport {
        let id = MissId {
            session: session.to_owned(),
            request,
        };
        let (miss, novelty) = self.miss_log.note(id, || Arc::new(compose()));
        MissReport {
            miss: miss.unwrap_or_else(|| Arc::new(compose())),
            novelty,
        }
    }

    /// Where the first exchange of a key group is.
    fn first(&self, group: KeyGroup) -> Slot {
        let position = group.first();
        Slot {
            position,
            address: self.tape.packed.address(position),
        }
    }

    /// One step of a session along a key group, which its first exchange names.
    fn step(&self, asking: Asking<'_>, first: Slot) -> Result<Paced, NoTurn> {
        let Asking {
            session,
            operation,
            invocation,
            ..
        } = asking;
        let group = KeyGroup::begun_by(first.position);
        let positions = self.tape.index.groups.positions(&group);
        let mut state = session.state();
        let cursors = &mut state.cursors;
        if let Some(schedule) = &self.tape.schedule
            && let Some(&at) = positions.get(cursors.played(group) as usize)
            && let Some(awaited) = cursors.awaited(schedule, at)
        {
            return Err(NoTurn::NotYet { at, awaited });
        }
        let next = turn(
            cursors.played_mut(group),
            positions.len(),
            self.config.exhausted(operation),
            operation.is_poll(),
        );
        // The lock is held until the answer is in the log: so a session's answers are listed in the
        // order of its cursors.
        match next {
            Turn::Play { index, times } => {
                let position = positions[index];
                cursors.different += usize::from(times == 1);
                let is_loosened = self.note_served(&mut state, asking, position, times);
                let notes = &mut state.notes;
                if is_loosened {
                    note_sent(notes, asking, Some(position));
                } else if Act::of(operation).is_some() {
                    let note = Note::Played {
                        position,
                        invocation,
                    };
                    notes.push(note, operation.is_poll());
                }
                drop(state);
                self.played.mark(position);
                let packed = &self.tape.packed;
                let address = if position == first.position {
                    first.address
                } else {
                    packed.address(position)
                };
                let slot = Slot { position, address };
                Ok(Paced {
                    played: Some(Played { slot, times }),
                    delay: self.config.latency.of(packed.latency_ms(address)),
                    is_loosened,
                })
            }
            Turn::EmptyPoll => {
                let last = positions.last().copied().unwrap_or(first.position);
                let is_loosened = self.note_served(&mut state, asking, last, 0);
                Ok(Paced {
                    played: None,
                    delay: Duration::ZERO,
                    is_loosened,
                })
            }
            Turn::UsedUp => Err(NoTurn::UsedUp),
        }
    }

    /// Counts and lists what is served; says whether the request matched only because something did
    /// not count.
    fn note_served(
        &self,
        state: &mut SessionState,
        asking: Asking<'_>,
        position: Position,
        times: u32,
    ) -> bool {
        let criteria = &self.tape.criteria;
        let recorded = || self.tape.packed.request(position);
        let is_loosened = criteria.are_loose() && criteria.loosened(recorded(), asking.body);
        if is_loosened {
            state.loosened += 1;
            self.note_loosened(asking, position);
        }
        state.served += 1;
        let session = &asking.session.name;
        self.served_log.push(session, position, times, is_loosened);
        is_loosened
    }

    fn note_loosened(&self, asking: Asking<'_>, position: Position) {
        self.loosened.fetch_add(1, Ordering::Relaxed);
        let session = &asking.session.name;
        let packed = &self.tape.packed;
        let describe = || {
            let (differences, more) = differences(packed.request(position), asking.body);
            let new = LooseMatch {
                session: Arc::clone(session),
                operation: asking.operation.clone(),
                exchange: packed.info(position).seq,
                differences,
                more,
                count: 1,
            };
            info!(
                session = session.as_str(),
                operation = new.operation.name(),
                exchange = new.exchange,
                differences = ?new.differences,
                more = new.more,
                "a request matched only loosely"
            );
            new
        };
        let id = (Arc::clone(session), position);
        self.loose_matches.note(id, describe);
    }
}

/// Notes a request that is not on the tape as it is, and the exchange that answered it, if one did.
fn note_sent(notes: &mut Notes, asking: Asking<'_>, position: Option<Position>) {
    if Act::of(asking.operation).is_none() {
        return;
    }
    let sent = Sent {
        operation: asking.operation.clone(),
        asked: Asked::of(asking.body),
        position,
        invocation: asking.invocation,
    };
    notes.push(Note::Sent(Arc::new(sent)), false);
}
