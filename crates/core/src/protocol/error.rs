//! The errors that the service answers with.

use std::fmt;

use crate::schema::Rejection;

/// An error as it travels: a code, a message under one of two keys, and an HTTP status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}{}", .message.text().map(|text| format!(": {text}")).unwrap_or_default())]
pub struct ServiceError {
    code: ErrorCode,
    message: ErrorMessage,
    status: u16,
}

impl ServiceError {
    /// The HTTP status of every error that the service models, and of its front end's.
    pub const STATUS: u16 = 400;

    /// An error with status 400 and its text under the key `message`.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> ServiceError {
        ServiceError {
            code,
            message: ErrorMessage::Lower(message.into()),
            status: ServiceError::STATUS,
        }
    }

    /// An error with status 400 and no message, as the front end gives for an unknown operation.
    pub fn without_message(code: ErrorCode) -> ServiceError {
        ServiceError {
            code,
            message: ErrorMessage::None,
            status: ServiceError::STATUS,
        }
    }

    /// The same with another status; clients keep what a server sent.
    #[must_use]
    pub fn with_status(self, status: u16) -> ServiceError {
        ServiceError { status, ..self }
    }

    /// The same with another message.
    #[must_use]
    pub fn with_message(self, message: ErrorMessage) -> ServiceError {
        ServiceError { message, ..self }
    }

    /// What kind of error it is.
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// The text for people, under whichever key it travels.
    pub fn message(&self) -> Option<&str> {
        self.message.text()
    }

    /// The message together with its key.
    pub fn keyed_message(&self) -> &ErrorMessage {
        &self.message
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }
}

/// The service's verdict on a body: wrong JSON types are a `SerializationException` under the key
/// `Message`, failed constraints a `ValidationException` under `message`.
impl From<Rejection> for ServiceError {
    fn from(rejection: Rejection) -> ServiceError {
        let text = rejection.to_string();
        match rejection {
            Rejection::Mistyped(_) => ServiceError::without_message(ErrorCode::Serialization)
                .with_message(ErrorMessage::Capital(text)),
            Rejection::Invalid(_) => ServiceError::new(ErrorCode::Validation, text),
        }
    }
}

/// The text of an error and its key in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorMessage {
    /// No text at all.
    None,
    /// Under `message`, as the service itself does.
    Lower(String),
    /// Under `Message`, as the front end does where JSON types are wrong.
    Capital(String),
}

impl ErrorMessage {
    /// The text.
    pub fn text(&self) -> Option<&str> {
        match self {
            ErrorMessage::None => None,
            ErrorMessage::Lower(text) | ErrorMessage::Capital(text) => Some(text),
        }
    }
}

macro_rules! error_codes {
    ($( $(#[$doc:meta])* $variant:ident = $name:literal, )+) => {
        /// What kind of error it is.
        ///
        /// The codes that the typed operations declare and those of the front end before them are
        /// variants; any other is kept as it came.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $( $(#[$doc])* $variant, )+
            /// Any other code.
            Undeclared(Box<str>),
        }

        impl ErrorCode {
            /// Every code that has a variant.
            pub const ALL: &'static [ErrorCode] = &[$( ErrorCode::$variant ),+];

            /// The code as it travels, such as `InvalidNonceException`.
            pub fn name(&self) -> &str {
                match self {
                    $( ErrorCode::$variant => $name, )+
                    ErrorCode::Undeclared(name) => name,
                }
            }

            /// Reads a code's bare name.
            pub fn from_name(name: &str) -> ErrorCode {
                match name {
                    $( $name => ErrorCode::$variant, )+
                    other => ErrorCode::Undeclared(other.into()),
                }
            }
        }
    };
}

error_codes! {
    /// The caller may not do this.
    AccessDenied = "AccessDeniedException",
    /// There is no such action.
    ActionNotFound = "ActionNotFoundException",
    /// There is no such action type.
    ActionTypeNotFound = "ActionTypeNotFoundException",
    /// Something else is changing the same thing.
    ConcurrentModification = "ConcurrentModificationException",
    /// A pipeline has as many executions as it may have.
    ConcurrentPipelineExecutionsLimitExceeded =
        "ConcurrentPipelineExecutionsLimitExceededException",
    /// The session token has expired.
    ExpiredToken = "ExpiredTokenException",
    /// The `Authorization` header lacks something.
    IncompleteSignature = "IncompleteSignatureException",
    /// A client token is not the right one.
    InvalidClientToken = "InvalidClientTokenException",
    /// A job is not of the right kind.
    InvalidJob = "InvalidJobException",
    /// A job is not in the right state.
    InvalidJobState = "InvalidJobStateException",
    /// A list's token is not one that a page ended with.
    InvalidNextToken = "InvalidNextTokenException",
    /// A nonce is not, or no longer, a job's.
    InvalidNonce = "InvalidNonceException",
    /// The signature is wrong or too old.
    InvalidSignature = "InvalidSignatureException",
    /// A tag is not allowed.
    InvalidTags = "InvalidTagsException",
    /// There is no such job.
    JobNotFound = "JobNotFoundException",
    /// There are as many of something as there may be.
    LimitExceeded = "LimitExceededException",
    /// There is no signature.
    MissingAuthenticationToken = "MissingAuthenticationTokenException",
    /// Output variables are too big.
    OutputVariablesSizeExceeded = "OutputVariablesSizeExceededException",
    /// There is no such pipeline.
    PipelineNotFound = "PipelineNotFoundException",
    /// The body is not a JSON object, or has values of wrong types.
    Serialization = "SerializationException",
    /// There is no such stage.
    StageNotFound = "StageNotFoundException",
    /// The caller asks too often.
    Throttling = "ThrottlingException",
    /// There are more tags than are allowed.
    TooManyTags = "TooManyTagsException",
    /// There is no such operation.
    UnknownOperation = "UnknownOperationException",
    /// The access key is not known.
    UnrecognizedClient = "UnrecognizedClientException",
    /// Constraints are not met.
    Validation = "ValidationException",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
