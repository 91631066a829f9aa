//! What the kiosk itself has to say, beside the client's events.

use super::RAISED;
use crate::lines::{self, Number};
use core::net::Ipv4Addr;
use embedded_io_async::ErrorKind;
use squab_adapters::http::Cause;
use squab_adapters::journal::Error;
use squab_core::client::RestoreError;
use squab_core::webhook::{Rejected, VerifyError};

/// A line of the kiosk's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Note {
    /// The kiosk takes alerts; whether webhooks reach it.
    Started(bool),
    /// So many events were not written, because nobody took them fast enough.
    EventsDropped(u32),
    /// The input failed; it is read on.
    InputFailed(ErrorKind),
    /// An alert that was raised was not taken, because too many wait.
    NotRaised,
    /// The device has this address, or none any more.
    Network(Option<Ipv4Addr>),
    /// The time is known: seconds since 1970-01-01 UTC.
    ClockSet(u64),
    /// The time is not known, and nobody has told it so far.
    ClockUnset,
    /// What a board has to say, in one plain sentence.
    Warning(&'static str),
    /// What Meta says of the business number.
    Number(&'static Number),
    /// Requests fail, for this reason.
    LinkDown(Cause),
    /// Requests are answered again.
    LinkUp,
    /// No answer came in time.
    LinkSlow,
    /// What waits would not outlive a loss of power, for this reason; alerts go on.
    JournalFailed(Error<()>),
    /// So many records of the journal could not be read.
    JournalDamaged(u32),
    /// A record of the journal was not taken.
    NotRestored(RestoreError),
    /// A webhook was not believed, or not understood.
    WebhookRejected(Rejected),
    /// Somebody asked for the verification, and was refused.
    VerificationRefused(VerifyError),
}

impl Note {
    /// Its line in `line`; how long it is.
    pub(super) fn write(self, line: &mut [u8]) -> Result<usize, lines::Full> {
        let note = match &self {
            Self::Started(inbound) => lines::Note::Started { inbound: *inbound },
            Self::EventsDropped(count) => {
                let text = format_args!("{count} events were not told: they were not taken fast enough");
                return lines::write_note(&lines::Note::Warning { text: &text }, line);
            }
            Self::InputFailed(kind) => {
                let text = format_args!(
                    "the input failed ({kind:?}): the line it broke is refused, then it is read on"
                );
                return lines::write_note(&lines::Note::Warning { text: &text }, line);
            }
            Self::NotRaised => {
                let text = format_args!("an alert was raised and not taken, because {RAISED} wait already");
                return lines::write_note(&lines::Note::Warning { text: &text }, line);
            }
            Self::Network(Some(address)) => lines::Note::NetworkUp { address: *address },
            Self::Network(None) => lines::Note::NetworkDown,
            Self::ClockSet(at) => lines::Note::ClockSet { at: *at },
            Self::ClockUnset => lines::Note::ClockUnset {
                reason: &"no time server has answered yet: without the time no certificate can be checked",
            },
            Self::Warning(text) => lines::Note::Warning { text },
            Self::Number(number) => lines::Note::Number(**number),
            Self::LinkDown(cause) => lines::Note::LinkDown { reason: cause },
            Self::LinkSlow => lines::Note::LinkDown {
                reason: &"no answer came in the time allowed",
            },
            Self::LinkUp => lines::Note::LinkUp,
            Self::JournalFailed(why) => {
                let text = format_args!("{why}: what waits would be lost with the power");
                return lines::write_note(&lines::Note::Warning { text: &text }, line);
            }
            Self::JournalDamaged(count) => {
                let text =
                    format_args!("{count} records of the journal could not be read: what they held is lost");
                return lines::write_note(&lines::Note::Warning { text: &text }, line);
            }
            Self::NotRestored(why) => {
                let text = format_args!("{why}: what it held is not sent");
                return lines::write_note(&lines::Note::Warning { text: &text }, line);
            }
            Self::WebhookRejected(rejected) => lines::Note::Warning { text: rejected },
            Self::VerificationRefused(error) => lines::Note::Warning { text: error },
        };
        lines::write_note(&note, line)
    }
}
