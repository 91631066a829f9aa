//! An alert as one line gave it, and the message that it stands for.

use core::fmt;
use embassy_time::Duration;
use heapless::Vec;
use squab_core::client::{Options, Priority};
use squab_core::json;
use squab_core::message::{
    Button, Fallback, Message, Parameter, Template, TemplateHeader, Text, Value, limits,
};
use squab_core::recipient::Recipient;

/// Most body parameters of a template in a line.
pub const PARAMETERS_MAX: usize = 32;
/// Longest `ref` in bytes.
pub const REFERENCE_MAX: usize = 64;

/// A text in the reader's room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u16,
    pub(super) end: u16,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct FallbackDraft {
    pub(super) name: Option<Span>,
    pub(super) language: Option<Span>,
    pub(super) parameter_name: Option<Span>,
}

impl FallbackDraft {
    pub(super) const EMPTY: Self = Self {
        name: None,
        language: None,
        parameter_name: None,
    };
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ParameterDraft {
    pub(super) name: Option<Span>,
    pub(super) text: Option<Span>,
}

impl ParameterDraft {
    pub(super) const EMPTY: Self = Self {
        name: None,
        text: None,
    };

    /// A positional parameter.
    pub(super) const fn new(text: Span) -> Self {
        Self {
            name: None,
            text: Some(text),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ButtonDraft {
    pub(super) index: Option<u8>,
    pub(super) payload: Option<Span>,
    pub(super) url: Option<Span>,
}

impl ButtonDraft {
    pub(super) const EMPTY: Self = Self {
        index: None,
        payload: None,
        url: None,
    };
}

#[derive(Debug)]
pub(super) struct TemplateDraft {
    pub(super) name: Option<Span>,
    pub(super) language: Option<Span>,
    pub(super) header: Option<ParameterDraft>,
    pub(super) body: Vec<ParameterDraft, PARAMETERS_MAX>,
    pub(super) buttons: Vec<ButtonDraft, { limits::BUTTONS }>,
}

impl TemplateDraft {
    const fn new() -> Self {
        Self {
            name: None,
            language: None,
            header: None,
            body: Vec::new(),
            buttons: Vec::new(),
        }
    }
}

/// What a line has said so far.
pub(super) struct Draft {
    pub(super) recipient: Option<Recipient>,
    pub(super) reference: json::Text<REFERENCE_MAX>,
    pub(super) text: Option<Span>,
    pub(super) preview_url: Option<bool>,
    pub(super) fallback: Option<FallbackDraft>,
    pub(super) has_template: bool,
    pub(super) template: TemplateDraft,
    pub(super) priority: Option<Priority>,
    pub(super) expires_in: Option<u32>,
    pub(super) answer_within: Option<u32>,
    pub(super) ordered: bool,
    pub(super) at_most_once: bool,
}

impl Draft {
    pub(super) const fn new() -> Self {
        Self {
            recipient: None,
            reference: json::Text::new(),
            text: None,
            preview_url: None,
            fallback: None,
            has_template: false,
            template: TemplateDraft::new(),
            priority: None,
            expires_in: None,
            answer_within: None,
            ordered: false,
            at_most_once: false,
        }
    }
}

/// What is to be sent.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Text(Span),
    Template,
}

/// An alert, ready for `Client::submit`. It borrows from the reader.
#[derive(Clone, Copy)]
pub struct Alert<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) draft: &'a Draft,
    pub(super) recipient: &'a Recipient,
    pub(super) content: Content,
}

impl fmt::Debug for Alert<'_> {
    /// Neither texts nor the whole phone number: they are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alert")
            .field("recipient", self.recipient)
            .field("options", &self.options())
            .finish_non_exhaustive()
    }
}

impl<'a> Alert<'a> {
    /// Who it goes to.
    pub fn recipient(&self) -> &'a Recipient {
        self.recipient
    }

    /// How it is to be sent; what the line does not say is as in [`Options::default`].
    pub fn options(&self) -> Options {
        let draft = self.draft;
        let seconds = |s: u32| Duration::from_secs(u64::from(s));
        let default = Options::default();
        Options {
            priority: draft.priority.unwrap_or(default.priority),
            expires_in: draft.expires_in.map_or(default.expires_in, seconds),
            ordered: draft.ordered,
            at_most_once: draft.at_most_once,
            answer_within: draft.answer_within.map(seconds),
        }
    }

    /// Lends the message to `take` and gives back what `take` does. `language` is that of templates whose language
    /// the line does not name, as the configuration has it.
    ///
    /// The message's lists are built on the stack: about 700 bytes on a 32-bit machine.
    pub fn with_message<R>(&self, language: &str, take: impl FnOnce(&Message<'_>) -> R) -> R {
        match self.content {
            Content::Text(body) => take(&Message::Text(Text {
                body: self.text(body),
                preview_url: self.draft.preview_url.unwrap_or(false),
                fallback: self.draft.fallback.map(|fallback| Fallback {
                    name: self.optional(fallback.name).unwrap_or_default(),
                    language: self.optional(fallback.language).unwrap_or(language),
                    parameter_name: self.optional(fallback.parameter_name),
                }),
            })),
            Content::Template => {
                let template = &self.draft.template;
                let header = template.header.map(|header| self.parameter(header));
                let body = list::<_, PARAMETERS_MAX>(template.body.iter().map(|p| self.parameter(*p)));
                let buttons = (0u8..).zip(&template.buttons);
                let buttons = list::<_, { limits::BUTTONS }>(buttons.map(|(at, b)| self.button(at, b)));
                take(&Message::Template(Template {
                    name: self.optional(template.name).unwrap_or_default(),
                    language: self.optional(template.language).unwrap_or(language),
                    header: TemplateHeader::Text(header.as_slice()),
                    body: &body,
                    buttons: &buttons,
                }))
            }
        }
    }

    fn parameter(&self, draft: ParameterDraft) -> Parameter<'a> {
        Parameter {
            name: self.optional(draft.name),
            value: Value::Text(self.optional(draft.text).unwrap_or_default()),
        }
    }

    fn button(&self, at: u8, draft: &ButtonDraft) -> Button<'a> {
        let index = draft.index.unwrap_or(at);
        match draft.url {
            Some(suffix) => Button::url(index, self.text(suffix)),
            None => Button::quick_reply(index, self.optional(draft.payload).unwrap_or_default()),
        }
    }

    fn optional(&self, span: Option<Span>) -> Option<&'a str> {
        span.map(|span| self.text(span))
    }

    fn text(&self, span: Span) -> &'a str {
        text_at(self.bytes, span)
    }
}

/// The items as a list; there are never more of them than it holds, and `collect` would have to panic.
fn list<T, const N: usize>(items: impl Iterator<Item = T>) -> Vec<T, N> {
    let mut list = Vec::new();
    for item in items {
        if list.push(item).is_err() {
            break;
        }
    }
    list
}

/// The text in the reader's room; the tokenizer has seen to it that it is UTF-8.
fn text_at(bytes: &[u8], span: Span) -> &str {
    let bytes = bytes
        .get(usize::from(span.start)..usize::from(span.end))
        .unwrap_or_default();
    core::str::from_utf8(bytes).unwrap_or_default()
}
