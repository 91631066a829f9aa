//! The firmware on an emulated board, and what surrounds a board: flash, network, servers good and hostile.
//!
//! [`Machine`] is one board in QEMU; [`tour`] shows it to a person and is the first of its tests. [`pki`] serves
//! certificates, [`names`] and [`ntp`] answer what a test wants, [`middle`] stands between board and server.

mod flash;
mod machine;
pub mod middle;
pub mod names;
pub mod ntp;
pub mod pki;
pub mod tour;

pub use flash::Flash;
pub use machine::{Ended, Machine, MachineSettings, Rtc, free_port};

/// The host, as a board in QEMU sees it.
pub const HOST: &str = "10.0.2.2";
