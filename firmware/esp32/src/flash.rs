//! The flash: its partitions by label, as `partitions.csv` lays them out.

use core::fmt;
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use esp_bootloader_esp_idf::partitions::{
    self, FlashRegion, FlashStorage, PARTITION_TABLE_MAX_LEN, PartitionEntry,
};
use esp_hal::peripherals::FLASH;

/// Where `cargo xtask firmware --config` puts the configuration.
pub(crate) const CONFIG: &str = "squab_config";
/// Where `cargo xtask firmware --roots` puts root certificates that replace the built-in ones.
pub(crate) const ROOTS: &str = "squab_roots";

/// Where the journal is.
const JOURNAL: &str = "squab_journal";

/// Bytes that are read and written at a time, at least, and that are erased at a time.
const WORD: usize = 4;
const SECTOR: usize = 4096;

/// Why a partition could not be read or written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FlashError {
    /// The partition table has no such label: it was flashed without `partitions.csv`.
    NoPartition(&'static str),
    /// There is no partition table, or the flash cannot be read or written.
    Unreadable(partitions::Error),
}

impl From<partitions::Error> for FlashError {
    fn from(error: partitions::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl fmt::Display for FlashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPartition(label) => write!(f, "the flash has no partition {label}"),
            Self::Unreadable(error) => write!(f, "the flash cannot be read or written: {error}"),
        }
    }
}

impl core::error::Error for FlashError {}

/// The flash chip.
pub(crate) struct Flash(FlashStorage<'static>);

impl Flash {
    pub(crate) fn new(flash: FLASH<'static>) -> Self {
        Self(FlashStorage::new(flash))
    }

    /// The partition of this label.
    fn find(&mut self, label: &'static str) -> Result<PartitionEntry, FlashError> {
        let mut table = [0; PARTITION_TABLE_MAX_LEN];
        let table = partitions::read_partition_table(&mut self.0, &mut table)?;
        table
            .iter()
            .find(|entry| entry.label_as_str() == label)
            .ok_or(FlashError::NoPartition(label))
    }

    /// The first `N` bytes of the partition, and the rest of `N` erased if it is smaller.
    pub(crate) fn read<const N: usize>(&mut self, label: &'static str) -> Result<[u8; N], FlashError> {
        let partition = self.find(label)?;
        let mut bytes = [0xFF; N];
        let length = N.min(partition.len() as usize);
        partition
            .as_flash_region(&mut self.0)
            .read(0, &mut bytes[..length])?;
        Ok(bytes)
    }

    /// The journal's partition. Nothing else is read afterwards.
    pub(crate) fn journal(mut self) -> Result<JournalFlash, FlashError> {
        let partition = self.find(JOURNAL)?;
        Ok(JournalFlash {
            flash: self,
            partition,
        })
    }
}

/// The journal's partition of the flash. Each call returns when the flash has done it: meanwhile no code can be run from it.
pub(crate) struct JournalFlash {
    flash: Flash,
    partition: PartitionEntry,
}

impl JournalFlash {
    fn region(&mut self) -> FlashRegion<'_, 'static> {
        self.partition.as_flash_region(&mut self.flash.0)
    }
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl ErrorType for JournalFlash {
    type Error = FlashError;
}

impl ReadNorFlash for JournalFlash {
    const READ_SIZE: usize = WORD;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        Ok(self.region().read(offset, bytes)?)
    }

    fn capacity(&self) -> usize {
        self.partition.len() as usize
    }
}

impl NorFlash for JournalFlash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        Ok(self.region().erase(from, to)?)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        Ok(self.region().write(offset, bytes)?)
    }
}
