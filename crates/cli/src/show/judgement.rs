//! What stands out in an exchange. A replay matches and does not judge; here it is judged.

use pipetape_core::protocol::decode_request;
use pipetape_tape::Exchange;

use crate::printable::printable;

/// What the service would say to a request, where that is not what one expects.
pub(super) fn notes(exchange: &Exchange) -> Vec<String> {
    let mut notes = Vec::new();
    if !exchange.operation.is_known() {
        notes.push("note: version 2015-07-09 of the service has no such operation".to_owned());
    }
    if let Err(refusal) = decode_request(&exchange.operation, &exchange.request.body) {
        notes.push(format!(
            "note: the request is not a valid one: {}",
            printable(&refusal.to_string())
        ));
    }
    notes
}
