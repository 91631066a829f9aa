//! QEMU's riscv32 `virt` machine as a board for the Squab kiosk: the ESP32-C3's instruction set, and for Wi-Fi, flash
//! and random generator the emulator's virtio devices.
//!
//! It runs what a chip runs, from the UART driver's bytes to the TLS library, so that a chip is not needed to try it or
//! to test it. Registers are those of QEMU's `hw/riscv/virt.c`.
#![no_std]

mod disk;
mod end;
mod executor;
mod heap;
mod libc;
mod machine;
mod network;
mod random;
mod report;
mod stack;
mod timer;
mod uart;
mod virtio;

pub use disk::Partition;
pub use end::{exit, halt};
pub use executor::{Executor, instructions};
pub use heap::{heap_peak, heap_used, reset_heap_peak};
pub use machine::{Machine, start};
pub use report::{Line, say, warn};
pub use uart::Uart;
