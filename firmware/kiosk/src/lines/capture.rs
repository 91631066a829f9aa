//! An object that is passed on: the tokens of it written as JSON again, into the room.

use super::room::Room;
use squab_core::json::{Literal, Token};

/// Where in the object it is. Memory: three bytes.
pub(super) struct Capture {
    /// Objects and lists that are open; 0: nothing is being passed on.
    depth: u8,
    /// Something stands before what comes in its object or list.
    comma: bool,
    /// In the middle of a name, string or number.
    within: bool,
}

impl Capture {
    pub(super) const fn new() -> Self {
        Self {
            depth: 0,
            comma: false,
            within: false,
        }
    }

    /// Whether an object is being passed on.
    pub(super) const fn is_on(&self) -> bool {
        self.depth > 0
    }

    /// Writes the next token, [`Token::BeginObject`] first. Says whether the room was enough.
    pub(super) fn token(&mut self, token: Token<'_>, room: &mut Room<[u8]>) -> bool {
        let (part, last) = match token {
            Token::BeginObject => return self.open(b"{", room),
            Token::BeginArray => return self.open(b"[", room),
            Token::EndObject => return self.close(b"}", room),
            Token::EndArray => return self.close(b"]", room),
            Token::Literal(literal) => {
                let word: &[u8] = match literal {
                    Literal::True => b"true",
                    Literal::False => b"false",
                    Literal::Null => b"null",
                };
                (word, true)
            }
            Token::Key { part, last } | Token::Text { part, last } | Token::Number { part, last } => {
                (part, last)
            }
        };
        let is_text = matches!(token, Token::Key { .. } | Token::Text { .. });
        let mut fits = true;
        if !self.within {
            fits = self.separate(room) && (!is_text || room.append(b"\""));
        }
        self.within = !last;
        if is_text {
            fits = fits && escaped(part, room);
        } else {
            fits = fits && room.append(part);
        }
        if last && is_text {
            fits = fits && room.append(b"\"");
        }
        if let Token::Key { last: true, .. } = token {
            fits = fits && room.append(b":");
        }
        if last {
            // Behind a name its value comes.
            self.comma = !matches!(token, Token::Key { .. });
        }
        fits
    }

    fn separate(&self, room: &mut Room<[u8]>) -> bool {
        !self.comma || room.append(b",")
    }

    fn open(&mut self, brace: &[u8], room: &mut Room<[u8]>) -> bool {
        let fits = self.separate(room) && room.append(brace);
        self.depth = self.depth.saturating_add(1);
        self.comma = false;
        fits
    }

    fn close(&mut self, brace: &[u8], room: &mut Room<[u8]>) -> bool {
        self.depth = self.depth.saturating_sub(1);
        // Nothing comes behind the outermost one.
        self.comma = self.depth > 0;
        room.append(brace)
    }
}

/// Text between quotation marks, with as few escapes as JSON allows.
fn escaped(text: &[u8], room: &mut Room<[u8]>) -> bool {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for byte in text {
        let fits = match byte {
            b'"' | b'\\' => room.append(&[b'\\', *byte]),
            0..0x20 => {
                let digits = [byte >> 4, byte & 15].map(|at| HEX.get(usize::from(at)).copied());
                let [high, low] = digits.map(Option::unwrap_or_default);
                room.append(b"\\u00") && room.append(&[high, low])
            }
            _ => room.append(&[*byte]),
        };
        if !fits {
            return false;
        }
    }
    true
}
