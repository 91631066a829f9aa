//! Alarms: one alert to several people, at once or one after the other, until somebody takes it.
//!
//! An alarm has a slot of its own and is never sent; whoever has a turn gets a message of its own, which goes by all rules
//! that a message goes by and has a ticket and an outcome of its own. With [`Order::OneByOne`] the next is told when the
//! one whose turn it is does not answer, is not reached, or says no; never because the link, the number or the account
//! fails, since the others could not be reached either. What answers wait for stays with the one who was told earlier, too:
//! an answer that comes late takes the alarm as well.
//!
//! When somebody takes it, messages that have not gone are withdrawn, none is sent again, and those who have it are told
//! by whom it was taken, in words of the user's. No words, no message.
//!
//! Memory: a slot, and the content once for the alarm and once for each message that is not over.

mod answer;
mod restore;
#[cfg(feature = "alerts")]
mod submit;
mod tend;

pub(super) use answer::Answer;
#[cfg(feature = "alerts")]
pub use submit::{Alarm, InvalidAlarm, Order, RECIPIENTS_MAX};
pub(super) use tend::IS_TAKEN;
