//! Text that must not be seen: access token, app secret, verify token, Wi-Fi password.
//!
//! No `Display`, no `Serialize`; `Debug` and `defmt::Format` print `***`. The text is reached only by
//! [`Secret::expose`], so that a search for that word finds every place where a secret is used.

use heapless::String;
use heapless::string::StringView;

/// A secret of at most `N` bytes, kept inline.
#[derive(Clone)]
pub struct Secret<const N: usize>(String<N>);

impl<const N: usize> Secret<N> {
    /// Keeps `text`; `None` when it is longer than `N` bytes.
    pub fn new(text: &str) -> Option<Self> {
        String::try_from(text).ok().map(Self)
    }

    /// None yet.
    pub(crate) const fn empty() -> Self {
        Self(String::new())
    }

    /// Where a secret is put that comes in parts.
    pub(crate) fn room(&mut self) -> &mut StringView {
        &mut self.0
    }

    /// The secret itself, for the one place that sends or compares it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> core::fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Secret<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "***");
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_stars_and_nothing_else() {
        let token = Secret::<16>::new("EAABs-token").unwrap();
        assert_eq!(std::format!("{token:?}"), "***");
        assert_eq!(token.expose(), "EAABs-token");
        assert!(Secret::<4>::new("longer than that").is_none());
    }
}
