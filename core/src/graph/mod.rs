//! What the Graph API answers, and what its error codes mean.
//!
//! Meta, "Send messages": a 200 means that the message was accepted, not that it arrived. Meta, "Error codes": act on
//! the code, not on the subcode or the HTTP status. [`Answer`] reads one answer in constant memory, [`catalog`] is the
//! one table of all codes.

mod answer;
pub mod catalog;

pub use answer::{Answer, ErrorInfo, MESSAGE_ID_MAX, MessageStatus, Outcome};

/// The path to which messages are posted, in pieces to be sent one behind the other:
/// `{base_path}/{version}/{phone-number-id}/messages`. The base path is empty at Meta.
///
/// All parts are taken as they are; check them where they enter.
pub const fn messages_path<'a>(
    base_path: &'a str,
    version: &'a str,
    phone_number_id: &'a str,
) -> [&'a str; 6] {
    [base_path, "/", version, "/", phone_number_id, "/messages"]
}

#[cfg(test)]
mod tests {
    use super::messages_path;

    #[test]
    fn messages_are_posted_below_version_and_number() {
        let path = messages_path("", "v25.0", "106540352242922").concat();
        assert_eq!(path, "/v25.0/106540352242922/messages");
    }
}
