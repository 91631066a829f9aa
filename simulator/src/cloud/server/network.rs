//! The cloud's place on the network: where it listens, which certificate it shows, and that it goes away and comes back.

use crate::cloud::StartError;
use crate::cloud::ca::{Authority, CaError, Leaf};
use crate::cloud::handle::{Shared, locked};
use crate::cloud::record::Happening;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// How long the answer that tells of an interruption has to leave.
const FAREWELL: Duration = Duration::from_millis(100);

/// Where the cloud listens, and what it shows there.
pub(crate) struct Network {
    address: SocketAddr,
    authority: Authority,
    leaf: Mutex<Leaf>,
    /// `None`: plain HTTP.
    tls: Mutex<Option<TlsAcceptor>>,
    server: Mutex<Option<JoinHandle<()>>>,
    /// What ends an interruption.
    comeback: Mutex<Option<JoinHandle<()>>>,
}

impl Network {
    /// Not listening yet; `leaf` is `None` for plain HTTP.
    pub(crate) fn new(
        address: SocketAddr,
        authority: Authority,
        leaf: Option<Leaf>,
        names: &[String],
    ) -> Result<Self, CaError> {
        let tls = leaf.map(|leaf| authority.server(leaf, names)).transpose()?;
        Ok(Self {
            address,
            authority,
            leaf: Mutex::new(leaf.unwrap_or_default()),
            tls: Mutex::new(tls.map(TlsAcceptor::from)),
            server: Mutex::default(),
            comeback: Mutex::default(),
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// Which certificate is shown; `None` with plain HTTP.
    pub(crate) fn leaf(&self) -> Option<Leaf> {
        let tls = locked(&self.tls).is_some();
        tls.then(|| *locked(&self.leaf))
    }

    /// Shows this certificate to whoever connects after the next [`Shared::listen`]. With plain HTTP it changes nothing.
    fn show(&self, leaf: Leaf, names: &[String]) -> Result<(), CaError> {
        let mut tls = locked(&self.tls);
        if tls.is_some() {
            *tls = Some(TlsAcceptor::from(self.authority.server(leaf, names)?));
            *locked(&self.leaf) = leaf;
        }
        Ok(())
    }

    /// Breaks every connection and takes no new ones.
    fn hang_up(&self) {
        if let Some(server) = locked(&self.server).take() {
            server.abort();
        }
    }

    /// Stays as it is: an interruption that was to end does so no more by itself.
    fn stay(&self) {
        if let Some(comeback) = locked(&self.comeback).take() {
            comeback.abort();
        }
    }

    /// The end of it.
    pub(crate) fn end(&self) {
        self.stay();
        self.hang_up();
    }
}

impl Shared {
    /// Takes connections.
    pub(crate) fn listen(self: &Arc<Self>, listener: TcpListener) {
        let tls = locked(&self.network.tls).clone();
        let server = tokio::spawn(super::run(Arc::clone(self), listener, tls));
        if let Some(old) = locked(&self.network.server).replace(server) {
            old.abort();
        }
    }

    async fn listen_again(self: &Arc<Self>) -> Result<(), std::io::Error> {
        self.network.hang_up();
        // The old listener is gone when its task has ended, which takes a moment.
        let mut tries = 0;
        let listener = loop {
            match TcpListener::bind(self.network.address).await {
                Ok(listener) => break listener,
                Err(_) if tries < 50 => tokio::time::sleep(Duration::from_millis(10)).await,
                Err(error) => return Err(error),
            }
            tries += 1;
        };
        self.listen(listener);
        Ok(())
    }

    /// The network is down until [`Shared::go_online`].
    pub(crate) fn go_offline(&self) {
        self.network.end();
    }

    /// Takes connections again, at the same address; those that are there break.
    pub(crate) async fn go_online(self: &Arc<Self>) -> Result<(), std::io::Error> {
        self.network.stay();
        self.listen_again().await
    }

    /// Shows another certificate from now on. Connections that are there break.
    pub(crate) async fn set_leaf(self: &Arc<Self>, leaf: Leaf) -> Result<(), StartError> {
        let shown = self.network.show(leaf, &self.settings.names);
        shown.map_err(StartError::Certificate)?;
        let online = self.go_online().await;
        online.map_err(|error| StartError::Listen(self.network.address, error))
    }

    /// In a moment, which lets an answer leave, every connection breaks; after `away`, which is real time, connections are
    /// taken again and shown this certificate.
    pub(crate) fn interrupt(self: &Arc<Self>, leaf: Leaf, away: Duration) -> Result<(), CaError> {
        self.network.show(leaf, &self.settings.names)?;
        let shared = Arc::clone(self);
        let comeback = tokio::spawn(async move {
            tokio::time::sleep(FAREWELL).await;
            shared.network.hang_up();
            tokio::time::sleep(away).await;
            if let Err(error) = shared.listen_again().await {
                let why = format!("the cloud cannot listen again: {error}");
                shared.tell(Happening::Connection { why });
            }
        });
        if let Some(old) = locked(&self.network.comeback).replace(comeback) {
            old.abort();
        }
        Ok(())
    }
}
