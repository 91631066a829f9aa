//! What the kiosk itself has to say, beside the client's events.

use crate::lines;
use squab_adapters::http::Cause;
use squab_core::webhook::{Rejected, VerifyError};

/// A line of the kiosk's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
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
