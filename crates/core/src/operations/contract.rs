//! What an operation consists of.

use serde_json::Value;

use crate::operation::Operation;
use crate::protocol::{Call, Reply, ServiceError};
use crate::schema::{Reader, Shape, Wire, Writer};

/// The request of a typed operation, with everything that belongs to it.
///
/// Implemented for the requests in this module, once each. A client can be written over it: send
/// [`encode_request`](crate::protocol::encode_request) to [`Self::OPERATION`]'s target, and read
/// the answer with [`decode_answer`](crate::protocol::decode_answer).
pub trait Request: Shape + Into<Call> {
    /// The operation that is asked for.
    const OPERATION: Operation;

    /// What it answers.
    type Response: Response;

    /// The errors it declares. Any call may get others too, such as throttling.
    type Error: Into<ServiceError> + TryFrom<ServiceError, Error = ServiceError>;

    /// The response as a reply to this operation.
    fn reply(response: Self::Response) -> Reply;
}

/// The response of a typed operation.
pub trait Response: Shape {
    /// Whether the response has a body. Operations that give nothing back answer with none.
    const HAS_BODY: bool = true;
}

/// The response of an operation that gives nothing back: status 200 and an empty body.
///
/// Whatever body a server sends is taken for nothing, as AWS's clients do with `{}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Void;

impl Response for Void {
    const HAS_BODY: bool = false;
}

impl Wire for Void {
    fn read(_: Value, _: &mut Reader) -> Option<Self> {
        Some(Void)
    }

    fn write(&self, writer: &mut Writer) {
        writer.object(|_| ());
    }

    #[cfg(test)]
    fn strategy() -> proptest::strategy::BoxedStrategy<Self> {
        use proptest::prelude::*;
        Just(Void).boxed()
    }
}

/// Declares the errors of an operation: each variant is an error code of the service (without its
/// final `Exception`) and carries the message that goes with it.
macro_rules! declared_errors {
    ($(#[$meta:meta])* pub enum $errors:ident { $( $(#[$doc:meta])* $variant:ident, )+ }) => {
        $(#[$meta])*
        ///
        /// Each carries the service's message; the HTTP status is 400 for all of them.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $errors {
            $( $(#[$doc])* $variant(String), )+
        }

        impl $errors {
            /// The error's code.
            pub fn code(&self) -> $crate::protocol::ErrorCode {
                match self {
                    $( $errors::$variant(_) => $crate::protocol::ErrorCode::$variant, )+
                }
            }

            /// The message.
            pub fn message(&self) -> &str {
                match self {
                    $( $errors::$variant(message) => message, )+
                }
            }
        }

        impl std::fmt::Display for $errors {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}: {}", self.code(), self.message())
            }
        }

        impl std::error::Error for $errors {}

        impl From<$errors> for $crate::protocol::ServiceError {
            fn from(error: $errors) -> Self {
                let code = error.code();
                match error {
                    $( $errors::$variant(message) => Self::new(code, message), )+
                }
            }
        }

        /// Gives the error back if the operation does not declare it.
        impl TryFrom<$crate::protocol::ServiceError> for $errors {
            type Error = $crate::protocol::ServiceError;

            fn try_from(error: $crate::protocol::ServiceError) -> Result<Self, Self::Error> {
                let message = || error.message().unwrap_or_default().to_owned();
                match error.code() {
                    $( $crate::protocol::ErrorCode::$variant => Ok($errors::$variant(message())), )+
                    _ => Err(error),
                }
            }
        }
    };
}

pub(crate) use declared_errors;
