//! The configuration: a `name,value` file as General Bots has it.
//!
//! ```
//! use squab_core::config::Config;
//!
//! let file = "name,value\n\
//!             whatsapp-api-key,EAABexample\n\
//!             whatsapp-phone-number-id,123456789012345\n\
//!             whatsapp-verify-token,long-and-random\n";
//! let mut warnings = 0;
//! let config = Config::parse(file, &mut |_warning| warnings += 1).unwrap();
//! assert_eq!(config.api_version(), "v25.0");
//! assert_eq!(warnings, 1); // there is no app secret yet
//! ```
//!
//! One pair a line, quoted as in RFC 4180 where a value has a comma or a quote in it; no value has a line break. A
//! line `name,value`, blank lines and those that begin with `#` are passed over, wherever they stand, so that files can
//! be put one after the other; a parameter given again replaces the earlier one, with a warning. A parameter without
//! a value counts as not given. An unknown name is a warning, since the file may serve other programs too; one that has
//! parameters of its own in it reads the [`pairs`].
//!
//! Memory: all values are kept inline, in `size_of::<Config>()`: about 1.2 KiB. No value is ever part of an error.

mod builder;
mod file;
mod name;
mod report;

#[cfg(test)]
mod tests;

pub use builder::ConfigBuilder;
pub use file::{Pair, Unfit, Value, pairs};
pub use name::{Name, Names};
pub use report::{ConfigError, Warning};

use crate::message::limits;
use crate::secret::Secret;
use heapless::String;

/// The Graph API version in requests where the file names none.
pub const DEFAULT_API_VERSION: &str = "v25.0";
/// Where webhooks arrive if the file names no other place.
pub const DEFAULT_WEBHOOK_URL: &str = "/webhooks/whatsapp";
/// The language of templates where a message names none.
pub const DEFAULT_TEMPLATE_LANGUAGE: &str = "en_US";
/// The newest major version that can no longer be called: v20.0 ended on September 24, 2026. Meta, "Graph API
/// versions"; Meta serves such a call by the oldest version still usable.
pub const NEWEST_EXPIRED_VERSION: u16 = 20;

/// Bytes of an access token. Meta states no limit; some 200 to 300 are seen.
pub const API_KEY_MAX: usize = 512;
/// Bytes of a verify token. Meta states no limit.
pub const VERIFY_TOKEN_MAX: usize = 256;
/// Bytes of an app secret. 32 are seen.
pub const APP_SECRET_MAX: usize = 64;
/// Digits of an id. Meta states no limit; 15 to 17 are seen.
pub const ID_MAX: usize = 32;
/// Bytes of a version, as `v25.0`.
pub const API_VERSION_MAX: usize = 8;
/// Bytes of a webhook's path or address.
pub const WEBHOOK_URL_MAX: usize = 256;

/// Everything that the file says, checked. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    api_key: Secret<API_KEY_MAX>,
    verify_token: Secret<VERIFY_TOKEN_MAX>,
    /// Empty if there is none, as all that follows.
    app_secret: Secret<APP_SECRET_MAX>,
    phone_number_id: String<ID_MAX>,
    business_account_id: String<ID_MAX>,
    api_version: String<API_VERSION_MAX>,
    webhook_url: String<WEBHOOK_URL_MAX>,
    template_language: String<{ limits::LANGUAGE }>,
    signature_not_validated: bool,
}

impl Config {
    /// Reads one file. Several, or single values on top, are read by a [`ConfigBuilder`].
    ///
    /// # Errors
    /// The first line that cannot be taken, or all required parameters that are missing.
    pub fn parse(text: &str, warn: &mut dyn FnMut(Warning<'_>)) -> Result<Self, ConfigError> {
        let mut builder = ConfigBuilder::new();
        builder.load(text, warn)?;
        builder.finish(warn)
    }

    /// `whatsapp-api-key`: the access token that requests carry.
    pub fn api_key(&self) -> &Secret<API_KEY_MAX> {
        &self.api_key
    }

    /// `whatsapp-phone-number-id`: digits; whose messages are sent.
    pub fn phone_number_id(&self) -> &str {
        &self.phone_number_id
    }

    /// `whatsapp-verify-token`: what Meta shows when it registers the webhook.
    pub fn verify_token(&self) -> &Secret<VERIFY_TOKEN_MAX> {
        &self.verify_token
    }

    /// `whatsapp-business-account-id`: digits.
    pub fn business_account_id(&self) -> Option<&str> {
        Some(self.business_account_id.as_str()).filter(|id| !id.is_empty())
    }

    /// `whatsapp-api-version`, as written; [`DEFAULT_API_VERSION`] otherwise.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// `whatsapp-webhook-url`, as written: a path or a whole address; [`DEFAULT_WEBHOOK_URL`] otherwise.
    pub fn webhook_url(&self) -> &str {
        &self.webhook_url
    }

    /// The path of [`webhook_url`](Self::webhook_url), which a listener answers at; without query.
    pub fn webhook_path(&self) -> &str {
        match builder::path(&self.webhook_url) {
            Some("") | None => "/",
            Some(path) => path,
        }
    }

    /// `whatsapp-validate-signature`: whether a webhook's signature has to be right; true unless the file says
    /// otherwise, and false only for a listener on a loopback address.
    pub fn validate_signature(&self) -> bool {
        !self.signature_not_validated
    }

    /// `whatsapp-app-secret`: the key of webhook signatures. Without it no signature can be right.
    pub fn app_secret(&self) -> Option<&Secret<APP_SECRET_MAX>> {
        Some(&self.app_secret).filter(|secret| !secret.expose().is_empty())
    }

    /// `whatsapp-template-language`: for templates where a message names no language;
    /// [`DEFAULT_TEMPLATE_LANGUAGE`] otherwise.
    pub fn template_language(&self) -> &str {
        &self.template_language
    }
}
