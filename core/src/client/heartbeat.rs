//! The heartbeat: a message at an interval that says that the device is alive, so that its silence says something too.
//!
//! The core says when, the application words it. It goes at low priority and ends with its interval. One that is missed is
//! not made up for, and while one waits there is no other. With a journal the interval goes on over a restart, by the time
//! of day; without, the first is due an interval after the start. Memory: 16 bytes.

use super::event::kind;
use super::{Client, Options, Priority, Refused, Ticket};
use crate::division::ms;
use crate::message::Content;
use crate::outbox::{State, taken};
use crate::recipient::Recipient;
use crate::retry::{after, before};
use embassy_time::{Duration, Instant};

/// A shorter interval, in milliseconds, is taken for this.
const SHORTEST: u64 = 1_000;

#[derive(Debug, Clone)]
pub(super) struct Heartbeat {
    /// When the next is due, in milliseconds of the clock; 0 while that is not known.
    due: u64,
    /// Unix time in seconds of the last, or of the start of the first interval; 0 for none.
    pub(super) last: u32,
    /// The last one's message.
    ticket: Ticket,
}

impl Heartbeat {
    pub(super) const NONE: Self = Self {
        due: 0,
        last: 0,
        ticket: Ticket::NONE,
    };
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// As [`Client::submit`], for the message that [`Event::HeartbeatDue`](super::Event::HeartbeatDue) asks for: of low
    /// priority, and not sent any more when the next is due. While it waits none is asked for.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub fn submit_heartbeat(
        &mut self,
        now: Instant,
        recipient: &Recipient,
        message: &dyn Content,
        options: Options,
    ) -> Result<Ticket, Refused> {
        let interval = self.settings.heartbeat.unwrap_or(options.expires_in);
        let options = Options {
            priority: Priority::Low,
            expires_in: options
                .expires_in
                .min(interval.max(Duration::from_millis(SHORTEST))),
            ..options
        };
        let submitted = self.submit(now, recipient, message, options);
        if let Ok(ticket) = submitted {
            self.heartbeat.ticket = ticket;
        }
        submitted
    }

    /// Milliseconds between two, where there are any.
    fn interval(&self) -> Option<u64> {
        let every = self.settings.heartbeat.filter(|_| cfg!(feature = "alerts"))?;
        Some(ms(every.as_ticks()).max(SHORTEST))
    }

    /// When the next one is due.
    pub(super) fn next_heartbeat(&self) -> Option<u64> {
        Some(self.heartbeat.due).filter(|due| cfg!(feature = "alerts") && *due > 0)
    }

    /// Whether the last one was not taken by Meta yet.
    pub(super) fn heartbeat_waits(&self) -> bool {
        taken(&self.slots).any(|slot| {
            slot.ticket == self.heartbeat.ticket
                && matches!(slot.state, State::Queued | State::InFlight | State::MaybeSent)
        })
    }

    /// Asks for one when it is due.
    pub(super) fn beat(&mut self, now: u64) {
        let Some(interval) = self.interval() else { return };
        let unix = self.unix_seconds(now);
        if self.heartbeat.due == 0 {
            if self.journals() && unix == 0 {
                // The time of day will tell how much of the interval has passed.
                return;
            }
            let last = match self.heartbeat.last {
                0 => unix,
                last => last,
            };
            let passed = u64::from(unix.saturating_sub(last)).saturating_mul(1_000);
            self.heartbeat.due = after(now, before(interval, passed)).max(1);
            if self.heartbeat.last != last {
                self.heartbeat.last = last;
                self.unsaved.counts = true;
            }
        }
        if now < self.heartbeat.due {
            return;
        }
        let next = after(self.heartbeat.due, interval);
        self.heartbeat.due = if next > now { next } else { after(now, interval) };
        self.heartbeat.last = unix;
        self.unsaved.counts = true;
        if !self.heartbeat_waits() {
            self.tell(kind::HEARTBEAT, Ticket::NONE, 0, "");
        }
    }
}
