//! A place.
//!
//! Meta, "Location messages": latitude and longitude are decimal degrees, written as strings; name and address are
//! optional, without a limit stated.
//!
//! Memory: a coordinate is a whole number of 10⁻⁷ degrees (a centimetre) in four bytes, as satellite receivers give it.

use super::fragment::Tag;
use super::program::Program;
use super::{Describe, Field, Invalid, Kind, limits};
use crate::json::Digits;
use heapless::String;

/// Decimal places that are kept.
const PLACES: u32 = 7;
/// Parts of a degree.
const ONE: i32 = 10_000_000;

/// Degrees from `-MOST` to `MOST`, to seven decimal places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Degrees<const MOST: u8>(i32);

/// Degrees north of the equator, -90 to 90.
pub type Latitude = Degrees<90>;
/// Degrees east of Greenwich, -180 to 180.
pub type Longitude = Degrees<180>;

impl<const MOST: u8> Degrees<MOST> {
    /// Whole 10⁻⁷ degrees.
    ///
    /// # Errors
    /// [`Invalid::OutOfRange`].
    pub const fn from_e7(e7: i32) -> Result<Self, Invalid> {
        if e7.unsigned_abs() > MOST as u32 * ONE as u32 {
            let limit = MOST as usize;
            return Err(Invalid::OutOfRange {
                field: Self::field(),
                limit,
            });
        }
        Ok(Self(e7))
    }

    /// Decimal degrees, as `-122.4194155`; decimal places beyond the seventh are cut off.
    ///
    /// # Errors
    /// [`Invalid::Empty`], [`Invalid::Character`] or [`Invalid::OutOfRange`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let field = Self::field();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (mut value, mut digits_seen, mut places) = (0i32, 0usize, None);
        for (at, byte) in digits.bytes().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            let at = at.saturating_add(usize::from(negative));
            match (byte, places) {
                (b'.', None) if digits_seen > 0 => places = Some(0u32),
                (b'0'..=b'9', Some(PLACES..)) => {}
                (b'0'..=b'9', _) => {
                    digits_seen = digits_seen.saturating_add(1);
                    places = places.map(|places| places.saturating_add(1));
                    // Saturated, it is out of any range.
                    value = value.saturating_mul(10).saturating_add(i32::from(digit));
                }
                _ => return Err(Invalid::Character { field, at }),
            }
        }
        if digits_seen == 0 {
            return Err(Invalid::Empty { field });
        }
        if places == Some(0) {
            let at = text.len();
            return Err(Invalid::Character { field, at });
        }
        for _ in places.unwrap_or_default()..PLACES {
            value = value.saturating_mul(10);
        }
        Self::from_e7(if negative { value.saturating_neg() } else { value })
    }

    /// Whole 10⁻⁷ degrees.
    pub const fn e7(self) -> i32 {
        self.0
    }

    const fn field() -> Field {
        if MOST > 90 {
            Field::Longitude
        } else {
            Field::Latitude
        }
    }
}

/// Decimal degrees without needless zeros.
fn decimal(e7: i32) -> String<12> {
    let mut text = String::new();
    if e7 < 0 {
        let _ = text.push('-');
    }
    let value = e7.unsigned_abs();
    let _ = text.push_str(Digits::new((value / ONE as u32).into()).as_str());
    let mut rest = value % ONE as u32;
    if rest > 0 {
        let _ = text.push('.');
    }
    // A sign, three digits, a point and seven more: 12.
    while rest > 0 {
        rest = rest.wrapping_mul(10);
        let _ = text.push(char::from(b'0'.wrapping_add((rest / ONE as u32) as u8)));
        rest %= ONE as u32;
    }
    text
}

/// A place on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'a> {
    /// How far north.
    pub latitude: Latitude,
    /// How far east.
    pub longitude: Longitude,
    /// What it is called.
    pub name: Option<&'a str>,
    /// Its address.
    pub address: Option<&'a str>,
}

impl<'a> Location<'a> {
    /// A place without name and address.
    pub const fn new(latitude: Latitude, longitude: Longitude) -> Self {
        Self {
            latitude,
            longitude,
            name: None,
            address: None,
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// Its address.
    #[must_use]
    pub const fn address(mut self, address: &'a str) -> Self {
        self.address = Some(address);
        self
    }
}

impl Describe for Location<'_> {
    fn kind(&self) -> Kind {
        Kind::Location
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        out.checked(Tag::Location, &decimal(self.latitude.0));
        out.checked(Tag::Longitude, &decimal(self.longitude.0));
        out.optional(Tag::Name, self.name, Field::LocationName, limits::UNSTATED);
        out.optional(
            Tag::Address,
            self.address,
            Field::LocationAddress,
            limits::UNSTATED,
        );
        out.piece(Tag::ObjectEnd);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn coordinates_have_a_range_and_a_decimal_form() {
        for (text, e7) in [
            ("0", 0),
            ("37.758056", 377_580_560),
            ("-122.425332", -1_224_253_320),
            ("-0.0000001", -1),
            ("180", 1_800_000_000),
            ("-180.0", -1_800_000_000),
            ("179.99999999", 1_799_999_999),
        ] {
            assert_eq!(Longitude::parse(text).map(Longitude::e7), Ok(e7), "{text}");
        }
        let field = Field::Latitude;
        for (text, invalid) in [
            ("90.0000001", Invalid::OutOfRange { field, limit: 90 }),
            ("-91", Invalid::OutOfRange { field, limit: 90 }),
            ("999999999999999999999", Invalid::OutOfRange { field, limit: 90 }),
            ("", Invalid::Empty { field }),
            ("-", Invalid::Empty { field }),
            ("+1", Invalid::Character { field, at: 0 }),
            (".5", Invalid::Character { field, at: 0 }),
            ("-1,5", Invalid::Character { field, at: 2 }),
            ("1.5.2", Invalid::Character { field, at: 3 }),
            ("1.", Invalid::Character { field, at: 2 }),
            ("NaN", Invalid::Character { field, at: 0 }),
        ] {
            assert_eq!(Latitude::parse(text), Err(invalid), "{text}");
        }
        assert_eq!(Latitude::from_e7(900_000_000).map(Latitude::e7), Ok(900_000_000));
        assert!(Latitude::from_e7(-900_000_001).is_err());
        assert!(Longitude::from_e7(i32::MIN).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_floating_point_makes_of_it(e7 in -1_800_000_000i32..=1_800_000_000) {
            let text = decimal(e7);
            prop_assert_eq!(&*text, (f64::from(e7) / 1e7).to_string());
            prop_assert_eq!(Longitude::parse(&text).map(Longitude::e7), Ok(e7));
        }
    }
}
