//! The flash: its partitions by label, as `partitions.csv` lays them out.

use core::fmt;
use esp_bootloader_esp_idf::partitions::{self, FlashStorage, PARTITION_TABLE_MAX_LEN};
use esp_hal::peripherals::FLASH;

/// Where `cargo xtask firmware --config` puts the configuration.
pub(crate) const CONFIG: &str = "squab_config";
/// Where `cargo xtask firmware --roots` puts root certificates that replace the built-in ones.
pub(crate) const ROOTS: &str = "squab_roots";

/// Why a partition could not be read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FlashError {
    /// The partition table has no such label: it was flashed without `partitions.csv`.
    NoPartition(&'static str),
    /// There is no partition table, or the flash cannot be read.
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
            Self::Unreadable(error) => write!(f, "the flash cannot be read: {error}"),
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

    /// The first `N` bytes of the partition, and the rest of `N` erased if it is smaller.
    pub(crate) fn read<const N: usize>(&mut self, label: &'static str) -> Result<[u8; N], FlashError> {
        let mut table = [0; PARTITION_TABLE_MAX_LEN];
        let table = partitions::read_partition_table(&mut self.0, &mut table)?;
        let partition = table
            .iter()
            .find(|entry| entry.label_as_str() == label)
            .ok_or(FlashError::NoPartition(label))?;
        let mut bytes = [0xFF; N];
        let length = N.min(partition.len() as usize);
        partition
            .as_flash_region(&mut self.0)
            .read(0, &mut bytes[..length])?;
        Ok(bytes)
    }
}
