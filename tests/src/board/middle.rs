//! Somebody in the middle of a TCP connection: passes bytes on, and stops, cuts or floods when a test wants it.

use crate::hostile::listen;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::broadcast;
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
    /// After so many bytes of the client's, nothing more gets to the server; the connection stays open.
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
}

/// A running one; it ends, with all its connections, when this is dropped.
#[derive(Debug)]
pub struct Middle {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    hang_up: broadcast::Sender<()>,
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
        }));
        let (hang_up, _) = broadcast::channel(1);
        let task = tokio::spawn({
            let (state, hang_up) = (Arc::clone(&state), hang_up.clone());
            async move {
                let mut connections = JoinSet::new();
                while let Ok((client, _)) = listener.accept().await {
                    lock(&state).connections += 1;
                    let mut told = hang_up.subscribe();
                    let state = Arc::clone(&state);
                    connections.spawn(async move {
                        tokio::select! {
                            () = stand_between(client, server, state) => {}
                            _ = told.recv() => {}
                        }
                    });
                }
            }
        });
        Self {
            address,
            state,
            hang_up,
            task,
        }
    }

    /// What is done to connections that are opened from now on.
    pub fn set(&self, fault: Fault) {
        lock(&self.state).fault = fault;
    }

    /// Ends every connection.
    pub fn hang_up(&self) {
        // There may be none.
        let _ = self.hang_up.send(());
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
    let (most_down, stays) = match fault {
        Fault::Stall(most) => (most, true),
        Fault::Cut(most) => (most, false),
        Fault::None | Fault::Deaf(_) | Fault::Flood(_) => (usize::MAX, false),
    };
    let most_up = if let Fault::Deaf(most) = fault {
        most
    } else {
        usize::MAX
    };
    let up = pass(from_client, to_server, most_up, true, |_| {});
    let down = pass(from_server, to_client, most_down, stays, |count| {
        lock(&state).passed += count;
    });
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// Passes on at most `most` bytes. After them it returns, or with `stays` only when the sender ends.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    most: usize,
    stays: bool,
    mut told: impl FnMut(usize),
) {
    let mut left = most;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        if left == 0 && !stays {
            return;
        }
        let Ok(count @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        let count = count.min(left);
        left -= count;
        if to
            .write_all(buffer.get(..count).unwrap_or_default())
            .await
            .is_err()
        {
            return;
        }
        told(count);
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
