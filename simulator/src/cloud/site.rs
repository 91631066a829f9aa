//! What the cloud has beside the Graph API, on the same address: the page and the test API, below [`PREFIX`].
//!
//! Whoever reaches them can read every message and do everything that a user can. So they answer to this machine only,
//! unless told otherwise ([`PageAccess`]), to no name but the cloud's own (a foreign one may have been rebound to this
//! machine), and change nothing at the wish of another site's page.

use super::{api, handle::Shared, page};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use std::net::IpAddr;
use std::sync::Arc;

/// Where page and test API are. No path of the Graph API begins so.
pub const PREFIX: &str = "/squab";

/// Scripts, styles and pictures of the cloud's own and nothing else; nothing inline, and no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; \
     connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Who may open the page and use the test API. The Graph API is open to all who have its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageAccess {
    /// Programs on the cloud's own machine, wherever the cloud listens.
    #[default]
    ThisMachine,
    /// Everybody who reaches the address: for a network in which all may read and do everything.
    Everybody,
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    this_machine: bool,
}

impl Peer {
    /// `own` is the address on which the cloud was reached.
    pub(crate) fn new(from: IpAddr, own: Option<IpAddr>) -> Self {
        let from = from.to_canonical();
        Self {
            this_machine: from.is_loopback() || own.is_some_and(|own| own.to_canonical() == from),
        }
    }
}

/// Page and test API; what is neither is left to a fallback.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let guard = from_fn_with_state(Arc::clone(&shared), guard);
    let site = Router::new()
        .merge(page::router())
        .nest("/api/v1", api::router())
        .route("/api/v1/", get(|| async { Redirect::permanent("/squab/api/v1") }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "there is no such page\n") })
        .layer(guard)
        .with_state(shared);
    Router::new()
        .route(PREFIX, get(|| async { Redirect::permanent("/squab/") }))
        .nest_service("/squab/", site)
}

/// Refuses who has no business here, and says to browsers what pages may do.
async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&shared, &request) {
        Some((status, why)) => (status, why).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(CONTENT_SECURITY_POLICY, POLICY);
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // With no-referrer a browser would say "Origin: null" for the page's own forms.
    put(REFERRER_POLICY, "same-origin");
    put(CACHE_CONTROL, "no-store");
    response
}

fn refusal(shared: &Shared, request: &Request) -> Option<(StatusCode, &'static str)> {
    let here = request
        .extensions()
        .get::<Peer>()
        .is_some_and(|peer| peer.this_machine);
    if shared.settings.page_access == PageAccess::ThisMachine && !here {
        let why = "page and test API answer to the cloud's own machine only; squab cloud --open-page changes that\n";
        return Some((StatusCode::FORBIDDEN, why));
    }
    let headers = request.headers();
    let host = text(headers, &HOST).unwrap_or_default();
    if !is_own(host, &shared.settings.names) {
        let why = "the cloud does not go by this name; squab cloud --name NAME gives it one\n";
        return Some((StatusCode::MISDIRECTED_REQUEST, why));
    }
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    (changes && is_foreign(headers, host)).then_some((
        StatusCode::FORBIDDEN,
        "another site's page must not change anything here\n",
    ))
}

/// Whether a `Host` is an address, this machine, or a name that the cloud was given. An address cannot be rebound.
fn is_own(host: &str, names: &[String]) -> bool {
    let Ok(uri) = host.parse::<Uri>() else {
        return false;
    };
    let name = uri.host().unwrap_or_default();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let own = |other: &str| other.eq_ignore_ascii_case(name);
    bare.parse::<IpAddr>().is_ok() || own("localhost") || names.iter().any(|other| own(other))
}

/// Whether a request comes from another site's page. Who is no browser sends neither header.
fn is_foreign(headers: &HeaderMap, host: &str) -> bool {
    let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
    let origin = headers
        .get(ORIGIN)
        .map(|origin| origin.to_str().unwrap_or_default());
    let own = |origin: &str| {
        let rest = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(host))
    };
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
        || origin.is_some_and(|origin| !own(origin))
}

/// Whether somebody looks at the cloud's bare address with a browser.
pub(crate) fn is_visit(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let html = text(headers, &ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    *method == Method::GET && uri.path() == "/" && html
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn addresses_this_machine_and_given_names_are_the_clouds_own_and_no_other_name_is() {
        let names = ["cloud.test".to_owned()];
        for host in [
            "localhost:8443",
            "127.0.0.1",
            "[::1]:8443",
            "192.0.2.7:80",
            "Cloud.test:1",
        ] {
            assert!(is_own(host, &names), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example:8443",
            "a b",
            "cloud.test.evil.example",
        ] {
            assert!(!is_own(host, &names), "{host}");
        }
    }

    #[test]
    fn a_request_of_another_sites_page_is_told_by_either_header() {
        let foreign = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            is_foreign(&headers.collect(), "localhost:8443")
        };
        assert!(!foreign(&[]));
        assert!(!foreign(&[
            ("origin", "https://localhost:8443"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!foreign(&[("sec-fetch-site", "none")]));
        assert!(foreign(&[("sec-fetch-site", "same-site")]));
        for origin in [
            "null",
            "https://localhost",
            "https://localhost:8443.evil.example",
            "https://evil.example",
        ] {
            assert!(foreign(&[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn who_comes_from_the_address_that_it_reaches_is_on_this_machine() {
        let lan = IpAddr::from([192, 0, 2, 7]);
        assert!(Peer::new(IpAddr::from(Ipv4Addr::LOCALHOST), Some(lan)).this_machine);
        assert!(Peer::new(lan, Some(lan)).this_machine);
        assert!(Peer::new("::ffff:127.0.0.1".parse().unwrap(), None).this_machine);
        assert!(!Peer::new(IpAddr::from([192, 0, 2, 8]), Some(lan)).this_machine);
    }
}
