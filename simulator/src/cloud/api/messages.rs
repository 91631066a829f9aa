//! Messages and exchanges: to list, to wait for, and what a user answers.

use super::{ApiError, Cloud};
use crate::cloud::handle::Shared;
use crate::cloud::history::{Direction, Exchange, ExchangeKind, Kept};
use crate::cloud::inbound::{FileKind, UserMessage};
use crate::cloud::state::State;
use crate::cloud::view::MessageView;
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// Entries of a list, unless the request says otherwise, and at most.
const LIST: (usize, usize) = (100, 1_000);
/// How long is waited for a message, unless the request says otherwise, and at most.
const WAIT: (u64, u64) = (10_000, 120_000);

/// Which messages are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Number, key or business-scoped id of a user, or id of a group.
    chat: Option<String>,
    direction: Option<Direction>,
    /// Meta's `type`.
    kind: Option<String>,
    /// How far it has come.
    status: Option<String>,
    /// What its text contains.
    text: Option<String>,
    /// Only those with a higher sequence number.
    after: Option<u64>,
    limit: Option<usize>,
    /// Milliseconds of real time; for waiting.
    timeout_ms: Option<u64>,
}

impl Filter {
    fn takes(&self, state: &State, message: &Kept) -> Option<MessageView> {
        let chat = self.chat.as_deref().map(|name| {
            let user = state.users.find(name);
            user.map_or(name, |user| user.key())
        });
        let fits = chat.is_none_or(|chat| chat == message.chat)
            && self
                .direction
                .is_none_or(|direction| direction == message.direction)
            && self.kind.as_ref().is_none_or(|kind| *kind == message.kind);
        // A view costs more than these.
        let view = fits.then(|| state.message_view(message))?;
        let fits = self.status.as_ref().is_none_or(|status| *status == view.status)
            && self.text.as_ref().is_none_or(|text| view.text.contains(text));
        fits.then_some(view)
    }
}

pub(super) async fn list(
    cloud: Cloud,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(filter) = filter?;
    let limit = filter.limit.unwrap_or(LIST.0).min(LIST.1);
    let state = cloud.lock();
    // After a number the ones that follow it, else the latest; in their order both times.
    let found: Vec<MessageView> = if let Some(after) = filter.after {
        let messages = state.history.messages_after(after);
        messages
            .filter_map(|message| filter.takes(&state, message))
            .take(limit)
            .collect()
    } else {
        let latest = state.history.messages().rev();
        let mut found: Vec<_> = latest
            .filter_map(|message| filter.takes(&state, message))
            .take(limit)
            .collect();
        found.reverse();
        found
    };
    Ok(Json(json!({ "messages": found })))
}

pub(super) async fn wait(
    cloud: Cloud,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<MessageView>, ApiError> {
    let Query(filter) = filter?;
    let timeout = Duration::from_millis(filter.timeout_ms.unwrap_or(WAIT.0).min(WAIT.1));
    let mut changes = cloud.lock().history.watch();
    let mut since = 0;
    let found = async {
        loop {
            {
                changes.mark_unchanged();
                let state = cloud.lock();
                let after = filter.after.unwrap_or_default();
                let takes = |message: &Kept| filter.takes(&state, message);
                if let Some(view) = state.history.find(after, &mut since, takes) {
                    return Some(Json(view));
                }
            }
            changes.changed().await.ok()?;
        }
    };
    let found = tokio::time::timeout(timeout, found).await;
    found.ok().flatten().ok_or_else(|| {
        let why = format!("no such message within {} ms", timeout.as_millis());
        ApiError::new(StatusCode::NOT_FOUND, "timeout", why)
    })
}

pub(super) async fn one(
    cloud: Cloud,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<MessageView>, ApiError> {
    let Path(id) = id?;
    kept(&cloud, &id).map(Json)
}

fn kept(cloud: &Shared, id: &str) -> Result<MessageView, ApiError> {
    let view = cloud.lock().message_view_of(id);
    view.ok_or_else(|| ApiError::not_found("no message with this id is kept"))
}

/// A user's message, as the request has it.
#[derive(Deserialize)]
pub(super) struct Written {
    /// The user: a number with country code, which becomes a user's if it is new, or a known id.
    from: String,
    /// The message that it replies to.
    reply_to: Option<String>,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum What {
    Text {
        text: String,
    },
    Image {
        file: Option<String>,
        caption: Option<String>,
    },
    Video {
        file: Option<String>,
        caption: Option<String>,
    },
    Audio {
        file: Option<String>,
    },
    Voice {
        file: Option<String>,
    },
    Document {
        file: Option<String>,
        caption: Option<String>,
        filename: Option<String>,
    },
    Sticker {
        file: Option<String>,
    },
    Location {
        latitude: f64,
        longitude: f64,
        name: Option<String>,
    },
    Contact {
        name: String,
        phone: String,
    },
    Reaction {
        message: String,
        emoji: Option<String>,
    },
    /// Any other type of Meta's, with its member as it goes over the wire.
    Other {
        kind: String,
        content: Value,
    },
}

impl From<What> for UserMessage {
    fn from(what: What) -> Self {
        let of_kind = |kind, file, caption, filename| Self::File {
            kind,
            file,
            caption,
            filename,
        };
        match what {
            What::Text { text } => Self::Text(text),
            What::Image { file, caption } => of_kind(FileKind::Image, file, caption, None),
            What::Video { file, caption } => of_kind(FileKind::Video, file, caption, None),
            What::Audio { file } => of_kind(FileKind::Audio, file, None, None),
            What::Voice { file } => of_kind(FileKind::Voice, file, None, None),
            What::Document {
                file,
                caption,
                filename,
            } => of_kind(FileKind::Document, file, caption, filename),
            What::Sticker { file } => of_kind(FileKind::Sticker, file, None, None),
            What::Location {
                latitude,
                longitude,
                name,
            } => Self::Location {
                latitude,
                longitude,
                name,
            },
            What::Contact { name, phone } => Self::Contact { name, phone },
            What::Reaction { message, emoji } => Self::Reaction {
                wamid: message,
                emoji,
            },
            What::Other { kind, content } => Self::Other { kind, content },
        }
    }
}

pub(super) async fn write(
    cloud: Cloud,
    written: Result<Json<Written>, JsonRejection>,
) -> Result<(StatusCode, Json<MessageView>), ApiError> {
    let Json(written) = written?;
    let user = cloud.lock().user_or_new(&written.from)?;
    let message = UserMessage::from(written.what);
    if let UserMessage::Other { kind, .. } = &message
        && (kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
    {
        return Err(ApiError::invalid("kind must be a type of Meta's, in lower case"));
    }
    let id = cloud.write(&user, &message, written.reply_to.as_deref())?;
    Ok((StatusCode::CREATED, Json(kept(&cloud, &id)?)))
}

/// Which button.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Press {
    /// Counted from 0.
    index: Option<usize>,
    /// Its payload or id.
    id: Option<String>,
    /// What is read on it.
    title: Option<String>,
}

pub(super) async fn press(
    cloud: Cloud,
    id: Result<Path<String>, PathRejection>,
    press: Result<Json<Press>, JsonRejection>,
) -> Result<(StatusCode, Json<MessageView>), ApiError> {
    let (Path(id), Json(press)) = (id?, press?);
    let buttons = kept(&cloud, &id)?.buttons;
    let button = buttons.iter().find(|button| {
        press.index.is_none_or(|index| index == button.index)
            && press.id.as_ref().is_none_or(|id| *id == button.id)
            && press.title.as_ref().is_none_or(|title| *title == button.title)
    });
    let button = button.ok_or_else(|| ApiError::not_found("the message has no such button"))?;
    let id = cloud.press(&id, button.index)?;
    Ok((StatusCode::CREATED, Json(kept(&cloud, &id)?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct React {
    /// Without it the reaction is taken away.
    emoji: Option<String>,
    /// The user who reacts, in a group; else the one whom the message is for or from.
    from: Option<String>,
}

pub(super) async fn react(
    cloud: Cloud,
    id: Result<Path<String>, PathRejection>,
    react: Result<Json<React>, JsonRejection>,
) -> Result<(StatusCode, Json<MessageView>), ApiError> {
    let (Path(id), Json(react)) = (id?, react?);
    let user = react.from.unwrap_or(kept(&cloud, &id)?.chat);
    let reaction = UserMessage::Reaction {
        wamid: id,
        emoji: react.emoji,
    };
    let id = cloud.write(&user, &reaction, None)?;
    Ok((StatusCode::CREATED, Json(kept(&cloud, &id)?)))
}

/// Which exchanges are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExchangeFilter {
    kind: Option<ExchangeKind>,
    /// Key of the user or id of the group.
    chat: Option<String>,
    /// The message that it is about.
    message: Option<String>,
    /// Only those that were refused or not delivered, or only those that were not.
    failed: Option<bool>,
    /// Only those with a higher id.
    after: Option<u64>,
    limit: Option<usize>,
}

/// A list of exchanges, oldest first.
#[derive(Serialize)]
pub(super) struct Exchanges {
    exchanges: Vec<Exchange>,
}

pub(super) async fn exchanges(
    cloud: Cloud,
    filter: Result<Query<ExchangeFilter>, QueryRejection>,
) -> Result<Json<Exchanges>, ApiError> {
    let Query(filter) = filter?;
    let limit = filter.limit.unwrap_or(LIST.0).min(LIST.1);
    let takes = |exchange: &&Exchange| {
        filter.kind.is_none_or(|kind| kind == exchange.kind)
            && (filter.chat.is_none() || filter.chat == exchange.chat)
            && (filter.message.is_none() || filter.message == exchange.message)
            && filter
                .failed
                .is_none_or(|failed| failed == (exchange.code.is_some() || exchange.why.is_some()))
            && filter.after.is_none_or(|after| exchange.id > after)
    };
    let state = cloud.lock();
    let all = state.history.exchanges();
    let mut exchanges: Vec<Exchange> = if filter.after.is_some() {
        all.filter(takes).take(limit).cloned().collect()
    } else {
        all.rev().filter(takes).take(limit).cloned().collect()
    };
    exchanges.sort_by_key(|exchange| exchange.id);
    Ok(Json(Exchanges { exchanges }))
}

pub(super) async fn exchange(
    cloud: Cloud,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Exchange>, ApiError> {
    let Path(id) = id?;
    let state = cloud.lock();
    let exchange = state.history.exchange_by_id(id).cloned();
    exchange
        .map(Json)
        .ok_or_else(|| ApiError::not_found("no exchange with this id is kept"))
}
