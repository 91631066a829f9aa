//! What is filled into a template's buttons.
//!
//! Meta, "Template components", "Coupon code templates", "Sending a flow": a button is addressed by its index in the
//! template, and takes the payload that a tap sends back, the end of its URL, the code that it copies, or the token and
//! data of its flow.

use super::super::fragment::Tag;
#[cfg(feature = "all-messages")]
use super::super::part::part;
use super::super::program::Program;
#[cfg(feature = "all-messages")]
use super::super::raw::check_object;
use super::super::{Field, limits};

/// What is filled into one button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button<'a> {
    /// A button whose tap comes back as a message.
    QuickReply {
        /// Place of the button in the template, from 0.
        index: u8,
        /// What the message carries; nobody sees it.
        payload: &'a str,
    },
    /// A button that opens an address.
    Url {
        /// Place of the button in the template, from 0.
        index: u8,
        /// The end of the address, for its placeholder.
        suffix: &'a str,
    },
    /// A button that copies a code.
    CopyCode {
        /// Place of the button in the template, from 0.
        index: u8,
        /// The code, up to 20 characters.
        coupon_code: &'a str,
    },
    /// A button that opens a flow.
    #[cfg(feature = "all-messages")]
    Flow(FlowPart<'a>),
}

/// What is filled into a button that opens a flow.
#[cfg(feature = "all-messages")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow<'a> {
    /// Place of the button in the template, from 0.
    pub index: u8,
    /// What the flow's answer carries; Meta's default is `unused`.
    pub token: Option<&'a str>,
    /// What the flow's first screen is given: one JSON object.
    pub data: Option<&'a str>,
}

impl<'a> Button<'a> {
    /// A quick-reply button at `index`, whose tap sends `payload` back.
    pub const fn quick_reply(index: u8, payload: &'a str) -> Self {
        Self::QuickReply { index, payload }
    }

    /// A URL button at `index`, whose address ends in `suffix`.
    pub const fn url(index: u8, suffix: &'a str) -> Self {
        Self::Url { index, suffix }
    }

    /// A copy-code button at `index`, which copies `coupon_code`.
    pub const fn copy_code(index: u8, coupon_code: &'a str) -> Self {
        Self::CopyCode { index, coupon_code }
    }

    /// A flow button at `index`, without data.
    #[cfg(feature = "all-messages")]
    pub const fn flow(index: u8, token: &'a str) -> Self {
        Self::Flow(FlowPart::new(Flow {
            index,
            token: Some(token),
            data: None,
        }))
    }

    /// Place of the button in the template, from 0.
    pub const fn index(&self) -> u8 {
        match self {
            Self::QuickReply { index, .. } | Self::Url { index, .. } | Self::CopyCode { index, .. } => *index,
            #[cfg(feature = "all-messages")]
            Self::Flow(flow) => flow.part.index,
        }
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        let index = self.index();
        let (open, tag, text, field, limit) = match *self {
            Self::QuickReply { payload, .. } => {
                let field = Field::ButtonPayload(index);
                (
                    Tag::QuickReply,
                    Tag::QuickReplyPayload,
                    payload,
                    field,
                    limits::BUTTON_PAYLOAD,
                )
            }
            Self::Url { suffix, .. } => (
                Tag::UrlButton,
                Tag::UrlSuffix,
                suffix,
                Field::UrlSuffix(index),
                limits::URL,
            ),
            Self::CopyCode { coupon_code, .. } => {
                let field = Field::CouponCode(index);
                (
                    Tag::CopyCode,
                    Tag::CouponCode,
                    coupon_code,
                    field,
                    limits::COUPON_CODE,
                )
            }
            #[cfg(feature = "all-messages")]
            Self::Flow(ref flow) => return flow.put(out),
        };
        put_open(open, index, out);
        if tag == Tag::QuickReplyPayload {
            out.text(tag, text, field, limit);
        } else {
            out.parameter(tag, text, field, limit);
        }
    }
}

#[cfg(feature = "all-messages")]
part! {
    /// A button that opens a flow.
    FlowPart, Flow
}

#[cfg(feature = "all-messages")]
impl Flow<'_> {
    fn describe(&self, out: &mut Program<'_, '_>) {
        let Self { index, token, data } = *self;
        put_open(Tag::FlowButton, index, out);
        out.optional(Tag::FlowToken, token, Field::FlowToken(index), limits::UNSTATED);
        if let Some(data) = data {
            out.check(check_object(Field::FlowData(index), data));
            out.checked(Tag::FlowData, data);
        }
        out.piece(Tag::FlowEnd);
    }
}

/// Puts what a button begins with.
fn put_open(open: Tag, index: u8, out: &mut Program<'_, '_>) {
    // It is below 10: see `put_buttons`.
    out.field(open as u8, &[b'0'.wrapping_add(index)]);
}

/// Puts the buttons, each with an index of its own.
pub(super) fn put_buttons(buttons: &[Button<'_>], out: &mut Program<'_, '_>) {
    if !out.most(buttons.len(), Field::Buttons, limits::BUTTONS) {
        return;
    }
    let of_urls = |button: &&Button<'_>| matches!(button, Button::Url { .. });
    let urls = buttons.iter().filter(of_urls).count();
    out.most(urls, Field::UrlButtons, limits::URL_BUTTONS);
    let of_codes = |button: &&Button<'_>| matches!(button, Button::CopyCode { .. });
    let codes = buttons.iter().filter(of_codes).count();
    out.most(codes, Field::CopyCodeButtons, limits::COPY_CODE_BUTTONS);
    let mut seen = 0u16;
    for button in buttons {
        let index = button.index();
        let field = Field::ButtonIndex(index);
        if usize::from(index) >= limits::BUTTONS {
            return out.out_of_range(field, limits::BUTTONS - 1);
        }
        let bit = 1u16.wrapping_shl(index.into());
        if seen & bit != 0 {
            out.duplicate(field);
        }
        seen |= bit;
        button.describe(out);
    }
}
