//! The people behind the numbers: who is one user, and what a user does with a message.
//!
//! Meta, "Phone numbers": for Brazil and Mexico the `wa_id` can differ from the number written to; a number without a
//! country code gets the business's own. Meta, "Business-scoped user IDs": each user has one, and with a username hides
//! the number. Every number that nobody has described belongs to a user who behaves as anyone does.

use super::error::GraphError;
use super::ids;
use std::collections::HashMap;
use std::time::Duration;

/// What happens to a message after the cloud has accepted it. All times are the clock's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserBehaviour {
    /// From `sent` to `delivered`.
    pub delivered_after: Duration,
    /// From `delivered` to `read`; `None`: never read, or read receipts are off.
    pub read_after: Option<Duration>,
    /// From `read` to `played`, which voice messages have; `None`, or never read: never played.
    pub plays_after: Option<Duration>,
    /// From `delivered` to the press of a button or the choice of a row, and which, counted from 0. Messages without it:
    /// nothing.
    pub acknowledges: Option<(Duration, usize)>,
    /// From `delivered` to a reaction to it, and the emoji.
    pub reacts: Option<(Duration, String)>,
    /// Whether the number is on WhatsApp. If not, messages are accepted and then fail with 131026.
    pub registered: bool,
    /// Whether the user has blocked the business: messages are sent, and never delivered. Nobody is told.
    pub blocked: bool,
    /// Whether the number is part of an experiment of Meta's: marketing templates are refused with 130472.
    pub experiment: bool,
}

impl Default for UserBehaviour {
    /// Delivered after 0.4 s, read 5 s later, listened to 3 s after that; no button pressed, no reaction.
    fn default() -> Self {
        Self {
            delivered_after: Duration::from_millis(400),
            read_after: Some(Duration::from_secs(5)),
            plays_after: Some(Duration::from_secs(3)),
            acknowledges: None,
            reacts: None,
            registered: true,
            blocked: false,
            experiment: false,
        }
    }
}

/// A user of WhatsApp.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    pub(crate) wa_id: Option<String>,
    pub(crate) bsuid: String,
    pub(crate) name: String,
    pub(crate) hidden: bool,
    pub(crate) behaviour: UserBehaviour,
    /// Digits of every number that reaches this user.
    numbers: Vec<String>,
}

impl std::fmt::Debug for User {
    /// Without name, number and id: personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("behaviour", &self.behaviour)
            .finish_non_exhaustive()
    }
}

impl User {
    /// The user of a phone number with country code. The `wa_id` is the number's digits.
    pub fn new(number: &str) -> Self {
        let digits = digits_of(number);
        Self {
            bsuid: ids::bsuid(country(&digits), &digits),
            name: format!("User {}", tail(&digits)),
            hidden: false,
            behaviour: UserBehaviour::default(),
            numbers: vec![digits.clone()],
            wa_id: Some(digits),
        }
    }

    /// A user of whom only the business-scoped id is known.
    pub fn with_bsuid_only(bsuid: &str) -> Self {
        Self {
            wa_id: None,
            bsuid: bsuid.to_owned(),
            name: "User".to_owned(),
            hidden: true,
            behaviour: UserBehaviour::default(),
            numbers: Vec::new(),
        }
    }

    /// The user goes by another number inside WhatsApp than the one written to: in Brazil without the ninth digit, in
    /// Mexico with a 1 after the country code. Both reach this one user.
    #[must_use]
    pub fn wa_id(mut self, wa_id: &str) -> Self {
        let digits = digits_of(wa_id);
        self.numbers.push(digits.clone());
        self.wa_id = Some(digits);
        self
    }

    /// One more number that reaches this user.
    #[must_use]
    pub fn reached_by(mut self, number: &str) -> Self {
        self.numbers.push(digits_of(number));
        self
    }

    /// The profile's name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The business-scoped user id.
    #[must_use]
    pub fn bsuid(mut self, bsuid: &str) -> Self {
        bsuid.clone_into(&mut self.bsuid);
        self
    }

    /// The user has a username: webhooks show the business-scoped id and no number.
    #[must_use]
    pub fn hides_number(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// What the user does with a message.
    #[must_use]
    pub fn behaves(mut self, behaviour: UserBehaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// What the judge and the message list know this user by.
    pub(crate) fn key(&self) -> &str {
        self.wa_id.as_deref().unwrap_or(&self.bsuid)
    }
}

/// Everybody, and how to find them.
#[derive(Default)]
pub(crate) struct Users {
    by_key: HashMap<String, User>,
    /// From the digits of a number, or from a business-scoped id, to the key of its user.
    index: HashMap<String, String>,
    /// What users do of whom nobody has said anything.
    anyone: UserBehaviour,
}

impl Users {
    /// Nobody yet; who is written to nevertheless behaves as `anyone`.
    pub(crate) fn new(anyone: UserBehaviour) -> Self {
        Self {
            anyone,
            ..Self::default()
        }
    }

    /// Adds a user of whom nobody has said anything.
    pub(crate) fn add(&mut self, user: User) {
        let anyone = self.anyone.clone();
        self.set(user.behaves(anyone));
    }

    /// Adds a user, in place of one with the same key.
    pub(crate) fn set(&mut self, user: User) {
        let key = user.key().to_owned();
        for name in user.numbers.iter().chain([&user.bsuid]) {
            self.index.insert(name.clone(), key.clone());
        }
        self.by_key.insert(key, user);
    }

    /// A user that somebody has been written to, or described.
    pub(crate) fn get(&self, key: &str) -> Option<&User> {
        self.by_key.get(key)
    }

    /// Everybody who has been described or written to, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &User> {
        self.by_key.values()
    }

    /// The user behind a number or a business-scoped id as a test writes it, if there is one.
    pub(crate) fn find(&self, name: &str) -> Option<&User> {
        self.index
            .get(name)
            .or_else(|| self.index.get(&digits_of(name)))
            .and_then(|key| self.by_key.get(key))
    }

    /// The key of the user behind a phone number as a request writes it. `country_code` is the business's own.
    pub(crate) fn by_number(&mut self, text: &str, country_code: &str) -> Result<String, GraphError> {
        const PAGE: &str = "Phone numbers";
        let trimmed = text.trim();
        let separator = |character| matches!(character, '+' | '-' | '(' | ')' | ' ');
        let mut digits = digits_of(trimmed);
        let plus = trimmed.starts_with('+');
        if !trimmed
            .chars()
            .all(|character| character.is_ascii_digit() || separator(character))
            || trimmed.chars().skip(1).any(|character| character == '+')
            || digits.starts_with('0')
        {
            return Err(GraphError::value(
                PAGE,
                "Param to is not a phone number with country code.",
            ));
        }
        // Meta puts the business's country code in front of a number without one, and does not say how it tells. Here:
        // no plus, no user of that number, and no longer than a national number.
        if !plus && digits.len() <= 10 && !self.index.contains_key(&digits) {
            digits.insert_str(0, country_code);
        }
        if !(7..=15).contains(&digits.len()) {
            return Err(GraphError::value(
                PAGE,
                "Param to is not a phone number with country code.",
            ));
        }
        Ok(self.key_of(&digits, || User::new(&digits)))
    }

    /// The key of the user behind a business-scoped id.
    pub(crate) fn by_bsuid(&mut self, bsuid: &str) -> String {
        self.key_of(bsuid, || User::with_bsuid_only(bsuid))
    }

    fn key_of(&mut self, name: &str, unknown: impl FnOnce() -> User) -> String {
        if let Some(key) = self.index.get(name) {
            return key.clone();
        }
        let user = unknown();
        let key = user.key().to_owned();
        self.add(user);
        key
    }
}

/// The digits of a number, whatever stands between them.
pub(crate) fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The last four characters: all of a number that may be printed.
pub(crate) fn tail(text: &str) -> &str {
    text.char_indices()
        .nth_back(3)
        .map_or(text, |(at, _)| &text[at..])
}

/// The country of a number, as far as the simulator cares.
fn country(digits: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 8] = [
        ("1", "US"),
        ("33", "FR"),
        ("44", "GB"),
        ("49", "DE"),
        ("52", "MX"),
        ("55", "BR"),
        ("81", "JP"),
        ("91", "IN"),
    ];
    let found = PREFIXES.iter().find(|(prefix, _)| digits.starts_with(prefix));
    found.map_or("ZZ", |(_, country)| country)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(users: &mut Users, text: &str) -> Result<String, u32> {
        users.by_number(text, "1").map_err(|error| error.code)
    }

    #[test]
    fn plus_hyphens_parentheses_and_spaces_may_stand_in_a_number() {
        let mut users = Users::default();
        for text in [
            "+16505551234",
            "16505551234",
            "+1 (650) 555-1234",
            " +1-650-555-1234 ",
        ] {
            assert_eq!(key(&mut users, text).as_deref(), Ok("16505551234"), "{text}");
        }
    }

    #[test]
    fn a_number_without_country_code_gets_the_businesss_own() {
        assert_eq!(
            key(&mut Users::default(), "(650) 555-1234").as_deref(),
            Ok("16505551234")
        );
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        let mut users = Users::default();
        for text in [
            "",
            "+",
            "+123456",
            "+1234567890123456",
            "kitchen",
            "+1650555x234",
            "1+6505551234",
            "+0650555123",
        ] {
            assert_eq!(key(&mut users, text), Err(131_009), "{text:?}");
        }
        for text in ["+1234567", "+123456789012345"] {
            assert!(key(&mut users, text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn brazils_ninth_digit_and_mexicos_one_reach_one_user() {
        let mut users = Users::default();
        users.set(User::new("+5511987654321").wa_id("551187654321"));
        users.set(User::new("+523312345678").wa_id("5213312345678"));
        for (text, wa_id) in [
            ("+5511987654321", "551187654321"),
            ("+551187654321", "551187654321"),
            ("+52 33 1234 5678", "5213312345678"),
            ("+5213312345678", "5213312345678"),
        ] {
            assert_eq!(key(&mut users, text).as_deref(), Ok(wa_id));
        }
    }

    #[test]
    fn a_user_has_one_key_by_number_and_by_business_scoped_id() {
        let mut users = Users::default();
        let by_number = key(&mut users, "+16505551234").unwrap();
        let bsuid = users.get(&by_number).unwrap().bsuid.clone();
        assert_eq!(users.by_bsuid(&bsuid), by_number);
    }

    #[test]
    fn no_more_than_four_digits_are_shown() {
        assert_eq!((tail("16505551234"), tail("123"), tail("")), ("1234", "123", ""));
        assert!(!format!("{:?}", User::new("+16505551234")).contains("1234"));
    }
}
