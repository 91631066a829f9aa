//! The emulator's virtio devices: where they are, and the memory that they share with the program.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};
use virtio_drivers::transport::{DeviceType, Transport as _};
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// Eight slots in a row, the first with interrupt 1.
const FIRST: usize = 0x1000_1000;
const STEP: usize = 0x1000;
const SLOTS: usize = 8;
/// Within a slot: the kind of device, interrupts that are pending, and the register that acknowledges them.
const DEVICE_ID: usize = 0x08;
const INTERRUPT_STATUS: usize = 0x60;
const INTERRUPT_ACK: usize = 0x64;

pub(crate) type Slot = MmioTransport<'static>;

/// Pages for the queues: two for each queue.
const PAGES: usize = 8;

#[repr(align(4096))]
struct Pages {
    _bytes: [[u8; PAGE_SIZE]; PAGES],
}

static mut POOL: Pages = Pages {
    _bytes: [[0; PAGE_SIZE]; PAGES],
};
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// Physical and virtual addresses are the same, and queues live as long as the program.
pub(crate) struct Memory;

// SAFETY: pages come from a static pool, each once, zeroed; no memory is mapped otherwise than as it is.
unsafe impl Hal for Memory {
    fn dma_alloc(pages: usize, _direction: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let first = TAKEN.load(Ordering::Relaxed);
        assert!(first + pages <= PAGES, "no memory left for virtio queues");
        TAKEN.store(first + pages, Ordering::Relaxed);
        let pool = &raw mut POOL;
        // SAFETY: within the pool, as was just checked; a static has an address.
        let memory = unsafe { NonNull::new_unchecked(pool.cast::<u8>().add(first * PAGE_SIZE)) };
        (memory.as_ptr() as PhysAddr, memory)
    }

    unsafe fn dma_dealloc(_at: PhysAddr, _memory: NonNull<u8>, _pages: usize) -> i32 {
        0
    }

    unsafe fn mmio_phys_to_virt(at: PhysAddr, _size: usize) -> NonNull<u8> {
        NonNull::new(at as usize as *mut u8).expect("no device is at address 0")
    }

    unsafe fn share(buffer: NonNull<[u8]>, _direction: BufferDirection) -> PhysAddr {
        buffer.cast::<u8>().as_ptr() as usize as PhysAddr
    }

    unsafe fn unshare(_at: PhysAddr, _buffer: NonNull<[u8]>, _direction: BufferDirection) {}
}

/// The device of this kind.
pub(crate) fn find(kind: DeviceType) -> Option<Slot> {
    for slot in 0..SLOTS {
        let header = NonNull::new((FIRST + slot * STEP) as *mut VirtIOHeader)?;
        // SAFETY: the machine has a slot here, and nobody else uses it.
        let Ok(transport) = (unsafe { MmioTransport::new(header, STEP) }) else {
            continue;
        };
        if transport.device_type() == kind {
            return Some(transport);
        }
        // Dropping it would reset another driver's device.
        core::mem::forget(transport);
    }
    None
}

/// The interrupts of devices of this kind, a bit each.
pub(crate) fn interrupts(kind: DeviceType) -> u32 {
    let mut sources = 0;
    for slot in 0..SLOTS {
        let device = (FIRST + slot * STEP + DEVICE_ID) as *const u32;
        // SAFETY: the register that tells the kind of device in this slot.
        if unsafe { device.read_volatile() } == kind as u32 {
            sources |= 2 << slot;
        }
    }
    sources
}

/// Tells a device that its interrupt was seen.
pub(crate) fn acknowledge(source: u32) {
    let base = FIRST + (source as usize - 1) * STEP;
    let (status, ack) = (
        (base + INTERRUPT_STATUS) as *const u32,
        (base + INTERRUPT_ACK) as *mut u32,
    );
    // SAFETY: registers of the slot whose interrupt this is.
    unsafe { ack.write_volatile(status.read_volatile()) }
}
