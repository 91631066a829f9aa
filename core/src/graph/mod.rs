//! What the Graph API answers, and what its error codes mean.
//!
//! Meta, "Send messages": a 200 means that the message was accepted, not that it arrived. Meta, "Error codes": act on
//! the code, not on the subcode or the HTTP status. [`Answer`] reads one answer in constant memory, [`catalog`] is the
//! one table of all codes.

mod answer;
pub mod catalog;

pub use answer::{Answer, ErrorInfo, MESSAGE_ID_MAX, MessageStatus, Outcome};

use core::fmt;

/// The path to which messages are posted: `/{version}/{phone-number-id}/messages`.
///
/// Both parts are written as they are; check them where they enter.
pub fn messages_path<'a>(version: &'a str, phone_number_id: &'a str) -> MessagesPath<'a> {
    MessagesPath {
        version,
        phone_number_id,
    }
}

/// A path that is written piece by piece; see [`messages_path`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessagesPath<'a> {
    version: &'a str,
    phone_number_id: &'a str,
}

impl fmt::Display for MessagesPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in ["/", self.version, "/", self.phone_number_id, "/messages"] {
            f.write_str(part)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::messages_path;

    #[test]
    fn messages_are_posted_below_version_and_number() {
        let path = std::format!("{}", messages_path("v25.0", "106540352242922"));
        assert_eq!(path, "/v25.0/106540352242922/messages");
    }
}
