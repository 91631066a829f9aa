//! A stored message as the JSON body of `POST /{phone-number-id}/messages`.
//!
//! Meta, "Send messages", "Text messages", "Template messages", "Business-scoped user IDs": `recipient_type` is always
//! sent; a phone number goes into `to` with its `+`, else Meta puts the business's own country code in front; a BSUID
//! goes into `recipient`, and then there is no `to`, which would win. Components without parameters are left out.
//!
//! The record's fields are walked while the JSON is written. Memory: a [`Wire`] is a few pointers.

use super::stored::{Kind, Stored, phone, tag};
use super::text::Flattened;
use crate::json::Digits;
use crate::record::Fields;
use core::fmt;
use serde::ser::{Serialize, SerializeSeq, SerializeStruct, Serializer};

/// As what a stored message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Form {
    /// As what it is.
    Primary,
    /// As its fallback template.
    Fallback,
}

/// The body of a request; [`json`](crate::json) writes it. From [`Stored::wire`].
#[derive(Clone, Copy)]
pub struct Wire<'a> {
    stored: Stored<'a>,
    to: To<'a>,
    body: Body<'a>,
    callback: &'a str,
}

impl fmt::Debug for Wire<'_> {
    /// As the stored message: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stored.fmt(f)
    }
}

#[derive(Clone, Copy)]
enum To<'a> {
    Phone(u64),
    User(&'a str),
    Group(&'a str),
}

#[derive(Clone, Copy)]
enum Body<'a> {
    Text(TextBody<'a>),
    Template(TemplateBody<'a>),
}

#[derive(Clone, Copy)]
struct TextBody<'a> {
    preview_url: bool,
    body: &'a str,
}

#[derive(Clone, Copy)]
struct TemplateBody<'a> {
    name: &'a str,
    language: &'a str,
    filling: Filling<'a>,
}

/// What a template's components are made of.
#[derive(Clone, Copy)]
enum Filling<'a> {
    /// The parameter and button fields of the record.
    Fields(Stored<'a>),
    /// One body parameter: a text, flattened.
    Flattened { name: &'a str, text: &'a str },
}

impl<'a> Wire<'a> {
    pub(super) fn new(stored: Stored<'a>, form: Form, callback: &'a str) -> Option<Self> {
        let fields = stored.fields();
        let (tag, content) = stored.recipient_field()?;
        let to = match tag {
            tag::PHONE => To::Phone(phone(content)?.get()),
            tag::USER => To::User(core::str::from_utf8(content).ok()?),
            _ => To::Group(core::str::from_utf8(content).ok()?),
        };
        let body = match (form, stored.kind()?) {
            (Form::Primary, Kind::Text) => Body::Text(TextBody {
                preview_url: fields.get(tag::PREVIEW_URL).is_some(),
                body: fields.text(tag::TEXT)?,
            }),
            (Form::Primary, Kind::Template) => {
                // Once here, so that writing cannot fail half way.
                if !fields.clone().all(|(tag, content)| is_whole(tag, content)) {
                    return None;
                }
                Body::Template(TemplateBody {
                    name: fields.text(tag::TEMPLATE)?,
                    language: fields.text(tag::LANGUAGE)?,
                    filling: Filling::Fields(stored),
                })
            }
            (Form::Fallback, Kind::Text) => Body::Template(TemplateBody {
                name: fields.text(tag::FALLBACK)?,
                language: fields.text(tag::FALLBACK_LANGUAGE)?,
                filling: Filling::Flattened {
                    name: match fields.get(tag::FALLBACK_PARAMETER) {
                        Some(name) => core::str::from_utf8(name).ok()?,
                        None => "",
                    },
                    text: fields.text(tag::TEXT)?,
                },
            }),
            (Form::Fallback, Kind::Template) => return None,
        };
        Some(Self {
            stored,
            to,
            body,
            callback,
        })
    }
}

/// Whether a field that goes into a template's components can be read.
fn is_whole(tag: u8, content: &[u8]) -> bool {
    match tag {
        tag::HEADER | tag::BODY => NameAndText::read(content).is_some(),
        tag::QUICK_REPLY | tag::URL => IndexAndText::read(content).is_some(),
        _ => true,
    }
}

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("Message", 6)?;
        body.serialize_field("messaging_product", "whatsapp")?;
        let kind = match self.to {
            To::Group(_) => "group",
            To::Phone(_) | To::User(_) => "individual",
        };
        body.serialize_field("recipient_type", kind)?;
        match self.to {
            To::Phone(number) => body.serialize_field("to", &Plus(number))?,
            To::User(id) => body.serialize_field("recipient", id)?,
            To::Group(id) => body.serialize_field("to", id)?,
        }
        match &self.body {
            Body::Text(text) => {
                body.serialize_field("type", "text")?;
                body.serialize_field("text", text)?;
            }
            Body::Template(template) => {
                body.serialize_field("type", "template")?;
                body.serialize_field("template", template)?;
            }
        }
        if !self.callback.is_empty() {
            body.serialize_field("biz_opaque_callback_data", self.callback)?;
        }
        body.end()
    }
}

/// A number with `+` in front.
struct Plus(u64);

impl Serialize for Plus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = heapless::String::<21>::new();
        // 21 bytes hold the sign and the digits of any u64.
        let _ = text.push('+');
        let _ = text.push_str(Digits::new(self.0).as_str());
        serializer.serialize_str(&text)
    }
}

impl Serialize for TextBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = serializer.serialize_struct("Text", 2)?;
        text.serialize_field("preview_url", &self.preview_url)?;
        text.serialize_field("body", self.body)?;
        text.end()
    }
}

impl Serialize for TemplateBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut template = serializer.serialize_struct("Template", 3)?;
        template.serialize_field("name", self.name)?;
        template.serialize_field("language", &Language(self.language))?;
        if self.filling.has_components() {
            template.serialize_field("components", &self.filling)?;
        }
        template.end()
    }
}

struct Language<'a>(&'a str);

impl Serialize for Language<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut language = serializer.serialize_struct("Language", 1)?;
        language.serialize_field("code", self.0)?;
        language.end()
    }
}

impl Filling<'_> {
    fn has_components(&self) -> bool {
        match self {
            Self::Fields(stored) => stored.fields().any(|(tag, _)| is_component(tag)),
            Self::Flattened { .. } => true,
        }
    }
}

fn is_component(tag: u8) -> bool {
    matches!(tag, tag::HEADER | tag::BODY | tag::QUICK_REPLY | tag::URL)
}

impl Serialize for Filling<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut components = serializer.serialize_seq(None)?;
        match *self {
            Self::Flattened { name, text } => components.serialize_element(&Component {
                kind: "body",
                parameters: One(TextParameter {
                    name,
                    text: Flat(Flattened(text)),
                }),
            })?,
            Self::Fields(stored) => {
                for (tag, kind) in [(tag::HEADER, "header"), (tag::BODY, "body")] {
                    let fields = stored.fields();
                    if fields.get(tag).is_some() {
                        components.serialize_element(&Component {
                            kind,
                            parameters: Parameters { fields, tag },
                        })?;
                    }
                }
                for (tag, content) in stored.fields() {
                    put_button(tag, content, &mut components)?;
                }
            }
        }
        components.end()
    }
}

/// Writes the button of a button field, and nothing for any other.
fn put_button<S: SerializeSeq>(tag: u8, content: &[u8], components: &mut S) -> Result<(), S::Error> {
    if !matches!(tag, tag::QUICK_REPLY | tag::URL) {
        return Ok(());
    }
    match IndexAndText::read(content) {
        Some(IndexAndText { index, text }) if tag == tag::QUICK_REPLY => {
            components.serialize_element(&Button {
                sub_type: "quick_reply",
                index,
                parameter: One(PayloadParameter(text)),
            })
        }
        Some(IndexAndText { index, text }) => components.serialize_element(&Button {
            sub_type: "url",
            index,
            parameter: One(TextParameter { name: "", text }),
        }),
        None => Ok(()),
    }
}

/// A header or body.
struct Component<P> {
    kind: &'static str,
    parameters: P,
}

impl<P: Serialize> Serialize for Component<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut component = serializer.serialize_struct("Component", 2)?;
        component.serialize_field("type", self.kind)?;
        component.serialize_field("parameters", &self.parameters)?;
        component.end()
    }
}

struct Button<P> {
    sub_type: &'static str,
    index: u8,
    parameter: One<P>,
}

impl<P: Serialize> Serialize for Button<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut button = serializer.serialize_struct("Button", 4)?;
        button.serialize_field("type", "button")?;
        button.serialize_field("sub_type", self.sub_type)?;
        button.serialize_field("index", Digits::new(self.index.into()).as_str())?;
        button.serialize_field("parameters", &self.parameter)?;
        button.end()
    }
}

/// An array of one.
struct One<P>(P);

impl<P: Serialize> Serialize for One<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq([&self.0])
    }
}

/// The parameters of one component, as they stand in the record.
struct Parameters<'a> {
    fields: Fields<'a>,
    tag: u8,
}

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parameters = serializer.serialize_seq(None)?;
        for (tag, content) in self.fields.clone() {
            if tag != self.tag {
                continue;
            }
            if let Some(NameAndText { name, text }) = NameAndText::read(content) {
                parameters.serialize_element(&TextParameter { name, text })?;
            }
        }
        parameters.end()
    }
}

/// A text parameter; positional where the name is empty.
struct TextParameter<'a, T> {
    name: &'a str,
    text: T,
}

impl<T: Serialize> Serialize for TextParameter<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parameter = serializer.serialize_struct("Parameter", 3)?;
        parameter.serialize_field("type", "text")?;
        if !self.name.is_empty() {
            parameter.serialize_field("parameter_name", self.name)?;
        }
        parameter.serialize_field("text", &self.text)?;
        parameter.end()
    }
}

struct PayloadParameter<'a>(&'a str);

impl Serialize for PayloadParameter<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parameter = serializer.serialize_struct("Parameter", 2)?;
        parameter.serialize_field("type", "payload")?;
        parameter.serialize_field("payload", self.0)?;
        parameter.end()
    }
}

struct Flat<'a>(Flattened<'a>);

impl Serialize for Flat<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The content of a parameter field: a name, a zero byte, a text. The name is empty for a positional one.
struct NameAndText<'a> {
    name: &'a str,
    text: &'a str,
}

impl<'a> NameAndText<'a> {
    fn read(content: &'a [u8]) -> Option<Self> {
        let (name, text) = core::str::from_utf8(content).ok()?.split_once('\0')?;
        Some(Self { name, text })
    }
}

/// The content of a button field: an index and a text.
struct IndexAndText<'a> {
    index: u8,
    text: &'a str,
}

impl<'a> IndexAndText<'a> {
    fn read(content: &'a [u8]) -> Option<Self> {
        let (index, text) = content.split_first()?;
        Some(Self {
            index: *index,
            text: core::str::from_utf8(text).ok()?,
        })
    }
}
