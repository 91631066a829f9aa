//! A kiosk on this machine: alerts in as JSON lines, events out, webhooks on a loopback port.
//!
//! The same loop as on a chip and in `squab kiosk`, with less room.

use crate::terminal::{Terminal, assert_no_secret};
use embedded_io_adapters::tokio_1::FromTokio;
use embedded_io_async::ErrorKind;
use serde_json::Value;
use squab::clock::Clock;
use squab::cloud::ca::Authority;
use squab::cloud::{self, Cloud, CloudHandle, CloudSettings};
use squab::desktop::{TimedTransport, take_webhooks, webhook_url};
use squab_adapters::std_transport::{Listener, Roots, TlsTransport};
use squab_adapters::transport::{Endpoint, Transport};
use squab_core::client::Settings;
use squab_core::config::Config;
use squab_kiosk::lines::AlertReader;
use squab_kiosk::{Board, Kiosk, NoJournal};
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::{Deref, DerefMut};
use std::time::{Duration, SystemTime};
use tokio::io::DuplexStream;
use tokio::task::{JoinHandle, LocalSet};

/// Real time that a whole test may take.
const TEST: Duration = Duration::from_mins(2);
/// Real time until an event that a test waits for.
const EVENT: Duration = Duration::from_secs(30);
/// Bytes of the pipes between test and kiosk.
const PIPE: usize = 64 * 1024;
/// Bytes of text of one alert: Meta's longest in any script.
const TEXT: usize = 16 * 1024 + 64;

/// Room for some 60 alerts, four requests at a time, and as many bytes of events as the test wants.
pub type TestKiosk<const EVENTS: usize> = Kiosk<'static, 32, 64, 65_536, 4, EVENTS>;

/// Runs a test as a local task of its own, in bounded time.
///
/// # Panics
/// If the test does, or takes too long.
pub fn run(test: impl Future<Output = ()> + 'static) {
    run_within(TEST, test);
}

/// [`run`] with a time of its own.
///
/// # Panics
/// If the test does, or takes too long.
pub fn run_within(limit: Duration, test: impl Future<Output = ()> + 'static) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    // As a task: the root future's waker changes from poll to poll, and the kiosk's signals would wake it for ever.
    let main = async { tokio::time::timeout(limit, tokio::task::spawn_local(test)).await };
    match LocalSet::new().block_on(&runtime, main) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => std::panic::resume_unwind(error.into_panic()),
        Err(elapsed) => panic!("the test took longer than {limit:?}: {elapsed}"),
    }
}

/// The configuration file of a kiosk at the simulated cloud, as its owner would write it.
pub fn config_file() -> String {
    format!(
        "name,value\nwhatsapp-api-key,{}\nwhatsapp-phone-number-id,{}\nwhatsapp-verify-token,{}\n\
         whatsapp-app-secret,{}\n",
        cloud::TOKEN,
        cloud::PHONE_NUMBER_ID,
        cloud::VERIFY_TOKEN,
        cloud::APP_SECRET
    )
}

/// A clock that runs `speed` times as fast as real time while nothing is in flight.
pub fn fast(speed: u32) -> Clock {
    Clock::simulated(speed, SystemTime::now())
}

/// How a kiosk is set up.
pub struct DeskSettings {
    /// Base URL of the Graph API.
    pub graph: String,
    /// The authority that the kiosk trusts.
    pub ca_pem: String,
    /// Its configuration file.
    pub config: String,
    /// The client's settings.
    pub client: Settings,
    /// Whose time it is.
    pub clock: Clock,
    /// Whether simulated time is real while a request is in flight, so that time-outs are.
    pub timed: bool,
}

impl DeskSettings {
    /// A kiosk that sends to `graph`, has no inbound path, and trusts nobody who is there.
    ///
    /// # Panics
    /// If the system gives no randomness.
    pub fn new(graph: &str, clock: Clock) -> Self {
        let mut client = Settings::default();
        client.device = 7;
        client.boot = fastrand::u32(1..);
        client.seed = 1;
        Self {
            graph: graph.to_owned(),
            ca_pem: Authority::new()
                .expect("a certificate authority")
                .pem()
                .to_owned(),
            config: config_file(),
            client,
            clock,
            timed: true,
        }
    }

    /// A kiosk that sends to `cloud` and trusts it.
    pub fn at(cloud: &CloudHandle) -> Self {
        Self {
            ca_pem: cloud.ca_pem().to_owned(),
            ..Self::new(&cloud.base_url(), cloud.clock().clone())
        }
    }

    /// Webhooks reach it.
    #[must_use]
    pub fn with_inbound(mut self) -> Self {
        self.client.inbound = true;
        self
    }

    /// With more lines in its configuration; a later line goes over an earlier one.
    #[must_use]
    pub fn with_config(mut self, lines: &str) -> Self {
        self.config.push_str(lines);
        self
    }
}

/// A running kiosk.
pub struct Desk<const EVENTS: usize = 16_384> {
    /// The kiosk itself.
    pub kiosk: &'static TestKiosk<EVENTS>,
    /// Its time.
    pub clock: &'static Clock,
    /// Where it takes webhooks.
    pub webhooks: SocketAddr,
    /// The address of its webhook endpoint.
    webhook_url: String,
    terminal: Terminal<DuplexStream, DuplexStream>,
    kiosk_task: JoinHandle<Result<(), ErrorKind>>,
    webhook_task: JoinHandle<()>,
}

impl<const EVENTS: usize> Drop for Desk<EVENTS> {
    fn drop(&mut self) {
        self.kiosk_task.abort();
        self.webhook_task.abort();
    }
}

impl Desk {
    /// A cloud in fast time, and a kiosk that webhooks of this cloud reach.
    ///
    /// # Panics
    /// If a port cannot be opened, or the webhook endpoint does not pass its verification.
    pub async fn with_cloud(settings: CloudSettings) -> (CloudHandle, Self) {
        let cloud = Cloud::start(settings).await.expect("a cloud on a free port");
        let desk: Self = Desk::start(DeskSettings::at(&cloud).with_inbound()).await;
        desk.subscribe(&cloud).await;
        (cloud, desk)
    }
}

impl<const EVENTS: usize> Desk<EVENTS> {
    /// Starts a kiosk.
    ///
    /// # Panics
    /// If its configuration or its certificate authority is not well formed, or a port cannot be opened.
    pub async fn start(settings: DeskSettings) -> Self {
        let config = Config::parse(&settings.config, &mut |_| {}).expect("a configuration");
        assert_no_secret(&format!("{config:?} {:?}", settings.client));
        let config: &'static Config = Box::leak(Box::new(config));
        let clock: &'static Clock = Box::leak(Box::new(settings.clock));
        let kiosk: &'static TestKiosk<EVENTS> = Box::leak(Box::new(Kiosk::new(config, settings.client)));
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let webhooks = listener.local_addr().expect("an address");
        let webhook_task = tokio::task::spawn_local(take_webhooks(listener, kiosk, clock));
        let (alerts, input) = tokio::io::duplex(PIPE);
        let (output, events) = tokio::io::duplex(PIPE);
        let transport = TlsTransport::new(Roots::Pem(settings.ca_pem.as_bytes())).expect("an authority");
        let graph = settings.graph;
        let kiosk_task = if settings.timed {
            let transport = TimedTransport::new(transport, clock.clone());
            tokio::task::spawn_local(work(kiosk, clock, transport, graph, input, output))
        } else {
            tokio::task::spawn_local(work(kiosk, clock, transport, graph, input, output))
        };
        Self {
            kiosk,
            clock,
            webhooks,
            webhook_url: webhook_url(webhooks, config),
            terminal: Terminal::new(alerts, events, EVENT),
            kiosk_task,
            webhook_task,
        }
    }

    /// Has the cloud send its webhooks here.
    ///
    /// # Panics
    /// If the endpoint does not pass its verification.
    pub async fn subscribe(&self, cloud: &CloudHandle) {
        cloud
            .subscribe(&self.webhook_url)
            .await
            .expect("the endpoint is verified");
    }

    /// Ends the input, waits until every alert has its outcome and the kiosk has ended by itself. All events.
    ///
    /// # Panics
    /// If an alert had no outcome or two, or the kiosk does not end.
    pub async fn end(mut self) -> Vec<Value> {
        self.terminal.close().await;
        self.terminal.rest().await.expect("an end, and one outcome each")
    }
}

impl<const EVENTS: usize> Deref for Desk<EVENTS> {
    type Target = Terminal<DuplexStream, DuplexStream>;

    fn deref(&self) -> &Self::Target {
        &self.terminal
    }
}

impl<const EVENTS: usize> DerefMut for Desk<EVENTS> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.terminal
    }
}

/// The kiosk's loop until it ends.
async fn work<const EVENTS: usize, T: Transport>(
    kiosk: &'static TestKiosk<EVENTS>,
    clock: &'static Clock,
    transport: T,
    graph: String,
    input: DuplexStream,
    output: DuplexStream,
) -> Result<(), ErrorKind> {
    let (endpoint, base_path) = Endpoint::parse(&graph).expect("a URL");
    let board = Board {
        transport: &transport,
        clock,
        journal: NoJournal,
        endpoint,
        base_path,
        input: FromTokio::new(input),
        reader: AlertReader::<TEXT>::new(),
        output: FromTokio::new(output),
    };
    Box::pin(kiosk.run(board)).await
}
