//! Meta's side of one user: which requests count, judged by the worst that the network may do, in plain milliseconds of
//! the time of day. None of the core's code.

use super::case::Rule;

/// So long a request's bytes take at most until Meta counts them.
pub(crate) const D: u64 = 3_000;
/// Between two messages to one user, for each message of a burst, and the length of a burst.
const SIX_SECONDS: u64 = 6_000;

/// A request that Meta took or may yet take.
#[derive(Debug, Clone, Copy, Hash)]
struct Request {
    /// Which message and which of its attempts.
    of: (usize, usize),
    began: u64,
    /// When it counted at the latest.
    latest: u64,
    /// When the client knew what became of it.
    ended: Option<u64>,
}

/// What Meta may hold against one user.
#[derive(Debug, Clone, Default, Hash)]
pub(crate) struct Pair {
    /// Those of the burst under way or owed for.
    requests: Vec<Request>,
    /// Refusals in a row, the time of the last that counted, and until when nothing may go.
    refusals: u32,
    raised: u64,
    until: u64,
    /// The journal does not know of the last refusal yet.
    unsure: bool,
    /// When what was answered so far is paid for.
    free: u64,
    /// Something went wrong with a request to this user: the client may be more careful than need be.
    pub(crate) disturbed: bool,
}

impl Pair {
    fn latest(&self) -> u64 {
        self.requests.iter().map(|it| it.latest).max().unwrap_or(0)
    }

    fn owed_until(&self) -> u64 {
        self.latest() + SIX_SECONDS * self.requests.len() as u64
    }

    /// Forgets what nothing is owed for any more.
    pub(crate) fn settle(&mut self, now: u64) {
        if self.requests.iter().all(|it| it.ended.is_some()) && now >= self.owed_until() {
            self.requests.clear();
        }
        if self.refusals == 0 {
            (self.raised, self.until) = (0, 0);
        }
        if now >= self.until {
            self.until = 0;
        }
        if self.disturbed || now >= self.free {
            self.free = 0;
        }
    }

    /// A request begins; the rule that it breaks, if any.
    pub(crate) fn begins(&mut self, now: u64, of: (usize, usize), urgent: bool) -> Option<Rule> {
        self.settle(now);
        let mut broken = None;
        if !self.requests.is_empty() {
            let first = self.requests.iter().map(|it| it.began).min().unwrap_or(now);
            if now + D > first + SIX_SECONDS {
                broken = Some(Rule::PairRate);
            } else if !urgent {
                broken = Some(Rule::SteadyPace);
            }
        }
        if now < self.until {
            broken = Some(Rule::BackOff);
        }
        self.requests.push(Request {
            of,
            began: now,
            latest: now + D,
            ended: None,
        });
        broken
    }

    fn find(&mut self, of: (usize, usize)) -> Option<&mut Request> {
        self.requests.iter_mut().find(|it| it.of == of)
    }

    /// Meta took it, and said so.
    pub(crate) fn accepted(&mut self, now: u64, began: u64, of: (usize, usize)) {
        let burst = self.requests.len() as u64;
        if let Some(request) = self.find(of) {
            request.latest = request.latest.min(now);
            request.ended = Some(now);
            self.free = now + SIX_SECONDS * burst;
        }
        if self.refusals > 0 && began > self.raised {
            self.refusals = 0;
        }
    }

    /// No answer came; Meta may have taken it.
    pub(crate) fn lost(&mut self, now: u64, of: (usize, usize), taken: bool) {
        self.disturbed = true;
        if !taken {
            return self.forget(of);
        }
        if let Some(request) = self.find(of) {
            request.ended = Some(now);
        }
    }

    /// Meta did not take it.
    pub(crate) fn forget(&mut self, of: (usize, usize)) {
        self.disturbed = true;
        self.requests.retain(|it| it.of != of);
    }

    /// Meta refused it because of the pair rule.
    pub(crate) fn refused(&mut self, now: u64, began: u64, of: (usize, usize)) {
        self.forget(of);
        if self.refusals == 0 || began > self.raised {
            self.refusals += 1;
            self.raised = now;
        }
        self.unsure = true;
        self.until = now + 1_000 * 4u64.pow(self.refusals - 1);
    }

    /// The journal knows of all.
    pub(crate) fn saved(&mut self) {
        self.unsure = false;
    }

    /// The power fails: what only the memory knew of refusals nobody heeds.
    pub(crate) fn cut(&mut self) {
        self.disturbed = true;
        if self.unsure {
            (self.refusals, self.raised, self.until, self.unsure) = (0, 0, 0, false);
        }
    }

    /// From when on an urgent message has no reason to wait, if it has none but the messages before it; `None` where one
    /// is under way, or something went wrong.
    pub(crate) fn free_from(&self) -> Option<u64> {
        let under_way = self.requests.iter().any(|it| it.ended.is_none());
        (!self.disturbed && !under_way).then_some(self.free)
    }

    /// Whether time since the last request still makes a difference.
    pub(crate) fn is_fresh(&self, now: u64) -> bool {
        !self.requests.is_empty() && now < self.latest() + SIX_SECONDS
    }
}
