//! Alerts in and events out, as JSON Lines: one JSON object a line, on standard input and output or over a UART.
//!
//! ```
//! use squab_kiosk::lines::AlertReader;
//!
//! let mut reader = AlertReader::<4096>::new();
//! reader.push(
//!     b"{\"to\":\"+16505551234\",\"text\":\"Water in the cellar\",\"priority\":\"urgent\",\"ref\":\"w1\"}\n",
//!     &mut |line| {
//!         assert_eq!((line.number, line.reference), (1, Some("w1")));
//!         let alert = line.alert.unwrap();
//!         // client.submit(now, alert.recipient(), &message, alert.options())
//!         alert.with_message("en_US", |message| assert_eq!(message.kind().name(), "text"));
//!     },
//! );
//! ```
//!
//! # Alerts
//!
//! | Member | Value |
//! |---|---|
//! | `to` | a phone number as `+16505551234`, or a business-scoped user id |
//! | `group` | a group's id, in place of `to` |
//! | `text` | free text |
//! | `preview_url` | `true`: show a preview of the text's first link |
//! | `fallback` | the template that carries the text when the 24-hour window is closed: its name, or `{"name", "language", "parameter_name"}` |
//! | `template` | in place of `text`: `{"name", "language", "header", "body", "buttons"}` |
//! | `priority` | `"low"`, `"normal"` (default) or `"urgent"` |
//! | `expires_in` | seconds after which it is not sent any more |
//! | `answer_within` | seconds in which an answer is wanted |
//! | `ordered` | `true`: not before the ordered alert to the same user that went before it was delivered |
//! | `at_most_once` | `true`: rather not at all than twice |
//! | `marketing` | `true`: not to whom has opted out of marketing |
//! | `ref` | the sender's own reference, at most [`REFERENCE_MAX`] bytes: comes back in the answer |
//!
//! In a template, `header` is one parameter, `body` a list of at most [`PARAMETERS_MAX`], each a text or
//! `{"name", "text"}`; `buttons` is a list of `{"index", "payload"}` (quick reply) or `{"index", "url"}` (end of the
//! address), where the index is the place in the list if it is not given. Only `name` is required. `null` counts as
//! not given. A member that is none of these, or comes twice, refuses the line: a typing error must not change an
//! alert. What concerns a single line is checked here; Meta's limits are the client's to check.
//!
//! Memory: see [`AlertReader`]. Lines out need a buffer of [`LINE_MAX`] bytes at most.

mod alert;
mod capture;
mod content;
mod error;
mod member;
mod more;
mod out;
mod reader;
mod room;
mod stage;

pub use alert::{Alert, REFERENCE_MAX};
pub use error::{LineError, NAME_MAX};
pub use member::{CONTACT_ENTRIES_MAX, CONTACTS_MAX, Member, PARAMETERS_MAX, Place, Shape};
pub use out::{Full, LINE_MAX, Note, Number, write_event, write_note};
pub use reader::{AlertReader, Line, read_line};
