//! That a message was read, and that an answer is being typed.
//!
//! Meta, "Mark messages as read", "Typing indicators": a request to the same endpoint, without recipient. It marks the
//! messages before it as read too. Typing is shown until an answer comes, for 25 seconds at most.

use super::limits::{self, check_len};
use super::wire::Wire;
use super::{Field, Invalid};
use crate::words::say;
use core::fmt;

/// Marks a message as read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReadReceipt<'a> {
    /// The message's id.
    pub message_id: &'a str,
    /// Whether its sender is shown that an answer is being typed.
    pub typing: bool,
}

impl fmt::Debug for ReadReceipt<'_> {
    /// Without the id: it is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        say(f, "receipt", "(#)", self.message_id.len(), 0)
    }
}

impl<'a> ReadReceipt<'a> {
    /// Holds the id against its limit.
    ///
    /// # Errors
    /// [`Invalid`].
    pub fn check(&self) -> Result<(), Invalid> {
        check_len(Field::MessageId, self.message_id, limits::ID).map(|_| ())
    }

    /// The body of the request that sends it.
    pub fn wire(&self) -> Wire<'a> {
        Wire::receipt(*self)
    }
}
