//! Input that nobody can foresee and a place where results count as used. Nothing of it is inlined, so that the probe's
//! own part of what is measured stays small.

use core::fmt::{self, Display, Write};
use core::hint::black_box;
use core::panic::PanicInfo;
use core::ptr::{addr_of, addr_of_mut, read_volatile, write_volatile};
use embassy_time::Instant;
use squab_core::json;

unsafe extern "C" {
    static ANYTHING: [u8; 65_536];
    static mut BUFFER: [u8; 65_536];
    static mut PANICKED: usize;
}

/// Any number.
#[inline(never)]
pub fn number() -> usize {
    // SAFETY: the linker script puts ANYTHING at an aligned address in RAM.
    unsafe { read_volatile(addr_of!(ANYTHING).cast()) }
}

/// Any number of 64 bits.
#[inline(never)]
pub fn wide() -> u64 {
    // SAFETY: as in `number`.
    unsafe { read_volatile(addr_of!(ANYTHING).cast()) }
}

/// Any byte.
#[inline(never)]
pub fn byte() -> u8 {
    // SAFETY: as in `number`.
    unsafe { read_volatile(addr_of!(ANYTHING).cast()) }
}

/// Yes or no.
#[inline(never)]
pub fn flag() -> bool {
    byte() == 0
}

/// Any moment.
pub fn instant() -> Instant {
    Instant::from_ticks(wide())
}

/// Any value of any type, ready made: what a caller has to say costs the probe nothing but an address, whatever it is.
pub fn any<T>() -> &'static T {
    // SAFETY: only because nothing of this is ever run: what lies there is no value of anything.
    unsafe { &*place().cast() }
}

/// Where [`any`] value lies; that all lie at one address is not for the compiler to know.
#[inline(never)]
fn place() -> *const () {
    // SAFETY: as in `number`.
    unsafe { read_volatile(addr_of!(ANYTHING).cast()) }
}

/// Any bytes, of any length.
#[inline(never)]
pub fn bytes() -> &'static [u8] {
    // SAFETY: ANYTHING is never written to; the length is at most its own.
    let all: &'static [u8] = unsafe { &*addr_of!(ANYTHING) };
    black_box(all.get(..number()).unwrap_or(all))
}

/// Any text.
#[inline(never)]
pub fn text() -> &'static str {
    core::str::from_utf8(bytes()).unwrap_or("")
}

/// A buffer of any length.
#[inline(never)]
pub fn buffer() -> &'static mut [u8] {
    let len = number().min(65_536);
    // SAFETY: BUFFER is that long, and a probe asks for one buffer at a time.
    black_box(unsafe { core::slice::from_raw_parts_mut(addr_of_mut!(BUFFER).cast(), len) })
}

/// Counts as a use of `value`.
pub fn used<T>(value: T) {
    black_box(value);
}

/// Writes `value` as text.
pub fn shown(value: impl Display) {
    written(&value);
}

#[inline(never)]
fn written(value: &dyn Display) {
    used(write!(Sink, "{value}"));
}

/// Writes `value` as developers see it. For `Debug` that was written by hand to hide something: a derived one ends in
/// `str`'s and in `core::fmt::builders`, which keep panics that are never taken, and no device shows values that way.
#[inline(never)]
pub fn debugged(value: &dyn fmt::Debug) {
    used(write!(Sink, "{value:?}"));
}

/// What a device's panic handler shows.
pub fn panicked(info: &PanicInfo<'_>) {
    let line = info.location().map_or(0, |place| place.line() as usize);
    let message = info.message().as_str().map_or(0, str::len);
    // SAFETY: the linker script puts PANICKED at an aligned address in RAM.
    unsafe { write_volatile(addr_of_mut!(PANICKED), black_box(line ^ message)) };
}

/// A sink of bodies that refuses any piece.
pub struct Taken;

impl json::Sink for Taken {
    type Error = ();

    fn write(&mut self, bytes: &[u8]) -> Result<(), ()> {
        used(bytes);
        if flag() { Ok(()) } else { Err(()) }
    }
}

struct Sink;

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if black_box(text).len() == number() {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        used(c);
        Ok(())
    }
}
