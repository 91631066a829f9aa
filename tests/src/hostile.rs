//! A server that answers what, and how much of it, a test wants. Plain HTTP on loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// What is done with one request.
pub enum Reply {
    /// These bytes are sent, and the connection is closed.
    Cut(Vec<u8>),
    /// These bytes are sent, and nothing more; the connection stays open.
    Stall(Vec<u8>),
    /// These bytes are sent, then letters until as many were sent or the client hangs up.
    Flood(Vec<u8>, usize),
}

/// A request as it arrived: its body, which is `None` where it did not come whole.
pub type Request = serde_json::Value;

/// What the server knows.
#[derive(Default)]
struct Log {
    requests: Vec<Request>,
    flooded: usize,
}

/// A running server; it ends when this is dropped.
pub struct Hostile {
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
    task: JoinHandle<()>,
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer as Meta gives it.
pub fn accepted(id: &str) -> Vec<u8> {
    let body = format!(
        "{{\"messaging_product\":\"whatsapp\",\"contacts\":[{{\"input\":\"+16505551234\",\"wa_id\":\"16505551234\"}}],\
         \"messages\":[{{\"id\":\"{id}\"}}]}}"
    );
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

impl Hostile {
    /// Starts a server that asks `answer` what to do with each request, one connection each.
    ///
    /// # Panics
    /// If no port can be opened.
    pub fn start(mut answer: impl FnMut(&Request) -> Reply + 'static) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        // Small, so that the count of what the client let through is not that of the system's buffers.
        socket.set_send_buffer_size(64 * 1024).expect("a buffer");
        socket
            .bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .expect("a free port");
        let listener = socket.listen(64).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let log = Arc::<Mutex<Log>>::default();
        let task = tokio::task::spawn_local({
            let log = Arc::clone(&log);
            async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let Some(request) = read(&mut stream).await else {
                        continue;
                    };
                    let reply = answer(&request);
                    lock(&log).requests.push(request);
                    tokio::task::spawn_local(send(stream, reply, Arc::clone(&log)));
                }
            }
        });
        Self { address, log, task }
    }

    /// The base URL that a kiosk is to be given.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.log).requests.clone()
    }

    /// Bytes of floods that were let through.
    pub fn flooded(&self) -> usize {
        lock(&self.log).flooded
    }
}

fn lock(log: &Mutex<Log>) -> std::sync::MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The body of a request with a length; `None` if it does not come whole.
async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    let (_, length) = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    let mut body = vec![0; length.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    serde_json::from_slice(&body).ok()
}

async fn send(mut stream: TcpStream, reply: Reply, log: Arc<Mutex<Log>>) {
    match reply {
        Reply::Cut(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reply::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            // Until the client hangs up.
            let _ = stream.read_u8().await;
        }
        Reply::Flood(bytes, size) => {
            let _ = stream.write_all(&bytes).await;
            let letters = vec![b'a'; 8 * 1024];
            let mut left = size;
            while left > 0 {
                let piece = letters.get(..left).unwrap_or(&letters);
                match stream.write(piece).await {
                    Ok(count) if count > 0 => {
                        left -= count;
                        lock(&log).flooded += count;
                    }
                    _ => break,
                }
            }
        }
    }
}
