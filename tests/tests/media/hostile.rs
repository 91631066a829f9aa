//! Servers that answer what they should not.

use super::graph;
use embassy_time::Duration;
use squab::clock::Clock;
use squab::cloud::ca::Authority;
use squab_adapters::graph::GraphError;
use squab_adapters::http::Cause;
use squab_adapters::std_transport::{Roots, TlsTransport};
use squab_adapters::transport::TransportError;
use squab_core::media::{InfoFault, MediaId, PlaceError, Wrong};
use squab_tests::desk::run;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The heads of the requests that came.
type Heads = Rc<RefCell<Vec<String>>>;

/// A server on loopback that answers the n-th request with the n-th of `answers`; `{}` in it is its own address. An answer
/// that ends in `…` stalls there.
async fn server(answers: Vec<String>) -> (SocketAddr, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heads = Heads::default();
    let seen = Rc::clone(&heads);
    tokio::task::spawn_local(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            seen.borrow_mut().push(String::from_utf8(head).unwrap());
            let answer = answer.replace("{}", &format!("http://{address}"));
            stream
                .write_all(answer.trim_end_matches('…').as_bytes())
                .await
                .unwrap();
            if answer.ends_with('…') {
                let _ = stream.read_u8().await;
            }
        }
    });
    (address, heads)
}

fn answer(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}",
        body.replace("{}", "http://127.0.0.1:12345").len()
    )
}

/// A URL answer whose length does not depend on the port.
fn located(url: &str, more: &str) -> String {
    let body = format!(r#"{{"url":"{url}","id":"1"{more}}}"#);
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}")
}

/// What a download from a server with these answers comes to, what was written, and the requests.
async fn download(answers: &[String]) -> (Result<u32, GraphError>, Vec<u8>, Vec<String>) {
    let (address, heads) = server(answers.to_vec()).await;
    let authority = Authority::new().unwrap();
    let transport = TlsTransport::new(Roots::Pem(authority.pem().as_bytes())).unwrap();
    let (clock, url) = (Clock::real(), format!("http://{address}/base"));
    let mut graph = graph(&transport, &clock, &url, "EAAtoken");
    graph.patience = Duration::from_millis(500);
    let mut out = Vec::new();
    let id = MediaId::parse("1").unwrap();
    let result = graph.download(&id, "7", None, &mut out, &mut [0; 2048]).await;
    let heads = heads.borrow().clone();
    (result.map(|done| done.length), out, heads)
}

#[test]
fn a_file_of_which_nothing_is_promised_is_taken_as_it_comes() {
    run(async {
        let (result, out, heads) = download(&[located("{}/file?a=b", ""), answer(200, "file")]).await;
        assert_eq!((result, out.as_slice()), (Ok(4), &b"file"[..]));
        assert!(
            heads[0].starts_with("GET /base/v25.0/1?phone_number_id=7 HTTP/1.1\r\n"),
            "{heads:?}"
        );
        assert!(heads[1].starts_with("GET /file?a=b HTTP/1.1\r\n"), "{heads:?}");
        for head in heads {
            assert!(head.contains("\r\nAuthorization: Bearer EAAtoken\r\n"));
            assert!(head.contains("\r\nUser-Agent: squab-tests/1\r\n"));
        }
    });
}

#[test]
fn the_token_goes_to_no_stranger() {
    run(async {
        let (stranger, heads) = server(vec![answer(200, "file")]).await;
        for url in [
            format!("http://{stranger}/file"),
            "https://lookaside.fbsbx.com.evil.example/file".to_owned(),
            "http://lookaside.fbsbx.com/file".to_owned(),
        ] {
            let (result, out, asked) = download(&[located(&url, "")]).await;
            assert_eq!(result, Err(GraphError::Place(PlaceError::Stranger)), "{url}");
            assert_eq!((out.len(), asked.len()), (0, 1));
        }
        assert!(heads.borrow().is_empty(), "nobody asked there");
    });
}

#[test]
fn plain_text_goes_to_this_machine_only_also_for_files() {
    run(async {
        let authority = Authority::new().unwrap();
        let transport = TlsTransport::new(Roots::Pem(authority.pem().as_bytes())).unwrap();
        let clock = Clock::real();
        let graph = graph(&transport, &clock, "http://192.0.2.1", "EAAtoken");
        let result = graph
            .locate(&MediaId::parse("1").unwrap(), "7", &mut [0; 2048])
            .await;
        let refused = GraphError::Exchange(Cause::Connect(TransportError::PlainTextRefused));
        assert_eq!(result.map(|_| ()), Err(refused));
    });
}

#[test]
fn a_redirect_is_not_followed() {
    run(async {
        let redirect =
            "HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n".to_owned();
        let (result, ..) = download(&[located("{}/f", ""), redirect.clone()]).await;
        assert_eq!(result, Err(GraphError::Redirect(302)));
        let (result, ..) = download(&[redirect]).await;
        assert_eq!(result, Err(GraphError::Redirect(302)));
    });
}

#[test]
fn a_download_that_is_cut_or_stalls_is_told_with_what_came() {
    run(async {
        let begun = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345";
        let (result, out, _) = download(&[located("{}/f", ""), begun.to_owned()]).await;
        assert_eq!(result, Err(GraphError::Exchange(Cause::BodyCut { received: 5 })));
        assert_eq!(out, b"12345", "it was written, and is not to be trusted");
        let (result, out, _) = download(&[located("{}/f", ""), format!("{begun}…")]).await;
        let slow = Cause::Io(embedded_io_async::ErrorKind::TimedOut);
        assert_eq!((result, out.len()), (Err(GraphError::Exchange(slow)), 5));
    });
}

#[test]
fn a_server_in_trouble_is_told_by_its_status_or_by_metas_code() {
    run(async {
        let (result, ..) = download(&[located("{}/f", ""), answer(503, "<html>")]).await;
        assert_eq!(result, Err(GraphError::Status(503)));
        let envelope = r#"{"error":{"message":"x","code":131016}}"#;
        let (result, ..) = download(&[answer(500, envelope)]).await;
        assert!(
            matches!(
                result,
                Err(GraphError::Refused {
                    code: 131_016,
                    status: 500,
                    ..
                })
            ),
            "{result:?}"
        );
        let (result, out, _) = download(&[located("{}/f", ""), answer(206, "part")]).await;
        assert_eq!((result, out.len()), (Err(GraphError::Status(206)), 0));
    });
}

#[test]
fn a_url_that_is_refused_is_asked_for_anew_once_and_not_for_ever() {
    run(async {
        let answers = [
            located("{}/a", ""),
            answer(404, ""),
            located("{}/b", ""),
            answer(404, ""),
        ];
        let (result, _, heads) = download(&answers).await;
        assert_eq!(result, Err(GraphError::Status(404)));
        assert_eq!(heads.len(), 4);
        let answers = [
            located("{}/a", ""),
            answer(401, ""),
            located("{}/b", ""),
            answer(200, "file"),
        ];
        assert_eq!(download(&answers).await.0, Ok(4));
    });
}

#[test]
fn more_than_was_promised_is_not_even_waited_for() {
    run(async {
        let endless = "HTTP/1.1 200 OK\r\n\r\n1234…".to_owned();
        let (result, out, _) = download(&[located("{}/f", r#","file_size":3"#), endless]).await;
        assert_eq!(
            result,
            Err(GraphError::Wrong(Wrong::Size {
                promised: 3,
                actual: 4
            }))
        );
        assert_eq!(out.len(), 0);
    });
}

#[test]
fn an_answer_that_says_nothing_is_no_file() {
    run(async {
        for (body, expected) in [
            (r#"{"id":"1"}"#, GraphError::Info(InfoFault::Url)),
            (
                r#"{"url":"x","sha256":"short"}"#,
                GraphError::Info(InfoFault::Digest),
            ),
            ("{", GraphError::Answer),
            ("<html>", GraphError::Answer),
        ] {
            assert_eq!(download(&[answer(200, body)]).await.0, Err(expected), "{body}");
        }
    });
}
