//! The demo: a simulated cloud and a kiosk in one process, real TLS on loopback, and a day of a cold store.
//!
//! The kiosk is the very loop that runs on a chip, fed with the same JSON lines; the judge is the cloud's own. Time is
//! simulated: it runs as fast as wanted while nothing is in flight, and at its own pace while something is.

mod naive;
mod script;
mod tally;

pub use tally::Tally;

use crate::clock::Clock;
use crate::cloud::{
    self, Cloud, CloudEvent, CloudHandle, CloudSettings, Happening, StartError, SubscribeError,
};
use crate::desktop::{self, TimedTransport, take_webhooks, webhook_url};
use embedded_io_adapters::tokio_1::FromTokio;
use script::{Cue, cast, day};
use serde_json::Value;
use squab_adapters::std_transport::{Listener, Roots, RootsError, TlsTransport};
use squab_adapters::transport::Endpoint;
use squab_core::client::Settings;
use squab_core::config::Config;
use squab_kiosk::{Board, NoJournal};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{Duration, SystemTime};
use tally::Counter;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::sync::Notify;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Bytes of the pipes between script and kiosk.
const PIPE: usize = 64 * 1024;
/// Real time from an alert's being taken in to the first byte of its request, at most.
const HAND_OVER: Duration = Duration::from_millis(20);
/// How often the naive sender tries one alert.
const NAIVE_TRIES: usize = 3;
/// Real time that the demo may take beyond what it was given, on a slow machine.
const GRACE: Duration = Duration::from_secs(30);
/// Percentage of the given time in which the day passes; the rest is for what is in flight.
const DAY_SHARE: u128 = 70;

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
    TooSlow,
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
            Self::TooSlow => f.write_str("out of time, some alerts are still open"),
        }
    }
}

impl std::error::Error for DemoError {}

/// Gets each line for a person.
pub type Say = Rc<dyn Fn(String)>;

/// Plays the day. Has to run within a `LocalSet`.
///
/// # Errors
/// [`DemoError`]; above all when the kiosk cannot reach the cloud, as with the wrong certificate authority.
pub async fn run(settings: DemoSettings, say: Say) -> Result<Tally, DemoError> {
    let day_in = settings.duration.as_millis() * DAY_SHARE / 100;
    let fitting = script::LENGTH.as_millis().div_ceil(day_in.max(1));
    let speed = settings
        .speed
        .unwrap_or(u32::try_from(fitting).unwrap_or(u32::MAX));
    let clock: &'static Clock = Box::leak(Box::new(Clock::simulated(speed, opening_today())));
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
    let stage = Stage {
        config: config(),
        transport: TimedTransport::new(transport, clock.clone()),
        cloud: &cloud,
        clock,
        say,
        seed: settings.seed,
    };
    stage.say(&format!(
        "a cold store's day, {speed} times as fast as real; the cloud is {}",
        cloud.base_url()
    ));
    let judge = tokio::task::spawn_local(narrate_judge(cloud.events(), Rc::clone(&stage.say)));
    let play = async {
        match settings.policy {
            Policy::Squab => Box::pin(stage.squab_day()).await,
            Policy::Naive => Box::pin(stage.naive_day()).await,
        }
    };
    let played = tokio::time::timeout(settings.duration + GRACE, play).await;
    judge.abort();
    let mut tally = played.unwrap_or(Err(DemoError::TooSlow))?;
    tally.judge(&cloud);
    Ok(tally)
}

/// Today at the hour at which the store opens, UTC.
fn opening_today() -> SystemTime {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_secs() / DAY * DAY) + script::OPENS
}

/// The kiosk's configuration, as its owner would write it.
fn config() -> &'static Config {
    let text = format!(
        "name,value\nwhatsapp-api-key,{}\nwhatsapp-phone-number-id,{}\nwhatsapp-verify-token,{}\n\
         whatsapp-validate-signature,true\nwhatsapp-app-secret,{}\n",
        cloud::TOKEN,
        cloud::PHONE_NUMBER_ID,
        cloud::VERIFY_TOKEN,
        cloud::APP_SECRET
    );
    let config =
        Config::parse(&text, &mut |_| {}).expect("the cloud's own names and secrets are well formed");
    Box::leak(Box::new(config))
}

/// Everything that the day is played with.
struct Stage<'a> {
    config: &'static Config,
    transport: TimedTransport,
    cloud: &'a CloudHandle,
    clock: &'static Clock,
    say: Say,
    seed: u64,
}

impl Stage<'_> {
    /// A line with the time of day.
    fn say(&self, what: &str) {
        say_at(&self.say, self.clock.now(), "demo", what);
    }

    /// The day with Squab's kiosk, fed with JSON lines as a person or a program would.
    async fn squab_day(&self) -> Result<Tally, DemoError> {
        let mut settings = Settings::default();
        settings.device = 1;
        settings.boot = self.seed as u32;
        settings.seed = self.seed as u32;
        settings.inbound = true;
        let kiosk = desktop::kiosk(self.config, settings, None);
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(DemoError::Listen)?;
        let url = webhook_url(listener.local_addr().map_err(DemoError::Listen)?, self.config);
        let webhooks = tokio::task::spawn_local(take_webhooks(listener, kiosk, self.clock));
        self.cloud.subscribe(&url).await.map_err(DemoError::Subscribe)?;

        let (alerts, input) = tokio::io::duplex(PIPE);
        let (output, events) = tokio::io::duplex(PIPE);
        let base_url = self.cloud.base_url();
        let (endpoint, base_path) = Endpoint::parse(&base_url).map_err(|_| DemoError::Script)?;
        let board = Board {
            transport: &self.transport,
            clock: self.clock,
            journal: NoJournal,
            endpoint,
            base_path,
            input: FromTokio::new(input),
            reader: desktop::reader(),
            output: FromTokio::new(output),
        };
        let answered = Notify::new();
        let loop_ = async { Box::pin(kiosk.run(board)).await.map_err(|_| DemoError::Events) };
        let script = self.raise(alerts, &answered);
        let watch = self.watch(events, &answered);
        let ((), (), tally) = tokio::try_join!(loop_, script, watch)?;
        webhooks.abort();
        Ok(tally)
    }

    /// Writes each alert at its time. What is raised at one time is all submitted before time goes on.
    async fn raise(&self, mut alerts: DuplexStream, answered: &Notify) -> Result<(), DemoError> {
        let mut cues = day().into_iter().peekable();
        while let Some(first) = cues.peek().map(|cue| cue.at) {
            let busy = self.clock.sleep_until_busy(first).await;
            while let Some(Cue { alert, .. }) = cues.next_if(|cue| cue.at == first) {
                let line = format!("{alert}\n");
                alerts
                    .write_all(line.as_bytes())
                    .await
                    .map_err(|_| DemoError::Events)?;
                answered.notified().await;
            }
            // Long enough for the first request to begin, which keeps the clock busy in its turn.
            tokio::time::sleep(HAND_OVER).await;
            drop(busy);
        }
        Ok(())
    }

    /// Reads the kiosk's events until there are no more.
    async fn watch(&self, events: DuplexStream, answered: &Notify) -> Result<Tally, DemoError> {
        let mut counter = Counter::default();
        let mut names = BTreeMap::new();
        let mut lines = BufReader::new(events).lines();
        while let Some(line) = lines.next_line().await.map_err(|_| DemoError::Events)? {
            let event: Value = serde_json::from_str(&line).map_err(|_| DemoError::Events)?;
            counter.count(&event);
            if let (Some(ticket), Some(name)) = (event["ticket"].as_u64(), event["ref"].as_str()) {
                names.insert(ticket, name.to_owned());
            }
            if let Some(what) = narrate(&event, &names) {
                say_at(&self.say, self.clock.now(), "kiosk", &what);
            }
            match event["event"].as_str() {
                Some("submitted" | "refused") => answered.notify_one(),
                Some("link") if event["state"] == "down" => {
                    return Err(DemoError::Link(
                        event["reason"].as_str().unwrap_or_default().to_owned(),
                    ));
                }
                _ => {}
            }
        }
        Ok(counter.tally())
    }

    /// The day with a sender that has no rules.
    async fn naive_day(&self) -> Result<Tally, DemoError> {
        let base_url = self.cloud.base_url();
        let (endpoint, _) = Endpoint::parse(&base_url).map_err(|_| DemoError::Script)?;
        let mut tally = Tally::default();
        let mut cues = day().into_iter().peekable();
        while let Some(first) = cues.peek().map(|cue| cue.at) {
            let busy = self.clock.sleep_until_busy(first).await;
            let mut group = Vec::new();
            while let Some(Cue { alert, .. }) = cues.next_if(|cue| cue.at == first) {
                let body = naive::body(&alert, self.config.template_language())?;
                group.push(async move {
                    naive::send(&body, self.config, &self.transport, endpoint, self.clock).await
                });
            }
            drop(busy);
            for result in futures_util::future::join_all(group).await {
                tally.submitted += 1;
                if result? {
                    tally.accepted += 1;
                } else {
                    tally.lost += 1;
                    self.say(&format!("an alert was given up after {NAIVE_TRIES} tries"));
                }
            }
        }
        // The last ones are still on their way to the phones.
        self.clock.sleep(Duration::from_mins(2)).await;
        let summary = self.cloud.summary();
        tally.delivered = summary.delivered as usize;
        tally.read = summary.read as usize;
        tally.acknowledged = summary.buttons as usize;
        Ok(tally)
    }
}

/// One line for a person: time of day, who says it, what.
fn say_at(say: &Say, now: Duration, who: &str, what: &str) {
    let seconds = (script::OPENS + now).as_secs() % DAY;
    say(format!(
        "{:02}:{:02}:{:02}  {who:<5}  {what}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    ));
}

/// An event of the kiosk's in words; none for what is too small to tell.
fn narrate(event: &Value, names: &BTreeMap<u64, String>) -> Option<String> {
    let text = |key: &str| event[key].as_str().unwrap_or_default();
    let name = || {
        let ticket = event["ticket"].as_u64().unwrap_or_default();
        names.get(&ticket).cloned().unwrap_or_else(|| ticket.to_string())
    };
    Some(match text("event") {
        "submitted" => format!("{} raised", name()),
        "refused" => format!("line refused: {}", text("reason")),
        "accepted" => format!("{} accepted by Meta", name()),
        "deferred" => format!(
            "{} refused for now ({}: {}), goes out again",
            name(),
            event["code"],
            text("title")
        ),
        "not_sent" => format!("{} not sent, goes out again", name()),
        "maybe_sent" => format!("{} maybe sent: the answer was lost", name()),
        "duplicate" => format!("{} arrived twice", name()),
        "held" => format!("everything waits: {} {}", event["code"], text("title")),
        "resumed" => "sending goes on".to_owned(),
        "message" => match event["text"].as_str().or(event["title"].as_str()) {
            Some(said) => format!("somebody answered: {said}"),
            None => "somebody answered".to_owned(),
        },
        "status" if text("status") == "failed" => format!("{} failed: {}", name(), event["code"]),
        "status" if matches!(text("status"), "delivered" | "read") => {
            format!("{} {}", name(), text("status"))
        }
        "outcome" if text("outcome") == "acknowledged" => format!("{} ACKNOWLEDGED", name()),
        "outcome"
            if matches!(
                text("outcome"),
                "expired" | "failed" | "unknown" | "evicted" | "unanswered"
            ) =>
        {
            format!("{} ended: {}", name(), text("outcome"))
        }
        "link" if text("state") == "down" => format!("link down: {}", text("reason")),
        "link" => "link up".to_owned(),
        "warning" => text("text").to_owned(),
        _ => return None,
    })
}

/// Tells what the judge refuses, and webhooks that were not taken.
async fn narrate_judge(mut events: Receiver<CloudEvent>, say: Say) {
    loop {
        match events.recv().await {
            Ok(event) => match event.what {
                Happening::Refused { .. } | Happening::Webhook { result: Err(_), .. } => {
                    say_at(&say, event.at, "judge", &event.to_string());
                }
                _ => {}
            },
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
