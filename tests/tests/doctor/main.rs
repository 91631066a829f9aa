//! `squab doctor` and `squab setup` as a user runs them, against the simulated cloud: everything healthy, and each thing
//! broken once, with what is found and what is said to be done.

mod faults;
mod healthy;
mod setup;
mod world;
