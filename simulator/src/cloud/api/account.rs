//! The business number and its groups.

use super::{ApiError, Cloud, patched};
use crate::cloud::view::ChatView;
use crate::cloud::{Group, Number};
use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::{JsonRejection, PathRejection};
use serde::Deserialize;
use serde_json::Value;

/// Participants of a group (Meta, "Groups").
const PARTICIPANTS: usize = 8;

pub(super) async fn number(cloud: Cloud) -> Json<Number> {
    Json(cloud.lock().objects.number.clone())
}

pub(super) async fn set_number(
    cloud: Cloud,
    patch: Result<Json<Value>, JsonRejection>,
) -> Result<Json<Number>, ApiError> {
    let Json(patch) = patch?;
    cloud.set("number", |state| {
        let number: Number = patched(&state.objects.number, patch)?;
        state.objects.number = number.clone();
        Ok(Json(number))
    })
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
