//! What users and Meta say that changes how messages go: windows, opt-outs, stopped templates, limits, and who is who.
//!
//! Meta, "Business-scoped user IDs", "Webhooks: system messages": a user's number or id may change; what tells of it
//! joins the two. "User preferences", "Template status", "Phone number quality": notices that are heeded, and told.

use super::templates::Key;
use super::{Client, Whom, millis};
use crate::pace::MessagingLimit;
use crate::recipient::{Bsuid, Name, PhoneNumber};
use crate::retry::after;
use crate::webhook::{ALL, About, Body, Inbound, Notice, Topic};

/// What is heeded of what befalls a template; what stands behind the first two ends either.
const TEMPLATE_EVENTS: [&str; 4] = ["PAUSED", "DISABLED", "APPROVED", "REINSTATED"];

/// What a user is called here: by number where there is one.
pub(super) fn name_of<'a>(wa_id: Option<&str>, user_id: Option<&'a str>) -> Option<Name<'a>> {
    let number = wa_id.and_then(|text| PhoneNumber::from_wa_id(text).ok());
    number
        .map(Name::Phone)
        .or(user_id.filter(|id| Bsuid::check(id).is_ok()).map(Name::User))
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// Milliseconds since that Unix time, if the time of day is known.
    fn age(&self, now: u64, unix_seconds: u64) -> Option<u64> {
        let start = self.unix_start?;
        let then = u64::from(u32::try_from(unix_seconds).unwrap_or(u32::MAX));
        Some(after(start, now).saturating_sub(then.saturating_mul(1_000)))
    }

    /// What a notice changes for messages that wait, and for those to come. Meta delivers again for days and in any order:
    /// one that is older than what was heeded of its template or user changes nothing.
    #[inline(never)]
    pub(super) fn heed(&mut self, now: u64, notice: &Notice<'_>) {
        let told = notice
            .timestamp
            .and_then(|told| u32::try_from(told).ok())
            .unwrap_or(0);
        match notice.about {
            About::Template {
                name,
                language,
                event,
                ..
            } if notice.topic == Topic::TemplateStatus => {
                let key = Key::new(name, language);
                let event = TEMPLATE_EVENTS.iter().position(|known| *known == event);
                match event.filter(|_| self.templates.is_news(key, told)) {
                    None => return,
                    Some(0) => {
                        // It counts from when Meta paused it, which may be hours ago.
                        let age = self.age(now, u64::from(told)).filter(|_| told > 0);
                        self.templates.pause(key, now, age.unwrap_or(0));
                    }
                    Some(1) => {
                        self.templates.disable(key);
                    }
                    Some(_) => self.templates.resume(key),
                }
            }
            About::UserPreference {
                wa_id,
                user_id,
                category: "marketing_messages",
                value,
            } => {
                let stop = value == "stop";
                if (stop || value == "resume")
                    && let Some(name) = name_of(wa_id, user_id)
                {
                    let user = if stop {
                        // Who has no entry gets one, to be remembered, but nobody who is worth anything is forgotten for it.
                        self.admit(Whom::Sender(name), now)
                    } else {
                        self.users.find(name)
                    };
                    self.learn(now, user, wa_id, user_id);
                    let user = user.and_then(|user| self.users.get_mut(user));
                    if let Some(user) = user.filter(|user| told == 0 || told >= user.preference_told) {
                        user.opted_out = stop;
                        user.unsaved = true;
                        user.preference_told = told;
                    }
                }
            }
            About::UserId {
                wa_id,
                previous,
                current,
            } => self.rename(now, name_of(None, previous), wa_id, current),
            About::Number { limit, .. } | About::Account { limit, .. } => {
                let known = limit.and_then(MessagingLimit::parse);
                self.settings.messaging_limit = known.unwrap_or(self.settings.messaging_limit);
            }
            _ => return,
        }
        self.look_again(now);
    }

    /// Who was called `old` has another number or id from now on.
    #[inline(never)]
    fn rename(&mut self, now: u64, old: Option<Name<'_>>, wa_id: Option<&str>, user_id: Option<&str>) {
        let known = old.and_then(|old| self.users.find(old));
        self.learn(now, known, wa_id, user_id);
    }

    /// A user wrote, `from` as [`sender`](super::inbound::sender) says: its window opens, and what waited for that is looked at again.
    pub(super) fn hear(&mut self, now: u64, message: &Inbound<'_>, from: Option<Name<'_>>) {
        match message.body {
            // Meta tells of the user, who has written nothing.
            Body::System { wa_id, user_id, .. } if ALL => {
                return self.rename(now, name_of(message.from, message.user_id), wa_id, user_id);
            }
            // A number that the user was asked for and gave: the same user's.
            Body::Contacts {
                requested: Some(wa_id),
            } if ALL => self.rename(now, from, Some(wa_id), message.user_id),
            _ => {}
        }
        // It counts for the throughput, whether or not anything is held back at present.
        let _ = self.throughput.check(now, self.settings.throughput);
        self.throughput.count();
        let Some(age) = message.timestamp.and_then(|written| self.age(now, written)) else {
            return;
        };
        let Some(name) = from.filter(|_| message.group_id.is_none()) else {
            return;
        };
        let Some(index) = self.admit(Whom::Sender(name), now) else {
            return;
        };
        self.learn(now, Some(index), message.from, message.user_id);
        let unix = self.unix_seconds(now);
        if let Some(user) = self.users.get_mut(index) {
            user.window.written(millis(now), age);
            // The journal may lag an hour behind: a window costs a write then only once in an hour.
            user.unsaved |= user.window.ends_at(millis(now), unix) > user.window_saved.saturating_add(3_600);
            self.look_again(now);
        }
    }
}
