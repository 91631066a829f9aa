//! What the kiosk itself has to say, beside the client's events.

use crate::lines;
use embedded_io_async::ErrorKind;
use squab_adapters::http::Cause;
use squab_core::webhook::{Rejected, VerifyError};

/// A line of the kiosk's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// The kiosk takes alerts; whether webhooks reach it.
    Started(bool),
    /// So many events were not written, because nobody took them fast enough.
    EventsDropped(u32),
    /// The input failed, and no more alerts are read.
    InputFailed(ErrorKind),
    /// Requests fail, for this reason.
    LinkDown(Cause),
    /// Requests are answered again.
    LinkUp,
    /// No answer came in time.
    LinkSlow,
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
                let text = format_args!("the input failed ({kind:?}): no more alerts are read");
                return lines::write_note(&lines::Note::Warning { text: &text }, line);
            }
            Self::LinkDown(cause) => lines::Note::LinkDown { reason: cause },
            Self::LinkSlow => lines::Note::LinkDown {
                reason: &"no answer came in the time allowed",
            },
            Self::LinkUp => lines::Note::LinkUp,
            Self::WebhookRejected(rejected) => lines::Note::Warning { text: rejected },
            Self::VerificationRefused(error) => lines::Note::Warning { text: error },
        };
        lines::write_note(&note, line)
    }
}
