//! AWS JSON 1.1, the protocol that CodePipeline speaks, for both ends of it.
//!
//! Every call is `POST /` with the operation in `X-Amz-Target` and all input in a JSON body. A
//! server takes a request through [`route`](fn@route) (content type, body, operation) and
//! [`decode_request`] (JSON types, then constraints), in the order in which the service checks;
//! its own verdict leaves through [`encode_response`] or [`encode_error`]. A client goes the other
//! way: [`encode_request`], then [`decode_answer`] or [`decode_response`].
//!
//! Nothing here panics, whatever bytes come in. JSON nested deeper than 128 levels, numbers beyond
//! a 64-bit float, and escapes that are not Unicode text count as invalid JSON.

mod call;
pub mod cbor;
mod decode;
mod encode;
mod error;
mod mentioned_jobs;
mod route;

pub use call::{Call, Reply, UntypedCall, UntypedReply};
pub use decode::{
    DecodeResponseError, decode_answer, decode_error, decode_request, decode_response,
};
pub use encode::{
    CONTENT_TYPE, Encoded, encode_error, encode_request, encode_response, error_response,
};
pub use error::{ErrorCode, ErrorMessage, ServiceError};
pub use mentioned_jobs::{MentionedJobs, Short};
pub use route::{NoOperation, RouteError, encode_route_error, named_operation, route};
