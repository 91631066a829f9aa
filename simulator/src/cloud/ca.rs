//! Certificates for the simulated cloud: an authority made at start, and server certificates signed by it.
//!
//! Nothing is trusted unless its PEM is handed to the client, and no private key ever leaves the process. For tests of
//! clients there are certificates that must be refused: expired, for another host, of another authority.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// Names the cloud's own certificate is always good for.
pub const HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "graph.facebook.com"];

/// Why there is no certificate.
#[derive(Debug)]
pub enum CaError {
    /// The certificate could not be made.
    Certificate(rcgen::Error),
    /// The TLS configuration was refused.
    Tls(rustls::Error),
}

impl std::fmt::Display for CaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Certificate(error) => write!(f, "the certificate could not be made: {error}"),
            Self::Tls(error) => write!(f, "the TLS configuration was refused: {error}"),
        }
    }
}

impl std::error::Error for CaError {}

impl From<rcgen::Error> for CaError {
    fn from(error: rcgen::Error) -> Self {
        Self::Certificate(error)
    }
}

impl From<rustls::Error> for CaError {
    fn from(error: rustls::Error) -> Self {
        Self::Tls(error)
    }
}

/// Which certificate a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaf {
    /// One that a client has to accept: good for [`HOSTS`] and the names that were added, valid now.
    #[default]
    Good,
    /// It ran out yesterday.
    Expired,
    /// It is good for `other.example` only.
    OtherHost,
    /// It is signed by another authority of the same name.
    OtherAuthority,
}

/// A certificate authority of one process. ECDSA P-256 throughout.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    /// Makes a new authority, valid from yesterday on for ten years.
    ///
    /// # Errors
    /// [`CaError::Certificate`] if the system gives no randomness.
    pub fn new() -> Result<Self, CaError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params
            .distinguished_name
            .push(DnType::CommonName, "Squab simulated cloud: for tests only");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let now = OffsetDateTime::now_utc();
        params.not_before = now - Duration::DAY;
        params.not_after = now + 3_650 * Duration::DAY;
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self {
            pem,
            issuer: Issuer::new(params, key),
        })
    }

    /// The authority's own certificate, for the client to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A TLS server that shows `leaf`: TLS 1.2 and 1.3, HTTP/1.1 by ALPN. Beside [`HOSTS`] its certificate is good
    /// for `names`: host names and IP addresses.
    ///
    /// # Errors
    /// [`CaError`] if the certificate cannot be made, for a name that is none above all, or is refused.
    pub fn server(&self, leaf: Leaf, names: &[String]) -> Result<Arc<ServerConfig>, CaError> {
        let other;
        let issuer = if leaf == Leaf::OtherAuthority {
            other = Self::new()?;
            &other.issuer
        } else {
            &self.issuer
        };
        let hosts = match leaf {
            Leaf::OtherHost => vec!["other.example".to_owned()],
            Leaf::Good | Leaf::Expired | Leaf::OtherAuthority => {
                let hosts = HOSTS.map(str::to_owned).into_iter();
                hosts.chain(names.iter().cloned()).collect()
            }
        };
        let mut params = CertificateParams::new(hosts)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "Squab simulated cloud");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = OffsetDateTime::now_utc();
        // Meta's own leaves live 90 days; a simulated clock may run ahead, so this one lives longer.
        (params.not_before, params.not_after) = match leaf {
            Leaf::Expired => (now - 90 * Duration::DAY, now - Duration::DAY),
            Leaf::Good | Leaf::OtherHost | Leaf::OtherAuthority => {
                (now - Duration::DAY, now + 365 * Duration::DAY)
            }
        };
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, issuer)?;
        let chain = vec![CertificateDer::from(certificate)];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
