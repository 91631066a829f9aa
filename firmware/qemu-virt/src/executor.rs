//! embassy's executor, with a watch on how long it waits: under `-icount` the counter of instructions goes on meanwhile
//! as if each nanosecond were one.

use core::cell::Cell;
use core::sync::atomic::{AtomicBool, Ordering};
use critical_section::Mutex;
use embassy_executor::{Spawner, raw};
use riscv::register::minstret;

/// A task can go on.
static PENDING: AtomicBool = AtomicBool::new(false);
/// What the counter counted while nothing could.
static WAITED: Mutex<Cell<u64>> = Mutex::new(Cell::new(0));

#[unsafe(export_name = "__pender")]
fn pender(_context: *mut ()) {
    PENDING.store(true, Ordering::SeqCst);
}

/// Instructions since the start, without those that are none; they mean something only under QEMU's `-icount`.
pub fn instructions() -> u64 {
    critical_section::with(|cs| minstret::read64().saturating_sub(WAITED.borrow(cs).get()))
}

/// The executor of the one hart.
pub struct Executor(raw::Executor);

impl Executor {
    /// For `embassy_executor::main`.
    #[expect(clippy::new_without_default, reason = "made in one place, by a macro")]
    pub fn new() -> Self {
        Self(raw::Executor::new(core::ptr::null_mut()))
    }

    /// Runs the tasks that `init` spawns, and those that they spawn, for ever.
    pub fn run(&'static mut self, init: impl FnOnce(Spawner)) -> ! {
        init(self.0.spawner());
        loop {
            // SAFETY: nobody else polls it, and it is not polled from within.
            unsafe { self.0.poll() }
            // An interrupt ends the wait and is dealt with behind the section; none is missed.
            critical_section::with(|cs| {
                if PENDING.load(Ordering::SeqCst) {
                    PENDING.store(false, Ordering::SeqCst);
                    return;
                }
                let before = minstret::read64();
                riscv::asm::wfi();
                let waited = WAITED.borrow(cs);
                waited.set(waited.get() + (minstret::read64() - before));
            });
        }
    }
}
