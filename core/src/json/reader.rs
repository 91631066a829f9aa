//! The tokenizer with a schema: consumers see the members they named and nothing else.
//!
//! A [`Schema`] is made of a tree of nodes. Arrays of objects are passed through (each element has the array's node);
//! unknown members, values of an unexpected shape and anything below them are passed over.
//!
//! Memory: 320 bytes on a 32-bit machine at most, whatever the document's size; no copy of any value. Flash: once,
//! however many schemas and visitors a program has.

use super::schema::{Line, Schema};
use super::token::{Error, Handler, Literal, Token};
use super::tokenizer::Tokenizer;
use heapless::Vec;

/// Containers of the schema in each other, arrays counted; the deepest path of Meta's that is read has 11.
pub const NESTING_MAX: usize = 16;
/// Longest key of a schema in bytes; longer keys are unknown ones.
pub const KEY_MAX: usize = 44;

/// What a value is that is neither object nor array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    String,
    /// A number.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// Part of a value that is neither object nor array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar<'a> {
    /// What it is.
    pub kind: Kind,
    /// The next bytes of a string (unescaped, UTF-8 in whole characters) or number (as written); empty for a word.
    pub part: &'a [u8],
    /// Whether the value ends here.
    pub last: bool,
}

/// Takes the members that the schema names.
pub trait Visitor {
    /// An object of the schema begins: the member itself or an element of the array it is.
    fn open(&mut self, field: u16);
    /// That object ended.
    fn close(&mut self, field: u16);
    /// The next part of a member that is a string, number or word. A member with children may have one, too, when the
    /// sender put a string where an object was expected.
    fn scalar(&mut self, field: u16, scalar: Scalar<'_>);
}

/// The tokenizer and its place in the schema; see the module.
#[derive(Clone)]
pub struct Reader {
    tokens: Tokenizer,
    place: Place,
}

#[derive(Clone)]
struct Frame {
    node: &'static Line,
    array: bool,
}

#[derive(Clone)]
struct Place {
    schema: &'static Schema,
    open: Vec<Frame, NESTING_MAX, u8>,
    /// The member whose value comes next.
    next: Option<&'static Line>,
    /// Unknown containers that are open.
    skipped: u8,
    /// A key that came in several parts. One byte more than the longest, to tell a longer one.
    key: Vec<u8, { KEY_MAX + 1 }, u8>,
}

impl Reader {
    /// At the start of a document of this schema.
    // Once in flash and not in each place, for it sets some thirty fields.
    #[inline(never)]
    pub const fn new(schema: &'static Schema) -> Self {
        Self {
            tokens: Tokenizer::new(),
            place: Place {
                schema,
                open: Vec::new(),
                next: schema.root(),
                skipped: 0,
                key: Vec::new(),
            },
        }
    }

    /// Takes the next bytes of the document, as many as there are.
    ///
    /// # Errors
    /// As [`Tokenizer::push`].
    pub fn push(&mut self, bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Error> {
        let place = &mut self.place;
        self.tokens.push(bytes, &mut Bound { place, visitor })
    }

    /// Ends the document.
    ///
    /// # Errors
    /// As [`Tokenizer::finish`].
    pub fn finish(&mut self, visitor: &mut dyn Visitor) -> Result<(), Error> {
        let place = &mut self.place;
        self.tokens.finish(&mut Bound { place, visitor })
    }
}

impl core::fmt::Debug for Reader {
    /// The place in the document; keys are not shown.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reader")
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

impl Place {
    /// The member that the key names.
    fn find(&self, key: &[u8]) -> Option<&'static Line> {
        self.schema.find(self.open.last()?.node, key)
    }

    fn key(&mut self, part: &[u8], last: bool) {
        if last && self.key.is_empty() {
            self.next = self.find(part);
            return;
        }
        for &byte in part {
            if self.key.push(byte).is_err() {
                break;
            }
        }
        if last {
            self.next = self.find(&self.key);
            self.key.clear();
        }
    }

    /// The schema's node of the value that begins now, and whether it is an element of an array.
    fn value(&self) -> (Option<&'static Line>, bool) {
        match self.open.last() {
            Some(frame) if frame.array => (Some(frame.node), true),
            _ => (self.next, false),
        }
    }

    /// Enters a container; `None` if it is none of the schema's.
    fn enter(&mut self, array: bool) -> Option<u16> {
        if self.skipped == 0
            && let (Some(node), in_array) = self.value()
            && node.is_object()
            && !(array && in_array)
            && self.open.push(Frame { node, array }).is_ok()
        {
            return Some(node.field());
        }
        self.skipped = self.skipped.saturating_add(1);
        None
    }

    /// Leaves a container; `None` if it is none of the schema's.
    fn leave(&mut self) -> Option<u16> {
        if let Some(less) = self.skipped.checked_sub(1) {
            self.skipped = less;
            return None;
        }
        self.open.pop().map(|frame| frame.node.field())
    }

    /// The field of the string, number or word that is coming; elements of arrays have none, unless a
    /// [list](super::Node::object) of them is wanted.
    fn scalar(&self) -> Option<u16> {
        match (self.skipped, self.value()) {
            (0, (Some(node), in_array)) if !in_array || node.is_list() => Some(node.field()),
            _ => None,
        }
    }
}

struct Bound<'a> {
    place: &'a mut Place,
    visitor: &'a mut dyn Visitor,
}

impl Bound<'_> {
    fn scalar(&mut self, kind: Kind, part: &[u8], last: bool) {
        if let Some(field) = self.place.scalar() {
            self.visitor.scalar(field, Scalar { kind, part, last });
        }
    }
}

impl Handler for Bound<'_> {
    fn string(&mut self, is_key: bool, part: &[u8], last: bool) {
        if self.place.skipped == 0 {
            if is_key {
                self.place.key(part, last);
            } else {
                self.scalar(Kind::String, part, last);
            }
        }
    }

    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Key { part, last } => self.string(true, part, last),
            Token::Text { part, last } => self.string(false, part, last),
            Token::Number { part, last } => self.scalar(Kind::Number, part, last),
            Token::Literal(literal) => {
                let kind = match literal {
                    Literal::True => Kind::True,
                    Literal::False => Kind::False,
                    Literal::Null => Kind::Null,
                };
                self.scalar(kind, b"", true);
            }
            Token::BeginObject => {
                if let Some(field) = self.place.enter(false) {
                    self.visitor.open(field);
                }
            }
            Token::EndObject => {
                if let Some(field) = self.place.leave() {
                    self.visitor.close(field);
                }
            }
            Token::BeginArray => {
                self.place.enter(true);
            }
            Token::EndArray => {
                self.place.leave();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Node;
    use super::*;
    use core::fmt::Write;
    use std::string::String;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum F {
        Root,
        Items,
        Id,
        Data,
        Note,
    }

    impl F {
        fn of(field: u16) -> Self {
            let all = [Self::Root, Self::Items, Self::Id, Self::Data, Self::Note];
            all.into_iter().find(|f| *f as u16 == field).unwrap()
        }
    }

    const TREE: &Node = &Node::object(
        "",
        F::Root as u16,
        &[
            Node::leaf("id", F::Id as u16),
            Node::object(
                "items",
                F::Items as u16,
                &[
                    Node::leaf("id", F::Id as u16),
                    Node::object("data", F::Data as u16, &[Node::leaf("note", F::Note as u16)]),
                ],
            ),
        ],
    );

    static LINES: [Line; TREE.lines()] = TREE.pack();
    static SCHEMA: Schema = Schema::new(&LINES);

    #[derive(Default)]
    struct Log(String, bool);

    impl Visitor for Log {
        fn open(&mut self, field: u16) {
            write!(self.0, "{:?}(", F::of(field)).unwrap();
        }
        fn close(&mut self, _: u16) {
            self.0 += ") ";
        }
        fn scalar(&mut self, field: u16, scalar: Scalar<'_>) {
            if !self.1 {
                write!(self.0, "{:?}={:?}:", F::of(field), scalar.kind).unwrap();
            }
            self.1 = !scalar.last;
            self.0 += core::str::from_utf8(scalar.part).unwrap();
            self.0 += if scalar.last { "; " } else { "" };
        }
    }

    fn read(text: &str, piece: usize) -> String {
        let mut reader = Reader::new(&SCHEMA);
        let mut log = Log::default();
        for piece in text.as_bytes().chunks(piece) {
            reader.push(piece, &mut log).unwrap();
        }
        reader.finish(&mut log).unwrap();
        log.0
    }

    #[test]
    fn only_members_of_the_schema_come_through_at_any_piece_size() {
        let text = r#"{"unknown":{"id":"no","items":[{"id":1}]},"id":"a\u00e4b",
            "a key that is far too long to be one of the schema's":1,
            "items":[{"id":7,"x":[[]],"data":{"note":null}},{"data":"text"},{"id":true}],"i":1,"idd":2}"#;
        let want = "Root(Id=String:aäb; Items(Id=Number:7; Data(Note=Null:; ) ) Items(Data=String:text; ) \
                    Items(Id=True:; ) ) ";
        for piece in [1, 2, 3, 7, 64, 4096] {
            assert_eq!(read(text, piece), want, "pieces of {piece}");
        }
    }

    #[test]
    fn a_known_member_of_another_shape_is_passed_over() {
        assert_eq!(
            read(r#"{"id":{"id":1},"items":[[{"id":1}],"x",3]}"#, 9),
            "Root() "
        );
        assert_eq!(
            read(r#"{"id":["a","b"],"items":{"id":1}}"#, 9),
            "Root(Items(Id=Number:1; ) ) "
        );
        assert_eq!(read(r#"[{"id":1}]"#, 9), "Root(Id=Number:1; ) ");
        assert_eq!(read("3", 1), "Root=Number:3; ");
    }

    #[test]
    fn a_reader_has_a_size_that_is_stated() {
        assert!(size_of::<Reader>() <= 72 + 8 + 16 * NESTING_MAX + 64);
    }
}
