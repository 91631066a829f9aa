//! What outlives a loss of power: the client's records, in a journal that the board has.

use super::{Kiosk, Note};
use embassy_futures::block_on;
use embassy_time::Duration;
use embedded_storage_async::nor_flash::NorFlash;
use squab_adapters::clock::Clock;
use squab_adapters::journal::{Error, Journal};
use squab_core::client::{Change, Record, is_message};

/// How long a webhook is left without an answer while the journal, or who reads the events, is behind. Then it is
/// answered 503, and comes again.
const BEHIND: Duration = Duration::from_secs(5);
/// Between two looks at whether the journal is behind.
const LOOK: Duration = Duration::from_millis(20);

/// Where a kiosk keeps what outlives a loss of power: the newest record of each key.
///
/// Each call takes as long as the flash does, and nothing else goes on meanwhile: a chip can run no code from the flash that
/// it writes to, and a record that is written at once has not to be copied out of the client before.
pub trait Keep {
    /// Gives `key` these bytes, `head` first. They are safe when this returns.
    ///
    /// # Errors
    /// Why not; what was there is there still.
    fn store(&mut self, key: u32, head: &[u8], body: &[u8]) -> Result<(), Error<()>>;

    /// Takes `key` away.
    ///
    /// # Errors
    /// Why not; it may be there still.
    fn remove(&mut self, key: u32) -> Result<(), Error<()>>;

    /// Hands out all records whose keys are `wanted`; gives how many of them could not be read.
    ///
    /// # Errors
    /// Why not; some were handed out.
    fn for_each(
        &mut self,
        wanted: impl Fn(u32) -> bool,
        take: impl FnMut(u32, &[u8]),
    ) -> Result<u32, Error<()>>;
}

impl<F: NorFlash, const KEYS: usize> Keep for Journal<'_, F, KEYS> {
    fn store(&mut self, key: u32, head: &[u8], body: &[u8]) -> Result<(), Error<()>> {
        block_on(Journal::store(self, key, head, body)).map_err(Error::without_cause)
    }

    fn remove(&mut self, key: u32) -> Result<(), Error<()>> {
        block_on(Journal::remove(self, key)).map_err(Error::without_cause)
    }

    fn for_each(
        &mut self,
        wanted: impl Fn(u32) -> bool,
        take: impl FnMut(u32, &[u8]),
    ) -> Result<u32, Error<()>> {
        block_on(Journal::for_each(self, wanted, take)).map_err(Error::without_cause)
    }
}

/// No journal, for a client that has none in its settings: what waits is lost with the power.
#[derive(Debug, Clone, Copy)]
pub struct NoJournal;

impl Keep for NoJournal {
    fn store(&mut self, _: u32, _: &[u8], _: &[u8]) -> Result<(), Error<()>> {
        Ok(())
    }

    fn remove(&mut self, _: u32) -> Result<(), Error<()>> {
        Ok(())
    }

    fn for_each(&mut self, _: impl Fn(u32) -> bool, _: impl FnMut(u32, &[u8])) -> Result<u32, Error<()>> {
        Ok(0)
    }
}

/// A journal that stays where it is.
impl<K: Keep> Keep for &mut K {
    fn store(&mut self, key: u32, head: &[u8], body: &[u8]) -> Result<(), Error<()>> {
        K::store(self, key, head, body)
    }

    fn remove(&mut self, key: u32) -> Result<(), Error<()>> {
        K::remove(self, key)
    }

    fn for_each(
        &mut self,
        wanted: impl Fn(u32) -> bool,
        take: impl FnMut(u32, &[u8]),
    ) -> Result<u32, Error<()>> {
        K::for_each(self, wanted, take)
    }
}

/// A journal, or, for a client that has none in its settings, none.
impl<K: Keep> Keep for Option<K> {
    fn store(&mut self, key: u32, head: &[u8], body: &[u8]) -> Result<(), Error<()>> {
        self.as_mut()
            .map_or(Ok(()), |journal| journal.store(key, head, body))
    }

    fn remove(&mut self, key: u32) -> Result<(), Error<()>> {
        self.as_mut().map_or(Ok(()), |journal| journal.remove(key))
    }

    fn for_each(
        &mut self,
        wanted: impl Fn(u32) -> bool,
        take: impl FnMut(u32, &[u8]),
    ) -> Result<u32, Error<()>> {
        self.as_mut()
            .map_or(Ok(0), |journal| journal.for_each(wanted, take))
    }
}

/// Has a record stored.
// Not inline: what the flash needs is on the stack for that long only, and not under a TLS handshake.
#[inline(never)]
pub(super) fn store(record: &Record<'_>, journal: &mut impl Keep) -> Result<(), Error<()>> {
    match record.change {
        Change::Write { head, body } => journal.store(record.key, head, body),
        Change::Remove => journal.remove(record.key),
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
    // Not inline, as above.
    #[inline(never)]
    pub(super) fn restore<C: Clock>(&self, clock: &C, journal: &mut impl Keep) {
        let now = clock.now();
        let mut damaged = 0;
        // Messages last, as the client wants it.
        for messages in [false, true] {
            let read = journal.for_each(
                |key| is_message(key) == messages,
                |key, bytes| {
                    if let Err(why) = self.client.borrow_mut().restore(now, key, bytes) {
                        self.note(Note::NotRestored(why));
                    }
                },
            );
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

    /// A record was stored, or not. Where that failed the alert goes on without: it matters more than that it would outlive
    /// a loss of power.
    pub(super) fn kept(&self, failed: Option<Error<()>>) {
        if let Some(why) = failed.filter(|_| !self.journal_fails.get()) {
            self.note(Note::JournalFailed(why));
        }
        self.journal_fails.set(failed.is_some());
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
