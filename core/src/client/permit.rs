//! Whether a message may go now by Meta's rules beside the pair rule, and in which form.
//!
//! Meta, "Send messages": outside the customer service window only templates; so a text goes as its template there, and
//! without one it fails with 131047 before it is sent. "Messaging limits": so many different users in 24 hours.
//! "Template pausing". "User preferences": who has opted out gets no marketing. What may not go waits aside and holds
//! back nobody. A group has no window of its own that Meta's pages tell of: what goes to one is always tried.

use super::event::kind;
use super::templates::{Key, NEVER};
use super::{Client, Final, Priority, Ticket, millis};
use crate::graph::catalog::Action;
use crate::message::Stored;
use crate::outbox::Aside;
use crate::retry::earlier;
use crate::window::Window;

/// What Meta answers outside the window.
const WINDOW_CLOSED: u32 = 131_047;
/// What Meta answers for a user who wants no marketing.
const OPTED_OUT: u32 = 131_050;
/// What Meta answers for a template that is paused.
pub(super) const PAUSED: u32 = 132_015;
/// What Meta answers for a template that is disabled.
const DISABLED: u32 = 132_016;

/// What is done about a free-form message when it is not known whether the window is open: nothing was heard of the user
/// since the start, or the time of day is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum UnknownWindow {
    /// It is sent; if Meta refuses it with 131047 its template goes, where there is one.
    #[default]
    Try,
    /// Its template is sent, if there is one that may be; else it is tried.
    Template,
    /// The window is taken for closed.
    Refuse,
}

/// Whether a message may go.
pub(super) enum Permit {
    /// Now.
    Go {
        /// As the template in its place.
        instead: bool,
        /// Counted for the messaging limit.
        counts: bool,
    },
    /// Never: it fails as with this code of Meta's.
    Fail(u32),
    /// Not before this millisecond of the clock; others need not wait for it.
    NotBefore(u64),
}

/// How a free-form message goes by its user's window.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is, in a window.
    Free,
    /// As it is, to see what Meta says.
    Try,
    /// As its template, or else as it is.
    TemplateOrTry,
    /// As its template, or not at all.
    Template,
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// How free-form messages to this user go. Whoever is not in the table has no known window.
    pub(super) fn form(&self, user: u16, group: bool, now: u64) -> Form {
        let window = self.users.get(user).map_or(Window::Unknown, |user| user.window);
        match window.when_judged(millis(now), self.uplink().0) {
            _ if group => Form::Try,
            Window::Open(_) => Form::Free,
            Window::Closed => Form::Template,
            Window::Unknown => match self.settings.unknown_window {
                UnknownWindow::Try => Form::Try,
                UnknownWindow::Template => Form::TemplateOrTry,
                UnknownWindow::Refuse => Form::Template,
            },
        }
    }

    /// How many users may be written to in 24 hours; `u32::MAX` where nothing limits them.
    fn allowance(&self) -> u32 {
        let limit = self.settings.messaging_limit.users().unwrap_or(u32::MAX);
        limit.min(self.settings.messaging_share.unwrap_or(u32::MAX))
    }

    /// Whether this message, whose turn it is, may go, and as text or as template.
    #[inline(never)]
    pub(super) fn permit(&mut self, index: usize, now: u64) -> Permit {
        let Some(slot) = self.slot(index) else {
            return Permit::NotBefore(now);
        };
        let stored = self.content(slot);
        let form = self.form(slot.user, slot.group, now);
        let user = self.users.get(slot.user);
        if slot.marketing && user.is_some_and(|user| user.opted_out) {
            return Permit::Fail(OPTED_OUT);
        }
        if let Some(until) = self.calm_until(slot, now) {
            return Permit::NotBefore(until);
        }
        // Until when its template is stopped, if it is.
        let until = self.templates.until(Key::of(stored));
        let free = stored.is_free_form();
        let fallback = free && stored.has_fallback();
        // Once sent as its template, always so.
        let instead = slot.fallback
            || fallback
                && match form {
                    Form::Free | Form::Try => false,
                    Form::TemplateOrTry => until <= now,
                    Form::Template => true,
                };
        if free && !instead {
            return match form {
                Form::Template => Permit::Fail(WINDOW_CLOSED),
                _ => Permit::Go {
                    instead,
                    counts: false,
                },
            };
        }
        if until == NEVER {
            return Permit::Fail(DISABLED);
        }
        if until > now {
            return Permit::NotBefore(until);
        }
        if form != Form::Free {
            let all = self.allowance();
            // Near the limit the last tenth is kept for what matters more.
            let limit = match slot.priority {
                Priority::Low if cfg!(feature = "alerts") => all.saturating_sub(all / 10),
                _ => all,
            };
            let counted = user.map_or(0, |user| user.counted);
            if let Err(at) = self.reach.check(now, counted, limit) {
                if !self.limit_told && limit == all {
                    self.limit_told = self.events.push(kind::LIMIT, Ticket::NONE, limit, &[]).is_ok();
                }
                return Permit::NotBefore(at);
            }
            self.limit_told &= limit != all;
        }
        Permit::Go {
            instead,
            counts: form != Form::Free,
        }
    }

    /// What waits aside is looked at again: something has changed.
    pub(super) fn look_again(&mut self, now: u64) {
        for slot in self.slots.iter_mut().filter(|slot| slot.aside == Aside::Rule) {
            slot.due = earlier(slot.due, now);
        }
    }

    /// A message may not go any more. After a lost answer nobody can say that it was not sent.
    pub(super) fn refuse(&mut self, index: usize, code: u32) {
        if self.slot(index).is_some_and(|slot| slot.maybe_sent_once) {
            self.finish(index, Final::Unknown);
        } else {
            self.fail(index, code);
        }
    }

    /// What Meta's code tells of the user or the template, apart from the message that it came for.
    pub(super) fn learn_from(&mut self, index: usize, now: u64, code: u32, action: Action) {
        let Some(slot) = self.slot(index) else { return };
        let (user, ticket, group, began) = (slot.user, slot.ticket, slot.group, slot.began);
        let stored = Stored::new(self.arena.get(slot.body));
        match action {
            // Without an inbound path nothing would tell that it is open again.
            Action::UseTemplate if self.settings.inbound && !group => {
                if let Some(user) = self.users.get_mut(user) {
                    user.window.refused(began);
                }
            }
            Action::OptOut => {
                if let Some(user) = self.users.get_mut(user) {
                    user.opted_out = true;
                    user.unsaved = true;
                }
                self.tell(kind::OPTED_OUT, ticket, 0, "");
            }
            Action::Template => {
                let Some(template) = stored.template_name() else {
                    return;
                };
                let key = Key::of(stored);
                let news = if code == PAUSED {
                    self.templates.pause(key, now, 0)
                } else {
                    self.templates.disable(key)
                };
                if news
                    && self
                        .events
                        .push(kind::TEMPLATE, Ticket::NONE, code, template.as_bytes())
                        .is_err()
                {
                    self.drop_event();
                }
            }
            _ => {}
        }
    }
}
