//! The names that the file may have, each once.

use super::Value;
use core::fmt;

/// A parameter of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Name {
    /// `whatsapp-api-key`: the access token. Required.
    ApiKey,
    /// `whatsapp-phone-number-id`. Required.
    PhoneNumberId,
    /// `whatsapp-verify-token`. Required.
    VerifyToken,
    /// `whatsapp-business-account-id`.
    BusinessAccountId,
    /// `whatsapp-api-version`.
    ApiVersion,
    /// `whatsapp-webhook-url`.
    WebhookUrl,
    /// `whatsapp-validate-signature`.
    ValidateSignature,
    /// `whatsapp-app-secret`.
    AppSecret,
    /// `whatsapp-template-language`: Squab's own.
    TemplateLanguage,
}

impl Name {
    /// Every name, in the order in which they are reported.
    pub const ALL: [Self; 9] = [
        Self::ApiKey,
        Self::PhoneNumberId,
        Self::VerifyToken,
        Self::BusinessAccountId,
        Self::ApiVersion,
        Self::WebhookUrl,
        Self::ValidateSignature,
        Self::AppSecret,
        Self::TemplateLanguage,
    ];

    /// The name as the file has it.
    // Once, or each place would have a table of its own.
    #[inline(never)]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "whatsapp-api-key",
            Self::PhoneNumberId => "whatsapp-phone-number-id",
            Self::VerifyToken => "whatsapp-verify-token",
            Self::BusinessAccountId => "whatsapp-business-account-id",
            Self::ApiVersion => "whatsapp-api-version",
            Self::WebhookUrl => "whatsapp-webhook-url",
            Self::ValidateSignature => "whatsapp-validate-signature",
            Self::AppSecret => "whatsapp-app-secret",
            Self::TemplateLanguage => "whatsapp-template-language",
        }
    }

    /// The parameter that a column names.
    pub(super) fn of(column: Value<'_>) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|name| column.as_str() == Some(name.as_str()))
    }

    /// What a value of this name looks like, for somebody who wrote it otherwise.
    #[inline(never)]
    pub(super) const fn form(self) -> &'static str {
        match self {
            Self::ApiKey | Self::AppSecret => "visible ASCII characters",
            Self::VerifyToken => "visible characters",
            Self::PhoneNumberId | Self::BusinessAccountId => "digits",
            Self::ApiVersion => "a version like v25.0",
            Self::WebhookUrl => "a path like /webhooks/whatsapp or an address like https://example.org/path",
            Self::ValidateSignature => "true or false",
            Self::TemplateLanguage => "a language code like en or en_US",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of names. `Display` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Names(u16);

impl Names {
    /// None.
    pub const NONE: Self = Self(0);

    /// Those of this set and `name`.
    #[must_use]
    pub const fn with(self, name: Name) -> Self {
        Self(self.0 | name.bit())
    }

    /// Whether `name` is among them.
    pub const fn contains(self, name: Name) -> bool {
        self.0 & name.bit() != 0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names, in the order of [`Name::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Name> {
        Name::ALL.into_iter().filter(move |name| self.contains(*name))
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, name) in self.iter().enumerate() {
            if n > 0 {
                f.write_str(", ")?;
            }
            f.write_str(name.as_str())?;
        }
        Ok(())
    }
}
