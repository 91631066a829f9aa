//! The cloud's page: users' phones as chats, what went over the wire, limits, and controls.
//!
//! The server renders everything; forms post and are answered with a redirect, so that it works without script. The one
//! script fetches the same page again when the event stream says that something has happened. Nothing is fetched from
//! elsewhere, and nothing that a client or user wrote is part of the page but as escaped text.
//!
//! Rooms: `chats` phones; `bubble` and `markup` one message; `timeline` requests and webhooks; `limits` charts and
//! budgets; `kiosks` outboxes; `controls` clock, faults, rules; `act` what forms do; `draw` and `icons` drawings; `when` times in words.

mod act;
mod bubble;
mod chats;
mod controls;
mod draw;
mod icons;
mod kiosks;
mod limits;
mod markup;
mod timeline;
mod when;

use super::handle::Shared;
use super::site::PREFIX as PATH;
use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use icons::icon;
use maud::{DOCTYPE, Markup, html};
use std::fmt::Write as _;
use std::sync::Arc;

/// Path, media type and content of what the page is made of.
const ASSETS: [(&str, &str, &str); 3] = [
    (
        "page.css",
        "text/css; charset=utf-8",
        include_str!("assets/page.css"),
    ),
    (
        "page.js",
        "text/javascript; charset=utf-8",
        include_str!("assets/page.js"),
    ),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

/// The page's paths, below the prefix.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(chats::all))
        .route("/chats/{chat}", get(chats::one))
        .route("/timeline", get(timeline::page))
        .route("/limits", get(limits::page))
        .route("/controls", get(controls::page))
        .route("/assets/{name}", get(asset))
        .nest("/do", act::router())
}

async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|(asset, ..)| *asset == name) {
        Some((_, media_type, content)) => (
            [(CONTENT_TYPE, *media_type), (CACHE_CONTROL, "no-cache")],
            *content,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What every page has around it.
struct Frame {
    /// Of the four views.
    view: &'static str,
    title: String,
    /// The cloud's time, in seconds of Unix time.
    unix: u64,
    /// How many times as fast as real time its clock runs.
    speed: u32,
    /// Refused requests that are kept.
    refused: usize,
    /// The base URL by which the browser knows the cloud.
    base_url: String,
}

impl Frame {
    fn new(shared: &Shared, headers: &HeaderMap, view: &'static str, title: impl Into<String>) -> Self {
        let state = shared.lock();
        let refused = |exchange: &&super::Exchange| timeline::is_refused(exchange);
        Self {
            view,
            title: title.into(),
            refused: state.history.exchanges().filter(refused).count(),
            unix: shared.now().unix,
            speed: shared.clock.speed(),
            base_url: super::server::origin(shared, headers),
        }
    }

    fn around(&self, content: &Markup) -> Response {
        let tabs = [
            ("chats", "", "Chats"),
            ("timeline", "timeline", "Timeline"),
            ("limits", "limits", "Limits"),
            ("controls", "controls", "Controls"),
        ];
        let page = html! {
            (DOCTYPE)
            html lang="en" data-events={ (PATH) "/api/v1/events" } {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · Squab cloud" }
                    link rel="icon" href={ (PATH) "/assets/icon.svg" };
                    link rel="stylesheet" href={ (PATH) "/assets/page.css" };
                    script type="module" src={ (PATH) "/assets/page.js" } {}
                }
                body {
                    a class="skip" href="#main" { "Skip to content" }
                    header class="bar" {
                        a class="brand" href={ (PATH) "/" } {
                            img class="mark" src={ (PATH) "/assets/icon.svg" } alt="" width="28" height="28";
                            span { "Squab " small { "cloud" } }
                        }
                        nav class="tabs" id="tabs" aria-label="Views" data-live {
                            @for (name, path, label) in tabs {
                                a href={ (PATH) "/" (path) } aria-current=[(name == self.view).then_some("page")] {
                                    (icon(name)) (label)
                                    @if name == "timeline" && self.refused > 0 {
                                        span class="count" title="refused" { (self.refused) span class="away" { " refused" } }
                                    }
                                }
                            }
                        }
                        div class="state" {
                            code class="where" { (self.base_url) }
                            span id="clock" data-live {
                                @match self.speed {
                                    0 => { span class="pill warn" { "clock stands still" } " " },
                                    1 => {},
                                    speed => { span class="pill info" { "× " (speed) } " " },
                                }
                                time datetime=(when::instant(self.unix)) data-clock[self.speed == 1] { (when::second(self.unix)) } " UTC"
                            }
                            span class="live" hidden role="status" {}
                        }
                    }
                    (content)
                }
            }
        };
        Html(page.into_string()).into_response()
    }
}

/// A page that says what could not be done.
fn failure(status: StatusCode, why: &str) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Not done · Squab cloud" }
                link rel="stylesheet" href={ (PATH) "/assets/page.css" };
            }
            body {
                main class="empty" {
                    h1 { "That was not done" }
                    p data-error { (why) }
                    a class="button" href={ (PATH) "/" } { "Back to the chats" }
                }
            }
        }
    };
    (status, Html(page.into_string())).into_response()
}

/// A field to search in; `hidden` goes along with it.
fn search(label: &str, value: &str, hidden: &[(&str, &str)]) -> Markup {
    html! {
        form role="search" data-search method="get" {
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            div class="search" {
                (icon("search"))
                input type="search" name="q" value=(value) placeholder=(label) aria-label=(label) autocomplete="off";
            }
        }
    }
}

/// A text as a part of a path or a value of a query.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
