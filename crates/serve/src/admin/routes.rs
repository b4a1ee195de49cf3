//! Admin requests: telling them from the others, routing and answering them.

use std::future::Future;
use std::mem;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::admin::guard::AdminGuard;
use crate::connection::RequestStream;
use crate::message::{BodyMode, Reply, Request, Service};

const PREFIX: &str = "/_pipetape/";

/// A request to an admin route, admitted by the guard.
#[derive(Clone, Debug)]
pub struct AdminRequest {
    /// As the client sent it.
    pub method: Method,
    /// The path below `/_pipetape/` without a final slash, split at `/`. Not decoded: no route
    /// needs it.
    pub segments: Vec<String>,
    /// The query's pairs, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

impl AdminRequest {
    /// The segments, in a form to `match` on.
    pub fn path(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The first value with this name in the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

/// The routes of one server, beside `health`.
pub trait AdminRoutes: Send + Sync + 'static {
    /// Answers a request, with [`AdminReply::not_found`] or [`AdminReply::method_not_allowed`] if
    /// there is no such route.
    fn route(&self, request: AdminRequest) -> impl Future<Output = AdminReply> + Send;

    /// Members for the answer of `GET health`, beside `"status":"ok"`.
    fn health(&self) -> Map<String, Value> {
        Map::new()
    }
}

/// A service with admin routes in front of it.
#[derive(Debug)]
pub struct WithAdmin<S, A> {
    service: S,
    guard: AdminGuard,
    routes: A,
}

impl<S: Service, A: AdminRoutes> WithAdmin<S, A> {
    /// Serves `routes` under `/_pipetape/`. Every other path, and every intercepted request, is for
    /// `service`.
    pub fn new(service: S, guard: AdminGuard, routes: A) -> Self {
        Self {
            service,
            guard,
            routes,
        }
    }

    async fn administer(&self, request: &mut Request) -> AdminReply {
        if let Err(refusal) = self.guard.admit(request) {
            return AdminReply::error(StatusCode::FORBIDDEN, &refusal.to_string());
        }
        let below = request.uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let below = below.strip_suffix('/').unwrap_or(below);
        let query = request.uri.query().unwrap_or_default();
        let request = AdminRequest {
            segments: below.split('/').map(str::to_owned).collect(),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            method: mem::take(&mut request.method),
            body: mem::take(&mut request.body),
        };
        match (&request.method, request.path().as_slice()) {
            (&Method::GET, ["health"]) => self.health(),
            (_, ["health"]) => AdminReply::method_not_allowed("GET"),
            _ => self.routes.route(request).await,
        }
    }

    fn health(&self) -> AdminReply {
        let mut health = Map::new();
        health.insert("status".to_owned(), Value::from("ok"));
        health.extend(self.routes.health());
        AdminReply::json(&health)
    }
}

impl<S: Service, A: AdminRoutes> Service for WithAdmin<S, A> {
    async fn call(&self, request: &mut Request) -> Reply {
        if !is_admin(request) {
            return self.service.call(request).await;
        }
        // Boxed: it is rare, and every call would have its memory.
        Reply::from(Response::from(Box::pin(self.administer(request)).await))
    }

    fn body_mode(&self, head: &Request) -> BodyMode {
        if is_admin(head) {
            BodyMode::Whole
        } else {
            self.service.body_mode(head)
        }
    }

    async fn call_streamed(&self, request: &mut Request, body: RequestStream) -> Reply {
        self.service.call_streamed(request, body).await
    }
}

/// A client that takes the server for a host of CodePipeline means that host's paths.
fn is_admin(request: &Request) -> bool {
    request.intercepted.is_none() && request.uri.path().starts_with(PREFIX)
}

/// The answer of an admin route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminReply {
    status: StatusCode,
    content_type: &'static str,
    allow: Option<&'static str>,
    body: Bytes,
}

impl AdminReply {
    /// Status 200 and a JSON body.
    pub fn json(value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::with_json(StatusCode::OK, body),
            // A map whose keys are not strings, or a `Serialize` that fails.
            Err(_) => Self::error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the answer has no JSON form",
            ),
        }
    }

    /// Status 200 and a text body, such as [`metrics`](crate::metrics).
    pub fn text(content_type: &'static str, body: String) -> Self {
        Self {
            status: StatusCode::OK,
            content_type,
            allow: None,
            body: Bytes::from(body),
        }
    }

    /// Status 400: the route does not understand the request.
    pub fn bad_request(message: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, message)
    }

    /// Status 404: there is no such route, or it has nothing to show.
    pub fn not_found() -> Self {
        Self::error(StatusCode::NOT_FOUND, "no such admin route")
    }

    /// Status 405, with the methods that the route takes, as in `"GET, POST"`.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::error(
                StatusCode::METHOD_NOT_ALLOWED,
                &format!("this admin route takes {allow}"),
            )
        }
    }

    /// An error: `{"error":MESSAGE}`.
    pub fn error(status: StatusCode, message: &str) -> Self {
        Self::with_json(status, json!({ "error": message }).to_string().into_bytes())
    }

    fn with_json(status: StatusCode, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type: "application/json",
            allow: None,
            body: Bytes::from(body),
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl From<AdminReply> for Response<Bytes> {
    fn from(reply: AdminReply) -> Response<Bytes> {
        let mut response = Response::new(reply.body);
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
        if let Some(allow) = reply.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}
