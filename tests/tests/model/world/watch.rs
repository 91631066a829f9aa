//! What the client does, and whether it may.

use super::super::case::{Broken, Case, Lie, Plan, Rule};
use super::super::meta::Pair;
use super::super::normal::BASE;
use super::{Attempt, Class, DELIVERED, FAILED, Happening, InFlight, Message, READ, World, ticket_in};
use embassy_time::Instant;
use squab_core::client::{Change, Event, Outcome, Priority, RequestId, Step, Ticket};
use std::sync::Arc;

/// In a kind world an answer takes so many milliseconds.
const ANSWER: u64 = 50;
/// When nothing fails any more, all that waits goes within so many milliseconds: a lost answer is waited for 60 s, then
/// four messages go to one user, at the steady pace, after the longest back-off that three faults lead to.
pub(crate) const PATIENCE: u64 = 150_000;

impl World {
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
                let ticket = request.ticket().map_or(0, Ticket::get);
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
        // After a loss of power the clock knows whole seconds; and if the time of day was not known before, the time
        // without power does not count.
        let rounded = if self.cuts > 0 { 1_000 } else { 0 };
        let lives =
            unix < message.submitted + plan.expires_in + rounded || !message.by_clock && self.cuts > 0;
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

    pub(super) fn hear_events(&mut self, case: &Case) -> Result<(), Broken> {
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
        Outcome::Accepted | Outcome::Unanswered => Class::Taken,
        Outcome::Delivered | Outcome::Read | Outcome::Acknowledged { .. } => Class::Arrived,
        Outcome::Failed { .. } => Class::Failed,
        Outcome::Expired => Class::Expired,
        Outcome::Evicted | Outcome::Withdrawn | Outcome::Merged { .. } | Outcome::Declined { .. } => {
            Class::Evicted
        }
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
        // Nothing of the model merges, withdraws or declines.
        Outcome::Withdrawn | Outcome::Merged { .. } | Outcome::Declined { .. } => false,
        Outcome::Unknown => message.maybe_told,
    };
    case.check(Rule::TrueOutcome, so, || format!("{outcome:?} of {message:?}"))?;
    let alone = message.outcome.is_none();
    let agrees = match message.outcome {
        // What the journal knew was not that the message had failed, but that it was being sent; or more is known now.
        Some(Class::Failed | Class::Unknown | Class::Taken) => class != Class::Evicted,
        // Without the time of day the time without power does not count.
        Some(Class::Expired) if !message.by_clock => true,
        // Of what came since, the journal need not know.
        Some(Class::Arrived) if class == Class::Taken => true,
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
