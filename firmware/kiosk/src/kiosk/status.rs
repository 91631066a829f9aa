//! Readings for those who ask: the answer to STATUS is what the input said last.
//!
//! Memory: one text of [`READING_MAX`](super::READING_MAX) bytes.

use super::{Kiosk, READING_MAX, input};
use crate::lines::{self, LineError, Member};
use embassy_time::Duration;
use heapless::String;
use squab_adapters::clock::Clock;
use squab_core::client::Options;
use squab_core::message::{Message, Text};
use squab_core::recipient::{Bsuid, PhoneNumber, Recipient};

/// Readings that are older than this when they could go are not sent any more.
const GOOD_FOR: Duration = Duration::from_secs(600);

/// Whom the client calls so.
pub(super) fn recipient(by: &str) -> Option<Recipient> {
    let number = PhoneNumber::from_wa_id(by).map(Recipient::Phone);
    number.ok().or_else(|| Bsuid::parse(by).ok().map(Recipient::User))
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Kiosk<'_, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// From now on this is the answer; empty for none.
    pub(super) fn set_reading(&self, text: &str) -> Result<(), LineError> {
        let reading = String::try_from(text).map_err(|_| LineError::TooLong {
            member: Member::Reading,
            limit: READING_MAX,
        })?;
        *self.reading.borrow_mut() = reading;
        Ok(())
    }

    /// Sends the readings to somebody who asks for them, and writes what became of that into `line`; `None` where there are
    /// none, and whoever reads the events may answer.
    pub(super) fn answer_status<C: Clock>(
        &self,
        clock: &C,
        to: &Recipient,
        line: &mut [u8],
    ) -> Option<Result<usize, lines::Full>> {
        let reading = self.reading.borrow();
        if reading.is_empty() {
            return None;
        }
        let options = Options {
            expires_in: GOOD_FOR,
            ..Options::default()
        };
        let text = Message::Text(Text::new(&reading));
        let sent = self.with_client(|client| client.submit(clock.now(), to, &text, options));
        Some(input::write_taken(&sent, None, None, line))
    }
}
