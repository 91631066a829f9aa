//! `squab-core`: WhatsApp alerts from a device too small for an operating system.
//!
//! Everything that knows Meta's WhatsApp Business Cloud API, and nothing that touches the world: no I/O, no clock, no
//! heap, no `unsafe`, no panic. One state machine, [`client::Client`], owns every decision; whoever runs it moves bytes
//! and tells the time.
//!
//! ```
//! use embassy_time::Instant;
//! use squab_core::client::{Client, Event, Options, Outcome, Settings, Step};
//! use squab_core::message::{Message, Text};
//! use squab_core::recipient::Recipient;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut client: Client = Client::new(Settings::default());
//! let now = Instant::from_millis(0);
//! let to = Recipient::parse("+16505551234")?;
//! let ticket = client.submit(now, &to, &Message::from(Text::new("Water in the cellar")), Options::urgent())?;
//!
//! let Step::Send(id, request) = client.poll(now) else { panic!("it goes out at once") };
//! let mut body = [0; 512];
//! let length = request.read_body(0, &mut body);
//! assert_eq!(length, request.body_len());
//! // POST it to /v25.0/{phone-number-id}/messages, and tell what came back:
//! client.on_reply(id, 200);
//! client.on_reply_body(id, br#"{"messages":[{"id":"wamid.HBgL"}]}"#);
//! client.on_reply_end(now, id);
//!
//! assert_eq!(client.next_event(), Some(Event::Accepted { ticket, id: "wamid.HBgL" }));
//! // Without webhooks nothing more is heard of it.
//! assert_eq!(client.next_event(), Some(Event::Outcome { ticket, outcome: Outcome::Accepted }));
//! # Ok(()) }
//! ```
//!
//! | Room | What |
//! | --- | --- |
//! | [`client`] | the machine: tickets, order, what is sent when, what becomes of it |
//! | [`message`] | what can be sent, and every limit of Meta's |
//! | [`webhook`] | what comes in: handshake, signature, typed updates |
//! | [`graph`] | the Graph API's answers, and the catalogue of error codes |
//! | [`media`] | files: what may be uploaded and how, where they are, whether they are what was promised |
//! | [`quiet`] | quiet hours and daily caps, by the clock of who is written to |
//! | [`pace`], [`retry`] | the pair rule, 4^X, and the waits that belong to no user |
//! | [`recipient`], [`config`], [`secret`] | who, with what, and what must not be seen |
//! | [`json`], [`record`] | JSON in constant memory, and the compact form that is stored |
//!
//! # Features
//!
//! - `defmt`: `defmt::Format` on every public error, event and identifier. Off by default.
//! - `all-messages`: every type of message; without it texts, templates and reply buttons. On by default.
//! - `all-webhooks`: every kind of inbound message, and the webhook fields beyond `messages`. On by default.
//! - `journal`: what outlives a loss of power. On by default.
//! - `alerts`: quiet hours and daily caps; messages with one key are one; alarms to several people; what people may write;
//!   heartbeat and cost. On by default.
//! - `fingerprint`: `Client::fingerprint`, for checks that go through every state of a client. Off by default.
//! - `explain`: the prose of the error catalogue, for a person. Off by default, and better so on chips.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]

#[cfg(test)]
extern crate std;

pub mod client;
pub mod config;
mod division;
pub mod graph;
pub mod json;
pub mod media;
pub mod message;
mod outbox;
pub mod pace;
pub mod quiet;
pub mod recipient;
pub mod record;
pub mod retry;
pub mod secret;
mod sha256;
mod users;
pub mod webhook;
mod window;
mod words;
