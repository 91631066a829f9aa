//! A port that webhooks come in on.

use std::io;
use std::net::SocketAddr;

use embedded_io_adapters::tokio_1::FromTokio;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};

/// Accepts connections for [`serve`](crate::http::serve).
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Listens on `address`; port 0 lets the system choose one.
    ///
    /// # Errors
    ///
    /// What the system says: the port is in use, or not allowed.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }

    /// The address, with the port that the system chose.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Waits for the next connection, and whom it is from.
    ///
    /// # Errors
    ///
    /// What the system says, most likely that too many files are open; the listener stays good.
    pub async fn accept(&self) -> io::Result<(FromTokio<TcpStream>, SocketAddr)> {
        let (stream, peer) = self.0.accept().await?;
        stream.set_nodelay(true)?;
        Ok((FromTokio::new(stream), peer))
    }
}
