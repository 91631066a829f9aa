//! What the Graph API answers, and what its error codes mean.
//!
//! Meta, "Send messages": a 200 means that the message was accepted, not that it arrived. Meta, "Error codes": act on
//! the code, not on the subcode or the HTTP status. [`Answer`] reads one answer in constant memory, [`catalog`] is the
//! one table of all codes. What is no message (number, token, templates, media) is read by [`Members`] and the table of
//! [`reads`] that belongs to it.

mod answer;
pub mod catalog;
mod health;
mod members;
pub mod reads;

pub use answer::{Answer, ErrorInfo, MESSAGE_ID_MAX, MessageStatus, Outcome};
pub use health::Concern;
pub use members::{Found, Members};

/// The path to which messages are posted, in pieces to be sent one behind the other:
/// `{base_path}/{version}/{phone-number-id}/messages`. The base path is empty at Meta.
///
/// All parts are taken as they are; check them where they enter.
pub const fn messages_path<'a>(
    base_path: &'a str,
    version: &'a str,
    phone_number_id: &'a str,
) -> [&'a str; 6] {
    node_path(base_path, version, phone_number_id, "/messages")
}

/// The path of an object of the Graph API, in pieces as above: `{base_path}/{version}/{id}{tail}`. The tail is an edge
/// (`/media`), a query (`?fields=…`), both or neither.
pub const fn node_path<'a>(base_path: &'a str, version: &'a str, id: &'a str, tail: &'a str) -> [&'a str; 6] {
    [base_path, "/", version, "/", id, tail]
}

#[cfg(test)]
mod tests {
    use super::{messages_path, node_path, reads};

    #[test]
    fn messages_are_posted_below_version_and_number() {
        let path = messages_path("", "v25.0", "106540352242922").concat();
        assert_eq!(path, "/v25.0/106540352242922/messages");
    }

    #[test]
    fn an_object_is_asked_below_the_version_and_the_base_path() {
        let tail = ["?fields=", reads::TEMPLATE_FIELDS].concat();
        assert_eq!(
            node_path("/base", "v25.0", "7", &tail).concat(),
            "/base/v25.0/7?fields=name,language,status,category,rejected_reason,quality_score"
        );
    }
}
