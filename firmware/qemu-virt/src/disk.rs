//! The block device that stands for the flash: partitions at fixed places, read once at the start.

use crate::virtio::{self, Memory};
use crate::{exit, warn};
use squab_board::{ROOTS_MAX, Roots};
use squab_kiosk::device::{CONFIG_MAX, DeviceConfig};
use static_cell::StaticCell;
use virtio_drivers::device::blk::{SECTOR_SIZE, VirtIOBlk};
use virtio_drivers::transport::DeviceType;

/// Where the partitions begin, in bytes.
const CONFIG_AT: usize = 0;
const ROOTS_AT: usize = 16 * 1024;
const PARTITION: usize = 8 * 1024;
const _: () = assert!(PARTITION == CONFIG_MAX && PARTITION == ROOTS_MAX);
/// What a flash holds that nobody has written.
const ERASED: u8 = 0xFF;
/// Exit code where there is no configuration to run with.
const NOT_CONFIGURED: u32 = 1;

/// The configuration and whom to trust, as flashed. Says what is wrong with them, and ends where nothing can go on. Once.
///
/// # Panics
/// If the disk fails, or is smaller than its partitions.
#[inline(never)]
pub(crate) fn flashed() -> (&'static DeviceConfig, Roots) {
    static CONFIG: StaticCell<DeviceConfig> = StaticCell::new();
    let mut disk = virtio::find(DeviceType::Block)
        .map(|slot| VirtIOBlk::<Memory, _>::new(slot).expect("the disk answers"));
    // One buffer for both, one after the other. Without a disk it stays erased.
    let mut bytes = [ERASED; PARTITION];
    let mut read = |at: usize, bytes: &mut [u8]| {
        if let Some(disk) = &mut disk {
            let result = disk.read_blocks(at / SECTOR_SIZE, bytes);
            result.expect("the disk holds the partitions");
        }
    };
    read(CONFIG_AT, &mut bytes);
    let config = DeviceConfig::read(&bytes, &mut |warning| warn(&warning)).unwrap_or_else(|error| {
        warn(&error);
        exit(NOT_CONFIGURED)
    });
    bytes.fill(ERASED);
    read(ROOTS_AT, &mut bytes);
    let roots = Roots::load(&mut bytes, &mut |error| warn(&error)).unwrap_or_else(|error| {
        warn(&error);
        exit(NOT_CONFIGURED)
    });
    (CONFIG.init(config), roots)
}
