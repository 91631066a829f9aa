//! What outlives a loss of power: the client's records, in a journal that the board has.

use super::{Kiosk, Note};
use embassy_time::Duration;
use embedded_storage_async::nor_flash::NorFlash;
use squab_adapters::clock::Clock;
use squab_adapters::journal::{Error, Journal};
use squab_core::client::{Change, Record, is_message};

/// Bytes of the longest record: a message of 4,096 bytes of text, what stands beside it, and its head.
pub const RECORD: usize = 4608;
/// How long a webhook is left without an answer while the journal, or who reads the events, is behind. Then it is
/// answered 503, and comes again.
const BEHIND: Duration = Duration::from_secs(5);
/// Between two looks at whether the journal is behind.
const LOOK: Duration = Duration::from_millis(20);

/// Where a kiosk keeps what outlives a loss of power: the newest record of each key.
pub trait Keep {
    /// Room for the longest record, to copy it to while it is stored.
    type Room: AsRef<[u8]> + AsMut<[u8]>;
    /// That room, empty.
    const ROOM: Self::Room;

    /// Gives `key` these bytes, `head` first. They are safe when this returns.
    ///
    /// # Errors
    /// Why not; what was there is there still.
    fn store(&mut self, key: u32, head: &[u8], body: &[u8]) -> impl Future<Output = Result<(), Error<()>>>;

    /// Takes `key` away.
    ///
    /// # Errors
    /// Why not; it may be there still.
    fn remove(&mut self, key: u32) -> impl Future<Output = Result<(), Error<()>>>;

    /// Hands out all records whose keys are `wanted`; gives how many of them could not be read.
    ///
    /// # Errors
    /// Why not; some were handed out.
    fn for_each(
        &mut self,
        wanted: impl Fn(u32) -> bool,
        take: impl FnMut(u32, &[u8]),
    ) -> impl Future<Output = Result<u32, Error<()>>>;
}

impl<F: NorFlash, const KEYS: usize> Keep for Journal<'_, F, KEYS> {
    type Room = [u8; RECORD];
    const ROOM: Self::Room = [0; RECORD];

    async fn store(&mut self, key: u32, head: &[u8], body: &[u8]) -> Result<(), Error<()>> {
        Journal::store(self, key, head, body)
            .await
            .map_err(Error::without_cause)
    }

    async fn remove(&mut self, key: u32) -> Result<(), Error<()>> {
        Journal::remove(self, key).await.map_err(Error::without_cause)
    }

    async fn for_each(
        &mut self,
        wanted: impl Fn(u32) -> bool,
        take: impl FnMut(u32, &[u8]),
    ) -> Result<u32, Error<()>> {
        Journal::for_each(self, wanted, take)
            .await
            .map_err(Error::without_cause)
    }
}

/// No journal, for a client that has none in its settings: what waits is lost with the power.
#[derive(Debug, Clone, Copy)]
pub struct NoJournal;

impl Keep for NoJournal {
    type Room = [u8; 0];
    const ROOM: Self::Room = [];

    async fn store(&mut self, _: u32, _: &[u8], _: &[u8]) -> Result<(), Error<()>> {
        Ok(())
    }

    async fn remove(&mut self, _: u32) -> Result<(), Error<()>> {
        Ok(())
    }

    async fn for_each(
        &mut self,
        _: impl Fn(u32) -> bool,
        _: impl FnMut(u32, &[u8]),
    ) -> Result<u32, Error<()>> {
        Ok(0)
    }
}

/// A journal, or, where it could not be opened, none.
impl<K: Keep> Keep for Option<K> {
    type Room = K::Room;
    const ROOM: Self::Room = K::ROOM;

    async fn store(&mut self, key: u32, head: &[u8], body: &[u8]) -> Result<(), Error<()>> {
        match self {
            Some(journal) => journal.store(key, head, body).await,
            None => Ok(()),
        }
    }

    async fn remove(&mut self, key: u32) -> Result<(), Error<()>> {
        match self {
            Some(journal) => journal.remove(key).await,
            None => Ok(()),
        }
    }

    async fn for_each(
        &mut self,
        wanted: impl Fn(u32) -> bool,
        take: impl FnMut(u32, &[u8]),
    ) -> Result<u32, Error<()>> {
        match self {
            Some(journal) => journal.for_each(wanted, take).await,
            None => Ok(0),
        }
    }
}

/// A record that is to be stored, copied out of the client: that may go on meanwhile.
pub(super) struct Copied<R> {
    bytes: R,
    head: usize,
    len: usize,
    key: u32,
    seq: u32,
    remove: bool,
}

impl<R: AsRef<[u8]> + AsMut<[u8]>> Copied<R> {
    pub(super) const fn new(bytes: R) -> Self {
        Self {
            bytes,
            head: 0,
            len: 0,
            key: 0,
            seq: 0,
            remove: false,
        }
    }

    pub(super) fn copy(&mut self, record: &Record<'_>) {
        (self.key, self.seq) = (record.key, record.seq);
        self.remove = matches!(record.change, Change::Remove);
        let Change::Write { head, body } = record.change else {
            return;
        };
        (self.head, self.len) = (head.len(), head.len().saturating_add(body.len()));
        for (to, from) in self.bytes.as_mut().iter_mut().zip(head.iter().chain(body)) {
            *to = *from;
        }
    }

    pub(super) async fn store(&self, journal: &mut impl Keep) -> Result<(), Error<()>> {
        if self.remove {
            return journal.remove(self.key).await;
        }
        let too_long = Error::TooLong {
            limit: self.bytes.as_ref().len().min(usize::from(u16::MAX)) as u16,
        };
        let bytes = self.bytes.as_ref().get(..self.len).ok_or(too_long)?;
        let (head, body) = bytes.split_at_checked(self.head).ok_or(too_long)?;
        journal.store(self.key, head, body).await
    }
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Kiosk<'_, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// Goes on with what the journal has from before the start.
    pub(super) async fn restore<C: Clock>(&self, clock: &C, journal: &mut impl Keep) {
        let now = clock.now();
        let mut damaged = 0;
        // Messages last, as the client wants it.
        for messages in [false, true] {
            let read = journal
                .for_each(
                    |key| is_message(key) == messages,
                    |key, bytes| {
                        if let Err(why) = self.client.borrow_mut().restore(now, key, bytes) {
                            self.note(Note::NotRestored(why));
                        }
                    },
                )
                .await;
            match read {
                Ok(lost) => damaged += lost,
                Err(why) => self.note(Note::JournalFailed(why)),
            }
        }
        if damaged > 0 {
            self.note(Note::JournalDamaged(damaged));
        }
        self.client.borrow_mut().restored(now);
    }

    /// Has a record stored. Where that fails the alert goes on without: it matters more than that it would outlive a
    /// loss of power.
    pub(super) async fn keep<J: Keep>(&self, record: &Copied<J::Room>, journal: &mut J) {
        let failed = record.store(journal).await.err();
        if let Some(why) = failed.filter(|_| !self.journal_fails.get()) {
            self.note(Note::JournalFailed(why));
        }
        self.journal_fails.set(failed.is_some());
        self.client.borrow_mut().on_stored(record.seq);
    }

    /// Waits until the journal has what a webhook brought, and whoever reads the events has those; `false` if that
    /// takes too long.
    pub(super) async fn is_saved<C: Clock>(&self, clock: &C) -> bool {
        let began = clock.now();
        while self.client.borrow().has_unsaved() {
            let now = clock.now();
            if now.saturating_duration_since(began) > BEHIND {
                return false;
            }
            clock.wait_until(now.saturating_add(LOOK)).await;
        }
        true
    }
}
