//! A flash that is a file: the journal of a desktop.
//!
//! Words of four bytes and sectors of 4 KiB, as an ESP32's flash has. Each operation returns when the file's content is on
//! the disk. What is written twice is not caught: the journal's tests do that.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::vec;
use std::vec::Vec;

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Bytes of a sector.
pub const SECTOR: usize = 4096;

/// A file as a flash. It may have one user at a time, and is locked for it.
#[derive(Debug)]
pub struct FileFlash {
    file: File,
    size: usize,
}

/// The file system failed, or the place is not one that a flash has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFlashError {
    /// What the system says.
    Io(io::ErrorKind),
    /// Beside the file, or not at a whole word or sector.
    Place(NorFlashErrorKind),
}

impl core::fmt::Display for FileFlashError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Io(kind) => write!(f, "the journal's file failed: {kind}"),
            Self::Place(_) => f.write_str("there is no such place in the journal's file"),
        }
    }
}

impl core::error::Error for FileFlashError {}

impl NorFlashError for FileFlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Io(_) => NorFlashErrorKind::Other,
            Self::Place(kind) => *kind,
        }
    }
}

impl From<io::Error> for FileFlashError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}

impl From<NorFlashErrorKind> for FileFlashError {
    fn from(kind: NorFlashErrorKind) -> Self {
        Self::Place(kind)
    }
}

impl FileFlash {
    /// Opens `path`, or makes it with this many erased sectors. A file that is shorter is filled up with erased bytes; one that is
    /// longer stays so.
    ///
    /// # Errors
    ///
    /// What the system says; [`io::ErrorKind::WouldBlock`] if another program has it.
    pub fn open(path: impl AsRef<Path>, sectors: usize) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        file.try_lock()?;
        let size = sectors.saturating_mul(SECTOR);
        let there = file.seek(SeekFrom::End(0))? as usize;
        if let Some(missing) = size.checked_sub(there) {
            file.write_all(&vec![0xFF; missing])?;
            file.sync_all()?;
        }
        Ok(Self {
            file,
            size: size.max(there / SECTOR * SECTOR),
        })
    }

    /// Whether `len` bytes from `offset` on are there, and in whole units.
    fn check(&self, offset: u32, len: usize, unit: usize) -> Result<(), FileFlashError> {
        let offset = offset as usize;
        if !offset.is_multiple_of(unit) || !len.is_multiple_of(unit) {
            Err(NorFlashErrorKind::NotAligned.into())
        } else if offset.saturating_add(len) > self.size {
            Err(NorFlashErrorKind::OutOfBounds.into())
        } else {
            Ok(())
        }
    }

    fn put(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FileFlashError> {
        self.file.seek(SeekFrom::Start(offset.into()))?;
        self.file.write_all(bytes)?;
        Ok(self.file.sync_data()?)
    }

    fn get(&mut self, offset: u32, out: &mut [u8]) -> Result<(), FileFlashError> {
        self.file.seek(SeekFrom::Start(offset.into()))?;
        Ok(self.file.read_exact(out)?)
    }
}

impl ErrorType for FileFlash {
    type Error = FileFlashError;
}

impl ReadNorFlash for FileFlash {
    const READ_SIZE: usize = 4;

    async fn read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), FileFlashError> {
        self.check(offset, out.len(), Self::READ_SIZE)?;
        self.get(offset, out)
    }

    fn capacity(&self) -> usize {
        self.size
    }
}

impl NorFlash for FileFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FileFlashError> {
        let len = to.saturating_sub(from) as usize;
        self.check(from, len, Self::ERASE_SIZE)?;
        self.put(from, &vec![0xFF; len])
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FileFlashError> {
        self.check(offset, bytes.len(), Self::WRITE_SIZE)?;
        let mut there = vec![0; bytes.len()];
        self.get(offset, &mut there)?;
        let bytes: Vec<u8> = there
            .iter()
            .zip(bytes)
            .map(|(there, byte)| there & byte)
            .collect();
        self.put(offset, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use embassy_futures::block_on;
    use embedded_storage_async::nor_flash::{NorFlash, NorFlashErrorKind, ReadNorFlash};

    use super::{FileFlash, FileFlashError, SECTOR, io};
    use crate::journal::{Found, Journal, Options};

    #[test]
    fn a_journal_in_a_file_is_there_after_a_restart() {
        let path = env::temp_dir().join(std::format!("squab-journal-{}", process::id()));
        let _ = fs::remove_file(&path);
        for (found, records) in [(Found::Blank, 0), (Found::Journal, 1)] {
            let flash = FileFlash::open(&path, 4).unwrap();
            let busy = FileFlash::open(&path, 4).map_err(|error| error.kind());
            assert_eq!(busy.err(), Some(io::ErrorKind::WouldBlock));
            let mut buffer = [0; 256];
            let range = 0..4 * SECTOR as u32;
            let opened = block_on(Journal::<_, 8>::open(
                flash,
                range,
                &mut buffer,
                Options::default(),
            ));
            let (mut journal, report) = opened.unwrap();
            assert_eq!((report.found, report.records), (found, records));
            block_on(journal.store(7, b"head", b"body")).unwrap();
            block_on(journal.for_each(
                |_| true,
                |key, value| assert_eq!((key, value), (7, &b"headbody"[..])),
            ))
            .unwrap();
        }

        let mut flash = FileFlash::open(&path, 4).unwrap();
        block_on(flash.erase(0, SECTOR as u32)).unwrap();
        block_on(flash.write(8, &[0x0F, 0, 0, 0])).unwrap();
        block_on(flash.write(8, &[0xF5, 0, 0, 0])).unwrap();
        let mut word = [0; 4];
        block_on(flash.read(8, &mut word)).unwrap();
        assert_eq!(word, [5, 0, 0, 0], "bits go to 0 only");
        assert_eq!(
            block_on(flash.write(2, &[0; 4])),
            Err(FileFlashError::Place(NorFlashErrorKind::NotAligned))
        );
        assert_eq!(
            block_on(flash.read(4 * SECTOR as u32, &mut word)),
            Err(FileFlashError::Place(NorFlashErrorKind::OutOfBounds))
        );
        fs::remove_file(&path).unwrap();
    }
}
