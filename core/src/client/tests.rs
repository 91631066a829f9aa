//! The client from outside: what goes in by its public methods, what comes out as requests, waits and events.

#[cfg(feature = "alerts")]
mod alarm;
#[cfg(all(feature = "alerts", feature = "journal"))]
mod alarm_restart;
mod any_order;
mod battery;
mod bench;
#[cfg(feature = "alerts")]
mod calm;
#[cfg(all(feature = "alerts", feature = "journal"))]
mod calm_restart;
#[cfg(feature = "alerts")]
mod charges;
mod codes;
#[cfg(feature = "alerts")]
mod heartbeat;
mod inbound;
#[cfg(feature = "journal")]
mod journal;
#[cfg(feature = "all-messages")]
mod kinds;
mod late;
mod limits;
#[cfg(feature = "alerts")]
mod merging;
#[cfg(feature = "all-webhooks")]
mod notices;
mod order;
mod receipts;
mod retry;
mod rules;
mod window;
#[cfg(feature = "alerts")]
mod wishes;
