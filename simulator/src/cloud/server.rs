//! The cloud's side of HTTP: TLS 1.2 and 1.3 or, on loopback, plain text; HTTP/1.1 with keep-alive.

use super::fault::draw;
use super::handle::Shared;
use super::record::Happening;
use super::state::Call;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Most bytes of a request's body. Meta names no limit; the largest message is far below.
const BODY_LIMIT: usize = 1 << 20;
/// Longest TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The connection ends here, without an answer.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut on purpose, or the request broke off")
    }
}

impl std::error::Error for Cut {}

/// Takes connections until it is dropped, and every connection with it.
pub(crate) async fn run(shared: Arc<Shared>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Answers are small and whole: nothing is won by waiting for more.
                    let _ = stream.set_nodelay(true);
                    let shared = Arc::clone(&shared);
                    match tls.clone() {
                        None => drop(connections.spawn(serve(shared, stream))),
                        Some(tls) => drop(connections.spawn(async move {
                            match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                                Ok(Ok(stream)) => serve(shared, stream).await,
                                Ok(Err(error)) => shared.tell(Happening::Connection { why: format!("TLS: {error}") }),
                                Err(_) => shared.tell(Happening::Connection { why: "TLS: too slow".to_owned() }),
                            }
                        })),
                    }
                }
                // Most likely no file handles are left: some will be given back.
                Err(error) => {
                    shared.tell(Happening::Connection { why: error.to_string() });
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(shared: Arc<Shared>, stream: S) {
    let service = service_fn(|request| answer(Arc::clone(&shared), request));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        shared.tell(Happening::Connection {
            why: error.to_string(),
        });
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
    let _busy = shared.clock.busy();
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_LIMIT)
        .collect()
        .await
        .map_err(|_| Cut)?
        .to_bytes();
    let (before, after) = {
        let mut state = shared.lock();
        let latency = state.faults.latency.clone();
        (
            draw(&mut state.rng, &latency.request),
            draw(&mut state.rng, &latency.answer),
        )
    };
    shared.delay(before).await;
    let call = Call {
        post: head.method == Method::POST,
        path: head.uri.path(),
        bearer: bearer(&head.headers),
        json: is_json(&head.headers),
        body: &body,
    };
    let now = shared.now();
    let (answer, lost) = {
        let mut state = shared.lock();
        let answer = state.receive(now, &call);
        (answer, state.faults.loses_answer())
    };
    shared.due.notify_one();
    shared.tell(answer.happening);
    shared.delay(after).await;
    if lost {
        return Err(Cut);
    }
    Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, "application/json; charset=UTF-8")
        .header(
            "facebook-api-version",
            head.uri.path().split('/').nth(1).unwrap_or_default(),
        )
        .body(Full::new(Bytes::from(answer.body.to_string())))
        .map_err(|_| Cut)
}

/// What stands after `Bearer` in `Authorization`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether `Content-Type` says JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}
