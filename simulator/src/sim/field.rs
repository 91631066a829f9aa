//! What surrounds the senders of one business number: the cloud that judges them, the way there and back, what goes wrong,
//! and a clock that jumps from event to event.
//!
//! Everything happens in the order of (time, order of planning), and every chance comes from one seed: the same scenario
//! and seed play the same run.

use super::plan::Alert;
use super::scenario::{GRACE, Scenario, Wrong};
use crate::cloud::{CloudSettings, OfflineCloud, Outcome, PHONE_NUMBER_ID, Retries};
use fastrand::Rng;
use serde_json::Value;
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, SystemTime};

/// Unix time at which every scenario begins: 2026-01-05, a Monday, 00:00 UTC.
pub(super) const STARTED: u64 = 1_767_571_200;
/// A connection that does not come about is given up after this time.
const NO_CONNECTION: u64 = 3_000;
/// An answer is waited for so long, counted from the request's first byte.
const PATIENCE: u64 = 10_000;

/// A request under way.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    /// Which kiosk's it is, of those of this number.
    pub(super) kiosk: usize,
    /// The sender's own word for it.
    pub(super) key: u64,
    /// Which alert it carries.
    pub(super) alert: usize,
    pub(super) body: Vec<u8>,
    began: u64,
}

/// How a request ended, as its sender sees it.
#[derive(Debug)]
pub(super) enum End {
    /// Meta never had it.
    NotSent,
    /// Nobody knows.
    MaybeSent,
    /// Status and body.
    Answered(u16, Vec<u8>),
}

/// What an alert's ticket ended in, where it is not Meta's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ended {
    Refused,
    Expired,
    Failed,
    Evicted,
    Merged,
    Withdrawn,
    Unknown,
}

impl Ended {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Evicted => "evicted",
            Self::Merged => "merged",
            Self::Withdrawn => "withdrawn",
            Self::Unknown => "unknown",
        }
    }
}

/// What became of an alert.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fate {
    /// Whether its kiosk had power.
    pub(super) raised: bool,
    /// When Meta first took it.
    pub(super) accepted: Option<u64>,
    /// How often Meta took it.
    pub(super) times: u32,
    /// What its sender told of it, and when: it will not go.
    pub(super) ended: Option<(u64, Ended)>,
    /// Its sender told that it is done, and well.
    pub(super) done: bool,
    /// Somebody pressed its button, and its sender knows.
    pub(super) acknowledged: bool,
}

/// What was seen of one number.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The places of the number's kiosks in the fleet.
    pub(super) places: Vec<u32>,
    pub(super) alerts: Vec<Alert>,
    pub(super) fates: Vec<Fate>,
    pub(super) requests: u64,
    /// When each message reached a phone.
    pub(super) delivered: Vec<u64>,
    /// When Meta refused, and with which code; also what it accepted and failed at once.
    pub(super) refused: Vec<(u64, u32)>,
    pub(super) power_cuts: u64,
}

enum Happening {
    Raise(usize),
    Wake {
        kiosk: usize,
        at: u64,
    },
    Arrives(Flight),
    Ends(Flight, End),
    Webhook {
        kiosk: usize,
        body: String,
        attempt: usize,
    },
    Fault {
        index: usize,
        begins: bool,
    },
}

struct Entry {
    at: u64,
    order: u64,
    what: Happening,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Who sends. It never waits: it asks to be woken.
pub(super) trait Sender {
    /// An alert is raised.
    fn raise(&mut self, field: &mut Field<'_>, alert: usize);
    /// It is as late as `kiosk` asked for.
    fn wake(&mut self, field: &mut Field<'_>, kiosk: usize);
    /// A request has ended.
    fn end(&mut self, field: &mut Field<'_>, flight: &Flight, end: End);
    /// A webhook for a kiosk; whether it was taken.
    fn webhook(&mut self, field: &mut Field<'_>, kiosk: usize, body: &str) -> bool;
    /// A kiosk's power goes, or comes back.
    fn power(&mut self, field: &mut Field<'_>, kiosk: usize, on: bool);
}

#[derive(Clone, Copy, Default)]
struct Link {
    /// Faults that cut it, at the moment.
    cut: u32,
    unpowered: u32,
}

/// See the module.
pub(super) struct Field<'s> {
    pub(super) scenario: &'s Scenario,
    /// Milliseconds since the start.
    pub(super) now: u64,
    pub(super) seen: Seen,
    pub(super) rng: Rng,
    cloud: OfflineCloud,
    heap: BinaryHeap<Reverse<Entry>>,
    order: u64,
    links: Vec<Link>,
    /// When each kiosk is to be woken.
    wakes: Vec<Option<u64>>,
    /// Per cent of the answers that are lost.
    lose: u32,
    /// Whose message an id is, where people press buttons.
    messages: HashMap<String, usize>,
    prefix: &'static str,
}

impl<'s> Field<'s> {
    /// The surroundings of the kiosks with these places in the fleet, and, if there is one, of a worker behind them, whose
    /// link has the number after theirs. `prefix` is what the callback data begins with, before the number of a link in
    /// eight hexadecimal digits.
    pub(super) fn new(
        scenario: &'s Scenario,
        places: &[u32],
        worker: bool,
        alerts: Vec<Alert>,
        seed: u64,
        prefix: &'static str,
    ) -> Self {
        let links = places.len() + usize::from(worker);
        let mut rng = Rng::with_seed(seed);
        let cloud = OfflineCloud::new(
            CloudSettings {
                rules: scenario.meta.rules(),
                judge: scenario.meta.judge(),
                seed: rng.u64(..),
                anyone: scenario.people.behaviour(),
                ..CloudSettings::default()
            },
            SystemTime::UNIX_EPOCH + Duration::from_secs(STARTED),
        );
        let mut field = Self {
            scenario,
            now: 0,
            seen: Seen {
                places: places.to_vec(),
                fates: vec![Fate::default(); alerts.len()],
                ..Seen::default()
            },
            rng,
            cloud,
            heap: BinaryHeap::new(),
            order: 0,
            links: vec![Link::default(); links],
            wakes: vec![None; links],
            lose: 0,
            messages: HashMap::new(),
            prefix,
        };
        for (index, fault) in scenario.faults.iter().enumerate() {
            let begins = Happening::Fault { index, begins: true };
            field.plan(fault.at.0, begins);
            let ends = Happening::Fault { index, begins: false };
            field.plan(fault.at.0.saturating_add(fault.lasts.0), ends);
        }
        for (index, alert) in alerts.iter().enumerate() {
            field.plan(alert.at, Happening::Raise(index));
        }
        field.seen.alerts = alerts;
        field
    }

    /// Plays until nothing is left to happen, or the grace after the end is over.
    pub(super) fn play(mut self, sender: &mut impl Sender) -> Seen {
        let end = self.scenario.length.0.saturating_add(GRACE);
        loop {
            let planned = self.heap.peek().map_or(u64::MAX, |Reverse(entry)| entry.at);
            let due = self.cloud.next_due().map_or(u64::MAX, millis);
            let next = planned.min(due).max(self.now);
            if next > end {
                return self.seen;
            }
            self.now = next;
            if due <= next {
                self.post_webhooks();
            } else if let Some(Reverse(entry)) = self.heap.pop() {
                self.happen(sender, entry.what);
            }
        }
    }

    fn plan(&mut self, at: u64, what: Happening) {
        let order = self.order;
        self.order += 1;
        self.heap.push(Reverse(Entry { at, order, what }));
    }

    fn happen(&mut self, sender: &mut impl Sender, what: Happening) {
        match what {
            Happening::Raise(alert) => {
                let kiosk = self.seen.alerts[alert].kiosk;
                if self.links[kiosk].unpowered == 0 {
                    self.seen.fates[alert].raised = true;
                    sender.raise(self, alert);
                }
            }
            Happening::Wake { kiosk, at } => {
                if self.wakes[kiosk] == Some(at) {
                    self.wakes[kiosk] = None;
                    sender.wake(self, kiosk);
                }
            }
            Happening::Arrives(flight) => self.arrive(flight),
            Happening::Ends(flight, end) => {
                if self.is_cut(flight.kiosk) && matches!(end, End::Answered(..)) {
                    self.give_up(flight);
                } else {
                    sender.end(self, &flight, end);
                }
            }
            Happening::Webhook { kiosk, body, attempt } => {
                let taken = !self.is_cut(kiosk) && sender.webhook(self, kiosk, &body);
                if !taken && let Some(wait) = Retries::default().waits().nth(attempt) {
                    let at = self.now.saturating_add(millis(wait));
                    let attempt = attempt + 1;
                    self.plan(at, Happening::Webhook { kiosk, body, attempt });
                }
            }
            Happening::Fault { index, begins } => self.fault(sender, index, begins),
        }
    }

    fn fault(&mut self, sender: &mut impl Sender, index: usize, begins: bool) {
        let fault = &self.scenario.faults[index];
        let of = fault.kiosks.map(|kiosks| kiosks.0);
        let step = |count: u32| {
            if begins {
                count + 1
            } else {
                count.saturating_sub(1)
            }
        };
        match fault.what {
            Wrong::Refusals if begins => self.cloud.refuse(fault.code.map_or(131_000, |code| code.0), None),
            Wrong::Refusals => self.cloud.refuse_no_more(),
            Wrong::LostAnswers => {
                self.lose = if begins {
                    fault.percent.map_or(0, |it| it.0)
                } else {
                    0
                }
            }
            Wrong::Outage => {
                for kiosk in (0..self.links.len()).filter(|kiosk| is_hit(&self.seen.places, *kiosk, of)) {
                    self.links[kiosk].cut = step(self.links[kiosk].cut);
                }
            }
            Wrong::Power => {
                for kiosk in 0..self.links.len() {
                    if !is_hit(&self.seen.places, kiosk, of) {
                        continue;
                    }
                    let before = self.links[kiosk].unpowered;
                    self.links[kiosk].unpowered = step(before);
                    if begins && before == 0 || !begins && before == 1 {
                        self.seen.power_cuts += u64::from(begins && kiosk < self.seen.places.len());
                        self.wakes[kiosk] = None;
                        sender.power(self, kiosk, !begins);
                    }
                }
            }
        }
    }

    fn is_cut(&self, kiosk: usize) -> bool {
        let link = self.links[kiosk];
        link.cut > 0 || link.unpowered > 0
    }

    fn way(&mut self) -> u64 {
        let [shortest, longest] = self.scenario.fleet.way;
        self.rng.u64(shortest.0..=longest.0)
    }

    /// A request begins.
    pub(super) fn send(&mut self, kiosk: usize, key: u64, alert: usize, body: Vec<u8>) {
        let flight = Flight {
            kiosk,
            key,
            alert,
            body,
            began: self.now,
        };
        if self.is_cut(kiosk) {
            let at = self.now + NO_CONNECTION;
            self.plan(at, Happening::Ends(flight, End::NotSent));
        } else {
            let at = self.now + self.way();
            self.plan(at, Happening::Arrives(flight));
        }
    }

    /// The sender is to be woken at `at`; `None`: not before something else happens.
    pub(super) fn wake_at(&mut self, kiosk: usize, at: Option<u64>) {
        if self.wakes[kiosk] != at {
            self.wakes[kiosk] = at;
            if let Some(at) = at {
                self.plan(at, Happening::Wake { kiosk, at });
            }
        }
    }

    /// What the sender says of an alert that will not go.
    pub(super) fn told(&mut self, alert: usize, ended: Ended) {
        let fate = &mut self.seen.fates[alert];
        fate.ended = fate.ended.or(Some((self.now, ended)));
    }

    fn give_up(&mut self, flight: Flight) {
        let at = self.now.max(flight.began + PATIENCE);
        self.plan(at, Happening::Ends(flight, End::MaybeSent));
    }

    fn arrive(&mut self, flight: Flight) {
        if self.is_cut(flight.kiosk) {
            return self.give_up(flight);
        }
        let now = Duration::from_millis(self.now);
        let (status, answer) = self.cloud.post(now, &flight.body);
        self.seen.requests += 1;
        match self.cloud.last_request().map(|record| &record.outcome) {
            Some(Outcome::Accepted { wamid }) => {
                let fate = &mut self.seen.fates[flight.alert];
                fate.accepted = fate.accepted.or(Some(self.now));
                fate.times += 1;
                if self.scenario.people.acknowledge.is_some()
                    && let Some(wamid) = wamid
                {
                    self.messages.insert(wamid.clone(), flight.kiosk);
                }
            }
            Some(Outcome::Refused { code }) => self.seen.refused.push((self.now, *code)),
            None => {}
        }
        if self.lose > 0 && self.rng.u32(0..100) < self.lose {
            return self.give_up(flight);
        }
        let at = self.now + self.way();
        let answer = text_of(&answer).into_bytes();
        self.plan(at, Happening::Ends(flight, End::Answered(status, answer)));
    }

    /// Takes the webhooks that are due, and sends each to the kiosk that it concerns, as a gateway of a fleet does.
    fn post_webhooks(&mut self) {
        while let Some(body) = self.cloud.webhook(Duration::from_millis(self.now)) {
            let value = &body["entry"][0]["changes"][0]["value"];
            let status = &value["statuses"][0];
            let kiosk = if status.is_object() {
                if status["status"] == "delivered" {
                    self.seen.delivered.push(self.now);
                }
                self.kiosk_of(status["biz_opaque_callback_data"].as_str())
            } else {
                let context = value["messages"][0]["context"]["id"].as_str();
                context.and_then(|id| self.messages.remove(id))
            };
            if let Some(kiosk) = kiosk.filter(|_| self.scenario.fleet.webhooks) {
                let (at, attempt) = (self.now + self.way(), 0);
                let body = text_of(&body);
                self.plan(at, Happening::Webhook { kiosk, body, attempt });
            }
        }
    }

    fn kiosk_of(&self, data: Option<&str>) -> Option<usize> {
        let digits = data?.strip_prefix(self.prefix)?.get(..8)?;
        usize::from_str_radix(digits, 16)
            .ok()
            .filter(|kiosk| *kiosk < self.links.len())
    }
}

/// The id that requests of every number go to: each has a cloud of its own.
pub(super) const NUMBER_ID: &str = PHONE_NUMBER_ID;

/// Whether a fault of so many kiosks (`None`: of all) is one of this link. A worker has only what all have.
fn is_hit(places: &[u32], link: usize, of: Option<u32>) -> bool {
    of.is_none_or(|of| places.get(link).is_some_and(|place| *place < of))
}

/// Whole milliseconds, rounded up.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// Faster than its `Display`, which goes by way of a formatter.
fn text_of(value: &Value) -> String {
    serde_json::to_string(value).expect("a value is JSON")
}

/// The recipient and the callback data in a body that has room for them.
pub(super) fn addressed(body: &Value, to: &str, data: String) -> Vec<u8> {
    let mut body = body.clone();
    body["to"] = to.into();
    body["biz_opaque_callback_data"] = data.into();
    text_of(&body).into_bytes()
}
