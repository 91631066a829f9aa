//! What Meta charges for: messages by category, as their statuses tell.
//!
//! Meta, "Pricing": a message is charged when it is delivered, by its category; since October 2026 free-form messages too
//! (`service`). `pricing` stands in `sent` and in `delivered` or `read`; each message is counted by the first. Meta means to
//! take `billable` away, so both are asked that say it is free. Memory: 24 bytes.

use super::Client;
use super::wishes::place_of;
use crate::webhook::{Member, StatusUpdate};

/// So many messages are counted before the journal has to know again: at most one fewer is lost with the power.
pub(super) const SAVED_AFTER: u8 = 16;

/// How many messages Meta has charged for, by category. Each is counted once, with the first status that tells its price; one
/// whose statuses all come after its outcome was told is not.
///
/// With a journal the counts outlive a loss of power; at most 15 messages are lost with it, and one whose last status was not
/// stored yet counts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Charges {
    /// Marketing templates (`marketing`, `marketing_lite`).
    pub marketing: u32,
    /// Utility templates.
    pub utility: u32,
    /// One-time codes (`authentication`, `authentication-international`).
    pub authentication: u32,
    /// Free-form messages.
    pub service: u32,
    /// Categories that came later than this version.
    pub other: u32,
}

/// The counts, in the order of the fields of [`Charges`].
pub(super) type Counts = [u32; 5];

/// Categories as Meta calls them, and whose count each is; all others are the last one's.
const CATEGORIES: &str =
    "marketing,utility,authentication,service,marketing_lite,authentication-international";
const COUNT_OF: [u8; 6] = [0, 1, 2, 3, 0, 2];
const OTHER: u8 = 4;

/// Counts one message of this category.
fn count(counts: &mut Counts, category: &str) {
    let place = place_of(CATEGORIES, category).map_or(usize::MAX, usize::from);
    let of = COUNT_OF.get(place).copied().unwrap_or(OTHER);
    if let Some(count) = counts.get_mut(usize::from(of)) {
        *count = count.saturating_add(1);
    }
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// How many messages Meta has charged for.
    pub fn charges(&self) -> Charges {
        let [marketing, utility, authentication, service, other] = self.charges;
        Charges {
            marketing,
            utility,
            authentication,
            service,
            other,
        }
    }

    /// Counts the message in this slot, by a status of this attempt of it.
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(super) fn count_charge(&mut self, index: usize, attempt: u16, update: &StatusUpdate<'_>) {
        if !cfg!(feature = "alerts") {
            return;
        }
        let members = update.members;
        let Some(category) = members.get(Member::PricingCategory) else {
            return;
        };
        let free = members
            .get(Member::PricingType)
            .is_some_and(|kind| kind != "regular")
            || members.get(Member::Billable) == Some("false");
        let Some(slot) = self.slot_mut(index).filter(|_| !free) else {
            return;
        };
        let counted = if attempt == slot.attempt {
            core::mem::replace(&mut slot.charged, true)
        } else {
            // An attempt whose answer was lost and that arrived too is charged as well; the first that is heard of it counts.
            slot.duplicate_told
        };
        if counted {
            return;
        }
        count(&mut self.charges, category);
        self.unsaved.charges = self.unsaved.charges.saturating_add(1);
        self.unsaved.counts |= self.unsaved.charges >= SAVED_AFTER;
    }
}
