//! What happens in a state: messages, answers, statuses, time, and the loss of power.

use super::super::case::{Broken, Case, Fault, Lie, Plan, Rule};
use super::super::meta::Pair;
use super::super::normal::BASE;
use super::{BOOT, DEVICE, FAILED, Happening, InFlight, Message, READ, WHILE, World, settings};
use embassy_time::{Duration, Instant};
use squab_core::client::{Client, Lost, Options, Priority, RequestId, WebhookAnswer, is_message};
use squab_core::message::{Fallback, Message as Content, Text};
use squab_core::recipient::Recipient;
use squab_tests::webhook::hand_over;

const PHONE_NUMBER_ID: &str = "106000000000001";
/// So many milliseconds after the journal was read anything happens.
const BOOT_TIME: u64 = 100;

impl World {
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
        let to = Recipient::parse(&format!("+{}", number(plan.user))).expect("a number");
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

    pub(super) fn accept(&mut self, lane: usize) {
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
        let now = Instant::from_millis(self.now);
        hand_over(&mut self.client, now, PHONE_NUMBER_ID, &body) == WebhookAnswer::Taken
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
        // Of an earlier one, or of one that ended, the client does not act on it, nor on what it had saved.
        let acts = is_new && at + 1 == attempts && is_open;
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
        let (from, id) = (number(plan.user), wamid(index, at));
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
}

fn number(user: usize) -> String {
    format!("491555000000{user}")
}

fn wamid(message: usize, attempt: usize) -> String {
    format!("wamid.{message}.{attempt}")
}

fn callback(ticket: u32, attempt: u16) -> String {
    format!("squab-{DEVICE:08x}-{BOOT:08x}{ticket:08x}.{attempt}")
}
