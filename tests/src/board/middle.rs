//! Somebody in the middle of a TCP connection: passes bytes on, and stops, cuts or floods when a test wants it.

use crate::hostile::listen;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

/// What is done to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// After so many bytes of the server's, nothing more comes from there; the connection stays open.
    Stall(usize),
    /// After so many bytes of the server's, the connection ends.
    Cut(usize),
    /// After so many bytes of the client's, nothing more gets to either side; the connection stays open.
    Deaf(usize),
    /// In place of the server, so many bytes that mean nothing.
    Flood(usize),
}

#[derive(Debug)]
struct State {
    fault: Fault,
    connections: usize,
    /// Bytes of the server's that were passed on, on all connections, or flooded.
    passed: usize,
    /// Bytes of the server's that may be passed on from now on.
    left: usize,
}

/// A running one; it ends, with all its connections, when this is dropped.
#[derive(Debug)]
pub struct Middle {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Middle {
    /// Starts in front of `server`, on a free port of 127.0.0.1, and does no harm yet.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn start(server: SocketAddr) -> Self {
        let listener = listen();
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State {
            fault: Fault::None,
            connections: 0,
            passed: 0,
            left: usize::MAX,
        }));
        let task = tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                let mut connections = JoinSet::new();
                while let Ok((client, _)) = listener.accept().await {
                    lock(&state).connections += 1;
                    connections.spawn(stand_between(client, server, Arc::clone(&state)));
                }
            }
        });
        Self { address, state, task }
    }

    /// What is done to connections that are opened from now on.
    pub fn set(&self, fault: Fault) {
        let mut state = lock(&self.state);
        (state.fault, state.left) = (fault, usize::MAX);
    }

    /// The connection that is open now ends after so many more bytes of the server's, and so do those after it, until
    /// the next [`Middle::set`].
    pub fn cut_in(&self, bytes: usize) {
        lock(&self.state).left = bytes;
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// Bytes that the client let itself be sent.
    pub fn passed(&self) -> usize {
        lock(&self.state).passed
    }

    /// Its URL, as a board in QEMU sees it.
    pub fn url(&self) -> String {
        format!("https://{}:{}", super::HOST, self.address.port())
    }
}

impl Drop for Middle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection, until either side ends it.
async fn stand_between(mut client: TcpStream, server: SocketAddr, state: Arc<Mutex<State>>) {
    let fault = lock(&state).fault;
    if let Fault::Flood(size) = fault {
        return flood(&mut client, size, &state).await;
    }
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    // Otherwise what is passed on would wait for more.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let mut most_down = match fault {
        Fault::Stall(most) | Fault::Cut(most) => most,
        Fault::None | Fault::Deaf(_) | Fault::Flood(_) => usize::MAX,
    };
    let mut most_up = if let Fault::Deaf(most) = fault {
        most
    } else {
        usize::MAX
    };
    let up = pass(from_client, to_server, |count| take(&mut most_up, count));
    let down = pass(from_server, to_client, |count| {
        let mut state = lock(&state);
        let count = take(&mut state.left, count).and_then(|count| take(&mut most_down, count))?;
        state.passed += count;
        Some(count)
    });
    tokio::select! {
        () = up => {}
        () = down => {}
    }
    if matches!(fault, Fault::Stall(_) | Fault::Deaf(_)) {
        // Also when the server has lost its patience, until the client does.
        let mut unheard = [0; 1024];
        while let Ok(1..) = client.read(&mut unheard).await {}
    }
}

/// How many of `count` bytes may go where `left` more may; `None` where none may.
fn take(left: &mut usize, count: usize) -> Option<usize> {
    let count = count.min(*left);
    *left -= count;
    (count > 0).then_some(count)
}

/// Passes on what `may` allows of each piece, until it does not allow all of one.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut may: impl FnMut(usize) -> Option<usize>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        let allowed = may(count);
        let piece = buffer.get(..allowed.unwrap_or(0)).unwrap_or_default();
        if to.write_all(piece).await.is_err() || allowed < Some(count) {
            return;
        }
    }
}

async fn flood(client: &mut TcpStream, size: usize, state: &Mutex<State>) {
    let letters = vec![b'a'; 8 * 1024];
    let mut left = size;
    while left > 0 {
        let piece = letters.get(..left).unwrap_or(&letters);
        match client.write(piece).await {
            Ok(count @ 1..) => {
                left -= count;
                lock(state).passed += count;
            }
            _ => return,
        }
    }
}
