//! From a JSON line to a phone and back: kiosk and simulated cloud over real sockets, and the programs as a user runs
//! them. Everything on 127.0.0.1.

mod alert;
mod answers;
mod bad_input;
mod command_line;
mod kinds;
mod link;
mod restart;
mod scenarios;
mod webhooks;
