//! Why the chip started again: the reason that the hardware gives, and the last words of a panic.
//!
//! A panic is logged and the chip starts again. Nobody may have been watching, so the words stay in memory that a reset
//! leaves alone, and are logged once more at the next start.

use core::fmt::{self, Write as _};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};
use esp_hal::system;

/// Bytes of a panic's words that are kept: the place and a sentence.
const WORDS: usize = 200;
/// Says that there are words: memory is random after power-on. The number itself means nothing.
const PRESENT: u32 = 0x5A0B_1DED;

/// The words: the mark, their length, and themselves.
#[esp_hal::ram(unstable(rtc_fast, persistent))]
static mut MARK: u32 = 0;
#[esp_hal::ram(unstable(rtc_fast, persistent))]
static mut LENGTH: u32 = 0;
#[esp_hal::ram(unstable(rtc_fast, persistent))]
static mut TEXT: [u8; WORDS] = [0; WORDS];

/// Whether a panic is being told of: one in the telling must not tell of itself.
static TELLING: AtomicBool = AtomicBool::new(false);

/// Logs why the chip started, and what the program said last if it panicked.
pub(crate) fn tell() {
    defmt::info!("started: {}", defmt::Debug2Format(&system::reset_reason()));
    let mut words = [0; WORDS];
    if let Some(words) = take(&mut words) {
        defmt::error!("before that: {=str}", words);
    }
}

/// Takes the words of the last panic, once.
fn take(into: &mut [u8; WORDS]) -> Option<&str> {
    // SAFETY: only here, at the start, and in a panic, which ends everything else, are these named.
    let (mark, length) = unsafe {
        *into = (&raw const TEXT).read();
        ((&raw const MARK).read(), (&raw const LENGTH).read())
    };
    // SAFETY: as above.
    unsafe { (&raw mut MARK).write(0) };
    let words = into.get(..length as usize).filter(|_| mark == PRESENT)?;
    core::str::from_utf8(words).ok()
}

/// Keeps whole characters, as many as there is room for.
struct Words {
    text: [u8; WORDS],
    length: usize,
}

impl fmt::Write for Words {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            let end = self.length + character.len_utf8();
            let room = self.text.get_mut(self.length..end).ok_or(fmt::Error)?;
            character.encode_utf8(room);
            self.length = end;
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if !TELLING.load(Ordering::Relaxed) {
        TELLING.store(true, Ordering::Relaxed);
        let mut words = Words {
            text: [0; WORDS],
            length: 0,
        };
        // What does not fit is cut off.
        let _ = write!(words, "{info}");
        // SAFETY: the program has ended; what runs is this handler, once.
        unsafe {
            (&raw mut TEXT).write(words.text);
            (&raw mut LENGTH).write(words.length as u32);
            (&raw mut MARK).write(PRESENT);
        }
        defmt::error!("{}", defmt::Display2Format(info));
    }
    system::software_reset()
}
