use super::*;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;

impl Sink for Vec<u8> {
    type Error = core::convert::Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// A sink with a last byte.
struct Small(usize);

#[derive(Debug, PartialEq)]
struct NoRoom;

impl Sink for Small {
    type Error = NoRoom;

    fn write(&mut self, bytes: &[u8]) -> Result<(), NoRoom> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(NoRoom)?;
        Ok(())
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> String {
    let mut out = Vec::new();
    to_sink(value, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What must hold for any value at all: the oracle reads back what it would have written itself, the length is exact,
/// and pieces of any size make up the whole.
fn holds_for<T: Serialize + ?Sized>(value: &T, piece: usize) {
    let whole = json(value);
    assert_eq!(
        serde_json::from_str::<Value>(&whole).unwrap(),
        serde_json::to_value(value).unwrap()
    );
    assert_eq!(encoded_len(value), whole.len());
    let mut pieces = Vec::new();
    let mut buf = std::vec![0; piece];
    loop {
        let n = read_at(value, pieces.len(), &mut buf);
        pieces.extend_from_slice(&buf[..n]);
        if n < piece {
            break;
        }
    }
    assert_eq!(pieces, whole.as_bytes());
}

#[derive(Serialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(i8, bool),
    Struct { a: Option<u16>, b: () },
}

#[derive(Serialize)]
struct Everything<'a> {
    text: &'a str,
    letter: char,
    smallest: i64,
    largest: u64,
    shapes: [Shape; 4],
    map: BTreeMap<i32, Option<bool>>,
    empty: [u8; 0],
    pair: (u32, i32),
}

fn everything() -> Everything<'static> {
    Everything {
        text: "a\"b\\c\u{1}\u{1f}\u{7f}\r\n\t\u{8}\u{c}/ä😀\u{2028}",
        letter: '"',
        smallest: i64::MIN,
        largest: u64::MAX,
        shapes: [
            Shape::Unit,
            Shape::Newtype(0),
            Shape::Tuple(-128, true),
            Shape::Struct { a: None, b: () },
        ],
        map: [(-1, Some(false)), (10, None)].into(),
        empty: [],
        pair: (10, -9),
    }
}

#[test]
fn a_whole_value_reads_back_as_serde_json_writes_it() {
    holds_for(&everything(), 7);
    assert_eq!(
        json(&everything()),
        serde_json::to_string(&everything())
            .unwrap()
            .replace("\\b", "\\u0008")
            .replace("\\f", "\\u000c")
    );
}

#[test]
fn reading_at_every_offset_with_every_size_gives_that_part_of_the_whole() {
    let value = everything();
    let whole = json(&value);
    for offset in 0..=whole.len() + 2 {
        for size in 0..=whole.len() - offset.min(whole.len()) + 2 {
            let mut buf = std::vec![0xee; size];
            let n = read_at(&value, offset, &mut buf);
            let expected = whole.as_bytes().get(offset..).unwrap_or_default();
            assert_eq!(n, expected.len().min(size), "{offset} {size}");
            assert_eq!(buf[..n], expected[..n]);
        }
    }
}

#[test]
fn a_sink_that_refuses_ends_it_with_its_own_error() {
    let len = encoded_len(&everything());
    assert_eq!(to_sink(&everything(), &mut Small(len)), Ok(()));
    for room in 0..len {
        assert_eq!(
            to_sink(&everything(), &mut Small(room)),
            Err(SerError::Sink(NoRoom))
        );
    }
}

#[test]
fn a_float_and_a_key_that_is_no_text_are_refused_and_named() {
    let mut out = Vec::new();
    assert_eq!(
        to_sink(&[1.5f32], &mut out),
        Err(SerError::Unsupported(Unsupported::Float))
    );
    assert_eq!(
        to_sink(&f64::NAN, &mut out),
        Err(SerError::Unsupported(Unsupported::Float))
    );
    let map: BTreeMap<(u8, u8), u8> = [((1, 2), 3)].into();
    assert_eq!(
        to_sink(&map, &mut out),
        Err(SerError::Unsupported(Unsupported::Key))
    );
    assert_eq!(
        to_sink(&1u128, &mut out),
        Err(SerError::Unsupported(Unsupported::Value))
    );
}

#[test]
fn what_displays_is_escaped_too() {
    struct Shown;
    impl Serialize for Shown {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&format_args!("line {}\n\"{}\"", 1, "two"))
        }
    }
    assert_eq!(json(&Shown), r#""line 1\n\"two\"""#);
    holds_for(&Shown, 3);
    assert_eq!(to_sink(&Shown, &mut Small(9)), Err(SerError::Sink(NoRoom)));
}

#[test]
fn a_small_shape_is_written_as_serde_json_core_writes_it() {
    #[derive(Serialize)]
    struct Line<'a> {
        to: &'a str,
        text: &'a str,
        urgent: bool,
        expires_s: Option<u32>,
    }
    let line = Line {
        to: "+16505551234",
        text: "Leck im Kühlraum: \"3\"\n\\ 🧊",
        urgent: true,
        expires_s: Some(3600),
    };
    let mut buf = [0; 256];
    let len = serde_json_core::to_slice(&line, &mut buf).unwrap();
    assert_eq!(json(&line).as_bytes(), &buf[..len]);
}

/// `PROPTEST_CASES` where it is set (the long run takes 100,000), else 2,000.
fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    ProptestConfig::with_cases(cases.unwrap_or(2_000))
}

/// Any Unicode, and often what needs an escape.
fn any_text() -> impl Strategy<Value = String> {
    let char = prop_oneof![
        4 => any::<char>(),
        1 => (0u8..0x80).prop_map(char::from),
        1 => prop::sample::select(&['"', '\\', '\n', '\u{0}', '\u{7f}', '\u{2028}', '\u{ffff}', '😀'][..]),
    ];
    prop::collection::vec(char, 0..120).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_text_parses_back_equal(text in any_text(), piece in 1usize..40) {
        let out = json(&text);
        prop_assert_eq!(&serde_json::from_str::<String>(&out).unwrap(), &text);
        holds_for(&text, piece);
    }

    #[test]
    fn any_integer_parses_back_equal(signed in any::<i64>(), unsigned in any::<u64>(), by in 0u32..64) {
        holds_for(&(signed >> by, unsigned >> by), 5);
    }
}
