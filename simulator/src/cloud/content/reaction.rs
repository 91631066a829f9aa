//! A reaction to a message, or its removal (Meta, "Reaction messages").
//!
//! A reaction to a message that there is not, or that is a reaction itself, is accepted; a `failed` status with 131009
//! follows. Otherwise `sent` is the only status.

use super::{Content, MessageKind};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

/// Code points of the longest emoji: a family with skin tones.
const EMOJI_LIMIT: usize = 16;

pub(super) fn read(reaction: Fields<'_>) -> Result<Content, GraphError> {
    let reaction = reaction.by("Reaction messages");
    reaction.only(&["message_id", "emoji"])?;
    let on = reaction.limited_text("message_id", usize::MAX)?;
    let emoji = reaction.required_text("emoji")?;
    if !emoji.is_empty() && !is_emoji(emoji) {
        let details = "Param reaction.emoji must be one emoji, or empty to take the reaction away.";
        return Err(GraphError::value(reaction.page(), details));
    }
    let words = if emoji.is_empty() {
        "[no reaction any more]"
    } else {
        emoji
    };
    Ok(Content {
        on: Some(on.to_owned()),
        ..Content::new(MessageKind::Reaction, words)
    })
}

/// A keycap has a digit, `#` or `*` in front; no emoji has anything else of ASCII or of Europe's letters.
fn is_emoji(text: &str) -> bool {
    let part = |c: char| c >= '\u{200d}' || matches!(c, '0'..='9' | '#' | '*' | '\u{a9}' | '\u{ae}');
    text.chars().count() <= EMOJI_LIMIT && !text.is_ascii() && text.chars().all(part)
}
