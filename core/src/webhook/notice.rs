//! Notices: what Meta tells of the account, its numbers, templates, groups and users' settings.
//!
//! Meta, "Webhooks reference", a page for each field; "Group management" (webhooks); "Business-scoped user IDs"
//! (`user_id_update`). Fields about an account name no business number by its id, so each device of the account takes
//! them; where one names a number as it is shown, that is [`Member::Number`].

use super::member::{Member, tag};
use super::view::{Heads, Members};
use core::fmt;

macro_rules! topics {
    ($($(#[$doc:meta])* $name:ident $word:literal;)*) => {
        /// The field of a notice.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Topic {
            $($(#[$doc])* $name,)*
        }

        static TOPICS: &[(&str, Topic)] = &[$(($word, Topic::$name),)*];
    };
}

topics! {
    /// A template was approved, rejected, paused, disabled …
    TemplateStatus "message_template_status_update";
    /// A template's quality changed.
    TemplateQuality "message_template_quality_update";
    /// A template's category changed, or will.
    TemplateCategory "template_category_update";
    /// A number's throughput or limit changed.
    NumberQuality "phone_number_quality_update";
    /// A number's name was reviewed.
    NumberName "phone_number_name_update";
    /// The account was restricted, banned, deleted, shared …
    AccountUpdate "account_update";
    /// Something about a number's limit or profile.
    AccountAlerts "account_alerts";
    /// The account was reviewed.
    AccountReview "account_review_update";
    /// How many users may be written to in a day, and how many numbers there may be.
    BusinessCapability "business_capability_update";
    /// The two-step verification's PIN was changed, or is to be.
    Security "security";
    /// A user stopped marketing messages, or resumed them.
    UserPreferences "user_preferences";
    /// A user's business-scoped user id changed.
    UserId "user_id_update";
    /// A group was made or deleted.
    GroupLifecycle "group_lifecycle_update";
    /// Somebody joined, left, or asked to join.
    GroupParticipants "group_participants_update";
    /// A group's subject, description or picture changed.
    GroupSettings "group_settings_update";
    /// A group was suspended, or is no more.
    GroupStatus "group_status_update";
}

impl Topic {
    /// The field of that name, if this version reads it.
    pub(super) fn parse(word: &str) -> Option<u8> {
        TOPICS
            .iter()
            .position(|(w, _)| *w == word)
            .and_then(|at| u8::try_from(at).ok())
    }

    pub(super) fn of(number: u8) -> Option<Self> {
        TOPICS.get(usize::from(number)).map(|(_, topic)| *topic)
    }

    /// Meta's name of the field.
    pub fn as_str(self) -> &'static str {
        TOPICS.get(self as usize).map_or("", |(word, _)| *word)
    }
}

/// What Meta tells, apart from messages and statuses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Notice<'a> {
    /// Of what.
    pub topic: Topic,
    /// When: seconds of Unix time.
    pub timestamp: Option<u64>,
    /// What is of use to a program.
    pub about: About<'a>,
    /// All that was kept.
    pub members: Members<'a>,
    /// Whether a text was longer than is kept.
    pub truncated: bool,
}

/// What a notice is about. A word that is missing is empty.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum About<'a> {
    /// A template.
    Template {
        /// Its name.
        name: &'a str,
        /// Its language.
        language: &'a str,
        /// Meta's id of it.
        id: &'a str,
        /// Of a status: `APPROVED`, `REJECTED`, `PAUSED`, `DISABLED`, `FLAGGED`, `REINSTATED` …
        event: &'a str,
        /// Of a status: why, `NONE` if there is no reason.
        reason: Option<&'a str>,
        /// The quality or category before.
        previous: Option<&'a str>,
        /// The quality or category now.
        current: Option<&'a str>,
    },
    /// What a user wants.
    UserPreference {
        /// The user's number.
        wa_id: Option<&'a str>,
        /// The user's business-scoped user id.
        user_id: Option<&'a str>,
        /// `marketing_messages`
        category: &'a str,
        /// `stop` or `resume`
        value: &'a str,
    },
    /// A user's business-scoped user id changed.
    UserId {
        /// The user's number.
        wa_id: Option<&'a str>,
        /// The id before.
        previous: Option<&'a str>,
        /// The id now.
        current: Option<&'a str>,
    },
    /// A business number.
    Number {
        /// As it is shown.
        number: &'a str,
        /// Of quality: `ONBOARDING`, `THROUGHPUT_UPGRADE`, older ones `FLAGGED` …; of a name: `APPROVED` …
        event: &'a str,
        /// How many users may be written to in a day, as `TIER_2K` or a number.
        limit: Option<&'a str>,
    },
    /// The account.
    Account {
        /// `ACCOUNT_RESTRICTION`, `DISABLED_UPDATE`, `REJECTED` … Empty for business capabilities.
        event: &'a str,
        /// How many users may be written to in a day.
        limit: Option<&'a str>,
        /// How far a ban got: `SCHEDULE_FOR_DISABLE`, `DISABLE` or `REINSTATE`.
        ban_state: Option<&'a str>,
    },
    /// A group.
    Group {
        /// Which.
        group_id: &'a str,
        /// `group_create`, `group_delete`, `group_participants_add`, `group_suspend` …
        event: &'a str,
        /// The error's code, if it failed.
        code: Option<u32>,
    },
}

impl<'a> Notice<'a> {
    pub(super) fn decode(topic: Topic, heads: &Heads<'a>) -> Self {
        let get = |member| heads.get(member);
        let word = |member| heads.word(member);
        let about = match topic {
            Topic::TemplateStatus | Topic::TemplateQuality | Topic::TemplateCategory => About::Template {
                name: word(Member::TemplateName),
                language: word(Member::Language),
                id: word(Member::Template),
                event: word(Member::Event),
                reason: get(Member::Reason),
                previous: get(Member::Previous),
                current: get(Member::Current),
            },
            Topic::UserPreferences => About::UserPreference {
                wa_id: get(Member::Person),
                user_id: get(Member::User),
                category: word(Member::Category),
                value: word(Member::Value),
            },
            Topic::UserId => About::UserId {
                wa_id: get(Member::Person),
                previous: get(Member::Previous),
                current: get(Member::Current),
            },
            Topic::NumberQuality | Topic::NumberName => About::Number {
                number: word(Member::Number),
                event: word(Member::Event),
                limit: get(Member::Limit).or(get(Member::Current)),
            },
            Topic::GroupLifecycle | Topic::GroupParticipants | Topic::GroupSettings | Topic::GroupStatus => {
                About::Group {
                    group_id: word(Member::Group),
                    event: word(Member::Event),
                    code: heads.number(Member::Code),
                }
            }
            Topic::AccountUpdate
            | Topic::AccountAlerts
            | Topic::AccountReview
            | Topic::BusinessCapability
            | Topic::Security => About::Account {
                event: word(Member::Event),
                limit: get(Member::Limit),
                ban_state: get(Member::BanState),
            },
        };
        let stamp = heads.raw(tag::STAMP).and_then(<[u8]>::first_chunk);
        let stamp = stamp
            .map(|bytes| u32::from_le_bytes(*bytes))
            .filter(|time| *time != 0);
        Self {
            topic,
            timestamp: heads.number(Member::Timestamp).or(stamp).map(u64::from),
            about,
            members: heads.members(),
            truncated: heads.raw(tag::TRUNCATED).is_some(),
        }
    }
}

// Whom it is about is personal data.

impl fmt::Debug for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notice")
            .field("topic", &self.topic)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Template { .. } => "Template",
            Self::UserPreference { .. } => "UserPreference",
            Self::UserId { .. } => "UserId",
            Self::Number { .. } => "Number",
            Self::Account { .. } => "Account",
            Self::Group { .. } => "Group",
        })
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Notice<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Notice({=str}, {})", self.topic.as_str(), self.timestamp);
    }
}
