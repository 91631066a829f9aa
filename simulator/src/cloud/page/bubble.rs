//! One message as a phone shows it: bubble, what is in it, what can be tapped, ticks, reactions.

use super::icons::{icon, ticks};
use super::markup::{formatted, is_big, unlinked};
use super::{PATH, draw, encoded, when};
use crate::cloud::Direction;
use crate::cloud::view::{ButtonView, MediaView, MessageView};
use maud::{Markup, html};
use serde_json::Value;

/// What stands around a message.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// The message before is of the same side: then it has no tail.
    pub(super) joined: bool,
    /// Where the message is that this one replies to, if it is on the page.
    pub(super) quoted: Option<u64>,
    /// The title of what the user has tapped last in it, if anything.
    pub(super) chosen: Option<&'a str>,
}

/// The class and word of a message's ticks.
pub(super) fn state(message: &MessageView) -> &str {
    match message.status.as_str() {
        "accepted" => "accepted, not sent yet",
        // A user's message: it has reached WhatsApp, and the business has not marked it as read.
        "received" => "sent",
        status => status,
    }
}

/// The message.
pub(super) fn bubble(message: &MessageView, around: Around<'_>) -> Markup {
    let mine = message.direction == Direction::Inbound;
    let mut class = "msg".to_owned();
    for (word, on) in [
        (" mine", mine),
        (" joined", around.joined),
        (" pending", message.status == "accepted"),
        (" failed", message.status == "failed"),
        (" reacted", !message.reactions.is_empty()),
    ] {
        if on {
            class.push_str(word);
        }
    }
    html! {
        li class=(class) id={ "m" (message.sequence) } {
            div class="bubble" {
                (quote(message, around))
                (content(message))
                p class="stamp" {
                    time datetime=(when::instant(message.unix)) title=(when::instant(message.unix)) { (when::minute(message.unix)) }
                    @if !mine {
                        a class="answer" href={ (PATH) "/chats/" (encoded(&message.chat)) "?reply=" (encoded(&message.id)) "#compose" } title="Reply" aria-label="Reply to this message" { (icon("reply")) }
                    }
                    (ticks(state(message)))
                }
                @if !mine { (taps(message, around)) }
            }
            @if !message.reactions.is_empty() {
                p class="reactions" {
                    span class="away" { "Reactions: " }
                    @for reaction in &message.reactions { span title={ "by " (reaction.by) } { (reaction.emoji) } }
                }
            }
            @if let Some(error) = &message.error {
                p class="why" { b { (error.code) } " " (plain(&error.title)) ". " cite { "Meta, “Error codes”" } }
            }
        }
    }
}

/// Meta's title without the code before it.
fn plain(title: &str) -> &str {
    match title.strip_prefix("(#").and_then(|rest| rest.split_once(") ")) {
        Some((_, title)) => title,
        None => title,
    }
}

/// A message that is being replied to, above the line that is written in.
pub(super) fn replying(message: &MessageView) -> Markup {
    html! {
        span class="quote" {
            b { (if message.direction == Direction::Inbound { "You" } else { "Business" }) }
            (unlinked(&short(message)))
        }
    }
}

fn quote(message: &MessageView, around: Around<'_>) -> Markup {
    let Some(quoted) = &message.quoted else {
        return html! {};
    };
    let words = html! {
        b { (if quoted.direction == Some(Direction::Inbound) { "You" } else { "Business" }) }
        @match quoted.text.as_deref() {
            None => "A message that is not kept any more",
            Some("") => "Message",
            Some(text) => (unlinked(text)),
        }
    };
    html! {
        @match around.quoted {
            Some(sequence) => a class="quote" href={ "#m" (sequence) } { (words) },
            None => span class="quote" { (words) },
        }
    }
}

/// A message in one line, for lists.
pub(super) fn short(message: &MessageView) -> String {
    let text: String = message.text.chars().take(140).collect();
    let kind = match message.kind.as_str() {
        "image" => "Photo",
        "video" => "Video",
        "audio" => "Audio",
        "document" => "Document",
        "sticker" => "Sticker",
        "location" => "Location",
        "contacts" => "Contact",
        _ if text.is_empty() => message.kind.as_str(),
        _ => return text,
    };
    let place = message.location.as_ref().and_then(|place| place.name.as_deref());
    let more = [
        Some(text.as_str()),
        message.media.as_ref().and_then(|media| media.filename.as_deref()),
        message.contacts.first().map(|contact| contact.name.as_str()),
        place,
    ];
    match more.into_iter().flatten().find(|more| !more.is_empty()) {
        Some(more) => format!("{kind}: {more}"),
        None => kind.to_owned(),
    }
}

fn words(text: &str) -> Markup {
    html! {
        p class={ "text" @if is_big(text) { " big" } } { (formatted(text)) }
    }
}

fn content(message: &MessageView) -> Markup {
    html! {
        @if let Some(template) = &message.template {
            p class="tag" { "template " (template.name) " · " (template.language) }
        }
        @if let Some(media) = &message.media { (file(media)) }
        @if let Some(place) = &message.location {
            div class="media" { (draw::map(place.latitude, place.longitude)) }
            @if let Some(name) = &place.name { p class="title" { (name) } }
            @if let Some(address) = &place.address { p { (address) } }
            p class="footer" { (place.latitude) ", " (place.longitude) }
        }
        @for contact in &message.contacts {
            div class="media" {
                div class="file" {
                    (icon("contact"))
                    div {
                        b { (contact.name) }
                        @for phone in &contact.phones { small { (phone) } }
                    }
                }
            }
        }
        @if let Some(header) = message.header.as_ref().filter(|header| !header.is_empty()) {
            p class="title" { (formatted(header)) }
        }
        @if !message.text.is_empty() { (words(&message.text)) }
        (cards(message))
        @if let Some(footer) = &message.footer { p class="footer" { (footer) } }
        @if is_bare(message) { p class="tag" { (message.interactive.as_deref().unwrap_or(&message.kind)) } }
    }
}

/// Nothing of the message is shown otherwise.
fn is_bare(message: &MessageView) -> bool {
    message.text.is_empty()
        && message.media.is_none()
        && message.location.is_none()
        && message.contacts.is_empty()
        && message.template.is_none()
}

/// The texts of cards that lie side by side.
fn cards(message: &MessageView) -> Markup {
    let cards = message.content.pointer("/action/cards").and_then(Value::as_array);
    html! {
        @for card in cards.into_iter().flatten() {
            @if let Some(text) = card.pointer("/body/text").and_then(Value::as_str) {
                p class="quote" { (formatted(text)) }
            }
        }
    }
}

/// A file: a picture if the cloud has it, else its name. Links are not followed: the page fetches nothing from elsewhere.
fn file(media: &MediaView) -> Markup {
    let name = match media.kind.as_str() {
        "image" => "Photo",
        "video" => "Video",
        "audio" if media.voice => "Voice message",
        "audio" => "Audio",
        "sticker" => "Sticker",
        _ => "Document",
    };
    let is = |prefix: &str| {
        media
            .media_type
            .as_ref()
            .is_some_and(|kind| kind.starts_with(prefix))
    };
    html! {
        div class="media" {
            @if let Some(path) = media.path.as_ref().filter(|_| is("image/")) {
                img src=(path) alt=(name);
            } @else if let Some(path) = media.path.as_ref().filter(|_| is("audio/")) {
                audio src=(path) controls preload="none" aria-label=(name) {}
            } @else if let Some(path) = media.path.as_ref().filter(|_| is("video/")) {
                video src=(path) controls preload="none" aria-label=(name) {}
            } @else {
                div class="file" {
                    (icon(&media.kind))
                    div {
                        b { (media.filename.as_deref().unwrap_or(name)) }
                        @if let Some(link) = &media.link { small { (link) } }
                        @if let Some(media_type) = &media.media_type {
                            small { (media_type) @if let Some(bytes) = media.bytes { ", " (bytes) " bytes" } }
                        }
                        @if let (Some(path), Some(_)) = (&media.path, media.bytes) { small { a href=(path) download { "Download" } } }
                    }
                }
            }
        }
    }
}

/// What can be tapped, below the text. What leads out of the conversation is shown and leads nowhere.
fn taps(message: &MessageView, around: Around<'_>) -> Markup {
    let label = |pointer: &str| message.content.pointer(pointer).and_then(Value::as_str);
    let elsewhere = match message.interactive.as_deref() {
        Some("flow") => label("/action/parameters/flow_cta").map(|text| ("template", text)),
        Some("voice_call") => Some(("call", label("/action/parameters/display_text").unwrap_or("Call"))),
        Some("catalog_message") => Some(("template", "View catalog")),
        Some("product" | "product_list") => Some(("template", "View items")),
        Some("address_message") => Some(("place", "Provide address")),
        Some("call_permission_request") => Some(("call", "Choose preference")),
        _ => message.link.as_ref().map(|link| ("link", link.title.as_str())),
    };
    if message.buttons.is_empty() && elsewhere.is_none() {
        return html! {};
    }
    html! {
        div class="taps" {
            @if let Some(label) = &message.list_label {
                (list(message, label, around))
            } @else {
                @for button in &message.buttons {
                    (tap(message, around, button, &html! { (icon(drawing(button))) (button.title) }))
                }
            }
            @if let Some((drawing, title)) = elsewhere {
                span class="tap" title="It leads out of the conversation" { (icon(drawing)) (title) }
            }
        }
    }
}

fn drawing(button: &ButtonView) -> &'static str {
    match button.kind {
        "location" => "place",
        "contact" => "contact",
        _ => "reply",
    }
}

/// A form with one button: it posts what is tapped.
fn tap(message: &MessageView, around: Around<'_>, button: &ButtonView, label: &Markup) -> Markup {
    let chosen = around.chosen == Some(button.title.as_str());
    html! {
        form method="post" action={ (PATH) "/do/press" } {
            input type="hidden" name="user" value=(message.chat);
            input type="hidden" name="message" value=(message.id);
            button class={ "tap" @if chosen { " chosen" } } name="index" value=(button.index) { (label) }
        }
    }
}

/// A list: its rows open below the button, under the titles of their sections.
fn list(message: &MessageView, label: &str, around: Around<'_>) -> Markup {
    let mut section = None;
    html! {
        details class="closes" id={ "l" (message.sequence) } {
            summary { (icon("list")) (label) }
            div class="menu" {
                @for row in &message.buttons {
                    @if section.replace(&row.section) != Some(&row.section) {
                        @if let Some(title) = &row.section { h2 { (title) } }
                    }
                    (tap(message, around, row, &html! {
                        span {
                            (row.title)
                            @if let Some(description) = &row.description { small { (description) } }
                        }
                    }))
                }
            }
        }
    }
}
