//! Whether a tape keeps what the worker was given, and whether its replay gave that back.

use pipetape_core::causes::with_causes;
use pipetape_tape::{Exchange, Redactor};
use serde_json::Value;

use super::client::Answer;
use super::difference::Difference;
use super::session::Session;
use super::worker::Seen;

/// Every exchange, compared.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    /// In recorded order.
    pub(super) exchanges: Vec<Compared<'a>>,
    /// What belongs to no exchange that the worker was recorded with.
    pub(super) beyond: Vec<Difference>,
}

/// One exchange: as the worker saw it when it was recorded, and in the replay.
#[derive(Debug)]
pub(super) struct Compared<'a> {
    pub(super) on_tape: Option<&'a Exchange>,
    pub(super) recorded: &'a Seen,
    pub(super) replayed: Option<&'a Seen>,
    /// The members that the tape has placeholders for.
    pub(super) redacted: Vec<RedactedMember>,
    pub(super) differences: Vec<Difference>,
}

/// A member of an answer's body that the tape has a placeholder for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RedactedMember {
    /// Its own name, without those above it.
    pub(super) name: String,
    pub(super) placeholder: String,
}

/// Compares what the worker saw, the tape that was made of it, and what the worker saw in its replay.
pub(super) fn compare(session: &Session) -> Comparison<'_> {
    let Session {
        recorded,
        tape,
        replayed,
        ..
    } = session;
    let redactor = Redactor::for_replay(&tape.rules.clone().unwrap_or_default());
    let texts: Vec<&[u8]> = tape.exchanges.iter().flat_map(texts_of).collect();
    let compared = recorded.iter().enumerate().map(|(at, given)| {
        let on_tape = tape.exchanges.get(at);
        let mut exchange = Compared {
            on_tape,
            recorded: given,
            replayed: replayed.get(at),
            redacted: Vec::new(),
            differences: Vec::new(),
        };
        match on_tape {
            Some(on_tape) => {
                exchange.check_tape(on_tape, &redactor, &texts);
                exchange.check_replay(on_tape);
            }
            None => exchange.differences.push(Difference::NotOnTape),
        }
        exchange
    });
    Comparison {
        exchanges: compared.collect(),
        beyond: beyond(session),
    }
}

fn beyond(session: &Session) -> Vec<Difference> {
    let more_than_recorded = |count: usize| {
        let more = count.saturating_sub(session.recorded.len());
        (more > 0).then_some(more)
    };
    let some = |count: u64| (count > 0).then_some(count);
    let stopped = session.replay.as_ref().err();
    [
        more_than_recorded(session.tape.exchanges.len())
            .map(|count| Difference::MoreOnTape { count }),
        more_than_recorded(session.replayed.len()).map(|count| Difference::MoreReplayed { count }),
        stopped.map(|error| Difference::Stopped {
            why: with_causes(error),
        }),
        some(session.played.missed).map(|count| Difference::Missed { count }),
        some(session.played.unplayed).map(|count| Difference::Unplayed { count }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Comparison<'_> {
    /// How many differences there are.
    pub(super) fn differences(&self) -> usize {
        let within = self.exchanges.iter().map(|one| one.differences.len());
        within.sum::<usize>() + self.beyond.len()
    }
}

impl Compared<'_> {
    /// The tape has what the worker was given, its secrets replaced, and none of these anywhere.
    fn check_tape(&mut self, on_tape: &Exchange, redactor: &Redactor, texts: &[&[u8]]) {
        let Seen {
            operation,
            request,
            answer,
        } = self.recorded;
        let asked = redactor.request_body(request);
        if on_tape.operation != *operation || on_tape.request.body != *asked {
            self.differences.push(Difference::TapeRequest);
        }
        let Some(kept) = on_tape.outcome.response() else {
            self.differences.push(Difference::TapeStatus {
                given: answer.status,
                kept: None,
            });
            return;
        };
        if kept.status != answer.status {
            self.differences.push(Difference::TapeStatus {
                given: answer.status,
                kept: Some(kept.status),
            });
        }
        for (name, value) in kept.headers.iter().flatten() {
            let was_given = |(given, text): &(String, String)| {
                given == name && redactor.text(text) == value.as_str()
            };
            if !answer.headers.iter().any(was_given) {
                let name = name.clone();
                self.differences.push(Difference::TapeHeader { name });
            }
        }
        if kept.body != *redactor.response_body(&answer.body) {
            self.differences.push(Difference::TapeBody);
            return;
        }
        let json = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap_or_default();
        let mut replaced = Vec::new();
        find_replaced("", &json(&answer.body), &json(&kept.body), &mut replaced);
        for (member, secret) in replaced {
            if texts.iter().any(|text| contains(text, &secret)) {
                let name = member.name.clone();
                self.differences.push(Difference::SecretOnTape { name });
            }
            self.redacted.push(member);
        }
    }

    /// The worker asked the same, and was given what the tape has: status, headers and body.
    fn check_replay(&mut self, on_tape: &Exchange) {
        let Some(replayed) = self.replayed else {
            self.differences.push(Difference::NotReplayed);
            return;
        };
        if (&replayed.operation, &replayed.request)
            != (&self.recorded.operation, &self.recorded.request)
        {
            self.differences.push(Difference::ReplayedRequest);
        }
        let Some(kept) = on_tape.outcome.response() else {
            return;
        };
        let answer = &replayed.answer;
        if answer.status != kept.status {
            self.differences.push(Difference::ReplayedStatus {
                kept: kept.status,
                replayed: answer.status,
            });
        }
        if end_to_end(answer).ne(kept.headers.iter().flatten()) {
            self.differences.push(Difference::ReplayedHeaders);
        }
        if answer.body != kept.body {
            self.differences.push(Difference::ReplayedBody);
        }
    }
}

/// The headers that a tape can have: the length is computed anew.
fn end_to_end(answer: &Answer) -> impl Iterator<Item = &(String, String)> {
    let headers = answer.headers.iter();
    headers.filter(|(name, _)| name != "content-length")
}

/// Every text of an exchange on a tape in which a secret could stand.
fn texts_of(exchange: &Exchange) -> Vec<&[u8]> {
    let response = exchange.outcome.response();
    let headers = exchange.request.headers.iter().flatten();
    let headers = headers.chain(
        response
            .into_iter()
            .flat_map(|response| response.headers.iter().flatten()),
    );
    let mut texts: Vec<&[u8]> = headers.map(|(_, value)| value.as_bytes()).collect();
    texts.push(&exchange.request.body);
    texts.extend(response.map(|response| &response.body[..]));
    texts
}

/// Finds the texts that differ, with what they were before.
fn find_replaced(
    name: &str,
    given: &Value,
    kept: &Value,
    found: &mut Vec<(RedactedMember, String)>,
) {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => {
            for (name, value) in given {
                find_replaced(name, value, kept.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(given), Value::Array(kept)) => {
            for (given, kept) in given.iter().zip(kept) {
                find_replaced(name, given, kept, found);
            }
        }
        (Value::String(given), Value::String(kept)) if given != kept => {
            let member = RedactedMember {
                name: name.to_owned(),
                placeholder: kept.clone(),
            };
            found.push((member, given.clone()));
        }
        _ => {}
    }
}

fn contains(text: &[u8], secret: &str) -> bool {
    let secret = secret.as_bytes();
    !secret.is_empty() && text.windows(secret.len()).any(|window| window == secret)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use pipetape_core::Operation;
    use pipetape_replay::ReplaySummary;
    use pipetape_tape::{Outcome, RecordedRequest, RecordedResponse, Rules, Tape};

    use super::{super::error::WorkError, *};

    const REQUEST: &[u8] = br#"{"jobId":"0f1e2d3c-4b5a-4968-8776-655443322110"}"#;
    const ANSWER: &[u8] = br#"{"jobDetails":{"id":"0f1e2d3c-4b5a-4968-8776-655443322110","data":{"artifactCredentials":{"secretAccessKey":"not for others"}}}}"#;

    fn seen(body: &[u8]) -> Seen {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Seen {
            operation: Operation::GetJobDetails,
            request: Bytes::from_static(REQUEST),
            answer: Answer {
                status: 200,
                headers: vec![
                    header("x-amzn-requestid", "r"),
                    header("content-length", "1"),
                ],
                body: Bytes::copy_from_slice(body),
            },
        }
    }

    /// One exchange as the recorder keeps it, and as the player gives it back.
    fn truth() -> Session {
        let rules = Rules::default();
        let kept = Redactor::for_replay(&rules)
            .response_body(ANSWER)
            .into_owned();
        let recorded = seen(ANSWER);
        let exchange = Exchange {
            seq: 1,
            after: Some(0),
            operation: recorded.operation.clone(),
            recorded_at: None,
            latency_ms: None,
            request: RecordedRequest {
                headers: None,
                body: recorded.request.clone(),
            },
            outcome: Outcome::Response(RecordedResponse {
                status: 200,
                headers: Some(vec![recorded.answer.headers[0].clone()]),
                body: Bytes::from(kept.clone()),
            }),
        };
        let tape = Tape {
            name: "demo".parse().unwrap(),
            rules: Some(rules),
            exchanges: vec![exchange],
        };
        Session {
            jobs: Vec::new(),
            recorded: vec![recorded],
            tape,
            replayed: vec![seen(&kept)],
            replay: Ok(()),
            played: ReplaySummary {
                served: 1,
                missed: 0,
                unplayed: 0,
                loosened: 0,
            },
        }
    }

    fn response(tape: &mut Tape) -> &mut RecordedResponse {
        match &mut tape.exchanges[0].outcome {
            Outcome::Response(response) => response,
            other => panic!("{other:?}"),
        }
    }

    /// What is found where one of the three was doctored.
    fn found(doctor: impl FnOnce(&mut Session)) -> Vec<Difference> {
        let mut session = truth();
        doctor(&mut session);
        let comparison = compare(&session);
        let count = comparison.differences();
        let exchanges = comparison.exchanges.into_iter();
        let mut found: Vec<Difference> = exchanges.flat_map(|one| one.differences).collect();
        found.extend(comparison.beyond);
        assert_eq!(found.len(), count);
        found
    }

    #[test]
    fn what_is_equal_is_found_equal_and_its_secret_replaced() {
        let session = truth();
        let comparison = compare(&session);
        assert_eq!(comparison.differences(), 0);
        let redacted = &comparison.exchanges[0].redacted;
        assert_eq!(redacted.len(), 1);
        assert_eq!(redacted[0].name, "secretAccessKey");
        assert!(redacted[0].placeholder.starts_with("REDACTED"));
    }

    #[test]
    fn a_doctored_replay_is_found() {
        use Difference as D;
        assert_eq!(
            found(|session| session.replayed[0].answer.status = 500),
            [D::ReplayedStatus {
                kept: 200,
                replayed: 500
            }]
        );
        assert_eq!(
            found(|session| session.replayed[0].answer.headers[0].1.push('x')),
            [D::ReplayedHeaders]
        );
        assert_eq!(
            found(|session| session.replayed[0]
                .answer
                .headers
                .push(("date".into(), "d".into()))),
            [D::ReplayedHeaders]
        );
        // The same value, and still other bytes.
        assert_eq!(
            found(|session| {
                let body = &mut session.replayed[0].answer.body;
                *body = [&body[..], b" "].concat().into();
            }),
            [D::ReplayedBody]
        );
        assert_eq!(
            found(|session| session.replayed[0].request = Bytes::from_static(b"{}")),
            [D::ReplayedRequest]
        );
        assert_eq!(found(|session| session.replayed.clear()), [D::NotReplayed]);
        assert_eq!(
            found(|session| session.replayed.push(seen(ANSWER))),
            [D::MoreReplayed { count: 1 }]
        );
        assert_eq!(
            found(|session| {
                session.replay = Err(WorkError::Incomplete { member: "nonce" });
                session.played.missed = 2;
                session.played.unplayed = 3;
            }),
            [
                D::Stopped {
                    why: "a job has no nonce".into()
                },
                D::Missed { count: 2 },
                D::Unplayed { count: 3 },
            ]
        );
    }

    #[test]
    fn a_doctored_tape_is_found() {
        use Difference as D;
        assert_eq!(
            found(|session| session.tape.exchanges.clear()),
            [D::NotOnTape]
        );
        assert_eq!(
            found(|session| {
                let mut second = session.tape.exchanges[0].clone();
                second.seq = 2;
                session.tape.exchanges.push(second);
            }),
            [D::MoreOnTape { count: 1 }]
        );
        assert_eq!(
            found(|session| session.tape.exchanges[0].request.body = Bytes::from_static(b"{}")),
            [D::TapeRequest]
        );
        assert_eq!(
            found(|session| {
                response(&mut session.tape).status = 201;
                session.replayed[0].answer.status = 201;
            }),
            [D::TapeStatus {
                given: 200,
                kept: Some(201)
            }]
        );
        assert_eq!(
            found(|session| {
                let header = ("x-other".to_owned(), "1".to_owned());
                response(&mut session.tape)
                    .headers
                    .as_mut()
                    .unwrap()
                    .push(header.clone());
                session.replayed[0].answer.headers.push(header);
            }),
            [D::TapeHeader {
                name: "x-other".into()
            }]
        );
        assert_eq!(
            found(|session| {
                response(&mut session.tape).body = Bytes::from_static(ANSWER);
                session.replayed[0].answer.body = Bytes::from_static(ANSWER);
            }),
            [D::TapeBody],
            "a body that was not redacted"
        );
        assert_eq!(
            found(|session| {
                let headers = vec![("user-agent".to_owned(), "not for others".to_owned())];
                session.tape.exchanges[0].request.headers = Some(headers);
            }),
            [D::SecretOnTape {
                name: "secretAccessKey".into()
            }]
        );
    }
}
