//! What crosses crates: the client of `squab-core` against the judge of the simulated cloud, in virtual time.
//!
//! The judge has its own code and its own clock; [`offline`] computes a second time, from what the client saw alone,
//! when a send is allowed. Neither uses the core's rules.

pub mod network;
pub mod offline;
pub mod world;

/// The README's example compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
