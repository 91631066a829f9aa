//! `squab_core::json`

use crate::io;
use squab_core::json::{
    Decimal, Handler, Line, Node, Reader, Scalar, Schema, Text, Token, Tokenizer, Visitor, whole_chars,
};

const TREE: &Node = &Node::object("", 0, &[Node::leaf("a", 1)]);
static LINES: [Line; Node::lines(TREE)] = Node::pack(TREE);
static SCHEMA: Schema = Schema::new(&LINES);

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_json() {
    let mut tokens = Tokenizer::new();
    while io::flag() {
        shown(Tokenizer::push(&mut tokens, io::bytes(), &mut Seen));
        io::used(Tokenizer::is_complete(&tokens));
    }
    shown(Tokenizer::finish(&mut tokens, &mut Seen));

    let mut reader = Reader::new(&SCHEMA);
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

impl Visitor for Seen {
    fn open(&mut self, field: u16) {
        io::used(field);
    }

    fn close(&mut self, field: u16) {
        io::used(field);
    }

    fn scalar(&mut self, field: u16, scalar: Scalar<'_>) {
        io::used((field, scalar));
    }
}
