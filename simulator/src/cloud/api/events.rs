//! Changes as server-sent events, each with a number that a listener can go on from (`Last-Event-ID`).

use super::{ApiError, Cloud};
use crate::cloud::handle::Shared;
use crate::cloud::view::ChangeView;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;

/// Events that are made ready at a time.
const AT_ONCE: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// Go on after this number, as by the header `Last-Event-ID`, which a browser sends by itself.
    after: Option<u64>,
}

/// How far one listener is.
struct Listener {
    cloud: Arc<Shared>,
    after: u64,
    ready: VecDeque<Event>,
    changes: watch::Receiver<u64>,
}

pub(super) async fn events(
    cloud: Cloud,
    headers: HeaderMap,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let Query(from) = from?;
    let last = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or_default());
    let last = match last.map(str::parse) {
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return Err(ApiError::invalid("Last-Event-ID must be the number of an event")),
        None => from.after,
    };
    let (changes, latest) = {
        let state = cloud.lock();
        (state.history.watch(), state.history.latest())
    };
    // A number from before the cloud was started again says nothing.
    let after = last.map_or(latest, |last| last.min(latest));
    let mut ready = VecDeque::new();
    // So that a listener who loses the connection before anything happened misses nothing either.
    ready.push_back(Event::default().event("ready").id(after.to_string()).data("{}"));
    let listener = Listener {
        cloud: Arc::clone(&cloud),
        after,
        ready,
        changes,
    };
    let stream = stream::unfold(listener, |mut listener| async {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

impl Listener {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.changes.mark_unchanged();
            self.fill();
            if self.ready.is_empty() {
                self.changes.changed().await.ok()?;
            }
        }
    }

    fn fill(&mut self) {
        let state = self.cloud.lock();
        let (missed, changes) = state.history.changes_after(self.after);
        if missed {
            // What is there now has to be asked for.
            self.ready.push_back(Event::default().event("missed").data("{}"));
        }
        for (id, change) in changes.take(AT_ONCE) {
            self.after = id;
            let Some(view) = state.change_view(change) else {
                continue;
            };
            let event = Event::default().event(view.name()).id(id.to_string());
            let event = match &view {
                ChangeView::Message(message) => event.json_data(message),
                ChangeView::Exchange(exchange) => event.json_data(exchange),
                ChangeView::Settings(what) => event.json_data(serde_json::json!({ "what": what })),
                ChangeView::Reset => Ok(event.data("{}")),
            };
            // A view serializes always; were it not so, the listener would do without it.
            self.ready.extend(event);
        }
    }
}
