//! Upstream failures, and the one function that says what a client is given for each.

use bytes::Bytes;
use http::{Response, StatusCode};
use pipetape_core::protocol;
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
    /// An answer that is no HTTP, or that can't be kept (such as an unknown content encoding).
    Malformed,
    /// The connection ended before any byte of an answer.
    Reset,
    /// The connection ended within the answer.
    Truncated {
        /// The answer's `Content-Length`; `None` where its body came in chunks.
        declared_length: Option<u64>,
    },
}

/// What a client is given for a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultAnswer {
    /// A whole answer of our own, in the shape AWS clients read.
    Error {
        /// 502 or 504.
        status: u16,
        /// The error's code.
        code: &'static str,
        /// The error's message.
        message: &'static str,
    },
    /// The connection is reset without a byte.
    Reset,
    /// The recorded head and bytes, then the connection ends.
    Truncated {
        /// The `Content-Length` to announce; `None` for chunks.
        declared_length: Option<u64>,
    },
}

impl Fault {
    /// What the client is given, live and in replay alike.
    pub fn answer(self) -> FaultAnswer {
        let error = |status, code, message| FaultAnswer::Error {
            status,
            code,
            message,
        };
        match self {
            Fault::Refused => error(
                502,
                "PipetapeUpstreamRefusedException",
                "pipetape could not connect to the upstream: it refused, is unreachable, or its name does not resolve",
            ),
            Fault::Tls => error(
                502,
                "PipetapeUpstreamTlsException",
                "pipetape could not make a verified TLS connection to the upstream",
            ),
            Fault::Malformed => error(
                502,
                "PipetapeUpstreamMalformedException",
                "the upstream's answer is not HTTP that pipetape can read",
            ),
            Fault::Timeout => error(
                504,
                "PipetapeUpstreamTimeoutException",
                "the upstream did not answer pipetape in time",
            ),
            Fault::Reset => FaultAnswer::Reset,
            Fault::Truncated { declared_length } => FaultAnswer::Truncated { declared_length },
        }
    }

    /// The fault's name in a tape file.
    pub fn kind(self) -> &'static str {
        match self {
            Fault::Refused => "refused",
            Fault::Timeout => "timeout",
            Fault::Tls => "tls",
            Fault::Malformed => "malformed",
            Fault::Reset => "reset",
            Fault::Truncated { .. } => "truncated",
        }
    }

    /// The fault of that name; a truncated one with the length that its answer announced.
    pub fn from_kind(kind: &str, declared_length: Option<u64>) -> Option<Fault> {
        Some(match kind {
            "refused" => Fault::Refused,
            "timeout" => Fault::Timeout,
            "tls" => Fault::Tls,
            "malformed" => Fault::Malformed,
            "reset" => Fault::Reset,
            "truncated" => Fault::Truncated { declared_length },
            _ => return None,
        })
    }

    /// Whether a response stands beside the fault: the part that came before the cut.
    pub fn has_response(self) -> bool {
        matches!(self, Fault::Truncated { .. })
    }
}

impl FaultAnswer {
    /// The whole response of a [`FaultAnswer::Error`]; `None` for a connection that is cut.
    ///
    /// Live and in replay alike, so that both give the same bytes.
    pub fn error_response(&self) -> Option<Response<Bytes>> {
        let FaultAnswer::Error {
            status,
            code,
            message,
        } = self
        else {
            return None;
        };
        let status = StatusCode::from_u16(*status).ok()?;
        Some(protocol::error_response(status, code, message))
    }
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;

    use super::*;

    #[test]
    fn names_lead_back_and_answers_are_the_contracts() {
        let truncated = Fault::Truncated {
            declared_length: Some(7),
        };
        for fault in [
            Fault::Refused,
            Fault::Timeout,
            Fault::Tls,
            Fault::Malformed,
            Fault::Reset,
            truncated,
        ] {
            assert_eq!(Fault::from_kind(fault.kind(), Some(7)), Some(fault));
            match fault.answer() {
                FaultAnswer::Error { status, .. } => {
                    assert!(!fault.has_response());
                    assert_eq!(status, if fault == Fault::Timeout { 504 } else { 502 });
                }
                FaultAnswer::Reset => assert_eq!(fault, Fault::Reset),
                FaultAnswer::Truncated { declared_length } => assert_eq!(declared_length, Some(7)),
            }
        }
        assert_eq!(Fault::from_kind("unknown", None), None);
    }

    #[test]
    fn an_error_is_a_response_and_a_cut_is_none() {
        let response = Fault::Timeout.answer().error_response().unwrap();
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
            let response = fault.answer().error_response();
            assert_eq!(
                response.map(|response| response.status().as_u16()),
                Some(502)
            );
        }
        for cut in [
            Fault::Reset,
            Fault::Truncated {
                declared_length: None,
            },
        ] {
            assert!(cut.answer().error_response().is_none());
        }
    }
}
