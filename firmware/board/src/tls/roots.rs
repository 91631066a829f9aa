//! Whom a board trusts.

use core::ffi::CStr;
use core::fmt;
use mbedtls_rs::{Certificate, X509};

/// What the build script found, as PEM with a NUL behind it.
const BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/roots.pem"));

/// Bytes of the partition that holds roots in place of the built-in ones, as PEM: four to ten certificates.
pub const ROOTS_MAX: usize = 8 * 1024;

/// The certificates at whose end a chain must arrive. On the heap: some 1.5 KB for each.
#[derive(Debug, Clone)]
pub struct Roots {
    pub(super) chain: Certificate<'static>,
}

/// There is no usable root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum RootsError {
    /// What was flashed fills the whole partition: its end is missing.
    TooLong,
    /// What was flashed is no certificate in PEM.
    NotPem,
    /// There is no memory for it.
    OutOfMemory,
}

impl fmt::Display for RootsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the flashed root certificates do not fit their partition",
            Self::NotPem => "the flashed root certificates are not PEM",
            Self::OutOfMemory => "there is no memory for the root certificates",
        })
    }
}

impl core::error::Error for RootsError {}

impl Roots {
    /// Those in `flash`, a partition as read: PEM text up to the first erased byte. Where it is erased, or where what was
    /// flashed cannot be read, which `warn` is told, those that came with the program: DigiCert's, which stand behind
    /// Meta's certificates.
    ///
    /// # Errors
    /// [`RootsError::OutOfMemory`].
    pub fn load(flash: &mut [u8], warn: &mut dyn FnMut(RootsError)) -> Result<Self, RootsError> {
        match Self::flashed(flash) {
            Some(Ok(roots)) => return Ok(roots),
            Some(Err(error)) => warn(error),
            None => {}
        }
        Self::of(BUILT_IN)
    }

    fn flashed(flash: &mut [u8]) -> Option<Result<Self, RootsError>> {
        let end = flash.iter().position(|byte| matches!(byte, 0 | 0xFF));
        if end == Some(0) {
            return None;
        }
        let Some(last) = end.and_then(|end| flash.get_mut(end)) else {
            return Some(Err(RootsError::TooLong));
        };
        *last = 0;
        Some(Self::of(flash))
    }

    fn of(text: &[u8]) -> Result<Self, RootsError> {
        let text = CStr::from_bytes_until_nul(text).map_err(|_| RootsError::TooLong)?;
        let chain = Certificate::new(X509::PEM(text)).map_err(|error| {
            if super::is_out_of_memory(error) {
                RootsError::OutOfMemory
            } else {
                RootsError::NotPem
            }
        })?;
        Ok(Self { chain })
    }
}
