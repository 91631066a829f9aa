//! QEMU's `virt` machine: how a program begins and ends there, and what it is told with. All that is unsafe is here.

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};
use core::panic::PanicInfo;

/// The transmit register of the UART 16550, which QEMU's never keeps waiting.
const UART: *mut u8 = 0x1000_0000 as *mut u8;
/// QEMU's test device: what is written there ends QEMU.
const TEST: *mut u32 = 0x0010_0000 as *mut u32;
const PASS: u32 = 0x5555;
const FAIL: u32 = 0x3333;

const PANICKED: u32 = 101;
const TRAPPED: u32 = 102;

// Without an operating system and without a loader: the stack first, then a place to go to when an instruction is
// unknown or an address is wrong.
global_asm!(
    ".section .text._start, \"ax\"",
    ".global _start",
    "_start:",
    "la sp, STACK_TOP",
    "la t0, {trap}",
    "csrw mtvec, t0",
    "j {main}",
    trap = sym trap,
    main = sym start,
);

extern "C" fn start() -> ! {
    crate::main()
}

/// Where the processor goes when it cannot go on; never returned from, so no register is kept.
#[unsafe(naked)]
extern "C" fn trap() -> ! {
    core::arch::naked_asm!(".balign 4", "j {trapped}", trapped = sym trapped)
}

extern "C" fn trapped() -> ! {
    let (cause, place): (usize, usize);
    // SAFETY: both registers can be read in machine mode, which the program never leaves, and that changes nothing.
    unsafe {
        asm!("csrr {}, mcause", "csrr {}, mepc", out(reg) cause, out(reg) place, options(nomem, nostack));
    }
    let _ = writeln!(Serial, "trap: cause {cause}, at {place:#x}");
    exit(TRAPPED)
}

/// The serial line.
pub struct Serial;

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the machine has this register there; nothing else lies at the address.
            unsafe { UART.write_volatile(byte) };
        }
        Ok(())
    }
}

/// Ends QEMU: 0 for success, another number as QEMU's own exit code.
pub fn exit(code: u32) -> ! {
    let word = if code == 0 { PASS } else { code << 16 | FAIL };
    // SAFETY: the machine has this register there; nothing else lies at the address.
    unsafe { TEST.write_volatile(word) };
    loop {
        core::hint::spin_loop();
    }
}

/// Whether the processor has integers, multiplication and compressed instructions, and no more than the target does:
/// of the others atomics on an ESP32-C6 alone, and no floating point.
pub fn has_exactly_the_instructions_built_for() -> bool {
    let misa: u32;
    // SAFETY: `misa` can be read in machine mode, and that changes nothing.
    unsafe { asm!("csrr {}, misa", out(reg) misa, options(nomem, nostack)) };
    let has = |letter: u8| misa >> (letter - b'A') & 1 == 1;
    let mut name = *b"rv32____";
    let letters = b"IMAC".iter().filter(|letter| has(**letter));
    for (place, letter) in name[4..].iter_mut().zip(letters) {
        *place = letter.to_ascii_lowercase();
    }
    let name = core::str::from_utf8(&name).unwrap_or_default();
    let _ = writeln!(Serial, "this is {}", name.trim_end_matches('_'));
    has(b'I') && has(b'M') && has(b'C') && has(b'A') == cfg!(target_feature = "a") && !has(b'F') && !has(b'D')
}

/// Does `work`, and prints how many instructions it took.
pub fn counted<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let before = instructions();
    let result = core::hint::black_box(work());
    let taken = instructions().wrapping_sub(before);
    let _ = writeln!(Serial, "  {taken:>7} instructions: {what}");
    result
}

/// Does `work`, prints how many bytes of stack it took at the deepest, and gives both.
#[inline(never)]
pub fn stack_of<T>(what: &str, work: impl FnOnce() -> T) -> (usize, T) {
    let top: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, sp", out(reg) top, options(nomem, nostack)) };
    // What this function itself still writes below its stack pointer is less than the margin.
    let bottom = (top - PAINTED) as *mut u8;
    let painted = PAINTED - MARGIN;
    for at in 0..painted {
        // SAFETY: the machine's RAM reaches far below the stack, and nothing lives there.
        unsafe { bottom.add(at).write_volatile(PAINT) };
    }
    let result = core::hint::black_box(work());
    let mut untouched = 0;
    // SAFETY: as above.
    while untouched < painted && unsafe { bottom.add(untouched).read_volatile() } == PAINT {
        untouched += 1;
    }
    let taken = PAINTED - untouched;
    let _ = writeln!(Serial, "  {taken:>7} bytes of stack: {what}");
    (taken, result)
}

/// Bytes of stack that are watched, those of them that are not painted, and the paint.
const PAINTED: usize = 64 * 1024;
const MARGIN: usize = 256;
const PAINT: u8 = 0xA5;

/// Instructions so far, modulo 2^32.
fn instructions() -> u32 {
    let count: u32;
    // SAFETY: `minstret` can be read in machine mode, and that changes nothing. Without `nomem` the compiler moves no
    // access to memory over it.
    unsafe { asm!("csrr {}, minstret", out(reg) count, options(nostack)) };
    count
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Serial, "{info}");
    exit(PANICKED)
}
