//! Who gets which webhooks, and how they are carried (Meta, "Webhooks overview", "Webhook overrides").
//!
//! Each app has one callback and a list of fields; all apps that subscribed get each update. A callback of the number
//! goes before one of the account, and that before the app's own, for the fields that Meta names.

use super::{APP_SECRET, VERIFY_TOKEN};
use hyper::Uri;
use std::time::Duration;

/// Every field of a business account's webhooks (Meta, "Webhooks reference").
pub const FIELDS: &[&str] = &[
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "account_update",
    "automatic_events",
    "business_capability_update",
    "business_username_updates",
    "calls",
    "consumer_profile",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_echoes",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "messages",
    "messaging_handovers",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "smb_message_echoes",
    "standby",
    "template_category_update",
    "user_id_update",
    "user_preferences",
];
/// Fields that an override redirects.
const OVERRIDDEN: &[&str] = &[
    "account_settings_update",
    "calls",
    "consumer_profile",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_echoes",
    "messages",
    "messaging_handovers",
    "smb_app_state_sync",
    "smb_message_echoes",
];
/// Most updates in one webhook (Meta, "Create a webhook endpoint").
pub const BATCH_LIMIT: usize = 1_000;

/// Why a field cannot be subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldError {
    /// It belongs to Messenger: WhatsApp tells deliveries and reads in `messages`.
    Messengers(String),
    /// There is no such field.
    Unknown(String),
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Messengers(field) => write!(
                f,
                "{field} is a field of Messenger's: on WhatsApp `messages` tells what was delivered and read (Meta, \
                 \"Status messages webhook reference\")"
            ),
            Self::Unknown(field) => {
                let field: String = field.chars().take(40).collect();
                write!(
                    f,
                    "there is no webhook field {field} (Meta, \"Webhooks reference\")"
                )
            }
        }
    }
}

impl std::error::Error for FieldError {}

/// An app's subscription to the account's webhooks.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    pub(crate) app: String,
    pub(crate) url: String,
    /// Empty: all of them.
    pub(crate) fields: Vec<String>,
    pub(crate) secret: String,
    pub(crate) verify_token: String,
}

impl std::fmt::Debug for Subscription {
    /// Without secret and verify token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("app", &self.app)
            .field("url", &self.url)
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

impl Subscription {
    /// All fields of another app than the cloud's own, signed with the same secret unless told otherwise.
    pub fn new(app: &str, url: &str) -> Self {
        Self {
            app: app.to_owned(),
            url: url.to_owned(),
            fields: Vec::new(),
            secret: APP_SECRET.to_owned(),
            verify_token: VERIFY_TOKEN.to_owned(),
        }
    }

    /// Only these fields.
    ///
    /// # Errors
    /// [`FieldError`] for the first that cannot be subscribed.
    pub fn fields<'f>(mut self, fields: impl IntoIterator<Item = &'f str>) -> Result<Self, FieldError> {
        self.fields = fields
            .into_iter()
            .map(|field| check_field(field).map(str::to_owned))
            .collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// Signed with the app's own secret.
    #[must_use]
    pub fn secret(mut self, secret: &str) -> Self {
        secret.clone_into(&mut self.secret);
        self
    }

    /// Verified with the app's own token.
    #[must_use]
    pub fn verify_token(mut self, token: &str) -> Self {
        token.clone_into(&mut self.verify_token);
        self
    }

    pub(crate) fn wants(&self, field: &str) -> bool {
        self.fields.is_empty() || self.fields.iter().any(|wanted| wanted == field)
    }
}

/// Whether there is such a field.
pub(crate) fn check_field(field: &str) -> Result<&str, FieldError> {
    if FIELDS.contains(&field) {
        Ok(field)
    } else if matches!(
        field,
        "message_deliveries" | "message_reads" | "messaging_postbacks" | "messaging_optins"
    ) {
        Err(FieldError::Messengers(field.to_owned()))
    } else {
        Err(FieldError::Unknown(field.to_owned()))
    }
}

/// A subscription whose callback has answered its verification.
#[derive(Clone)]
pub(crate) struct Subscribed {
    pub(crate) of: Subscription,
    pub(crate) uri: Uri,
}

/// Where a webhook goes, and what signs it.
pub(crate) struct Target {
    pub(crate) uri: Uri,
    pub(crate) secret: String,
}

/// Whether an override redirects this field.
pub(crate) fn is_overridden(field: &str) -> bool {
    OVERRIDDEN.contains(&field)
}

/// For how long a webhook that was not taken is tried again. Meta says it in three ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retries {
    /// For seven days ("Webhooks overview").
    #[default]
    SevenDays,
    /// At once, and then for 36 hours ("Create a webhook endpoint").
    ThirtySixHours,
    /// For an hour: a number that stores nothing ("No storage").
    OneHour,
}

impl Retries {
    /// Waits between attempts. Meta names no intervals, only how long all of them may take.
    pub(crate) fn waits(self) -> impl Iterator<Item = Duration> {
        let seconds: &[u64] = match self {
            Self::SevenDays => &[
                1, 5, 30, 120, 600, 3_600, 21_600, 43_200, 86_400, 172_800, 259_200,
            ],
            Self::ThirtySixHours => &[0, 30, 600, 3_600, 14_400, 36_000, 72_000],
            Self::OneHour => &[1, 30, 300, 900, 2_100],
        };
        seconds.iter().copied().map(Duration::from_secs)
    }
}

/// How webhooks are carried. The default is one update each, in order, once, as soon as it is there.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// Most updates in one POST; more than [`BATCH_LIMIT`] is as good as that.
    pub batch: usize,
    /// How long an update waits for others, in milliseconds of the cloud's time.
    pub gather_ms: u64,
    /// Chance from 0 to 1 that a webhook which was taken comes once more.
    pub duplicates: f64,
    /// Longest time that an update is held back, drawn for each: later ones may overtake it. In milliseconds.
    pub disorder_ms: u64,
    /// Nothing gets through: every attempt fails, and is made again later.
    pub outage: bool,
    /// For how long is tried again.
    pub retries: Retries,
    /// Major version of the Graph API that the app's webhooks have: before v24.0 statuses carry `conversation`.
    pub version: u8,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            batch: 1,
            gather_ms: 0,
            duplicates: 0.0,
            disorder_ms: 0,
            outage: false,
            retries: Retries::default(),
            version: 25,
        }
    }
}

/// What one `value` of a webhook tells: one for each message, status, or change of another field.
pub(crate) fn updates(body: &serde_json::Value) -> usize {
    let value = &body["entry"][0]["changes"][0]["value"];
    let list = |key: &str| value[key].as_array().map_or(0, Vec::len);
    (list("statuses") + list("messages")).max(1)
}

/// The field that a webhook is of.
pub(crate) fn field_of(body: &serde_json::Value) -> &str {
    body["entry"][0]["changes"][0]["field"]
        .as_str()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messengers_fields_are_refused_with_the_reason() {
        let subscribe = |field: &str| Subscription::new("1", "http://127.0.0.1/").fields(["messages", field]);
        assert!(subscribe("user_preferences").is_ok_and(|it| it.wants("messages") && !it.wants("calls")));
        for field in ["message_deliveries", "message_reads"] {
            let error = subscribe(field).unwrap_err();
            assert_eq!(error, FieldError::Messengers(field.to_owned()));
            assert!(
                error.to_string().contains("`messages` tells what was delivered"),
                "{error}"
            );
        }
        assert_eq!(subscribe("fax"), Err(FieldError::Unknown("fax".to_owned())));
    }

    #[test]
    fn retries_grow_and_stay_within_what_meta_says() {
        for (retries, hours) in [
            (Retries::SevenDays, 7 * 24),
            (Retries::ThirtySixHours, 36),
            (Retries::OneHour, 1),
        ] {
            assert!(retries.waits().is_sorted());
            assert!(retries.waits().sum::<Duration>() <= Duration::from_hours(hours));
        }
    }

    #[test]
    fn the_fields_are_sorted_and_those_of_overrides_are_among_them() {
        assert!(FIELDS.is_sorted());
        assert!(OVERRIDDEN.iter().all(|field| FIELDS.contains(field)));
    }
}
