//! A stored message as the JSON body of `POST /{phone-number-id}/messages`.
//!
//! Meta, "Send messages", "Business-scoped user IDs": `recipient_type` is always sent; a phone number goes into `to`
//! with its `+`, else Meta puts the business's own country code in front; a BSUID goes into `recipient`, and then there
//! is no `to`, which would win. All of this, and what each type of message has inside, stands in the pieces of
//! [`fragment`](super::fragment): the record's fields are walked once, and each is its piece around its content.
//!
//! Memory: a [`Wire`] is a few pointers.

use super::fragment::{Tag, fragment, other};
use super::receipt::ReadReceipt;
use super::stored::Stored;
use super::text::Flattened;
use crate::json::{Count, Out, Outlet, Sink, Stop, Window, put_escaped};
use core::fmt;

/// As what a stored message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Form {
    /// As what it is.
    Primary,
    /// As its fallback template.
    Fallback,
}

/// The body of a request. From [`Stored::wire`] or [`ReadReceipt::wire`].
#[derive(Clone, Copy)]
pub struct Wire<'a>(Body<'a>);

#[derive(Clone, Copy)]
enum Body<'a> {
    Message {
        stored: Stored<'a>,
        form: Form,
        callback: &'a str,
    },
    Receipt(ReadReceipt<'a>),
}

impl fmt::Debug for Wire<'_> {
    /// As the stored message: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Body::Message { stored, .. } => stored.fmt(f),
            Body::Receipt(receipt) => receipt.fmt(f),
        }
    }
}

impl<'a> Wire<'a> {
    pub(super) fn new(stored: Stored<'a>, form: Form, callback: &'a str) -> Self {
        Self(Body::Message {
            stored,
            form,
            callback,
        })
    }

    pub(super) fn receipt(receipt: ReadReceipt<'a>) -> Self {
        Self(Body::Receipt(receipt))
    }

    /// Exact length of the body in bytes.
    pub fn body_len(&self) -> usize {
        let mut count = Count(0);
        self.walk(&mut count);
        count.0
    }

    /// Fills `out` with the body from `offset` on, and says how many bytes that were: fewer than `out` has room for only
    /// where the body ends.
    ///
    /// Everything before `offset` is walked over again, so that nothing has to be kept between two calls: fetch a body
    /// in pieces of some hundred bytes, not of one.
    pub fn read_body(&self, offset: usize, out: &mut [u8]) -> usize {
        if out.is_empty() {
            return 0;
        }
        let mut window = Window {
            skip: offset,
            out,
            filled: 0,
        };
        self.walk(&mut window);
        window.filled
    }

    /// Writes the whole body to a sink.
    ///
    /// # Errors
    /// The sink's.
    pub fn write_body<S: Sink>(&self, sink: &mut S) -> Result<(), S::Error> {
        let mut outlet = Outlet { sink, error: None };
        self.walk(&mut outlet);
        outlet.error.map_or(Ok(()), Err)
    }

    fn walk(&self, out: &mut dyn Out) {
        let mut pieces = Pieces {
            out,
            first: false,
            stopped: false,
        };
        pieces.write(br#"{"messaging_product":"whatsapp""#);
        match self.0 {
            Body::Message {
                stored,
                form,
                callback,
            } => {
                let mut own_data: &[u8] = &[];
                for (tag, content) in stored.fields() {
                    if tag == other::CALLBACK_DATA {
                        own_data = content;
                    } else if form == Form::Primary
                        || (tag != Tag::Text as u8 && tag != Tag::TextWithPreview as u8)
                    {
                        pieces.put(tag, content, false);
                    }
                }
                if form == Form::Fallback {
                    pieces.put_fallback(stored);
                }
                pieces.put_callback(callback.as_bytes(), own_data);
            }
            Body::Receipt(receipt) => {
                pieces.put(Tag::Read as u8, receipt.message_id.as_bytes(), false);
                if receipt.typing {
                    pieces.put_alone(Tag::Typing);
                }
            }
        }
        pieces.write(b"}");
    }
}

/// Writes pieces, and knows whether the next one is the first in its object or array. Once the sink takes no more,
/// nothing is done: a look at each call would take more flash.
struct Pieces<'o> {
    out: &'o mut dyn Out,
    first: bool,
    stopped: bool,
}

impl Pieces<'_> {
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn write(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() && !self.stopped {
            self.stopped = self.out.put(bytes).is_err();
        }
    }

    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn write_escaped(&mut self, text: &[u8]) {
        if !self.stopped {
            self.stopped = put_escaped(self.out, text).is_err();
        }
    }

    /// Puts a piece around its content, or around the words of one that has to be flattened.
    // One for all on a chip. Elsewhere in place, where it is a tenth faster: the compiler would not do it by itself.
    #[allow(clippy::inline_always)]
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    fn put(&mut self, tag: u8, content: &[u8], flatten: bool) {
        if !self.stopped {
            self.stopped = self.put_piece(tag, content, flatten).is_err();
        }
    }

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn put_piece(&mut self, tag: u8, content: &[u8], flatten: bool) -> Result<(), Stop> {
        let Some(piece) = fragment(tag, self.first) else {
            return Ok(());
        };
        self.first = piece.open;
        self.out.put(piece.before)?;
        if flatten {
            for words in Flattened(content).pieces() {
                put_escaped(self.out, words)?;
            }
        } else if piece.escaped {
            put_escaped(self.out, content)?;
        } else if !content.is_empty() {
            self.out.put(content)?;
        }
        if piece.after.is_empty() {
            return Ok(());
        }
        self.out.put(piece.after)
    }

    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn put_alone(&mut self, tag: Tag) {
        self.put(tag as u8, &[], false);
    }

    /// The template that takes the text, flattened, as its one body parameter.
    fn put_fallback(&mut self, stored: Stored<'_>) {
        let fields = stored.fields();
        for (tag, field) in [
            (Tag::Template, other::FALLBACK),
            (Tag::LanguageAndComponents, other::FALLBACK_LANGUAGE),
        ] {
            self.put(tag as u8, fields.get(field).unwrap_or_default(), false);
        }
        self.put_alone(Tag::BodyComponent);
        let tag = match fields.get(other::FALLBACK_PARAMETER) {
            Some(name) => {
                self.put(Tag::NamedTextParameter as u8, name, false);
                Tag::ParameterText
            }
            None => Tag::TextParameter,
        };
        let text = stored.text().unwrap_or_default();
        self.put(tag as u8, text.as_bytes(), true);
        self.put_alone(Tag::ArrayObjectEnd);
        self.put_alone(Tag::ArrayObjectEnd);
    }

    /// Squab's text, a space, and the user's: what of it there is.
    fn put_callback(&mut self, callback: &[u8], own: &[u8]) {
        if callback.is_empty() && own.is_empty() {
            return;
        }
        self.write(br#","biz_opaque_callback_data":""#);
        self.write_escaped(callback);
        if !own.is_empty() && !callback.is_empty() {
            self.write(b" ");
        }
        self.write_escaped(own);
        self.write(b"\"");
    }
}
