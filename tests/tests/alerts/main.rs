//! What an alert needs beyond being sent, in virtual time: the client against the simulated cloud, which judges by its own
//! reading of Meta's rules.

mod alarm;
mod calm;
mod merging;
mod scene;
mod upkeep;
mod wishes;
