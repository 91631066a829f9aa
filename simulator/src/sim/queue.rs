//! The comparison: General Bots' queue rules, as its page "WhatsApp Channel Configuration" tells them.
//!
//! One queue for a business number, first in, first out, and one worker, who sends nothing faster than one message in 6
//! seconds to one recipient, and after a failure waits 1, 4, 16, 64, 256 s before the next try. While it waits, for whatever
//! reason, everybody behind waits too: that is the point of the comparison. In its favour: it loses nothing when the power
//! goes, has a link as long as not all kiosks have lost theirs, and goes on trying every 256 s where the page's sequence ends.

use super::field::{End, Ended, Field, Flight, Sender, addressed};
use super::plan::number_of;
use std::collections::{HashMap, VecDeque};

/// What its callback data begins with.
pub(super) const PREFIX: &str = "queue-";
/// "1 message per 6 seconds per recipient".
const PACE: u64 = 6_000;
/// "Wait 4^X seconds before retry", in milliseconds.
const WAITS: [u64; 5] = [1_000, 4_000, 16_000, 64_000, 256_000];
/// Codes after which it tries again; the page calls the first one a rate limit, others say that they are for a time.
const PASSING: [u64; 8] = [131_056, 130_429, 131_048, 131_016, 131_000, 133_004, 80_007, 2];

/// See the module.
#[derive(Default)]
pub(super) struct OneQueue {
    /// Which link is the worker's.
    worker: usize,
    waiting: VecDeque<usize>,
    in_flight: bool,
    /// When each recipient was last written to.
    last: HashMap<u32, u64>,
    /// Failures in a row, of the first in the queue.
    failures: usize,
    attempt: u64,
    asleep_until: u64,
}

impl OneQueue {
    /// An empty one, whose worker has this link.
    pub(super) fn new(worker: usize) -> Self {
        Self {
            worker,
            ..Self::default()
        }
    }

    fn work(&mut self, field: &mut Field<'_>) {
        let Some(&alert) = self.waiting.front().filter(|_| !self.in_flight) else {
            return;
        };
        let person = field.seen.alerts[alert].person;
        let paced = self.last.get(&person).map_or(0, |last| last + PACE);
        let until = paced.max(self.asleep_until);
        if until > field.now {
            field.wake_at(self.worker, Some(until));
            return;
        }
        self.attempt += 1;
        self.in_flight = true;
        let scenario = field.scenario;
        let body = &scenario.alerts[field.seen.alerts[alert].rule].body;
        let data = format!("{PREFIX}{:08x}-{alert}.{}", self.worker, self.attempt);
        let body = addressed(body, &number_of(person), data);
        field.send(self.worker, self.attempt, alert, body);
    }

    fn fail(&mut self, field: &Field<'_>) {
        let wait = WAITS[self.failures.min(WAITS.len() - 1)];
        self.failures += 1;
        self.asleep_until = field.now + wait;
    }

    fn next(&mut self) {
        self.waiting.pop_front();
        self.failures = 0;
    }
}

impl Sender for OneQueue {
    fn raise(&mut self, field: &mut Field<'_>, alert: usize) {
        self.waiting.push_back(alert);
        self.work(field);
    }

    fn wake(&mut self, field: &mut Field<'_>, _: usize) {
        self.work(field);
    }

    fn end(&mut self, field: &mut Field<'_>, flight: &Flight, end: End) {
        self.in_flight = false;
        match end {
            End::Answered(200, _) => {
                let person = field.seen.alerts[flight.alert].person;
                self.last.insert(person, field.now);
                field.seen.fates[flight.alert].done = true;
                self.next();
            }
            End::Answered(_, body) if !is_passing(&body) => {
                field.told(flight.alert, Ended::Failed);
                self.next();
            }
            End::Answered(..) | End::NotSent | End::MaybeSent => self.fail(field),
        }
        self.work(field);
    }

    fn webhook(&mut self, _: &mut Field<'_>, _: usize, _: &str) -> bool {
        // It waits for no status.
        true
    }

    fn power(&mut self, field: &mut Field<'_>, _: usize, on: bool) {
        if on {
            self.work(field);
        }
    }
}

/// Whether Meta's answer says that it may be tried again.
fn is_passing(body: &[u8]) -> bool {
    let answer: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    answer["error"]["code"]
        .as_u64()
        .is_some_and(|code| PASSING.contains(&code))
}
