//! The client from outside: what goes in by its public methods, what comes out as requests, waits and events.

mod any_order;
mod bench;
mod codes;
mod inbound;
#[cfg(feature = "all-messages")]
mod kinds;
mod late;
mod limits;
mod order;
mod receipts;
mod retry;
mod rules;
mod window;
