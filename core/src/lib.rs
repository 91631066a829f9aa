//! `squab-core`: WhatsApp alerts from a device too small for an operating system.
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
pub mod graph;
pub mod json;
pub mod message;
mod outbox;
pub mod pace;
pub mod recipient;
pub mod record;
pub mod retry;
pub mod secret;
mod users;
pub mod webhook;
