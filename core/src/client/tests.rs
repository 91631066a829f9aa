//! The client from outside: what goes in by its public methods, what comes out as requests, waits and events.

#[cfg(feature = "alerts")]
mod alarm;
#[cfg(all(feature = "alerts", feature = "journal"))]
mod alarm_restart;
mod any_order;
mod bench;
#[cfg(feature = "alerts")]
mod calm;
mod codes;
mod inbound;
#[cfg(feature = "journal")]
mod journal;
#[cfg(feature = "all-messages")]
mod kinds;
mod late;
mod limits;
#[cfg(feature = "all-webhooks")]
mod notices;
mod order;
mod receipts;
mod retry;
mod rules;
mod window;
