//! The judge of a run: what was promised of each alert, written down as it is seen from outside. No code of the core
//! decides here.

use crate::script::Alert;
use std::collections::HashMap;

/// One request of an alert.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// In which life of the device it began.
    pub(crate) life: usize,
    /// The cloud took it.
    pub(crate) accepted: bool,
    /// A status said that it failed after it was taken.
    pub(crate) failed: bool,
    /// Its answer came, and no record says so yet.
    pub(crate) answered: bool,
    /// The device cannot have forgotten that it was taken: a record of its answer is in the flash, or a webhook that said so
    /// was answered.
    pub(crate) known: bool,
}

/// One alert.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    pub(crate) at_most_once: bool,
    /// The life in which it was submitted, and its ticket.
    pub(crate) submitted: Option<(usize, u32)>,
    /// There was no room for it.
    pub(crate) refused: bool,
    /// The journal has said that it has it.
    pub(crate) durable: bool,
    /// The journal has said that it has it no more.
    pub(crate) removed: bool,
    /// Records of how far it is since its last request began.
    pub(crate) states: usize,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) maybe_sent: usize,
    pub(crate) duplicates: usize,
    /// In which life, and what.
    pub(crate) outcomes: Vec<(usize, String)>,
}

/// A message of a user's.
#[derive(Debug, Clone, Default)]
pub(crate) struct Word {
    pub(crate) told: usize,
    /// Its webhook was answered with 200.
    pub(crate) answered: bool,
}

/// Figures of one run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    pub(crate) cuts: usize,
    /// At-least-once messages that arrived twice, as they may.
    pub(crate) duplicates: usize,
    /// Alerts that were lost before the journal had them.
    pub(crate) lost: usize,
    pub(crate) requests: usize,
    pub(crate) accepted: usize,
    pub(crate) refused_submits: usize,
    pub(crate) expired: usize,
    pub(crate) evicted: usize,
    pub(crate) acknowledged: usize,
    pub(crate) unknown: usize,
    pub(crate) failed: usize,
}

impl Figures {
    /// Adds another run's.
    pub(crate) fn add(&mut self, other: &Self) {
        self.cuts += other.cuts;
        self.duplicates += other.duplicates;
        self.lost += other.lost;
        self.requests += other.requests;
        self.accepted += other.accepted;
        self.refused_submits += other.refused_submits;
        self.expired += other.expired;
        self.evicted += other.evicted;
        self.acknowledged += other.acknowledged;
        self.unknown += other.unknown;
        self.failed += other.failed;
    }
}

/// Everything.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Entry>,
    /// Which alert a ticket is.
    tickets: HashMap<u32, usize>,
    /// Which alert lies under which number of a message's key.
    slots: HashMap<u32, usize>,
    /// By what stands in their `biz_opaque_callback_data`: alert and request.
    callbacks: HashMap<String, (usize, usize)>,
    pub(crate) words: HashMap<String, Word>,
    life: usize,
    cuts: usize,
}

/// The upper half of the keys of what the journal keeps of a message, as the core's documentation has them.
const MESSAGE: u32 = 5;
const STATE: u32 = 6;

impl Ledger {
    pub(crate) fn new(alerts: &[Alert]) -> Self {
        let entry = |alert: &Alert| Entry {
            at_most_once: alert.at_most_once,
            ..Entry::default()
        };
        Self {
            entries: alerts.iter().map(entry).collect(),
            ..Self::default()
        }
    }

    /// The power went.
    pub(crate) fn cut(&mut self) {
        self.cuts += 1;
        self.life += 1;
        for attempt in self.entries.iter_mut().flat_map(|entry| &mut entry.attempts) {
            attempt.answered = false;
        }
    }

    pub(crate) fn submitted(&mut self, alert: usize, ticket: u32) {
        let before = self.tickets.insert(ticket, alert);
        if let Some(before) = before {
            let entry = &self.entries[before];
            assert!(
                !entry.durable && entry.attempts.is_empty(),
                "ticket {ticket} is given to alert {alert}, and was given to {before}: {entry:?}"
            );
        }
        self.entries[alert].submitted = Some((self.life, ticket));
    }

    /// The journal has stored this.
    pub(crate) fn stored(&mut self, key: u32, body: &[u8]) {
        match key >> 16 {
            MESSAGE => {
                let alert = alert_in(body).expect("a message's record has its text");
                self.entries[alert].durable = true;
                self.slots.insert(key & 0xFFFF, alert);
            }
            STATE => {
                let Some(alert) = self.slots.get(&(key & 0xFFFF)) else {
                    panic!("the state of no message is stored under {key:x}");
                };
                let entry = &mut self.entries[*alert];
                // Where the power went while the message was stored, that had happened.
                entry.durable = true;
                entry.states += 1;
                for attempt in &mut entry.attempts {
                    attempt.known |= attempt.answered;
                }
            }
            _ => {}
        }
    }

    /// The power went while the journal stored this: it may be there, or not.
    pub(crate) fn perhaps_stored(&mut self, key: u32, body: &[u8]) {
        if key >> 16 == MESSAGE {
            let alert = alert_in(body).expect("a message's record has its text");
            self.slots.insert(key & 0xFFFF, alert);
        }
    }

    /// The journal has removed this.
    pub(crate) fn removed(&mut self, key: u32) {
        if key >> 16 != MESSAGE {
            return;
        }
        let alert = self
            .slots
            .remove(&(key & 0xFFFF))
            .expect("it had a message there");
        let entry = &mut self.entries[alert];
        assert!(
            !entry.outcomes.is_empty(),
            "alert {alert} is forgotten and nobody was told: {entry:?}"
        );
        entry.removed = true;
    }

    /// A request begins; its number among the alert's.
    pub(crate) fn begun(&mut self, alert: usize, ticket: u32, callback: &str) -> usize {
        assert_eq!(
            self.tickets.get(&ticket),
            Some(&alert),
            "ticket {ticket} goes out with another alert's text"
        );
        let life = self.life;
        let entry = &mut self.entries[alert];
        assert!(entry.durable, "alert {alert} is sent and not in the journal");
        assert!(
            entry.states > 0,
            "alert {alert} is sent and its intent is not in the journal: {entry:?}"
        );
        entry.states = 0;
        assert!(!entry.removed, "alert {alert} is sent after it ended: {entry:?}");
        assert!(
            entry.outcomes.iter().all(|(told, _)| *told < life),
            "alert {alert} is sent after its outcome was told: {entry:?}"
        );
        let known = entry
            .attempts
            .iter()
            .any(|attempt| attempt.accepted && !attempt.failed && (attempt.known || attempt.answered));
        assert!(
            !known,
            "alert {alert} is sent again though it is known to have been taken: {entry:?}"
        );
        entry.attempts.push(Attempt {
            life,
            accepted: false,
            failed: false,
            answered: false,
            known: false,
        });
        let place = (alert, entry.attempts.len() - 1);
        let before = self.callbacks.insert(callback.to_owned(), place);
        assert_eq!(before, None, "{callback} is sent along twice");
        place.1
    }

    /// The cloud took a request.
    pub(crate) fn accepted(&mut self, alert: usize, attempt: usize) {
        let entry = &mut self.entries[alert];
        entry.attempts[attempt].accepted = true;
        let accepted = entry.attempts.iter().filter(|it| it.accepted && !it.failed);
        assert!(
            !entry.at_most_once || accepted.count() == 1,
            "alert {alert} is taken twice, and was to be sent at most once: {entry:?}"
        );
    }

    /// The device has read the answer.
    pub(crate) fn answered(&mut self, alert: usize, attempt: usize) {
        let attempt = &mut self.entries[alert].attempts[attempt];
        if attempt.life == self.life {
            attempt.answered = true;
        }
    }

    /// The cloud tells that a request failed after it was taken.
    pub(crate) fn failed_later(&mut self, callback: &str) {
        if let Some((alert, attempt)) = self.callbacks.get(callback) {
            self.entries[*alert].attempts[*attempt].failed = true;
        }
    }

    /// A webhook that said that this request's message was sent was answered with 200.
    pub(crate) fn status_answered(&mut self, callback: &str) {
        if let Some((alert, attempt)) = self.callbacks.get(callback) {
            self.entries[*alert].attempts[*attempt].known = true;
        }
    }

    /// The outcome of a ticket was told; its alert.
    pub(crate) fn outcome(&mut self, ticket: u32, outcome: &str) -> usize {
        let alert = *self.tickets.get(&ticket).expect("the ticket of an alert");
        let entry = &mut self.entries[alert];
        assert!(
            !entry.removed,
            "{outcome} is told of alert {alert} after that was forgotten: {entry:?}"
        );
        assert!(
            entry.outcomes.iter().all(|(life, _)| *life < self.life),
            "alert {alert} ends a second time: {entry:?}"
        );
        let went = entry
            .attempts
            .iter()
            .any(|attempt| attempt.accepted && !attempt.failed);
        let word = outcome.split(['(', ' ']).next().unwrap_or_default();
        let right = match word {
            "Read" | "Delivered" | "Accepted" | "Unanswered" => {
                entry.attempts.iter().any(|attempt| attempt.accepted)
            }
            // A text answers the newest alert that may have arrived.
            "Acknowledged" => !entry.attempts.is_empty(),
            "Evicted" => entry.attempts.is_empty(),
            "Expired" => !went,
            _ => true,
        };
        assert!(
            right,
            "alert {alert} is said to have ended as {outcome}: {entry:?}"
        );
        entry.outcomes.push((self.life, word.to_owned()));
        alert
    }

    /// Something is told of a ticket's requests.
    pub(crate) fn maybe_sent(&mut self, ticket: u32) {
        if let Some(alert) = self.tickets.get(&ticket) {
            self.entries[*alert].maybe_sent += 1;
        }
    }

    /// That it went twice is told of a ticket.
    pub(crate) fn duplicate(&mut self, ticket: u32) {
        if let Some(alert) = self.tickets.get(&ticket) {
            self.entries[*alert].duplicates += 1;
        }
    }

    /// A user's message is told.
    pub(crate) fn heard(&mut self, id: &str) {
        let word = self.words.entry(id.to_owned()).or_default();
        assert!(
            !word.answered,
            "a message is told again, and its webhook was answered"
        );
        word.told += 1;
    }

    /// Everything is over: every promise was kept. What it came to.
    pub(crate) fn close(&self) -> Figures {
        let mut figures = Figures {
            cuts: self.cuts,
            ..Figures::default()
        };
        for (index, entry) in self.entries.iter().enumerate() {
            if entry.refused {
                figures.refused_submits += 1;
                continue;
            }
            let (life, _) = entry.submitted.expect("each alert was submitted");
            let Some((_, outcome)) = entry.outcomes.last() else {
                assert!(!entry.durable, "alert {index} is lost: {entry:?}");
                assert!(
                    life < self.life,
                    "alert {index} is lost without a loss of power: {entry:?}"
                );
                figures.lost += 1;
                continue;
            };
            let accepted = entry.attempts.iter().filter(|it| it.accepted && !it.failed);
            let accepted = accepted.count();
            if accepted > 1 {
                figures.duplicates += accepted - 1;
                assert!(
                    entry.maybe_sent + entry.duplicates > 0,
                    "alert {index} arrived twice and nobody was told: {entry:?}"
                );
            }
            figures.requests += entry.attempts.len();
            figures.accepted += usize::from(accepted > 0);
            match outcome.as_str() {
                "Expired" => figures.expired += 1,
                "Evicted" => figures.evicted += 1,
                "Acknowledged" => figures.acknowledged += 1,
                "Unknown" => figures.unknown += 1,
                "Failed" => figures.failed += 1,
                _ => {}
            }
        }
        for (id, word) in &self.words {
            assert!(word.told > 0, "{id} was never told");
        }
        figures
    }
}

/// What each alert's text begins with.
pub(crate) fn text_of(alert: usize, length: usize) -> String {
    let mut text = format!("alert-{alert:04};");
    while text.len() < length {
        text.push_str(" water");
    }
    text.truncate(length.max(11));
    text
}

/// The alert whose text is in these bytes.
pub(crate) fn alert_in(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(6).position(|it| it == b"alert-")?;
    std::str::from_utf8(bytes.get(at + 6..at + 10)?)
        .ok()?
        .parse()
        .ok()
}
