//! The test API: what a test of somebody's client, or the page, does with the cloud, below `/squab/api/v1/`.
//!
//! `openapi.json` describes it, and is held to the routes here by a test. Answers are the values of [`view`](super::view);
//! what is refused has a body `{"error":{"code":…,"message":…}}`. Meta's own API is not here: it is at its own paths.

mod account;
mod control;
mod events;
mod messages;
mod network;
mod subscriptions;
#[cfg(test)]
mod tests;

use super::UserError;
use super::deliver::SubscribeError;
use super::handle::Shared;
use super::state::trigger::TriggerError;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use axum::{Json, Router};
pub(crate) use control::{check as check_faults, put as put_faults};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// The description of it.
const OPENAPI: &str = include_str!("openapi.json");

/// Most bytes of a file that is given to the cloud.
const FILE_LIMIT: usize = 16 << 20;

type Cloud = axum::extract::State<Arc<Shared>>;

/// Every path, as `openapi.json` writes it, and what answers there.
fn routes() -> Vec<(&'static str, MethodRouter<Arc<Shared>>)> {
    vec![
        ("/", get(control::overview)),
        ("/openapi.json", get(openapi)),
        ("/messages", get(messages::list).post(messages::write)),
        ("/messages/wait", get(messages::wait)),
        ("/messages/{id}", get(messages::one)),
        ("/messages/{id}/press", post(messages::press)),
        ("/messages/{id}/react", post(messages::react)),
        ("/exchanges", get(messages::exchanges)),
        ("/exchanges/{id}", get(messages::exchange)),
        ("/chats", get(control::chats)),
        ("/chats/{id}", get(control::chat)),
        ("/chats/{id}/budget", get(control::budget)),
        ("/users/{id}", put(control::set_user)),
        ("/groups/{id}", put(account::set_group)),
        (
            "/number",
            get(account::number)
                .patch(account::set_number)
                .delete(account::reset_number),
        ),
        (
            "/account",
            get(account::account)
                .patch(account::set_account)
                .delete(account::reset_account),
        ),
        (
            "/app",
            get(account::app)
                .patch(account::set_app)
                .delete(account::reset_app),
        ),
        (
            "/token",
            get(account::token)
                .patch(account::set_token)
                .delete(account::reset_token),
        ),
        (
            "/registration",
            get(account::registration)
                .patch(account::set_registration)
                .delete(account::reset_registration),
        ),
        (
            "/network",
            get(network::network)
                .patch(network::set_network)
                .delete(network::reset_network),
        ),
        ("/figures", get(control::figures)),
        ("/series", get(control::series)),
        ("/clock", get(control::clock).patch(control::set_clock)),
        (
            "/faults",
            get(control::faults)
                .patch(control::set_faults)
                .delete(control::no_faults),
        ),
        (
            "/rules",
            get(control::rules)
                .patch(control::set_rules)
                .delete(control::reset_rules),
        ),
        (
            "/templates",
            get(control::templates)
                .post(control::add_templates)
                .patch(control::set_review),
        ),
        ("/templates/{name}/{language}", put(control::set_template)),
        (
            "/subscriptions",
            get(subscriptions::subscriptions)
                .post(subscriptions::subscribe)
                .delete(subscriptions::unsubscribe),
        ),
        (
            "/overrides",
            get(subscriptions::overrides)
                .patch(subscriptions::set_overrides)
                .delete(subscriptions::no_overrides),
        ),
        ("/triggers", get(control::triggers)),
        ("/triggers/{name}", post(control::trigger)),
        (
            "/files",
            post(control::add_file).layer(DefaultBodyLimit::max(FILE_LIMIT)),
        ),
        ("/files/{id}", get(control::file)),
        ("/events", get(events::events)),
        ("/reset", post(control::reset)),
        ("/export", get(control::export)),
    ]
}

/// All of it.
pub(crate) fn router() -> Router<Arc<Shared>> {
    let all = routes().into_iter();
    let router = all.fold(Router::new(), |router, (path, methods)| {
        router.route(path, methods)
    });
    router
        .fallback(|| async {
            ApiError::new(
                StatusCode::NOT_FOUND,
                "no_such_path",
                "the test API has no such path",
            )
        })
        .method_not_allowed_fallback(|| async {
            let why = "this path does not take this method; openapi.json says which it takes";
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", why)
        })
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

/// Why something was refused.
#[derive(Debug)]
struct ApiError {
    status: StatusCode,
    /// One word for programs.
    code: &'static str,
    /// A sentence for people.
    message: String,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        Self::not_found(error.to_string())
    }
}

impl From<TriggerError> for ApiError {
    fn from(error: TriggerError) -> Self {
        match error {
            TriggerError::NotAUser => Self::invalid(error.to_string()),
            TriggerError::NoSuchTrigger | TriggerError::User(_) => Self::not_found(error.to_string()),
        }
    }
}

impl From<SubscribeError> for ApiError {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::NotAUrl | SubscribeError::NotLoopback | SubscribeError::Field(_) => {
                Self::invalid(error.to_string())
            }
            _ => Self::new(StatusCode::BAD_GATEWAY, "not_verified", error.to_string()),
        }
    }
}

macro_rules! from_rejections {
    ($($rejection:ty),*) => { $(
        impl From<$rejection> for ApiError {
            fn from(rejection: $rejection) -> Self {
                Self::new(rejection.status(), "invalid", rejection.body_text())
            }
        }
    )* };
}

from_rejections!(JsonRejection, QueryRejection, PathRejection, BytesRejection);

/// `current` with the members of `patch` in place of its own.
fn patched<T: Serialize + DeserializeOwned>(current: &T, patch: Value) -> Result<T, ApiError> {
    let invalid = |error: serde_json::Error| ApiError::invalid(error.to_string());
    let Value::Object(patch) = patch else {
        return Err(ApiError::invalid("the body must be a JSON object"));
    };
    let mut value = serde_json::to_value(current).map_err(invalid)?;
    for (key, own) in patch {
        value[key] = own;
    }
    serde_json::from_value(value).map_err(invalid)
}
