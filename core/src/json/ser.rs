//! Writes a `serde::Serialize` value as JSON, piece by piece, into any sink.
//!
//! A request body is never held as a whole: [`encoded_len`] gives the exact `Content-Length` before the first byte is
//! sent, and [`read_at`] lets an asynchronous adapter fetch the body in pieces of any size without keeping a
//! serializer alive across an await. The output is compact, and is valid JSON for any text: `"`, `\` and control
//! characters are escaped, everything else stays the UTF-8 that it is.
//!
//! Every sink is reached through one `dyn` pointer inside, so that a type's `serialize` is compiled once and not once
//! for each kind of sink. Memory: no buffer but 20 bytes for the digits of an integer.

mod key;

use core::fmt::{self, Write as _};
use key::Key;
use serde::Serialize;
use serde::ser;

/// Takes the pieces of an encoding, in order.
pub trait Sink {
    /// Why a piece could not be taken.
    type Error;

    /// Takes the next bytes, all of them.
    ///
    /// # Errors
    /// What the sink says; the encoding ends there.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

/// What has no place in JSON as Squab writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Unsupported {
    /// A float. Meta's bodies need none that could not be text, and NaN is no JSON.
    Float,
    /// A map key that is neither text nor an integer.
    Key,
    /// The value's own `Serialize` refused, or it is an integer of 128 bits.
    Value,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float => "floating-point numbers are not written as JSON",
            Self::Key => "a JSON key must be text or an integer",
            Self::Value => "the value cannot be written as JSON",
        })
    }
}

impl core::error::Error for Unsupported {}

/// Why [`to_sink`] ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SerError<E> {
    /// The sink refused a piece.
    Sink(E),
    /// The value holds something that is not written.
    Unsupported(Unsupported),
}

impl<E: fmt::Display> fmt::Display for SerError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sink(error) => error.fmt(f),
            Self::Unsupported(what) => what.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for SerError<E> {}

/// Writes `value` as JSON into `sink`.
///
/// # Errors
/// [`SerError::Sink`] when the sink refuses a piece, [`SerError::Unsupported`] for a float or a key that is no text;
/// what was written until then has already reached the sink.
pub fn to_sink<T: Serialize + ?Sized, S: Sink>(value: &T, sink: &mut S) -> Result<(), SerError<S::Error>> {
    let mut outlet = Outlet { sink, error: None };
    let result = value.serialize(Json(&mut outlet));
    match (result, outlet.error) {
        (Ok(()), _) => Ok(()),
        (_, Some(error)) => Err(SerError::Sink(error)),
        (Err(Stop::Unsupported(what)), None) => Err(SerError::Unsupported(what)),
        (Err(Stop::Sink), None) => Err(SerError::Unsupported(Unsupported::Value)),
    }
}

/// Bytes that [`to_sink`] writes for `value`, exactly. For a value that it refuses: those before the refusal.
pub fn encoded_len<T: Serialize + ?Sized>(value: &T) -> usize {
    let mut count = Count(0);
    // The count itself never stops; a refused value ends where `to_sink` ends.
    let _ = value.serialize(Json(&mut count));
    count.0
}

/// Fills `out` with the encoding of `value` from byte `offset` on, and says how many bytes that were: fewer than
/// `out` has room for only where the encoding ends.
///
/// Everything before `offset` is encoded again and passed over, so that nothing has to be kept between two calls:
/// fetch a body in pieces of some hundred bytes, not of one.
pub fn read_at<T: Serialize + ?Sized>(value: &T, offset: usize, out: &mut [u8]) -> usize {
    if out.is_empty() {
        return 0;
    }
    let mut window = Window {
        skip: offset,
        out,
        filled: 0,
    };
    // It stops as soon as the window is full: that is no failure.
    let _ = value.serialize(Json(&mut window));
    window.filled
}

/// The digits of an integer, without `core::fmt`.
pub(crate) struct Digits {
    digits: [u8; 20],
    start: usize,
}

impl Digits {
    // Once in flash and not wherever a number is written.
    #[inline(never)]
    pub(crate) fn new(mut value: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        for place in digits.iter_mut().rev() {
            *place = b'0' | (value % 10) as u8;
            start = start.saturating_sub(1);
            value /= 10;
            if value == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }

    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// Why serializing ended early, as serde's error; the sink's own error is kept in the [`Outlet`].
#[derive(Debug)]
enum Stop {
    Sink,
    Unsupported(Unsupported),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sink => f.write_str("the sink took no more"),
            Self::Unsupported(what) => what.fmt(f),
        }
    }
}

impl core::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Unsupported(Unsupported::Value)
    }
}

/// A sink without its error type, so that it can stand behind `dyn`.
trait Out {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop>;
}

struct Outlet<'s, S: Sink> {
    sink: &'s mut S,
    error: Option<S::Error>,
}

impl<S: Sink> Out for Outlet<'_, S> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.sink.write(bytes).map_err(|error| {
            self.error = Some(error);
            Stop::Sink
        })
    }
}

struct Count(usize);

impl Out for Count {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(())
    }
}

struct Window<'o> {
    skip: usize,
    out: &'o mut [u8],
    filled: usize,
}

impl Out for Window<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let wanted = bytes.get(self.skip..).unwrap_or_default();
        self.skip = self.skip.saturating_sub(bytes.len());
        for (to, from) in self.out.iter_mut().skip(self.filled).zip(wanted) {
            *to = *from;
            self.filled = self.filled.saturating_add(1);
        }
        if self.filled < self.out.len() {
            Ok(())
        } else {
            Err(Stop::Sink)
        }
    }
}

/// Writes the characters of a text as they stand between the quotes.
fn put_escaped(out: &mut dyn Out, text: &str) -> Result<(), Stop> {
    let mut rest = text.as_bytes();
    loop {
        let plain = rest
            .iter()
            .position(|byte| matches!(byte, 0..=0x1f | b'"' | b'\\'))
            .unwrap_or(rest.len());
        let Some((run, tail)) = rest.split_at_checked(plain) else {
            return Ok(());
        };
        if !run.is_empty() {
            out.put(run)?;
        }
        let Some((byte, tail)) = tail.split_first() else {
            return Ok(());
        };
        match *byte {
            b'\n' => out.put(b"\\n")?,
            b'\r' => out.put(b"\\r")?,
            b'\t' => out.put(b"\\t")?,
            b'"' => out.put(b"\\\"")?,
            b'\\' => out.put(b"\\\\")?,
            control => {
                let low = control & 0x0f;
                let low = if low < 10 {
                    b'0' | low
                } else {
                    b'W'.wrapping_add(low)
                };
                out.put(&[b'\\', b'u', b'0', b'0', b'0' | (control >> 4), low])?;
            }
        }
        rest = tail;
    }
}

fn put_text(out: &mut dyn Out, text: &str) -> Result<(), Stop> {
    out.put(b"\"")?;
    put_escaped(out, text)?;
    out.put(b"\"")
}

/// Escapes what a `Display` writes; keeps the reason when the sink stops, since `fmt::Error` has none.
struct Escaping<'s> {
    out: &'s mut dyn Out,
    stop: Option<Stop>,
}

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        put_escaped(self.out, text).map_err(|stop| {
            self.stop = Some(stop);
            fmt::Error
        })
    }
}

fn put_display<T: fmt::Display + ?Sized>(out: &mut dyn Out, value: &T) -> Result<(), Stop> {
    out.put(b"\"")?;
    let mut escaping = Escaping {
        out: &mut *out,
        stop: None,
    };
    if write!(escaping, "{value}").is_err() {
        return Err(escaping.stop.unwrap_or(Stop::Unsupported(Unsupported::Value)));
    }
    out.put(b"\"")
}

fn put_signed(out: &mut dyn Out, value: i64) -> Result<(), Stop> {
    if value < 0 {
        out.put(b"-")?;
    }
    out.put(Digits::new(value.unsigned_abs()).as_bytes())
}

/// The serializer: one value, written to where it points.
struct Json<'s>(&'s mut dyn Out);

impl<'s> Json<'s> {
    fn open(self, open: &[u8], close: &'static [u8]) -> Result<Compound<'s>, Stop> {
        self.0.put(open)?;
        Ok(Compound {
            out: self.0,
            first: true,
            close,
        })
    }

    /// `{"Variant":` and then what `open` begins.
    fn open_variant(
        self,
        variant: &'static str,
        open: &[u8],
        close: &'static [u8],
    ) -> Result<Compound<'s>, Stop> {
        self.0.put(b"{")?;
        put_text(self.0, variant)?;
        self.0.put(b":")?;
        self.open(open, close)
    }
}

impl<'s> ser::Serializer for Json<'s> {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Compound<'s>;
    type SerializeTuple = Compound<'s>;
    type SerializeTupleStruct = Compound<'s>;
    type SerializeTupleVariant = Compound<'s>;
    type SerializeMap = Compound<'s>;
    type SerializeStruct = Compound<'s>;
    type SerializeStructVariant = Compound<'s>;

    fn serialize_bool(self, v: bool) -> Result<(), Stop> {
        self.0.put(if v { b"true" } else { b"false" })
    }

    fn serialize_i8(self, v: i8) -> Result<(), Stop> {
        put_signed(self.0, v.into())
    }

    fn serialize_i16(self, v: i16) -> Result<(), Stop> {
        put_signed(self.0, v.into())
    }

    fn serialize_i32(self, v: i32) -> Result<(), Stop> {
        put_signed(self.0, v.into())
    }

    fn serialize_i64(self, v: i64) -> Result<(), Stop> {
        put_signed(self.0, v)
    }

    fn serialize_u8(self, v: u8) -> Result<(), Stop> {
        self.serialize_u64(v.into())
    }

    fn serialize_u16(self, v: u16) -> Result<(), Stop> {
        self.serialize_u64(v.into())
    }

    fn serialize_u32(self, v: u32) -> Result<(), Stop> {
        self.serialize_u64(v.into())
    }

    fn serialize_u64(self, v: u64) -> Result<(), Stop> {
        self.0.put(Digits::new(v).as_bytes())
    }

    fn serialize_f32(self, _: f32) -> Result<(), Stop> {
        Err(Stop::Unsupported(Unsupported::Float))
    }

    fn serialize_f64(self, _: f64) -> Result<(), Stop> {
        Err(Stop::Unsupported(Unsupported::Float))
    }

    fn serialize_char(self, v: char) -> Result<(), Stop> {
        put_text(self.0, v.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, v: &str) -> Result<(), Stop> {
        put_text(self.0, v)
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Stop> {
        self.collect_seq(v)
    }

    fn serialize_none(self) -> Result<(), Stop> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Stop> {
        self.0.put(b"null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Stop> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Stop> {
        put_text(self.0, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        let mut object = self.open(b"{", b"}")?;
        object.entry(variant, value)?;
        object.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'s>, Stop> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'s>, Stop> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'s>, Stop> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'s>, Stop> {
        self.open_variant(variant, b"[", b"]}")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'s>, Stop> {
        self.open(b"{", b"}")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'s>, Stop> {
        self.open(b"{", b"}")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'s>, Stop> {
        self.open_variant(variant, b"{", b"}}")
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Stop> {
        put_display(self.0, value)
    }
}

/// An array or object that was begun.
struct Compound<'s> {
    out: &'s mut dyn Out,
    first: bool,
    close: &'static [u8],
}

impl Compound<'_> {
    fn comma(&mut self) -> Result<(), Stop> {
        if self.first {
            self.first = false;
            return Ok(());
        }
        self.out.put(b",")
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.comma()?;
        value.serialize(Json(&mut *self.out))
    }

    fn entry<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Stop> {
        self.key(key)?;
        value.serialize(Json(&mut *self.out))
    }

    /// Apart from [`Compound::entry`] and never inlined: it would be there once for each member of each type.
    #[inline(never)]
    fn key(&mut self, key: &'static str) -> Result<(), Stop> {
        self.comma()?;
        put_text(self.out, key)?;
        self.out.put(b":")
    }

    fn close(self) -> Result<(), Stop> {
        self.out.put(self.close)
    }
}

impl ser::SerializeSeq for Compound<'_> {
    type Ok = ();
    type Error = Stop;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.element(value)
    }

    fn end(self) -> Result<(), Stop> {
        self.close()
    }
}

impl ser::SerializeTuple for Compound<'_> {
    type Ok = ();
    type Error = Stop;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.element(value)
    }

    fn end(self) -> Result<(), Stop> {
        self.close()
    }
}

impl ser::SerializeTupleStruct for Compound<'_> {
    type Ok = ();
    type Error = Stop;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.element(value)
    }

    fn end(self) -> Result<(), Stop> {
        self.close()
    }
}

impl ser::SerializeTupleVariant for Compound<'_> {
    type Ok = ();
    type Error = Stop;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.element(value)
    }

    fn end(self) -> Result<(), Stop> {
        self.close()
    }
}

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Stop> {
        self.comma()?;
        key.serialize(Key(&mut *self.out))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.out.put(b":")?;
        value.serialize(Json(&mut *self.out))
    }

    fn end(self) -> Result<(), Stop> {
        self.close()
    }
}

impl ser::SerializeStruct for Compound<'_> {
    type Ok = ();
    type Error = Stop;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Stop> {
        self.entry(key, value)
    }

    fn end(self) -> Result<(), Stop> {
        self.close()
    }
}

impl ser::SerializeStructVariant for Compound<'_> {
    type Ok = ();
    type Error = Stop;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Stop> {
        self.entry(key, value)
    }

    fn end(self) -> Result<(), Stop> {
        self.close()
    }
}

#[cfg(test)]
mod tests;
