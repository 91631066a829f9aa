//! Where the messages' bytes lie: one buffer, packed from the front, so that a message of any size fits as long as
//! the sum does. Taking one out moves what lies behind it; with a few kilobytes that is cheaper than fragments.

use core::cell::Cell;

/// A piece of the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Span {
    pub(crate) at: u32,
    pub(crate) len: u32,
}

/// `N` bytes of message storage.
#[derive(Debug, Clone)]
pub(crate) struct Arena<const N: usize> {
    bytes: [u8; N],
    used: usize,
}

impl<const N: usize> Arena<N> {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; N],
            used: 0,
        }
    }

    #[inline(never)]
    pub(crate) fn free(&self) -> usize {
        N.saturating_sub(self.used)
    }

    /// All that is kept.
    #[cfg(feature = "fingerprint")]
    pub(crate) fn used(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    /// The free bytes, to be written to before [`Arena::keep`].
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.used..).unwrap_or_default()
    }

    /// A piece, and the free bytes.
    pub(crate) fn get_and_room(&mut self, span: Span) -> (&[u8], &mut [u8]) {
        let (used, room) = self.bytes.split_at_mut_checked(self.used).unwrap_or_default();
        (span.of(used), room)
    }

    /// A piece, to be changed in its place.
    pub(crate) fn get_mut(&mut self, span: Span) -> &mut [u8] {
        let (at, len) = (span.at as usize, span.len as usize);
        self.bytes.get_mut(at..at.saturating_add(len)).unwrap_or_default()
    }

    /// Keeps the first `len` bytes of [`Arena::room`].
    pub(crate) fn keep(&mut self, len: usize) -> Span {
        let len = len.min(self.free());
        let span = Span {
            at: self.used as u32,
            len: len as u32,
        };
        self.used = self.used.saturating_add(len);
        span
    }

    #[inline(never)]
    pub(crate) fn get(&self, span: Span) -> &[u8] {
        span.of(&self.bytes)
    }

    /// Takes a piece out. Every span behind it has to be moved by the caller with [`Span::closed_up`].
    pub(crate) fn take_out(&mut self, span: Span) {
        let (to, from) = (
            span.at as usize,
            (span.at as usize).saturating_add(span.len as usize),
        );
        close_up(self.bytes.get_mut(..self.used).unwrap_or_default(), to, from);
        self.used = self.used.saturating_sub(span.len as usize);
    }
}

/// Moves all from `from` on to `to`, which lies before them.
#[inline(never)]
pub(crate) fn close_up<T: Copy>(items: &mut [T], to: usize, from: usize) {
    let cells = Cell::from_mut(items).as_slice_of_cells();
    let tail = |at| cells.get(at..).unwrap_or_default();
    for (place, item) in tail(to).iter().zip(tail(from)) {
        place.set(item.get());
    }
}

impl Span {
    #[cfg_attr(feature = "alerts", inline(never))]
    fn of(self, bytes: &[u8]) -> &[u8] {
        let (at, len) = (self.at as usize, self.len as usize);
        bytes.get(at..at.saturating_add(len)).unwrap_or_default()
    }

    /// Where this piece lies after `gone` was taken out.
    #[must_use]
    pub(crate) fn closed_up(self, gone: Self) -> Self {
        if self.at > gone.at {
            Self {
                at: self.at.saturating_sub(gone.len),
                ..self
            }
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_leaves_no_hole() {
        let mut arena = Arena::<10>::new();
        let mut put = |text: &[u8]| {
            arena.room()[..text.len()].copy_from_slice(text);
            arena.keep(text.len())
        };
        let (a, b, c) = (put(b"aaa"), put(b"bb"), put(b"cccc"));
        assert_eq!(arena.free(), 1);
        arena.take_out(b);
        let (a, c) = (a.closed_up(b), c.closed_up(b));
        assert_eq!((arena.get(a), arena.get(c)), (&b"aaa"[..], &b"cccc"[..]));
        assert_eq!(arena.free(), 3);
        arena.take_out(a);
        assert_eq!(arena.get(c.closed_up(a)), b"cccc");
        assert_eq!(arena.free(), 6);
    }
}
