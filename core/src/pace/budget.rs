//! The machine of one user: see the module above for the rule.

use super::Millis;

/// Milliseconds between two messages to one user in steady use (Meta: 1 message every 6 seconds).
pub const INTERVAL: u32 = 6_000;
/// Length of a burst in milliseconds (Meta: up to 45 messages in a 6-second burst).
pub const WINDOW: u32 = 6_000;
/// Most messages in one burst.
pub const BURST_MAX: u8 = 45;

/// The wait after a first refusal, 4^0 s, in milliseconds.
pub const FIRST_BACK_OFF: u32 = 1_000;
/// Exponent of the last wait that General Bots' page names: 4^4 = 256 s.
const LAST_EXPONENT: u8 = 4;
/// Set in `level` when the window under way holds a request that Meta may have taken.
const TAKEN: u8 = 0x80;
/// Set in `level` when it was restored, and a request of the window was not known to be over.
const UNKNOWN: u8 = 0x40;
/// Bits of `level` with X, and with the X that the window's first request set back.
const X: u8 = 0x07;
const BEFORE: u8 = 0x38;
const BEFORE_SHIFT: u32 = 3;
/// After this long without a request nothing can be owed any more: the longest wait is 270 s.
const OLD: u32 = 24 * 3_600_000;
/// A request begins at most this many milliseconds after its intent was written, or the intent is written again.
pub(crate) const INTENT_AGE: u32 = 30_000;
/// Milliseconds that a span of Unix time may seem longer than it was: whoever told the time of its beginning knew whole
/// seconds, and whole seconds of that were kept.
const ROUNDED: u32 = 2_000;

/// D: the longest time, in milliseconds, that a request's bytes may take until Meta counts them. Default 3 s; 6 s and
/// more disable bursts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Uplink(pub u32);

impl Default for Uplink {
    fn default() -> Self {
        Self(3_000)
    }
}

/// Whether a request to this user may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Legal {
    /// Now.
    Now,
    /// Not before this moment.
    At(Millis),
    /// When a request in flight was answered or given up.
    AfterAnswer,
}

/// What one user is owed, and how often in a row Meta refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Pace {
    /// First byte of the first request of the window.
    first: Millis,
    /// The latest moment at which a request of the window can have counted.
    last: Millis,
    /// When X was last raised.
    raised: Millis,
    /// The latest refusal.
    refused: Millis,
    /// Requests of the window, in flight, accepted, refused or maybe sent.
    n: u8,
    in_flight: u8,
    /// n of the heaviest window that may still be held against this user.
    heaviest: u8,
    /// X, the X before the last acceptance, and the bits [`TAKEN`] and [`UNKNOWN`].
    level: u8,
}

impl Pace {
    /// A user to whom nothing was sent.
    pub const fn new() -> Self {
        Self {
            first: Millis(0),
            last: Millis(0),
            raised: Millis(0),
            refused: Millis(0),
            n: 0,
            in_flight: 0,
            heaviest: 0,
            level: 0,
        }
    }

    /// How often in a row 131056 was answered: Meta's X.
    pub fn refusals(&self) -> u8 {
        self.level & X
    }

    /// X as it was before the acceptance of the window's first request; 0 when that set nothing back.
    fn refusals_before(&self) -> u8 {
        (self.level & BEFORE) >> BEFORE_SHIFT
    }

    /// Requests to this user that are in flight.
    pub fn in_flight(&self) -> u8 {
        self.in_flight
    }

    /// Requests of the last window.
    pub fn window_len(&self) -> u8 {
        self.n
    }

    fn taken(&self) -> bool {
        self.level & TAKEN != 0
    }

    fn set_refusals(&mut self, x: u8) {
        self.level = (self.level & TAKEN) | (x & X);
    }

    /// When the debt of the last window is paid.
    fn debt(&self) -> Option<Millis> {
        self.taken()
            .then(|| self.last.plus(INTERVAL.saturating_mul(u32::from(self.n))))
    }

    /// When the back-off is over.
    fn backed_off(&self) -> Option<Millis> {
        (self.refusals() > 0).then(|| self.refused.plus(self.back_off()))
    }

    /// When both are.
    fn deadline(&self) -> Option<Millis> {
        match (self.debt(), self.backed_off()) {
            (Some(a), Some(b)) => Some(a.later(b)),
            (a, b) => a.or(b),
        }
    }

    /// 4^(X-1) seconds for the X refusals so far, in milliseconds.
    fn back_off(&self) -> u32 {
        let exponent = self.refusals().saturating_sub(1).min(LAST_EXPONENT);
        let wait = FIRST_BACK_OFF << (2 * u32::from(exponent));
        if exponent < LAST_EXPONENT {
            return wait;
        }
        wait.max(INTERVAL.saturating_mul(u32::from(self.heaviest.max(self.n))))
    }

    fn window_open(&self, now: Millis, uplink: Uplink) -> bool {
        let Some(span) = WINDOW.checked_sub(uplink.0).filter(|span| *span > 0) else {
            return false;
        };
        let age = now.since(self.first);
        self.n > 0 && self.n < BURST_MAX && self.refusals() == 0 && age >= 0 && age.unsigned_abs() <= span
    }

    /// Whether a request may begin at `now`; `urgent` ones may join a window.
    pub fn legal(&self, now: Millis, urgent: bool, uplink: Uplink) -> Legal {
        if urgent && self.window_open(now, uplink) {
            return Legal::Now;
        }
        if self.in_flight > 0 {
            return Legal::AfterAnswer;
        }
        match self.deadline() {
            Some(at) if now.since(at) < 0 => Legal::At(at),
            _ => Legal::Now,
        }
    }

    /// Whether forgetting this user would forget a debt, a back-off or a request in flight.
    #[inline(never)]
    pub fn owes(&self, now: Millis) -> bool {
        self.in_flight > 0 || self.deadline().is_some_and(|at| now.since(at) < 0)
    }

    /// A request's first byte goes out. To be called only when [`Pace::legal`] said now.
    pub fn begin(&mut self, now: Millis, urgent: bool, uplink: Uplink) {
        if urgent && self.window_open(now, uplink) {
            self.n = self.n.saturating_add(1);
        } else {
            let carried = if self.refusals() > 0 { self.heaviest } else { 0 };
            self.heaviest = self.n.max(carried);
            let age = now.since(self.raised);
            if (self.n == 0 && self.refusals() == 0) || age < 0 || age.unsigned_abs() > OLD {
                // Never raised, or so long ago that the time would come round: any request began after that.
                self.raised = now.minus(OLD);
            }
            self.first = now;
            self.last = now;
            self.n = 1;
            self.level &= X;
        }
        self.in_flight = self.in_flight.saturating_add(1);
    }

    /// A request came to nothing before Meta had the whole of it: it does not count.
    pub fn not_sent(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.n = self.n.saturating_sub(1);
    }

    /// A request was answered, or given up, and Meta may have taken its message; `counted` is the latest moment at
    /// which it can have counted.
    pub fn ended(&mut self, counted: Millis) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.last = self.last.later(counted);
        self.level |= TAKEN;
    }

    /// A request was answered with a refusal that sent nothing: it counts in the window, and owes only together with
    /// others that did send.
    pub fn ended_refused(&mut self, counted: Millis) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.last = self.last.later(counted);
    }

    /// 131056 came at `now`, as an answer or as a `failed` status, for a request begun at `began`. X rises only if
    /// that was after the last rise, so that the refusals of one burst count once.
    ///
    /// A status takes back what the 200 before it said: X goes on from where it was, and a window that held nothing but
    /// this request owes nothing.
    pub fn refused(&mut self, began: Millis, now: Millis) {
        self.refused = now;
        let is_first = self.n > 0 && began == self.first;
        if is_first && self.n == 1 {
            self.level &= !TAKEN;
        }
        if began.since(self.raised) > 0 {
            let before = if is_first { self.refusals_before() } else { 0 };
            self.raised = now;
            self.set_refusals(
                self.refusals()
                    .max(before)
                    .saturating_add(1)
                    .min(LAST_EXPONENT.saturating_add(1)),
            );
        }
    }

    /// A request begun at `began` was accepted: X is 0 again if that was after the last rise.
    #[inline(never)]
    pub fn accepted(&mut self, began: Millis) {
        if began.since(self.raised) > 0 && self.refusals() > 0 {
            let before = if began == self.first { self.refusals() } else { 0 };
            self.level = (self.level & TAKEN) | (before << BEFORE_SHIFT);
        }
    }

    /// Where nothing is owed and nothing was refused, what was is as good as never.
    #[cfg(feature = "fingerprint")]
    pub(crate) fn forget_paid(&mut self, now: Millis) {
        if !self.owes(now) && self.refusals() == 0 {
            *self = Self::new();
        }
    }

    /// Two entries turn out to be one user: what is owed to either is owed. When both owe, both windows' messages
    /// went to this user, so they add up.
    pub fn join(&mut self, other: &Self, now: Millis) {
        match (self.owes(now), other.owes(now)) {
            (_, false) => {}
            (false, true) => *self = *other,
            (true, true) => {
                let (a, b) = (*self, *other);
                self.first = if a.first.since(b.first) <= 0 {
                    a.first
                } else {
                    b.first
                };
                self.last = a.last.later(b.last);
                self.raised = a.raised.later(b.raised);
                self.refused = a.refused.later(b.refused);
                self.n = a.n.saturating_add(b.n);
                self.in_flight = a.in_flight.saturating_add(b.in_flight);
                self.heaviest = a.heaviest.max(b.heaviest);
                self.level = ((a.level | b.level) & (TAKEN | UNKNOWN)) | a.refusals().max(b.refusals());
            }
        }
    }

    /// What the journal keeps of it. A request in flight may have been taken.
    pub(crate) fn to_bytes(self, now: Millis) -> [u8; 3] {
        let in_flight = if self.in_flight > 0 { TAKEN | UNKNOWN } else { 0 };
        let lost = if self.last.since(now) > 0 { UNKNOWN } else { 0 };
        let paid = self.debt().is_some_and(|at| now.since(at) >= 0);
        let owed = if paid { 0 } else { self.level & (TAKEN | UNKNOWN) };
        [
            self.n,
            self.heaviest.max(self.n),
            owed | self.level & X | in_flight | lost,
        ]
    }

    /// As it was kept: everything is owed from `now` on, and nothing may join that window. A request that was not known
    /// to be over may have begun just before, and counts within `uplink` of that.
    pub(crate) fn from_bytes([n, heaviest, level]: [u8; 3], now: Millis, uplink: Uplink) -> Self {
        let last = if level & UNKNOWN == 0 {
            now
        } else {
            now.plus(uplink.0)
        };
        Self {
            first: now.minus(WINDOW.saturating_add(1)),
            last,
            raised: now.minus(1),
            refused: now,
            n,
            in_flight: 0,
            heaviest,
            level: level & (TAKEN | UNKNOWN) | (level & X).min(LAST_EXPONENT.saturating_add(1)),
        }
    }

    /// Another record of the same user's; `unix` and `other_unix` are when each was written, in Unix seconds, 0 where
    /// nobody knew. The later one is the whole truth, and of the earlier one counts what was not paid by then: clocks are
    /// not exact. Of two of which one has no time both count, from `now` on.
    pub(crate) fn restore(&mut self, unix: &mut u32, mut other: Self, mut other_unix: u32, now: Millis) {
        if *unix <= other_unix {
            core::mem::swap(self, &mut other);
            core::mem::swap(unix, &mut other_unix);
        }
        if other_unix > 0 {
            let between = unix.saturating_sub(other_unix).saturating_mul(1_000);
            // A request that began later than its intent says may have begun after the other record.
            let unknown = other.level & UNKNOWN;
            other.passed(between, now);
            other.level |= unknown;
        }
        // Also of one that was paid, for a clock that turns out to have gone back.
        self.heaviest = self.heaviest.max(other.heaviest);
        if !other.owes(now) {
            return;
        }
        if other_unix == 0 {
            *unix = 0;
        }
        // Each was true when it was written: what ends later counts, not the sum.
        let later = |theirs: Option<Millis>, own: Option<Millis>| {
            theirs.is_some_and(|at| at.since(own.unwrap_or(now)) > 0)
        };
        if later(other.debt(), self.debt()) {
            (self.last, self.n) = (other.last, other.n);
            self.level |= TAKEN;
        }
        if later(other.backed_off(), self.backed_off()) {
            self.refused = other.refused;
            self.level = self.level & (TAKEN | UNKNOWN) | other.refusals();
        }
        self.level |= other.level & UNKNOWN;
        self.first = now.minus(WINDOW.saturating_add(1));
        self.raised = now.minus(1);
    }

    /// The clock has gone back since this was kept: whatever was ever owed is.
    pub(crate) fn owe_all(&mut self) {
        self.n = self.n.max(self.heaviest);
        self.level |= TAKEN;
    }

    /// By Unix time so many milliseconds passed between when this was kept and `restored`, and at least so many as are
    /// taken off here: no debt is shorter than it is.
    pub(crate) fn passed(&mut self, ms: u32, restored: Millis) {
        let begun_later = if self.level & UNKNOWN == 0 { 0 } else { INTENT_AGE };
        let ms = ms.saturating_sub(ROUNDED.saturating_add(begun_later)).min(OLD);
        self.level &= !UNKNOWN;
        self.first = self.first.minus(ms);
        self.last = self.last.minus(ms);
        for moment in [&mut self.raised, &mut self.refused] {
            // A refusal that a status has told of since then waits from then on.
            if moment.since(restored) <= 0 {
                *moment = moment.minus(ms);
            }
        }
    }

    /// For how many milliseconds something is owed yet.
    pub(crate) fn owed_for(&self, now: Millis) -> u32 {
        self.deadline()
            .map_or(0, |at| at.since(now).max(0).unsigned_abs())
    }

    /// To be called at least once in 24 days: what lies a day back owes nothing any more, and its times must not
    /// come round again. X stays.
    pub fn forget_old(&mut self, now: Millis) {
        if self.in_flight > 0 {
            return;
        }
        // Without refusals nothing moves `refused` on: it lies where it would seem to come half the range later.
        let latest = if self.refusals() > 0 {
            self.last.later(self.refused)
        } else {
            self.last
        };
        // A lost request may count a little later than now; far ahead of now lies what came round.
        let age = now.since(latest);
        if age.unsigned_abs() > OLD {
            let x = self.refusals();
            *self = Self::new();
            self.set_refusals(x);
            let old = now.minus(OLD);
            (self.first, self.last, self.raised, self.refused) = (old, old, old, old);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: Uplink = Uplink(3_000);

    fn at(ms: u64) -> Millis {
        Millis::new(ms)
    }

    /// Sends at `now` and is answered `rtt` later with an acceptance.
    fn send(pace: &mut Pace, now: u64, rtt: u64, urgent: bool) {
        assert_eq!(pace.legal(at(now), urgent, D), Legal::Now, "at {now} ms");
        pace.begin(at(now), urgent, D);
        pace.ended(at(now + rtt));
        pace.accepted(at(now));
    }

    #[test]
    fn a_user_costs_twenty_bytes() {
        assert_eq!(size_of::<Pace>(), 20);
    }

    #[test]
    fn whoever_is_first_written_to_after_a_month_owes_as_anybody_does() {
        for day in [0, 24, 25, 30, 49, 50, 75] {
            let now = day * 86_400_000;
            let mut pace = Pace::new();
            send(&mut pace, now, 50, false);
            pace.forget_old(at(now + 60));
            let next = Legal::At(at(now + 6_050));
            assert_eq!(pace.legal(at(now + 60), false, D), next, "after {day} days");
        }
    }

    #[test]
    fn what_is_restored_is_owed_whatever_the_clock_shows() {
        for day in [0, 25, 50] {
            let now = day * 86_400_000;
            let mut kept = Pace::new();
            send(&mut kept, now, 50, false);
            let kept = kept.to_bytes(at(now + 50));
            let mut pace = Pace::new();
            pace.restore(&mut 0, Pace::from_bytes(kept, at(now), D), 0, at(now));
            let next = Legal::At(at(now + 6_000));
            assert_eq!(pace.legal(at(now), false, D), next, "after {day} days");
        }
    }

    #[test]
    fn in_steady_use_the_next_message_goes_six_seconds_after_the_answer() {
        let mut pace = Pace::new();
        send(&mut pace, 0, 50, false);
        assert_eq!(pace.legal(at(50), false, D), Legal::At(at(6_050)));
        assert_eq!(pace.legal(at(6_049), false, D), Legal::At(at(6_050)));
        send(&mut pace, 6_050, 50, false);
        assert_eq!(pace.legal(at(6_100), false, D), Legal::At(at(12_100)));
    }

    #[test]
    fn a_burst_of_twenty_owes_two_minutes_and_one_of_45_four_and_a_half() {
        for (n, wait) in [(20u64, 120_000u64), (45, 270_000)] {
            let mut pace = Pace::new();
            for _ in 0..n {
                assert_eq!(pace.legal(at(1_000), true, D), Legal::Now);
                pace.begin(at(1_000), true, D);
            }
            for _ in 0..n {
                pace.ended(at(1_200));
            }
            if n == 45 {
                assert_eq!(
                    pace.legal(at(1_200), true, D),
                    Legal::At(at(1_200 + wait)),
                    "no 46th in the burst"
                );
            }
            assert_eq!(pace.legal(at(1_200), false, D), Legal::At(at(1_200 + wait)));
            assert_eq!(pace.legal(at(1_200 + wait), false, D), Legal::Now);
        }
    }

    #[test]
    fn joining_ends_d_before_the_window_does_and_never_begins_when_d_is_the_whole_window() {
        let mut pace = Pace::new();
        pace.begin(at(0), true, D);
        pace.ended(at(10));
        assert_eq!(pace.legal(at(3_000), true, D), Legal::Now);
        assert_eq!(pace.legal(at(3_001), true, D), Legal::At(at(6_010)));
        assert_eq!(pace.legal(at(10), true, Uplink(6_000)), Legal::At(at(6_010)));
    }

    #[test]
    fn a_normal_message_never_joins_and_waits_for_the_answer() {
        let mut pace = Pace::new();
        pace.begin(at(0), false, D);
        assert_eq!(pace.legal(at(1), false, D), Legal::AfterAnswer);
        assert_eq!(pace.legal(at(1), true, D), Legal::Now, "an urgent one does");
        assert_eq!(pace.legal(at(3_001), true, D), Legal::AfterAnswer);
    }

    #[test]
    fn a_judge_that_always_refuses_sees_attempts_1_4_16_64_256_s_after_each_answer() {
        let mut pace = Pace::new();
        let mut now = 0;
        for wait in [1, 4, 16, 64, 256, 256, 256] {
            assert_eq!(pace.legal(at(now), false, D), Legal::Now);
            let began = at(now);
            pace.begin(began, false, D);
            now += 80;
            pace.ended_refused(at(now));
            pace.refused(began, at(now));
            assert_eq!(
                pace.legal(at(now), true, D),
                Legal::At(at(now + wait * 1_000)),
                "even an urgent one"
            );
            now += wait * 1_000;
        }
        send(&mut pace, now, 80, false);
        assert_eq!(pace.refusals(), 0, "an acceptance sets X back");
        assert_eq!(pace.legal(at(now + 80), false, D), Legal::At(at(now + 6_080)));
    }

    #[test]
    fn after_a_burst_of_45_the_last_waits_are_270_s() {
        let mut pace = Pace::new();
        for _ in 0..45 {
            pace.begin(at(0), true, D);
        }
        for _ in 0..45 {
            pace.ended(at(100));
        }
        let mut now = 270_100;
        for wait in [1, 4, 16, 64, 270, 270] {
            let began = at(now);
            pace.begin(began, false, D);
            pace.ended_refused(at(now + 50));
            pace.refused(began, at(now + 50));
            now += 50 + wait * 1_000;
            assert_eq!(pace.legal(at(now - 1), false, D), Legal::At(at(now)));
        }
    }

    #[test]
    fn the_refusals_of_one_burst_raise_x_once_and_owe_what_was_taken_with_them() {
        let mut pace = Pace::new();
        for _ in 0..20 {
            pace.begin(at(0), true, D);
        }
        for _ in 0..15 {
            pace.ended(at(100));
            pace.accepted(at(0));
        }
        for i in 0..5 {
            pace.ended_refused(at(100 + i));
            pace.refused(at(0), at(100 + i));
        }
        assert_eq!(pace.refusals(), 1);
        assert_eq!(
            pace.legal(at(104), false, D),
            Legal::At(at(104 + 120_000)),
            "refused ones count in n"
        );
    }

    #[test]
    fn an_acceptance_that_began_before_the_last_rise_leaves_x_alone() {
        let mut pace = Pace::new();
        pace.begin(at(0), true, D);
        pace.begin(at(10), true, D);
        pace.ended_refused(at(200));
        pace.refused(at(0), at(200));
        pace.ended(at(300));
        pace.accepted(at(10));
        assert_eq!(pace.refusals(), 1);
    }

    #[test]
    fn what_was_never_sent_owes_nothing() {
        let mut pace = Pace::new();
        pace.begin(at(0), false, D);
        pace.not_sent();
        assert_eq!(pace.legal(at(1), false, D), Legal::Now);
        assert!(!pace.owes(at(1)));
    }

    #[test]
    fn entries_that_turn_out_to_be_one_user_add_what_they_owe() {
        let mut a = Pace::new();
        send(&mut a, 0, 10, false);
        let mut b = Pace::new();
        send(&mut b, 500, 10, false);
        a.join(&b, at(600));
        assert_eq!(a.legal(at(600), false, D), Legal::At(at(510 + 12_000)));
        let mut fresh = Pace::new();
        fresh.join(&a, at(600));
        assert_eq!(fresh, a);
        a.join(&Pace::new(), at(600));
        assert_eq!(fresh, a);
    }

    #[test]
    fn a_user_written_to_every_day_for_months_still_backs_off_when_refused() {
        let mut pace = Pace::new();
        let mut now = 0;
        for _ in 0..100 {
            pace.forget_old(at(now));
            send(&mut pace, now, 10, false);
            now += 23 * 3_600_000;
        }
        pace.begin(at(now), false, D);
        pace.ended_refused(at(now + 10));
        pace.refused(at(now), at(now + 10));
        assert_eq!(pace.refusals(), 1);
    }

    #[test]
    fn a_failed_status_takes_back_the_200_before_it() {
        let mut pace = Pace::new();
        let mut now = 1_000;
        for wait in [1, 4, 16, 64, 256, 256] {
            assert_eq!(pace.legal(at(now), false, D), Legal::Now, "at {now} ms");
            let began = at(now);
            send(&mut pace, now, 80, false);
            assert_eq!(pace.refusals(), 0);
            now += 300;
            pace.refused(began, at(now));
            assert_eq!(pace.legal(at(now), true, D), Legal::At(at(now + wait * 1_000)));
            now += wait * 1_000;
        }
        send(&mut pace, now, 80, false);
        send(&mut pace, now + 6_080, 80, false);
        pace.refused(at(now + 6_080), at(now + 6_200));
        assert_eq!(pace.refusals(), 1, "what was accepted before stays so");
    }

    #[test]
    fn a_request_lost_at_once_still_owes_until_it_can_have_counted() {
        let mut pace = Pace::new();
        pace.begin(at(0), false, D);
        pace.ended(at(3_000));
        pace.forget_old(at(10));
        assert_eq!(pace.legal(at(10), false, D), Legal::At(at(9_000)));
    }

    #[test]
    fn a_clock_that_comes_round_does_not_bring_old_debts_back() {
        let mut pace = Pace::new();
        send(&mut pace, 0, 10, false);
        pace.forget_old(at(25 * 3_600_000));
        assert_eq!(pace.legal(at(1 << 32), false, D), Legal::Now);
        let mut far = Pace::new();
        send(&mut far, 0, 10, false);
        far.forget_old(at(30 * 24 * 3_600_000));
        assert!(!far.owes(at(30 * 24 * 3_600_000)));
    }
}
