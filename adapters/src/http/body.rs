//! Where a body ends, and its bytes without what the transfer added.
//!
//! [`Decoder`] is sans-IO and keeps no bytes (24 bytes of state on a chip); [`BodyReader`] runs it over an
//! [`Input`] and counts against the limit.

use embedded_io_async::Read;

use super::input::Input;

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// By a chunk of no bytes.
    Chunked,
    /// By the end of the stream.
    UntilClose,
}

/// The sizes or line ends of chunks are wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadChunk;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// So many bytes are left, and then it is over.
    Length(u64),
    UntilClose,
    /// In the digits of a chunk's size; `None` before the first.
    Size(Option<u64>),
    /// Blanks between size and CR or `;`.
    Blank(u64),
    Extension(u64),
    SizeLf(u64),
    /// So many bytes of this chunk are left.
    Data(u64),
    DataCr,
    DataLf,
    /// At the first byte of a line after the last chunk.
    TrailerStart,
    Trailer,
    TrailerLf,
    LastLf,
    Done,
}

/// Takes a body out of its framing.
#[derive(Debug)]
pub(super) struct Decoder {
    state: State,
    /// Bytes of extensions and trailers so far: they count for nothing, so there must not be many.
    extras: usize,
}

impl Decoder {
    /// Bytes of chunk extensions and trailers that a body may have.
    const MAX_EXTRAS: usize = 4096;

    pub(super) fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Size(None),
            Framing::UntilClose => State::UntilClose,
        };
        Self { state, extras: 0 }
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether the body is whole if the stream ends here.
    pub(super) fn may_end(&self) -> bool {
        matches!(self.state, State::Done | State::UntilClose)
    }

    /// Looks at `input` up to the end of the first run of body bytes: how many bytes were used, and that run.
    ///
    /// Uses at least one byte of a non-empty input unless the body [is done](Self::is_done).
    pub(super) fn next<'b>(&mut self, input: &'b [u8]) -> Result<(usize, &'b [u8]), BadChunk> {
        let mut used = 0;
        let mut rest = input;
        while self.state != State::Done {
            let left = match self.state {
                State::Length(left) | State::Data(left) => Some(left),
                State::UntilClose => Some(u64::MAX),
                _ => None,
            };
            if let Some(left) = left {
                let count = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                let data = rest.get(..count).unwrap_or_default();
                self.state = match (self.state, left - count as u64) {
                    (State::Length(_), 0) => State::Done,
                    (State::Length(_), left) => State::Length(left),
                    (State::Data(_), 0) => State::DataCr,
                    (State::Data(_), left) => State::Data(left),
                    (state, _) => state,
                };
                return Ok((used + count, data));
            }
            let Some((byte, behind)) = rest.split_first() else {
                break;
            };
            self.state = self.after(*byte)?;
            used += 1;
            rest = behind;
        }
        Ok((used, &[]))
    }

    /// The state after a byte that is not the body's.
    fn after(&mut self, byte: u8) -> Result<State, BadChunk> {
        Ok(match (self.state, byte) {
            (State::Size(size), _) if byte.is_ascii_hexdigit() => {
                let digit = match byte {
                    b'0'..=b'9' => byte - b'0',
                    _ => (byte | 0x20) - b'a' + 10,
                };
                let larger = size.unwrap_or(0).checked_mul(16).ok_or(BadChunk)?;
                let state = State::Size(Some(larger | u64::from(digit)));
                // Zeros in front could go on for ever.
                if size == Some(0) {
                    self.extra(state)?
                } else {
                    state
                }
            }
            (State::Size(Some(size)) | State::Blank(size) | State::Extension(size), b'\r') => {
                State::SizeLf(size)
            }
            (State::Size(Some(size)) | State::Blank(size), b';') => State::Extension(size),
            (State::Size(Some(size)) | State::Blank(size), b' ' | b'\t') => self.extra(State::Blank(size))?,
            (State::Extension(size), b'\t' | b' '..=b'~' | 0x80..) => self.extra(State::Extension(size))?,
            (State::SizeLf(0) | State::TrailerLf, b'\n') => State::TrailerStart,
            (State::SizeLf(size), b'\n') => State::Data(size),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size(None),
            (State::TrailerStart, b'\r') => State::LastLf,
            (State::Trailer, b'\r') => State::TrailerLf,
            (State::TrailerStart | State::Trailer, b'\t' | b' '..=b'~' | 0x80..) => {
                self.extra(State::Trailer)?
            }
            (State::LastLf, b'\n') => State::Done,
            _ => return Err(BadChunk),
        })
    }

    fn extra(&mut self, state: State) -> Result<State, BadChunk> {
        self.extras += 1;
        if self.extras > Self::MAX_EXTRAS {
            return Err(BadChunk);
        }
        Ok(state)
    }
}

/// Why a body is not whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyFault<E> {
    Io(E),
    /// The stream ended after so many bytes of the body.
    Cut {
        received: usize,
    },
    TooLong,
    BadChunk,
}

/// Reads a body from an [`Input`], at most `limit` bytes of it.
#[derive(Debug)]
pub(super) struct BodyReader {
    decoder: Decoder,
    limit: usize,
    received: usize,
    /// Bytes of the input that the last piece lies in.
    shown: usize,
    too_long: bool,
}

impl BodyReader {
    pub(super) fn new(framing: Framing, limit: usize) -> Self {
        Self {
            decoder: Decoder::new(framing),
            limit,
            received: 0,
            shown: 0,
            too_long: false,
        }
    }

    /// The next piece, never empty; `None` when the body is whole. What exceeds the limit is told after the bytes
    /// before it.
    pub(super) async fn next<'i, S: Read>(
        &mut self,
        input: &'i mut Input<'_, S>,
    ) -> Result<Option<&'i [u8]>, BodyFault<S::Error>> {
        let (start, length) = loop {
            input.consume(core::mem::take(&mut self.shown));
            if self.too_long {
                return Err(BodyFault::TooLong);
            }
            if self.decoder.is_done() {
                return Ok(None);
            }
            if input.buffered().is_empty() {
                match input.fill().await {
                    Ok(0) if self.decoder.may_end() => return Ok(None),
                    Ok(0) => {
                        return Err(BodyFault::Cut {
                            received: self.received,
                        });
                    }
                    Ok(_) => {}
                    Err(error) => return Err(BodyFault::Io(error)),
                }
            }
            let (used, data) = self
                .decoder
                .next(input.buffered())
                .map_err(|BadChunk| BodyFault::BadChunk)?;
            self.shown = used;
            let start = used - data.len();
            let length = data.len().min(self.limit - self.received);
            self.too_long = length < data.len();
            self.received += length;
            if length > 0 {
                break (start, length);
            }
        };
        Ok(Some(
            input.buffered().get(start..start + length).unwrap_or_default(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use embassy_futures::block_on;
    use proptest::prelude::*;

    use super::{BadChunk, BodyFault, BodyReader, Decoder, Framing};
    use crate::http::input::Input;

    /// Decodes `bytes` that arrive in pieces of `step`: the body, and whether it is whole.
    fn decode(framing: Framing, bytes: &[u8], step: usize) -> Result<(Vec<u8>, bool), BadChunk> {
        let mut decoder = Decoder::new(framing);
        let mut body = Vec::new();
        for mut piece in bytes.chunks(step) {
            while !piece.is_empty() && !decoder.is_done() {
                let (used, data) = decoder.next(piece)?;
                assert!(used > 0, "it would never end");
                body.extend_from_slice(data);
                piece = &piece[used..];
            }
        }
        Ok((body, decoder.may_end()))
    }

    #[test]
    fn chunks_with_extensions_and_trailers_give_their_bytes() {
        let coded = b"5\r\nhello\r\n1;a=b;c=\"d e\"\r\n,\r\n006 \t;x\r\n world\r\n0;last\r\nX-Sum: 1\r\nY:\r\n\r\nnext";
        for step in 1..coded.len() {
            let (body, whole) = decode(Framing::Chunked, coded, step).unwrap();
            assert_eq!(body, b"hello, world");
            assert!(whole);
        }
    }

    #[test]
    fn chunks_that_could_be_read_in_two_ways_are_refused() {
        for bad in [
            &b"\r\n"[..],
            b";x\r\n",
            b" 5\r\nhello\r\n",
            b"5\nhello\r\n",
            b"5\r\nhelloX\r\n",
            b"5\r\nhello\n",
            b"5;a\nb\r\n",
            b"5 6\r\nhello\r\n",
            b"-5\r\n",
            b"0x5\r\n",
            b"g\r\n",
            b"10000000000000000\r\n",
            b"0\r\n\n",
            b"0\r\nX: 1\n\r\n",
            b"0\r\n\r\r\n",
        ] {
            assert_eq!(decode(Framing::Chunked, bad, 3), Err(BadChunk), "{bad:?}");
        }
    }

    #[test]
    fn extensions_and_trailers_are_bounded() {
        let mut coded = b"1;".to_vec();
        coded.resize(5000, b'x');
        assert_eq!(decode(Framing::Chunked, &coded, 100), Err(BadChunk));
        assert_eq!(decode(Framing::Chunked, &[b'0'; 5000], 100), Err(BadChunk));
        let mut coded = b"0\r\n".to_vec();
        (0..2000).for_each(|_| coded.extend_from_slice(b"a:b\r\n"));
        assert_eq!(decode(Framing::Chunked, &coded, 100), Err(BadChunk));
    }

    #[test]
    fn a_body_that_is_cut_anywhere_is_not_whole() {
        let coded = b"5\r\nhello\r\n0\r\n\r\n";
        for cut in 0..coded.len() {
            assert!(!decode(Framing::Chunked, &coded[..cut], 4).unwrap().1);
        }
        for cut in 0..5 {
            assert!(!decode(Framing::Length(5), &coded[..cut], 4).unwrap().1);
        }
        assert!(decode(Framing::Length(5), coded, 4).unwrap().1);
        assert!(decode(Framing::UntilClose, coded, 4).unwrap().1);
        assert!(decode(Framing::Length(0), b"", 1).unwrap().1);
    }

    #[test]
    fn the_limit_is_told_after_the_bytes_before_it() {
        for (framing, mut bytes) in [
            (Framing::Length(8), &b"01234567"[..]),
            (Framing::UntilClose, b"01234567"),
            (Framing::Chunked, b"3\r\n012\r\n5\r\n34567\r\n0\r\n\r\n"),
        ] {
            let mut buffer = [0; 16];
            let mut input = Input::new(&mut bytes, &mut buffer);
            let mut reader = BodyReader::new(framing, 5);
            let mut body = Vec::new();
            let fault = block_on(async {
                loop {
                    match reader.next(&mut input).await {
                        Ok(Some(piece)) => body.extend_from_slice(piece),
                        Ok(None) => break None,
                        Err(fault) => break Some(fault),
                    }
                }
            });
            assert_eq!(fault, Some(BodyFault::TooLong), "{framing:?}");
            assert_eq!(body, b"01234");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic_or_stall(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            length in any::<Option<u64>>(),
            step in 1..50_usize,
        ) {
            let framing = length.map_or(Framing::Chunked, Framing::Length);
            let _ = decode(framing, &bytes, step);
        }
    }
}
