//! One state: the real client, the journal, Meta's side, and what can happen next.

use super::case::{Broken, Case, Fault, Lie, Plan, Rule};
use super::meta::{D, Pair};
use super::normal::{BASE, Normal};
use embassy_time::{Duration, Instant};
use squab_core::client::{
    Change, Client, Event, Lost, Options, Outcome, Priority, RequestId, Settings, Step, WebhookAnswer,
    is_message,
};
use squab_core::message::{Fallback, Message as Content, Text};
use squab_core::recipient::Recipient;
use squab_core::webhook::{Check, Filter, Receiver};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// 2 users, 4 messages, 2 requests in flight.
type Real = Client<2, 4, 512, 2, 768>;

const NUMBERS: [&str; 2] = ["4915550000001", "4915550000002"];
const PHONE_NUMBER_ID: &str = "106000000000001";
const DEVICE: u32 = 0x00C0_FFEE;
const BOOT: u32 = 9;
/// Milliseconds of Unix time at which everything begins.
const START: u64 = 1_800_000_000_000;
/// After so many milliseconds without an answer a request is given up.
const TIMEOUT: u64 = 10_000;
/// A short while, in milliseconds.
const WHILE: u64 = 2_000;
/// So many milliseconds after the journal was read anything happens.
const BOOT_TIME: u64 = 100;
/// Nothing lasts longer, in milliseconds.
const FAR_AWAY: u64 = 2 * 86_400_000;
/// In a kind world an answer takes so many milliseconds.
const ANSWER: u64 = 50;
/// When nothing fails any more, all that waits goes within so many milliseconds: a lost answer is waited for 60 s, then
/// four messages go to one user, at the steady pace, after the longest back-off that three faults lead to.
pub(crate) const PATIENCE: u64 = 150_000;

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
                        Fault::FailedLater(code) if attempt.said == 0 && answered && message.is_open() => {
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

    /// Something happens; the client is not asked yet what it does.
    pub(crate) fn happen(&mut self, case: &Case, what: Happening) -> Result<(), Broken> {
        match what {
            Happening::Submit(index) => self.submit(case, index)?,
            Happening::Accept(lane) => self.accept(lane),
            Happening::Fail(lane, fault) => {
                self.faults += 1;
                self.fail(case, lane, fault);
            }
            Happening::Status(index, at, status) => self.status(index, at, status),
            Happening::FailedLater(index, at, code) => {
                self.failed_later(case, index, at, code);
            }
            Happening::Answer(index, at) => self.answer(case, index, at),
            Happening::Again(index, at, status) => {
                self.faults += 1;
                self.status(index, at, status);
            }
            Happening::Wait => {
                let next = self.next_moment().unwrap_or(self.now);
                self.pass(next - self.now);
            }
            Happening::Pass => self.pass(WHILE),
            Happening::SetClock => self.set_clock(),
            Happening::Cut { away, taken } => {
                self.faults += 1;
                self.cut(case, away, taken)?;
            }
        }
        self.hear_events(case)
    }

    fn submit(&mut self, case: &Case, index: usize) -> Result<(), Broken> {
        let Some(plan) = case.plans.get(index) else {
            return Ok(());
        };
        let mut priority = plan.priority;
        if case.lies(Lie::UrgentAsNormal) {
            priority = Priority::Normal;
        }
        if case.lies(Lie::NormalAsUrgent) {
            priority = Priority::Urgent;
        }
        if case.lies(Lie::SecondAsLow) && index == 1 {
            priority = Priority::Low;
        }
        let expires = if case.lies(Lie::LongLife) {
            86_400_000
        } else {
            plan.expires_in
        };
        let options = Options {
            priority,
            expires_in: Duration::from_millis(expires),
            at_most_once: plan.at_most_once,
            answer_within: plan.wants_answer.then_some(Duration::from_secs(90)),
            ..Options::default()
        };
        let to = Recipient::parse(&format!("+{}", user(NUMBERS, plan.user))).expect("a number");
        let text = ["one", "two", "three", "four"];
        let mut content = Text::new(text.get(index).copied().unwrap_or("more"));
        if plan.has_fallback {
            content = content.fallback(Fallback::new("alert", "en_US"));
        }
        let content = Content::Text(content);
        let (now, unix) = (self.at(), self.unix);
        // No more are submitted than there is room for.
        let ticket = self
            .client
            .submit(now, &to, &content, options)
            .expect("room")
            .get();
        let again = self.messages.iter().any(|message| message.ticket == ticket);
        case.check(Rule::TicketsDiffer, !again, || {
            format!("{ticket} was given twice")
        })?;
        if let Some(message) = self.messages.get_mut(index) {
            message.ticket = ticket;
            message.submitted = unix;
        }
        Ok(())
    }

    fn flight(&mut self, lane: usize) -> Option<(InFlight, usize, u64)> {
        let flight = self.flights.get_mut(lane)?.take()?;
        let began = self.attempt(&flight)?.began;
        Some((flight.clone(), flight.message, began))
    }

    fn reply(&mut self, id: RequestId, status: u16, body: &str) {
        self.client.on_reply(id, status);
        self.client.on_reply_body(id, body.as_bytes());
        self.client.on_reply_end(self.at(), id);
    }

    fn link_works(&mut self, began: u64) {
        if self.link_failed.is_some_and(|failed| began >= failed) {
            self.link_failed = None;
        }
    }

    fn say_accepted(&mut self, flight: &InFlight) {
        let id = wamid(flight.message, flight.attempt);
        let body = format!("{{\"messaging_product\":\"whatsapp\",\"messages\":[{{\"id\":\"{id}\"}}]}}");
        self.reply(flight.id, 200, &body);
    }

    fn took(&mut self, flight: &InFlight) {
        let message = self.messages.get_mut(flight.message);
        if let Some(attempt) = message.and_then(|it| it.attempts.get_mut(flight.attempt)) {
            attempt.took = true;
        }
    }

    fn pair(&mut self, plans: &[Plan], index: usize) -> Option<&mut Pair> {
        self.pairs.get_mut(plans.get(index)?.user)
    }

    fn accept(&mut self, lane: usize) {
        let Some((flight, _, began)) = self.flight(lane) else {
            return;
        };
        self.took(&flight);
        let unix = self.unix;
        for pair in &mut self.pairs {
            pair.accepted(unix, began, (flight.message, flight.attempt));
        }
        self.link_works(began);
        self.say_accepted(&flight);
    }

    fn fail(&mut self, case: &Case, lane: usize, fault: Fault) {
        let Some((flight, index, began)) = self.flight(lane) else {
            return;
        };
        let (unix, of) = (self.unix, (flight.message, flight.attempt));
        let Some(pair) = self.pair(case.plans, index) else {
            return;
        };
        match fault {
            Fault::Refused(131_056) => pair.refused(unix, began, of),
            Fault::LostTaken => pair.lost(unix, of, true),
            Fault::LostUntaken => pair.lost(unix, of, false),
            _ => pair.forget(of),
        }
        let now = self.at();
        match fault {
            Fault::Refused(_) if case.lies(Lie::RefusalTakenForNotSent) => {
                self.client.on_lost(now, flight.id, Lost::NotSent);
            }
            Fault::Refused(_) if case.lies(Lie::RefusalTakenForAccepted) => self.say_accepted(&flight),
            Fault::Refused(code) => {
                self.link_works(began);
                let body = format!(
                    "{{\"error\":{{\"message\":\"no\",\"type\":\"OAuthException\",\"code\":{code}}}}}"
                );
                self.reply(flight.id, 400, &body);
            }
            Fault::NotSent => {
                self.link_failed = Some(unix);
                self.client.on_lost(now, flight.id, Lost::NotSent);
            }
            _ => {
                self.link_failed = Some(unix);
                if fault == Fault::LostTaken {
                    self.took(&flight);
                }
                let lost = if case.lies(Lie::LossTakenForNotSent) {
                    Lost::NotSent
                } else {
                    Lost::MaybeSent
                };
                if !case.lies(Lie::LossForgotten) {
                    self.client.on_lost(now, flight.id, lost);
                }
            }
        }
    }

    /// A webhook of one status or message; whether the client took it.
    fn webhook(&mut self, members: &str) -> bool {
        let body = format!(
            "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"4\",\"changes\":[{{\"field\":\"messages\",\
             \"value\":{{\"messaging_product\":\"whatsapp\",\"metadata\":{{\"display_phone_number\":\"15550000001\",\
             \"phone_number_id\":\"{PHONE_NUMBER_ID}\"}},{members}}}}}]}}]}}"
        );
        let prefix = self.client.callback_prefix();
        let filter = Filter {
            phone_number_id: Some(PHONE_NUMBER_ID),
            callback_prefix: prefix.as_str(),
        };
        let mut receiver = Receiver::<8_192>::new(Check::dangerous_unchecked(), filter, 0);
        receiver.push(body.as_bytes()).expect("a webhook");
        let batch = receiver.finish().expect("a webhook");
        self.client
            .on_webhook(Instant::from_millis(self.now), None, &batch)
            == WebhookAnswer::Taken
    }

    fn status_of(&self, index: usize, at: usize, rest: &str) -> Option<String> {
        let message = self.messages.get(index)?;
        let number = message.attempts.get(at)?.number;
        let callback = callback(message.ticket, number);
        let id = wamid(index, at);
        Some(format!(
            "\"statuses\":[{{\"id\":\"{id}\",\"timestamp\":\"1800000000\",\"biz_opaque_callback_data\":\"{callback}\",{rest}}}]"
        ))
    }

    fn status(&mut self, index: usize, at: usize, status: u8) {
        let word = if status & READ != 0 { "read" } else { "delivered" };
        let Some(members) = self.status_of(index, at, &format!("\"status\":\"{word}\"")) else {
            return;
        };
        if self.webhook(&members)
            && let Some(attempt) = self
                .messages
                .get_mut(index)
                .and_then(|it| it.attempts.get_mut(at))
        {
            let news = status & !attempt.heard;
            attempt.said |= news;
            attempt.heard |= news;
            attempt.unsure |= news;
        }
    }

    fn failed_later(&mut self, case: &Case, index: usize, at: usize, code: u32) {
        let rest = format!("\"status\":\"failed\",\"errors\":[{{\"code\":{code}}}]");
        let Some(members) = self.status_of(index, at, &rest) else {
            return;
        };
        let unix = self.unix;
        let message = self.messages.get(index);
        let (attempts, is_open) = message.map_or((0, false), |it| (it.attempts.len(), it.is_open()));
        let attempt = self
            .messages
            .get_mut(index)
            .and_then(|it| it.attempts.get_mut(at));
        let Some(attempt) = attempt else { return };
        let is_new = attempt.failed == 0;
        // Of an earlier one, or of one that ended, the client does not act on it.
        let acts = at + 1 == attempts && is_open;
        attempt.failed = code;
        attempt.took = false;
        attempt.heard |= FAILED;
        attempt.unsure |= FAILED;
        let began = attempt.began;
        self.faults += u8::from(is_new);
        if let Some(pair) = self.pair(case.plans, index) {
            if code == 131_056 && acts {
                pair.refused(unix, began, (index, at));
            } else {
                pair.forget((index, at));
            }
        }
        self.webhook(&members);
    }

    fn answer(&mut self, case: &Case, index: usize, at: usize) {
        let Some(plan) = case.plans.get(index) else { return };
        let (from, id) = (user(NUMBERS, plan.user), wamid(index, at));
        let members = format!(
            "\"messages\":[{{\"from\":\"{from}\",\"id\":\"wamid.answer{index}\",\"type\":\"text\",\
             \"text\":{{\"body\":\"on my way\"}},\"context\":{{\"id\":\"{id}\"}}}}]"
        );
        if self.webhook(&members)
            && let Some(message) = self.messages.get_mut(index)
        {
            message.answered = true;
            message.answer_unsure = true;
        }
    }

    /// The power fails and comes back.
    fn cut(&mut self, case: &Case, away: u64, taken: bool) -> Result<(), Broken> {
        self.cuts += 1;
        let unix = self.unix;
        for lane in 0..self.flights.len() {
            let Some((flight, index, _)) = self.flight(lane) else {
                continue;
            };
            if taken {
                self.took(&flight);
            }
            if let Some(pair) = self.pair(case.plans, index) {
                pair.lost(unix, (flight.message, flight.attempt), taken);
            }
        }
        for pair in &mut self.pairs {
            pair.cut();
        }
        for message in &mut self.messages {
            if message.ticket > 0 && !message.committed {
                // It was never promised; whoever submitted it does so again.
                *message = Message::default();
            }
            message.may_repeat = message.outcome.is_some() && !message.over;
            message.answered &= !message.answer_unsure;
            message.answer_unsure = false;
            for attempt in &mut message.attempts {
                attempt.heard &= !attempt.unsure;
                attempt.unsure = 0;
            }
        }
        let guess = self.unix;
        self.now = BASE;
        self.unix += away;
        self.link_failed = None;
        self.clock_known = false;
        self.client = Client::new(settings(case));
        let now = self.at();
        for last in [false, true] {
            for (key, record) in self.journal.iter().filter(|(key, _)| is_message(**key) == last) {
                if case.lies(Lie::UsersNotRestored) && key >> 16 == 4 {
                    continue;
                }
                self.client
                    .restore(now, *key, record)
                    .expect("a record of its own");
            }
        }
        self.client.restored(now);
        self.pass(BOOT_TIME);
        let now = self.at();
        if case.lies(Lie::ClockGuessed) {
            self.client.set_clock(now, guess / 1_000);
        }
        self.hear_events(case)
    }

    /// Asks the client what to do, and does it; whether there may be more.
    pub(crate) fn poll(&mut self, case: &Case) -> Result<bool, Broken> {
        let now = Instant::from_millis(self.now);
        let more = match self.client.poll(now) {
            Step::Store(record) => {
                let (seq, key) = (record.seq, record.key);
                let bytes: Option<Arc<[u8]>> = match record.change {
                    Change::Write { head, body } => Some([head, body].concat().into()),
                    Change::Remove => None,
                };
                self.store(case, key, bytes);
                self.client.on_stored(seq);
                true
            }
            Step::Send(id, request) => {
                let mut body = [0; 1_024];
                let len = request.read_body(0, &mut body);
                let ticket = request.ticket().map_or(0, |ticket| ticket.get());
                let number = attempt_in(body.get(..len).unwrap_or_default());
                self.begin(case, id, ticket, number)?;
                true
            }
            Step::WaitUntil(at) => {
                self.wait = Some(at.as_millis());
                false
            }
            Step::Idle => {
                self.wait = None;
                false
            }
        };
        self.hear_events(case)?;
        if !self.client.has_unsaved() {
            for pair in &mut self.pairs {
                pair.saved();
            }
            for message in &mut self.messages {
                message.answer_unsure = false;
                for attempt in &mut message.attempts {
                    attempt.unsure = 0;
                }
            }
        }
        if !more {
            self.check_urgent(case)?;
        }
        Ok(more)
    }

    fn store(&mut self, case: &Case, key: u32, bytes: Option<Arc<[u8]>>) {
        let (kind, old) = (
            key >> 16,
            self.journal.get(&key).and_then(|record| ticket_in(record)),
        );
        let Some(bytes) = bytes else {
            for message in self.messages.iter_mut().filter(|it| Some(it.ticket) == old) {
                message.over = message.outcome.is_some();
            }
            if !case.lies(Lie::NotRemoved) {
                self.journal.remove(&key);
            }
            return;
        };
        let is_intent = kind == 6 && bytes.get(7) == Some(&1);
        if kind == 5 {
            let ticket = ticket_in(&bytes);
            let by_clock = self.clock_known;
            for message in self.messages.iter_mut().filter(|it| Some(it.ticket) == ticket) {
                message.committed = true;
                message.by_clock = by_clock;
            }
        }
        if is_intent {
            let ticket = bytes.get(1..5);
            let of_it = |it: &&mut Message| ticket == Some(&it.ticket.to_le_bytes()[..]);
            for message in self.messages.iter_mut().filter(of_it) {
                message.announced = true;
            }
        }
        let swallowed = case.lies(Lie::IntentNotWritten) && is_intent
            || case.lies(Lie::MessageNotWritten) && kind == 5
            || case.lies(Lie::NumberingNotWritten) && kind == 1;
        if !swallowed {
            self.journal.insert(key, bytes);
        }
    }

    fn begin(&mut self, case: &Case, id: RequestId, ticket: u32, number: u16) -> Result<(), Broken> {
        let (now, unix) = (self.now, self.unix);
        let position = self
            .messages
            .iter()
            .position(|it| it.ticket == ticket && ticket > 0);
        let (Some(index), Some(lane)) = (position, self.flights.get(id.lane()).map(|_| id.lane())) else {
            return case.check(Rule::TrueOutcome, false, || {
                format!("a request of nobody's: {ticket}")
            });
        };
        let (Some(plan), Some(message)) = (case.plans.get(index), self.messages.get(index)) else {
            return Ok(());
        };
        let name = || format!("message {index} at {} ms after the start", now - BASE);
        case.check(Rule::ClockFirst, self.clock_known, name)?;
        // If the time of day was not known then, the time without power does not count.
        let lives = unix < message.submitted + plan.expires_in || !message.by_clock && self.cuts > 0;
        case.check(Rule::NeverLate, lives, name)?;
        case.check(Rule::AtMostOnce, !plan.at_most_once || !message.taken(), name)?;
        let told = message.maybe_told || !message.taken();
        case.check(Rule::NoSilentDuplicate, told, name)?;
        case.check(Rule::IntentFirst, self.is_announced(ticket, number), name)?;
        if plan.priority != Priority::Urgent {
            let waits = |(its, other): (&Plan, &Message)| {
                its.user == plan.user && its.priority == Priority::Urgent && other.waits()
            };
            let urgent = case.plans.iter().zip(&self.messages).any(waits);
            case.check(Rule::UrgentInTime, !urgent, name)?;
        }
        if message.attempts.is_empty() {
            let precedes = |(at, other): &(usize, &Message)| {
                let Some(its) = case.plans.get(*at) else {
                    return false;
                };
                let first = match its.priority.cmp(&plan.priority) {
                    std::cmp::Ordering::Equal => other.ticket < ticket,
                    order => order.is_gt(),
                };
                its.user == plan.user && other.waits() && first && unix < other.submitted + its.expires_in
            };
            let before = self.messages.iter().enumerate().find(precedes).map(|(at, _)| at);
            case.check(Rule::OrderKept, before.is_none(), || {
                format!("{} goes before {before:?}", name())
            })?;
        }
        let of = (index, message.attempts.len());
        let urgent = plan.priority == Priority::Urgent;
        let broken = self
            .pairs
            .get_mut(plan.user)
            .and_then(|pair| pair.begins(unix, of, urgent));
        if let Some(rule) = broken {
            case.check(rule, false, || {
                format!("{}: {:?}", name(), self.pairs.get(plan.user))
            })?;
        }
        if let Some(message) = self.messages.get_mut(index) {
            message.attempts.push(Attempt {
                number,
                began: unix,
                took: false,
                failed: 0,
                said: 0,
                heard: 0,
                unsure: 0,
            });
        }
        if let Some(place) = self.flights.get_mut(lane) {
            *place = Some(InFlight {
                id,
                message: index,
                attempt: of.1,
            });
        }
        Ok(())
    }

    /// Whether the journal has this message, and that this attempt of it was to begin.
    fn is_announced(&self, ticket: u32, number: u16) -> bool {
        let of = |kind: u32, what: &dyn Fn(&[u8]) -> bool| {
            let mut records = self.journal.iter().filter(|(key, _)| **key >> 16 == kind);
            records.any(|(_, record)| what(record))
        };
        of(5, &|record| ticket_in(record) == Some(ticket))
            && of(6, &|record| {
                record.get(1..5) == Some(&ticket.to_le_bytes()[..])
                    && record.get(5..7) == Some(&number.to_le_bytes()[..])
                    && record.get(7) == Some(&1)
            })
    }

    fn check_urgent(&self, case: &Case) -> Result<(), Broken> {
        let lane_free = self.flights.iter().any(Option::is_none);
        if !self.clock_known || self.cuts > 0 || self.link_failed.is_some() || !lane_free {
            return Ok(());
        }
        for (plan, message) in case.plans.iter().zip(&self.messages) {
            let free = self.pairs.get(plan.user).and_then(Pair::free_from);
            if let Some(free) = free.filter(|_| plan.priority == Priority::Urgent && message.waits()) {
                let in_time = self.unix < free || self.unix >= message.submitted + plan.expires_in;
                case.check(Rule::UrgentInTime, in_time, || {
                    format!("ticket {} could go for {} ms", message.ticket, self.unix - free)
                })?;
            }
        }
        Ok(())
    }

    fn hear_events(&mut self, case: &Case) -> Result<(), Broken> {
        let messages = &mut self.messages;
        while let Some(event) = self.client.next_event() {
            let find = |ticket: u32| messages.iter().position(|it| it.ticket == ticket && ticket > 0);
            match event {
                Event::MaybeSent { ticket } => {
                    if let Some(message) = find(ticket.get()).and_then(|at| messages.get_mut(at)) {
                        message.maybe_told = true;
                    }
                }
                Event::Accepted { ticket, .. } => {
                    let message = find(ticket.get()).and_then(|at| messages.get(at));
                    let so = message.is_some_and(Message::seems_taken);
                    case.check(Rule::TrueOutcome, so, || format!("{ticket} was not accepted"))?;
                }
                Event::Restored { ticket, .. } | Event::Outcome { ticket, .. }
                    if find(ticket.get()).is_none() =>
                {
                    case.check(Rule::OneOutcome, false, || format!("{ticket} is nobody's"))?;
                }
                Event::Outcome { ticket, outcome } => {
                    if let Some(message) = find(ticket.get()).and_then(|at| messages.get_mut(at)) {
                        hear_outcome(case, message, outcome)?;
                        if case.lies(Lie::ToldTwice) {
                            hear_outcome(case, message, outcome)?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// From here on nothing fails: all goes out, and ends.
    pub(crate) fn goes_well(mut self, case: &Case) -> Result<(), Broken> {
        let start = self.unix;
        if !self.clock_known && !case.lies(Lie::ClockNeverTold) {
            self.set_clock();
        }
        for _ in 0..1_000 {
            while self.poll(case)? {}
            if self.unix > start + PATIENCE {
                let waits = self
                    .messages
                    .iter()
                    .find(|it| it.is_open() && !it.taken() && !it.maybe_told);
                case.check(Rule::NobodyStarves, waits.is_none(), || {
                    format!("{waits:?} waits for more than {PATIENCE} ms")
                })?;
            }
            let next = self.kind_happening();
            match next {
                Some(Happening::Accept(lane)) => {
                    self.pass(ANSWER);
                    self.accept(lane);
                }
                Some(other) => self.happen(case, other)?,
                None => break,
            }
            self.hear_events(case)?;
        }
        for message in &self.messages {
            let ended = message.ticket == 0 || message.outcome.is_some();
            case.check(Rule::NothingIsLost, ended, || format!("no end of {message:?}"))?;
        }
        Ok(())
    }

    fn kind_happening(&self) -> Option<Happening> {
        if let Some(lane) = self.flights.iter().position(Option::is_some) {
            return Some(Happening::Accept(lane));
        }
        for (index, message) in self.messages.iter().enumerate() {
            for (at, attempt) in message.attempts.iter().enumerate() {
                if attempt.failed != 0 && attempt.heard & FAILED == 0 {
                    return Some(Happening::FailedLater(index, at, attempt.failed));
                }
                if attempt.took && attempt.heard & READ == 0 && message.is_open() {
                    return Some(Happening::Status(index, at, READ));
                }
            }
        }
        self.next_moment().map(|_| Happening::Wait)
    }
}

fn hear_outcome(case: &Case, message: &mut Message, outcome: Outcome<'_>) -> Result<(), Broken> {
    let class = match outcome {
        Outcome::Accepted
        | Outcome::Delivered
        | Outcome::Read
        | Outcome::Unanswered
        | Outcome::Acknowledged { .. } => Class::Arrived,
        Outcome::Failed { .. } => Class::Failed,
        Outcome::Expired => Class::Expired,
        Outcome::Evicted => Class::Evicted,
        Outcome::Unknown => Class::Unknown,
    };
    let so = match outcome {
        Outcome::Acknowledged { .. } => message.answered,
        Outcome::Read => message.said(READ),
        Outcome::Delivered => message.said(DELIVERED | READ),
        Outcome::Accepted | Outcome::Unanswered => message.seems_taken(),
        // That it may have been sent was told before.
        Outcome::Failed { .. } => !message.taken() || message.maybe_told,
        Outcome::Expired | Outcome::Evicted => !message.taken(),
        Outcome::Unknown => message.maybe_told,
    };
    case.check(Rule::TrueOutcome, so, || format!("{outcome:?} of {message:?}"))?;
    let alone = message.outcome.is_none();
    let agrees = match message.outcome {
        // What the journal knew was not that the message had failed, but that it was being sent.
        Some(Class::Failed) => true,
        // More may be known now.
        Some(Class::Unknown) => true,
        // Without the time of day the time without power does not count.
        Some(Class::Expired) if !message.by_clock => true,
        before => before == Some(class) || class == Class::Unknown,
    };
    let again = message.may_repeat && !message.over && agrees;
    case.check(Rule::OneOutcome, alone || again, || {
        format!("{outcome:?} of {message:?}")
    })?;
    message.outcome = Some(class);
    message.may_repeat = false;
    Ok(())
}

fn user<'a>(numbers: [&'a str; 2], index: usize) -> &'a str {
    let [first, second] = numbers;
    if index == 0 { first } else { second }
}

fn wamid(message: usize, attempt: usize) -> String {
    format!("wamid.{message}.{attempt}")
}

fn callback(ticket: u32, attempt: u16) -> String {
    format!("squab-{DEVICE:08x}-{BOOT:08x}{ticket:08x}.{attempt}")
}

/// Which attempt a request's body says it is.
fn attempt_in(body: &[u8]) -> u16 {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let behind = text
        .split("\"squab-")
        .nth(1)
        .and_then(|text| text.split('.').nth(1));
    let digits = behind.and_then(|text| text.split('"').next()).unwrap_or_default();
    digits.parse().unwrap_or(0)
}
