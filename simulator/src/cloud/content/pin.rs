//! A message pinned in a group, or no longer (Meta, "Group messaging").

use super::{Content, MessageKind};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

/// Most days that a message stays pinned.
const DAYS: u64 = 30;

pub(super) fn read(pin: Fields<'_>) -> Result<Content, GraphError> {
    let pin = pin.by("Group messaging");
    pin.only(&["type", "message_id", "expiration_days"])?;
    let pins = pin.one_of("type", &["pin", "unpin"])? == "pin";
    pin.limited_text("message_id", usize::MAX)?;
    if let Some(days) = pin.get("expiration_days") {
        let days = days
            .as_u64()
            .ok_or_else(|| pin.invalid("Param pin.expiration_days must be a number of days."))?;
        if !(1..=DAYS).contains(&days) {
            let details = format!("Param pin.expiration_days must be between 1 and {DAYS}.");
            return Err(GraphError::value(pin.page(), details));
        }
    }
    Ok(Content::new(
        MessageKind::Pin,
        if pins { "[pinned]" } else { "[unpinned]" },
    ))
}
