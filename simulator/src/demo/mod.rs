//! The demo: a simulated cloud and a kiosk in one process, real TLS on loopback, and a day of a cold store.
//!
//! The kiosk is the very loop that runs on a chip, fed with the same JSON lines; the judge is the cloud's own. Time is
//! simulated: it runs as fast as wanted while nothing is in flight, and at its own pace while something is. Once the
//! power fails: then everything that the kiosk had in memory is gone, and it goes on with what its journal has.

mod lives;
mod naive;
mod script;
mod story;
mod tally;

pub use tally::Tally;

use crate::clock::Clock;
use crate::cloud::{
    self, Cloud, CloudEvent, CloudHandle, CloudSettings, Happening, Latency, StartError, SubscribeError,
};
use crate::desktop::TimedTransport;
use script::{Act, Cue, cast};
use squab_adapters::std_transport::{Roots, RootsError, TlsTransport};
use squab_core::config::Config;
use std::cell::{Cell, RefCell};
use std::iter::Peekable;
use std::rc::Rc;
use std::time::{Duration, SystemTime};
use story::Story;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Real time that the demo may take beyond what it was given, on a slow machine.
const GRACE: Duration = Duration::from_secs(30);
/// Percentage of the given time in which the day passes; the rest is for what is in flight, and for reading.
const DAY_SHARE: u128 = 60;
/// Into how many parts the given time is cut, of which one is for reading before each scene; and what is enough.
const READING_SHARE: u32 = 20;
const READING: Duration = Duration::from_secs(1);
/// Real time in which lines that wait for others of their kind are looked at.
const TELL: Duration = Duration::from_millis(100);
/// Milliseconds that a request takes at most over a slow link, and its answer: the power fails between some of them.
const SLOW_REQUEST: u64 = 900;
const SLOW_ANSWER: u64 = 300;

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
    /// The journal could not be opened.
    Journal(String),
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
            Self::Journal(reason) => write!(f, "the journal: {reason}"),
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
        story: Rc::new(RefCell::new(Story::new(say))),
        power: Rc::new(Cell::new(true)),
        reading: READING.min(settings.duration / READING_SHARE),
        seed: settings.seed,
    };
    stage.tell(&format!(
        "a cold store's day, {speed} times as fast as real; the cloud is {}",
        cloud.base_url()
    ));
    let judge = narrate_judge(
        cloud.events(),
        clock,
        Rc::clone(&stage.story),
        Rc::clone(&stage.power),
    );
    let judge = tokio::task::spawn_local(judge);
    let play = async {
        match settings.policy {
            Policy::Squab => Box::pin(stage.squab_day()).await,
            Policy::Naive => Box::pin(stage.naive_day()).await,
        }
    };
    let played = tokio::time::timeout(settings.duration + GRACE, play).await;
    judge.abort();
    stage.story.borrow_mut().flush();
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
    story: Rc<RefCell<Story>>,
    /// Whether the kiosk has power: webhooks fail while it has none.
    power: Rc<Cell<bool>>,
    /// Real time before a scene.
    reading: Duration,
    seed: u64,
}

impl Stage<'_> {
    /// A line with the time of day.
    fn tell(&self, what: &str) {
        self.story.borrow_mut().tell(self.clock.now(), "demo", what);
    }

    /// What is to be seen next; and time to read what was.
    async fn scene(&self, title: &str) {
        self.story.borrow_mut().flush();
        tokio::time::sleep(self.reading).await;
        self.story.borrow_mut().scene(title);
    }

    fn slow_link(&self) {
        let up_to = |most| Duration::from_millis(50)..=Duration::from_millis(most);
        self.cloud.set_latency(Latency {
            request: up_to(SLOW_REQUEST),
            answer: up_to(SLOW_ANSWER),
        });
    }

    /// The power is off for a while. What was in flight has broken off.
    async fn without_power(&self) {
        self.power.set(false);
        let refused = self.cloud.summary().webhooks_refused;
        self.clock.sleep(script::POWER_IS_OFF).await;
        self.cloud.set_latency(Latency::default());
        let refused = self.cloud.summary().webhooks_refused - refused;
        self.power.set(true);
        let webhooks = match refused {
            0 => String::new(),
            _ => format!("; meanwhile webhooks failed {refused} times, and come again"),
        };
        self.tell(&format!(
            "power is back after {} s{webhooks}",
            script::POWER_IS_OFF.as_secs()
        ));
    }
}

/// What comes next in the script, if it comes at this time.
fn next_at(cues: &mut Peekable<impl Iterator<Item = Cue>>, at: Duration) -> Option<Act> {
    cues.next_if(|cue| cue.at == at).map(|cue| cue.act)
}

/// Tells what the judge refuses, and webhooks that were not taken though the kiosk has power.
async fn narrate_judge(
    mut events: Receiver<CloudEvent>,
    clock: &'static Clock,
    story: Rc<RefCell<Story>>,
    power: Rc<Cell<bool>>,
) {
    let mut tell = tokio::time::interval(TELL);
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            _ = tell.tick() => {
                story.borrow_mut().flush_old(clock.now());
                continue;
            }
        };
        let event = match event {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let failed = match event.what {
            Happening::Refused { .. } => true,
            Happening::Webhook { result: Err(_), .. } => power.get(),
            _ => false,
        };
        if failed {
            story.borrow_mut().tell(event.at, "judge", &event.to_string());
        }
    }
}
