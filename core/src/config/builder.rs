//! Collects parameters from one file or several, and checks each when it is met.

use super::file::{Pair, Unfit, Value, pairs};
use super::{
    Config, ConfigError, DEFAULT_API_VERSION, DEFAULT_TEMPLATE_LANGUAGE, DEFAULT_WEBHOOK_URL,
    NEWEST_EXPIRED_VERSION, Name, Names, Warning,
};
use crate::message::limits;
use crate::secret::Secret;
use crate::words::{line, split_at_first, split_once, url_parts};
use heapless::String;
use heapless::string::StringView;

/// What was read so far. A later file, or a value that is [`set`](Self::set), goes over the earlier ones; whether
/// anything is missing is asked at the end, so that a file may hold only some of the parameters.
///
/// Memory: as much as the [`Config`] that it becomes.
#[derive(Debug, Clone)]
pub struct ConfigBuilder {
    given: Names,
    config: Config,
}

impl Default for ConfigBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a text has a form.
type Form = fn(&str) -> bool;

impl ConfigBuilder {
    /// Nothing was read yet.
    pub const fn new() -> Self {
        Self {
            given: Names::NONE,
            config: Config {
                api_key: Secret::empty(),
                verify_token: Secret::empty(),
                app_secret: Secret::empty(),
                phone_number_id: String::new(),
                business_account_id: String::new(),
                api_version: String::new(),
                webhook_url: String::new(),
                template_language: String::new(),
                signature_not_validated: false,
            },
        }
    }

    /// Which parameters have a value.
    pub fn given(&self) -> Names {
        self.given
    }

    /// Reads a file, or a part of one.
    ///
    /// # Errors
    /// The first line that cannot be taken; the lines before it are.
    pub fn load(&mut self, text: &str, warn: &mut dyn FnMut(Warning<'_>)) -> Result<(), ConfigError> {
        for pair in pairs(text) {
            let pair = pair?;
            if !self.take(&pair, warn)? {
                warn(pair.unknown(|_| false));
            }
        }
        Ok(())
    }

    /// Takes a pair of a file if it is one of the channel's, and says whether it is.
    ///
    /// # Errors
    /// As for [`load`](Self::load): its value cannot be taken.
    pub fn take(&mut self, pair: &Pair<'_>, warn: &mut dyn FnMut(Warning<'_>)) -> Result<bool, ConfigError> {
        match Name::of(pair.name) {
            Some(name) => self.put(pair.line, name, pair.value, warn).map(|()| true),
            None => Ok(false),
        }
    }

    /// Sets one parameter from elsewhere, as a command line or the environment.
    ///
    /// # Errors
    /// As for a line of a file; the line is 0.
    pub fn set(
        &mut self,
        name: Name,
        value: &str,
        warn: &mut dyn FnMut(Warning<'_>),
    ) -> Result<(), ConfigError> {
        self.put(0, name, Value::plain(value), warn)
    }

    fn put(
        &mut self,
        line: u32,
        name: Name,
        value: Value<'_>,
        warn: &mut dyn FnMut(Warning<'_>),
    ) -> Result<(), ConfigError> {
        if value.is_empty() {
            return Ok(());
        }
        let config = &mut self.config;
        let malformed = ConfigError::Malformed { line, name };
        // Where it goes, its characters, and whether it has the form that they alone do not tell.
        let (out, allowed, is_well_formed): (&mut StringView, fn(char) -> bool, Form) = match name {
            Name::ApiKey => (config.api_key.room(), is_visible_ascii, |_| true),
            Name::VerifyToken => (config.verify_token.room(), is_visible, |_| true),
            Name::AppSecret => (config.app_secret.room(), is_visible_ascii, |_| true),
            Name::PhoneNumberId => (&mut config.phone_number_id, is_digit, |_| true),
            Name::BusinessAccountId => (&mut config.business_account_id, is_digit, |_| true),
            Name::ApiVersion => (&mut config.api_version, is_visible_ascii, |text| {
                major(text).is_some()
            }),
            Name::WebhookUrl => (&mut config.webhook_url, is_visible_ascii, |text| {
                path(text).is_some()
            }),
            Name::TemplateLanguage => (
                &mut config.template_language,
                |_| true,
                |text| limits::check_language(text).is_ok(),
            ),
            Name::ValidateSignature => {
                config.signature_not_validated = !boolean(value).ok_or(malformed)?;
                self.note(line, name, warn);
                return Ok(());
            }
        };
        value
            .check(out.capacity(), allowed)
            .map_err(|unfit| match unfit {
                // A language that is too long is none.
                Unfit::TooLong { .. } if name == Name::TemplateLanguage => malformed,
                Unfit::TooLong { limit, actual } => ConfigError::TooLong {
                    line,
                    name,
                    limit,
                    actual,
                },
                Unfit::Character { at } => ConfigError::Character { line, name, at },
            })?;
        // None of the forms has a quote in it.
        if !is_well_formed(value.as_str().unwrap_or_default()) {
            return Err(malformed);
        }
        value.put(out);
        self.note(line, name, warn);
        Ok(())
    }

    fn note(&mut self, line: u32, name: Name, warn: &mut dyn FnMut(Warning<'_>)) {
        if self.given.contains(name) {
            warn(Warning::Overridden { line, name });
        }
        self.given = self.given.with(name);
    }

    /// Fills in the defaults and checks that nothing is missing.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] with all names at once.
    pub fn finish(self, warn: &mut dyn FnMut(Warning<'_>)) -> Result<Config, ConfigError> {
        let Self { given, mut config } = self;
        let mut missing = Names::NONE;
        for name in [Name::ApiKey, Name::PhoneNumberId, Name::VerifyToken] {
            if !given.contains(name) {
                missing = missing.with(name);
            }
        }
        if !missing.is_empty() {
            return Err(ConfigError::Missing(missing));
        }
        let defaults: [(&mut StringView, &str); 3] = [
            (&mut config.api_version, DEFAULT_API_VERSION),
            (&mut config.webhook_url, DEFAULT_WEBHOOK_URL),
            (&mut config.template_language, DEFAULT_TEMPLATE_LANGUAGE),
        ];
        for (value, default) in defaults {
            if value.is_empty() {
                // A test holds that every default fits.
                let _ = value.push_str(default);
            }
        }
        if major(&config.api_version).is_some_and(|major| major <= NEWEST_EXPIRED_VERSION) {
            warn(Warning::VersionExpired {
                version: &config.api_version,
            });
        }
        if config.signature_not_validated {
            warn(Warning::SignatureNotValidated);
        }
        if config.app_secret().is_none() {
            warn(Warning::NoAppSecret);
        }
        Ok(config)
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// What can stand in an HTTP header or request line without ending it.
fn is_visible_ascii(c: char) -> bool {
    c.is_ascii_graphic()
}

/// Neither a space nor a control character.
fn is_visible(c: char) -> bool {
    c > ' ' && !('\u{7f}'..='\u{a0}').contains(&c)
}

/// What says yes, and after it what says no, one a line.
static BOOLEANS: &str = "true
1
yes
false
0
no";

fn boolean(value: Value<'_>) -> Option<bool> {
    let said = (0..6).find(|word| value.eq_ignore_ascii_case(line(BOOLEANS, *word)))?;
    Some(said < 3)
}

/// The number in front of the dot of a version like `v25.0`.
fn major(version: &str) -> Option<u16> {
    let (major, minor) = split_once(version.strip_prefix('v')?, b'.')?;
    digits(minor, 2)?;
    digits(major, 3)
}

/// A number of 1 to `most` digits, three at most.
#[inline(never)]
fn digits(text: &str, most: usize) -> Option<u16> {
    let mut number = 0u16;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.wrapping_mul(10).wrapping_add(digit.into());
    }
    (1..=most).contains(&text.len()).then_some(number)
}

/// Where the path of a path or an address stands in it, without query; empty where an address has none.
pub(super) fn path(url: &str) -> Option<&str> {
    let mut rest = url;
    if url.as_bytes().first() != Some(&b'/') {
        let scheme;
        (scheme, _, rest) = url_parts(url)?;
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
    }
    Some(split_at_first(rest, b"?#").0)
}
