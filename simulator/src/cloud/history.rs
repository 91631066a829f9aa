//! What the page and the test API show: the latest messages both ways, the latest requests and webhooks as they went over
//! the wire, and what changed when, so that a listener can go on where it left off.
//!
//! Memory: [`MESSAGES_KEPT`] messages, [`EXCHANGES_KEPT`] exchanges and [`CHANGES_KEPT`] changes, of each body
//! [`BODY_KEPT`] bytes: some 5 MB with ordinary messages, some 100 MB if each is as long as can be. What is older is
//! forgotten here, and nowhere else.

use super::content::{Button, Content};
use super::state::Now;
use super::webhook::WebhookKind;
use serde::Serialize;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use tokio::sync::watch;

/// Messages that are kept to be shown, of all users together.
pub const MESSAGES_KEPT: usize = 5_000;
/// Requests and attempts to deliver a webhook that are kept to be shown.
pub const EXCHANGES_KEPT: usize = 1_000;
/// Changes after which a listener can go on without having missed any.
pub const CHANGES_KEPT: usize = 4_096;
/// Bytes that are kept of a body; of a longer one the beginning.
pub const BODY_KEPT: usize = 16 * 1_024;
/// Statuses that are kept of one message: Meta has no more, each once for each participant of a group.
const STATUSES_KEPT: usize = 32;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the business to a user or a group.
    Outbound,
    /// From a user to the business.
    Inbound,
}

/// A message as it is kept.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) sequence: u64,
    pub(crate) wamid: String,
    pub(crate) direction: Direction,
    /// Key of the user or id of the group.
    pub(crate) chat: String,
    pub(crate) at: Now,
    /// In words, with parameters filled in.
    pub(crate) text: String,
    pub(crate) buttons: Vec<Button>,
    pub(crate) quoted: Option<String>,
    pub(crate) callback_data: Option<String>,
    /// Meta's `type`.
    pub(crate) kind: String,
    /// The member named after the type; null if it was longer than [`BODY_KEPT`].
    pub(crate) content: Value,
    pub(crate) statuses: Vec<(WebhookKind, Now)>,
    /// When the business marked it as read.
    pub(crate) read_by_business: Option<Now>,
    /// Emojis on it: whose, and which.
    pub(crate) reactions: Vec<(String, String)>,
}

impl Kept {
    /// A message of the business, from a request's body.
    pub(crate) fn sent(
        at: Now,
        chat: &str,
        content: &Content,
        callback_data: Option<&str>,
        body: &Value,
    ) -> Self {
        let kind = body["type"].as_str().unwrap_or_default();
        Self {
            text: clipped(&content.text).to_owned(),
            buttons: content.buttons.clone(),
            quoted: body["context"]["message_id"].as_str().map(str::to_owned),
            callback_data: callback_data.map(str::to_owned),
            ..Self::new(Direction::Outbound, at, chat, kind, body[kind].clone())
        }
    }

    /// A message of a user.
    pub(crate) fn received(
        at: Now,
        chat: &str,
        quoted: Option<&str>,
        (kind, content): (&str, &Value),
    ) -> Self {
        let words = match kind {
            "text" => &content["body"],
            "button" => &content["text"],
            "interactive" if content["type"] == "list_reply" => &content["list_reply"]["title"],
            "interactive" => &content["button_reply"]["title"],
            "reaction" => &content["emoji"],
            _ => &content["caption"],
        };
        Self {
            text: clipped(words.as_str().unwrap_or_default()).to_owned(),
            quoted: quoted.map(str::to_owned),
            ..Self::new(Direction::Inbound, at, chat, kind, content.clone())
        }
    }

    fn new(direction: Direction, at: Now, chat: &str, kind: &str, content: Value) -> Self {
        let small = serde_json::to_vec(&content).is_ok_and(|bytes| bytes.len() <= BODY_KEPT);
        Self {
            sequence: 0,
            wamid: String::new(),
            direction,
            chat: chat.to_owned(),
            at,
            text: String::new(),
            buttons: Vec::new(),
            quoted: None,
            callback_data: None,
            kind: kind.to_owned(),
            content: if small { content } else { Value::Null },
            statuses: Vec::new(),
            read_by_business: None,
            reactions: Vec::new(),
        }
    }
}

/// What an exchange was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExchangeKind {
    /// A client asked the Graph API.
    Request,
    /// The cloud posted, or had nobody to post to.
    Webhook,
}

/// One request and its answer, or one attempt to deliver a webhook. Bodies are text, without token, secret and PIN.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// Rises with each.
    pub id: u64,
    /// Whether a client asked or the cloud posted.
    pub kind: ExchangeKind,
    /// When, in milliseconds since the clock's start.
    pub at_ms: u64,
    /// When, in seconds of Unix time.
    pub unix: u64,
    /// HTTP method.
    pub method: String,
    /// Path and query of the request, or the subscriber's URL; empty if there is no subscriber.
    pub path: String,
    /// What it was: a kind of message, of object, or of webhook.
    pub what: String,
    /// The user or group that it is about, if that is known.
    pub chat: Option<String>,
    /// The message that it is about, if there is one.
    pub message: Option<String>,
    /// The request's or webhook's body: the first [`BODY_KEPT`] bytes.
    pub body: String,
    /// Bytes of the whole body.
    pub body_bytes: usize,
    /// HTTP status of the answer; `None` if there was none.
    pub status: Option<u16>,
    /// The answer's body: the first [`BODY_KEPT`] bytes.
    pub answer: String,
    /// Meta's code, if it was refused.
    pub code: Option<u32>,
    /// Why it was refused, or not delivered.
    pub why: Option<String>,
    /// The page of Meta's with the rule.
    pub page: Option<String>,
    /// Until the pair rule lets the next one pass, if it was the pair rule, in milliseconds.
    pub wait_ms: Option<u64>,
    /// Which attempt of a webhook, counted from 1; 0 for a request, or without a subscriber.
    pub attempt: u32,
    /// The answer was dropped on purpose after the request had been dealt with.
    pub lost: bool,
}

impl Exchange {
    /// One of which no more is known than what is sent: no answer yet, nothing refused.
    pub(crate) fn begun(kind: ExchangeKind, now: Now, method: &str, body: String, body_bytes: usize) -> Self {
        Self {
            id: 0,
            kind,
            at_ms: now.ms(),
            unix: now.unix,
            method: method.to_owned(),
            path: String::new(),
            what: String::new(),
            chat: None,
            message: None,
            body,
            body_bytes,
            status: None,
            answer: String::new(),
            code: None,
            why: None,
            page: None,
            wait_ms: None,
            attempt: 0,
            lost: false,
        }
    }
}

impl std::fmt::Debug for Exchange {
    /// Without bodies and numbers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("what", &self.what)
            .field("status", &self.status)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// A message came or got a status: its sequence number.
    Message(u64),
    /// An exchange took place: its id.
    Exchange(u64),
    /// Something was set: what.
    Settings(&'static str),
    /// Everything is as at the start.
    Reset,
}

/// See the module.
pub(crate) struct History {
    messages: VecDeque<Kept>,
    by_wamid: HashMap<String, u64>,
    next_message: u64,
    exchanges: VecDeque<Exchange>,
    next_exchange: u64,
    changes: VecDeque<(u64, Change)>,
    /// The number of the latest change; listeners wait for it to rise.
    latest: watch::Sender<u64>,
    /// Whether anything is kept.
    on: bool,
}

impl Default for History {
    fn default() -> Self {
        Self {
            messages: VecDeque::new(),
            by_wamid: HashMap::new(),
            next_message: 1,
            exchanges: VecDeque::new(),
            next_exchange: 1,
            changes: VecDeque::new(),
            latest: watch::channel(0).0,
            on: true,
        }
    }
}

impl History {
    /// One that keeps nothing: nobody will look.
    pub(crate) fn off() -> Self {
        Self {
            on: false,
            ..Self::default()
        }
    }

    /// Forgets everything but how far it has counted.
    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.by_wamid.clear();
        self.exchanges.clear();
        self.change(Change::Reset);
    }

    /// Rises with each change.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    /// The number of the latest change.
    pub(crate) fn latest(&self) -> u64 {
        *self.latest.borrow()
    }

    pub(crate) fn change(&mut self, change: Change) {
        if !self.on {
            return;
        }
        let id = self.latest() + 1;
        if self.changes.len() >= CHANGES_KEPT {
            self.changes.pop_front();
        }
        self.changes.push_back((id, change));
        self.latest.send_replace(id);
    }

    /// The changes after number `after`, oldest first, and whether some of them are forgotten.
    pub(crate) fn changes_after(&self, after: u64) -> (bool, impl Iterator<Item = (u64, Change)> + '_) {
        let oldest = self.changes.front().map_or(self.latest() + 1, |(id, _)| *id);
        let skip = usize::try_from((after + 1).saturating_sub(oldest)).unwrap_or(usize::MAX);
        (after + 1 < oldest, self.changes.iter().skip(skip).copied())
    }

    /// Whether anything is kept.
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    pub(crate) fn add(&mut self, wamid: &str, message: Option<Kept>) {
        let Some(mut message) = message.filter(|_| self.on) else {
            return;
        };
        if self.messages.len() >= MESSAGES_KEPT
            && let Some(oldest) = self.messages.pop_front()
        {
            self.by_wamid.remove(&oldest.wamid);
        }
        message.sequence = self.next_message;
        wamid.clone_into(&mut message.wamid);
        self.next_message += 1;
        self.react(&message);
        self.by_wamid.insert(wamid.to_owned(), message.sequence);
        self.change(Change::Message(message.sequence));
        self.messages.push_back(message);
    }

    /// Puts a reaction on the message that it is for, in place of an earlier one of the same side.
    fn react(&mut self, reaction: &Kept) {
        if reaction.kind != "reaction" {
            return;
        }
        let by = match reaction.direction {
            Direction::Outbound => "business",
            Direction::Inbound => &reaction.chat,
        };
        let on = reaction.content["message_id"].as_str().unwrap_or_default();
        let emoji = reaction.content["emoji"].as_str().unwrap_or_default();
        self.alter(on, |message| {
            message.reactions.retain(|(other, _)| other != by);
            if !emoji.is_empty() {
                message.reactions.push((by.to_owned(), emoji.to_owned()));
            }
        });
    }

    pub(crate) fn status(&mut self, now: Now, wamid: &str, kind: WebhookKind) {
        self.alter(wamid, |message| {
            if message.statuses.len() < STATUSES_KEPT {
                message.statuses.push((kind, now));
            }
        });
    }

    pub(crate) fn read_by_business(&mut self, now: Now, wamid: &str) {
        self.alter(wamid, |message| {
            message.read_by_business.get_or_insert(now);
        });
    }

    fn alter(&mut self, wamid: &str, alter: impl FnOnce(&mut Kept)) {
        let Some(&sequence) = self.by_wamid.get(wamid) else {
            return;
        };
        let at = self.place(sequence);
        if let Some(message) = at.and_then(|at| self.messages.get_mut(at)) {
            alter(message);
            self.change(Change::Message(sequence));
        }
    }

    fn place(&self, sequence: u64) -> Option<usize> {
        let first = self.messages.front()?.sequence;
        usize::try_from(sequence.checked_sub(first)?).ok()
    }

    /// Finds a message among those after number `after`: among all of them if `since` is 0, else among those that came
    /// or changed since that change. Moves `since` on.
    pub(crate) fn find<T>(
        &self,
        after: u64,
        since: &mut u64,
        mut fits: impl FnMut(&Kept) -> Option<T>,
    ) -> Option<T> {
        let (missed, changes) = self.changes_after(*since);
        let first = *since == 0 || missed;
        *since = self.latest();
        if first {
            return self.messages_after(after).find_map(fits);
        }
        changes
            .filter_map(|(_, change)| match change {
                Change::Message(sequence) if sequence > after => self.message_by_sequence(sequence),
                _ => None,
            })
            .find_map(&mut fits)
    }

    /// Oldest first.
    pub(crate) fn messages(&self) -> impl DoubleEndedIterator<Item = &Kept> + Clone {
        self.messages.iter()
    }

    /// Those after number `after`, oldest first.
    pub(crate) fn messages_after(&self, after: u64) -> impl Iterator<Item = &Kept> {
        let first = self.messages.front().map_or(0, |message| message.sequence);
        let skip = usize::try_from((after + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        self.messages.iter().skip(skip)
    }

    pub(crate) fn message(&self, wamid: &str) -> Option<&Kept> {
        self.message_by_sequence(*self.by_wamid.get(wamid)?)
    }

    pub(crate) fn message_by_sequence(&self, sequence: u64) -> Option<&Kept> {
        self.messages.get(self.place(sequence)?)
    }

    /// Keeps an exchange under the next id.
    pub(crate) fn exchange(&mut self, exchange: Exchange) {
        if !self.on {
            return;
        }
        if self.exchanges.len() >= EXCHANGES_KEPT {
            self.exchanges.pop_front();
        }
        let id = self.next_exchange;
        self.next_exchange += 1;
        self.exchanges.push_back(Exchange { id, ..exchange });
        self.change(Change::Exchange(id));
    }

    /// Oldest first.
    pub(crate) fn exchanges(&self) -> impl DoubleEndedIterator<Item = &Exchange> + ExactSizeIterator {
        self.exchanges.iter()
    }

    pub(crate) fn exchange_by_id(&self, id: u64) -> Option<&Exchange> {
        let first = self.exchanges.front()?.id;
        self.exchanges.get(usize::try_from(id.checked_sub(first)?).ok()?)
    }
}

/// The beginning of a text, [`BODY_KEPT`] bytes at most.
pub(crate) fn clipped(text: &str) -> &str {
    let mut end = text.len().min(BODY_KEPT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A body as text that may be shown: its beginning, without `secrets` and without a PIN. What is no text is told by its
/// size.
pub(crate) fn shown(body: &[u8], secrets: &[&str]) -> String {
    let Ok(text) = std::str::from_utf8(body) else {
        return format!("({} bytes that are no text)", body.len());
    };
    redacted(clipped(text), secrets)
}

/// A text without `secrets` and without the value of a member `pin`.
pub(crate) fn redacted(text: &str, secrets: &[&str]) -> String {
    const IN_PLACE: &str = "[redacted]";
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        if text.contains(secret) {
            text = text.replace(secret, IN_PLACE);
        }
    }
    if let Some(at) = text.find("\"pin\"") {
        let digit = |c: char| c.is_ascii_digit();
        let value = text[at + 5..].find(digit).map(|start| at + 5 + start);
        if let Some(start) = value.filter(|start| *start < at + 16) {
            let end = text[start..]
                .find(|c| !digit(c))
                .map_or(text.len(), |end| start + end);
            text.replace_range(start..end, IN_PLACE);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    const NOW: Now = Now {
        since_start: Duration::ZERO,
        unix: 0,
    };

    fn text(body: &str) -> Kept {
        Kept::received(NOW, "1", None, ("text", &json!({ "body": body })))
    }

    #[test]
    fn the_latest_messages_are_kept_and_found_by_id_and_number() {
        let mut history = History::default();
        for nth in 1..=MESSAGES_KEPT + 2 {
            history.add(&format!("wamid.{nth}"), Some(text(&nth.to_string())));
        }
        assert_eq!(history.messages().count(), MESSAGES_KEPT);
        assert!(history.message("wamid.2").is_none());
        assert_eq!(history.message("wamid.3").unwrap().text, "3");
        assert_eq!(history.message_by_sequence(4).unwrap().wamid, "wamid.4");
        let after: Vec<_> = history.messages_after(MESSAGES_KEPT as u64).collect();
        assert_eq!(after.len(), 2);
    }

    #[test]
    fn a_listener_goes_on_after_what_it_has_seen_and_is_told_what_it_missed() {
        let mut history = History::default();
        for nth in 0..CHANGES_KEPT + 3 {
            history.add(&nth.to_string(), Some(text("")));
        }
        let latest = history.latest();
        let (missed, rest) = history.changes_after(latest - 2);
        assert!(!missed);
        assert_eq!(rest.map(|(id, _)| id).collect::<Vec<_>>(), [latest - 1, latest]);
        let (missed, rest) = history.changes_after(1);
        assert!(missed);
        assert_eq!(rest.count(), CHANGES_KEPT);
        assert_eq!(history.changes_after(latest).1.count(), 0);
    }

    #[test]
    fn who_looks_again_is_shown_what_came_or_changed_meanwhile_and_all_of_it_after_having_missed_some() {
        let mut history = History::default();
        history.add("a", Some(text("a")));
        history.add("b", Some(text("b")));
        let mut since = 0;
        let look = |history: &History, since: &mut u64| {
            let mut seen = Vec::new();
            history.find(0, since, |message| {
                seen.push(message.wamid.clone());
                None::<()>
            });
            seen
        };
        assert_eq!(look(&history, &mut since), ["a", "b"]);
        assert!(look(&history, &mut since).is_empty());
        history.add("c", Some(text("c")));
        history.status(NOW, "a", WebhookKind::Sent);
        assert_eq!(look(&history, &mut since), ["c", "a"]);
        for _ in 0..=CHANGES_KEPT {
            history.change(Change::Settings("users"));
        }
        assert_eq!(look(&history, &mut since), ["a", "b", "c"]);
        let found = history.find(2, &mut 0, |message| Some(message.wamid.clone()));
        assert_eq!(found.as_deref(), Some("c"), "only those after number 2");
    }

    #[test]
    fn a_users_later_reaction_takes_the_place_of_the_earlier_one_and_an_empty_one_takes_it_away() {
        let mut history = History::default();
        history.add("a", Some(text("hello")));
        let reaction = |emoji| {
            Kept::received(
                NOW,
                "1",
                None,
                ("reaction", &json!({ "message_id": "a", "emoji": emoji })),
            )
        };
        history.add("b", Some(reaction("👍")));
        history.add("c", Some(reaction("❤")));
        let of = |history: &History| history.message("a").unwrap().reactions.clone();
        assert_eq!(of(&history), [("1".to_owned(), "❤".to_owned())]);
        history.add("d", Some(reaction("")));
        assert!(of(&history).is_empty());
    }

    #[test]
    fn neither_a_secret_nor_a_pin_is_shown() {
        let body = br#"{"messaging_product":"whatsapp","pin": "123456","token":"EAAx","n":123456}"#;
        assert_eq!(
            shown(body, &["EAAx", ""]),
            r#"{"messaging_product":"whatsapp","pin": "[redacted]","token":"[redacted]","n":123456}"#
        );
        assert_eq!(shown(b"\xff\xfe", &[]), "(2 bytes that are no text)");
    }

    #[test]
    fn a_long_body_is_cut_between_two_characters() {
        let text = "ä".repeat(BODY_KEPT);
        let kept = shown(text.as_bytes(), &[]);
        assert_eq!(kept.len(), BODY_KEPT);
        assert!(text.starts_with(&kept));
        let shifted = shown(format!("x{text}").as_bytes(), &[]);
        assert_eq!(shifted.len(), BODY_KEPT - 1);
    }

    #[test]
    fn a_message_longer_than_what_is_kept_is_kept_without_its_content() {
        let message = text(&"x".repeat(BODY_KEPT + 1));
        assert_eq!((message.text.len(), message.content), (BODY_KEPT, Value::Null));
    }

    #[test]
    fn a_cloud_that_nobody_looks_at_keeps_nothing() {
        let mut history = History::off();
        history.add("a", Some(text("hello")));
        assert_eq!((history.messages().count(), history.latest()), (0, 0));
    }
}
