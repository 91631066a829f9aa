//! A board's flash: the partitions that its owner writes, the rest erased.

use crate::desk::config_file;

/// Bytes of the whole; the journal is behind the first 64 KiB.
const SIZE: usize = 1 << 20;
/// Where the partition of the configuration begins.
const CONFIG: usize = 0;
/// Where the partition with root certificates begins, as PEM. Erased, those built in count.
const ROOTS: usize = 16 * 1024;
/// What erased flash reads as.
const ERASED: u8 = 0xFF;

/// The content of a board's flash.
#[derive(Clone)]
pub struct Flash(Vec<u8>);

impl Flash {
    /// As it comes from the factory.
    pub fn erased() -> Self {
        Self(vec![ERASED; SIZE])
    }

    /// A kiosk that sends to the Graph API at `graph`, trusts `roots`, and has these further lines in its
    /// configuration; a later line goes over an earlier one.
    pub fn kiosk(graph: &str, roots: &str, lines: &str) -> Self {
        let config = format!("{}graph-url,{graph}\ndevice-number,7\n{lines}", config_file());
        Self::erased().with_config(&config).with_roots(roots)
    }

    /// With this configuration.
    #[must_use]
    pub fn with_config(self, config: impl AsRef<[u8]>) -> Self {
        self.with(CONFIG, config.as_ref())
    }

    /// With these root certificates.
    #[must_use]
    pub fn with_roots(self, pem: &str) -> Self {
        self.with(ROOTS, pem.as_bytes())
    }

    fn with(mut self, at: usize, content: &[u8]) -> Self {
        for (place, byte) in self.0.iter_mut().skip(at).zip(content) {
            *place = *byte;
        }
        self
    }
}

impl From<Vec<u8>> for Flash {
    fn from(content: Vec<u8>) -> Self {
        Self(content)
    }
}

impl AsRef<[u8]> for Flash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
