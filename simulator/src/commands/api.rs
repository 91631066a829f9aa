//! The way to the test API of a running cloud, for the commands that use it.

use super::{Failure, read};
use clap::Args;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use squab::cloud;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Longest wait for an answer: longer than a subscriber may take to verify itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes of an answer.
const ANSWER_LIMIT: usize = 1 << 20;

/// Where a running cloud is.
#[derive(Args)]
pub(crate) struct CloudAt {
    /// Base URL of a running `squab cloud`
    #[arg(long, value_name = "URL", default_value = "https://localhost:8443")]
    pub(crate) cloud: String,
    /// The cloud's certificate authority, as `squab cloud --ca-out` writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

impl CloudAt {
    /// Asks the test API, and gives the body of its answer. `path` begins with a slash.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let base: Uri = self
            .cloud
            .trim_end_matches('/')
            .parse()
            .map_err(|_| format!("{} is no URL", self.cloud))?;
        let host = base
            .host()
            .ok_or_else(|| format!("{} names no host", self.cloud))?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let secure = match base.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(format!("{} is neither http:// nor https://", self.cloud).into()),
        };
        let port = base.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", cloud::PREFIX))
            .header("Host", format!("{host}:{port}"))
            .header("Content-Type", "application/json")
            .body(Full::new(Bytes::from(
                body.map(Value::to_string).unwrap_or_default(),
            )))?;
        let unreachable = |error: &dyn std::fmt::Display| format!("no cloud at {}: {error}", self.cloud);
        let exchange = async {
            let stream = TcpStream::connect((bare, port))
                .await
                .map_err(|error| unreachable(&error))?;
            if secure {
                let name = ServerName::try_from(bare.to_owned())?;
                let stream = self
                    .connector()?
                    .connect(name, stream)
                    .await
                    .map_err(|error| unreachable(&error))?;
                exchange(stream, request).await
            } else {
                exchange(stream, request).await
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, exchange).await;
        let (status, body) = in_time.map_err(|_| unreachable(&"no answer in time"))??;
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(value);
        }
        let text = String::from_utf8_lossy(&body);
        let why = value["error"]["message"].as_str().unwrap_or_else(|| text.trim());
        Err(format!("the cloud answered {}: {why}", status.as_u16()).into())
    }

    fn connector(&self) -> Result<tokio_rustls::TlsConnector, Failure> {
        let Some(path) = &self.ca else {
            let why = "--ca FILE has to name the cloud's certificate authority, which squab cloud --ca-out FILE writes";
            return Err(why.into());
        };
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(read(path)?.as_bytes()) {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(tokio_rustls::TlsConnector::from(Arc::new(config)))
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), Failure> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), ANSWER_LIMIT).collect().await;
    connection.abort();
    Ok((status, body.map_err(|error| error.to_string())?.to_bytes()))
}
