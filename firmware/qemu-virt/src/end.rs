//! How the program ends: well, with an exit code of its own, or in a panic.

use crate::executor::instructions;
use crate::heap::{HEAP_SIZE, heap_peak, heap_used};
use crate::report::{self, Line, say};
use crate::stack::{stack_peak, stack_size};
use core::panic::PanicInfo;
use riscv::register::{mcause, mepc, mtval};
use riscv_rt::TrapFrame;
use squab_board::TLS_HEAP_PEAK;

/// Writing here ends the emulation (`sifive_test`).
const FINISHER: *mut u32 = 0x0010_0000 as *mut u32;
const FINISHER_PASS: u32 = 0x5555;
const FINISHER_FAIL: u32 = 0x3333;
/// Exit codes of what should not happen.
const PANICKED: u32 = 101;
const TRAPPED: u32 = 102;

/// Ends the emulation well, with the figures of the run.
pub fn halt() -> ! {
    say(&Line::Halted {
        instructions: instructions(),
        heap_peak: heap_peak(),
        heap_budget: TLS_HEAP_PEAK,
        heap_used: heap_used(),
        heap_size: HEAP_SIZE,
        stack_peak: stack_peak(),
        stack_size: stack_size(),
    });
    exit(0)
}

/// Ends the emulation; `code` becomes the emulator's exit status.
pub fn exit(code: u32) -> ! {
    let word = if code == 0 {
        FINISHER_PASS
    } else {
        code << 16 | FINISHER_FAIL
    };
    // SAFETY: the register that ends the emulation.
    unsafe { FINISHER.write_volatile(word) }
    loop {
        riscv::asm::wfi();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    report::panic(info);
    exit(PANICKED)
}

#[unsafe(export_name = "ExceptionHandler")]
fn exception(_frame: &TrapFrame) -> ! {
    let (cause, at, value) = (mcause::read().bits(), mepc::read(), mtval::read());
    report::panic(&format_args!("exception {cause} at {at:#x}, value {value:#x}"));
    exit(TRAPPED)
}
