//! Read receipts, with or without a typing indicator (Meta, "Mark messages as read", "Typing indicators").

use super::Request;
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

pub(super) const PAGE: &str = "Mark messages as read";

pub(super) fn read(fields: &Fields<'_>) -> Result<Request, GraphError> {
    fields.only(&["messaging_product", "status", "message_id", "typing_indicator"])?;
    fields.one_of("status", &["read"])?;
    let message_id = fields.limited_text("message_id", usize::MAX)?.to_owned();
    let typing = fields.object("typing_indicator")?;
    let typing = match typing {
        None => false,
        Some(typing) => {
            let typing = typing.by("Typing indicators");
            typing.only(&["type"])?;
            typing.one_of("type", &["text"])?;
            true
        }
    };
    Ok(Request::Receipt { message_id, typing })
}
