//! The reading side of a stream, with the caller's buffer between.

use embedded_io_async::Read;

/// A stream, and what was read from it ahead.
pub(super) struct Input<'s, S> {
    pub(super) stream: &'s mut S,
    buffer: &'s mut [u8],
    start: usize,
    end: usize,
}

/// Why there is no head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeadFault<E> {
    /// The stream failed.
    Io(E),
    /// The stream ended before the first byte.
    Closed,
    /// The stream ended within the head.
    Cut,
    /// The head has more bytes than may be, or than there is room for.
    TooLong,
    /// A line does not end in CR LF, or the first bytes cannot begin a message.
    Bad,
}

impl<'s, S> Input<'s, S> {
    pub(super) fn new(stream: &'s mut S, buffer: &'s mut [u8]) -> Self {
        Self {
            stream,
            buffer,
            start: 0,
            end: 0,
        }
    }

    /// What was read and not consumed.
    pub(super) fn buffered(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The first `length` buffered bytes beside the stream, so that an answer can be written while they are read.
    pub(super) fn split(&mut self, length: usize) -> (&[u8], &mut S) {
        let buffered = self.buffer.get(self.start..self.end).unwrap_or_default();
        (buffered.get(..length).unwrap_or(buffered), self.stream)
    }

    /// Forgets the first `count` buffered bytes.
    pub(super) fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }
}

impl<S: Read> Input<'_, S> {
    /// Waits for bytes and returns how many came; 0 at the end of the stream, or when the buffer is full.
    pub(super) async fn fill(&mut self) -> Result<usize, S::Error> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.move_to_front();
        }
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        let count = self.stream.read(free).await?;
        self.end = self.end.saturating_add(count).min(self.buffer.len());
        Ok(count)
    }

    /// Waits for a whole head, to be found at the beginning of [`Self::buffered`], and returns its length, the
    /// empty line included.
    ///
    /// `plausible` is shown the first bytes each time there are more, so that what is no HTTP at all is known at
    /// once.
    pub(super) async fn head(
        &mut self,
        limit: usize,
        plausible: impl Fn(&[u8]) -> bool,
    ) -> Result<usize, HeadFault<S::Error>> {
        let limit = limit.min(self.buffer.len());
        let mut line = Lines::default();
        loop {
            let buffered = self.buffered();
            if !plausible(buffered) {
                return Err(HeadFault::Bad);
            }
            match line.scan(buffered) {
                Scan::End(length) if length <= limit => return Ok(length),
                Scan::Bad => return Err(HeadFault::Bad),
                Scan::More if buffered.len() < limit => {}
                Scan::End(_) | Scan::More => return Err(HeadFault::TooLong),
            }
            let was_empty = buffered.is_empty();
            match self.fill().await {
                Ok(0) if was_empty => return Err(HeadFault::Closed),
                Ok(0) => return Err(HeadFault::Cut),
                Ok(_) => {}
                Err(error) => return Err(HeadFault::Io(error)),
            }
        }
    }

    /// Byte by byte: `copy_within` could panic, in the compiler's eyes.
    fn move_to_front(&mut self) {
        let length = self.end - self.start;
        for to in 0..length {
            let byte = self.buffer.get(self.start + to).copied();
            if let (Some(byte), Some(slot)) = (byte, self.buffer.get_mut(to)) {
                *slot = byte;
            }
        }
        (self.start, self.end) = (0, length);
    }
}

/// Looks for the empty line; every byte is looked at once, in however many pieces they come.
#[derive(Default)]
struct Lines {
    scanned: usize,
    /// Bytes in the current line so far, a CR not counted.
    line: usize,
    after_cr: bool,
}

enum Scan {
    More,
    End(usize),
    Bad,
}

impl Lines {
    fn scan(&mut self, bytes: &[u8]) -> Scan {
        for byte in bytes.get(self.scanned..).unwrap_or_default() {
            self.scanned += 1;
            match (byte, self.after_cr) {
                (b'\r', false) => self.after_cr = true,
                (b'\n', true) if self.line == 0 => return Scan::End(self.scanned),
                (b'\n', true) => {
                    self.after_cr = false;
                    self.line = 0;
                }
                (b'\n', false) | (_, true) => return Scan::Bad,
                (_, false) => self.line += 1,
            }
        }
        Scan::More
    }
}

#[cfg(test)]
mod tests {
    use embassy_futures::block_on;

    use super::{HeadFault, Input};

    fn head(mut bytes: &[u8], limit: usize) -> Result<usize, HeadFault<core::convert::Infallible>> {
        let mut buffer = [0; 32];
        block_on(Input::new(&mut bytes, &mut buffer).head(limit, |_| true))
    }

    #[test]
    fn a_head_ends_with_the_first_empty_line() {
        assert_eq!(head(b"a\r\nb: c\r\n\r\nbody\r\n\r\n", 32), Ok(11));
        assert_eq!(head(b"a\r\n\r\n", 5), Ok(5));
    }

    #[test]
    fn a_head_that_is_too_long_cut_or_wrongly_ended_is_told() {
        assert_eq!(head(b"a\r\n\r\n", 4), Err(HeadFault::TooLong));
        assert_eq!(head(&[b'a'; 64], 64), Err(HeadFault::TooLong));
        assert_eq!(head(b"a\nb\n\n", 32), Err(HeadFault::Bad));
        assert_eq!(head(b"a\rb\r\n\r\n", 32), Err(HeadFault::Bad));
        assert_eq!(head(b"a\r\n\r", 32), Err(HeadFault::Cut));
        assert_eq!(head(b"", 32), Err(HeadFault::Closed));
    }

    #[test]
    fn what_follows_a_consumed_head_moves_to_the_front_when_room_is_needed() {
        let mut bytes: &[u8] = b"0123456789";
        let mut buffer = [0; 4];
        let mut input = Input::new(&mut bytes, &mut buffer);
        assert_eq!(block_on(input.fill()), Ok(4));
        input.consume(3);
        assert_eq!(block_on(input.fill()), Ok(3));
        assert_eq!(input.buffered(), b"3456");
        assert_eq!(block_on(input.fill()), Ok(0), "full");
    }
}
