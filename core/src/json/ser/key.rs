//! A key of a JSON object: text as it is, an integer between quotes, nothing else.

use super::{Digits, Out, Stop, Unsupported, put_display, put_signed, put_text};
use core::fmt;
use serde::Serialize;
use serde::ser::{Impossible, Serializer};

/// Writes one key.
pub(super) struct Key<'s>(pub(super) &'s mut dyn Out);

const REFUSED: Stop = Stop::Unsupported(Unsupported::Key);

impl Serializer for Key<'_> {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Impossible<(), Stop>;
    type SerializeTuple = Impossible<(), Stop>;
    type SerializeTupleStruct = Impossible<(), Stop>;
    type SerializeTupleVariant = Impossible<(), Stop>;
    type SerializeMap = Impossible<(), Stop>;
    type SerializeStruct = Impossible<(), Stop>;
    type SerializeStructVariant = Impossible<(), Stop>;

    fn serialize_i8(self, v: i8) -> Result<(), Stop> {
        self.serialize_i64(v.into())
    }

    fn serialize_i16(self, v: i16) -> Result<(), Stop> {
        self.serialize_i64(v.into())
    }

    fn serialize_i32(self, v: i32) -> Result<(), Stop> {
        self.serialize_i64(v.into())
    }

    fn serialize_i64(self, v: i64) -> Result<(), Stop> {
        self.0.put(b"\"")?;
        put_signed(self.0, v)?;
        self.0.put(b"\"")
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
        self.0.put(b"\"")?;
        self.0.put(Digits::new(v).as_bytes())?;
        self.0.put(b"\"")
    }

    fn serialize_char(self, v: char) -> Result<(), Stop> {
        put_text(self.0, v.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, v: &str) -> Result<(), Stop> {
        put_text(self.0, v)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Stop> {
        put_display(self.0, value)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Stop> {
        put_text(self.0, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_bool(self, _: bool) -> Result<(), Stop> {
        Err(REFUSED)
    }

    fn serialize_f32(self, _: f32) -> Result<(), Stop> {
        Err(REFUSED)
    }

    fn serialize_f64(self, _: f64) -> Result<(), Stop> {
        Err(REFUSED)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Stop> {
        Err(REFUSED)
    }

    fn serialize_none(self) -> Result<(), Stop> {
        Err(REFUSED)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Stop> {
        Err(REFUSED)
    }

    fn serialize_unit(self) -> Result<(), Stop> {
        Err(REFUSED)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Stop> {
        Err(REFUSED)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Stop> {
        Err(REFUSED)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Stop> {
        Err(REFUSED)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Stop> {
        Err(REFUSED)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Stop> {
        Err(REFUSED)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Stop> {
        Err(REFUSED)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Stop> {
        Err(REFUSED)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Stop> {
        Err(REFUSED)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Stop> {
        Err(REFUSED)
    }
}
