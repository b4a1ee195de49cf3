//! Upstream failures, and the one function that says what a client is given for each.

use bytes::Bytes;
use http::{Response, StatusCode};
use pipetape_core::Answer;
use pipetape_core::protocol::error_response;
use serde::{Deserialize, Serialize};

/// How an upstream failed. Kept on the tape, so that a replay fails the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fault {
    /// No connection: refused, unreachable, or a name that does not resolve.
    Refused,
    /// No answer in time.
    Timeout,
    /// The TLS handshake failed, the certificate included.
    Tls,
    /// An answer that is not valid HTTP, or that can't be kept (such as an unknown content
    /// encoding).
    Malformed,
    /// The connection ended before any byte of an answer.
    Reset,
    /// The connection ended within the answer.
    Truncated {
        /// The answer's `Content-Length`; `None` if its body was chunked.
        declared_length: Option<u64>,
    },
}

impl Fault {
    /// What the client is given, live and in replay alike: an error of our own, a cut or a reset.
    ///
    /// `arrived` is the head and the bytes that upstream sent before a cut; without them there is
    /// nothing to cut, and the connection is reset. The other faults leave it out.
    pub fn answer(self, arrived: Option<Response<Bytes>>) -> Answer {
        let error = |status, code, message| error_response(status, code, message).into();
        match self {
            Self::Refused => error(
                StatusCode::BAD_GATEWAY,
                "PipetapeUpstreamRefusedException",
                "pipetape could not connect to the upstream: it refused, is unreachable, or its name does not resolve",
            ),
            Self::Tls => error(
                StatusCode::BAD_GATEWAY,
                "PipetapeUpstreamTlsException",
                "pipetape could not make a verified TLS connection to the upstream",
            ),
            Self::Malformed => error(
                StatusCode::BAD_GATEWAY,
                "PipetapeUpstreamMalformedException",
                "the upstream's answer is not HTTP that pipetape can read",
            ),
            Self::Timeout => error(
                StatusCode::GATEWAY_TIMEOUT,
                "PipetapeUpstreamTimeoutException",
                "the upstream did not answer pipetape in time",
            ),
            Self::Truncated { declared_length } => match arrived {
                Some(response) => Answer::Truncated {
                    response: Box::new(response),
                    declared_length,
                },
                None => Answer::Reset,
            },
            Self::Reset => Answer::Reset,
        }
    }

    /// The fault's name in a tape file.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Malformed => "malformed",
            Self::Reset => "reset",
            Self::Truncated { .. } => "truncated",
        }
    }

    /// The fault of that name; a truncated one with the length that its answer announced.
    pub fn from_kind(kind: &str, declared_length: Option<u64>) -> Option<Self> {
        Some(match kind {
            "refused" => Self::Refused,
            "timeout" => Self::Timeout,
            "tls" => Self::Tls,
            "malformed" => Self::Malformed,
            "reset" => Self::Reset,
            "truncated" => Self::Truncated { declared_length },
            _ => return None,
        })
    }

    /// Whether the tape has a response beside the fault: the part that arrived before the cut.
    pub fn has_response(self) -> bool {
        matches!(self, Self::Truncated { .. })
    }
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;

    use super::*;

    fn truncated(declared_length: Option<u64>) -> Fault {
        Fault::Truncated { declared_length }
    }

    #[test]
    fn names_lead_back() {
        for fault in [
            Fault::Refused,
            Fault::Timeout,
            Fault::Tls,
            Fault::Malformed,
            Fault::Reset,
            truncated(Some(7)),
        ] {
            assert_eq!(Fault::from_kind(fault.kind(), Some(7)), Some(fault));
        }
        assert_eq!(Fault::from_kind("unknown", None), None);
    }

    #[test]
    fn an_error_is_a_whole_response() {
        let answer = Fault::Timeout.answer(None);
        let response = answer.response().unwrap();
        assert_eq!(response.status(), 504);
        assert_eq!(response.headers().len(), 1);
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "application/x-amz-json-1.1"
        );
        assert_eq!(
            response.body(),
            r#"{"__type":"PipetapeUpstreamTimeoutException","message":"the upstream did not answer pipetape in time"}"#
        );
        for fault in [Fault::Refused, Fault::Tls, Fault::Malformed] {
            assert!(!fault.has_response());
            for arrived in [None, Some(Response::default())] {
                match fault.answer(arrived) {
                    Answer::Response(response) => assert_eq!(response.status(), 502),
                    Answer::Truncated { .. } | Answer::Reset => panic!("{fault:?} is cut"),
                }
            }
        }
    }

    #[test]
    fn a_cut_has_what_arrived() {
        for length in [Some(7), None] {
            let arrived = Response::new(Bytes::from_static(b"{}"));
            match truncated(length).answer(Some(arrived)) {
                Answer::Truncated {
                    response,
                    declared_length,
                } => {
                    assert_eq!(response.body(), "{}");
                    assert_eq!(declared_length, length);
                }
                Answer::Response(_) | Answer::Reset => panic!("not a cut"),
            }
            let nothing = truncated(length).answer(None);
            assert!(matches!(nothing, Answer::Reset));
        }
        for arrived in [None, Some(Response::default())] {
            assert!(matches!(Fault::Reset.answer(arrived), Answer::Reset));
        }
    }
}
