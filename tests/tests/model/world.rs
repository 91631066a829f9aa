//! One state: the real client, the journal, Meta's side, and what can happen next.

mod happen;
mod watch;

use super::case::{Case, Fault, Lie};
use super::meta::{D, Pair};
use super::normal::{BASE, Normal};
use embassy_time::{Duration, Instant};
use squab_core::client::{Client, RequestId, Settings};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// 2 users, 4 messages, 2 requests in flight.
type Real = Client<2, 4, 512, 2, 768>;

const DEVICE: u32 = 0x00C0_FFEE;
const BOOT: u32 = 9;
/// Milliseconds of Unix time at which everything begins.
const START: u64 = 1_800_000_000_000;
/// After so many milliseconds without an answer a request is given up.
const TIMEOUT: u64 = 10_000;
/// Milliseconds in which Meta says that a message that it took has failed.
const HOUR: u64 = 3_600_000;
/// A short while, in milliseconds.
const WHILE: u64 = 2_000;
/// Nothing lasts longer, in milliseconds.
const FAR_AWAY: u64 = 2 * 86_400_000;

const DELIVERED: u8 = 1;
const READ: u8 = 2;
const FAILED: u8 = 4;

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// The next message of the list is submitted.
    Submit(usize),
    /// The request on this lane is accepted.
    Accept(usize),
    /// It is not.
    Fail(usize, Fault),
    /// A status of this attempt of this message comes.
    Status(usize, usize, u8),
    /// That attempt failed after its acceptance.
    FailedLater(usize, usize, u32),
    /// The recipient answers that attempt.
    Answer(usize, usize),
    /// What the recipient answered, or a status, comes again.
    Again(usize, usize, u8),
    /// Time goes on to the next moment that anybody waits for.
    Wait,
    /// A short while passes.
    Pass,
    /// The time of day becomes known.
    SetClock,
    /// The power fails; whether Meta had taken what was under way.
    Cut { away: u64, taken: bool },
}

/// How a ticket ended, as far as two ends must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    /// Meta took it, and nothing more was heard.
    Taken,
    Arrived,
    Failed,
    Expired,
    Evicted,
    Unknown,
}

#[derive(Debug, Clone, Hash)]
struct Attempt {
    number: u16,
    began: u64,
    /// Meta has it, and sends it on.
    took: bool,
    /// The code with which it failed afterwards; 0 if it did not.
    failed: u32,
    /// The statuses that Meta sent.
    said: u8,
    /// Those that the client took.
    heard: u8,
    /// Of those, what comes again after a loss of power: the webhook is not answered yet.
    unsure: u8,
}

#[derive(Debug, Clone, Default, Hash)]
struct Message {
    /// 0: not submitted.
    ticket: u32,
    submitted: u64,
    committed: bool,
    /// The journal has when it expires by the time of day.
    by_clock: bool,
    /// The journal has an intent of it.
    announced: bool,
    outcome: Option<Class>,
    /// A power cut came before the journal knew of the outcome.
    may_repeat: bool,
    /// The journal knows of the outcome.
    over: bool,
    maybe_told: bool,
    attempts: Vec<Attempt>,
    answered: bool,
    answer_unsure: bool,
}

impl Message {
    fn taken(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.took)
    }

    /// As far as the client can know.
    fn seems_taken(&self) -> bool {
        let not_known_to_have_failed = |it: &Attempt| it.failed != 0 && it.heard & FAILED == 0;
        self.taken() || self.attempts.iter().any(not_known_to_have_failed)
    }

    fn said(&self, bits: u8) -> bool {
        self.attempts.iter().any(|attempt| attempt.said & bits != 0)
    }

    /// Submitted and without an end.
    fn is_open(&self) -> bool {
        self.ticket > 0 && self.outcome.is_none()
    }

    /// No request of it ever began, nor was about to.
    fn waits(&self) -> bool {
        self.is_open() && self.committed && self.attempts.is_empty() && !self.announced
    }
}

#[derive(Debug, Clone)]
struct InFlight {
    id: RequestId,
    message: usize,
    attempt: usize,
}

#[derive(Clone)]
pub(crate) struct World {
    client: Real,
    /// Milliseconds of the client's clock.
    now: u64,
    /// Milliseconds of Unix time.
    unix: u64,
    journal: BTreeMap<u32, Arc<[u8]>>,
    clock_known: bool,
    /// Until when the client waits.
    wait: Option<u64>,
    faults: u8,
    cuts: u8,
    messages: Vec<Message>,
    flights: [Option<InFlight>; 2],
    pairs: [Pair; 2],
    /// When the link last failed, if no request that began after that was answered yet.
    link_failed: Option<u64>,
}

fn settings(case: &Case) -> Settings {
    let mut settings = Settings::default();
    settings.device = DEVICE;
    settings.boot = BOOT;
    settings.inbound = true;
    settings.journal = true;
    settings.max_uplink = Duration::from_millis(if case.lies(Lie::SlowNetwork) { 0 } else { D });
    settings
}

fn ticket_in(record: &[u8]) -> Option<u32> {
    let bytes = record.get(4..8)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

impl World {
    pub(crate) fn new(case: &Case) -> Self {
        let mut world = Self {
            client: Client::new(settings(case)),
            now: BASE,
            unix: START,
            journal: BTreeMap::new(),
            clock_known: false,
            wait: None,
            faults: 0,
            cuts: 0,
            messages: vec![Message::default(); case.plans.len()],
            flights: [None, None],
            pairs: [Pair::default(), Pair::default()],
            link_failed: None,
        };
        world.client.restored(world.at());
        world.set_clock();
        world
    }

    fn at(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    fn set_clock(&mut self) {
        self.clock_known = true;
        self.client.set_clock(self.at(), self.unix / 1_000);
    }

    pub(crate) fn faults(&self) -> u8 {
        self.faults
    }

    /// Two states with one fingerprint go on alike.
    pub(crate) fn fingerprint(&mut self, case: &Case) -> u64 {
        for pair in &mut self.pairs {
            pair.settle(self.unix);
        }
        let mut hasher = Normal::new(self.now, self.unix);
        self.client.fingerprint(self.at(), &mut hasher);
        if !self.cuts(case).is_empty() {
            (self.unix % 1_000).hash(&mut hasher);
            for (key, record) in self.journal.iter().filter(|(key, _)| self.matters(**key)) {
                hasher.write_u32(*key);
                hasher.record(record);
            }
        }
        (self.clock_known, self.wait, self.faults, self.cuts > 0).hash(&mut hasher);
        for message in &self.messages {
            (!message.over).then_some(message).hash(&mut hasher);
        }
        (&self.pairs, self.link_failed).hash(&mut hasher);
        for flight in &self.flights {
            let under_way = flight.as_ref().map(|it| (it.message, it.attempt));
            under_way.hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Whether this record is more than what an ended message left.
    fn matters(&self, key: u32) -> bool {
        key >> 16 != 6 || self.journal.contains_key(&(5 << 16 | key & 0xFFFF))
    }

    /// All that can happen now but a loss of power.
    pub(crate) fn happenings(&self, case: &Case) -> Vec<Happening> {
        let mut all = Vec::new();
        let faults = if self.faults < case.most { case.faults } else { &[] };
        if let Some(next) = self.messages.iter().position(|message| message.ticket == 0) {
            all.push(Happening::Submit(next));
        }
        for (lane, _) in self
            .flights
            .iter()
            .enumerate()
            .filter(|(_, flight)| flight.is_some())
        {
            all.push(Happening::Accept(lane));
            for fault in faults {
                if matches!(
                    fault,
                    Fault::LostTaken | Fault::LostUntaken | Fault::NotSent | Fault::Refused(_)
                ) {
                    all.push(Happening::Fail(lane, *fault));
                }
            }
        }
        for (index, message) in self.messages.iter().enumerate() {
            for (at, attempt) in message.attempts.iter().enumerate() {
                if attempt.failed != 0 && attempt.heard & FAILED == 0 {
                    all.push(Happening::FailedLater(index, at, attempt.failed));
                }
                if !attempt.took {
                    continue;
                }
                for status in [DELIVERED, READ] {
                    // What says less than is known changes nothing.
                    if attempt.heard < status {
                        all.push(Happening::Status(index, at, status));
                    }
                }
                let under_way = self.flights.iter().flatten();
                let answered = !under_way
                    .clone()
                    .any(|it| (it.message, it.attempt) == (index, at));
                for fault in faults {
                    match fault {
                        Fault::FailedLater(code)
                            if attempt.said == 0
                                && answered
                                && message.is_open()
                                && self.unix < attempt.began + HOUR =>
                        {
                            all.push(Happening::FailedLater(index, at, *code));
                        }
                        Fault::Repeated if attempt.heard > 0 => {
                            all.push(Happening::Again(index, at, attempt.heard));
                        }
                        _ => {}
                    }
                }
                if case.plans.get(index).is_some_and(|plan| plan.wants_answer) && !message.answered {
                    all.push(Happening::Answer(index, at));
                }
            }
        }
        if !self.clock_known && !case.lies(Lie::ClockNeverTold) {
            all.push(Happening::SetClock);
        }
        if let Some(next) = self.next_moment() {
            all.push(Happening::Wait);
            if next > self.now + WHILE && self.pairs.iter().any(|pair| pair.is_fresh(self.unix)) {
                all.push(Happening::Pass);
            }
        }
        all
    }

    /// The losses of power that can follow.
    pub(crate) fn cuts(&self, case: &Case) -> Vec<Happening> {
        let mut all = Vec::new();
        if self.faults >= case.most {
            return all;
        }
        for fault in case.faults {
            if let Fault::Cut(away) = *fault {
                all.push(Happening::Cut { away, taken: false });
                if self.flights.iter().any(Option::is_some) {
                    all.push(Happening::Cut { away, taken: true });
                }
            }
        }
        all
    }

    /// The next moment that the client or a request's time-out waits for; `None` while a time-out is due.
    fn next_moment(&self) -> Option<u64> {
        let mut next = self.wait;
        for flight in self.flights.iter().flatten() {
            let began = self.attempt(flight)?.began;
            let due = (began + TIMEOUT)
                .checked_sub(self.unix)
                .filter(|left| *left > 0)?;
            next = Some(next.map_or(self.now + due, |next| next.min(self.now + due)));
        }
        // Before the time of day is known, what expires by it seems far away.
        next.filter(|next| *next > self.now && *next < self.now + FAR_AWAY)
    }

    fn attempt(&self, flight: &InFlight) -> Option<&Attempt> {
        self.messages.get(flight.message)?.attempts.get(flight.attempt)
    }

    fn pass(&mut self, ms: u64) {
        self.now += ms;
        self.unix += ms;
    }
}
