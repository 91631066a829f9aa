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
//! | `to` | a phone number as `+16505551234`, or a business-scoped user id; or a list of at most 16: all are told at once |
//! | `group` | a group's id, in place of `to` |
//! | `on_call` | a list in place of `to`: one is told after the other, until somebody takes it |
//! | `escalate_after`, `undelivered_after` | seconds until the next on call is told |
//! | `snooze` | `{"id", "seconds"}`: the button that asks to be told again, and after how long |
//! | `decline` | the id of the button that says no |
//! | `taken` | what those who have it are told when one takes it; `{by}` in it is the name |
//! | `priority` | `"low"`, `"normal"` (default) or `"urgent"` |
//! | `expires_in` | seconds after which it is not sent any more |
//! | `answer_within` | seconds in which an answer is wanted |
//! | `ordered` | `true`: not before the ordered alert to the same user that went before it was delivered |
//! | `at_most_once` | `true`: rather not at all than twice |
//! | `marketing` | `true`: not to whom has opted out of marketing |
//! | `merge` | a word: alerts with the same one to the same user are one message as long as it waits; `{count}` in `text` is how many |
//! | `hold`, `damp` | seconds that the first of them waits for others; seconds from one that went to the next |
//! | `digest` | what stands above the texts of all of them, which are collected; without it the newest text goes |
//! | `ref` | the sender's own reference, at most [`REFERENCE_MAX`] bytes: comes back in the answer |
//! | `context` | id of the message to quote |
//! | `callback_data` | what the message's statuses bring back |
//! | `text` | free text, or what stands above the next three rows |
//! | `buttons`, `list`, `cta_url` | reply buttons, a list, a link; with `header` and `footer` |
//! | `location_request` | `true`: asks where the user is |
//! | `contact_request` | `true`: asks for the user's contact |
//! | `preview_url` | `true`: show a preview of the text's first link |
//! | `fallback` | the template that carries the text when the 24-hour window is closed: its name, or `{"name", "language", "parameter_name"}` |
//! | `template` | in place of `text`, as all that follow: `{"name", "language", "header", "body", "buttons"}` or `{"name", "language", "code"}` |
//! | `image`, `video`, `audio`, `document`, `sticker` | a file: `{"id"}` or `{"link"}`, with `caption`, `filename`, `voice` |
//! | `location` | `{"latitude", "longitude", "name", "address"}` |
//! | `contacts` | a list in Meta's shape, at most [`CONTACTS_MAX`] with [`CONTACT_ENTRIES_MAX`] entries of each kind in all |
//! | `reaction` | `{"message_id", "emoji"}` |
//! | `raw` | anything else, in Meta's shape |
//! | `read` | `{"message_id", "typing"}`: marks a message of `to` as read |
//! | `reading` | alone in its line: the answer to those who ask for readings; `null` for none |
//! | `charges` | `true`, alone in its line: asks what Meta has charged for |
//!
//! `docs/kiosk.md` has the members of each; [`Member`] is the whole table. Members have Meta's names. In a template,
//! `body` has at most [`PARAMETERS_MAX`] parameters, and a button's index is its place in the list if it is not given.
//! `null` counts as not given. A member that is none of these, comes twice or belongs to another kind refuses the line: a
//! typing error must not change an alert. What concerns a single line is checked here; Meta's limits are the client's to
//! check.
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
mod rules;
mod stage;
mod words;

pub use alert::{Alert, REFERENCE_MAX};
pub use error::{LineError, NAME_MAX};
pub use member::{CONTACT_ENTRIES_MAX, CONTACTS_MAX, Member, PARAMETERS_MAX, Place, Shape};
pub use out::{Full, LINE_MAX, Note, Number, write_event, write_note};
pub use reader::{AlertReader, Ask, Line, read_line};
