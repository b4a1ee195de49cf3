//! Telling admin requests from the others, and routing them.

use std::future::Future;
use std::mem;

use bytes::Bytes;
use futures_util::future::Either;
use http::{Method, Response, StatusCode};
use serde_json::{Map, Value};

use crate::admin::guard::AdminGuard;
use crate::admin::reply::AdminReply;
use crate::message::{Reply, Request, Service};

const PREFIX: &str = "/_pipetape/";

/// A request to an admin route, let in by the guard.
#[derive(Clone, Debug)]
pub struct AdminRequest {
    /// As the client sent it.
    pub method: Method,
    /// The path below `/_pipetape/`, split at `/`, a final slash aside. Not decoded: no route needs it.
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

    /// The first value of a member of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

/// The routes of one server, beside `health`.
pub trait AdminRoutes: Send + Sync + 'static {
    /// Answers a request; [`AdminReply::not_found`] and [`AdminReply::method_not_allowed`] where it
    /// has no such route.
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
    /// Puts `routes` under `/_pipetape/`; every other path is `service`'s, and so is every intercepted request.
    pub fn new(service: S, guard: AdminGuard, routes: A) -> WithAdmin<S, A> {
        WithAdmin {
            service,
            guard,
            routes,
        }
    }

    async fn answer_admin(&self, request: &mut Request) -> Reply {
        Reply::from(Response::from(self.administer(request).await))
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
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send {
        // Whoever takes us for CodePipeline's host means its paths, not ours.
        if request.intercepted.is_none() && request.uri.path().starts_with(PREFIX) {
            // Boxed to keep the future of every other call small.
            Either::Left(Box::pin(self.answer_admin(request)))
        } else {
            Either::Right(self.service.call(request))
        }
    }
}
