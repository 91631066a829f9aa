//! An alert as one line gave it.

use super::content::{self, Lists, Outer};
use super::error::LineError;
use super::member::Member;
use super::room::Entries;
use super::words::Words;
use core::fmt;
use embassy_time::Duration;
use heapless::Vec;
use squab_core::client::{Alarm, Merge, Options, Order, Priority, RECIPIENTS_MAX};
use squab_core::message::{Content, Message, Reply, Tagged};
use squab_core::recipient::Recipient;

/// Longest `ref` in bytes.
pub const REFERENCE_MAX: usize = 64;

/// An alert, ready for `Client::submit`. It borrows from the reader.
#[derive(Clone, Copy)]
pub struct Alert<'a> {
    pub(super) entries: Entries<'a>,
    pub(super) recipient: &'a Recipient,
    /// The member that says what is to be sent.
    pub(super) content: Member,
    pub(super) text: &'a str,
}

impl fmt::Debug for Alert<'_> {
    /// Neither texts nor the whole phone number: they are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alert")
            .field("recipient", self.recipient)
            .field("options", &self.options())
            .finish_non_exhaustive()
    }
}

impl<'a> Alert<'a> {
    /// Who it goes to; of several, the first.
    pub fn recipient(&self) -> &'a Recipient {
        self.recipient
    }

    /// Who it goes to, where the line has a list of them, and what is to be done with it: it is one for
    /// `Client::submit_alarm`.
    ///
    /// The list is on the stack: some 2,500 bytes.
    pub fn alarm(&self) -> Option<(Vec<Recipient, RECIPIENTS_MAX>, Alarm<'a>)> {
        let line = self.entries;
        let seconds = |member| line.number(member).map(|s| Duration::from_secs(u64::from(s)));
        let (order, one) = if line.has(Member::OnCall) {
            (Order::OneByOne, Member::OnCallOne)
        } else if line.has(Member::To) {
            (Order::All, Member::ToOne)
        } else {
            return None;
        };
        let mut recipients = Vec::new();
        for (text, _) in line.elements(one) {
            // The stage has parsed and counted them.
            if let Ok(recipient) = Recipient::parse(text) {
                let _ = recipients.push(recipient);
            }
        }
        let default = Alarm::default();
        let snooze = line.get(Member::SnoozeId).zip(seconds(Member::SnoozeSeconds));
        let alarm = Alarm {
            order,
            escalate_after: seconds(Member::EscalateAfter).unwrap_or(default.escalate_after),
            undelivered_after: seconds(Member::UndeliveredAfter),
            snooze,
            decline: line.get(Member::Decline),
            taken: line.get(Member::Taken),
        };
        Some((recipients, alarm))
    }

    /// What is to be marked as read, if the line asks for that in place of a message: the message's id, and whether its
    /// sender is shown that an answer is being typed.
    pub fn receipt(&self) -> Option<(&'a str, bool)> {
        let id = self.entries.get(Member::ReadId)?;
        Some((id, self.entries.has(Member::Typing)))
    }

    /// How it is to be sent; what the line does not say is as in [`Options::default`].
    pub fn options(&self) -> Options {
        let line = self.entries;
        let seconds = |member| line.number(member).map(|s| Duration::from_secs(u64::from(s)));
        let default = Options::default();
        let priority = [Priority::Low, Priority::Normal, Priority::Urgent]
            .into_iter()
            .find(|priority| line.bytes(Member::Priority) == Some(&[*priority as u8]));
        Options {
            priority: priority.unwrap_or(default.priority),
            expires_in: seconds(Member::ExpiresIn).unwrap_or(default.expires_in),
            ordered: line.has(Member::Ordered),
            at_most_once: line.has(Member::AtMostOnce),
            answer_within: seconds(Member::AnswerWithin),
            policy: None,
            merge: line.get(Member::Merge).map(|word| Merge {
                key: Merge::key_of(word),
                hold: seconds(Member::Hold).unwrap_or_default(),
                damp: seconds(Member::Damp).unwrap_or_default(),
            }),
            marketing: line.has(Member::Marketing),
        }
    }

    /// The same alert with its text as it is to be where it stands for others: with their number in place of each `{count}`,
    /// and, if it is a digest, with their texts above its own. `before` and `so_far` are what
    /// [`Client::merged`](squab_core::client::Client::merged) and
    /// [`Client::merged_text`](squab_core::client::Client::merged_text) say of its recipient and key. The text is made in
    /// `room`, and not longer than that; of a digest the oldest lines are left out for it.
    ///
    /// # Errors
    /// [`LineError::TooLong`] when there is not enough room for what the line says itself.
    pub fn worded<'b>(&self, before: u16, so_far: &str, room: &'b mut [u8]) -> Result<Alert<'b>, LineError>
    where
        'a: 'b,
    {
        let words = Words {
            text: self.text,
            digest: self.entries.get(Member::Digest),
            before,
            so_far,
        };
        if !self.entries.has(Member::Merge) || !words.are_made() {
            return Ok(*self);
        }
        let (member, limit) = (Member::Text, room.len());
        let made = words.make(room);
        let text = made.map_err(|_| LineError::TooLong { member, limit })?;
        Ok(Alert { text, ..*self })
    }

    /// Lends the message to `take` and gives back what `take` does. `language` is that of templates whose language
    /// the line does not name, as the configuration has it. What the line says around the message (`context`,
    /// `callback_data`) is left out: see [`Alert::with_content`]. A read receipt is no message: it is an empty text, which
    /// every client refuses.
    ///
    /// The message's lists are on the stack: about 2,200 bytes on a 32-bit machine, and 2,900 more while they are built.
    pub fn with_message<R>(&self, language: &str, take: impl FnOnce(&Message<'_>) -> R) -> R {
        let (line, content) = (self.entries, self.content);
        let lists = Lists::of(line, content);
        let outer = Outer::of(line, &lists);
        take(&content::message(
            line, content, self.text, language, &lists, &outer,
        ))
    }

    /// Lends what is to be submitted to `take` and gives back what `take` does: the message, and what is around it.
    pub fn with_content<R>(&self, language: &str, take: impl FnOnce(&dyn Content) -> R) -> R {
        let line = self.entries;
        self.with_message(language, |message| {
            let reply;
            let mut content: &dyn Content = message;
            if let Some(id) = line.get(Member::Context) {
                reply = Reply::new(id, message);
                content = &reply;
            }
            match line.get(Member::CallbackData) {
                Some(data) => take(&Tagged::new(data, content)),
                None => take(content),
            }
        })
    }
}
