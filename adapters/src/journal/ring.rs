//! Writing: appending, going on to the next sector, and copying what counts out of the oldest.

use embedded_storage_async::nor_flash::NorFlash;

use super::layout::{HEADER, Head, WORD_MAX, crc};
use super::{Entry, Error, HEAD, Header, Journal, Kind, SAID, SPARE, VERSION, larger, put};

/// What is at a place of a sector.
pub(super) enum Look {
    Record(Head),
    /// A head, but the rest does not belong to it.
    Broken(Head),
    Blank,
    Garbage,
}

impl<F: NorFlash, const KEYS: usize> Journal<'_, F, KEYS> {
    /// All begins and ends at multiples of this.
    pub(super) const fn unit() -> u32 {
        larger(larger(F::WRITE_SIZE, F::READ_SIZE), 4) as u32
    }

    /// Bytes of a record's head with its filling.
    pub(super) const fn head_size() -> u32 {
        (HEAD as u32).next_multiple_of(Self::unit())
    }

    /// Bytes of a record whose value has `len`.
    pub(super) fn size(len: usize) -> u32 {
        (len as u32)
            .checked_next_multiple_of(Self::unit())
            .and_then(|value| value.checked_add(Self::head_size()))
            .unwrap_or(u32::MAX)
    }

    /// Address in the flash of a place in a sector.
    pub(super) fn address(&self, sector: u32, at: u32) -> u32 {
        self.start
            .wrapping_add(sector.wrapping_mul(self.sector))
            .wrapping_add(at)
    }

    pub(super) fn next(&self, sector: u32) -> u32 {
        if sector.wrapping_add(1) < self.sectors {
            sector.wrapping_add(1)
        } else {
            0
        }
    }

    /// What sector and word measure, as a header says it.
    pub(super) fn geometry(&self) -> u8 {
        ((Self::unit().trailing_zeros() << 5) | (self.sector.trailing_zeros() & 31)) as u8
    }

    pub(super) async fn header(&mut self, sector: u32) -> Result<Option<Header>, Error<F::Error>> {
        let mut bytes = [0; HEADER as usize];
        let from = self.address(sector, 0);
        self.flash.read(from, &mut bytes).await.map_err(Error::Flash)?;
        Ok(Header::decode(&bytes))
    }

    /// Looks at a place of a sector; the buffer is overwritten.
    pub(super) async fn look(
        &mut self,
        sector: u32,
        at: u32,
        sequence: u32,
    ) -> Result<Look, Error<F::Error>> {
        let mut bytes = [0; WORD_MAX];
        let size = Self::head_size();
        let from = self.address(sector, at);
        let bytes = bytes.get_mut(..size as usize).unwrap_or_default();
        self.flash.read(from, bytes).await.map_err(Error::Flash)?;
        if bytes.iter().take(Self::unit() as usize).all(|&byte| byte == 0xFF) {
            return Ok(Look::Blank);
        }
        let Some(head) = Head::decode(bytes) else {
            return Ok(Look::Garbage);
        };
        let end = at.wrapping_add(Self::size(head.len.into()));
        if end > self.sector {
            return Ok(Look::Garbage);
        }
        let mut sum = Head::seed(sequence, head.kind, head.key, head.len);
        let (mut at, mut left) = (at.wrapping_add(size), usize::from(head.len));
        while left > 0 {
            let whole = left.next_multiple_of(Self::unit() as usize);
            let step = whole.min(self.buffer.len() / Self::unit() as usize * Self::unit() as usize);
            let from = self.address(sector, at);
            let piece = self.buffer.get_mut(..step).unwrap_or_default();
            self.flash.read(from, piece).await.map_err(Error::Flash)?;
            sum = crc(sum, piece.get(..left.min(step)).unwrap_or_default());
            at = at.wrapping_add(step as u32);
            left = left.saturating_sub(step);
        }
        Ok(if sum == head.sum {
            Look::Record(head)
        } else {
            Look::Broken(head)
        })
    }

    /// Reads a record into the buffer, where its value begins behind the head; `None` if it is not whole any more.
    pub(super) async fn load(&mut self, entry: Entry) -> Result<Option<(Header, usize)>, Error<F::Error>> {
        let (sector, at) = self.place(entry);
        let Some(header) = self.header(sector).await? else {
            return Ok(None);
        };
        let from = self.address(sector, at);
        let record = self.buffer.get_mut(..entry.size as usize).unwrap_or_default();
        self.flash.read(from, record).await.map_err(Error::Flash)?;
        let Some(head) = Head::decode(record) else {
            return Ok(None);
        };
        let len = usize::from(head.len);
        let value = record
            .get(Self::head_size() as usize..)
            .and_then(|value| value.get(..len));
        let sum = crc(
            Head::seed(header.sequence, head.kind, head.key, head.len),
            value.unwrap_or_default(),
        );
        let is_it = value.is_some() && head.key == entry.key && sum == head.sum;
        Ok(is_it.then_some((header, len)))
    }

    /// Sector, and place in it.
    pub(super) fn place(&self, entry: Entry) -> (u32, u32) {
        (
            entry.at >> self.sector.trailing_zeros(),
            entry.at & self.sector.wrapping_sub(1),
        )
    }

    pub(super) fn forget(&mut self, key: u32) {
        if let Some(index) = self.index.iter().position(|entry| entry.key == key) {
            let old = self.index.remove(index);
            self.live = self.live.wrapping_sub(old.size);
        }
    }

    /// False if there is no room for another key.
    pub(super) fn remember(&mut self, entry: Entry) -> bool {
        self.forget(entry.key);
        self.live = self.live.wrapping_add(entry.size);
        self.index.push(entry).is_ok()
    }

    /// Whether the sector that is written has room, also for what is to be said of a torn record.
    fn has_room(&self, size: u32) -> bool {
        let said = if self.torn.is_some() { Self::head_size() } else { 0 };
        self.at.wrapping_add(size).wrapping_add(said) <= self.sector
    }

    /// Sees that a record of `size` can be appended.
    pub(super) async fn make_room(&mut self, size: u32) -> Result<(), Error<F::Error>> {
        if self.free() < SPARE || self.said < SAID {
            self.reclaim().await?;
        }
        for _ in 0..=self.sectors {
            if self.has_room(size) {
                return Ok(());
            }
            self.open_next().await?;
            self.reclaim().await?;
        }
        Err(Error::Full)
    }

    /// Appends the value that is in the buffer.
    pub(super) async fn append_value(&mut self, key: u32, len: usize) -> Result<(), Error<F::Error>> {
        let at = self.append(Kind::Value, key, len).await?;
        let size = Self::size(len);
        if self.remember(Entry { key, at, size }) {
            Ok(())
        } else {
            Err(Error::TooManyKeys { limit: KEYS as u16 })
        }
    }

    /// Appends a record; its value is in the buffer, behind the room for a head. Returns where it is.
    pub(super) async fn append(&mut self, kind: Kind, key: u32, len: usize) -> Result<u32, Error<F::Error>> {
        if !self.has_room(Self::size(len)) {
            self.open_next().await?;
        }
        if let Some(torn) = self.torn {
            let mut bytes = [0xFF; WORD_MAX];
            let sum = Head::seed(self.sequence, Kind::Mended, torn, 0);
            let head = Head {
                kind: Kind::Mended,
                key: torn,
                len: 0,
                sum,
            };
            put(&mut bytes, head.encode());
            let bytes = bytes.get(..Self::head_size() as usize).unwrap_or_default();
            let from = self.address(self.head, self.at);
            self.at = self.at.wrapping_add(Self::head_size());
            self.flash.write(from, bytes).await.map_err(Error::Flash)?;
            self.torn = None;
        }
        let size = Self::size(len);
        let record = self.buffer.get_mut(..size as usize).unwrap_or_default();
        let (head, value) = record
            .split_at_mut_checked(Self::head_size() as usize)
            .ok_or(Error::BufferTooSmall { needed: size as u16 })?;
        let (value, filling) = value.split_at_mut_checked(len).unwrap_or_default();
        let seed = Head::seed(self.sequence, kind, key, len as u16);
        let sum = crc(seed, value);
        head.fill(0xFF);
        filling.fill(0xFF);
        put(
            head,
            Head {
                kind,
                key,
                len: len as u16,
                sum,
            }
            .encode(),
        );
        let (sector, at, sequence) = (self.head, self.at, self.sequence);
        let from = self.address(sector, at);
        // Whatever happens to this write, its words are not written again.
        self.at = self.at.wrapping_add(size);
        self.torn = Some(sequence);
        let record = self.buffer.get(..size as usize).unwrap_or_default();
        self.flash.write(from, record).await.map_err(Error::Flash)?;
        match self.look(sector, at, sequence).await? {
            Look::Record(head) if head.sum == sum => {}
            _ => return Err(Error::Unreadable),
        }
        self.torn = None;
        Ok(sector.wrapping_mul(self.sector).wrapping_add(at))
    }

    /// Sectors between the one that is written and the oldest that counts.
    pub(super) fn free(&self) -> u32 {
        let behind = if self.tail > self.head { 0 } else { self.sectors };
        self.tail
            .wrapping_add(behind)
            .wrapping_sub(self.head)
            .wrapping_sub(1)
    }

    /// Goes on to the next sector that can be erased and written.
    pub(super) async fn open_next(&mut self) -> Result<(), Error<F::Error>> {
        let mut error = Error::Full;
        let mut sector = self.next(self.head);
        while sector != self.tail {
            self.sequence = self.sequence.saturating_add(1);
            match self.begin(sector, true).await {
                Ok(()) => return Ok(()),
                Err(now) => error = now,
            }
            sector = self.next(sector);
        }
        Err(error)
    }

    /// Begins a sector with the present sequence.
    pub(super) async fn begin(&mut self, sector: u32, erase: bool) -> Result<(), Error<F::Error>> {
        let from = self.address(sector, 0);
        if erase {
            let end = from.wrapping_add(self.sector);
            self.flash.erase(from, end).await.map_err(Error::Flash)?;
        }
        let header = Header {
            version: VERSION,
            geometry: self.geometry(),
            content: self.options.content,
            sequence: self.sequence,
        };
        self.flash
            .write(from, &header.encode())
            .await
            .map_err(Error::Flash)?;
        if self.header(sector).await? != Some(header) {
            return Err(Error::Unreadable);
        }
        self.head = sector;
        self.at = HEADER;
        self.said = 0;
        Ok(())
    }

    /// Copies what counts out of the oldest sectors until enough are free, and says in the flash which these are.
    pub(super) async fn reclaim(&mut self) -> Result<(), Error<F::Error>> {
        for _ in 0..self.sectors {
            if self.free() >= SPARE {
                break;
            }
            while let Some(entry) = self
                .index
                .iter()
                .copied()
                .find(|&entry| self.place(entry).0 == self.tail)
            {
                self.copy(entry).await?;
            }
            let (mut tail, mut oldest) = (self.head, self.sequence);
            let mut sector = self.next(self.tail);
            while sector != self.head {
                match self.header(sector).await? {
                    Some(header) if header.sequence > self.oldest && header.sequence < self.sequence => {
                        (tail, oldest) = (sector, header.sequence);
                        break;
                    }
                    _ => sector = self.next(sector),
                }
            }
            // Said first: the next sector to be erased may be this one, and torn it could show what it had.
            self.append(Kind::Retired, oldest, 0).await?;
            (self.tail, self.oldest) = (tail, oldest);
            self.said = self.said.wrapping_add(1).min(SAID);
        }
        while self.said < SAID {
            self.append(Kind::Retired, self.oldest, 0).await?;
            self.said = self.said.wrapping_add(1);
        }
        Ok(())
    }

    /// Appends a record again, in today's version.
    pub(super) async fn copy(&mut self, entry: Entry) -> Result<(), Error<F::Error>> {
        let Some((header, mut len)) = self.load(entry).await? else {
            self.corrupted = self.corrupted.saturating_add(1);
            self.forget(entry.key);
            return Ok(());
        };
        if header.content < self.options.content {
            let room = self
                .buffer
                .get_mut(Self::head_size() as usize..)
                .unwrap_or_default();
            let Some(new) = (self.options.migrate)(header.content, entry.key, room, len) else {
                self.append(Kind::Removed, entry.key, 0).await?;
                self.forget(entry.key);
                return Ok(());
            };
            len = new.min(self.longest());
        }
        self.append_value(entry.key, len).await
    }
}
