//! Network, time, webhook endpoint, contact, lamp and kiosk, as one future.

use crate::clock::BoardClock;
use crate::journal;
use crate::kiosk::{self, BoardKiosk};
use crate::net::{self, Tcp, TcpBuffers};
use crate::tls::{Roots, TlsTransport};
use crate::{sntp, webhook};
use core::convert::Infallible;
use core::pin::pin;
use embassy_futures::join::join5;
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_net::dns::DnsSocket;
use embassy_time::{Duration, Timer, with_timeout};
use embedded_hal::digital::{ErrorType, OutputPin};
use embedded_hal_async::digital::Wait;
use embedded_io_async::{ErrorKind, Read, Write};
use embedded_storage_async::nor_flash::NorFlash;
use mbedtls_rs::Tls;
use squab_adapters::clock::Clock as _;
use squab_adapters::transport::Endpoint;
use squab_core::client::{Settings, UnknownWindow};
use squab_kiosk::device::DeviceConfig;
use squab_kiosk::lines::AlertReader;
use squab_kiosk::{Board, Note, lamp, sensor};

/// Bytes of one alert: a text of 1,024 characters in any script, and what the reader keeps beside it.
const TEXT: usize = 4160;
/// A network that takes longer than this to come up is said to be down.
const NETWORK_PATIENCE: Duration = Duration::from_secs(10);
/// The time is asked for again after this: a crystal drifts by some seconds in it.
const CLOCK_SET_AGAIN: Duration = Duration::from_secs(6 * 3600);
/// Between two rounds through servers that told no time: from the first to the second, doubled each time.
const CLOCK_RETRY: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(64));

/// What a board gives to [`run`].
pub struct Parts<'r, F, I, O, S, L> {
    /// The configuration, as flashed.
    pub config: &'static DeviceConfig,
    /// The clock; set, if the board has kept the time itself.
    pub clock: &'r BoardClock,
    /// The network.
    pub stack: Stack<'r>,
    /// Memory of the connection to the Graph API.
    pub buffers: &'r TcpBuffers,
    /// Mbed TLS, given the board's random generator.
    pub tls: Tls<'r>,
    /// Whom to trust.
    pub roots: Roots,
    /// The journal's part of the flash, if there is one: at least [`JOURNAL_SIZE`](crate::JOURNAL_SIZE) bytes. Its calls must
    /// not need another task, see [`Keep`](squab_kiosk::Keep).
    pub journal: Option<F>,
    /// Two numbers from the random generator.
    pub random: [u32; 2],
    /// Alerts in, one JSON object a line.
    pub input: I,
    /// Events out, one JSON object a line.
    pub output: O,
    /// The contact that raises the configured alert.
    pub sensor: Option<S>,
    /// The status LED.
    pub lamp: Option<L>,
}

/// In place of a contact or an LED that a board does not have.
#[derive(Debug, Clone, Copy)]
pub enum NoPin {}

/// Runs the kiosk, once, until the input has ended and every alert has its outcome; a chip's input never ends.
///
/// # Errors
/// The output's.
pub async fn run<F, I, O, S, L>(parts: Parts<'_, F, I, O, S, L>) -> Result<(), ErrorKind>
where
    F: NorFlash,
    I: Read,
    O: Write,
    S: Wait,
    L: OutputPin,
{
    let Parts {
        config,
        clock,
        stack,
        buffers,
        tls,
        roots,
        journal,
        random: [boot, seed],
        input,
        output,
        mut sensor,
        mut lamp,
    } = parts;
    let mut settings = Settings::default();
    config.put_into(&mut settings);
    settings.wishes = kiosk::keep(config.wishes());
    settings.boot = boot;
    settings.seed = seed;
    settings.unknown_window = UnknownWindow::Template;
    let mut kept = None;
    let said = journal.and_then(|flash| journal::open(flash, &mut kept));
    settings.journal = kept.is_some();
    let kiosk = kiosk::make(config, settings);
    if let Some(note) = said {
        kiosk.note(note);
    }
    let transport = TlsTransport::new(tls, roots, Tcp::new(stack, buffers), DnsSocket::new(stack), clock);
    // The configuration was checked when it was read.
    let Ok((endpoint, base_path)) = Endpoint::parse(config.graph_url()) else {
        return Err(ErrorKind::InvalidInput);
    };
    // Each of these stays where it is made: what is moved passes over the stack, and a chip's is small.
    let alerts = pin!(kiosk.run(Board {
        transport: &transport,
        clock,
        journal: kept.as_mut(),
        endpoint,
        base_path,
        input,
        reader: AlertReader::<TEXT>::new(),
        output,
    }));
    let webhooks = pin!(async {
        if let Some(port) = config.webhook_port() {
            webhook::take(stack, port, kiosk, clock).await;
        }
    });
    let around = join5(
        watch_network(stack, kiosk, clock),
        keep_time(stack, config, kiosk, clock),
        webhooks,
        async {
            if let (Some(pin), Some(wanted)) = (&mut sensor, config.sensor()) {
                // A pin that cannot be read has nothing to say.
                let _ = sensor::watch(pin, wanted.active.into(), clock, || kiosk.raise(wanted.alert)).await;
            }
        },
        async {
            if let Some(pin) = &mut lamp {
                shine(pin, stack, kiosk, clock).await;
            }
        },
    );
    match select(alerts, around).await {
        Either::First(result) => result,
        // Watching the network has no end.
        Either::Second((never, ..)) => match never {},
    }
}

/// Tells of the network, and of its going and coming.
async fn watch_network(stack: Stack<'_>, kiosk: &BoardKiosk, clock: &BoardClock) -> Infallible {
    if with_timeout(NETWORK_PATIENCE, stack.wait_config_up())
        .await
        .is_err()
    {
        kiosk.note(Note::Network(None));
    }
    loop {
        stack.wait_config_up().await;
        kiosk.note(Note::Network(net::address(stack)));
        kiosk.with_client(|client| client.hurry(clock.now()));
        stack.wait_config_down().await;
        kiosk.note(Note::Network(None));
    }
}

/// Sets the clock, and keeps it set.
async fn keep_time(stack: Stack<'_>, config: &DeviceConfig, kiosk: &BoardKiosk, clock: &BoardClock) {
    if let Some(time) = clock.unix_time() {
        kiosk.note(Note::ClockSet(time));
        Timer::after(CLOCK_SET_AGAIN).await;
    }
    let (shortest, longest) = CLOCK_RETRY;
    let mut pause = shortest;
    let mut told = false;
    loop {
        stack.wait_config_up().await;
        if let Some(time) = sntp::set_clock(stack, config.ntp_servers(), clock).await {
            kiosk.note(Note::ClockSet(time));
            kiosk.with_client(|client| client.hurry(clock.now()));
            (pause, told) = (shortest, false);
            Timer::after(CLOCK_SET_AGAIN).await;
            continue;
        }
        // A clock that was set runs on when nobody corrects it.
        if clock.unix_time().is_none() && !core::mem::replace(&mut told, true) {
            kiosk.note(Note::ClockUnset);
        }
        Timer::after(pause).await;
        pause = longest.min(pause * 2);
    }
}

/// Shows on an LED how things are, for ever.
async fn shine<L: OutputPin>(pin: &mut L, stack: Stack<'_>, kiosk: &BoardKiosk, clock: &BoardClock) {
    loop {
        let state = kiosk.lamp(stack.is_config_up(), clock.unix_time().is_some());
        show(pin, state).await;
    }
}

/// Shows a state's pattern once.
pub async fn show<L: OutputPin>(pin: &mut L, state: lamp::State) {
    for flash in state.pattern() {
        // An LED that fails is no reason to stop.
        let _ = pin.set_high();
        Timer::after_millis(flash.on_ms.into()).await;
        let _ = pin.set_low();
        Timer::after_millis(flash.off_ms.into()).await;
    }
}

impl ErrorType for NoPin {
    type Error = Infallible;
}

impl OutputPin for NoPin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        match *self {}
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        match *self {}
    }
}

impl Wait for NoPin {
    async fn wait_for_high(&mut self) -> Result<(), Infallible> {
        match *self {}
    }

    async fn wait_for_low(&mut self) -> Result<(), Infallible> {
        match *self {}
    }

    async fn wait_for_rising_edge(&mut self) -> Result<(), Infallible> {
        match *self {}
    }

    async fn wait_for_falling_edge(&mut self) -> Result<(), Infallible> {
        match *self {}
    }

    async fn wait_for_any_edge(&mut self) -> Result<(), Infallible> {
        match *self {}
    }
}
