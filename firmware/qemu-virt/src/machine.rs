//! The machine: its start, its interrupts, its clock of the day.

use crate::disk::Partition;
use crate::random::Random;
use crate::{disk, heap, network, stack, timer, uart, virtio};
use embassy_executor::Spawner;
use embassy_net::Stack;
use squab_board::{BoardClock, Roots, TcpBuffers};
use squab_kiosk::device::DeviceConfig;
use static_cell::StaticCell;
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
    /// The configuration, as flashed.
    pub config: &'static DeviceConfig,
    /// Whom to trust, as flashed.
    pub roots: Roots,
    /// The journal's part of the flash; without a disk there is none.
    pub journal: Option<Partition>,
    /// The clock, set by the battery-backed one.
    pub clock: BoardClock,
    /// The random generator.
    pub random: &'static mut Random,
    /// The network.
    pub stack: Stack<'static>,
    /// Memory of the connection to the Graph API.
    pub buffers: &'static TcpBuffers,
}

/// Starts the machine, and its network in a task of its own. Once, first of all. Ends where nothing usable was flashed.
///
/// # Panics
/// If the emulator was started without a device that the board has.
pub fn start(spawner: Spawner) -> Machine {
    static RANDOM: StaticCell<Random> = StaticCell::new();
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
    let (config, roots, journal) = disk::flashed();
    let clock = BoardClock::new();
    clock.set(unix_time());
    let random = RANDOM.init(Random::new());
    let (stack, buffers) = network::start(spawner, config, random);
    Machine {
        uart,
        config,
        roots,
        journal,
        clock,
        random,
        stack,
        buffers,
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
