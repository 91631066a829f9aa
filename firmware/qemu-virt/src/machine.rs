//! The machine: its start, its interrupts, its clock of the day.

use crate::{heap, network, stack, timer, uart, virtio};
use virtio_drivers::transport::DeviceType;

/// Nanoseconds since 1970, as the emulator was told (`goldfish_rtc`).
const RTC: *const u32 = 0x0010_1000 as *const u32;
/// The interrupt controller: a priority for each source, an enable bit, and the claim register of the one hart.
const PLIC: usize = 0x0C00_0000;
const PLIC_ENABLE: *mut u32 = (PLIC + 0x2000) as *mut u32;
const PLIC_THRESHOLD: *mut u32 = (PLIC + 0x20_0000) as *mut u32;
const PLIC_CLAIM: *mut u32 = (PLIC + 0x20_0004) as *mut u32;
/// What a program finds on the board.
pub struct Machine {
    /// The UART.
    pub uart: uart::Uart,
    /// What the battery-backed clock shows, in seconds since 1970.
    pub unix_time: u64,
}

/// Starts the machine. Once, first of all.
pub fn start() -> Machine {
    stack::paint();
    heap::start();
    let uart = uart::start();
    timer::start();
    let sources = 1 << uart::IRQ | virtio::interrupts(DeviceType::Network);
    for source in (0..32).filter(|source| sources >> source & 1 == 1) {
        let priority = (PLIC + 4 * source) as *mut u32;
        // SAFETY: the controller's priority register of this source.
        unsafe { priority.write_volatile(1) }
    }
    // SAFETY: the controller's registers of this hart, and its interrupts: what they need has been set up.
    unsafe {
        PLIC_ENABLE.write_volatile(sources);
        PLIC_THRESHOLD.write_volatile(0);
        riscv::register::mie::set_mext();
        riscv::register::mie::set_mtimer();
        riscv::interrupt::enable();
    }
    Machine {
        uart,
        unix_time: unix_time(),
    }
}

fn unix_time() -> u64 {
    // SAFETY: the clock's registers; reading the low half latches the high one.
    let (low, high) = unsafe { (RTC.read_volatile(), RTC.add(1).read_volatile()) };
    (u64::from(high) << 32 | u64::from(low)) / 1_000_000_000
}

#[riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineExternal)]
fn external() {
    // SAFETY: the claim register: read to claim, written to complete.
    let source = unsafe { PLIC_CLAIM.read_volatile() };
    match source {
        0 => return,
        uart::IRQ => uart::interrupt(),
        other => {
            virtio::acknowledge(other);
            network::interrupt();
        }
    }
    // SAFETY: as above.
    unsafe { PLIC_CLAIM.write_volatile(source) }
}
