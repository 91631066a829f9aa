//! An emoji at somebody's message, or none any more.
//!
//! Meta, "Reaction messages": an empty emoji takes the reaction away. The message must not be older than 30 days nor
//! itself a reaction, which Meta tells only later, by 131009. Nothing but `sent` follows.

use super::fragment::Tag;
use super::program::Program;
use super::{Describe, Field, Kind, limits};

/// A reaction to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reaction<'a> {
    /// The message's id.
    pub message_id: &'a str,
    /// The emoji; empty to take the reaction away.
    pub emoji: &'a str,
}

impl<'a> Reaction<'a> {
    /// Reacts to a message.
    pub const fn new(message_id: &'a str, emoji: &'a str) -> Self {
        Self { message_id, emoji }
    }

    /// Takes the reaction to a message away.
    pub const fn removed(message_id: &'a str) -> Self {
        Self::new(message_id, "")
    }
}

impl Describe for Reaction<'_> {
    fn kind(&self) -> Kind {
        Kind::Reaction
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        out.text(Tag::Reaction, self.message_id, Field::MessageId, limits::ID);
        // No emoji is a letter, and none of them is ASCII alone.
        if !self.emoji.is_empty() && self.emoji.is_ascii() {
            return out.misplaced(Field::Emoji, 0);
        }
        match self.emoji {
            "" => out.checked(Tag::Emoji, ""),
            emoji => out.text(Tag::Emoji, emoji, Field::Emoji, limits::EMOJI),
        }
    }
}
