//! Requests and webhooks as they went over the wire, the latest first, with bodies and why each was refused.

use super::icons::icon;
use super::when::{instant, length, second};
use super::{Frame, PATH, encoded, search};
use crate::cloud::handle::Shared;
use crate::cloud::{Exchange, ExchangeKind};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Exchanges on one page.
const SHOWN: usize = 100;
/// What to show: value, words, whether an exchange is of it.
type Choice = (&'static str, &'static str, fn(&Exchange) -> bool);
const CHOICES: [Choice; 4] = [
    ("", "All", |_| true),
    ("requests", "Requests", |exchange| {
        exchange.kind == ExchangeKind::Request
    }),
    ("webhooks", "Webhooks", |exchange| {
        exchange.kind == ExchangeKind::Webhook
    }),
    ("refused", "Refused", is_refused),
];

/// Which exchanges are wanted.
#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    #[serde(default)]
    show: String,
    #[serde(default)]
    q: String,
    /// Only older ones than this id.
    before: Option<u64>,
}

/// Whether a request was refused, or a webhook not taken though there is somebody to take it.
pub(super) fn is_refused(exchange: &Exchange) -> bool {
    match exchange.kind {
        ExchangeKind::Request => {
            exchange.code.is_some() || exchange.status.is_some_and(|status| status >= 400)
        }
        ExchangeKind::Webhook => exchange.why.is_some() && !exchange.path.is_empty(),
    }
}

/// Whether the words searched for are anywhere in it.
fn has(exchange: &Exchange, words: &str) -> bool {
    let code = exchange.code.map(|code| code.to_string());
    let texts = [
        Some(exchange.path.as_str()),
        Some(exchange.what.as_str()),
        exchange.chat.as_deref(),
        Some(exchange.body.as_str()),
        Some(exchange.answer.as_str()),
        exchange.why.as_deref(),
        exchange.page.as_deref(),
        code.as_deref(),
    ];
    let words = words.to_lowercase();
    words.split_whitespace().all(|word| {
        let mut texts = texts.iter().flatten();
        texts.any(|text| text.to_lowercase().contains(word))
    })
}

pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let frame = Frame::new(&shared, &headers, "timeline", "Timeline");
    let chosen = CHOICES
        .iter()
        .find(|(value, ..)| *value == wanted.show)
        .unwrap_or(&CHOICES[0]);
    let (found, more, any) = {
        let state = shared.lock();
        let mut found = state
            .history
            .exchanges()
            .rev()
            .filter(|exchange| wanted.before.is_none_or(|before| exchange.id < before))
            .filter(|exchange| chosen.2(exchange) && has(exchange, &wanted.q));
        let page: Vec<Exchange> = found.by_ref().take(SHOWN).cloned().collect();
        (page, found.next().is_some(), state.history.exchanges().len() > 0)
    };
    let link = |show: &str, before: Option<u64>| {
        let before = before.map(|before| before.to_string()).unwrap_or_default();
        let pairs = [("show", show), ("q", &wanted.q), ("before", &before)];
        let query: Vec<String> = pairs
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{PATH}/timeline{mark}{}", query.join("&"))
    };
    frame.around(&html! {
        main class="wrap" id="main" {
            div class="head" {
                h1 { "Timeline" }
                p { "Every request to the Graph API and every webhook, as they went over the wire. Secrets are taken out." }
            }
            div class="filters" {
                nav class="choice" id="choice" aria-label="What is shown" data-live {
                    @for (value, words, _) in &CHOICES {
                        a href=(link(value, None)) aria-current=[(*value == chosen.0).then_some("true")] { (words) }
                    }
                }
                (search("Search paths, bodies, codes, reasons", &wanted.q, &[("show", chosen.0)]))
            }
            div id="events" data-live {
                @if found.is_empty() {
                    div class="card blank" {
                        @if any { "Nothing here matches." } @else { "Nothing has happened yet. The first request shows up here by itself." }
                    }
                } @else {
                    ol class="events" {
                        @for exchange in &found { (row(exchange)) }
                    }
                }
                @if let Some(last) = found.last().filter(|_| more) {
                    div class="older" { a class="button" href=(link(chosen.0, Some(last.id))) { "Older" } }
                }
            }
        }
    })
}

fn row(exchange: &Exchange) -> Markup {
    let refused = is_refused(exchange);
    let request = exchange.kind == ExchangeKind::Request;
    html! {
        li id={ "x" (exchange.id) } {
            details id={ "d" (exchange.id) } {
                summary {
                    time datetime=(instant(exchange.unix)) title=(instant(exchange.unix)) {
                        (second(exchange.unix)) "." (format!("{:03}", exchange.at_ms % 1_000))
                    }
                    @if request {
                        span class="arrow in" title="request" { (icon("in")) span class="away" { "request" } }
                    } @else {
                        span class="arrow out" title="webhook" { (icon("out")) span class="away" { "webhook" } }
                    }
                    span class="what" {
                        b { (exchange.what) }
                        @if let Some(chat) = &exchange.chat { " " @if request { "to " } @else { "for " } (chat) }
                        @if !exchange.path.is_empty() { " " code { (exchange.method) " " (exchange.path) } }
                    }
                    (status(exchange, refused))
                    @if let Some(why) = exchange.why.as_ref().filter(|_| refused) {
                        span class="reason" {
                            (why)
                            @if let Some(wait) = exchange.wait_ms { " The next one passes " (length(wait)) " later." }
                            @if let Some(page) = &exchange.page { " " cite { "Meta, “" (page) "”" } }
                        }
                    }
                }
                div class="bodies" {
                    @if exchange.body_bytes > 0 {
                        (body(if request { "Request" } else { "Webhook" }, &exchange.body, Some(exchange.body_bytes)))
                    }
                    @if !exchange.answer.is_empty() { (body("Answer", &exchange.answer, None)) }
                    @if exchange.body_bytes == 0 && exchange.answer.is_empty() { p class="muted" { "No bodies." } }
                }
            }
        }
    }
}

/// The answer’s status and Meta’s code.
pub(super) fn status(exchange: &Exchange, refused: bool) -> Markup {
    let class = match (refused, exchange.kind, exchange.path.is_empty()) {
        (true, ..) => "pill bad",
        (false, ExchangeKind::Webhook, true) => "pill",
        _ => "pill good",
    };
    html! {
        span class=(class) {
            @match (exchange.code, exchange.status) {
                (Some(code), Some(status)) => { (status) " · " (code) },
                (Some(code), None) => (code),
                (None, Some(status)) => (status),
                (None, None) if exchange.path.is_empty() => "no subscriber",
                (None, None) => "no answer",
            }
            @if exchange.lost { " · answer lost" }
            @if exchange.attempt > 1 { " · attempt " (exchange.attempt) }
        }
    }
}

/// A body; JSON is laid out.
fn body(title: &str, text: &str, bytes: Option<usize>) -> Markup {
    let value = serde_json::from_str::<serde_json::Value>(text).ok();
    let laid_out = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    html! {
        div {
            h3 {
                (title)
                @if let Some(bytes) = bytes.filter(|bytes| *bytes > text.len()) { " — the first " (text.len()) " of " (bytes) " bytes" }
            }
            pre tabindex="0" aria-label=(title) { (laid_out.as_deref().unwrap_or(text)) }
        }
    }
}
