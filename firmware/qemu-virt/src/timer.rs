//! embassy's time: the machine's counter, and one alarm.

use core::cell::RefCell;
use core::task::Waker;
use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

/// The counter and its comparison, both of 64 bits, in the core-local interruptor.
const MTIME: *const u32 = 0x0200_BFF8 as *const u32;
const MTIMECMP: *mut u32 = 0x0200_4000 as *mut u32;
/// The counter runs at 10 MHz, embassy's ticks at 1 MHz.
const COUNTS_PER_TICK: u64 = 10;

struct Timer {
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static TIMER: Timer = Timer {
    queue: Mutex::new(RefCell::new(Queue::new())),
});

impl Driver for Timer {
    fn now(&self) -> u64 {
        ticks()
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|cs| {
            let mut queue = self.queue.borrow_ref_mut(cs);
            if queue.schedule_wake(at, waker) {
                arm(&mut queue);
            }
        });
    }
}

/// No alarm yet.
pub(crate) fn start() {
    compare(u64::MAX);
}

#[riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineTimer)]
fn alarm() {
    critical_section::with(|cs| arm(&mut TIMER.queue.borrow_ref_mut(cs)));
}

/// Wakes what is due, and sets the alarm to what comes next.
fn arm(queue: &mut Queue) {
    loop {
        let next = queue.next_expiration(ticks());
        compare(next.saturating_mul(COUNTS_PER_TICK));
        // It may have become due meanwhile, and then there is no alarm.
        if next > ticks() {
            return;
        }
    }
}

fn ticks() -> u64 {
    let half = |index| {
        // SAFETY: one half of the counter.
        u64::from(unsafe { MTIME.add(index).read_volatile() })
    };
    loop {
        let (high, low) = (half(1), half(0));
        if high == half(1) {
            return (high << 32 | low) / COUNTS_PER_TICK;
        }
    }
}

fn compare(count: u64) {
    // SAFETY: the two halves of the comparison; the high one is out of reach meanwhile, so that no alarm comes early.
    unsafe {
        MTIMECMP.add(1).write_volatile(u32::MAX);
        MTIMECMP.write_volatile(count as u32);
        MTIMECMP.add(1).write_volatile((count >> 32) as u32);
    }
}
