//! The journal in a board's flash: what a loss of power does not lose.
//!
//! Memory: 12 bytes for each key that [`BoardClient`] may have, 1.2 KB, and the buffer of [`RECORD`] bytes.

use crate::kiosk::BoardClient;
use embassy_futures::block_on;
use embedded_storage_async::nor_flash::NorFlash;
use squab_adapters::journal::{Error, Found, Journal, Options};
use squab_kiosk::Note;
use static_cell::ConstStaticCell;

/// Bytes of flash that the journal takes, so that opening it stays short: 64 sectors of an ESP32's flash.
pub const JOURNAL_SIZE: u32 = 256 * 1024;
/// Bytes of the longest record: the largest alert that the reader takes, and what stands beside it.
const RECORD: usize = 4352;
/// Two of the flash's sectors, so that the longest record fits one.
const SECTOR: u32 = 8192;

/// In whole words, or a chip's flash is read by way of the stack.
#[repr(align(4))]
struct Buffer([u8; RECORD]);

/// The journal of a [`BoardClient`].
pub(crate) type BoardJournal<F> = Journal<'static, F, { BoardClient::RECORDS }>;

/// Opens the journal in the first [`JOURNAL_SIZE`] bytes of `flash`, once. What is no journal is erased: a chip comes with
/// anything in its flash. A newer one is left alone. The journal comes to `place`, if there is one; what is to be said of it
/// is given back.
// Not inline: what is moved there is on the stack for that long only, and not under a TLS handshake.
#[inline(never)]
pub(crate) fn open<F: NorFlash>(flash: F, place: &mut Option<BoardJournal<F>>) -> Option<Note> {
    static BUFFER: ConstStaticCell<Buffer> = ConstStaticCell::new(Buffer([0; RECORD]));
    let options = Options {
        sector: Some(SECTOR),
        format: true,
        ..Options::default()
    };
    let opened = block_on(Journal::open(
        flash,
        0..JOURNAL_SIZE,
        &mut BUFFER.take().0,
        options,
    ));
    match opened.map_err(Error::without_cause) {
        Ok((journal, report)) => {
            *place = Some(journal);
            match report.found {
                Found::Foreign => Some(Note::Warning(
                    "what was in the journal's place was no journal: it was erased",
                )),
                _ => (report.corrupted > 0).then_some(Note::JournalDamaged(report.corrupted)),
            }
        }
        Err(why) => Some(Note::JournalFailed(why)),
    }
}
