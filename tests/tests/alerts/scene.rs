//! Client, cloud and one clock, with a journal and a power switch. A request arrives when it begins, and is answered at once; so
//! do webhooks.

use embassy_time::{Duration as Span, Instant};
use serde_json::Value;
use squab::cloud::{CloudSettings, OfflineCloud, PHONE_NUMBER_ID, Rules, User};
use squab_core::client::{Change, Client, Event, Lost, Options, Refused, Settings, Step, Ticket, is_message};
use squab_core::message::{Fallback, Message, Text};
use squab_core::recipient::Recipient;
use squab_tests::webhook::hand_over;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

pub(crate) const HOUR: u64 = 3_600_000;
pub(crate) const DAY: u64 = 24 * HOUR;
pub(crate) const ADA: &str = "+16505551234";
pub(crate) const BOB: &str = "+16505551235";

type Machine = Client<8, 32, 16_384, 4, 16_384>;

pub(crate) struct Scene {
    pub(crate) client: Machine,
    pub(crate) cloud: OfflineCloud,
    settings: Settings,
    /// Milliseconds since the cloud's start.
    pub(crate) now: u64,
    /// When the client started.
    powered: u64,
    /// When each request was made, and of which ticket.
    pub(crate) requests: Vec<(u64, u32)>,
    /// What was accepted for whom: the second, the number's last digit, and the text.
    pub(crate) got: Vec<(u64, String)>,
    /// Nothing gets through to Meta, and back.
    pub(crate) cut_off: bool,
    pub(crate) events: Vec<String>,
    pub(crate) outcomes: BTreeMap<u32, String>,
    /// Bodies of the webhooks that came.
    pub(crate) webhooks: Vec<Value>,
    journal: BTreeMap<u32, Vec<u8>>,
    /// Whether what is sent by itself goes to Ada too, as a heartbeat does.
    pub(crate) beats: bool,
}

/// With webhooks and a journal.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.inbound = true;
    settings.journal = true;
    settings.boot = 1;
    settings
}

pub(crate) fn lasting() -> Options {
    Options {
        expires_in: Span::from_secs(4 * 24 * 3_600),
        ..Options::default()
    }
}

impl Scene {
    /// Begins at this Unix time.
    pub(crate) fn new(settings: Settings, unix: u64, rules: Rules) -> Self {
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(unix);
        let mut cloud = OfflineCloud::new(
            CloudSettings {
                rules,
                ..CloudSettings::default()
            },
            started,
        );
        for user in [ADA, BOB] {
            cloud.set_user(User::new(user));
        }
        let mut scene = Self {
            client: Machine::new(settings),
            cloud,
            settings,
            now: 0,
            powered: 0,
            requests: Vec::new(),
            got: Vec::new(),
            cut_off: false,
            events: Vec::new(),
            outcomes: BTreeMap::new(),
            webhooks: Vec::new(),
            journal: BTreeMap::new(),
            beats: false,
        };
        scene.power_on();
        scene
    }

    /// The client's clock.
    pub(crate) fn clock(&self) -> Instant {
        Instant::from_millis(self.now - self.powered)
    }

    pub(crate) fn at(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    /// The power goes, and comes back after this time: what the journal has is all there is.
    pub(crate) fn power_cut(&mut self, off: u64) {
        self.now += off;
        self.power_on();
    }

    fn power_on(&mut self) {
        self.powered = self.now;
        self.client = Machine::new(self.settings);
        let clock = self.clock();
        for messages in [false, true] {
            for (key, bytes) in self
                .journal
                .iter()
                .filter(|(key, _)| is_message(**key) == messages)
            {
                self.client
                    .restore(clock, *key, bytes)
                    .expect("a record of its own");
            }
        }
        self.client.restored(clock);
        let unix = self.cloud.unix(self.at());
        self.client.set_clock(clock, unix);
    }

    pub(crate) fn try_submit(&mut self, to: &str, options: Options) -> Result<u32, Refused> {
        let to = Recipient::parse(to).expect("a recipient");
        let text = Text::new("The door is open").fallback(Fallback::new("update_notification", "en_US"));
        let ticket = self
            .client
            .submit(self.clock(), &to, &Message::Text(text), options);
        ticket.map(Ticket::get)
    }

    pub(crate) fn submit(&mut self, to: &str, options: Options) -> u32 {
        self.try_submit(to, options).expect("it is taken")
    }

    /// A user writes.
    pub(crate) fn writes(&mut self, user: &str, words: &str) {
        let now = self.at();
        self.cloud
            .reply_text(now, user, words)
            .expect("the cloud knows the user");
        self.settle();
    }

    /// The last webhook comes again.
    pub(crate) fn redeliver(&mut self) {
        let body = self.webhooks.last().expect("one came").clone();
        self.take(&body);
        self.settle();
    }

    fn take(&mut self, body: &Value) {
        let clock = self.clock();
        hand_over(&mut self.client, clock, PHONE_NUMBER_ID, &body.to_string());
    }

    /// Everything that happens without time going on.
    pub(crate) fn settle(&mut self) {
        loop {
            while let Some(body) = (!self.cut_off).then(|| self.cloud.webhook(self.at())).flatten() {
                self.take(&body);
                self.webhooks.push(body);
            }
            self.tell();
            let clock = self.clock();
            let request = match self.client.poll(clock) {
                Step::Send(id, request) => {
                    let mut body = vec![0; request.body_len()];
                    request.read_body(0, &mut body);
                    Some((id, request.ticket().map_or(0, Ticket::get), body))
                }
                Step::Store(record) => {
                    match record.change {
                        Change::Write { head, body } => {
                            self.journal.insert(record.key, [head, body].concat());
                        }
                        Change::Remove => {
                            self.journal.remove(&record.key);
                        }
                    }
                    let seq = record.seq;
                    self.client.on_stored(seq);
                    continue;
                }
                _ => None,
            };
            let Some((id, ticket, body)) = request else {
                // Those who have taken the events may have more to do.
                if self.tell() {
                    continue;
                }
                break;
            };
            if self.cut_off {
                self.client.on_lost(clock, id, Lost::NotSent);
                continue;
            }
            let (status, answer) = self.cloud.post(self.at(), &body);
            assert_eq!(status, 200, "{answer}");
            self.requests.push((self.now, ticket));
            self.got.push((self.now / 1_000, shown(&body)));
            self.client.on_reply(id, status);
            self.client.on_reply_body(id, answer.to_string().as_bytes());
            self.client.on_reply_end(clock, id);
        }
    }

    /// Takes the events; whether there were any.
    fn tell(&mut self) -> bool {
        let before = self.events.len();
        let mut due = false;
        while let Some(event) = self.client.next_event() {
            if let Event::Outcome { ticket, outcome } = &event {
                let before = self.outcomes.insert(ticket.get(), format!("{outcome:?}"));
                assert_eq!(before, None, "{ticket} ended twice");
            }
            due |= event == Event::HeartbeatDue;
            self.events.push(format!("{event:?}"));
        }
        if due && self.beats {
            let (to, text) = (Recipient::parse(ADA).expect("a number"), Text::new("all is well"));
            let beat =
                self.client
                    .submit_heartbeat(self.clock(), &to, &Message::Text(text), Options::default());
            beat.expect("it is taken");
        }
        self.events.len() > before
    }

    pub(crate) fn run_until(&mut self, end: u64) {
        loop {
            self.settle();
            let clock = self.clock();
            let wake = match self.client.poll(clock) {
                Step::WaitUntil(at) => self.powered + at.as_millis(),
                _ => u64::MAX,
            };
            let due = self.cloud.next_due().filter(|_| !self.cut_off);
            let due = due.map_or(u64::MAX, |due| due.as_nanos().div_ceil(1_000_000) as u64);
            let next = wake.min(due).max(self.now);
            if next > end {
                self.now = end;
                return self.settle();
            }
            self.now = next;
        }
    }

    /// How often something was told.
    pub(crate) fn told(&self, what: &str) -> usize {
        self.events.iter().filter(|event| event.starts_with(what)).count()
    }

    /// When this ticket's first request was made.
    pub(crate) fn sent_at(&self, ticket: u32) -> Option<u64> {
        let request = self.requests.iter().find(|(_, of)| *of == ticket);
        request.map(|(at, _)| *at)
    }
}

/// Whom a request is for, by the number's last digit, and what it says.
fn shown(body: &[u8]) -> String {
    let sent: Value = serde_json::from_slice(body).expect("JSON");
    let text = sent["text"]["body"]
        .as_str()
        .or(sent["interactive"]["body"]["text"].as_str())
        .or(sent["template"]["components"][0]["parameters"][0]["text"].as_str());
    let to = sent["to"].as_str().unwrap_or_default();
    format!(
        "{} {}",
        to.get(to.len().saturating_sub(1)..).unwrap_or_default(),
        text.unwrap_or_default()
    )
}
