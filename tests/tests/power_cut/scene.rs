//! A device with a journal in a flash that dies, the simulated cloud, and one clock that no loss of power stops.
//!
//! A device does what the kiosk does: it stores at once what is to be stored, answers a webhook when the client says that
//! nothing is unsaved, and lets it come again when that takes too long.

use crate::ledger::{Ledger, alert_in, text_of};
use crate::script::{Script, TWO_NAMES, Trouble, UNREGISTERED, USERS, Weight, number};
use embassy_time::{Duration as Span, Instant};
use fastrand::Rng;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use squab::cloud::{CloudSettings, OfflineCloud, Outcome, PHONE_NUMBER_ID, PairRefusal, User, UserBehaviour};
use squab_adapters::journal::{Error, Journal, Options as Opened};
use squab_core::client::{
    Change, Client, Event, Lost, Options, Priority, Refused, RequestId, Settings, Step, WebhookAnswer,
    is_message,
};
use squab_core::message::{Button, Message, Parameter, Template, Text};
use squab_core::recipient::Recipient;
use squab_core::webhook::{Check, Filter, Receiver, Signature};
use squab_tests::flash::{Fault, Flash};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

/// Bytes of the client's events: the least that it takes, so that there is often no room.
const EVENTS: usize = squab_core::client::EVENTS_MIN;
type Device = Client<24, 32, 8192, 4, EVENTS>;
/// Two records of each message, one of each user and of each message seen, and two more.
const KEYS: usize = 128;
/// Bytes of the longest record.
const RECORD: usize = 512;

const SECRET: &str = "a secret of the app";
/// A request is given up after so long without an answer.
const TIMEOUT: u64 = 10_000;
/// Longest way of a request to the cloud, less than the client reckons with.
const UPLINK: u64 = 2_500;
/// A webhook that is not answered by then comes again.
const PATIENCE: u64 = 5_000;
/// Nothing that happens takes longer.
const END: u64 = 12 * 3_600_000;

/// Waits between the attempts to deliver a webhook.
const WAITS: [u64; 4] = [1_000, 5_000, 30_000, 120_000];

/// When the power goes, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// Before so many operations of the flash are done.
    pub(crate) after: u64,
    /// And once more after so many of the next life's.
    pub(crate) again: Option<u64>,
    /// For so long.
    pub(crate) pause: u64,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Arrives,
    Answered,
    NotSent,
    GivenUp,
}

/// A request on its way, or just over.
struct Request {
    id: RequestId,
    /// The life of the device that began it.
    life: usize,
    alert: usize,
    attempt: usize,
    user: usize,
    body: Vec<u8>,
    answer: Option<(u16, String)>,
    /// What happens to it, and when.
    next: VecDeque<(u64, Happening)>,
}

/// A webhook's body until it was answered.
struct Body {
    bytes: Vec<u8>,
    signature: String,
    /// When it comes, or comes again.
    due: u64,
    tries: usize,
    /// Since when it waits for its answer.
    pending: Option<u64>,
    /// It was answered, and comes once more nevertheless.
    again: bool,
    /// Ids of users' messages in it.
    words: Vec<String>,
    /// Callbacks of the messages of which it says that they were sent.
    sent: Vec<String>,
    /// Alerts that it answered.
    acknowledged: Vec<usize>,
}

/// Everything that no loss of power touches.
pub(crate) struct World<'s> {
    script: &'s Script,
    pub(crate) ledger: Ledger,
    cloud: OfflineCloud,
    rng: Rng,
    /// Milliseconds.
    now: u64,
    /// For how long the script stood still, as it does while the device is off.
    stood: u64,
    life: usize,
    next_alert: usize,
    next_text: usize,
    requests: Vec<Request>,
    bodies: Vec<Body>,
}

/// Why a life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Everything has happened.
    Over,
    /// The power went.
    Cut,
}

/// What only a device's memory has.
struct Life<'j, const SECTOR: usize> {
    client: Device,
    journal: Journal<'j, &'j mut Flash<4, SECTOR>, KEYS>,
    started: u64,
    /// When the time of day is told, and whether it was.
    clock: (u64, bool),
}

/// The result of what waits for nothing.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the flash waits for nothing"),
    }
}

fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key of any length");
    mac.update(body);
    let mut header = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(header, "{byte:02x}").expect("a String takes all");
    }
    header
}

fn cloud(seed: u64) -> OfflineCloud {
    let started = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_400);
    let settings = CloudSettings {
        seed,
        ..CloudSettings::default()
    };
    let mut cloud = OfflineCloud::new(settings, started);
    for user in 0..USERS {
        let mut behaviour = UserBehaviour {
            read_after: (user % 4 != 3).then_some(Duration::from_secs(5)),
            acknowledges: (user % 3 != 2).then_some((Duration::from_secs(20), 0)),
            registered: user != UNREGISTERED,
            ..UserBehaviour::default()
        };
        if user % 7 == 6 {
            behaviour.delivered_after = Duration::from_secs(90);
        }
        let mut described = User::new(&number(user, false)).behaves(behaviour);
        if user == TWO_NAMES {
            described = described.wa_id(&number(user, true));
        }
        cloud.set_user(described);
    }
    cloud
}

impl<'s> World<'s> {
    pub(crate) fn new(script: &'s Script, seed: u64) -> Self {
        Self {
            script,
            ledger: Ledger::new(&script.alerts),
            cloud: cloud(seed),
            rng: Rng::with_seed(seed),
            now: 0,
            stood: 0,
            life: 0,
            next_alert: 0,
            next_text: 0,
            requests: Vec::new(),
            bodies: Vec::new(),
        }
    }

    /// Plays everything, over all lives of the device.
    pub(crate) fn play<const SECTOR: usize>(&mut self, flash: &mut Flash<4, SECTOR>, cut: Option<Cut>) {
        let mut again = None;
        let mut pause = 0;
        if let Some(cut) = cut {
            flash.cut_after(cut.after);
            (again, pause) = (cut.again, cut.pause);
        }
        while self.live(flash) == Ended::Cut {
            assert!(flash.is_off());
            flash.restart();
            if let Some(again) = again.take() {
                flash.cut_after(again);
            }
            self.power_off();
            self.off_until(self.now + pause);
            self.stood += pause;
        }
    }

    /// The time of the script.
    fn scripted(&self) -> u64 {
        self.now - self.stood
    }

    fn at(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    fn power_off(&mut self) {
        self.life += 1;
        self.ledger.cut();
        for request in &mut self.requests {
            // What is out arrives; nobody reads the answer.
            request
                .next
                .retain(|(_, what)| matches!(what, Happening::Arrives));
        }
        for body in &mut self.bodies {
            if body.pending.take().is_some() {
                body.come_again(self.now);
            }
        }
    }

    /// The cloud goes on while the device is off.
    fn off_until(&mut self, end: u64) {
        loop {
            self.requests_go_on(&mut None::<&mut Life<'_, 1024>>);
            self.collect();
            for body in self.bodies.iter_mut().filter(|body| body.due <= self.now) {
                body.come_again(self.now);
            }
            let next = self.next_event().min(end);
            if next >= end {
                self.now = end;
                return;
            }
            self.now = next.max(self.now + 1);
        }
    }

    /// When something happens next outside of the device.
    fn next_event(&self) -> u64 {
        let requests = self.requests.iter().filter_map(|request| request.next.front());
        let requests = requests.map(|(at, _)| *at).min();
        let waiting = self.bodies.iter().filter(|body| body.pending.is_none());
        let bodies = waiting.map(|body| body.due).min();
        let cloud = self.cloud.next_due();
        let cloud = cloud.map(|due| due.as_nanos().div_ceil(1_000_000) as u64);
        let times = [requests, bodies, cloud];
        times.into_iter().flatten().min().unwrap_or(u64::MAX)
    }

    /// Takes the webhooks that the cloud has, some of them together in one body.
    fn collect(&mut self) {
        let mut values = Vec::new();
        while let Some(value) = self.cloud.webhook(self.at()) {
            values.push(value);
        }
        while !values.is_empty() {
            let count = self.rng.usize(1..=values.len());
            let rest = values.split_off(count);
            self.post(values);
            values = rest;
        }
    }

    fn post(&mut self, values: Vec<Value>) {
        let entries: Vec<Value> = values
            .into_iter()
            .flat_map(|mut value| {
                value["entry"]
                    .as_array_mut()
                    .map(std::mem::take)
                    .unwrap_or_default()
            })
            .collect();
        let (mut words, mut sent) = (Vec::new(), Vec::new());
        for entry in &entries {
            let value = &entry["changes"][0]["value"];
            for message in value["messages"].as_array().into_iter().flatten() {
                let id = message["id"].as_str().expect("each message has an id");
                words.push(id.to_owned());
                self.ledger.words.entry(id.to_owned()).or_default();
            }
            for status in value["statuses"].as_array().into_iter().flatten() {
                let callback = status["biz_opaque_callback_data"].as_str();
                let callback = callback.expect("each request has one");
                match status["status"].as_str() {
                    Some("failed") => self.ledger.failed_later(callback),
                    _ => sent.push(callback.to_owned()),
                }
            }
        }
        let bytes = json!({"object": "whatsapp_business_account", "entry": entries})
            .to_string()
            .into_bytes();
        // Their order is not promised.
        let late = if self.rng.u8(0..4) == 0 {
            self.rng.u64(0..4_000)
        } else {
            0
        };
        self.bodies.push(Body {
            signature: signature(&bytes),
            bytes,
            due: self.now + late,
            tries: 0,
            pending: None,
            again: false,
            words,
            sent,
            acknowledged: Vec::new(),
        });
    }

    /// Lets happen to the requests what is due; the device, if there is one, learns of it.
    fn requests_go_on<const SECTOR: usize>(&mut self, life: &mut Option<&mut Life<'_, SECTOR>>) {
        let mut index = 0;
        while index < self.requests.len() {
            let due = self.requests[index]
                .next
                .front()
                .filter(|(at, _)| *at <= self.now);
            let Some((_, what)) = due.copied() else {
                if self.requests[index].next.is_empty() {
                    self.requests.swap_remove(index);
                } else {
                    index += 1;
                }
                continue;
            };
            self.requests[index].next.pop_front();
            match (what, life.as_mut()) {
                (Happening::Arrives, _) => self.arrives(index),
                (_, None) => {}
                (_, Some(life)) => {
                    let now = life.instant(self.now);
                    let request = &self.requests[index];
                    assert_eq!(request.life, self.life, "what an earlier life began is over");
                    match what {
                        Happening::Answered => {
                            let (status, body) = request.answer.as_ref().expect("it arrived before");
                            life.client.on_reply(request.id, *status);
                            life.client.on_reply_body(request.id, body.as_bytes());
                            life.client.on_reply_end(now, request.id);
                            self.ledger.answered(request.alert, request.attempt);
                        }
                        Happening::NotSent => life.client.on_lost(now, request.id, Lost::NotSent),
                        _ => life.client.on_lost(now, request.id, Lost::MaybeSent),
                    }
                }
            }
        }
    }

    /// The cloud judges a request.
    fn arrives(&mut self, index: usize) {
        let (now, scripted) = (self.at(), self.scripted());
        let request = &mut self.requests[index];
        let mut armed = None;
        for trouble in self.script.troubles(scripted) {
            if let Trouble::Refused(code, one_in) = trouble
                && self.rng.u8(0..one_in) == 0
            {
                armed = Some(code);
            }
        }
        let forms = [
            PairRefusal::Http400,
            PairRefusal::Http403,
            PairRefusal::FailedStatus,
        ];
        self.cloud.set_pair_refusal(forms[self.rng.usize(0..forms.len())]);
        if let Some(code) = armed {
            self.cloud.refuse(code, Some(1));
        }
        let (status, answer) = self.cloud.post(now, &request.body);
        self.cloud.refuse_no_more();
        request.answer = Some((status, answer.to_string()));
        let record = self.cloud.last_request().expect("there was one just now");
        match &record.outcome {
            Outcome::Accepted { .. } => self.ledger.accepted(request.alert, request.attempt),
            Outcome::Refused { code: 131_056 } => assert!(
                armed == Some(131_056),
                "the pair rule is broken: alert {} to user {} at {} ms, {:?}",
                request.alert,
                request.user,
                self.now,
                self.ledger.entries[request.alert]
            ),
            Outcome::Refused { code } => {
                assert_eq!(armed, Some(*code), "the request is wrong: {answer}");
            }
        }
    }

    /// A request begins.
    fn begin(&mut self, id: RequestId, body: Vec<u8>) {
        let json: Value = serde_json::from_slice(&body).expect("the body is JSON");
        let callback = json["biz_opaque_callback_data"].as_str().expect("it is there");
        let hex = callback.rsplit_once('.').expect("an attempt stands last").0;
        let ticket = u32::from_str_radix(&hex[hex.len() - 8..], 16).expect("a ticket in hexadecimal");
        let alert = alert_in(&body).expect("each request is an alert's");
        let attempt = self.ledger.begun(alert, ticket, callback);
        let up = if self.rng.u8(0..5) == 0 {
            self.rng.u64(20..UPLINK)
        } else {
            self.rng.u64(20..200)
        };
        let down = self.rng.u64(20..300);
        let (mut lost, mut outage) = (self.rng.u8(0..60) == 0, false);
        for trouble in self.script.troubles(self.scripted()) {
            match trouble {
                Trouble::Outage => outage = true,
                Trouble::LostAnswers(one_in) => lost |= self.rng.u8(0..one_in) == 0,
                Trouble::Refused(..) => {}
            }
        }
        let arrives = (self.now + up, Happening::Arrives);
        let given_up = (self.now + TIMEOUT, Happening::GivenUp);
        let next = match (outage, lost) {
            (true, _) => match self.rng.u8(0..4) {
                0 => vec![given_up],
                1 => vec![arrives, given_up],
                _ => vec![(self.now + 500, Happening::NotSent)],
            },
            // A connection that breaks is known at once.
            (false, true) if self.rng.bool() => vec![arrives, (self.now + up + down, Happening::GivenUp)],
            (false, true) => vec![arrives, given_up],
            (false, false) => vec![arrives, (self.now + up + down, Happening::Answered)],
        };
        self.requests.push(Request {
            id,
            life: self.life,
            alert,
            attempt,
            user: self.script.alerts[alert].user,
            body,
            answer: None,
            next: next.into(),
        });
    }

    /// One life of the device, from power on to the end or to the cut.
    fn live<const SECTOR: usize>(&mut self, flash: &mut Flash<4, SECTOR>) -> Ended {
        let mut buffer = [0; RECORD];
        let range = 0..u32::try_from(flash.bytes().len()).expect("a small flash");
        let options = Opened {
            format: true,
            ..Opened::default()
        };
        let mut journal = match ready(Journal::open(flash, range, &mut buffer, options)) {
            Ok((journal, _)) => journal,
            Err(Error::Flash(Fault::Off)) => return Ended::Cut,
            Err(why) => panic!("the journal does not open: {why:?}"),
        };
        let mut settings = Settings::default();
        settings.inbound = true;
        settings.journal = true;
        settings.device = 0x00C0_FFEE;
        settings.boot = self.life as u32 + 1;
        settings.seed = self.rng.u32(..);
        let mut client = Device::new(settings);
        let start = Instant::from_millis(250);
        for messages in [false, true] {
            let read = ready(journal.for_each(
                |key| is_message(key) == messages,
                |key, bytes| client.restore(start, key, bytes).expect("it finds room again"),
            ));
            assert_eq!(read, Ok(0), "every record can be read");
        }
        client.restored(start);
        let told = self.now + self.rng.u64(0..4_000);
        let mut life = Life {
            client,
            journal,
            started: self.now,
            clock: (told, false),
        };
        loop {
            self.happen(&mut life);
            let wake = match self.work(&mut life) {
                Ok(wake) => wake,
                Err(Fault::Off) => return Ended::Cut,
                Err(why) => panic!("{why:?}"),
            };
            let over = self.next_alert == self.script.alerts.len()
                && self.next_text == self.script.texts.len()
                && life.client.open() == 0
                && !life.client.has_unsaved();
            let next = self.next_event();
            if over && next == u64::MAX && self.bodies.is_empty() {
                return Ended::Over;
            }
            let next = next.min(wake).min(self.next_of(&life));
            assert!(next < END, "it never ends: {:?}", life.client);
            self.now = next.max(self.now + 1);
        }
    }

    /// When the script or the device's surroundings want something next.
    fn next_of<const SECTOR: usize>(&self, life: &Life<'_, SECTOR>) -> u64 {
        let alert = self
            .script
            .alerts
            .get(self.next_alert)
            .map(|alert| alert.at + self.stood);
        let text = self
            .script
            .texts
            .get(self.next_text)
            .map(|(at, _)| *at + self.stood);
        let clock = (!life.clock.1).then_some(life.clock.0);
        let pending = self.bodies.iter().filter_map(|body| body.pending).min();
        let patience = pending.map(|since| since + PATIENCE);
        let busy = self.script.busy_until(self.scripted()).map(|at| at + self.stood);
        [alert, text, clock, patience, busy]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(u64::MAX)
    }

    /// What comes to the device from outside.
    fn happen<const SECTOR: usize>(&mut self, life: &mut Life<'_, SECTOR>) {
        if !life.clock.1 && life.clock.0 <= self.now {
            life.clock.1 = true;
            life.client
                .set_clock(life.instant(self.now), self.cloud.unix(self.at()));
        }
        self.requests_go_on(&mut Some(life));
        while let Some(alert) = self
            .script
            .alerts
            .get(self.next_alert)
            .filter(|alert| alert.at <= self.scripted())
        {
            let index = self.next_alert;
            self.next_alert += 1;
            let now = life.instant(self.now);
            let to = Recipient::parse(&number(alert.user, alert.other_name)).expect("a number");
            let options = Options {
                priority: match alert.weight {
                    Weight::Low => Priority::Low,
                    Weight::Normal => Priority::Normal,
                    Weight::Urgent => Priority::Urgent,
                },
                expires_in: Span::from_millis(alert.expires),
                at_most_once: alert.at_most_once,
                answer_within: alert.answer_within.map(Span::from_millis),
                ..Options::default()
            };
            let text = text_of(index, alert.length);
            let (payload, parameters) = (format!("ack-{index}"), [Parameter::new(&text)]);
            let buttons = [Button::quick_reply(0, &payload)];
            let message = if alert.answer_within.is_some() {
                Message::Template(
                    Template::new("squab_alert", "en_US")
                        .body(&parameters)
                        .buttons(&buttons),
                )
            } else {
                Message::Text(Text::new(&text))
            };
            match life.client.submit(now, &to, &message, options) {
                Ok(ticket) => self.ledger.submitted(index, ticket.get()),
                Err(Refused::Full { .. }) => self.ledger.entries[index].refused = true,
                Err(why) => panic!("alert {index} is refused: {why}"),
            }
        }
        while let Some((_, user)) = self
            .script
            .texts
            .get(self.next_text)
            .filter(|(at, _)| *at <= self.scripted())
        {
            self.next_text += 1;
            let written = self
                .cloud
                .reply_text(self.at(), &number(*user, false), "I am on my way");
            written.expect("the cloud knows everybody");
        }
        self.collect();
        let cut_off = self
            .script
            .troubles(self.scripted())
            .any(|it| it == Trouble::Outage);
        for index in 0..self.bodies.len() {
            if self.bodies[index].pending.is_none() && self.bodies[index].due <= self.now {
                if cut_off {
                    self.bodies[index].come_again(self.now);
                } else {
                    self.deliver(index, life);
                }
            }
        }
    }

    /// A webhook comes.
    fn deliver<const SECTOR: usize>(&mut self, index: usize, life: &mut Life<'_, SECTOR>) {
        let now = life.instant(self.now);
        let body = &mut self.bodies[index];
        let check = Check::signed(Some(SECRET), Some(&body.signature)).expect("it is signed");
        let signature: Signature = *check.signature().expect("it is signed");
        let prefix = life.client.callback_prefix();
        let filter = Filter {
            phone_number_id: Some(PHONE_NUMBER_ID),
            callback_prefix: prefix.as_str(),
        };
        let skip = life.client.resume_point(&signature);
        let mut receiver = Receiver::<16_384>::new(check, filter, skip);
        receiver.push(&body.bytes).expect("a webhook");
        let batch = receiver.finish().expect("a whole one");
        match life.client.on_webhook(now, Some(&signature), &batch) {
            WebhookAnswer::Taken => body.pending = Some(self.now),
            WebhookAnswer::ComeAgain => body.come_again(self.now),
        }
    }

    /// Lets the device do what it has to do now; until when it waits then.
    fn work<const SECTOR: usize>(&mut self, life: &mut Life<'_, SECTOR>) -> Result<u64, Fault> {
        loop {
            let busy = self.script.busy_until(self.scripted()).is_some();
            if !busy {
                self.take_events(life);
            }
            let now = life.instant(self.now);
            let Life { client, journal, .. } = &mut *life;
            let wake = match client.poll(now) {
                Step::Store(record) => {
                    let (seq, key) = (record.seq, record.key);
                    let (result, body) = match record.change {
                        Change::Write { head, body } => (ready(journal.store(key, head, body)), Some(body)),
                        Change::Remove => (ready(journal.remove(key)), None),
                    };
                    match result {
                        Ok(()) => {}
                        Err(Error::Flash(fault)) => {
                            if let Some(body) = body {
                                self.ledger.perhaps_stored(key, body);
                            }
                            return Err(fault);
                        }
                        Err(why) => panic!("the journal did not store {key:x}: {why:?}"),
                    }
                    match body {
                        Some(body) => self.ledger.stored(key, body),
                        None => self.ledger.removed(key),
                    }
                    client.on_stored(seq);
                    continue;
                }
                Step::Send(id, request) => {
                    let mut body = vec![0; request.body_len()];
                    request.read_body(0, &mut body);
                    assert!(life.clock.1, "a request begins before the time of day is known");
                    self.begin(id, body);
                    continue;
                }
                Step::WaitUntil(at) => life.started + at.as_millis() - 250,
                Step::Idle => u64::MAX,
            };
            if !busy && self.take_events(life) {
                // The journal may forget what they tell.
                continue;
            }
            self.answer(life);
            return Ok(wake);
        }
    }

    /// Answers the webhooks that can be answered, and those that waited too long.
    fn answer<const SECTOR: usize>(&mut self, life: &Life<'_, SECTOR>) {
        let saved = !life.client.has_unsaved();
        let mut index = 0;
        while let Some(body) = self.bodies.get_mut(index) {
            let Some(since) = body.pending else {
                index += 1;
                continue;
            };
            if !saved {
                if self.now >= since + PATIENCE {
                    body.come_again(self.now);
                }
                index += 1;
                continue;
            }
            body.pending = None;
            for id in &body.words {
                let word = self.ledger.words.get_mut(id).expect("it was counted");
                assert!(
                    word.told > 0,
                    "a webhook is answered, and its message was not told"
                );
                word.answered = true;
            }
            for callback in &body.sent {
                self.ledger.status_answered(callback);
            }
            for alert in &body.acknowledged {
                let entry = &self.ledger.entries[*alert];
                assert!(
                    entry.removed,
                    "alert {alert} was acknowledged, that was answered, and it would be asked for again: {entry:?}"
                );
            }
            if !body.again && self.rng.u8(0..12) == 0 {
                body.again = true;
                body.due = self.now + self.rng.u64(500..8_000);
                index += 1;
            } else {
                self.bodies.swap_remove(index);
            }
        }
    }

    /// Takes all events; whether there were any.
    fn take_events<const SECTOR: usize>(&mut self, life: &mut Life<'_, SECTOR>) -> bool {
        let mut any = false;
        while let Some(event) = life.client.next_event() {
            any = true;
            match event {
                Event::Outcome { ticket, outcome } => {
                    let acknowledged = matches!(outcome, squab_core::client::Outcome::Acknowledged { .. });
                    let outcome = format!("{outcome:?}");
                    let alert = self.ledger.outcome(ticket.get(), &outcome);
                    // Those whose answer waits brought it.
                    let pending = self.bodies.iter_mut().filter(|body| body.pending.is_some());
                    pending
                        .filter(|body| acknowledged && !body.words.is_empty())
                        .for_each(|body| body.acknowledged.push(alert));
                }
                Event::MaybeSent { ticket } => self.ledger.maybe_sent(ticket.get()),
                Event::Duplicate { ticket } => self.ledger.duplicate(ticket.get()),
                Event::Message { message, .. } => self.ledger.heard(message.id),
                _ => {}
            }
        }
        any
    }
}

impl<const SECTOR: usize> Life<'_, SECTOR> {
    fn instant(&self, now: u64) -> Instant {
        Instant::from_millis(now - self.started + 250)
    }
}

impl Body {
    /// It was not answered, or not with 200.
    fn come_again(&mut self, now: u64) {
        self.pending = None;
        // Another life hears of it anew.
        self.acknowledged.clear();
        self.due = now + WAITS[self.tries.min(WAITS.len() - 1)];
        self.tries += 1;
    }
}
