//! When a device that runs on a battery has to switch its radio on.

use super::choose::{NEVER, open_from, waits_for_delivery};
use super::{Client, Priority};
use crate::division::ms;
use crate::outbox::{Slot, State};
use crate::retry::{after, earlier, later};
use embassy_time::{Duration, Instant};

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// When the radio is needed next, to be asked after [`Client::poll`] has said to wait: at most `now` if it is needed now,
    /// `None` if not before something is submitted.
    ///
    /// What becomes due within `slack` after the first is waited for, so that one connection serves all of it; what is urgent
    /// waits for nobody. What ends by itself, by expiry or because nothing more is heard of it, needs no radio: who tells
    /// outcomes in time wakes for what `poll` says, and leaves the radio off. A read receipt goes with the next connection or
    /// not at all.
    ///
    /// ```
    /// use embassy_time::{Duration, Instant};
    /// use squab_core::client::{Client, Options, Settings, Step};
    /// use squab_core::message::{Message, Text};
    /// use squab_core::recipient::Recipient;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut client: Client = Client::new(Settings::default());
    /// let slack = Duration::from_secs(60);
    /// let mut now = Instant::from_millis(0);
    /// let (mut connections, mut sent) = (0, 0);
    /// for to in ["+16505551234", "+16505551235", "+16505551234"] {
    ///     client.submit(now, &Recipient::parse(to)?, &Message::from(Text::new("4 °C")), Options::default())?;
    /// }
    /// while let Some(wake) = client.next_wake(now, slack) {
    ///     now = now.max(wake); // sleep, with the radio off
    ///     connections += 1; // radio on
    ///     while let Step::Send(id, _) = client.poll(now) {
    ///         sent += 1;
    ///         client.on_reply(id, 200);
    ///         client.on_reply_end(now, id);
    ///     }
    /// }
    /// // Two at once; the third waits for the pair rule's six seconds.
    /// assert_eq!((connections, sent), (2, 3));
    /// # Ok(()) }
    /// ```
    pub fn next_wake(&self, now: Instant, slack: Duration) -> Option<Instant> {
        let now = ms(now.as_ticks());
        let needs = self.needs(now, NEVER);
        if needs.first == NEVER {
            return None;
        }
        let until = after(needs.first, ms(slack.as_ticks())).min(needs.urgent);
        let wake = needs.first.max(self.needs(now, until).last);
        Some(Instant::from_millis(wake.min(Instant::MAX.as_millis())))
    }

    /// When the radio is needed from `now` on.
    #[inline(never)]
    fn needs(&self, now: u64, until: u64) -> Needs {
        let mut needs = Needs {
            first: NEVER,
            urgent: NEVER,
            last: 0,
        };
        let fails = later(self.failing_until().unwrap_or(0), self.silent_until);
        for slot in &self.slots {
            let need = self.needs_radio(slot, fails, now);
            needs.count(need, now, slot.priority == Priority::Urgent, until);
        }
        if !self.heartbeat_waits() {
            needs.count(self.next_heartbeat().unwrap_or(NEVER), now, false, until);
        }
        needs
    }

    /// When the radio is needed for this message, while everything fails until `fails`; [`NEVER`] if it is not.
    fn needs_radio(&self, slot: &Slot, fails: u64, now: u64) -> u64 {
        let from = match slot.state {
            State::InFlight => now,
            State::MaybeSent if !slot.at_most_once => later(slot.due, fails),
            // The time of day is asked for first.
            State::Queued if self.awaits_clock => now,
            State::Queued if !waits_for_delivery(&self.slots, slot) => {
                let urgent = slot.priority == Priority::Urgent;
                let (users, place) = (self.users.all(), self.users.has_new_place());
                let legal = open_from(users, slot.user, place, urgent, self.uplink(), now);
                let calm = self.calm_until(slot, now).unwrap_or(0);
                later(later(slot.due, legal), later(fails, calm))
            }
            _ => NEVER,
        };
        // It is not sent any more then.
        if slot.state != State::InFlight && !slot.absolute && later(from, now) >= slot.expires {
            return NEVER;
        }
        from
    }
}

/// When something needs the radio; [`NEVER`] where nothing does.
struct Needs {
    first: u64,
    /// The first that is urgent.
    urgent: u64,
    /// The last up to a moment.
    last: u64,
}

impl Needs {
    #[inline(never)]
    fn count(&mut self, need: u64, now: u64, urgent: bool, until: u64) {
        let need = later(need, now);
        self.first = earlier(self.first, need);
        if urgent {
            self.urgent = earlier(self.urgent, need);
        }
        if need <= until && need < NEVER {
            self.last = later(self.last, need);
        }
    }
}
