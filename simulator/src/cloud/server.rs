//! The cloud's side of HTTP: TLS 1.2 and 1.3 or, on loopback, plain text; HTTP/1.1 with keep-alive.

use super::fault::draw;
use super::handle::Shared;
use super::objects::{Ask, Payload, Reply, Upload};
use super::record::Happening;
use super::state::{Call, State};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, USER_AGENT};
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
/// Most bytes of an upload: the largest document, and the form around it.
const UPLOAD_LIMIT: usize = 101 << 20;
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
    let path = head.uri.path();
    let bearer = bearer(&head.headers);
    // Only who has the token may fill so much memory.
    let limit = if path.ends_with("/media") && shared.lock().knows(bearer) {
        UPLOAD_LIMIT
    } else {
        BODY_LIMIT
    };
    let body = Limited::new(body, limit)
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
    let (status, reply, happening, lost) = if State::manages(path) {
        let origin = origin(&shared, &head.headers);
        let ask = Ask {
            method: &head.method,
            path,
            query: head.uri.query().unwrap_or_default(),
            bearer,
            origin: &origin,
            has_user_agent: head.headers.contains_key(USER_AGENT),
            body: payload(&head.headers, &body).await,
        };
        let now = shared.now();
        let mut state = shared.lock();
        let (status, reply, happening) = state.manage(now, &ask);
        (status, reply, happening, state.faults.loses_answer())
    } else {
        let call = Call {
            post: head.method == Method::POST,
            path,
            bearer,
            json: is_json(&head.headers),
            body: &body,
        };
        let now = shared.now();
        let mut state = shared.lock();
        let answer = state.receive(now, &call);
        let lost = state.faults.loses_answer();
        (answer.status, Reply::Json(answer.body), answer.happening, lost)
    };
    shared.due.notify_one();
    shared.tell(happening);
    shared.delay(after).await;
    if lost {
        return Err(Cut);
    }
    let (media_type, bytes) = match reply {
        Reply::Json(body) => (
            "application/json; charset=UTF-8".to_owned(),
            Bytes::from(body.to_string()),
        ),
        Reply::File { media_type, bytes } => (media_type, bytes),
        Reply::Status(_) => ("text/html".to_owned(), Bytes::new()),
    };
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, media_type)
        .header("facebook-api-version", path.split('/').nth(1).unwrap_or_default())
        .body(Full::new(bytes))
        .map_err(|_| Cut)
}

/// Scheme and host by which the client knows the cloud.
fn origin(shared: &Shared, headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let scheme = if shared.https { "https" } else { "http" };
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}

/// What a request that is no message brings.
async fn payload<'a>(headers: &HeaderMap, body: &'a Bytes) -> Payload<'a> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match media_type.map(multer::parse_boundary) {
        Some(Ok(boundary)) => Payload::Form(
            form(boundary, body.clone())
                .await
                .map_err(|error| error.to_string()),
        ),
        _ if is_json(headers) => Payload::Json(body),
        _ => Payload::Other,
    }
}

/// Reads the form of an upload.
async fn form(boundary: String, body: Bytes) -> Result<Upload, multer::Error> {
    let mut upload = Upload {
        product: None,
        media_type: None,
        file: None,
    };
    let whole = futures_util::stream::once(async { Ok::<_, std::convert::Infallible>(body) });
    let mut form = multer::Multipart::new(whole, boundary);
    while let Some(field) = form.next_field().await? {
        match field.name() {
            Some("messaging_product") => upload.product = Some(field.text().await?),
            Some("type") => upload.media_type = Some(field.text().await?),
            Some("file") => {
                let own = field.content_type().map(ToString::to_string);
                upload.media_type = upload.media_type.or(own);
                upload.file = Some(field.bytes().await?);
            }
            _ => {}
        }
    }
    Ok(upload)
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
