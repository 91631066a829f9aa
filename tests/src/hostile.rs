//! A server that answers what, and how much of it, a test wants. HTTP on loopback, plain or over TLS.

use rustls::ServerConfig;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

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
    pub fn start(answer: impl FnMut(&Request) -> Reply + 'static) -> Self {
        Self::start_with(None, answer)
    }

    /// The same over TLS, with the certificate of `config`.
    ///
    /// # Panics
    /// If no port can be opened.
    pub fn start_tls(config: Arc<ServerConfig>, answer: impl FnMut(&Request) -> Reply + 'static) -> Self {
        Self::start_with(Some(TlsAcceptor::from(config)), answer)
    }

    fn start_with(tls: Option<TlsAcceptor>, answer: impl FnMut(&Request) -> Reply + 'static) -> Self {
        let listener = listen();
        let address = listener.local_addr().expect("an address");
        let log = Arc::<Mutex<Log>>::default();
        let answer = Rc::new(RefCell::new(answer));
        let task = tokio::task::spawn_local({
            let log = Arc::clone(&log);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (tls, answer, log) = (tls.clone(), Rc::clone(&answer), Arc::clone(&log));
                    tokio::task::spawn_local(async move {
                        let Some(tls) = tls else {
                            return serve(stream, answer, log).await;
                        };
                        // A client that refuses the certificate is its own affair.
                        if let Ok(stream) = tls.accept(stream).await {
                            serve(stream, answer, log).await;
                        }
                    });
                }
            }
        });
        Self { address, log, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
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

/// Listens on a free port of 127.0.0.1, with connections that take little before their peer does.
pub(crate) fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    // Small, so that the count of what the client let through is not that of the system's buffers.
    socket.set_send_buffer_size(64 * 1024).expect("a buffer");
    socket
        .bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .expect("a free port");
    socket.listen(64).expect("a listener")
}

/// One request, and what is done with it.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    answer: Rc<RefCell<impl FnMut(&Request) -> Reply>>,
    log: Arc<Mutex<Log>>,
) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    let reply = (*answer.borrow_mut())(&request);
    lock(&log).requests.push(request);
    send(stream, reply, log).await;
}

/// The body of a request with a length; `None` if it does not come whole.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
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

async fn send(mut stream: impl AsyncRead + AsyncWrite + Unpin, reply: Reply, log: Arc<Mutex<Log>>) {
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
