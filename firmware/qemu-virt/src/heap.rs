//! The heap: for TLS, and for nothing else. Its peak is what a chip has to provide.

use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use embedded_alloc::LlffHeap;

/// Bytes of the heap.
pub(crate) const HEAP_SIZE: usize = 96 * 1024;

struct Measured {
    heap: LlffHeap,
    peak: AtomicUsize,
}

#[global_allocator]
static HEAP: Measured = Measured {
    heap: LlffHeap::empty(),
    peak: AtomicUsize::new(0),
};

// SAFETY: everything is handed on to an allocator that keeps the contract.
unsafe impl GlobalAlloc for Measured {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is the one asked for.
        let memory = unsafe { self.heap.alloc(layout) };
        // One hart, and no interrupt allocates: nothing comes between.
        let peak = self.peak.load(Ordering::Relaxed).max(self.heap.used());
        self.peak.store(peak, Ordering::Relaxed);
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the one asked for.
        unsafe { self.heap.dealloc(memory, layout) }
    }
}

/// Gives the heap its memory. Once, before anything is allocated.
pub(crate) fn start() {
    static mut MEMORY: [u64; HEAP_SIZE / 8] = [0; HEAP_SIZE / 8];
    static STARTED: AtomicBool = AtomicBool::new(false);
    let before = STARTED.load(Ordering::Relaxed);
    STARTED.store(true, Ordering::Relaxed);
    assert!(!before, "the heap was started twice");
    // SAFETY: this is reached once, and nothing else names the memory.
    unsafe { HEAP.heap.init((&raw mut MEMORY) as usize, HEAP_SIZE) }
}

/// Bytes in use now.
pub fn heap_used() -> usize {
    HEAP.heap.used()
}

/// The most bytes that were in use at a time, since the start or [`reset_heap_peak`].
pub fn heap_peak() -> usize {
    HEAP.peak.load(Ordering::Relaxed)
}

/// From now on the peak is counted anew.
pub fn reset_heap_peak() {
    HEAP.peak.store(heap_used(), Ordering::Relaxed);
}
