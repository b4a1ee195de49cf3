//! All operations under one type: calls and replies.

use std::fmt;

use serde_json::{Map, Value};

use crate::operation::Operation;
use crate::operations::*;
use crate::schema::{self, Rejection, Side};

macro_rules! typed_operations {
    ($( $name:ident: $request:ident -> $response:ident, $errors:ident; )+) => {
        /// A request of any operation: typed where this crate knows the operation's shapes.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Call {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                $name($request),
            )+
            /// An operation without a type here.
            Untyped(UntypedCall),
        }

        /// A response of any operation: typed where this crate knows the operation's shapes.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Reply {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                $name($response),
            )+
            /// An operation without a type here.
            Untyped(UntypedReply),
        }

        $(
            impl Request for $request {
                const OPERATION: Operation = Operation::$name;
                type Response = $response;
                type Error = $errors;

                fn reply(response: $response) -> Reply {
                    Reply::$name(response)
                }
            }

            impl From<$request> for Call {
                fn from(request: $request) -> Call {
                    Call::$name(request)
                }
            }
        )+

        impl Call {
            /// The operation that is called.
            pub fn operation(&self) -> Operation {
                match self {
                    $( Call::$name(_) => Operation::$name, )+
                    Call::Untyped(call) => call.operation.clone(),
                }
            }

            /// Reads the members of a request's body.
            pub(super) fn read(
                operation: &Operation,
                body: Map<String, Value>,
            ) -> Result<Call, Rejection> {
                match operation {
                    $(
                        Operation::$name => {
                            schema::from_json(Value::Object(body), Side::Request).map(Call::$name)
                        }
                    )+
                    _ => Ok(Call::Untyped(UntypedCall { operation: operation.clone(), body })),
                }
            }

            /// Writes the body.
            pub(super) fn write(&self) -> Vec<u8> {
                match self {
                    $( Call::$name(request) => schema::to_json(request), )+
                    Call::Untyped(call) => write_object(&call.body),
                }
            }
        }

        impl Reply {
            /// The operation that is answered.
            pub fn operation(&self) -> Operation {
                match self {
                    $( Reply::$name(_) => Operation::$name, )+
                    Reply::Untyped(reply) => reply.operation.clone(),
                }
            }

            /// Whether responses of an operation have a body; `None` if that is not known.
            pub(super) fn has_body(operation: &Operation) -> Option<bool> {
                match operation {
                    $( Operation::$name => Some(<$response as Response>::HAS_BODY), )+
                    _ => None,
                }
            }

            /// Reads the members of a response's body; no body is an empty one.
            pub(super) fn read(
                operation: &Operation,
                body: Option<Map<String, Value>>,
            ) -> Result<Reply, Rejection> {
                match operation {
                    $(
                        Operation::$name => {
                            let body = Value::Object(body.unwrap_or_default());
                            schema::from_json(body, Side::Response).map(Reply::$name)
                        }
                    )+
                    _ => Ok(Reply::Untyped(UntypedReply { operation: operation.clone(), body })),
                }
            }

            /// Writes the body.
            pub(super) fn write(&self) -> Vec<u8> {
                match self {
                    $(
                        Reply::$name(response) => {
                            if <$response as Response>::HAS_BODY {
                                schema::to_json(response)
                            } else {
                                Vec::new()
                            }
                        }
                    )+
                    Reply::Untyped(reply) => {
                        reply.body.as_ref().map(write_object).unwrap_or_default()
                    }
                }
            }
        }

        /// Any typed call, for property tests.
        #[cfg(test)]
        pub(crate) fn typed_calls() -> impl proptest::strategy::Strategy<Value = Call> {
            use proptest::prelude::*;
            proptest::strategy::Union::new([
                $( <$request as schema::Wire>::strategy().prop_map(Call::$name).boxed(), )+
            ])
        }

        /// Any typed reply, for property tests.
        #[cfg(test)]
        pub(crate) fn typed_replies() -> impl proptest::strategy::Strategy<Value = Reply> {
            use proptest::prelude::*;
            proptest::strategy::Union::new([
                $( <$response as schema::Wire>::strategy().prop_map(Reply::$name).boxed(), )+
            ])
        }
    };
}

typed_operations! {
    AcknowledgeJob: AcknowledgeJobRequest -> AcknowledgeJobResponse, AcknowledgeJobError;
    PollForJobs: PollForJobsRequest -> PollForJobsResponse, PollForJobsError;
    GetJobDetails: GetJobDetailsRequest -> GetJobDetailsResponse, GetJobDetailsError;
    PutJobSuccessResult: PutJobSuccessResultRequest -> Void, PutJobSuccessResultError;
    PutJobFailureResult: PutJobFailureResultRequest -> Void, PutJobFailureResultError;
    PollForThirdPartyJobs:
        PollForThirdPartyJobsRequest -> PollForThirdPartyJobsResponse, PollForThirdPartyJobsError;
    AcknowledgeThirdPartyJob:
        AcknowledgeThirdPartyJobRequest -> AcknowledgeThirdPartyJobResponse,
        AcknowledgeThirdPartyJobError;
    GetThirdPartyJobDetails:
        GetThirdPartyJobDetailsRequest -> GetThirdPartyJobDetailsResponse,
        GetThirdPartyJobDetailsError;
    PutThirdPartyJobSuccessResult:
        PutThirdPartyJobSuccessResultRequest -> Void, PutThirdPartyJobSuccessResultError;
    PutThirdPartyJobFailureResult:
        PutThirdPartyJobFailureResultRequest -> Void, PutThirdPartyJobFailureResultError;
    PutActionRevision:
        PutActionRevisionRequest -> PutActionRevisionResponse, PutActionRevisionError;
    ListActionTypes: ListActionTypesRequest -> ListActionTypesResponse, ListActionTypesError;
    GetActionType: GetActionTypeRequest -> GetActionTypeResponse, GetActionTypeError;
    CreateCustomActionType:
        CreateCustomActionTypeRequest -> CreateCustomActionTypeResponse,
        CreateCustomActionTypeError;
    DeleteCustomActionType: DeleteCustomActionTypeRequest -> Void, DeleteCustomActionTypeError;
}

/// A request of an operation that this crate has no type for.
///
/// `Debug` names the members and hides their values: some of these operations carry tokens.
#[derive(Clone, PartialEq)]
pub struct UntypedCall {
    /// The operation.
    pub operation: Operation,
    /// The members of the body, unchecked.
    pub body: Map<String, Value>,
}

/// A response of an operation that this crate has no type for.
///
/// `Debug` names the members and hides their values.
#[derive(Clone, PartialEq)]
pub struct UntypedReply {
    /// The operation.
    pub operation: Operation,
    /// The members of the body, unchecked; `None` if the body is empty.
    pub body: Option<Map<String, Value>>,
}

impl fmt::Debug for UntypedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntypedCall")
            .field("operation", &self.operation)
            .field("members", &self.body.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl fmt::Debug for UntypedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = self
            .body
            .as_ref()
            .map(|body| body.keys().collect::<Vec<_>>());
        f.debug_struct("UntypedReply")
            .field("operation", &self.operation)
            .field("members", &members)
            .finish()
    }
}

fn write_object(members: &Map<String, Value>) -> Vec<u8> {
    Value::Object(members.clone()).to_string().into_bytes()
}
