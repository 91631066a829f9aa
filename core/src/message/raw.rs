//! Anything that Meta takes and Squab has no type for: products, flows, catalogues, carousels, orders, pins.
//!
//! Meta, "Send messages": the message is an object with a `type`. It is held to be exactly one JSON object, by the
//! core's own tokenizer, and to leave the envelope's members to Squab; what is inside is Meta's to judge.
//!
//! Memory: the tokenizer, for the time of the check.

use super::fragment::Tag;
use super::program::Program;
use super::{Describe, Field, Invalid, Kind, limits};
use crate::json::{Handler, Text, Token, Tokenizer};
use crate::recipient::Recipient;
use crate::words::trimmed;

/// Members that Squab writes: `context` and the callback data by [`Reply`](super::Reply) and [`Tagged`](super::Tagged).
const ENVELOPE: [&str; 6] = [
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "context",
    "biz_opaque_callback_data",
];
/// Types that a group takes. "Group messages".
const FOR_GROUPS: [&str; 8] = [
    "text", "template", "image", "video", "document", "audio", "sticker", "pin",
];

/// A message as JSON: one object with a `type`, without the envelope's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a> {
    /// The object, up to 16,384 bytes.
    pub json: &'a str,
}

impl<'a> Raw<'a> {
    /// The message that this object describes, as `{"type":"interactive","interactive":{…}}`.
    pub const fn new(json: &'a str) -> Self {
        Self { json }
    }
}

impl Describe for Raw<'_> {
    fn kind(&self) -> Kind {
        Kind::Raw
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        let Some(members) = out.check(check_object(Field::Raw, self.json)) else {
            return;
        };
        if members.in_envelope {
            return out.duplicate(Field::RawEnvelope);
        }
        let kind = members.kind.as_str();
        if kind.is_empty() {
            return out.empty(Field::RawType);
        }
        if matches!(out.to, Recipient::Group(_)) && !FOR_GROUPS.contains(&kind) {
            return out.refuse(Invalid::NotForGroup);
        }
        // It has at least a type, so that there is something between the braces.
        let json = trimmed(self.json);
        let inside = json.strip_prefix('{').and_then(|json| json.strip_suffix('}'));
        out.checked(Tag::Raw, inside.unwrap_or_default());
    }
}

/// What the members of an object say, those of objects in it left out.
pub(super) struct Members {
    depth: usize,
    key: Text<32>,
    kind: Text<32>,
    /// The member under way is the `type`.
    is_type: bool,
    /// The key under way goes on.
    in_key: bool,
    in_envelope: bool,
    is_object: bool,
}

/// Holds a text to be exactly one JSON object of up to [`limits::RAW`] bytes.
pub(super) fn check_object(field: Field, json: &str) -> Result<Members, Invalid> {
    if json.len() > limits::RAW {
        return Err(Invalid::TooLong {
            field,
            limit: limits::RAW,
            actual: json.len(),
        });
    }
    let mut members = Members {
        depth: 0,
        key: Text::new(),
        kind: Text::new(),
        is_type: false,
        in_key: false,
        in_envelope: false,
        is_object: false,
    };
    let mut tokenizer = Tokenizer::new();
    tokenizer
        .push(json.as_bytes(), &mut members)
        .and_then(|()| tokenizer.finish(&mut members))
        .map_err(|error| Invalid::Character {
            field,
            at: error.at as usize,
        })?;
    if !members.is_object {
        return Err(Invalid::Character { field, at: 0 });
    }
    Ok(members)
}

impl Handler for Members {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::BeginObject | Token::BeginArray => {
                self.is_object |= self.depth == 0 && token == Token::BeginObject;
                self.depth = self.depth.saturating_add(1);
            }
            Token::EndObject | Token::EndArray => self.depth = self.depth.saturating_sub(1),
            Token::Key { part, last } if self.depth == 1 => {
                if !self.in_key {
                    self.key = Text::new();
                }
                self.in_key = !last;
                self.key.append(part, last);
                if last {
                    let key = self.key.as_str();
                    self.is_type = key == "type";
                    self.in_envelope |= !self.key.is_cut() && ENVELOPE.contains(&key);
                }
            }
            Token::Text { part, last } if self.depth == 1 && self.is_type => {
                self.kind.append(part, last);
                self.is_type = !last;
            }
            _ => {}
        }
    }
}
