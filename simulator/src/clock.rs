//! Time for everything at the desk: real, or a day in a few seconds.
//!
//! A simulated [`Clock`] runs `speed` times as fast as real time while nothing is in flight, and as fast as real time
//! while a request is ([`Clock::busy`]): round trips keep their true length, waiting costs next to nothing. It never
//! passes a deadline before its sleeper has woken: whoever sleeps until noon sees noon, however late the operating
//! system was. (So a sleeping future that nobody polls stops simulated time. Drop it, or poll it.) At a speed of 1 it loses
//! nothing and waits for nobody, as real time does: others measure their waits by that.
//!
//! A clock is an `Arc`: cheap to clone, and all clones tell the same time. Memory: one small map entry per sleeper.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

/// Tells the time since its start, and wakes sleepers. See the [module](self).
#[derive(Clone)]
pub struct Clock(Arc<Shared>);

struct Shared {
    /// Wall-clock time at the start.
    started: SystemTime,
    /// Real clocks pass deadlines as time does, and lose nothing.
    simulated: bool,
    state: Mutex<State>,
}

struct State {
    /// Time at `at`.
    base: Duration,
    at: Instant,
    speed: u32,
    busy: usize,
    /// Everybody asleep, by deadline, then in order of arrival.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    next_sleeper: u64,
}

impl State {
    /// 0: time stands still.
    const fn rate(&self) -> u32 {
        if self.busy > 0 && self.speed > 0 {
            1
        } else {
            self.speed
        }
    }

    fn now(&self, simulated: bool) -> Duration {
        self.now_at(Instant::now(), simulated)
    }

    fn now_at(&self, instant: Instant, simulated: bool) -> Duration {
        let elapsed = instant.saturating_duration_since(self.at);
        let now = self.base.saturating_add(elapsed.saturating_mul(self.rate()));
        match self.sleepers.first_key_value() {
            // A deadline may have passed already when the speed rises: time never goes back.
            Some((&(deadline, _), _)) if simulated && self.speed > 1 => now.min(deadline).max(self.base),
            _ => now,
        }
    }

    /// Fixes what the time is before the rate or the first deadline changes.
    fn settle(&mut self, simulated: bool) -> Duration {
        if simulated {
            let instant = Instant::now();
            self.base = self.now_at(instant, true);
            self.at = instant;
            self.base
        } else {
            self.now(false)
        }
    }

    /// Only the first sleeper keeps a timer; whoever becomes the first has to be told.
    fn wake_first(&self) {
        if let Some((_, waker)) = self.sleepers.first_key_value() {
            waker.wake_by_ref();
        }
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        f.debug_struct("Clock")
            .field("now", &state.now(self.0.simulated))
            .field("simulated", &self.0.simulated)
            .field("speed", &state.speed)
            .field("busy", &state.busy)
            .finish_non_exhaustive()
    }
}

impl Clock {
    /// Real time, starting now.
    pub fn real() -> Self {
        Self::new(false, 1, SystemTime::now())
    }

    /// Simulated time that starts at the wall-clock time `started`, `speed` times as fast as real time while nothing is
    /// in flight. A speed of 0 is taken as 1.
    pub fn simulated(speed: u32, started: SystemTime) -> Self {
        Self::new(true, speed.max(1), started)
    }

    fn new(simulated: bool, speed: u32, started: SystemTime) -> Self {
        Self(Arc::new(Shared {
            started,
            simulated,
            state: Mutex::new(State {
                base: Duration::ZERO,
                at: Instant::now(),
                speed,
                busy: 0,
                sleepers: BTreeMap::new(),
                next_sleeper: 0,
            }),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time since the start.
    pub fn now(&self) -> Duration {
        self.lock().now(self.0.simulated)
    }

    /// Milliseconds since the start, rounded down.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX)
    }

    /// Wall-clock time.
    pub fn utc(&self) -> SystemTime {
        self.0.started + self.now()
    }

    /// How many times as fast as real time it runs while nothing is in flight; 0: it stands still until it is set going
    /// or [forward](Self::advance).
    pub fn speed(&self) -> u32 {
        self.lock().speed
    }

    /// Runs as fast as that from now on; 0 stops time, requests in flight or not. Whether it does: a real clock does not.
    pub fn set_speed(&self, speed: u32) -> bool {
        let mut state = self.lock();
        if self.0.simulated {
            state.settle(true);
            state.speed = speed;
            state.wake_first();
        }
        self.0.simulated
    }

    /// Sets time forward by `length`, waking everybody on the way in order and on time: after each waking it waits until
    /// nothing is in flight any more, but no longer than a second or two for one request that takes its time. Gives the
    /// time that it is then: earlier than asked for if somebody sleeps who is never polled. A real clock stays as it is.
    pub async fn advance(&self, length: Duration) -> Duration {
        const PATIENCE: u32 = 1_000;
        let target = self.now().saturating_add(length);
        if !self.0.simulated {
            return self.now();
        }
        loop {
            let mut overslept = true;
            for _ in 0..PATIENCE {
                // Who was woken has to run and to take the clock; then nothing may be in flight.
                tokio::time::sleep(Duration::from_millis(1)).await;
                let mut state = self.lock();
                let now = state.settle(true);
                overslept = state
                    .sleepers
                    .first_key_value()
                    .is_some_and(|((at, _), _)| *at <= now);
                if !overslept && state.busy == 0 {
                    break;
                }
            }
            if overslept {
                break;
            }
            let mut state = self.lock();
            let now = state.settle(true);
            let first = state.sleepers.first_key_value().map(|((at, _), _)| *at);
            let next = first.map_or(target, |first| first.min(target));
            state.base = now.max(next);
            state.wake_first();
            if state.base >= target && first.is_none_or(|first| first > target) {
                break;
            }
        }
        self.now()
    }

    /// Whether it is simulated.
    pub fn is_simulated(&self) -> bool {
        self.0.simulated
    }

    /// Something is in flight: until the guard is dropped, time runs no faster than real time.
    #[must_use = "time is held back until the guard is dropped"]
    pub fn busy(&self) -> BusyGuard {
        let mut state = self.lock();
        self.hold(&mut state)
    }

    fn hold(&self, state: &mut State) -> BusyGuard {
        state.settle(self.0.simulated);
        state.busy = state.busy.saturating_add(1);
        BusyGuard(self.clone())
    }

    /// Sleeps until `deadline`, counted from the start. Has to be polled within a tokio runtime with time enabled.
    pub async fn sleep_until(&self, deadline: Duration) {
        drop(self.sleep_until_busy(deadline).await);
    }

    /// Sleeps for `length`.
    pub async fn sleep(&self, length: Duration) {
        self.sleep_until(self.now().saturating_add(length)).await;
    }

    /// Sleeps until `deadline` and is busy from that very instant on: whatever the sleeper then does begins at its
    /// deadline, at any speed.
    pub async fn sleep_until_busy(&self, deadline: Duration) -> BusyGuard {
        Sleep {
            clock: self.clone(),
            deadline,
            key: None,
            timer: None,
        }
        .await
    }
}

/// Holds a simulated clock to real time until it is dropped. See [`Clock::busy`].
pub struct BusyGuard(Clock);

impl std::fmt::Debug for BusyGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BusyGuard")
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.settle(self.0.0.simulated);
        state.busy = state.busy.saturating_sub(1);
        if state.busy == 0 {
            state.wake_first();
        }
    }
}

struct Sleep {
    clock: Clock,
    deadline: Duration,
    key: Option<(Duration, u64)>,
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Sleep {
    /// Either the guard of somebody who has woken, or how long, in real time, the first sleeper has to wait yet.
    fn check(&mut self, waker: &Waker) -> Result<BusyGuard, Option<Duration>> {
        let clock = self.clock.clone();
        let mut state = clock.lock();
        let now = state.settle(clock.0.simulated);
        if now >= self.deadline {
            let guard = clock.hold(&mut state);
            if let Some(key) = self.key.take() {
                state.sleepers.remove(&key);
                state.wake_first();
            }
            return Ok(guard);
        }
        let key = *self.key.get_or_insert_with(|| {
            let key = (self.deadline, state.next_sleeper);
            state.next_sleeper = state.next_sleeper.wrapping_add(1);
            key
        });
        state.sleepers.insert(key, waker.clone());
        let first = state
            .sleepers
            .first_key_value()
            .is_some_and(|(first, _)| *first == key);
        let left = self.deadline.saturating_sub(now);
        // While time stands still, whoever sets it going or forward wakes the first sleeper.
        Err(left.checked_div(state.rate()).filter(|_| first))
    }
}

impl Future for Sleep {
    type Output = BusyGuard;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<BusyGuard> {
        loop {
            match self.check(context.waker()) {
                Ok(guard) => return Poll::Ready(guard),
                Err(None) => {
                    self.timer = None;
                    return Poll::Pending;
                }
                Err(Some(real)) => {
                    let timer = self.timer.insert(Box::pin(tokio::time::sleep(real)));
                    if timer.as_mut().poll(context).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            let mut state = self.clock.lock();
            state.settle(self.clock.0.simulated);
            state.sleepers.remove(&key);
            state.wake_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const MINUTE: Duration = Duration::from_mins(1);

    fn fast() -> Clock {
        Clock::simulated(1_000_000, SystemTime::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn a_day_passes_in_a_fraction_of_a_second_and_wakes_everybody_in_order_and_on_time() {
        let clock = fast();
        let real = Instant::now();
        let woken = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..48u32)
            .map(|nth| {
                // 7 and 48 have no common divisor: the order of arrival is not the order of the deadlines.
                let deadline = HOUR / 2 * (nth * 7 % 48 + 1);
                let (clock, woken) = (clock.clone(), woken.clone());
                tokio::spawn(async move {
                    let _guard = clock.sleep_until_busy(deadline).await;
                    let late = clock.now().checked_sub(deadline).unwrap();
                    woken.lock().unwrap().push((deadline, late));
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let woken = woken.lock().unwrap();
        assert_eq!(woken.len(), 48);
        assert!(woken.is_sorted_by_key(|(deadline, _)| *deadline));
        for (deadline, late) in woken.iter() {
            assert!(*late < Duration::from_secs(1), "{deadline:?} was {late:?} late");
        }
        assert!(clock.now() >= 24 * HOUR);
        assert!(real.elapsed() < Duration::from_secs(5), "{:?}", real.elapsed());
    }

    #[tokio::test]
    async fn while_something_is_in_flight_time_is_real() {
        let clock = fast();
        let first = clock.busy();
        let second = clock.busy();
        let (before, real) = (clock.now(), Instant::now());
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(first);
        tokio::time::sleep(Duration::from_millis(20)).await;
        let (passed, real) = (clock.now().checked_sub(before).unwrap(), real.elapsed());
        assert!(passed >= Duration::from_millis(40));
        assert!(passed <= real);

        drop(second);
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(clock.now().checked_sub(before).unwrap() >= HOUR);
    }

    #[tokio::test]
    async fn a_sleeper_is_woken_early_when_the_last_request_ends() {
        let clock = fast();
        let guard = clock.busy();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(HOUR).await }
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(!sleeper.is_finished());
        drop(guard);
        tokio::time::timeout(Duration::from_secs(5), sleeper)
            .await
            .expect("an hour at a million times real time")
            .unwrap();
    }

    #[tokio::test]
    async fn a_deadline_is_not_passed_before_its_sleeper_has_woken() {
        let clock = fast();
        let mut sleep = Box::pin(clock.sleep_until(MINUTE));
        assert!(poll_once(&mut sleep).await.is_pending());
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(clock.now(), MINUTE);
        sleep.await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(clock.now() > MINUTE);
    }

    #[tokio::test]
    async fn a_dropped_sleeper_holds_nothing_back() {
        let clock = fast();
        let mut sleep = Box::pin(clock.sleep_until(MINUTE));
        assert!(poll_once(&mut sleep).await.is_pending());
        drop(sleep);
        clock.sleep_until(HOUR).await;
        assert!(clock.now() >= HOUR);
    }

    #[tokio::test]
    async fn a_deadline_in_the_past_is_over_at_once() {
        let clock = fast();
        clock.sleep(MINUTE).await;
        let mut sleep = Box::pin(clock.sleep_until(MINUTE));
        assert!(poll_once(&mut sleep).await.is_ready());
    }

    #[tokio::test]
    async fn time_that_stands_still_is_set_forward_and_wakes_everybody_on_the_way_in_order() {
        let clock = fast();
        assert!(clock.set_speed(0));
        let woken = Arc::new(Mutex::new(Vec::new()));
        for deadline in [2 * HOUR, MINUTE, HOUR] {
            let (clock, woken) = (clock.clone(), woken.clone());
            tokio::spawn(async move {
                let _guard = clock.sleep_until_busy(deadline).await;
                woken.lock().unwrap().push((deadline, clock.now()));
            });
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        let before = clock.now();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(clock.now(), before, "it stands still");
        assert_eq!(clock.advance(HOUR).await, before + HOUR);
        assert_eq!(*woken.lock().unwrap(), [(MINUTE, MINUTE), (HOUR, HOUR)]);
        assert!(clock.set_speed(1_000_000));
        clock.sleep_until(3 * HOUR).await;
        assert_eq!(woken.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn at_a_speed_of_one_a_clock_that_can_be_set_loses_nothing_whoever_sleeps_and_never_goes_back() {
        let clock = Clock::simulated(1, SystemTime::UNIX_EPOCH);
        let real = Instant::now();
        let mut sleep = Box::pin(clock.sleep_until(Duration::from_millis(1)));
        assert!(poll_once(&mut sleep).await.is_pending());
        for _ in 0..1_000 {
            drop(clock.busy());
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
        let (least, now) = (real.elapsed(), clock.now());
        assert!(now + Duration::from_millis(1) >= least, "{now:?} after {least:?}");
        assert!(clock.set_speed(1_000));
        assert!(clock.now() >= now);
        sleep.await;
        assert!(clock.now() >= now);
    }

    #[tokio::test]
    async fn a_real_clock_is_not_set() {
        let clock = Clock::real();
        assert!(!clock.set_speed(0));
        assert!(clock.advance(HOUR).await < HOUR);
        assert_eq!(clock.speed(), 1);
    }

    #[tokio::test]
    async fn a_real_clock_keeps_up_with_real_time_whoever_sleeps() {
        let clock = Clock::real();
        let real = Instant::now();
        let mut sleep = Box::pin(clock.sleep_until(Duration::from_millis(1)));
        assert!(poll_once(&mut sleep).await.is_pending());
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert!(clock.now() >= Duration::from_millis(30));
        sleep.await;
        assert!(clock.now() >= Duration::from_millis(30));
        assert!(clock.now() <= real.elapsed() + Duration::from_millis(1));
    }

    #[tokio::test]
    async fn wall_clock_time_goes_along() {
        let clock = Clock::simulated(1_000_000, SystemTime::UNIX_EPOCH + 8 * HOUR);
        clock.sleep(HOUR).await;
        assert!(clock.utc() >= SystemTime::UNIX_EPOCH + 9 * HOUR);
        assert!(clock.now_ms() >= 3_600_000);
    }

    async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
        let mut future = Pin::new(future);
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
    }
}
