//! How deep the stack has grown: it is painted at the start, and looked at in the end.

const PAINT: u32 = 0x5AA5_C33C;
/// What the painter itself stands on.
const MARGIN: usize = 512;

unsafe extern "C" {
    /// The highest and the lowest address, by riscv-rt's linker script.
    static __sstack: u32;
    static __estack: u32;
}

fn bounds() -> (*mut u32, *mut u32) {
    ((&raw const __estack).cast_mut(), (&raw const __sstack).cast_mut())
}

/// Paints what has not been used yet.
#[inline(never)]
pub(crate) fn paint() {
    let (mut word, _) = bounds();
    let here = 0u32;
    let end = (&raw const here as usize) - MARGIN;
    while (word as usize) < end {
        // SAFETY: below everything that is on the stack now.
        unsafe {
            word.write_volatile(PAINT);
            word = word.add(1);
        }
    }
}

/// Bytes that were in use at the deepest.
pub(crate) fn stack_peak() -> usize {
    let (mut word, end) = bounds();
    // SAFETY: within the stack, which is only read.
    while word < end && unsafe { word.read_volatile() } == PAINT {
        word = word.wrapping_add(1);
    }
    end as usize - word as usize
}

/// Bytes that there are.
pub(crate) fn stack_size() -> usize {
    let (low, high) = bounds();
    high as usize - low as usize
}
