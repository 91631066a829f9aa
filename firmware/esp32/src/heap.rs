//! The heap: for TLS and the radio's driver, which ask for it. Nothing of Squab's own takes any.
//!
//! The size is the peak and a quarter on top, which fragments take up: `docs/firmware.md`.

use crate::chip::HEAP_RECLAIMED;
use core::mem::MaybeUninit;
use embassy_time::{Duration, Timer};
use esp_alloc::{HEAP, HeapRegion, MemoryCapability};
use squab_board::TLS_HEAP_PEAK;

/// Bytes of heap in all.
const HEAP_SIZE: usize = 170 * 1024;

/// Most that the radio has in use: every frame that it may keep memory for (48 KB, see `wifi`), and 20 KB for its
/// tasks' stacks, keys and tables. Reckoned, not measured: the log tells the heap's true peak.
const RADIO_PEAK: usize = 68 * 1024;

const _: () = assert!(HEAP_SIZE >= (TLS_HEAP_PEAK + RADIO_PEAK) * 5 / 4);

/// How often the peak is looked at.
const LOOK: Duration = Duration::from_secs(60);

#[esp_hal::ram(reclaimed)]
static mut RECLAIMED: MaybeUninit<[u8; HEAP_RECLAIMED]> = MaybeUninit::uninit();
static mut ORDINARY: MaybeUninit<[u8; HEAP_SIZE - HEAP_RECLAIMED]> = MaybeUninit::uninit();

/// Gives the heap its memory; once, before anything is allocated.
pub(crate) fn start() {
    let regions = [
        (&raw mut RECLAIMED).cast::<u8>(),
        (&raw mut ORDINARY).cast::<u8>(),
    ];
    for (region, size) in regions
        .into_iter()
        .zip([HEAP_RECLAIMED, HEAP_SIZE - HEAP_RECLAIMED])
    {
        // SAFETY: a static of this size that nobody else names, given away once.
        unsafe {
            HEAP.add_region(HeapRegion::new(region, size, MemoryCapability::Internal.into()));
        }
    }
}

/// Logs the heap's peak whenever it has grown, for ever.
pub(crate) async fn report() -> ! {
    let mut told = 0;
    loop {
        let stats = HEAP.stats();
        if stats.max_usage > told {
            told = stats.max_usage;
            defmt::info!(
                "heap: {} of {} bytes in use, {} at most so far",
                stats.current_usage,
                stats.size,
                told
            );
        }
        Timer::after(LOOK).await;
    }
}
