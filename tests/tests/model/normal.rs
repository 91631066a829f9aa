//! A hasher for which two states are one that differ only by when they are, or by
//! what was long ago: it knows a point of time by its size.
//!
//! The client's clock begins at [`BASE`], so far from all other numbers that a time is told from them, in its 32 bits
//! too; the time of day is in 2027. What is one counts from now.

use std::hash::{DefaultHasher, Hasher};

/// Milliseconds of the client's clock at each start. The lower 32 bits are in the middle of their range.
pub(crate) const BASE: u64 = 0x40_8000_0000;
/// Seconds from now. What is longer ago is over: nothing here is waited for longer.
const LONG_AGO: i64 = -700;
/// A day to each side.
const SPAN: u64 = 2 * 86_400_000;

pub(crate) struct Normal {
    inner: DefaultHasher,
    /// Milliseconds of the client's clock.
    now: u64,
    /// Milliseconds of Unix time.
    unix: u64,
}

impl Normal {
    pub(crate) fn new(now: u64, unix: u64) -> Self {
        Self {
            inner: DefaultHasher::new(),
            now,
            unix,
        }
    }

    /// Bytes with Unix seconds somewhere among them, as records have.
    pub(crate) fn record(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((first, behind)) = rest.split_first() {
            match rest.split_first_chunk::<4>() {
                Some((chunk, behind)) if self.is_unix_seconds(u32::from_le_bytes(*chunk)) => {
                    self.write_u32(u32::from_le_bytes(*chunk));
                    rest = behind;
                }
                _ => {
                    self.inner.write_u8(*first);
                    rest = behind;
                }
            }
        }
    }

    /// So long from now, in `unit`s to the second; told from a number of the same size.
    fn time(&mut self, from_now: i64, unit: i64) {
        self.inner.write_u8(1);
        self.inner.write_i64(from_now.max(LONG_AGO * unit));
    }

    fn is_unix_seconds(&self, value: u32) -> bool {
        u64::from(value).abs_diff(self.unix / 1_000) < SPAN / 1_000
    }
}

impl Hasher for Normal {
    fn finish(&self) -> u64 {
        self.inner.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.inner.write(bytes);
    }

    fn write_u32(&mut self, value: u32) {
        let now = self.now as u32;
        if value.abs_diff(now) < SPAN as u32 {
            self.time(i64::from(value) - i64::from(now), 1_000);
        } else if self.is_unix_seconds(value) {
            self.time(i64::from(value) - (self.unix / 1_000).cast_signed(), 1);
        } else {
            self.inner.write_u32(value);
        }
    }

    fn write_u64(&mut self, value: u64) {
        for origin in [self.now, self.unix, self.unix - self.now] {
            if value.abs_diff(origin) < SPAN {
                return self.time(value.cast_signed() - origin.cast_signed(), 1_000);
            }
        }
        self.inner.write_u64(value);
    }
}
