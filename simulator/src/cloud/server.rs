//! The cloud's side of HTTP: TLS 1.2 and 1.3 or, on loopback, plain text; HTTP/1.1 with keep-alive.
//!
//! Whatever path is not the page's or the test API's ([`site`](super::site)) is the Graph API's.

mod network;

use super::deliver;
use super::fault::{AnswerFault, TlsFault, draw};
use super::handle::Shared;
use super::history::{Exchange, ExchangeKind, redacted, shown};
use super::objects::{Ask, Payload, Reply, Upload, override_in};
use super::record::{Happening, Outcome};
use super::site::{self, Peer};
use super::state::{Call, Now, State, version};
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Redirect};
use futures_util::stream::{self, StreamExt as _};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST, HeaderMap, USER_AGENT, X_CONTENT_TYPE_OPTIONS,
};
use hyper::service::{Service as _, service_fn};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
pub(crate) use network::Network;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Most bytes of a request's body. Meta names no limit; the largest message is far below.
const BODY_LIMIT: usize = 1 << 20;
/// Most bytes of an upload: the largest document, and the form around it.
const UPLOAD_LIMIT: usize = 101 << 20;
/// Longest TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long half of an answer has to leave.
const LINGER: Duration = Duration::from_millis(50);
/// How long a silent server keeps the connection.
const SILENCE: Duration = Duration::from_mins(2);
/// Longest arrival of a request's body, an upload's too.
const ARRIVAL: Duration = Duration::from_mins(2);

/// The connection ends here, without an answer. As an extension of a response it has its connection ended.
#[derive(Debug, Clone)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut on purpose, or the request broke off")
    }
}

impl std::error::Error for Cut {}

/// Takes connections until it is dropped, and every connection with it.
pub(crate) async fn run(shared: Arc<Shared>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    let router = site::router(Arc::clone(&shared)).fallback({
        let shared = Arc::clone(&shared);
        move |request| graph(Arc::clone(&shared), request)
    });
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => {
                    // Answers are small and whole: nothing is won by waiting for more.
                    let _ = stream.set_nodelay(true);
                    let peer = Peer::new(from.ip(), stream.local_addr().ok().map(|own| own.ip()));
                    let (shared, router) = (Arc::clone(&shared), router.clone());
                    match tls.clone() {
                        None => drop(connections.spawn(serve(shared, router, peer, stream))),
                        Some(tls) => drop(connections.spawn(async move {
                            let fault = shared.lock().faults.tls;
                            if let Some(fault) = fault {
                                return spoil_handshake(fault, stream).await;
                            }
                            match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                                Ok(Ok(stream)) => serve(shared, router, peer, stream).await,
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

/// Does something else than a handshake.
async fn spoil_handshake(fault: TlsFault, mut stream: TcpStream) {
    match fault {
        TlsFault::Cut => {}
        TlsFault::Silent => tokio::time::sleep(SILENCE).await,
        TlsFault::Garbage => {
            // Whoever has hung up does not hear it.
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    shared: Arc<Shared>,
    router: Router,
    peer: Peer,
    stream: S,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let answer = router.call(request);
        async move {
            let answer = answer.await.unwrap_or_else(|never| match never {});
            match answer.extensions().get::<Cut>() {
                Some(cut) => Err(cut.clone()),
                None => Ok(answer),
            }
        }
    });
    // Without a time limit for the next head: a kiosk may have nothing to say for hours, and who is slow holds up nobody.
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        shared.tell(Happening::Connection {
            why: error.to_string(),
        });
    }
}

/// The Graph API.
async fn graph(shared: Arc<Shared>, request: Request<Body>) -> Response<Body> {
    if site::is_visit(request.method(), request.uri(), request.headers()) {
        return Redirect::temporary("/squab/").into_response();
    }
    answer(shared, request).await.unwrap_or_else(|cut| {
        let mut response = Response::default();
        response.extensions_mut().insert(cut);
        response
    })
}

async fn answer(shared: Arc<Shared>, request: Request<Body>) -> Result<Response<Body>, Cut> {
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
    let arrival = tokio::time::timeout(ARRIVAL, Limited::new(body, limit).collect());
    let body = match arrival.await.map_err(|_| Cut)? {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return bare(413),
        Err(_) => return Err(Cut),
    };
    let (before, after) = {
        let mut state = shared.lock();
        let latency = state.faults.latency.clone();
        (
            draw(&mut state.rng, &latency.request),
            draw(&mut state.rng, &latency.answer),
        )
    };
    shared.delay(before).await;
    let fault = shared.lock().faults.next_answer_fault();
    match fault {
        Some(AnswerFault::Reset) => return Err(Cut),
        Some(AnswerFault::Proxy(status)) => return bare(status),
        Some(AnswerFault::Partial | AnswerFault::ProxyAfter(_)) | None => {}
    }
    let payload = if State::manages(path) {
        Some(payload(&head.headers, &body).await)
    } else {
        None
    };
    // A callback is verified before it is set, as long as that takes.
    let wanted = payload
        .as_ref()
        .filter(|_| shared.lock().knows(bearer))
        .and_then(|body| override_in(&head.method, path, body));
    let callback = match wanted {
        Some((url, token)) => Some(deliver::verify(&shared, &url, &token).await.map(drop)),
        None => None,
    };
    let (status, reply, happening, lost) = {
        let now = shared.now();
        let mut state = shared.lock();
        let (status, reply, happening) = if let Some(body) = payload {
            let origin = origin(&shared, &head.headers);
            let ask = Ask {
                method: &head.method,
                path,
                query: head.uri.query().unwrap_or_default(),
                bearer,
                origin: &origin,
                has_user_agent: head.headers.contains_key(USER_AGENT),
                body,
                callback,
            };
            state.manage(now, &ask)
        } else {
            let call = Call {
                post: head.method == Method::POST,
                path,
                bearer,
                json: is_json(&head.headers),
                body: &body,
            };
            let answer = state.receive(now, &call);
            (answer.status, Reply::Json(answer.body), answer.happening)
        };
        let lost = state.faults.loses_answer();
        let reply = Written::from(reply);
        let exchange = exchange(&shared, &state, now, &head, &body, (status, &reply, &happening));
        state.history.exchange(Exchange {
            lost: lost || fault.is_some(),
            ..exchange
        });
        (status, reply, happening, lost)
    };
    shared.due.notify_one();
    shared.tell(happening);
    shared.delay(after).await;
    if lost {
        return Err(Cut);
    }
    let Written {
        media_type, bytes, ..
    } = reply;
    let body = match fault {
        Some(AnswerFault::ProxyAfter(status)) => return bare(status),
        Some(AnswerFault::Partial) => {
            let half = bytes.slice(..bytes.len() / 2);
            // What was written has to leave before the connection ends.
            let cut = stream::once(async {
                tokio::time::sleep(LINGER).await;
                Err(Cut)
            });
            Body::from_stream(stream::once(async { Ok(half) }).chain(cut))
        }
        _ => Body::from(bytes.clone()),
    };
    let asked = path.split('/').nth(1).unwrap_or_default();
    let served = version(asked).map_or_else(|| asked.to_owned(), |version| format!("v{version}.0"));
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, media_type)
        .header(CONTENT_LENGTH, bytes.len())
        .header(DATE, http_date(shared.now().unix))
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header("facebook-api-version", served)
        .body(body)
        .map_err(|_| Cut)
}

/// A reply as it goes out: written once, for the client and for those who look.
struct Written {
    media_type: String,
    bytes: Bytes,
    /// A file is told by its size.
    is_file: bool,
    /// The message that was taken.
    message: Option<String>,
}

impl From<Reply> for Written {
    fn from(reply: Reply) -> Self {
        let is_file = matches!(reply, Reply::File { .. });
        let (media_type, bytes, message) = match reply {
            Reply::Json(body) => (
                "application/json; charset=UTF-8".to_owned(),
                Bytes::from(body.to_string()),
                body["messages"][0]["id"].as_str().map(str::to_owned),
            ),
            Reply::File { media_type, bytes } => (media_type, bytes, None),
            Reply::Status(_) => ("text/html".to_owned(), Bytes::new(), None),
        };
        Self {
            media_type,
            bytes,
            is_file,
            message,
        }
    }
}

impl Written {
    fn shown(&self, secrets: &[&str]) -> String {
        if self.is_file {
            format!("({} bytes of {})", self.bytes.len(), self.media_type)
        } else {
            shown(&self.bytes, secrets)
        }
    }
}

/// A status and a line of HTML: what something between a client and Meta answers.
fn bare(status: u16) -> Result<Response<Body>, Cut> {
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "text/html")
        .body(Body::from(format!("<html><body><h1>{status}</h1></body></html>")))
        .map_err(|_| Cut)
}

/// A time as the field `Date` has it.
fn http_date(unix: u64) -> String {
    let at = i64::try_from(unix)
        .ok()
        .and_then(|unix| OffsetDateTime::from_unix_timestamp(unix).ok());
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:.3}, {:02} {:.3} {:04} {:02}:{:02}:{:02} GMT",
        at.weekday().to_string(),
        at.day(),
        at.month().to_string(),
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// What page and test API show of a request.
fn exchange(
    shared: &Shared,
    state: &State,
    now: Now,
    head: &hyper::http::request::Parts,
    body: &Bytes,
    (status, reply, happening): (u16, &Written, &Happening),
) -> Exchange {
    let secrets = shared.secrets(state);
    let secrets = secrets.each_ref().map(String::as_str);
    let form = head
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"multipart/"));
    let kept = if form {
        format!("(a form of {} bytes)", body.len())
    } else {
        shown(body, &secrets)
    };
    let mut exchange = Exchange {
        path: redacted(&path_of(head), &secrets),
        message: reply.message.clone(),
        status: Some(status),
        answer: reply.shown(&secrets),
        ..Exchange::begun(ExchangeKind::Request, now, head.method.as_str(), kept, body.len())
    };
    match happening {
        Happening::Managed {
            what,
            refused,
            why,
            page,
        } => {
            exchange.what.clone_from(what);
            exchange.code = *refused;
            exchange.why.clone_from(why);
            exchange.page = page.map(str::to_owned);
        }
        Happening::Accepted { kind, .. } => exchange.what = kind.to_string(),
        Happening::Refused {
            kind,
            code,
            why,
            page,
            wait,
            ..
        } => {
            exchange.what = kind.to_string();
            exchange.code = Some(*code);
            exchange.why = Some(why.clone());
            exchange.page = Some((*page).to_owned());
            exchange.wait_ms = wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        }
        Happening::Webhook { .. } | Happening::Subscribed | Happening::Connection { .. } => {}
    }
    if head.method == Method::POST
        && !State::manages(head.uri.path())
        && let Some(record) = state.log.back()
    {
        exchange.chat = Some(record.user.clone()).filter(|user| !user.is_empty());
        // With a pair refusal that comes late, the answer has an id and the record a code.
        if let Outcome::Refused { code } = record.outcome {
            exchange.code = Some(code);
        }
    }
    exchange
}

/// Path and query, without what opens something: a token that is asked about, the key of a file's URL.
fn path_of(head: &hyper::http::request::Parts) -> String {
    let path = super::history::clipped(head.uri.path()).to_owned();
    let Some(query) = head.uri.query() else {
        return path;
    };
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key @ ("input_token" | "access_token" | "hash"), _)) => format!("{key}=[redacted]"),
        _ => pair.to_owned(),
    });
    let query: Vec<_> = shown.collect();
    format!("{path}?{}", query.join("&"))
}

/// Scheme and host by which the client knows the cloud.
pub(crate) fn origin(shared: &Shared, headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let scheme = if shared.settings.tls { "https" } else { "http" };
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
    let whole = stream::once(async { Ok::<_, std::convert::Infallible>(body) });
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

#[cfg(test)]
mod tests {
    use super::http_date;

    #[test]
    fn a_date_is_written_as_http_has_it() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(u64::MAX), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
