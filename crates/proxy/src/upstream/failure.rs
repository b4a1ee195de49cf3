//! What a failed exchange is called.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;
use pipetape_core::causes::causes;
use pipetape_tape::Fault;

use super::dial::DialError;

/// The fault of an exchange that brought no response.
pub(super) fn without_response(error: &legacy::Error) -> Fault {
    if has(error, io_kind(io::ErrorKind::TimedOut)) {
        return Fault::Timeout;
    }
    if error.is_connect() {
        // Connecting is dialling and then the handshake.
        return if has(error, |cause| cause.is::<DialError>()) {
            Fault::Refused
        } else {
            Fault::Tls
        };
    }
    // With TLS 1.3 an upstream's refusal of the handshake arrives after its end.
    if has(error, |cause| cause.is::<rustls::Error>()) {
        return Fault::Tls;
    }
    let unreadable = |cause: &(dyn Error + 'static)| {
        cause
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_parse)
    };
    if has(error, unreadable) {
        return Fault::Malformed;
    }
    Fault::Reset
}

/// The fault of an exchange whose response's body ended in an error. `declared_length` is the response's `Content-Length`.
pub(super) fn within_body(error: &hyper::Error, declared_length: Option<u64>) -> Fault {
    // Chunks that are none; whatever else goes wrong is the connection's end.
    let unreadable = has(error, io_kind(io::ErrorKind::InvalidInput))
        || has(error, io_kind(io::ErrorKind::InvalidData));
    if unreadable {
        Fault::Malformed
    } else {
        Fault::Truncated { declared_length }
    }
}

fn has(error: &(dyn Error + 'static), wanted: impl Fn(&(dyn Error + 'static)) -> bool) -> bool {
    causes(error).any(wanted)
}

fn io_kind(kind: io::ErrorKind) -> impl Fn(&(dyn Error + 'static)) -> bool {
    move |cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == kind)
    }
}
