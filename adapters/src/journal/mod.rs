//! The journal: records by key in a NOR flash, which survive the loss of power at any moment.
//!
//! It knows no message. [`Journal::store`] gives a key its value, [`Journal::remove`] takes both away,
//! [`Journal::for_each`] hands all out after a restart. What is promised, for a power cut at any operation:
//!
//! - what a call returned `Ok` for is so after the restart, and after each later one;
//! - the call under way has happened or has not: the key has its old value or its new one;
//! - no other key is touched, and opening again needs no help, also where opening was cut.
//!
//! A value that a bit has turned in is counted, never handed out, and costs no other; if an older value of its key, or
//! that of a removed key, is still in the flash, it is back. The last record of all cannot be told from a torn one.
//!
//! # How
//!
//! The sectors are a ring of logs. Everything is appended, a removal too, so that no word is written twice between two
//! erasures, which encrypted flash forbids. When the sector that is written is full, the next is erased, what still counts in the
//! oldest one is copied over, and a record says that the oldest one is done with; it is erased when its turn comes. Two sectors
//! are kept spare, so that one that cannot be erased is passed over. Each is erased as often as the others.
//! `docs/journal.md` has the figures, and why this is not sequential-storage.
//!
//! # Memory
//!
//! 12 bytes a key, some 100 for the rest, and the buffer, which holds the largest record.

mod error;
mod layout;
mod open;
mod ring;
#[cfg(test)]
mod tests;

use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;
use heapless::Vec;

pub use error::Error;
pub use layout::VERSION;
use layout::{HEAD, HEADER, Header, Kind, put};

/// Sectors that hold no live record: one to copy into, one for a sector that fails.
const SPARE: u32 = 2;

/// How often each sector says which is the oldest that counts. One that does not say it was not finished: a cut came while it was
/// filled with copies, whose originals are still there, and it is given up. Twice, so that a turned bit does not give up a finished one.
const SAID: u8 = 2;

/// Turns a value of an older content version into one of today's: `(version, key, room, len)`. The value is the first `len` bytes
/// of `room`; returned is its new length, or `None` to drop it.
pub type Migrate = fn(u8, u32, &mut [u8], usize) -> Option<usize>;

/// How a journal is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes of a sector: a multiple of the flash's, for records that are larger. `None`: the flash's.
    pub sector: Option<u32>,
    /// The version of what the values mean.
    pub content: u8,
    /// Erases what is there if it is no journal. A newer journal is never erased.
    pub format: bool,
    /// What becomes of values of older content versions.
    pub migrate: Migrate,
}

impl Default for Options {
    /// The flash's sectors, content version 0, nothing foreign erased, values taken as they are.
    fn default() -> Self {
        Self {
            sector: None,
            content: 0,
            format: false,
            migrate: |_, _, _, len| Some(len),
        }
    }
}

/// What was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Found {
    /// Erased flash; the journal is new.
    Blank,
    /// Something else, which was erased as [`Options::format`] allows; the journal is new.
    Foreign,
    /// A journal.
    Journal,
}

/// What opening the journal found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Report {
    /// What was there.
    pub found: Found,
    /// The oldest content version of what was there.
    pub content: u8,
    /// Keys that have a value.
    pub records: usize,
    /// Calls that a power cut has ended, as far as they are still in the flash; no damage.
    pub torn: u32,
    /// Places where bits have turned: something is lost.
    pub corrupted: u32,
}

/// Where a key's value is.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u32,
    /// From the beginning of the range.
    at: u32,
    /// With head and filling.
    size: u32,
}

/// Records by key in a range of `flash`, of at most `KEYS` keys. See the [module](self).
#[derive(Debug)]
pub struct Journal<'b, F, const KEYS: usize> {
    flash: F,
    start: u32,
    sector: u32,
    sectors: u32,
    options: Options,
    buffer: &'b mut [u8],
    /// In the order in which they were written.
    index: Vec<Entry, KEYS>,
    /// Bytes of all records in the index.
    live: u32,
    /// The sector that is written, its sequence, and where in it the next record begins.
    head: u32,
    sequence: u32,
    at: u32,
    /// How often that sector says which is the oldest.
    said: u8,
    /// The oldest sector that counts, and its sequence.
    tail: u32,
    oldest: u32,
    /// The sequence of the sector with a torn record that nothing tells of yet.
    torn: Option<u32>,
    corrupted: u32,
}

impl<'b, F: NorFlash, const KEYS: usize> Journal<'b, F, KEYS> {
    /// Opens the journal in `range` of `flash`, or makes one if the flash is erased.
    ///
    /// Nothing is written, unless the journal is new or values have to be brought up to date.
    ///
    /// The buffer holds one record at a time: 12 bytes, or a word if that is larger, and the value, in whole words.
    ///
    /// # Errors
    ///
    /// [`Error::Geometry`], [`Error::Foreign`], [`Error::Newer`], [`Error::BufferTooSmall`] and [`Error::TooManyKeys`] leave
    /// the flash as it was.
    pub async fn open(
        flash: F,
        range: Range<u32>,
        buffer: &'b mut [u8],
        options: Options,
    ) -> Result<(Self, Report), Error<F::Error>> {
        let mut journal = Self::new(flash, range, buffer, options)?;
        let report = journal.recover().await?;
        Ok((journal, report))
    }

    /// Gives `key` the value `head` and `body`, one behind the other. It is in the flash when this returns.
    ///
    /// # Errors
    ///
    /// The key has its old value then. [`Error::TooLong`], [`Error::TooManyKeys`], [`Error::Full`]: nothing was written.
    pub async fn store(&mut self, key: u32, head: &[u8], body: &[u8]) -> Result<(), Error<F::Error>> {
        let len = head.len().saturating_add(body.len());
        let limit = self.longest();
        if len > limit {
            return Err(Error::TooLong { limit: limit as u16 });
        }
        let size = Self::size(len);
        let old = self.index.iter().find(|entry| entry.key == key);
        if old.is_none() && self.index.is_full() {
            return Err(Error::TooManyKeys { limit: KEYS as u16 });
        }
        let live = self.live.wrapping_sub(old.map_or(0, |old| old.size));
        let records = self.index.len().wrapping_add(usize::from(old.is_none()));
        if !self.fits(live.wrapping_add(size), records as u32, size) {
            return Err(Error::Full);
        }
        self.make_room(size).await?;
        let value = self.buffer.get_mut(Self::head_size() as usize..);
        put(value.unwrap_or_default(), head.iter().chain(body).copied());
        self.append_value(key, len).await
    }

    /// Takes `key` and its value away. Writes nothing if there is none.
    ///
    /// # Errors
    ///
    /// The key has its value still, or after the next start again.
    pub async fn remove(&mut self, key: u32) -> Result<(), Error<F::Error>> {
        if self.index.iter().all(|entry| entry.key != key) {
            return Ok(());
        }
        self.make_room(Self::head_size()).await?;
        self.append(Kind::Removed, key, 0).await?;
        self.forget(key);
        Ok(())
    }

    /// Hands out each key that is `wanted` with its value, and returns how many of them could not be read for turned bits. The
    /// order is the one in which they were written last, by whoever stored them or by the journal as it moved them. What is not
    /// wanted is not read.
    ///
    /// # Errors
    ///
    /// [`Error::Flash`]; some were handed out then.
    pub async fn for_each(
        &mut self,
        wanted: impl Fn(u32) -> bool,
        mut take: impl FnMut(u32, &[u8]),
    ) -> Result<u32, Error<F::Error>> {
        let mut lost = 0;
        for index in 0..self.index.len() {
            let Some(entry) = self.index.get(index).copied() else {
                break;
            };
            if !wanted(entry.key) {
                continue;
            }
            match self.load(entry).await? {
                Some((_, len)) => {
                    let from = Self::head_size() as usize;
                    take(
                        entry.key,
                        self.buffer.get(from..from.wrapping_add(len)).unwrap_or_default(),
                    );
                }
                None => lost += 1,
            }
        }
        Ok(lost)
    }

    /// Removes everything, at one stroke, and then erases all sectors but the one that is written.
    ///
    /// # Errors
    ///
    /// [`Error::Flash`]: everything is there still, or everything is removed, but is not yet erased.
    pub async fn erase_all(&mut self) -> Result<(), Error<F::Error>> {
        if self.free() < SPARE {
            self.reclaim().await?;
        }
        self.open_next().await?;
        self.append(Kind::Retired, self.sequence, 0).await?;
        self.said = 1;
        self.index.clear();
        self.live = 0;
        self.tail = self.head;
        self.oldest = self.sequence;
        let mut result = Ok(());
        for sector in (0..self.sectors).filter(|&sector| sector != self.head) {
            let from = self.address(sector, 0);
            if let Err(error) = self.flash.erase(from, from.wrapping_add(self.sector)).await {
                result = Err(Error::Flash(error));
            }
        }
        result
    }

    /// Keys that have a value.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether no key has a value.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Whether `key` has a value.
    pub fn contains(&self, key: u32) -> bool {
        self.index.iter().any(|entry| entry.key == key)
    }

    /// Values lost to turned bits, at opening and since.
    pub fn corrupted(&self) -> u32 {
        self.corrupted
    }

    /// Bytes that the records there are take, heads included.
    pub fn used(&self) -> u32 {
        self.live
    }

    /// Bytes that records may take, heads included, if none is larger than a quarter of a sector: three quarters of what there
    /// is. Fuller, the journal would copy more than it stores.
    pub fn capacity(&self) -> u32 {
        (self.room() / 4 * 3).wrapping_mul(self.sectors_for_records())
    }

    /// Whether `records` of `live` bytes in all, one of them of `size`, find room however they come to lie.
    fn fits(&self, live: u32, records: u32, size: u32) -> bool {
        let largest = self
            .index
            .iter()
            .fold(size, |largest, entry| largest.max(entry.size));
        let sectors = self.sectors_for_records();
        let room = self.room().saturating_sub(largest).min(self.room() / 4 * 3);
        // Large ones leave much of a sector empty, but so many go into each at least.
        let each = self.room().checked_div(largest).filter(|&each| each < 4);
        live <= room.wrapping_mul(sectors) || each.is_some_and(|each| records <= each.wrapping_mul(sectors))
    }

    /// Bytes of a sector that records have, when the journal has said what it has to say there.
    fn room(&self) -> u32 {
        let said = Self::head_size().wrapping_mul(3);
        self.sector.saturating_sub(HEADER).saturating_sub(said)
    }

    /// One is not full, or there would be no end of copying.
    fn sectors_for_records(&self) -> u32 {
        self.sectors.saturating_sub(SPARE).saturating_sub(1)
    }

    /// Bytes of the longest value that fits buffer and sector.
    pub fn longest(&self) -> usize {
        let sector = self.room() as usize;
        let buffer = self.buffer.len() / Self::unit() as usize * Self::unit() as usize;
        buffer
            .min(sector)
            .min(usize::from(u16::MAX))
            .wrapping_sub(Self::head_size() as usize)
    }

    /// Gives the flash back.
    pub fn close(self) -> F {
        self.flash
    }
}

/// The larger of two, at compile time.
const fn larger(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}
