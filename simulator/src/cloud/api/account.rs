//! The business account with its number, groups, app and access token, and what the number is registered for.

use super::{ApiError, Cloud, patched};
use crate::cloud::control::first_state;
use crate::cloud::handle::Shared;
use crate::cloud::objects::{Objects, Registration};
use crate::cloud::state::State;
use crate::cloud::view::ChatView;
use crate::cloud::{Account, AppWebhook, Group, Number, Token};
use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::{JsonRejection, PathRejection};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Participants of a group (Meta, "Groups").
const PARTICIPANTS: usize = 8;

/// What a request wants changed.
type Patch = Result<Json<Value>, JsonRejection>;

/// Changes some members of what is at this place.
fn change<T: Clone + Serialize + DeserializeOwned>(
    cloud: &Shared,
    patch: Patch,
    place: impl Fn(&mut Objects) -> &mut T,
) -> Result<Json<T>, ApiError> {
    let Json(patch) = patch?;
    cloud.set("number", |state| {
        let place = place(&mut state.objects);
        *place = patched(place, patch)?;
        Ok(Json(place.clone()))
    })
}

/// Makes what is at this place as it was at the start.
fn restore<T: Clone>(cloud: &Shared, place: impl Fn(&mut Objects) -> &mut T) -> Json<T> {
    let mut fresh = first_state(&cloud.settings);
    let fresh = place(&mut fresh.objects).clone();
    cloud.set("number", |state| {
        place(&mut state.objects).clone_from(&fresh);
    });
    Json(fresh)
}

pub(super) async fn number(cloud: Cloud) -> Json<Number> {
    Json(cloud.lock().objects.number.clone())
}

pub(super) async fn set_number(cloud: Cloud, patch: Patch) -> Result<Json<Number>, ApiError> {
    change(&cloud, patch, |objects| &mut objects.number)
}

pub(super) async fn reset_number(cloud: Cloud) -> Json<Number> {
    restore(&cloud, |objects| &mut objects.number)
}

pub(super) async fn account(cloud: Cloud) -> Json<Account> {
    Json(cloud.lock().objects.account.clone())
}

pub(super) async fn set_account(cloud: Cloud, patch: Patch) -> Result<Json<Account>, ApiError> {
    change(&cloud, patch, |objects| &mut objects.account)
}

pub(super) async fn reset_account(cloud: Cloud) -> Json<Account> {
    restore(&cloud, |objects| &mut objects.account)
}

pub(super) async fn app(cloud: Cloud) -> Json<AppWebhook> {
    Json(cloud.lock().objects.app.webhook.clone())
}

pub(super) async fn set_app(cloud: Cloud, patch: Patch) -> Result<Json<AppWebhook>, ApiError> {
    change(&cloud, patch, |objects| &mut objects.app.webhook)
}

/// As at the start, but for the subscription: it stays, and so does what is told of it.
pub(super) async fn reset_app(cloud: Cloud) -> Json<AppWebhook> {
    let webhook = cloud.first_webhook();
    cloud.set("number", |state| {
        state.objects.app.webhook.clone_from(&webhook);
    });
    Json(webhook)
}

/// What the access token is good for. The token itself is not told.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenView {
    /// The fault `token_revoked`.
    revoked: bool,
    /// Seconds of Unix time; 0: never.
    expires_at: u64,
    scopes: Vec<String>,
}

impl TokenView {
    fn of(state: &State) -> Self {
        let Token { expires_at, scopes } = state.objects.token.clone();
        Self {
            revoked: state.faults.token_revoked,
            expires_at,
            scopes,
        }
    }

    fn put(&self, state: &mut State) {
        state.faults.token_revoked = self.revoked;
        state.objects.token = Token {
            expires_at: self.expires_at,
            scopes: self.scopes.clone(),
        };
    }
}

pub(super) async fn token(cloud: Cloud) -> Json<TokenView> {
    Json(TokenView::of(&cloud.lock()))
}

pub(super) async fn set_token(cloud: Cloud, patch: Patch) -> Result<Json<TokenView>, ApiError> {
    let Json(patch) = patch?;
    cloud.set("number", |state| {
        let token = patched(&TokenView::of(state), patch)?;
        token.put(state);
        Ok(Json(token))
    })
}

pub(super) async fn reset_token(cloud: Cloud) -> Json<TokenView> {
    let token = TokenView::of(&first_state(&cloud.settings));
    cloud.set("number", |state| token.put(state));
    Json(token)
}

/// Whether the number may send: if not, 133010.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Registered {
    registered: bool,
}

pub(super) async fn registration(cloud: Cloud) -> Json<Registered> {
    let registered = cloud.lock().objects.registration.registered;
    Json(Registered { registered })
}

pub(super) async fn set_registration(
    cloud: Cloud,
    wanted: Result<Json<Registered>, JsonRejection>,
) -> Result<Json<Registered>, ApiError> {
    let Json(wanted) = wanted?;
    cloud.set("number", |state| {
        state.objects.registration.registered = wanted.registered;
    });
    Ok(Json(wanted))
}

/// As at the start: PIN, wrong guesses and counted tries are forgotten too.
pub(super) async fn reset_registration(cloud: Cloud) -> Json<Registered> {
    let fresh = Registration::default();
    let registered = fresh.registered;
    cloud.set("number", |state| state.objects.registration = fresh);
    Json(Registered { registered })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Participants {
    participants: Vec<String>,
}

pub(super) async fn set_group(
    cloud: Cloud,
    id: Result<Path<String>, PathRejection>,
    group: Result<Json<Participants>, JsonRejection>,
) -> Result<Json<ChatView>, ApiError> {
    let (Path(id), Json(group)) = (id?, group?);
    if group.participants.len() > PARTICIPANTS {
        return Err(ApiError::invalid(format!(
            "a group has at most {PARTICIPANTS} participants"
        )));
    }
    let now = cloud.now();
    cloud.set("users", |state| {
        for number in &group.participants {
            state.user_or_new(number)?;
        }
        state.add_group(Group {
            id: id.clone(),
            participants: group.participants,
        });
        let view = state.chat_view(now, &id);
        view.map(Json)
            .ok_or_else(|| ApiError::not_found("there is no such group"))
    })
}
