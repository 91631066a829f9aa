//! JSON as Meta puts it on the wire in webhooks: ASCII only.
//!
//! Meta, "Webhooks: getting started": the signature is made over *"an escaped unicode version of the payload, with
//! lowercase hex digits"*. In practice the body itself is that: `ä` is `\u00e4`, an emoji is a surrogate pair, `/` is
//! `\/`, `@` is `\u0040`.

use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

struct EscapedAscii;

impl Formatter for EscapedAscii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for character in fragment.chars() {
            match character {
                '/' => writer.write_all(b"\\/")?,
                '@' => writer.write_all(b"\\u0040")?,
                ' '..='~' => writer.write_all(&[character as u8])?,
                _ => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Writes a value in escaped ASCII, without white space.
pub(crate) fn escaped(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    let mut serializer = Serializer::with_formatter(&mut bytes, EscapedAscii);
    serde::Serialize::serialize(value, &mut serializer)
        .expect("a JSON value has string keys and a Vec takes all");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn letters_emoji_slashes_and_at_signs_are_escaped_in_lower_case() {
        let text = escaped(&json!({ "body": "Grüße 😀 a@b https://x/y \"q\" \\ \n\u{1f}\u{7f}" }));
        assert_eq!(
            String::from_utf8(text).unwrap(),
            r#"{"body":"Gr\u00fc\u00dfe \ud83d\ude00 a\u0040b https:\/\/x\/y \"q\" \\ \n\u001f\u007f"}"#
        );
    }

    proptest! {
        #[test]
        fn whatever_the_text_it_is_ascii_and_parses_back(text in any::<String>()) {
            let bytes = escaped(&json!([text]));
            prop_assert!(bytes.is_ascii());
            prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), json!([text]));
        }
    }
}
