//! The partition table of the boards, and what is written into its data partitions.

use anyhow::{Context, Result, bail, ensure};

/// The board's table, as espflash reads it.
pub(crate) const TABLE: &str = "firmware/esp32/partitions.csv";
/// Where the configuration lies.
pub(crate) const CONFIG: &str = "squab_config";
/// Where root certificates lie that replace the built-in ones.
pub(crate) const ROOTS: &str = "squab_roots";
/// Where the program lies.
pub(crate) const PROGRAM: &str = "ota_0";

/// What erased flash reads as.
const ERASED: u8 = 0xFF;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partition {
    label: String,
    /// Where it begins in the flash.
    pub(crate) offset: u32,
    /// Bytes.
    pub(crate) size: u32,
}

impl Partition {
    /// Finds a partition by its label.
    pub(crate) fn find(table: &str, label: &str) -> Result<Self> {
        let mut partitions = table
            .lines()
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
            .map(Self::read);
        partitions
            .find(|partition| partition.as_ref().map_or(true, |it| it.label == label))
            .with_context(|| format!("{TABLE} has no partition {label}"))?
    }

    fn read(line: &str) -> Result<Self> {
        let mut columns = line.split(',').map(str::trim);
        let (Some(label), Some(offset), Some(size)) = (columns.next(), columns.nth(2), columns.next()) else {
            bail!("{TABLE}: not label, type, subtype, offset, size: {line}");
        };
        let number = |text: &str| {
            let digits = text.strip_prefix("0x").unwrap_or_default();
            u32::from_str_radix(digits, 16)
                .with_context(|| format!("{TABLE}: not a number like 0x1000: {text}"))
        };
        Ok(Self {
            label: label.into(),
            offset: number(offset)?,
            size: number(size)?,
        })
    }

    /// The bytes of the partition with `text` in it. A byte behind it has to be left, so that its end is seen.
    pub(crate) fn filled(&self, text: &[u8]) -> Result<Vec<u8>> {
        let size = self.size as usize;
        ensure!(
            text.len() < size,
            "{} bytes are too many: {} takes {} at most",
            text.len(),
            self.label,
            size - 1
        );
        ensure!(
            !text.contains(&ERASED) && !text.contains(&0),
            "not a text: it has bytes in it that end the partition {}",
            self.label
        );
        let mut bytes = vec![ERASED; size];
        bytes.splice(..text.len(), text.iter().copied());
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOARD: &str = include_str!("../../../firmware/esp32/partitions.csv");
    const FLASH: u32 = 4 * 1024 * 1024;

    #[test]
    fn the_boards_table_has_room_for_two_programs_and_the_data_in_four_megabytes() {
        let lines = BOARD.lines().filter(|line| !line.starts_with('#'));
        let partitions: Vec<_> = lines.map(|line| Partition::read(line).unwrap()).collect();
        for pair in partitions.windows(2) {
            assert_eq!(pair[0].offset + pair[0].size, pair[1].offset, "{pair:?}");
        }
        let last = partitions.last().unwrap();
        assert_eq!(last.offset + last.size, FLASH);
        for slot in [PROGRAM, "ota_1"] {
            let slot = Partition::find(BOARD, slot).unwrap();
            assert_eq!(slot.size, 1_310_720, "1.25 MB");
            assert_eq!(slot.offset % 0x1_0000, 0, "the flash is mapped in pages of 64 KB");
        }
        assert_eq!(
            Partition::find(BOARD, ROOTS).unwrap().size,
            8 * 1024,
            "squab_board::ROOTS_MAX"
        );
    }

    #[test]
    fn espflash_and_the_board_know_every_subtype_in_the_table() {
        for line in BOARD.lines().filter(|line| !line.starts_with('#')) {
            let subtype = line.split(',').nth(2).map(str::trim);
            let known = ["nvs", "ota", "phy", "ota_0", "ota_1", "undefined"];
            assert!(subtype.is_some_and(|it| known.contains(&it)), "{line}");
        }
    }

    #[test]
    fn a_text_is_followed_by_erased_flash_and_one_without_an_end_is_refused() {
        let partition = Partition {
            label: "p".into(),
            offset: 0,
            size: 8,
        };
        assert_eq!(partition.filled(b"name").unwrap(), b"name\xFF\xFF\xFF\xFF");
        assert!(partition.filled(b"12345678").is_err());
        assert!(partition.filled(b"a\0b").is_err());
    }

    #[test]
    fn a_line_that_is_no_partition_is_an_error_and_not_passed_over() {
        assert!(Partition::find("nvs, data, nvs, 9000, 0x4000", "squab_config").is_err());
        assert!(Partition::find("nvs, data", "squab_config").is_err());
        assert!(Partition::find("", "squab_config").is_err());
    }
}
