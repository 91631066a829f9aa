//! The push tokenizer: strict RFC 8259 in constant memory, fed with pieces of any size.
//!
//! It accepts exactly the grammar of the standard, in UTF-8 without a byte order mark, nested up to [`DEPTH_MAX`].
//! Escapes are undone as they pass; half of a surrogate pair becomes U+FFFD, since the grammar allows it and UTF-8
//! does not. Runs without escapes go out as slices of the input.
//!
//! Memory: 56 bytes on a 32-bit machine, at most 80 elsewhere, whatever the document's size.

use super::scan::{character_len, plain_len};
use super::token::{Error, ErrorKind, Handler, Literal, Token};

/// Deepest nesting of objects and arrays that is followed. Meta's deepest payload has 13 levels.
pub const DEPTH_MAX: u8 = 128;

/// What stands in the place of half a surrogate pair: U+FFFD.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A value has to come.
    Value,
    /// After `[`.
    ValueOrEnd,
    /// After `{`.
    KeyOrEnd,
    /// After a comma in an object.
    Key,
    Colon,
    CommaOrEnd,
    /// The document's value is complete.
    Done,
    /// In a string.
    Text,
    /// In a string, after a backslash.
    Escape,
    /// In a string, among the four digits after `\u`.
    Unicode,
    /// In a string, in a character that the last piece cut.
    Character,
    Number,
    Word,
    /// Something was wrong; `wrong` says what.
    Failed,
}

/// Where in a number the last byte stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    Start,
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    Sign,
    Power,
}

impl Digits {
    /// Where the byte leads; `None` if it is no part of the number.
    fn next(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Start, b'-') => Self::Minus,
            (Self::Start | Self::Minus, b'0') => Self::Zero,
            (Self::Start | Self::Minus, b'1'..=b'9') | (Self::Integer, b'0'..=b'9') => Self::Integer,
            (Self::Zero | Self::Integer, b'.') => Self::Point,
            (Self::Point | Self::Fraction, b'0'..=b'9') => Self::Fraction,
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Self::Exponent,
            (Self::Exponent, b'+' | b'-') => Self::Sign,
            (Self::Exponent | Self::Sign | Self::Power, b'0'..=b'9') => Self::Power,
            _ => return None,
        })
    }

    /// Whether a number may end here.
    fn complete(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::Power)
    }
}

/// The strict push tokenizer; see the module.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    /// One bit for each open container, the innermost lowest: set for an object.
    objects: u128,
    /// What is left of the word under way, and its meaning.
    word: &'static [u8],
    /// Bytes taken before the current piece.
    taken: u32,
    failed: Option<Error>,
    /// The value of the `\u` escape under way.
    unit: u16,
    /// The first half of a surrogate pair that waits for its second; 0 for none.
    high: u16,
    /// The character that the last piece cut: its bytes so far.
    cut: [u8; 4],
    cut_len: u8,
    unit_len: u8,
    depth: u8,
    state: State,
    digits: Digits,
    literal: Literal,
    /// What is wrong, once the state is [`State::Failed`].
    wrong: ErrorKind,
    /// Whether the string under way is a key.
    key: bool,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokenizer {
    /// At the start of a document.
    pub const fn new() -> Self {
        Self {
            objects: 0,
            word: b"",
            taken: 0,
            failed: None,
            unit: 0,
            high: 0,
            cut: [0; 4],
            cut_len: 0,
            unit_len: 0,
            depth: 0,
            state: State::Value,
            digits: Digits::Start,
            literal: Literal::Null,
            wrong: ErrorKind::UnexpectedByte,
            key: false,
        }
    }

    /// Takes the next bytes of the document, as many as there are.
    ///
    /// # Errors
    /// [`Error`] when the document cannot be JSON any more; every later call gives the same one.
    pub fn push(&mut self, bytes: &[u8], handler: &mut dyn Handler) -> Result<(), Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.state {
                State::Text => self.strings(rest, handler),
                State::Escape | State::Unicode | State::Character => self.text(rest, handler),
                State::Number => self.number(rest, handler),
                State::Word => self.word(rest, handler),
                // `rest` begins with the byte that was wrong.
                State::Failed => return Err(self.fail(bytes.len().saturating_sub(rest.len()))),
                _ => self.structure(rest, handler),
            };
        }
        self.taken = self.taken.saturating_add(length(bytes.len()));
        Ok(())
    }

    /// Ends the document. Only now a number that stands alone is complete.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedEnd`] when the value is not complete, or the error of an earlier call.
    pub fn finish(&mut self, handler: &mut dyn Handler) -> Result<(), Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.depth == 0 && self.state == State::Number && self.digits.complete() {
            handler.token(Token::Number {
                part: b"",
                last: true,
            });
            self.state = State::Done;
        }
        if self.state == State::Done {
            return Ok(());
        }
        let error = Error {
            kind: ErrorKind::UnexpectedEnd,
            at: self.taken,
        };
        self.failed = Some(error);
        Err(error)
    }

    /// Whether the document's value is complete; only white space may follow.
    pub fn is_complete(&self) -> bool {
        self.state == State::Done
    }

    /// Notes what is wrong with the first byte of what is left.
    #[cold]
    #[inline(never)]
    fn wrong<'b>(&mut self, kind: ErrorKind, here: &'b [u8]) -> &'b [u8] {
        self.wrong = kind;
        self.state = State::Failed;
        here
    }

    #[cold]
    fn fail(&mut self, offset: usize) -> Error {
        let at = self.taken.saturating_add(length(offset));
        // A bad character is where it began, which may be some pieces ago.
        let at = at.saturating_sub(u32::from(self.cut_len).saturating_sub(1));
        let kind = self.wrong;
        let error = Error { kind, at };
        self.failed = Some(error);
        error
    }

    /// What stands between strings, numbers and words.
    fn structure<'b>(&mut self, bytes: &'b [u8], handler: &mut dyn Handler) -> &'b [u8] {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            match (self.state, byte) {
                (_, b' ' | b'\n' | b'\r' | b'\t') => {}
                (State::Key | State::KeyOrEnd, b'"') => {
                    self.key = true;
                    self.state = State::Text;
                    return tail;
                }
                (State::Colon, b':') => self.state = State::Value,
                (State::CommaOrEnd, b',') => {
                    self.state = if self.in_object() {
                        State::Key
                    } else {
                        State::Value
                    };
                }
                (State::KeyOrEnd, b'}') => self.end(Token::EndObject, handler),
                (State::CommaOrEnd, b'}') if self.in_object() => self.end(Token::EndObject, handler),
                (State::ValueOrEnd, b']') => self.end(Token::EndArray, handler),
                (State::CommaOrEnd, b']') if !self.in_object() => self.end(Token::EndArray, handler),
                (State::Value | State::ValueOrEnd, _) => match byte {
                    b'"' => {
                        self.key = false;
                        self.state = State::Text;
                        return tail;
                    }
                    b'{' | b'[' => {
                        if self.depth >= DEPTH_MAX {
                            return self.wrong(ErrorKind::TooDeep, rest);
                        }
                        let object = byte == b'{';
                        self.depth = self.depth.saturating_add(1);
                        self.objects = (self.objects << 1) | u128::from(object);
                        if object {
                            handler.token(Token::BeginObject);
                            if let [b'"', rest @ ..] = tail {
                                self.key = true;
                                self.state = State::Text;
                                return rest;
                            }
                            self.state = State::KeyOrEnd;
                        } else {
                            self.state = State::ValueOrEnd;
                            handler.token(Token::BeginArray);
                        }
                    }
                    b'-' | b'0'..=b'9' => {
                        self.digits = Digits::Start;
                        self.state = State::Number;
                        return rest;
                    }
                    b't' => return self.begin_word(b"rue", Literal::True, tail),
                    b'f' => return self.begin_word(b"alse", Literal::False, tail),
                    b'n' => return self.begin_word(b"ull", Literal::Null, tail),
                    _ => return self.wrong(ErrorKind::UnexpectedByte, rest),
                },
                (State::Done, _) => return self.wrong(ErrorKind::TrailingBytes, rest),
                _ => return self.wrong(ErrorKind::UnexpectedByte, rest),
            }
            rest = tail;
        }
        rest
    }

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn end(&mut self, token: Token<'_>, handler: &mut dyn Handler) {
        self.objects >>= 1;
        self.depth = self.depth.saturating_sub(1);
        self.after_value();
        handler.token(token);
    }

    fn after_value(&mut self) {
        self.state = if self.depth == 0 {
            State::Done
        } else {
            State::CommaOrEnd
        };
    }

    fn begin_word<'b>(&mut self, rest: &'static [u8], literal: Literal, tail: &'b [u8]) -> &'b [u8] {
        self.word = rest;
        self.literal = literal;
        self.state = State::Word;
        tail
    }

    fn word<'b>(&mut self, bytes: &'b [u8], handler: &mut dyn Handler) -> &'b [u8] {
        let mut rest = bytes;
        while let Some((wanted, word)) = self.word.split_first() {
            match rest.split_first() {
                Some((byte, tail)) if byte == wanted => rest = tail,
                Some(_) => return self.wrong(ErrorKind::InvalidWord, rest),
                None => return rest,
            }
            self.word = word;
            if word.is_empty() {
                self.after_value();
                handler.token(Token::Literal(self.literal));
            }
        }
        rest
    }

    fn number<'b>(&mut self, bytes: &'b [u8], handler: &mut dyn Handler) -> &'b [u8] {
        let mut len = 0usize;
        for &byte in bytes {
            let Some(digits) = self.digits.next(byte) else {
                break;
            };
            self.digits = digits;
            len = len.saturating_add(1);
        }
        let (part, rest) = bytes.split_at_checked(len).unwrap_or((bytes, b""));
        // A number ends at the first byte that is none of it; whether one comes, the next piece tells.
        let last = !rest.is_empty();
        if last {
            if !self.digits.complete() || rest.first().is_some_and(u8::is_ascii_digit) {
                return self.wrong(ErrorKind::InvalidNumber, rest);
            }
            self.after_value();
        }
        handler.token(Token::Number { part, last });
        rest
    }

    /// One string after the other, as long as they are plain and end in this piece: nearly all of a webhook is that.
    #[inline]
    fn strings<'b>(&mut self, bytes: &'b [u8], handler: &mut dyn Handler) -> &'b [u8] {
        let mut rest = bytes;
        while self.high == 0
            && let Some((part, after)) = rest.split_at_checked(plain_len(rest))
        {
            match after {
                [b'"', tail @ ..] => {
                    handler.string(self.key, part, true);
                    rest = self.after_text(tail);
                    if self.state != State::Text || rest.is_empty() {
                        return rest;
                    }
                }
                [] => {
                    handler.string(self.key, part, false);
                    return after;
                }
                _ => break,
            }
        }
        self.text(rest, handler)
    }

    /// From inside a string to its end or the end of the piece.
    #[inline(never)]
    fn text<'b>(&mut self, bytes: &'b [u8], handler: &mut dyn Handler) -> &'b [u8] {
        let mut parts = Parts::new(self.key, handler);
        let mut rest = bytes;
        // In the order in which these follow one another, so that an escape takes one round.
        while !rest.is_empty() {
            if self.state == State::Character {
                rest = self.character(rest, &mut parts);
            }
            if self.state == State::Text {
                match self.run(rest, &mut parts) {
                    Ok(after) => rest = after,
                    Err(tail) => return self.after_text(tail),
                }
            }
            if self.state == State::Escape {
                rest = self.escape(rest, &mut parts);
            }
            if self.state == State::Unicode {
                rest = self.unicode(rest, &mut parts);
            }
            if self.state == State::Failed {
                break;
            }
        }
        parts.pass_on(b"", false);
        rest
    }

    /// From inside a string to an escape, the end of the piece or what is wrong; as the error, what follows the string.
    fn run<'b>(&mut self, bytes: &'b [u8], parts: &mut Parts<'_>) -> Result<&'b [u8], &'b [u8]> {
        if self.high != 0 && bytes.first() != Some(&b'\\') {
            self.settle_high(parts);
        }
        let mut len = 0usize;
        loop {
            len = len.wrapping_add(plain_len(bytes.get(len..).unwrap_or_default()));
            let Some((run, rest)) = bytes.split_at_checked(len) else {
                return Ok(b"");
            };
            let Some((&first, tail)) = rest.split_first() else {
                parts.pass_on(run, false);
                return Ok(rest);
            };
            let cut = match first {
                b'"' => {
                    parts.pass_on(run, true);
                    return Err(tail);
                }
                b'\\' => {
                    self.state = State::Escape;
                    tail
                }
                0..=0x1F => self.wrong(ErrorKind::ControlCharacter, rest),
                lead => match character_len(lead, rest) {
                    Some(n) if n <= rest.len() => {
                        len = len.wrapping_add(n);
                        continue;
                    }
                    Some(_) => {
                        self.cut_len = 0;
                        for &byte in rest {
                            self.keep(byte);
                        }
                        self.state = State::Character;
                        b""
                    }
                    None => self.wrong(ErrorKind::InvalidUtf8, rest),
                },
            };
            parts.put(run);
            return Ok(cut);
        }
    }

    /// Ends a string, and takes what nearly always follows it: a colon after a key, a comma and the next key after a
    /// member.
    fn after_text<'b>(&mut self, tail: &'b [u8]) -> &'b [u8] {
        if self.key {
            if let [b':', rest @ ..] = tail {
                if let [b'"', rest @ ..] = rest {
                    self.key = false;
                    self.state = State::Text;
                    return rest;
                }
                self.state = State::Value;
                return rest;
            }
            self.state = State::Colon;
            return tail;
        }
        self.after_value();
        if let [b',', b'"', rest @ ..] = tail
            && self.in_object()
        {
            self.key = true;
            self.state = State::Text;
            return rest;
        }
        tail
    }

    fn keep(&mut self, byte: u8) {
        if let Some(slot) = self.cut.get_mut(usize::from(self.cut_len)) {
            *slot = byte;
            self.cut_len = self.cut_len.saturating_add(1);
        }
    }

    /// The next byte of a character that a piece cut.
    fn character<'b>(&mut self, bytes: &'b [u8], parts: &mut Parts<'_>) -> &'b [u8] {
        let Some((&byte, tail)) = bytes.split_first() else {
            return bytes;
        };
        self.keep(byte);
        let cut = self.cut;
        let got = cut.get(..usize::from(self.cut_len)).unwrap_or_default();
        match character_len(cut[0], got) {
            Some(n) if n <= got.len() => {
                self.state = State::Text;
                self.cut_len = 0;
                parts.put(got);
                tail
            }
            Some(_) => tail,
            None => self.wrong(ErrorKind::InvalidUtf8, bytes),
        }
    }

    /// The byte after a backslash.
    fn escape<'b>(&mut self, bytes: &'b [u8], parts: &mut Parts<'_>) -> &'b [u8] {
        let Some((&byte, tail)) = bytes.split_first() else {
            return bytes;
        };
        let plain: &[u8] = match byte {
            b'u' => {
                self.unit = 0;
                self.unit_len = 0;
                self.state = State::Unicode;
                return tail;
            }
            b'"' => b"\"",
            b'\\' => b"\\",
            b'/' => b"/",
            b'b' => b"\x08",
            b'f' => b"\x0C",
            b'n' => b"\n",
            b'r' => b"\r",
            b't' => b"\t",
            _ => return self.wrong(ErrorKind::InvalidEscape, bytes),
        };
        self.settle_high(parts);
        self.state = State::Text;
        parts.put(plain);
        tail
    }

    /// The four digits after `\u`, as many as there are.
    fn unicode<'b>(&mut self, bytes: &'b [u8], parts: &mut Parts<'_>) -> &'b [u8] {
        let (mut unit, mut len) = (self.unit, self.unit_len);
        let mut rest = bytes;
        while len < 4 {
            let Some((&byte, tail)) = rest.split_first() else {
                (self.unit, self.unit_len) = (unit, len);
                return rest;
            };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return self.wrong(ErrorKind::InvalidEscape, rest);
            };
            unit = (unit << 4) | digit as u16;
            len = len.wrapping_add(1);
            rest = tail;
        }
        self.state = State::Text;
        if unit & 0xFC00 == 0xDC00 && self.high != 0 {
            let high = u32::from(self.high & 0x3FF);
            self.high = 0;
            parts.put_char(0x1_0000 + (high << 10) + u32::from(unit & 0x3FF));
            return rest;
        }
        self.settle_high(parts);
        if unit & 0xFC00 == 0xD800 {
            self.high = unit;
        } else {
            parts.put_char(u32::from(unit));
        }
        rest
    }

    /// Puts U+FFFD for a first half whose second half did not follow.
    fn settle_high(&mut self, parts: &mut Parts<'_>) {
        if self.high != 0 {
            self.high = 0;
            parts.put(REPLACEMENT);
        }
    }
}

/// The longest part that is put together of shorter ones.
const PART_MAX: usize = 32;

/// Parts of one string. What stands between escapes is mostly short, and a call for each character of a name would
/// cost the consumer more than reading it: so short parts are put together first.
struct Parts<'h> {
    handler: &'h mut dyn Handler,
    key: bool,
    len: usize,
    buf: [u8; PART_MAX],
}

impl<'h> Parts<'h> {
    fn new(key: bool, handler: &'h mut dyn Handler) -> Self {
        Self {
            handler,
            key,
            len: 0,
            buf: [0; PART_MAX],
        }
    }

    /// The next part; more will follow.
    fn put(&mut self, part: &[u8]) {
        if !self.keep(part) {
            self.pass_on(part, false);
        }
    }

    /// Keeps a part, if there is room for it.
    fn keep(&mut self, part: &[u8]) -> bool {
        let room = self.buf.get_mut(self.len..);
        let Some(room) = room.and_then(|room| room.get_mut(..part.len())) else {
            return false;
        };
        for (to, from) in room.iter_mut().zip(part) {
            *to = *from;
        }
        self.len = self.len.wrapping_add(part.len());
        true
    }

    /// Hands out what was kept, and the next part.
    fn pass_on(&mut self, part: &[u8], last: bool) {
        let mut part = part;
        if self.len != 0 {
            if self.keep(part) {
                part = b"";
            }
            let kept = self.buf.get(..self.len).unwrap_or_default();
            self.len = 0;
            let is_all = part.is_empty();
            self.handler.string(self.key, kept, last && is_all);
            if is_all {
                return;
            }
        }
        if last || !part.is_empty() {
            self.handler.string(self.key, part, last);
        }
    }

    /// One character; what is none (half of a pair) becomes U+FFFD.
    fn put_char(&mut self, code: u32) {
        let six = |shift: u32| ((code >> shift) & 0x3F) as u8 | 0x80;
        match code {
            0..=0x7F => self.put(&[code as u8]),
            0x80..=0x7FF => self.put(&[(code >> 6) as u8 | 0xC0, six(0)]),
            0xD800..=0xDFFF => self.put(REPLACEMENT),
            0x800..=0xFFFF => self.put(&[(code >> 12) as u8 | 0xE0, six(6), six(0)]),
            _ => self.put(&[(code >> 18) as u8 | 0xF0, six(12), six(6), six(0)]),
        }
    }
}

/// A length as the offsets of [`Error`] count it.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "tokenizer_tests.rs"]
mod tests;
