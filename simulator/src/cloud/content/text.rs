//! Free text (Meta, "Text messages").

use super::{Content, MessageKind};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

/// Longest text message, in characters.
pub const BODY_LIMIT: usize = 4_096;

pub(super) fn read(text: Fields<'_>) -> Result<Content, GraphError> {
    let text = text.by("Text messages");
    text.only(&["body", "preview_url"])?;
    text.flag("preview_url")?;
    Ok(Content::new(
        MessageKind::Text,
        text.limited_text("body", BODY_LIMIT)?,
    ))
}
