//! Opening: what is in the flash, and where the log goes on.

use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;
use heapless::Vec;

use super::layout::{HEADER, WORD_MAX};
use super::ring::Look;
use super::{Entry, Error, Found, Journal, Kind, Options, Report, SAID, SPARE, VERSION};

/// What one pass over a sector is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Which sectors count.
    Oldest,
    /// What is in them.
    Records,
}

impl<'b, F: NorFlash, const KEYS: usize> Journal<'b, F, KEYS> {
    /// A journal that knows nothing yet.
    pub(super) fn new(
        flash: F,
        range: Range<u32>,
        buffer: &'b mut [u8],
        options: Options,
    ) -> Result<Self, Error<F::Error>> {
        let least = F::ERASE_SIZE as u32;
        let sector = options.sector.unwrap_or(least);
        let sizes = sector.is_power_of_two()
            && (HEADER * 4..=1 << 16).contains(&sector)
            && sector.checked_rem(least) == Some(0)
            && Self::unit().is_power_of_two()
            && Self::unit() as usize <= WORD_MAX;
        let len = range.end.saturating_sub(range.start);
        let whole = range.start.checked_rem(sector) == Some(0)
            && len.checked_rem(sector) == Some(0)
            && range.end as usize <= flash.capacity();
        let sectors = len.checked_div(sector).unwrap_or_default();
        if !sizes || !whole || sectors < SPARE.saturating_add(2) {
            return Err(Error::Geometry);
        }
        let needed = Self::head_size().saturating_mul(2) as u16;
        if buffer.len() < usize::from(needed) {
            return Err(Error::BufferTooSmall { needed });
        }
        Ok(Self {
            flash,
            start: range.start,
            sector,
            sectors,
            options,
            buffer,
            index: Vec::new(),
            live: 0,
            head: 0,
            sequence: 0,
            at: HEADER,
            said: SAID,
            tail: 0,
            oldest: 0,
            torn: None,
            corrupted: 0,
        })
    }

    /// Finds out what is there.
    pub(super) async fn recover(&mut self) -> Result<Report, Error<F::Error>> {
        let mut newest = None;
        let mut oldest_content = self.options.content;
        for sector in 0..self.sectors {
            let Some(header) = self.header(sector).await? else {
                continue;
            };
            for (version, known) in [(header.version, VERSION), (header.content, self.options.content)] {
                if version > known {
                    return Err(Error::Newer { version, known });
                }
            }
            if header.geometry != self.geometry() {
                return if self.options.format {
                    self.format(Found::Foreign).await
                } else {
                    Err(Error::Foreign)
                };
            }
            if header.sequence >= self.sequence {
                newest = Some(header);
                self.head = sector;
                self.sequence = header.sequence;
            }
        }
        let Some(mut newest) = newest else {
            return if self.is_blank().await? {
                self.format(Found::Blank).await
            } else if self.options.format {
                self.format(Found::Foreign).await
            } else {
                Err(Error::Foreign)
            };
        };

        // Which sectors count stands in the newest, or it was not finished and does not count itself.
        self.oldest = 0;
        let mut sector = self.head;
        for _ in 0..self.sectors {
            if let Some(header) = self.header(sector).await? {
                newest = header;
                (self.head, self.sequence) = (sector, header.sequence);
                self.scan(sector, header.sequence, Pass::Oldest).await?;
                if self.oldest > 0 {
                    break;
                }
            }
            sector = sector.checked_sub(1).unwrap_or(self.sectors.wrapping_sub(1));
        }

        if self.oldest == 0 {
            self.said = 0;
        }

        let (mut torn, mut before) = (0, None);
        let mut sector = self.head;
        for _ in 0..self.sectors {
            sector = self.next(sector);
            let Some(header) = self.header(sector).await? else {
                continue;
            };
            let counts = (self.oldest..=self.sequence).contains(&header.sequence);
            if !counts || before.is_some_and(|before| header.sequence <= before) {
                continue;
            }
            if before.is_none() {
                (self.tail, self.oldest) = (sector, header.sequence);
            }
            before = Some(header.sequence);
            oldest_content = oldest_content.min(header.content);
            torn += self.scan(sector, header.sequence, Pass::Records).await?;
        }
        if self.torn.is_some() {
            // That of the newest sector: it is not told of yet.
            self.corrupted = self.corrupted.saturating_sub(1);
            torn += 1;
        }
        let records = self.index.len();
        if newest.content < self.options.content {
            self.at = self.sector;
        }
        if oldest_content < self.options.content {
            self.migrate().await?;
        }
        Ok(Report {
            found: Found::Journal,
            content: oldest_content,
            records,
            torn,
            corrupted: self.corrupted,
        })
    }

    /// Reads one sector. Of the newest, it finds where the next record goes, and whether the last is torn. Returns how many
    /// torn records were told of.
    async fn scan(&mut self, sector: u32, sequence: u32, pass: Pass) -> Result<u32, Error<F::Error>> {
        let mut mended = 0;
        // Where records and written words end, and how far a torn record may reach.
        let (mut at, mut written, mut reach) = (HEADER, HEADER, HEADER);
        let mut garbage = false;
        while at.wrapping_add(Self::head_size()) <= self.sector {
            match self.look(sector, at, sequence).await? {
                Look::Record(head) => {
                    if core::mem::take(&mut garbage) && pass == Pass::Records {
                        self.corrupted = self.corrupted.saturating_add(1);
                    }
                    let size = Self::size(head.len.into());
                    match (head.kind, pass) {
                        (Kind::Retired, Pass::Oldest) => self.oldest = self.oldest.max(head.key),
                        (Kind::Value, Pass::Records) => {
                            if size as usize > self.buffer.len() {
                                let needed = size as u16;
                                return Err(Error::BufferTooSmall { needed });
                            }
                            let place = sector.wrapping_mul(self.sector).wrapping_add(at);
                            let entry = Entry {
                                key: head.key,
                                at: place,
                                size,
                            };
                            if !self.remember(entry) {
                                return Err(Error::TooManyKeys { limit: KEYS as u16 });
                            }
                        }
                        (Kind::Removed, Pass::Records) => self.forget(head.key),
                        (Kind::Mended, Pass::Records) if head.key >= self.oldest => {
                            self.corrupted = self.corrupted.saturating_sub(1);
                            mended += 1;
                        }
                        _ => {}
                    }
                    at = at.wrapping_add(size);
                    written = at;
                }
                Look::Blank => match self.next_written(sector, at).await? {
                    Some(next) => at = next,
                    None => break,
                },
                look @ (Look::Broken(_) | Look::Garbage) => {
                    if !garbage {
                        let most = match look {
                            Look::Broken(head) => Self::size(head.len.into()),
                            _ => self.buffer.len() as u32,
                        };
                        reach = at.wrapping_add(most.next_multiple_of(Self::unit()));
                    }
                    garbage = true;
                    at = at.wrapping_add(Self::unit());
                    written = at;
                }
            }
        }
        if at < self.sector && self.next_written(sector, at).await?.is_some() {
            // Too short for a record: what is left of a torn one.
            garbage = true;
            written = self.sector;
        }
        if pass == Pass::Records {
            if garbage {
                self.corrupted = self.corrupted.saturating_add(1);
            }
            if sector == self.head {
                self.at = written;
                if garbage {
                    // Words behind those may have been begun, and look erased.
                    self.at = reach.max(written).min(self.sector);
                    self.torn = Some(sequence);
                }
            }
        }
        Ok(mended)
    }

    /// The first word from `at` on that is not erased.
    async fn next_written(&mut self, sector: u32, mut at: u32) -> Result<Option<u32>, Error<F::Error>> {
        while at < self.sector {
            let most = self.buffer.len() as u32 / Self::unit() * Self::unit();
            let step = most.min(self.sector.wrapping_sub(at));
            let from = self.address(sector, at);
            let piece = self.buffer.get_mut(..step as usize).unwrap_or_default();
            self.flash.read(from, piece).await.map_err(Error::Flash)?;
            if let Some(found) = piece.iter().position(|&byte| byte != 0xFF) {
                let unit = Self::unit();
                return Ok(Some(at.wrapping_add(found as u32 / unit * unit)));
            }
            at = at.wrapping_add(step);
        }
        Ok(None)
    }

    /// Whether the flash is erased, but for headers that power cuts may have torn.
    async fn is_blank(&mut self) -> Result<bool, Error<F::Error>> {
        for sector in 0..self.sectors {
            if self.next_written(sector, HEADER).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Begins a new journal. Nothing counts before its first header is there.
    async fn format(&mut self, found: Found) -> Result<Report, Error<F::Error>> {
        // Where all is erased already, erasing stays away: cut in the middle, it would leave what seems foreign.
        let mut first = None;
        for sector in 0..self.sectors {
            if self.next_written(sector, 0).await?.is_none() {
                first = first.or(Some(sector));
            } else if found == Found::Foreign {
                let from = self.address(sector, 0);
                let end = from.wrapping_add(self.sector);
                self.flash.erase(from, end).await.map_err(Error::Flash)?;
            }
        }
        let sector = first.unwrap_or_default();
        (self.sequence, self.oldest, self.tail) = (1, 1, sector);
        self.begin(sector, first.is_none()).await?;
        Ok(Report {
            found,
            content: self.options.content,
            records: 0,
            torn: 0,
            corrupted: 0,
        })
    }

    /// Writes what older versions have written in today's.
    async fn migrate(&mut self) -> Result<(), Error<F::Error>> {
        let mut index = 0;
        while let Some(entry) = self.index.get(index).copied() {
            let sector = self.place(entry).0;
            let header = self.header(sector).await?;
            if header.is_some_and(|header| header.content >= self.options.content) {
                index = index.wrapping_add(1);
                continue;
            }
            if self.free() >= SPARE {
                self.copy(entry).await?;
                continue;
            }
            self.reclaim().await?;
            if self.free() < SPARE {
                return Err(Error::Full);
            }
        }
        Ok(())
    }
}
