//! `squab`: the desk side of Squab. A simulated Meta cloud that judges what a client sends.
//!
//! The cloud shares no code with the client's core: it is the judge, with its own reading of Meta's pages.

pub mod clock;
pub mod cloud;
pub mod demo;
pub mod desktop;
pub mod sim;
