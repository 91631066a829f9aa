//! What crosses crates.
//!
//! [`world`]: the client of `squab-core` against the judge of the simulated cloud, in virtual time. The judge has its
//! own code and its own clock; [`offline`] computes a second time, from what the client saw alone, when a send is
//! allowed. Neither uses the core's rules. [`webhook`] hands a client what the cloud posts.
//!
//! [`desk`]: a whole kiosk on loopback sockets, with the simulated cloud or with a [`hostile`] server behind it;
//! [`terminal`] its two lines; [`raw`]: requests to its webhook endpoint, byte by byte; [`program`]: the `squab` binary as a user runs it.
//!
//! [`ledger`]: what a kiosk that is killed said in all its lives, against what the cloud has.
//!
//! [`flash`]: a flash that dies at any operation.
//!
//! [`conformance`]: what the simulated cloud has to do, as a table.
//!
//! [`board`]: the firmware in QEMU, and servers of all kinds around it.

pub mod board;
pub mod conformance;
pub mod desk;
pub mod flash;
pub mod hostile;
pub mod ledger;
pub mod network;
pub mod offline;
pub mod program;
pub mod raw;
pub mod terminal;
pub mod webhook;
pub mod world;

/// The README's example compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
