//! Servers that show the certificates which `cargo xtask` has made: good ones and those that have to be refused.

use rustls::ServerConfig;
use rustls::crypto::ring::{default_provider, sign::any_supported_type};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use serde_json::Value;
use squab_adapters::transport::{CertificateFault, TransportError};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a client is to say of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the right one.
    Open,
    /// Its certificate is refused, for this reason.
    Because(CertificateFault),
    /// Its certificate is refused, for any reason.
    Refused,
}

impl Verdict {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "open" => Self::Open,
            "expired" => Self::Because(CertificateFault::Expired),
            "not-yet-valid" => Self::Because(CertificateFault::NotYetValid),
            "wrong-host" => Self::Because(CertificateFault::WrongHost),
            "unknown-issuer" => Self::Because(CertificateFault::UnknownIssuer),
            "refused" => Self::Refused,
            _ => return None,
        })
    }

    /// Whether the sentence that a client said says this.
    pub fn is_said_by(self, sentence: &str) -> bool {
        let says = |fault| TransportError::Certificate(fault).to_string() == sentence;
        match self {
            Self::Open => sentence == "open",
            Self::Because(fault) => says(fault),
            Self::Refused => [
                CertificateFault::Expired,
                CertificateFault::NotYetValid,
                CertificateFault::WrongHost,
                CertificateFault::UnknownIssuer,
                CertificateFault::Other,
            ]
            .into_iter()
            .any(says),
        }
    }
}

/// One server's certificate, and what it is worth.
#[derive(Debug, Clone)]
pub struct Case {
    /// What is special about it.
    pub name: String,
    /// The only version of TLS that the server speaks, as it is written.
    pub tls: String,
    /// What a client is to say.
    pub verdict: Verdict,
    shown: Arc<CertifiedKey>,
}

/// All of them.
#[derive(Debug)]
pub struct Pki {
    /// The certificates that the client trusts, as PEM.
    pub roots: String,
    /// The servers.
    pub cases: Vec<Case>,
}

impl Pki {
    /// Reads the directory that `cargo xtask` has filled.
    ///
    /// # Panics
    /// If it has not.
    pub fn read(directory: &Path) -> Self {
        let file = |name: &str| {
            let path = directory.join(name);
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let text = |name: &str| String::from_utf8(file(name)).expect("text");
        let index: Vec<Value> = serde_json::from_slice(&file("cases.json")).expect("a list");
        let case = |entry: &Value| {
            let member = |name: &str| entry[name].as_str().expect("a text").to_owned();
            let chain = CertificateDer::pem_slice_iter(text(&member("chain")).as_bytes())
                .collect::<Result<_, _>>()
                .expect("certificates");
            let key = PrivateKeyDer::from_pem_slice(text(&member("key")).as_bytes()).expect("a key");
            // Without a look at the certificate: some are no good.
            let shown = CertifiedKey::new(chain, any_supported_type(&key).expect("a usual key"));
            Case {
                name: member("name"),
                tls: member("tls"),
                verdict: Verdict::read(&member("verdict")).expect("a verdict"),
                shown: Arc::new(shown),
            }
        };
        Self {
            roots: text("roots.pem"),
            cases: index.iter().map(case).collect(),
        }
    }

    /// The case of that name.
    ///
    /// # Panics
    /// If there is none.
    pub fn case(&self, name: &str) -> &Case {
        let found = self.cases.iter().find(|case| case.name == name);
        found.unwrap_or_else(|| panic!("no certificate is called {name}"))
    }
}

/// The certificate that is shown, whatever is asked for.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

impl Case {
    /// A server that shows it on a free port, and says nothing once a connection is open.
    ///
    /// # Panics
    /// If no port can be opened.
    pub async fn serve(&self) -> Server {
        let version = match self.tls.as_str() {
            "1.2" => &TLS12,
            _ => &TLS13,
        };
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[version])
            .expect("a version that ring has")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shown(Arc::clone(&self.shown))));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Most clients hang up on purpose.
                    if let Ok(mut stream) = acceptor.accept(stream).await {
                        let _ = stream.read_u8().await;
                    }
                });
            }
        });
        Server { address, task }
    }
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Its URL, as a board in QEMU sees it.
    pub fn url(&self) -> String {
        format!("https://{}:{}", super::HOST, self.address.port())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
