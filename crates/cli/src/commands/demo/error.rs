//! What can go wrong with a demo.

use std::net::SocketAddr;
use std::time::Duration;

use pipetape_core::Operation;
use pipetape_core::protocol::{DecodeResponseError, ServiceError};
use pipetape_core::schema::{InvalidNumber, InvalidText};
use pipetape_emulator::JobsFileError;
use pipetape_proxy::UpstreamUrlError;
use pipetape_tape::TapeName;
use thiserror::Error;

use crate::failure::CommandError;

/// The demo could not be shown, or its replay was not complete.
#[derive(Debug, Error)]
pub(super) enum DemoError {
    /// It replaces only its own tape.
    #[error("tape `{name}` is not the demo's, so it is not replaced")]
    ForeignTape { name: TapeName },
    /// The jobs that come with the program.
    #[error("the demo's own jobs are wrong")]
    Jobs(#[from] JobsFileError),
    /// The address of a server of the demo's own.
    #[error("the demo's own job service can't be an upstream")]
    Upstream(#[from] UpstreamUrlError),
    /// The worker failed while it was recorded.
    #[error("the worker could not do its jobs")]
    Work(#[from] WorkError),
    /// The page on stdout says what is missing.
    #[error("what was replayed is not what was recorded")]
    Incomplete,
}

impl CommandError for DemoError {
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ForeignTape { .. } => Some("run the demo with another --store DIR"),
            _ => None,
        }
    }
}

/// Why a worker stopped.
#[derive(Debug, Error)]
pub(super) enum WorkError {
    #[error(transparent)]
    Call(#[from] CallError),
    /// An error that it did not expect.
    #[error("{operation} was refused")]
    Refused {
        operation: Operation,
        #[source]
        source: ServiceError,
    },
    /// A success that it did not expect.
    #[error("an acknowledge with a wrong nonce was accepted")]
    WrongNonceTaken,
    /// Not an answer of the service.
    #[error("the answer to {operation} is not valid")]
    Answer {
        operation: Operation,
        #[source]
        source: DecodeResponseError,
    },
    /// A value of its own that breaks the service's constraints.
    #[error("the worker has a text that is not valid for the service")]
    Text(#[from] InvalidText),
    #[error("the worker has a number that is not valid for the service")]
    Number(#[from] InvalidNumber),
    /// A job without what a worker needs of it.
    #[error("a job has no {member}")]
    Incomplete { member: &'static str },
}

/// A request that got no whole answer.
#[derive(Debug, Error)]
pub(super) enum CallError {
    #[error("cannot connect to {address}")]
    Connect {
        address: SocketAddr,
        #[source]
        source: BoxError,
    },
    #[error("{operation} got no whole answer")]
    NoAnswer {
        operation: Operation,
        #[source]
        source: BoxError,
    },
    #[error("{operation} was not answered within {} seconds", .after.as_secs())]
    TooLate {
        operation: Operation,
        after: Duration,
    },
}

/// An error of the network or of HTTP.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;
