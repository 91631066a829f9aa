//! `squab_core::json`

use crate::io;
use serde::Serialize;
use squab_core::json::{
    Decimal, Handler, Node, Reader, Scalar, SerError, Sink, Text, Token, Tokenizer, Visitor, encoded_len,
    read_at, to_sink, whole_chars,
};

static ROOT: Node<u8> = Node::object("", 0, &[Node::leaf("a", 1)]);

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_json() {
    let mut tokens = Tokenizer::new();
    while io::flag() {
        shown(Tokenizer::push(&mut tokens, io::bytes(), &mut Seen));
        io::used(Tokenizer::is_complete(&tokens));
    }
    shown(Tokenizer::finish(&mut tokens, &mut Seen));

    let mut reader = if io::flag() { Reader::new(&ROOT) } else { Reader::with(&ROOT) };
    while io::flag() {
        shown(Reader::push(&mut reader, io::bytes(), &mut Seen));
    }
    shown(Reader::finish(&mut reader, &mut Seen));

    let mut text = Text::<100>::new();
    let mut number = Decimal::new();
    while io::flag() {
        Text::append(&mut text, io::bytes(), io::flag());
        Decimal::append(&mut number, io::bytes(), io::flag());
    }
    io::used((Text::as_str(&text), Text::whole(&text), Text::is_cut(&text)));
    io::used(Decimal::get(&number));
    io::used(whole_chars(io::bytes(), io::number()));

    let values = [any_value(), any_value()];
    let document = Document {
        values: io::some(&values),
        pair: (io::flag(), io::text()),
        map: Map,
        float: io::flag().then_some(1.0),
    };
    io::used(encoded_len(&document));
    io::used(read_at(&document, io::number(), io::buffer()));
    match to_sink(&document, &mut Taken) {
        Ok(()) => {}
        Err(SerError::Sink(())) => io::used(SerError::Sink(())),
        Err(SerError::Unsupported(why)) => io::shown(why),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    values: &'a [Value<'a>],
    pair: (bool, &'a str),
    map: Map,
    #[serde(skip_serializing_if = "Option::is_none")]
    float: Option<f32>,
}

#[derive(Serialize)]
enum Value<'a> {
    Unit,
    Signed(i64),
    Unsigned(u64),
    Character(Option<char>),
    Both(&'a [u8], Newtype),
    Named { first: u16, second: () },
}

#[derive(Serialize)]
struct Newtype(u128);

struct Map;

impl Serialize for Map {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(io::byte(), io::text()), (io::byte(), io::text())])
    }
}

fn any_value() -> Value<'static> {
    match io::byte() {
        0 => Value::Unit,
        1 => Value::Signed(io::wide().cast_signed()),
        2 => Value::Unsigned(io::wide()),
        3 => Value::Character(char::from_u32(io::number() as u32)),
        4 => Value::Both(io::bytes(), Newtype(u128::from(io::wide()))),
        _ => Value::Named {
            first: io::number() as u16,
            second: (),
        },
    }
}

fn shown(read: Result<(), squab_core::json::Error>) {
    if let Err(why) = read {
        io::shown(why);
    }
}

/// Whatever comes is used.
struct Seen;

impl Handler for Seen {
    fn token(&mut self, token: Token<'_>) {
        io::used(token);
    }
}

impl Visitor<u8> for Seen {
    fn open(&mut self, field: u8) {
        io::used(field);
    }

    fn close(&mut self, field: u8) {
        io::used(field);
    }

    fn scalar(&mut self, field: u8, scalar: Scalar<'_>) {
        io::used((field, scalar));
    }
}

/// A sink that refuses any piece.
pub struct Taken;

impl Sink for Taken {
    type Error = ();

    fn write(&mut self, bytes: &[u8]) -> Result<(), ()> {
        io::used(bytes);
        if io::flag() { Ok(()) } else { Err(()) }
    }
}
