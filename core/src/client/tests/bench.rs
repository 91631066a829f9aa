//! A client, a clock, and Meta's side of the wire, played by hand.

use crate::client::{
    Change, Client, Event, Lost, Options, Outcome, Refused, RequestId, Settings, Step, Ticket,
};
use crate::client::{Priority, WebhookAnswer, is_message};
use crate::message::{Fallback, Message, Text};
use crate::recipient::Recipient;
use crate::webhook::{Check, Filter, Receiver};
use core::fmt::Write;
use embassy_time::{Duration, Instant};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

pub(super) const A: &str = "+4915550000001";
pub(super) const B: &str = "+4915550000002";
const SECRET: &str = "a secret of the app";
const NUMBER: &str = "106000000000001";

/// What [`Client::poll`] said.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Next {
    /// The record's number and key; the bench's journal has it already.
    Store(u32, u32),
    Send(RequestId, u32, Value),
    Receipt(RequestId, Value),
    Wait(u64),
    Idle,
}

/// Settings with an inbound path.
pub(super) fn with_inbound() -> Settings {
    Settings {
        inbound: true,
        device: 0x00C0_FFEE,
        boot: 9,
        ..Settings::default()
    }
}

pub(super) fn priority(priority: Priority) -> Options {
    Options {
        priority,
        ..Options::default()
    }
}

pub(super) fn answer_within(seconds: u64) -> Options {
    Options {
        answer_within: Some(Duration::from_secs(seconds)),
        ..Options::default()
    }
}

pub(super) struct Bench<
    const USERS: usize = 4,
    const MESSAGES: usize = 8,
    const STORAGE: usize = 4096,
    const IN_FLIGHT: usize = 1,
    const EVENTS: usize = 8192,
> {
    pub(super) client: Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>,
    /// Milliseconds of the clock.
    pub(super) now: u64,
    /// Every request's ticket and `biz_opaque_callback_data`.
    sent: Vec<(u32, String)>,
    /// Whom each ticket goes to.
    to: BTreeMap<u32, String>,
    /// The newest record of each key.
    pub(super) journal: BTreeMap<u32, Vec<u8>>,
}

impl<const U: usize, const M: usize, const S: usize, const F: usize, const E: usize> Bench<U, M, S, F, E> {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            client: Client::new(settings),
            now: 0,
            sent: Vec::new(),
            to: BTreeMap::new(),
            journal: BTreeMap::new(),
        }
    }

    /// Stores whatever is to be stored; the next step after that.
    #[cfg(feature = "journal")]
    pub(super) fn save(&mut self) -> Next {
        loop {
            match self.poll() {
                Next::Store(seq, _) => self.client.on_stored(seq),
                next => return next,
            }
        }
    }

    /// The power is off for so many seconds and comes back: the clock starts anew, and what only the memory had is gone.
    /// Nobody knows the time of day yet.
    pub(super) fn restart(&mut self, settings: Settings) {
        self.client = Client::new(settings);
        self.now = 500;
        let now = self.at();
        for last in [false, true] {
            for (key, bytes) in self.journal.iter().filter(|(key, _)| is_message(**key) == last) {
                self.client.restore(now, *key, bytes).unwrap();
            }
        }
        self.client.restored(self.at());
    }

    pub(super) fn set_clock(&mut self, unix_seconds: u64) {
        self.client.set_clock(self.at(), unix_seconds);
    }

    pub(super) fn at(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    pub(super) fn try_submit(&mut self, to: &str, text: &str, options: Options) -> Result<Ticket, Refused> {
        let message = Message::Text(Text::new(text));
        let (now, to) = (self.at(), Recipient::parse(to).unwrap());
        self.client.submit(now, &to, &message, options)
    }

    /// Submits a text and gives its ticket's number.
    pub(super) fn submit(&mut self, to: &str, options: Options) -> u32 {
        self.try_submit(to, "The cold store is at -9 °C", options)
            .unwrap()
            .get()
    }

    /// Submits a text that has a fallback template.
    pub(super) fn submit_with_fallback(&mut self, to: &str) -> u32 {
        let text = Text::new("Door open").fallback(Fallback::new("alert", "en_US"));
        let (now, to) = (self.at(), Recipient::parse(to).unwrap());
        let ticket = self
            .client
            .submit(now, &to, &Message::Text(text), Options::default());
        ticket.unwrap().get()
    }

    pub(super) fn poll(&mut self) -> Next {
        let now = Instant::from_millis(self.now);
        match self.client.poll(now) {
            Step::Store(record) => {
                match record.change {
                    Change::Write { head, body } => {
                        self.journal.insert(record.key, [head, body].concat());
                    }
                    Change::Remove => {
                        self.journal.remove(&record.key);
                    }
                }
                Next::Store(record.seq, record.key)
            }
            Step::WaitUntil(at) => {
                assert!(at > now, "a wait that is over already");
                Next::Wait(at.as_millis())
            }
            Step::Idle => Next::Idle,
            Step::Send(id, request) => {
                let mut body = std::vec![0; request.body_len()];
                let len = request.read_body(0, &mut body);
                assert_eq!(len, body.len());
                let body: Value = serde_json::from_slice(&body).unwrap();
                let Some(ticket) = request.ticket().map(Ticket::get) else {
                    return Next::Receipt(id, body);
                };
                let callback = body["biz_opaque_callback_data"].as_str().unwrap();
                self.sent.push((ticket, callback.to_string()));
                let to = body["to"].as_str().unwrap_or_default();
                self.to.insert(ticket, to.to_string());
                Next::Send(id, ticket, body)
            }
        }
    }

    /// The request that begins now, which has to be of this ticket.
    #[track_caller]
    pub(super) fn send(&mut self, ticket: u32) -> RequestId {
        match self.poll() {
            Next::Send(id, t, _) => {
                assert_eq!(t, ticket, "another message goes first, at {} ms", self.now);
                id
            }
            other => panic!("{ticket} should go at {} ms: {other:?}", self.now),
        }
    }

    /// Nothing goes out now; goes on to the moment that the client waits for.
    #[track_caller]
    pub(super) fn wait(&mut self) -> u64 {
        match self.poll() {
            Next::Wait(at) => {
                self.now = at;
                at
            }
            other => panic!("nothing should happen at {} ms: {other:?}", self.now),
        }
    }

    /// Goes on to the moment at which this ticket's request begins.
    #[track_caller]
    pub(super) fn send_when_due(&mut self, ticket: u32) -> RequestId {
        loop {
            match self.poll() {
                Next::Send(id, t, _) => {
                    assert_eq!(t, ticket, "another message goes first, at {} ms", self.now);
                    return id;
                }
                Next::Wait(at) => self.now = at,
                other => panic!("{ticket} never goes: {other:?}"),
            }
        }
    }

    pub(super) fn reply(&mut self, id: RequestId, status: u16, body: &str) {
        self.client.on_reply(id, status);
        for piece in body.as_bytes().chunks(7) {
            self.client.on_reply_body(id, piece);
        }
        self.client.on_reply_end(Instant::from_millis(self.now), id);
    }

    /// 200, with the message id `wamid.ID`.
    pub(super) fn accept(&mut self, id: RequestId, wamid: &str) {
        let body = json!({"messaging_product": "whatsapp", "messages": [{"id": wamid}]});
        self.reply(id, 200, &body.to_string());
    }

    pub(super) fn refuse(&mut self, id: RequestId, code: u32) {
        let body = json!({"error": {"message": "no", "type": "OAuthException", "code": code}});
        self.reply(id, 400, &body.to_string());
    }

    pub(super) fn lose(&mut self, id: RequestId, lost: Lost) {
        self.client.on_lost(Instant::from_millis(self.now), id, lost);
    }

    /// Sends and is accepted at once.
    #[track_caller]
    pub(super) fn send_and_accept(&mut self, ticket: u32) {
        let id = self.send(ticket);
        self.accept(id, &format!("wamid.{ticket}"));
    }

    /// Sends when it is due and is accepted at once.
    #[track_caller]
    pub(super) fn accept_when_due(&mut self, ticket: u32) {
        let id = self.send_when_due(ticket);
        self.accept(id, &format!("wamid.{ticket}"));
    }

    /// `biz_opaque_callback_data` of this ticket's `attempt`-th request, from 1.
    pub(super) fn callback(&self, ticket: u32, attempt: usize) -> String {
        let mut of_ticket = self.sent.iter().filter(|(t, _)| *t == ticket);
        of_ticket.nth(attempt - 1).unwrap().1.clone()
    }

    /// The status object of a request.
    pub(super) fn status_of(&self, ticket: u32, attempt: usize, status: &str) -> Value {
        let to = self.to.get(&ticket).unwrap().trim_start_matches('+');
        json!({"id": format!("wamid.{ticket}"), "status": status, "timestamp": "1800000000",
            "recipient_id": to, "biz_opaque_callback_data": self.callback(ticket, attempt)})
    }

    /// A webhook with the status of the last request of this ticket.
    pub(super) fn status(&mut self, ticket: u32, status: &str) {
        let attempt = self.sent.iter().filter(|(t, _)| *t == ticket).count();
        let status = self.status_of(ticket, attempt, status);
        assert_eq!(self.webhook(&json!({"statuses": [status]})), WebhookAnswer::Taken);
    }

    /// A webhook that says that the last request of this ticket failed.
    pub(super) fn failed(&mut self, ticket: u32, code: u32) {
        let attempt = self.sent.iter().filter(|(t, _)| *t == ticket).count();
        let mut status = self.status_of(ticket, attempt, "failed");
        status["errors"] = json!([{"code": code, "title": "no"}]);
        assert_eq!(self.webhook(&json!({"statuses": [status]})), WebhookAnswer::Taken);
    }

    /// A message of A's.
    pub(super) fn message(&mut self, id: &str, members: &Value) -> WebhookAnswer {
        let mut message = json!({"from": "4915550000001", "id": id, "timestamp": "1800000000"});
        for (key, member) in members.as_object().unwrap() {
            message[key] = member.clone();
        }
        self.webhook(&json!({"messages": [message]}))
    }

    /// A signed webhook with this value, as the receiver and the client take it.
    pub(super) fn webhook(&mut self, members: &Value) -> WebhookAnswer {
        let mut value = json!({"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550000001", "phone_number_id": NUMBER}});
        for (key, member) in members.as_object().unwrap() {
            value[key] = member.clone();
        }
        self.field("messages", &value)
    }

    /// A signed webhook of this field.
    pub(super) fn field(&mut self, field: &str, value: &Value) -> WebhookAnswer {
        self.field_at(field, value, 1_800_000_000)
    }

    /// The same, of this Unix time.
    pub(super) fn field_at(&mut self, field: &str, value: &Value, time: u64) -> WebhookAnswer {
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "4", "time": time,
            "changes": [{"field": field, "value": value}]}]})
        .to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let mut header = String::from("sha256=");
        for byte in mac.finalize().into_bytes() {
            write!(header, "{byte:02x}").unwrap();
        }
        let check = Check::signed(Some(SECRET), Some(&header)).unwrap();
        let signature = *check.signature().unwrap();
        let prefix = self.client.callback_prefix();
        let filter = Filter {
            phone_number_id: Some(NUMBER),
            callback_prefix: prefix.as_str(),
        };
        let skip = self.client.resume_point(&signature);
        let mut receiver = Receiver::<8192>::new(check, filter, skip);
        receiver.push(body.as_bytes()).unwrap();
        let batch = receiver.finish().unwrap();
        let now = Instant::from_millis(self.now);
        self.client.on_webhook(now, Some(&signature), &batch)
    }

    /// All events since the last time, in short words.
    pub(super) fn events(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(event) = self.client.next_event() {
            told.push(show(&event));
        }
        told
    }

    /// The outcomes among [`Bench::events`].
    pub(super) fn outcomes(&mut self) -> Vec<String> {
        let mut told = self.events();
        told.retain(|text| text.starts_with("end"));
        told
    }
}

pub(super) fn show(event: &Event<'_>) -> String {
    match event {
        Event::Accepted { ticket, .. } => format!("accepted {ticket}"),
        Event::NotSent { ticket } => format!("not sent {ticket}"),
        Event::MaybeSent { ticket } => format!("maybe sent {ticket}"),
        Event::Deferred { ticket, code } => format!("deferred {ticket} by {code}"),
        Event::Duplicate { ticket } => format!("duplicate {ticket}"),
        Event::Held { code } => format!("held by {code}"),
        Event::Resumed => "resumed".into(),
        Event::Status { ticket, update } => {
            format!("status {:?} {:?}", ticket.map(Ticket::get), update.status)
        }
        Event::Message { answers, message } => {
            format!("message {} for {:?}", message.id, answers.map(Ticket::get))
        }
        Event::Error { code } => format!("error {code}"),
        Event::LimitReached { limit } => format!("limit {limit} reached"),
        Event::TemplatePaused { template, code } => format!("template {template} stopped by {code}"),
        Event::OptedOut { ticket } => format!("opted out by {ticket}"),
        Event::Saved { ticket } => format!("saved {ticket}"),
        Event::Stopped { by, heeded } => format!("stopped by {by} heeded: {heeded}"),
        Event::Started { by, heeded } => format!("started by {by} heeded: {heeded}"),
        Event::Command { command, by } => format!("{command:?} by {by}"),
        Event::HeartbeatDue => "heartbeat due".into(),
        Event::Unheeded { command, why } => format!("not {command:?}: {why:?}"),
        Event::Restored { ticket, by_clock } => format!("restored {ticket} by clock: {by_clock}"),
        Event::Told {
            alarm,
            ticket,
            place,
            taken: false,
        } => format!("told {ticket} of {alarm} to {place}"),
        Event::Told {
            alarm,
            ticket,
            place,
            taken: true,
        } => format!("told {ticket} of {alarm} to {place}: taken"),
        Event::Snoozed { alarm, by, again_in } => {
            format!("snoozed {alarm} by {by} for {} s", again_in.as_secs())
        }
        Event::Notice { notice } => format!("notice {}", notice.topic.as_str()),
        Event::Outcome { ticket, outcome } => match outcome {
            Outcome::Acknowledged { by } => format!("end {ticket} acknowledged by {by}"),
            Outcome::Declined { by } => format!("end {ticket} declined by {by}"),
            Outcome::Failed { code } => format!("end {ticket} failed {code}"),
            Outcome::Merged { into } => format!("end {ticket} merged into {into}"),
            other => format!("end {ticket} {other:?}").to_lowercase(),
        },
    }
}
