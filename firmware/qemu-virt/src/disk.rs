//! The block device that stands for the flash: partitions at fixed places. Configuration and root certificates are read
//! once at the start; the journal's place is written to as flash is.

use crate::virtio::{self, Memory, Slot};
use crate::{exit, warn};
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use squab_board::{JOURNAL_SIZE, ROOTS_MAX, Roots};
use squab_kiosk::device::{CONFIG_MAX, DeviceConfig};
use static_cell::StaticCell;
use virtio_drivers::device::blk::{SECTOR_SIZE, VirtIOBlk};
use virtio_drivers::transport::DeviceType;

/// Where the partitions begin, in bytes.
const CONFIG_AT: usize = 0;
const ROOTS_AT: usize = 16 * 1024;
const JOURNAL_AT: usize = 64 * 1024;
const PARTITION: usize = 8 * 1024;
const _: () = assert!(PARTITION == CONFIG_MAX && PARTITION == ROOTS_MAX);
/// What a flash holds that nobody has written.
const ERASED: u8 = 0xFF;
/// Bytes that a flash erases at a time.
const FLASH_SECTOR: usize = 4096;
/// Exit code where there is no configuration to run with.
const NOT_CONFIGURED: u32 = 1;

type Disk = VirtIOBlk<Memory, Slot>;

/// The configuration, whom to trust, as flashed, and the place of the journal. Says what is wrong with them, and ends where
/// nothing can go on. Once.
///
/// # Panics
/// If the disk fails, or is smaller than its partitions.
#[inline(never)]
pub(crate) fn flashed() -> (&'static DeviceConfig, Roots, Option<Partition>) {
    static CONFIG: StaticCell<DeviceConfig> = StaticCell::new();
    let mut disk = virtio::find(DeviceType::Block).map(|slot| Disk::new(slot).expect("the disk answers"));
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
    (CONFIG.init(config), roots, disk.map(Partition))
}

/// The journal's partition of the disk, as flash: words of four bytes, and bits that go to 0 until their sector is erased.
/// What a call returned for is with the emulator's host, and outlives the emulator.
pub struct Partition(Disk);

/// The disk failed, or the place is not one that a flash has.
#[derive(Debug, Clone, Copy)]
pub struct DiskError(NorFlashErrorKind);

impl NorFlashError for DiskError {
    fn kind(&self) -> NorFlashErrorKind {
        self.0
    }
}

impl From<virtio_drivers::Error> for DiskError {
    fn from(_: virtio_drivers::Error) -> Self {
        Self(NorFlashErrorKind::Other)
    }
}

impl Partition {
    /// Whether `len` bytes from `offset` on are there, and in whole units.
    fn check(&self, offset: usize, len: usize, unit: usize) -> Result<(), DiskError> {
        if offset % unit != 0 || len % unit != 0 {
            Err(DiskError(NorFlashErrorKind::NotAligned))
        } else if offset.saturating_add(len) > self.capacity() {
            Err(DiskError(NorFlashErrorKind::OutOfBounds))
        } else {
            Ok(())
        }
    }

    /// Goes over `len` bytes from `offset` on block by block: `act` gets the bytes that are there, and which of the range's
    /// they are. Those that it asks for are written back.
    fn each(
        &mut self,
        mut offset: usize,
        len: usize,
        writes: bool,
        mut act: impl FnMut(&mut [u8], core::ops::Range<usize>),
    ) -> Result<(), DiskError> {
        let mut done = 0;
        while done < len {
            let at = JOURNAL_AT + offset;
            let (block, from) = (at / SECTOR_SIZE, at % SECTOR_SIZE);
            let count = (SECTOR_SIZE - from).min(len - done);
            let mut bytes = [ERASED; SECTOR_SIZE];
            self.0.read_blocks(block, &mut bytes)?;
            act(&mut bytes[from..from + count], done..done + count);
            if writes {
                self.0.write_blocks(block, &bytes)?;
            }
            offset += count;
            done += count;
        }
        if writes {
            self.0.flush()?;
        }
        Ok(())
    }
}

impl ErrorType for Partition {
    type Error = DiskError;
}

impl ReadNorFlash for Partition {
    const READ_SIZE: usize = 4;

    async fn read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), DiskError> {
        self.check(offset as usize, out.len(), Self::READ_SIZE)?;
        self.each(offset as usize, out.len(), false, |there, range| {
            out[range].copy_from_slice(there);
        })
    }

    fn capacity(&self) -> usize {
        JOURNAL_SIZE as usize
    }
}

impl NorFlash for Partition {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = FLASH_SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), DiskError> {
        let (from, len) = (from as usize, to.saturating_sub(from) as usize);
        self.check(from, len, Self::ERASE_SIZE)?;
        self.each(from, len, true, |there, _| there.fill(ERASED))
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), DiskError> {
        self.check(offset as usize, bytes.len(), Self::WRITE_SIZE)?;
        self.each(offset as usize, bytes.len(), true, |there, range| {
            for (there, byte) in there.iter_mut().zip(&bytes[range]) {
                *there &= byte;
            }
        })
    }
}
