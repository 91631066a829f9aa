//! Files, templates and the number: the adapters and the command line against the simulated cloud, over TLS on loopback.

mod command_line;
mod files;
mod hostile;

use embassy_time::Duration;
use squab::clock::Clock;
use squab::cloud::{self, Cloud, CloudEvent, CloudHandle, CloudSettings, Happening};
use squab_adapters::graph::{Graph, GraphError};
use squab_adapters::std_transport::{Roots, TlsTransport};
use squab_core::media::{MediaId, Upload};
use tokio::sync::broadcast::Receiver;

/// A cloud, and what a client of it needs.
struct Bench {
    cloud: CloudHandle,
    transport: TlsTransport,
    /// The client's time.
    clock: Clock,
    url: String,
    token: String,
    events: Receiver<CloudEvent>,
    scratch: Vec<u8>,
}

impl Bench {
    /// In real time.
    async fn new() -> Self {
        Self::with(Clock::real(), Clock::real()).await
    }

    async fn with(cloud: Clock, client: Clock) -> Self {
        let settings = CloudSettings {
            clock: cloud,
            ..CloudSettings::default()
        };
        let cloud = Cloud::start(settings).await.expect("a cloud on a free port");
        Self {
            transport: TlsTransport::new(Roots::Pem(cloud.ca_pem().as_bytes())).expect("an authority"),
            clock: client,
            url: cloud.base_url(),
            token: cloud::TOKEN.to_owned(),
            events: cloud.events(),
            scratch: vec![0; 4096],
            cloud,
        }
    }

    fn graph(&self) -> Graph<'_, TlsTransport, Clock> {
        graph(&self.transport, &self.clock, &self.url, &self.token)
    }

    async fn put(&mut self, media_type: &str, bytes: &[u8]) -> Result<MediaId, GraphError> {
        let upload = upload(media_type, bytes.len());
        let mut scratch = std::mem::take(&mut self.scratch);
        let result = self
            .graph()
            .upload(cloud::PHONE_NUMBER_ID, &upload, bytes, &mut scratch)
            .await;
        self.scratch = scratch;
        result
    }

    /// The file, or the error and what was written until then.
    async fn get(&mut self, id: &MediaId) -> Result<Vec<u8>, (GraphError, usize)> {
        let mut out = Vec::new();
        let mut scratch = std::mem::take(&mut self.scratch);
        let result = self
            .graph()
            .download(id, cloud::PHONE_NUMBER_ID, None, &mut out, &mut scratch)
            .await;
        self.scratch = scratch;
        match result {
            Ok(done) => {
                assert_eq!(done.length as usize, out.len());
                Ok(out)
            }
            Err(error) => Err((error, out.len())),
        }
    }

    /// What was asked for beside messages since the last call, and how each ended.
    fn asked(&mut self) -> Vec<(String, Option<u32>)> {
        let mut asked = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            if let Happening::Managed { what, refused, .. } = event.what {
                asked.push((what, refused));
            }
        }
        asked
    }
}

fn graph<'a>(
    transport: &'a TlsTransport,
    clock: &'a Clock,
    base_url: &'a str,
    token: &'a str,
) -> Graph<'a, TlsTransport, Clock> {
    Graph {
        transport,
        clock,
        base_url,
        version: "v25.0",
        token,
        user_agent: "squab-tests/1",
        patience: Duration::from_secs(60),
    }
}

fn upload(media_type: &str, length: usize) -> Upload<'_> {
    let seed = std::array::from_fn(|_| fastrand::u32(..));
    Upload::new(media_type, "a file.bin", length as u32, false, seed).expect("it fits")
}

/// Bytes that a form might stumble over.
fn bytes(length: usize) -> Vec<u8> {
    let line = b"\r\n--squab-0123456789abcdef\r\n\r\n\0\xFF--\r\n";
    let mut bytes: Vec<u8> = line.iter().copied().cycle().take(length).collect();
    for at in 0..length / 7 {
        bytes[at * 7] = fastrand::u8(..);
    }
    bytes
}
