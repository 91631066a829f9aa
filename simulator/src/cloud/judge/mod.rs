//! The pair rule: how many messages one business number may send to one user, and when.
//!
//! Meta says it twice. "Cloud API overview" (2023-24): *"1 message every 6 seconds to the same WhatsApp user phone
//! number … up to 45 messages within 6 seconds as a burst … you will be prevented from sending subsequent messages
//! to the same user until the amount of time it would normally take to send that many 'non-burst' messages to the
//! user has passed. For example, it takes ~2 minutes to send 20 …"*. "About the platform" (2025-26): *"You may send up
//! to 45 messages in a 6-second burst, but this 'borrows' from your future quota. After a burst, you must wait the
//! equivalent time it would take to send those messages at the normal rate"*.
//!
//! Read as a debt, which is what both say, and not as a bucket that gives one send back every 6 s:
//!
//! 1. Each accepted message owes one interval (6 s). Who owes nothing may send.
//! 2. A message accepted while nothing was owed opens a window of 6 s (its last instant included). Inside the window
//!    further messages pass although something is owed, up to 45 in all. A second message makes a single one a burst
//!    of two.
//! 3. Otherwise nothing passes until the **whole** debt, n × 6 s, has gone by. Then nothing is owed, and rule 2 again.
//!
//! What Meta leaves open is a setting, see [`JudgeSettings::all`] for the twelve combinations: from which message of a
//! burst the wait counts, what a refused attempt costs, and whether read receipts and typing indicators count.
//!
//! No clock and no I/O: the caller gives the time, in milliseconds since a start of its choice. Memory: about 40 bytes
//! and the name for each user; [`Judge::forget_settled`] gives back what is no longer needed.

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

/// From which message of a burst the wait counts. Meta does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountFrom {
    /// From the message that opened the window: a burst of 20 is paid 120 s after its first message.
    FirstMessage,
    /// From the latest accepted message: a burst of 20 is paid 120 s after its last message.
    LastMessage,
}

/// What a refused attempt costs. Meta does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedAttempt {
    /// Nothing.
    Free,
    /// One more interval is owed, as if the message had been sent.
    PlusSix,
    /// What is owed has to be waited for again, from the refused attempt on.
    RestartWait,
}

/// Whether read receipts and typing indicators are messages to the pair rule. Meta does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Receipts {
    /// They owe and are refused like messages.
    Count,
    /// They always pass and change nothing.
    Ignore,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A message of any type.
    Message,
    /// A read receipt, with or without a typing indicator.
    Receipt,
}

/// What the judge says to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It passes, and is counted.
    Accepted,
    /// It does not pass: error 131056.
    Refused {
        /// The first instant, in the judge's milliseconds, at which the same attempt would pass if nothing else
        /// happens until then.
        next_legal_ms: u64,
    },
}

impl Verdict {
    /// Whether the attempt passed.
    pub const fn is_accepted(self) -> bool {
        matches!(self, Self::Accepted)
    }
}

/// Meta's figures, and a choice for everything that Meta leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JudgeSettings {
    /// From which message of a burst the wait counts.
    pub count_from: CountFrom,
    /// What a refused attempt costs.
    pub refused: RefusedAttempt,
    /// Whether receipts count.
    pub receipts: Receipts,
    /// Most messages in one window, the opening one included. Meta: 45. 1 allows no bursts, 0 nothing at all.
    pub burst: u32,
    /// Length of the window in milliseconds. Meta: 6,000.
    pub window_ms: u64,
    /// Time owed for each message, in milliseconds. Meta: 6,000.
    pub interval_ms: u64,
}

impl JudgeSettings {
    /// Meta's figures with the given reading of what is left open.
    pub const fn new(count_from: CountFrom, refused: RefusedAttempt, receipts: Receipts) -> Self {
        Self {
            count_from,
            refused,
            receipts,
            burst: 45,
            window_ms: 6_000,
            interval_ms: 6_000,
        }
    }

    /// Every reading that Meta's words allow.
    pub const fn all() -> [Self; 12] {
        use CountFrom::{FirstMessage, LastMessage};
        use Receipts::{Count, Ignore};
        use RefusedAttempt::{Free, PlusSix, RestartWait};
        [
            Self::new(FirstMessage, Free, Count),
            Self::new(FirstMessage, Free, Ignore),
            Self::new(FirstMessage, PlusSix, Count),
            Self::new(FirstMessage, PlusSix, Ignore),
            Self::new(FirstMessage, RestartWait, Count),
            Self::new(FirstMessage, RestartWait, Ignore),
            Self::new(LastMessage, Free, Count),
            Self::new(LastMessage, Free, Ignore),
            Self::new(LastMessage, PlusSix, Count),
            Self::new(LastMessage, PlusSix, Ignore),
            Self::new(LastMessage, RestartWait, Count),
            Self::new(LastMessage, RestartWait, Ignore),
        ]
    }
}

impl Default for JudgeSettings {
    /// The strict reading wherever it costs a careful sender nothing: the wait counts from the last message, receipts
    /// count. Refused attempts are free, since Meta recommends to try again 4^X seconds after a refusal.
    fn default() -> Self {
        Self::new(CountFrom::LastMessage, RefusedAttempt::Free, Receipts::Count)
    }
}

/// What somebody owes, for who wants to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// When the window opened, in the judge's milliseconds.
    pub opened_ms: u64,
    /// Messages accepted since.
    pub accepted: u32,
    /// Intervals owed.
    pub owed: u64,
    /// From when the intervals count, in the judge's milliseconds.
    pub counted_from_ms: u64,
}

/// What one user is owed.
#[derive(Debug, Clone, Copy, Default)]
struct Debt {
    /// When the window opened. Only meaningful while something is owed.
    opened_ms: u64,
    /// Messages accepted since the window opened; 0: no window is open.
    accepted: u32,
    /// Intervals owed: the accepted messages, and what refused attempts added.
    owed: u64,
    /// From when the intervals count.
    counted_from_ms: u64,
}

impl Debt {
    /// First instant at which nothing is owed.
    fn paid_at(&self, settings: &JudgeSettings) -> u64 {
        self.counted_from_ms
            .saturating_add(self.owed.saturating_mul(settings.interval_ms))
    }

    fn owes_at(&self, now_ms: u64, settings: &JudgeSettings) -> bool {
        self.owed > 0 && now_ms < self.paid_at(settings)
    }

    /// Whether the window is open at `now_ms` and has room.
    fn has_room_at(&self, now_ms: u64, settings: &JudgeSettings) -> bool {
        self.accepted > 0
            && self.accepted < settings.burst
            && now_ms <= self.opened_ms.saturating_add(settings.window_ms)
    }

    /// The first instant from `now_ms` on at which a message passes.
    fn next_legal(&self, now_ms: u64, settings: &JudgeSettings) -> u64 {
        if self.owes_at(now_ms, settings) && !self.has_room_at(now_ms, settings) {
            self.paid_at(settings)
        } else {
            now_ms
        }
    }

    fn accept(&mut self, now_ms: u64, settings: &JudgeSettings) {
        if self.owes_at(now_ms, settings) {
            self.accepted = self.accepted.saturating_add(1);
            self.owed = self.owed.saturating_add(1);
            if settings.count_from == CountFrom::LastMessage {
                self.counted_from_ms = now_ms;
            }
        } else {
            *self = Self {
                opened_ms: now_ms,
                accepted: 1,
                owed: 1,
                counted_from_ms: now_ms,
            };
        }
    }

    fn refuse(&mut self, now_ms: u64, settings: &JudgeSettings) {
        match settings.refused {
            RefusedAttempt::Free => {}
            RefusedAttempt::PlusSix if self.owes_at(now_ms, settings) => {
                self.owed = self.owed.saturating_add(1);
            }
            RefusedAttempt::PlusSix => {
                *self = Self {
                    opened_ms: now_ms,
                    accepted: 0,
                    owed: 1,
                    counted_from_ms: now_ms,
                }
            }
            RefusedAttempt::RestartWait => {
                if self.owes_at(now_ms, settings) {
                    self.counted_from_ms = now_ms;
                }
            }
        }
    }
}

/// The judge of one business number: who may be written to, and when.
#[derive(Clone, Default)]
pub struct Judge {
    settings: JudgeSettings,
    users: HashMap<String, Debt>,
}

impl std::fmt::Debug for Judge {
    /// Names no user: a user's name is a phone number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge")
            .field("settings", &self.settings)
            .field("users", &self.users.len())
            .finish()
    }
}

impl Judge {
    /// A judge that has seen nobody yet.
    pub fn new(settings: JudgeSettings) -> Self {
        Self {
            settings,
            users: HashMap::new(),
        }
    }

    /// The settings it judges by.
    pub const fn settings(&self) -> &JudgeSettings {
        &self.settings
    }

    /// Judges an attempt that arrives at `now_ms`. `user` is whatever names one user; numbers that reach the same user
    /// must come under one name. Times of one user must not go backwards.
    pub fn attempt(&mut self, now_ms: u64, user: &str, kind: Kind) -> Verdict {
        let next_legal_ms = self.next_legal(now_ms, user, kind);
        if next_legal_ms > now_ms || self.settings.burst == 0 {
            return self.refuse(now_ms, user, kind);
        }
        if self.counts(kind) {
            let settings = self.settings;
            self.debt(user).accept(now_ms, &settings);
        }
        Verdict::Accepted
    }

    /// Refuses an attempt that arrives at `now_ms`, whatever the rule says: the caller has decided so, by chance or by
    /// plan. It costs what a refused attempt costs by the settings.
    pub fn refuse(&mut self, now_ms: u64, user: &str, kind: Kind) -> Verdict {
        if self.counts(kind) {
            let settings = self.settings;
            self.debt(user).refuse(now_ms, &settings);
        }
        Verdict::Refused {
            next_legal_ms: self.next_legal(now_ms, user, kind),
        }
    }

    /// The first instant from `now_ms` on, in milliseconds, at which an attempt would pass if nothing else happens
    /// until then.
    pub fn next_legal(&self, now_ms: u64, user: &str, kind: Kind) -> u64 {
        match self.users.get(user) {
            _ if self.settings.burst == 0 && self.counts(kind) => u64::MAX,
            Some(debt) if self.counts(kind) => debt.next_legal(now_ms, &self.settings),
            _ => now_ms,
        }
    }

    /// What the user owes at `now_ms`; `None`: nothing.
    pub fn budget(&self, now_ms: u64, user: &str) -> Option<Budget> {
        let debt = self.users.get(user)?;
        debt.owes_at(now_ms, &self.settings).then_some(Budget {
            opened_ms: debt.opened_ms,
            accepted: debt.accepted,
            owed: debt.owed,
            counted_from_ms: debt.counted_from_ms,
        })
    }

    /// When the user owes nothing any more, in milliseconds; `None` if that is so at `now_ms` already.
    pub fn paid_at(&self, now_ms: u64, user: &str) -> Option<u64> {
        let debt = self.users.get(user)?;
        debt.owes_at(now_ms, &self.settings)
            .then(|| debt.paid_at(&self.settings))
    }

    /// Forgets everybody who owes nothing at `now_ms`. It changes no verdict.
    pub fn forget_settled(&mut self, now_ms: u64) {
        let settings = self.settings;
        self.users.retain(|_, debt| debt.owes_at(now_ms, &settings));
    }

    fn counts(&self, kind: Kind) -> bool {
        kind == Kind::Message || self.settings.receipts == Receipts::Count
    }

    fn debt(&mut self, user: &str) -> &mut Debt {
        if !self.users.contains_key(user) {
            self.users.insert(user.to_owned(), Debt::default());
        }
        self.users.get_mut(user).expect("it was inserted above")
    }
}
