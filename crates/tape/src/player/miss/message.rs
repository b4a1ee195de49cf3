//! What a miss says, and the miss as a whole.

use std::fmt::Write;

use pipetape_core::Operation;
use pipetape_core::protocol::NoOperation;

use super::cause::{Closest, Miss, MissCause, Refusal};
use super::closest::closest;
use crate::matching::shown_text;
use crate::name::TapeName;
use crate::player::prepared::{KeyGroup, Position, PreparedTape};
use crate::redact::Redactor;

/// Longest message, in bytes.
const MOST: usize = 4096;
/// Longest list of operations, in bytes: all 44 known names fit, not what a hostile tape may hold.
const MOST_OF_OPERATIONS: usize = 2048;

/// The miss of a request whose key is not on the tape.
pub(crate) fn never_recorded(
    tape: &PreparedTape,
    session: &str,
    operation: &Operation,
    redacted_body: &[u8],
) -> Miss {
    let closest = closest(tape, operation, redacted_body);
    let operations = tape.packed.operations();
    Miss {
        session: session.to_owned(),
        operation: Some(operation.clone()),
        cause: MissCause::NeverRecorded,
        message: why_never_recorded(&tape.name, session, operation, operations, closest.as_ref()),
        closest,
    }
}

/// The miss of a request whose exchanges were all played in this session.
pub(crate) fn used_up(
    tape: &PreparedTape,
    session: &str,
    operation: &Operation,
    group: KeyGroup,
) -> Miss {
    let positions = tape.index.groups.positions(&group);
    let last = positions.last().copied().unwrap_or(group.first());
    let seq = tape.packed.info(last).seq;
    let count = positions.len();
    Miss {
        session: session.to_owned(),
        operation: Some(operation.clone()),
        cause: MissCause::UsedUp,
        closest: Some(Closest::same(seq)),
        message: why_used_up(&tape.name, session, operation, count, seq),
    }
}

/// The miss of a request whose exchange at `at` comes after the one at `awaited`.
pub(crate) fn not_yet(
    tape: &PreparedTape,
    session: &str,
    operation: &Operation,
    at: Position,
    awaited: Position,
) -> Miss {
    let seq = tape.packed.info(at).seq;
    let first = (
        tape.packed.info(awaited).seq,
        tape.packed.operation(awaited),
    );
    Miss {
        session: session.to_owned(),
        operation: Some(operation.clone()),
        cause: MissCause::NotYet,
        closest: Some(Closest::same(seq)),
        message: why_not_yet(&tape.name, session, operation, seq, first),
    }
}

/// The miss of a request that can't be looked up.
pub(crate) fn refused(
    tape: &PreparedTape,
    session: &str,
    operation: Option<&Operation>,
    refusal: &Refusal,
) -> Miss {
    Miss {
        session: session.to_owned(),
        operation: operation.cloned(),
        cause: match refusal {
            Refusal::BadSession(_) => MissCause::NoSession,
            Refusal::NoOperation(_) => MissCause::NoOperation,
        },
        closest: None,
        message: why_refused(&tape.name, session, refusal, &tape.redactor),
    }
}

impl Closest {
    /// The recorded exchange of this very request.
    fn same(seq: u64) -> Closest {
        Closest {
            seq,
            differences: Vec::new(),
            more: 0,
        }
    }
}

/// Says that no exchange has the request's key.
fn why_never_recorded(
    tape: &TapeName,
    session: &str,
    operation: &Operation,
    on_tape: &[Operation],
    closest: Option<&Closest>,
) -> String {
    let start = beginning(tape, session, operation, MissCause::NeverRecorded);
    let Some(closest) = closest else {
        let has = match on_tape {
            [] => "The tape is empty.".to_owned(),
            operations => format!(
                "The tape has no {operation}; it has {}.",
                listed(operations)
            ),
        };
        let next = format!(
            "Next: check that this is the right tape, or record more on it with `pipetape record {tape} --mode append`."
        );
        return format!("{start}. {has} {next}");
    };
    let next = format!(
        "Next: send what was recorded, or record this request too with `pipetape record {tape} --mode append`; \
         a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules."
    );
    let mut text = format!(
        "{start}. The closest recorded exchange is {}: ",
        closest.seq
    );
    let space = MOST.saturating_sub(text.len() + next.len());
    text.push_str(&told(closest, space));
    text.push_str(". ");
    text.push_str(&next);
    text
}

/// Says that the session has played all there is: `times` exchanges, the last one `seq`; none where all were passed over.
fn why_used_up(
    tape: &TapeName,
    session: &str,
    operation: &Operation,
    times: usize,
    seq: u64,
) -> String {
    let start = beginning(tape, session, operation, MissCause::UsedUp);
    let what = match times {
        0 => format!(
            "It was only answered without a job, last as exchange {seq}, and `--skip-empty-polls` passes over that."
        ),
        1 => format!("It was recorded once, as exchange {seq}, and this session has played that."),
        times => format!(
            "It was recorded {times} times, last as exchange {seq}, and this session has played them all."
        ),
    };
    format!(
        "{start}. {what} Next: start over in a session of its own (`/session/NAME/`) or with \
         `POST /_pipetape/reset?session={session}`, answer again with `--exhausted repeat-last` or `--exhausted loop`, \
         or record more with `pipetape record {tape} --mode append`."
    )
}

/// Says that exchange `seq` has to wait for another one, given by its number and operation.
fn why_not_yet(
    tape: &TapeName,
    session: &str,
    operation: &Operation,
    seq: u64,
    (first, first_operation): (u64, &Operation),
) -> String {
    let start = beginning(tape, session, operation, MissCause::NotYet);
    format!(
        "{start}: exchange {first} must come first. It was recorded as exchange {seq}, and this session has not yet played \
         exchange {first}, {first_operation}. Next: send that request before this one, or let different requests \
         come in any order with `--order keyed`."
    )
}

/// Says why a request can't be looked up.
fn why_refused(tape: &TapeName, session: &str, refusal: &Refusal, redactor: &Redactor) -> String {
    let shown = |target: &str| shown_text(redactor.text(target).as_bytes());
    let why = match refusal {
        Refusal::BadSession(error) => {
            return format!(
                "no exchange of tape `{tape}` was looked for: the path names no session: {error}. \
                 Next: use `/session/NAME/`, or any other path for the session `default`."
            );
        }
        Refusal::NoOperation(NoOperation::NotText(target)) => {
            let target = String::from_utf8_lossy(target);
            format!("X-Amz-Target is {}, which is not text", shown(&target))
        }
        Refusal::NoOperation(NoOperation::Target { target, error }) => {
            format!("X-Amz-Target is {}: {error}", shown(target))
        }
        Refusal::NoOperation(error) => format!("it {error}"),
    };
    format!(
        "no exchange of tape `{tape}` was looked for: the request in session `{session}` names no CodePipeline operation: {why}. \
         Next: send `X-Amz-Target: {}OPERATION`, as every AWS SDK does, and check that the client is one for CodePipeline.",
        pipetape_core::TARGET_PREFIX
    )
}

fn beginning(tape: &TapeName, session: &str, operation: &Operation, cause: MissCause) -> String {
    format!(
        "no exchange of tape `{tape}` answers this {operation} in session `{session}`: {}",
        cause.name()
    )
}

/// As many differences as fit.
fn told(closest: &Closest, space: usize) -> String {
    let mut text = String::new();
    let total = closest.differences.len() + closest.more;
    for (index, difference) in closest.differences.iter().enumerate() {
        let rest = format!("; and {} more", total - index);
        if text.len() + difference.len() + rest.len() + 2 > space {
            text.push_str(&rest);
            return text;
        }
        if index > 0 {
            text.push_str("; ");
        }
        text.push_str(difference);
    }
    if closest.more > 0 {
        let _ = write!(text, "; and {} more", closest.more);
    }
    text
}

fn listed(operations: &[Operation]) -> String {
    let mut names: Vec<_> = operations.iter().map(Operation::name).collect();
    names.sort_unstable();
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        if text.len() + name.len() > MOST_OF_OPERATIONS {
            let _ = write!(text, " and {} more", names.len() - index);
            break;
        }
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
    }
    text
}
