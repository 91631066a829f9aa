//! The demo: a simulated cloud and a kiosk in one process, real TLS on loopback, and a day of a cold store.
//!
//! The kiosk is the very loop that runs on a chip, fed with the same JSON lines; the judge is the cloud's own. Time is
//! simulated: it runs as fast as wanted while nothing is in flight, and at its own pace while something is.

mod naive;
mod script;
mod tally;

pub use tally::Tally;

use crate::clock::Clock;
use crate::cloud::{self, Cloud, CloudHandle, CloudSettings, Happening, StartError, SubscribeError};
use crate::desktop::{self, DesktopKiosk, TimedTransport, take_webhooks, webhook_url};
use embedded_io_adapters::tokio_1::FromTokio;
use script::{Cue, cast, day};
use serde_json::Value;
use squab_adapters::std_transport::{Listener, Roots, RootsError, TlsTransport};
use squab_adapters::transport::Endpoint;
use squab_core::client::Settings;
use squab_core::config::Config;
use squab_kiosk::Board;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant, SystemTime};
use tally::Counter;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::sync::broadcast::error::RecvError;

/// How often the naive sender tries one alert.
const NAIVE_TRIES: usize = 3;
/// Real time that the demo may take beyond what it was given, on a slow machine.
const GRACE: Duration = Duration::from_secs(30);
/// Share of the given time in which the day passes; the rest is for what is in flight.
const DAY_SHARE: f64 = 0.7;

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Squab's kiosk.
    Squab,
    /// As fast as it can.
    Naive,
}

/// How the demo runs.
#[derive(Debug, Clone)]
pub struct DemoSettings {
    /// Real time that it may take, about.
    pub duration: Duration,
    /// How many times faster than real; `None`: so that the day fits.
    pub speed: Option<u32>,
    /// Seed of everything random.
    pub seed: u64,
    /// Who sends.
    pub policy: Policy,
    /// Certificate authority that the kiosk trusts, in PEM, in place of the cloud's own.
    pub ca_pem: Option<String>,
}

/// Why there was no demo.
#[derive(Debug)]
pub enum DemoError {
    /// The cloud did not start.
    Cloud(StartError),
    /// The kiosk's webhook endpoint was not verified.
    Subscribe(SubscribeError),
    /// The port for webhooks could not be opened.
    Listen(std::io::Error),
    /// The certificate authority is not usable.
    Roots(RootsError),
    /// The kiosk cannot reach the cloud.
    Link(String),
    /// An event line could not be read.
    Events,
    /// The script has a line that is no alert.
    Script,
    /// The alerts did not come to their end in time.
    TooSlow {
        /// How many were open.
        open: usize,
    },
}

impl std::fmt::Display for DemoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cloud(error) => error.fmt(f),
            Self::Subscribe(error) => error.fmt(f),
            Self::Listen(error) => write!(f, "cannot listen for webhooks: {error}"),
            Self::Roots(error) => error.fmt(f),
            Self::Link(reason) => write!(f, "the kiosk cannot reach the cloud: {reason}"),
            Self::Events => f.write_str("the kiosk's events could not be read"),
            Self::Script => f.write_str("the script has a line that is no alert"),
            Self::TooSlow { open } => write!(f, "out of time, {open} alerts are still open"),
        }
    }
}

impl std::error::Error for DemoError {}

/// Plays the day; `say` gets each line for a person.
///
/// # Errors
/// [`DemoError`]; above all when the kiosk cannot reach the cloud, as with the wrong certificate authority.
pub async fn run(settings: DemoSettings, say: impl Fn(String)) -> Result<Tally, DemoError> {
    fastrand::seed(settings.seed);
    let day_length = (script::CLOSES - script::OPENS).as_secs_f64();
    let fitting = day_length / (settings.duration.as_secs_f64() * DAY_SHARE).max(0.1);
    let speed = settings.speed.unwrap_or(fitting.ceil() as u32);
    let midnight = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() / 86_400 * 86_400);
    let opening = SystemTime::UNIX_EPOCH + Duration::from_secs(midnight) + script::OPENS;
    let clock: &'static Clock = Box::leak(Box::new(Clock::simulated(speed, opening)));
    let cloud = Cloud::start(CloudSettings {
        clock: clock.clone(),
        users: cast(),
        seed: settings.seed,
        ..CloudSettings::default()
    })
    .await
    .map_err(DemoError::Cloud)?;
    let ca = settings.ca_pem.as_deref().unwrap_or(cloud.ca_pem());
    let transport = TlsTransport::new(Roots::Pem(ca.as_bytes())).map_err(DemoError::Roots)?;
    let transport = TimedTransport::new(transport, clock.clone());
    let url = cloud.base_url();
    let (endpoint, _) = Endpoint::parse(&url).map_err(|_| DemoError::Script)?;
    say(format!("a cold store's day at {speed} times its speed, the cloud is {url}"));
    let _narrator = tokio::task::spawn_local(narrate_cloud(cloud.events(), clock.clone(), say_refusals()));
    let play = async {
        match settings.policy {
            Policy::Squab => squab_day(&settings, &cloud, clock, &transport, endpoint, &say).await,
            Policy::Naive => naive_day(&cloud, clock, &transport, endpoint, &say).await,
        }
    };
    let limit = settings.duration + GRACE;
    let mut tally = tokio::time::timeout(limit, play)
        .await
        .unwrap_or(Err(DemoError::TooSlow { open: cloud.summary().submitted as usize }))?;
    tally.judge(&cloud);
    Ok(tally)
}
