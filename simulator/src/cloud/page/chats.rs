//! Users' phones: who there is, the conversation as the user sees it, and what the cloud knows about the user.

use super::bubble::{self, Around, bubble};
use super::icons::{icon, ticks};
use super::markup::unlinked;
use super::{Frame, PATH, draw, encoded, failure, limits, search, timeline, when};
use crate::cloud::Direction;
use crate::cloud::handle::Shared;
use crate::cloud::state::{Now, State as Cloud};
use crate::cloud::view::{BehaviourView, ChatView, MessageView};
use crate::cloud::webhook::WebhookKind;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Messages of a conversation on its page.
const SHOWN: usize = 200;
/// Phones in the list; a search finds the others.
const PHONES: usize = 200;
/// Requests beside it.
const REQUESTS: usize = 8;
/// Different colours of avatars.
const TONES: u32 = 6;

/// What a chat's address asks for.
#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    /// What is searched for in names, numbers and messages.
    #[serde(default)]
    q: String,
    /// The message that is replied to.
    reply: Option<String>,
}

/// What is said about a chat below its name.
fn about(chat: &ChatView) -> String {
    match (&chat.participants, &chat.wa_id) {
        (Some(participants), _) => format!("{} participants", participants.len()),
        (None, Some(number)) => spaced(number),
        (None, None) => chat.bsuid.clone().unwrap_or_default(),
    }
}

/// A number in groups of digits, from its end, since the length of the country code is not known.
fn spaced(number: &str) -> String {
    let mut text = String::from("+");
    for (nth, digit) in number.chars().enumerate() {
        let left = number.len() - nth;
        if nth > 0 && matches!(left, 4 | 7 | 10) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Those chats in which the words are a part of the name, the number or a message.
fn found<'c>(cloud: &Cloud, chats: &'c [ChatView], words: &str) -> Vec<&'c ChatView> {
    let words = words.trim().to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&words);
    let said: HashSet<&str> = if words.is_empty() {
        HashSet::new()
    } else {
        let said = cloud.history.messages().filter(|message| has(&message.text));
        said.map(|message| message.chat.as_str()).collect()
    };
    let is_found = |chat: &&ChatView| {
        has(&chat.name) || has(&chat.id) || has(&about(chat)) || said.contains(chat.id.as_str())
    };
    chats.iter().filter(is_found).collect()
}

pub(super) async fn all(
    State(shared): State<Arc<Shared>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let frame = Frame::new(&shared, &headers, "chats", "Chats");
    let now = shared.now();
    let cloud = shared.lock();
    let chats = cloud.chat_views(now);
    frame.around(&html! {
        main id="main" {
            div id="chats" data-live {
                @if chats.is_empty() {
                    (empty(&frame, &cloud))
                } @else {
                    div class="chats" {
                        (people(&cloud, &found(&cloud, &chats, &wanted.q), None, &wanted.q, now))
                        section class="phone" aria-label="Phone" {
                            div class="blank choose" {
                                (icon("chats"))
                                h1 { "Choose a phone" }
                                p { "See what its user sees, and answer as that user. " kbd { "/" } " searches." }
                            }
                        }
                        aside class="side" aria-label="Figures" { (totals(&cloud)) }
                    }
                }
            }
        }
    })
}

pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    Path(key): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let now = shared.now();
    let Some(chat) = shared.lock().chat_view(now, &key) else {
        let why = "Nobody has this number, and nobody has written to it.";
        return failure(StatusCode::NOT_FOUND, why);
    };
    let frame = Frame::new(&shared, &headers, "chats", &chat.name);
    let cloud = shared.lock();
    let chats = cloud.chat_views(now);
    frame.around(&html! {
        main id="main" {
            div class="chats open" id="chats" data-live {
                (people(&cloud, &found(&cloud, &chats, &wanted.q), Some(&chat.id), &wanted.q, now))
                (phone(&cloud, &chat, wanted.reply.as_deref()))
                (side(&cloud, &chat, now))
            }
        }
    })
}

fn people(cloud: &Cloud, chats: &[&ChatView], open: Option<&str>, words: &str, now: Now) -> Markup {
    let mut unread: HashMap<&str, usize> = HashMap::new();
    for message in cloud.history.messages() {
        let has = |wanted: &[WebhookKind]| message.statuses.iter().any(|(kind, _)| wanted.contains(kind));
        if has(&[WebhookKind::Delivered]) && !has(&[WebhookKind::Read, WebhookKind::Played]) {
            *unread.entry(&message.chat).or_default() += 1;
        }
    }
    html! {
        nav class="people" id="people" aria-label="Phones" {
            (search("Search people, messages", words, &[]))
            ul id="list" {
                @for chat in chats.iter().take(PHONES) {
                    li {
                        a class="person" href={ (PATH) "/chats/" (encoded(&chat.id)) } aria-current=[(open == Some(chat.id.as_str())).then_some("true")] {
                            (avatar(chat))
                            span class="name" { (chat.name) }
                            @if let Some(last) = &chat.last {
                                time datetime=(when::instant(last.unix)) { (recently(last.unix, now.unix)) }
                                span class="last" {
                                    @if last.direction == Direction::Outbound { (ticks(bubble::state(last))) }
                                    span { (unlinked(&bubble::short(last))) }
                                }
                            } @else {
                                span {}
                                span class="last" { span { (about(chat)) } }
                            }
                            @if let Some(unread) = unread.get(chat.id.as_str()) {
                                span class="badge pill good" title="delivered and not read" { (unread) span class="away" { " not read" } }
                            }
                        }
                    }
                }
            }
            @if chats.is_empty() { p class="blank" { "Nobody is found by that." } }
            @if chats.len() > PHONES { p class="blank small" { "And " (chats.len() - PHONES) " more: search for them." } }
            form class="foot row" method="post" action={ (PATH) "/do/meet" } data-clears {
                input id="meet" name="user" data-keep inputmode="tel" autocomplete="off" required aria-label="Number of a new user" placeholder="Phone number";
                button { "Add user" }
            }
        }
    }
}

/// The minute if it is of today, else how many days ago.
fn recently(unix: u64, now: u64) -> String {
    match (now / 86_400).saturating_sub(unix / 86_400) {
        0 => when::minute(unix),
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    }
}

fn avatar(chat: &ChatView) -> Markup {
    let mix = |sum: u32, byte: u8| sum.wrapping_mul(31).wrapping_add(u32::from(byte));
    let tone = chat.id.bytes().fold(7, mix) % TONES;
    let words = chat.name.split_whitespace();
    let letters: String = words.filter_map(|word| word.chars().next()).take(2).collect();
    html! {
        span class={ "avatar t" (tone) } aria-hidden="true" {
            @if chat.participants.is_some() { (icon("contact")) } @else { (letters) }
        }
    }
}

fn phone(cloud: &Cloud, chat: &ChatView, reply: Option<&str>) -> Markup {
    let mut messages = cloud.chat_messages(&chat.id);
    messages.retain(|message| message.reaction.is_none());
    let older = messages.len().saturating_sub(SHOWN);
    let messages: Vec<MessageView> = messages.split_off(older);
    let places: HashMap<&str, u64> = messages
        .iter()
        .map(|message| (message.id.as_str(), message.sequence))
        .collect();
    let chosen: HashMap<&str, &str> = messages
        .iter()
        .filter(|message| message.direction == Direction::Inbound)
        .filter_map(|message| Some((message.quoted.as_ref()?.id.as_str(), message.text.as_str())))
        .collect();
    let mut before: Option<(u64, Direction)> = None;
    html! {
        section class="phone" id="phone" aria-label={ "Phone of " (chat.name) } {
            header {
                a class="back" href={ (PATH) "/" } aria-label="All phones" { (icon("back")) }
                (avatar(chat))
                div {
                    h1 { (chat.name) }
                    p { (about(chat)) }
                }
            }
            ol class="talk" id="talk" tabindex="0" aria-label="Conversation" aria-live="polite" {
                @if older > 0 { li class="note" { (older) " older messages are not shown." } }
                @if messages.is_empty() { li class="note" { "No messages yet." } }
                @for message in &messages {
                    @let today = message.unix / 86_400;
                    @let last = before.replace((today, message.direction));
                    @if last.map(|(day, _)| day) != Some(today) { li class="day" id={ "day" (today) } { (when::day(message.unix)) } }
                    (bubble(message, Around {
                        joined: last == Some((today, message.direction)),
                        quoted: message.quoted.as_ref().and_then(|quoted| places.get(quoted.id.as_str()).copied()),
                        chosen: chosen.get(message.id.as_str()).copied(),
                    }))
                }
            }
            div class="compose" {
                @if chat.participants.is_none() { (composer(chat, messages.iter().find(|message| reply == Some(message.id.as_str())))) }
                @else { p class="blank small" { "Write from the phone of a participant." } }
            }
        }
    }
}

fn composer(chat: &ChatView, reply: Option<&MessageView>) -> Markup {
    let form = |kind: &str, content: &Markup| {
        html! {
            form method="post" action={ (PATH) "/do/write" } data-clears {
                input type="hidden" name="user" value=(chat.id);
                input type="hidden" name="kind" value=(kind);
                (content)
            }
        }
    };
    html! {
        @if let Some(reply) = reply {
            div class="replying" {
                (bubble::replying(reply))
                a class="button slim" href={ (PATH) "/chats/" (encoded(&chat.id)) } { "Do not quote" }
            }
        }
        form class="line" method="post" action={ (PATH) "/do/write" } data-clears {
            input type="hidden" name="user" value=(chat.id);
            @if let Some(reply) = reply { input type="hidden" name="reply_to" value=(reply.id); }
            input type="hidden" name="kind" value="text";
            input id="compose" name="text" data-keep required maxlength="4096" autocomplete="off" aria-label={ "Write as " (chat.name) } placeholder={ "Write as " (chat.name) };
            button class="main" aria-label="Send" { (icon("send")) }
        }
        details class="closes" id="attach" {
            summary { (icon("attach")) "Send something else" }
            div class="more" {
                (form("image", &html! {
                    label { span { "Photo, with a caption" } input id="caption" name="text" data-keep autocomplete="off" placeholder="Caption"; }
                    button { "Send photo" }
                }))
                (form("location", &html! {
                    label { span { "Place: degrees north, east" } input id="place" name="text" data-keep autocomplete="off" value="52.5163, 13.3777" required; }
                    button { "Send place" }
                }))
                (form("contact", &html! {
                    label { span { "Contact’s name" } input id="contact" name="text" data-keep autocomplete="off" placeholder="Name" required; }
                    button { "Send contact" }
                }))
                (form("reaction", &html! {
                    label { span { "Reaction to the latest message" } input id="emoji" name="text" data-keep autocomplete="off" value="👍"; }
                    button { "React" }
                }))
            }
        }
    }
}

/// What the cloud knows about whose phone it is.
fn side(cloud: &Cloud, chat: &ChatView, now: Now) -> Markup {
    let budget = limits::budget_of(cloud, now, &chat.id);
    let waiting = limits::outstanding(cloud)
        .iter()
        .filter(|one| one.user == chat.id)
        .count();
    let requests = cloud.history.exchanges().rev();
    let requests = requests.filter(|exchange| exchange.chat.as_deref() == Some(chat.id.as_str()));
    html! {
        aside class="side" id="side" aria-label={ "About " (chat.name) } {
            section {
                h2 { "Pair budget" }
                p class="verdict" id="verdict" data-ticks[budget.owes()] { (budget.words()) }
                (draw::budget(&budget))
                ul class="keys" {
                    li class="window" { "6 s window" }
                    li class="debt" { "owed" }
                    li class="legal" { "next legal moment" }
                }
            }
            @if waiting > 0 {
                p class="notice warn" id="waiting" {
                    (waiting) " refused and not accepted since: " a href={ (PATH) "/limits" } { "what waits" }
                }
            }
            section {
                h2 { "About" }
                dl class="facts" {
                    @if let Some(number) = &chat.wa_id { dt { "wa_id" } dd { code { (number) } } }
                    @if let Some(bsuid) = &chat.bsuid { dt { "user_id" } dd { code { (bsuid) } } }
                    @if let Some(participants) = &chat.participants {
                        dt { "Group" } dd { code { (chat.id) } }
                        @for participant in participants {
                            dt { "Participant" } dd { a href={ (PATH) "/chats/" (encoded(participant)) } { (participant) } }
                        }
                    } @else {
                        dt { "24-hour window" }
                        dd {
                            @match chat.window_until_ms {
                                Some(until) => { "open for " (when::length(until.saturating_sub(now.ms()))) },
                                None => "closed",
                            }
                        }
                    }
                }
            }
            @if let Some(behaviour) = &chat.behaviour {
                section {
                    h2 { "What this user does" }
                    (habits(chat, behaviour))
                }
            }
            section {
                h2 { "Requests and webhooks" }
                ol class="log" id="log" {
                    @for exchange in requests.take(REQUESTS) {
                        @let refused = timeline::is_refused(exchange);
                        li {
                            time datetime=(when::instant(exchange.unix)) { (when::second(exchange.unix)) }
                            span { (exchange.what) }
                            (timeline::status(exchange, refused))
                            @if let Some(why) = exchange.why.as_ref().filter(|_| refused) { p { (why) } }
                        }
                    }
                }
                a class="small" href={ (PATH) "/timeline?q=" (encoded(&chat.id)) } { "All in the timeline" }
            }
        }
    }
}

fn habits(chat: &ChatView, behaviour: &BehaviourView) -> Markup {
    let seconds = |ms| Duration::from_millis(ms).as_secs_f64();
    let boxes = [
        ("registered", "Is on WhatsApp", behaviour.registered),
        ("blocked", "Has blocked the business", behaviour.blocked),
        ("stopped", "Has stopped marketing messages", chat.opted_out),
    ];
    html! {
        form method="post" action={ (PATH) "/do/user" } {
            input type="hidden" name="user" value=(chat.id);
            div class="fields" {
                label { span { "Delivered after, s" } input id="h-delivered" data-keep name="delivered" inputmode="decimal" autocomplete="off" value=(seconds(behaviour.delivered_after_ms)); }
                label { span { "Read after, s" } input id="h-read" data-keep name="read" inputmode="decimal" autocomplete="off" value=[behaviour.read_after_ms.map(seconds)] placeholder="never"; }
            }
            @for (name, words, on) in boxes {
                label class="check" { input id={ "h-" (name) } data-keep type="checkbox" name=(name) value="yes" checked[on]; (words) }
            }
            button { "Save" }
        }
    }
}

fn totals(cloud: &Cloud) -> Markup {
    let figures = cloud.summary;
    html! {
        section id="totals" {
            h2 { "Since the start" }
            dl class="facts" {
                @for (what, figure) in [
                    ("Accepted", figures.accepted),
                    ("Delivered", figures.delivered),
                    ("Read", figures.read),
                    ("Failed later", figures.failed),
                    ("Refused by the pair rule", figures.refused_by_pair_rule),
                    ("Refused otherwise", figures.refused_otherwise),
                    ("Buttons pressed", figures.buttons),
                    ("Webhooks taken", figures.webhooks_taken),
                    ("Webhooks not taken", figures.webhooks_refused),
                ] {
                    dt { (what) }
                    dd { (figure) }
                }
            }
        }
    }
}

/// Lines to be copied; the button is there with script only.
fn code(what: &str, lines: &str) -> Markup {
    html! {
        div class="code" {
            pre tabindex="0" role="region" aria-label=(what) { (lines) }
            button class="slim copy" type="button" data-copy=(lines) aria-label={ "Copy: " (what) } { "Copy" }
        }
    }
}

/// Nobody is there yet: what to do next.
fn empty(frame: &Frame, cloud: &Cloud) -> Markup {
    let id = &cloud.business.phone_number_id;
    let base = &frame.base_url;
    let https = base.starts_with("https");
    let authority = if https { " --cacert ca.pem" } else { "" };
    let curl = format!(
        "curl{authority} {base}/v25.0/{id}/messages \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  \
         -H 'Content-Type: application/json' \\\n  -d '{{\"messaging_product\":\"whatsapp\",\"to\":\"+16505551234\",\n       \
         \"type\":\"text\",\"text\":{{\"body\":\"Hello\"}}}}'"
    );
    html! {
        div class="empty" {
            h1 { "Send the first message" }
            p { "This is a simulated WhatsApp Business Cloud API. It judges by Meta’s rules, and whoever is written to gets a phone on this page." }
            ol {
                li {
                    h2 { "Point your client here" }
                    div {
                        p { "Wherever it says " code { "https://graph.facebook.com" } ", let it say:" }
                        (code("Base URL", base))
                        @if https {
                            p { "It has to trust the cloud’s own certificate authority, which " code { "squab cloud --ca-out ca.pem" } " writes. Or start the cloud with " code { "--plain" } "." }
                        }
                    }
                }
                li {
                    h2 { "Send a message" }
                    div {
                        (code("A message with curl", &curl))
                        p { "TOKEN is what " code { "squab cloud --token" } " was given; " code { "squab cloud --help" } " names the one that is accepted otherwise." }
                    }
                }
                li {
                    h2 { "Hear the answers" }
                    div {
                        p { "Subscribe your webhook under " a href={ (PATH) "/controls" } { "Controls" } ", or start the cloud with " code { "--webhook URL" } ". Then answer from the phone that shows up here." }
                    }
                }
                li {
                    h2 { "Or let a user write first" }
                    div {
                        form method="post" action={ (PATH) "/do/meet" } class="row first" {
                            input id="meet" name="user" data-keep inputmode="tel" autocomplete="off" required aria-label="Number of a new user" value="+16505551234";
                            button class="main" { "Add user" }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_groups_from_its_end() {
        assert_eq!(spaced("16505551234"), "+1 650 555 1234");
        assert_eq!(spaced("4915112345678"), "+491 511 234 5678");
        assert_eq!(spaced("123"), "+123");
    }

    #[test]
    fn a_message_of_today_shows_its_minute_and_an_older_one_its_days() {
        assert_eq!(recently(86_400 + 60, 86_400 + 7_200), "00:01");
        assert_eq!(recently(86_399, 86_400), "yesterday");
        assert_eq!(recently(0, 3 * 86_400), "3 days ago");
    }
}
