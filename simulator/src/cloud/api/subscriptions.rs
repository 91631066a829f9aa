//! Who gets webhooks: apps with fields and secrets of their own, and callbacks that go before the app's.

use super::{ApiError, Cloud, patched};
use crate::cloud::deliver::{self, SubscribeError};
use crate::cloud::handle::Shared;
use crate::cloud::objects::CALLBACK_LIMIT;
use crate::cloud::subscription::Subscription;
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most digits of an app's id.
const ID_LIMIT: usize = 20;

pub(super) async fn subscriptions(cloud: Cloud) -> Json<Value> {
    Json(json!({ "subscriptions": cloud.subscriptions() }))
}

/// A subscriber. What is missing is the own app's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subscriber {
    url: String,
    /// Id of the app.
    app: Option<String>,
    /// The fields that it gets; an empty list: all.
    fields: Option<Vec<String>>,
    /// What its webhooks are signed with.
    secret: Option<String>,
    verify_token: Option<String>,
}

impl Subscriber {
    fn subscription(self, cloud: &Shared) -> Result<Subscription, ApiError> {
        let mut subscription = cloud.own_subscription(&self.url)?;
        if let Some(app) = self.app {
            let digits = !app.is_empty() && app.bytes().all(|byte| byte.is_ascii_digit());
            if !digits || app.len() > ID_LIMIT {
                return Err(ApiError::invalid(format!(
                    "app must be an id of at most {ID_LIMIT} digits"
                )));
            }
            subscription.app = app;
        }
        if let Some(fields) = self.fields {
            let taken = subscription.fields(fields.iter().map(String::as_str));
            subscription = taken.map_err(SubscribeError::Field)?;
        }
        if let Some(secret) = self.secret {
            subscription = subscription.secret(&secret);
        }
        if let Some(token) = self.verify_token {
            subscription = subscription.verify_token(&token);
        }
        Ok(subscription)
    }
}

pub(super) async fn subscribe(
    cloud: Cloud,
    subscriber: Result<Json<Subscriber>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let Json(subscriber) = subscriber?;
    let subscription = subscriber.subscription(&cloud)?;
    cloud.subscribe_app(subscription).await?;
    Ok((StatusCode::CREATED, subscriptions(cloud).await))
}

/// Which subscriptions end: those to this address, of this app; of both if both are said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    url: Option<String>,
    app: Option<String>,
}

pub(super) async fn unsubscribe(
    cloud: Cloud,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(Which { url, app }) = which?;
    if url.is_none() && app.is_none() {
        return Err(ApiError::invalid("url or app must say which subscription ends"));
    }
    let ended = cloud.end_subscriptions(|one| {
        url.as_ref().is_none_or(|url| one.uri == url.as_str())
            && app.as_ref().is_none_or(|app| one.of.app == *app)
    });
    if ended {
        Ok(subscriptions(cloud).await)
    } else {
        Err(ApiError::not_found(
            "webhooks do not go to this address, or not for this app",
        ))
    }
}

/// The callbacks that go before the app's own (Meta, "Webhook overrides"); null: there is none.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overrides {
    account: Option<String>,
    number: Option<String>,
}

pub(super) async fn overrides(cloud: Cloud) -> Json<Overrides> {
    let objects = &cloud.lock().objects;
    Json(Overrides {
        account: objects.callback.clone(),
        number: objects.number_callback.clone(),
    })
}

pub(super) async fn set_overrides(
    cloud: Cloud,
    patch: Result<Json<Value>, JsonRejection>,
) -> Result<Json<Overrides>, ApiError> {
    let Json(mut patch) = patch?;
    let own = patch
        .as_object_mut()
        .and_then(|patch| patch.remove("verify_token"));
    let token = match &own {
        None => cloud.settings.verify_token.as_str(),
        Some(token) => token
            .as_str()
            .ok_or_else(|| ApiError::invalid("verify_token must be a text"))?,
    };
    let Json(before) = overrides(cloud.clone()).await;
    let wanted = patched(&before, patch)?;
    for (url, before) in [
        (&wanted.account, &before.account),
        (&wanted.number, &before.number),
    ] {
        let Some(url) = url.as_ref().filter(|_| url != before) else {
            continue;
        };
        if url.chars().count() > CALLBACK_LIMIT {
            return Err(ApiError::invalid(format!(
                "a callback must be at most {CALLBACK_LIMIT} characters long"
            )));
        }
        deliver::verify(&cloud, url, token).await?;
    }
    Ok(put_overrides(&cloud, wanted))
}

pub(super) async fn no_overrides(cloud: Cloud) -> Json<Overrides> {
    let none = Overrides {
        account: None,
        number: None,
    };
    put_overrides(&cloud, none)
}

fn put_overrides(cloud: &Shared, overrides: Overrides) -> Json<Overrides> {
    cloud.set("subscriptions", |state| {
        state.objects.callback.clone_from(&overrides.account);
        state.objects.number_callback.clone_from(&overrides.number);
    });
    Json(overrides)
}
