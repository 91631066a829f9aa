//! What Meta charges for: messages by category, as their statuses tell.
//!
//! Meta, "Pricing": a message is charged when it is delivered, by its category; since October 2026 free-form messages too
//! (`service`). `pricing` stands in `sent` and in `delivered` or `read`; each message is counted by the first. Meta means to
//! take `billable` away, so both are asked that say it is free. Memory: 24 bytes.

use super::Client;
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

impl Charges {
    pub(super) const NONE: Self = Self {
        marketing: 0,
        utility: 0,
        authentication: 0,
        service: 0,
        other: 0,
    };

    /// All, in the order of the fields.
    pub(super) fn all_mut(&mut self) -> [&mut u32; 5] {
        let Self {
            marketing,
            utility,
            authentication,
            service,
            other,
        } = self;
        [marketing, utility, authentication, service, other]
    }

    fn count(&mut self, category: &str) {
        let [marketing, utility, authentication, service, other] = self.all_mut();
        // As `marketing_lite` and `authentication-international`.
        let is = |name: &str| category.starts_with(name);
        let count = match () {
            () if is("marketing") => marketing,
            () if is("utility") => utility,
            () if is("authentication") => authentication,
            () if is("service") => service,
            () => other,
        };
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
        self.charges
    }

    /// Counts the message in this slot, by a status of this attempt of it.
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
        self.charges.count(category);
        self.unsaved.charges = self.unsaved.charges.saturating_add(1);
        self.unsaved.counts |= self.unsaved.charges >= SAVED_AFTER;
    }
}
