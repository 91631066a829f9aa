//! Which authorities are trusted.

use core::fmt;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Where the trusted roots come from.
#[derive(Clone, Copy, Debug)]
pub enum Roots<'a> {
    /// The system's store.
    System,
    /// Certificates in PEM, one or more, and no others.
    Pem(&'a [u8]),
}

/// Why nobody can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootsError {
    /// The system has no roots, or they cannot be read.
    NoSystemRoots,
    /// There is no certificate in the PEM text.
    Empty,
    /// The PEM text is broken, or holds something that is no certificate of an authority.
    Unreadable,
    /// TLS cannot be set up at all.
    Protocol,
}

impl fmt::Display for RootsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSystemRoots => "the system has no trusted root certificates",
            Self::Empty => "the file of root certificates has no certificate",
            Self::Unreadable => "the file of root certificates is not PEM or holds a broken certificate",
            Self::Protocol => "TLS could not be set up",
        })
    }
}

impl core::error::Error for RootsError {}

impl Roots<'_> {
    pub(super) fn load(self) -> Result<RootCertStore, RootsError> {
        let mut store = RootCertStore::empty();
        match self {
            Self::System => {
                // One broken file among the system's is no reason to trust none of them.
                store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if store.is_empty() {
                    return Err(RootsError::NoSystemRoots);
                }
            }
            Self::Pem(text) => {
                for certificate in CertificateDer::pem_slice_iter(text) {
                    let certificate = certificate.map_err(|_| RootsError::Unreadable)?;
                    store.add(certificate).map_err(|_| RootsError::Unreadable)?;
                }
                if store.is_empty() {
                    return Err(RootsError::Empty);
                }
            }
        }
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::{Roots, RootsError};

    #[test]
    fn roots_that_are_missing_or_broken_are_told() {
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let cut = b"-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert_eq!(Roots::Pem(b"").load().err(), Some(RootsError::Empty));
        assert_eq!(Roots::Pem(b"no PEM").load().err(), Some(RootsError::Empty));
        assert_eq!(Roots::Pem(broken).load().err(), Some(RootsError::Unreadable));
        assert_eq!(Roots::Pem(cut).load().err(), Some(RootsError::Unreadable));
    }
}
