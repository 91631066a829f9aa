//! JSON in constant memory, without any knowledge of WhatsApp.
//!
//! A webhook may have 3 MB and an answer 10 MB, so nothing that comes in is ever held: the [`Tokenizer`] checks the
//! grammar of RFC 8259 byte by byte and hands out pieces, the [`Reader`] passes on the members that a fixed schema
//! names. What goes out is written piece by piece to a [`Sink`]. Memory: see [`Tokenizer`] and [`Reader`]; both are
//! asserted by tests.

mod reader;
mod scan;
mod schema;
mod text;
mod token;
mod tokenizer;
mod write;

pub use reader::{KEY_MAX, Kind, NESTING_MAX, Reader, Scalar, Visitor};
pub use schema::{Line, Node, Schema};
pub use text::{Decimal, Text, whole_chars};
pub use token::{Error, ErrorKind, Handler, Literal, Token};
pub use tokenizer::{DEPTH_MAX, Tokenizer};
pub use write::Sink;
pub(crate) use write::{Count, Digits, Out, Outlet, Stop, Window, put_escaped};
