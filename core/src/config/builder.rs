//! Collects parameters from one file or several, and checks each when it is met.

use super::file::{Pair, Unfit, Value, pairs};
use super::{
    API_KEY_MAX, API_VERSION_MAX, APP_SECRET_MAX, Config, ConfigError, DEFAULT_API_VERSION,
    DEFAULT_TEMPLATE_LANGUAGE, DEFAULT_WEBHOOK_URL, ID_MAX, NEWEST_EXPIRED_VERSION, Name, Names,
    VERIFY_TOKEN_MAX, WEBHOOK_URL_MAX, Warning,
};
use crate::message::limits;
use crate::secret::Secret;
use core::ops::Range;
use heapless::String;
use heapless::string::StringView;

/// What was read so far. A later file, or a value that is [`set`](Self::set), goes over the earlier ones; whether
/// anything is missing is asked at the end, so that a file may hold only some of the parameters.
///
/// Memory: as much as the [`Config`] that it becomes.
#[derive(Debug, Clone, Default)]
pub struct ConfigBuilder {
    given: Names,
    api_key: Option<Secret<API_KEY_MAX>>,
    verify_token: Option<Secret<VERIFY_TOKEN_MAX>>,
    app_secret: Option<Secret<APP_SECRET_MAX>>,
    phone_number_id: String<ID_MAX>,
    business_account_id: String<ID_MAX>,
    api_version: String<API_VERSION_MAX>,
    webhook_url: String<WEBHOOK_URL_MAX>,
    template_language: String<{ limits::LANGUAGE }>,
    signature_not_validated: bool,
}

impl ConfigBuilder {
    /// Nothing was read yet.
    pub fn new() -> Self {
        Self::default()
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
        let at = Place { line, name };
        match name {
            Name::ApiKey => self.api_key = Some(at.secret(value, is_visible_ascii)?),
            Name::VerifyToken => self.verify_token = Some(at.secret(value, is_visible)?),
            Name::AppSecret => self.app_secret = Some(at.secret(value, is_visible_ascii)?),
            Name::PhoneNumberId => at.fill(&mut self.phone_number_id, value, |c| c.is_ascii_digit())?,
            Name::BusinessAccountId => {
                at.fill(&mut self.business_account_id, value, |c| c.is_ascii_digit())?;
            }
            Name::ApiVersion => {
                let mut version = String::<API_VERSION_MAX>::new();
                at.fill(&mut version, value, is_visible_ascii)?;
                major(&version).ok_or(at.malformed())?;
                self.api_version = version;
            }
            Name::WebhookUrl => {
                let mut url = String::<WEBHOOK_URL_MAX>::new();
                at.fill(&mut url, value, is_visible_ascii)?;
                path(&url).ok_or(at.malformed())?;
                self.webhook_url = url;
            }
            Name::ValidateSignature => {
                self.signature_not_validated = !boolean(value).ok_or(at.malformed())?;
            }
            Name::TemplateLanguage => {
                let code = value.as_str().filter(|code| limits::check_language(code).is_ok());
                let code = code.and_then(|code| String::try_from(code).ok());
                self.template_language = code.ok_or(at.malformed())?;
            }
        }
        if self.given.contains(name) {
            warn(Warning::Overridden { line, name });
        }
        self.given = self.given.with(name);
        Ok(())
    }

    /// Fills in the defaults and checks that nothing is missing.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] with all names at once.
    pub fn finish(self, warn: &mut dyn FnMut(Warning<'_>)) -> Result<Config, ConfigError> {
        let mut missing = Names::NONE;
        for name in [Name::ApiKey, Name::PhoneNumberId, Name::VerifyToken] {
            if !self.given.contains(name) {
                missing = missing.with(name);
            }
        }
        let (Some(api_key), Some(verify_token), true) = (self.api_key, self.verify_token, missing.is_empty())
        else {
            return Err(ConfigError::Missing(missing));
        };
        let api_version = or_default(self.api_version, DEFAULT_API_VERSION);
        let webhook_url = or_default(self.webhook_url, DEFAULT_WEBHOOK_URL);
        if major(&api_version).is_some_and(|major| major <= NEWEST_EXPIRED_VERSION) {
            warn(Warning::VersionExpired {
                version: &api_version,
            });
        }
        if self.signature_not_validated {
            warn(Warning::SignatureNotValidated);
        }
        if self.app_secret.is_none() {
            warn(Warning::NoAppSecret);
        }
        Ok(Config {
            api_key,
            verify_token,
            app_secret: self.app_secret,
            phone_number_id: self.phone_number_id,
            business_account_id: Some(self.business_account_id).filter(|id| !id.is_empty()),
            webhook_path: path(&webhook_url).unwrap_or_default(),
            api_version,
            webhook_url,
            template_language: or_default(self.template_language, DEFAULT_TEMPLATE_LANGUAGE),
            validate_signature: !self.signature_not_validated,
        })
    }
}

fn or_default<const N: usize>(value: String<N>, default: &str) -> String<N> {
    if value.is_empty() {
        // A test holds that every default fits.
        String::try_from(default).unwrap_or_default()
    } else {
        value
    }
}

/// Where a value stands, for its errors.
#[derive(Clone, Copy)]
struct Place {
    line: u32,
    name: Name,
}

impl Place {
    fn malformed(self) -> ConfigError {
        let Self { line, name } = self;
        ConfigError::Malformed { line, name }
    }

    /// [`Value::fill`], whose error says where.
    fn fill(
        self,
        out: &mut StringView,
        value: Value<'_>,
        allowed: fn(char) -> bool,
    ) -> Result<(), ConfigError> {
        let Self { line, name } = self;
        value.fill(out, allowed).map_err(|unfit| match unfit {
            Unfit::TooLong { limit, actual } => ConfigError::TooLong {
                line,
                name,
                limit,
                actual,
            },
            Unfit::Character { at } => ConfigError::Character { line, name, at },
        })
    }

    fn secret<const N: usize>(
        self,
        value: Value<'_>,
        allowed: fn(char) -> bool,
    ) -> Result<Secret<N>, ConfigError> {
        let mut text = String::<N>::new();
        self.fill(&mut text, value, allowed)?;
        Secret::new(&text).ok_or(self.malformed())
    }
}

/// What can stand in an HTTP header or request line without ending it.
fn is_visible_ascii(c: char) -> bool {
    c.is_ascii_graphic()
}

/// Neither a space nor a control character.
fn is_visible(c: char) -> bool {
    c > ' ' && !('\u{7f}'..='\u{a0}').contains(&c)
}

fn boolean(value: Value<'_>) -> Option<bool> {
    let is_one_of = |words: [&str; 3]| words.into_iter().any(|word| value.eq_ignore_ascii_case(word));
    if is_one_of(["true", "1", "yes"]) {
        Some(true)
    } else if is_one_of(["false", "0", "no"]) {
        Some(false)
    } else {
        None
    }
}

/// The number in front of the dot of a version like `v25.0`.
fn major(version: &str) -> Option<u16> {
    let (major, minor) = version.strip_prefix('v')?.split_once(['.'])?;
    let digits =
        |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(major, 3) || !digits(minor, 2) {
        return None;
    }
    major.parse().ok()
}

/// Where the path of a path or an address stands in it, without query; empty where an address has none.
fn path(url: &str) -> Option<Range<usize>> {
    let start = if url.starts_with('/') {
        0
    } else {
        // Neither a search for a text nor one for a lone character: both leave panics of `core`'s in the binary.
        let (scheme, rest) = url.split_once([':'])?;
        let rest = rest.strip_prefix("//")?;
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        if host == 0 {
            return None;
        }
        scheme.len().saturating_add(3).saturating_add(host)
    };
    let rest = url.get(start..)?;
    let len = rest.find(['?', '#']).unwrap_or(rest.len());
    Some(start..start.saturating_add(len))
}
