//! The kiosk on a desktop: the same `squab_kiosk::Kiosk` as on a chip, with room for hundreds of alerts, on tokio.

use crate::clock::{BusyGuard, Clock};
use embassy_futures::block_on;
use embassy_time::Instant;
use embedded_io_adapters::tokio_1::FromTokio;
use embedded_io_async::{ErrorType, Read, Write};
use squab_adapters::http::{Limits, Patience, serve};
use squab_adapters::journal::{Error, Journal, Options, Report};
use squab_adapters::std_flash::{FileFlash, SECTOR};
use squab_adapters::std_transport::{Listener, Stream, TlsTransport};
use squab_adapters::transport::{Endpoint, Transport, TransportError};
use squab_core::client::{Client, Settings};
use squab_core::config::Config;
use squab_kiosk::lines::AlertReader;
use squab_kiosk::{Kiosk, WebhookEndpoint};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};
use tokio::net::TcpStream;

/// Users whose debts are kept at a time.
const USERS: usize = 256;
/// Messages that may wait or be followed at a time.
const MESSAGES: usize = 512;
/// Bytes of messages that may wait.
const STORAGE: usize = 512 * 1024;
/// Requests at a time: a whole burst.
const IN_FLIGHT: usize = 48;
/// Bytes of events that may wait.
const EVENTS: usize = 64 * 1024;

/// Bytes of one alert: 4,096 characters of up to four bytes, and what the reader keeps beside them.
const TEXT: usize = 16 * 1024 + 64;

/// Bytes of updates of one webhook: hundreds of them.
const STAGE: usize = 64 * 1024;

/// Bytes in which a webhook's head and pieces of its body are read.
const SCRATCH: usize = 8 * 1024;

/// Sectors of the journal's file, 4 KiB each: 2 MiB, three times what the kiosk can have in it.
const JOURNAL_SECTORS: usize = 512;
/// Bytes of the journal's own sectors, so that few are left half empty by the longest records.
const JOURNAL_SECTOR: u32 = 64 * 1024;
/// Bytes of the longest record: the largest alert that the reader takes, and what stands beside it.
const RECORD: usize = TEXT + 1024;

/// The journal of a [`DesktopKiosk`], in a file.
pub type DesktopJournal =
    Journal<'static, FileFlash, { Client::<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>::RECORDS }>;

/// Opens the journal in a file, or makes one where there is no file. Its buffer, of 17 KiB, lives as long as the
/// process. A file that is something else is left as it is, and one that another journal has open is refused.
///
/// # Errors
/// Why not, in one sentence.
pub fn journal(path: &Path) -> Result<(Box<DesktopJournal>, Report), String> {
    let no_journal = || "it is there, and is no journal of a desktop's kiosk".to_owned();
    let size = JOURNAL_SECTORS * SECTOR;
    match std::fs::read(path) {
        // One that is shorter was not finished.
        Ok(bytes) if bytes.len() != size && bytes.iter().any(|byte| *byte != 0xFF) => {
            return Err(no_journal());
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.to_string()),
        _ => {}
    }
    let flash = FileFlash::open(path, JOURNAL_SECTORS).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => "another program has it open".to_owned(),
        _ => error.to_string(),
    })?;
    let buffer = vec![0; RECORD].leak();
    let options = Options {
        sector: Some(JOURNAL_SECTOR),
        ..Options::default()
    };
    match block_on(Journal::open(flash, 0..size as u32, buffer, options)) {
        Ok((journal, report)) => Ok((Box::new(journal), report)),
        Err(Error::Foreign) => Err(no_journal()),
        Err(error) => Err(error.to_string()),
    }
}

/// The kiosk in desktop size. It lives as long as the process.
pub type DesktopKiosk = Kiosk<'static, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>;

/// A kiosk in memory of its own, for the rest of the process. `heartbeat` is the alert that is sent at the settings' interval, as
/// a line of the input.
pub fn kiosk(
    config: &'static Config,
    settings: Settings,
    heartbeat: Option<&'static str>,
) -> &'static DesktopKiosk {
    let mut kiosk = Box::new(Kiosk::new(config, settings));
    kiosk.heartbeat = heartbeat;
    Box::leak(kiosk)
}

/// A reader of alerts with room for Meta's longest text in any script.
pub const fn reader() -> AlertReader<TEXT> {
    AlertReader::new()
}

/// A setting that has to differ at each start.
pub fn at_random() -> u32 {
    fastrand::u32(1..)
}

impl squab_adapters::clock::Clock for Clock {
    fn now(&self) -> Instant {
        let micros = Clock::now(self).as_micros();
        Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    async fn wait_until(&self, at: Instant) {
        self.sleep_until(Duration::from_micros(at.as_micros())).await;
    }

    fn unix_time(&self) -> Option<u64> {
        self.utc()
            .duration_since(UNIX_EPOCH)
            .ok()
            .map(|since| since.as_secs())
    }
}

/// Takes webhooks on `listener`, each connection on its own, until dropped. Has to run within a `LocalSet`.
pub async fn take_webhooks<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
>(
    listener: Listener,
    kiosk: &'static Kiosk<'static, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>,
    clock: &'static Clock,
) {
    let loopback = listener
        .local_addr()
        .is_ok_and(|address| address.ip().is_loopback());
    loop {
        // Too many open files, say: others may close soon.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        tokio::task::spawn_local(answer_webhooks(stream, kiosk, clock, loopback));
    }
}

async fn answer_webhooks<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
>(
    mut stream: FromTokio<TcpStream>,
    kiosk: &'static Kiosk<'static, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>,
    clock: &'static Clock,
    loopback: bool,
) {
    let mut scratch = vec![0; SCRATCH];
    let mut endpoint = WebhookEndpoint::<_, STAGE, _, _, _, _, _>::new(kiosk, clock, loopback);
    // A connection that ends in the middle of a request is its peer's affair: Meta comes again.
    let _ = serve(
        &mut stream,
        &mut scratch,
        Limits::WEBHOOK,
        Patience::default(),
        clock,
        &mut endpoint,
    )
    .await;
}

/// The address of a webhook endpoint on this machine, as the cloud needs it to subscribe.
pub fn webhook_url(address: SocketAddr, config: &Config) -> String {
    format!("http://{address}{}", config.webhook_path())
}

/// A transport that tells a simulated clock when something is in flight, so that time does not run away meanwhile.
pub struct TimedTransport {
    inner: TlsTransport,
    clock: Clock,
}

impl TimedTransport {
    /// `inner`, telling `clock`.
    pub const fn new(inner: TlsTransport, clock: Clock) -> Self {
        Self { inner, clock }
    }
}

impl Transport for TimedTransport {
    type Stream<'a> = TimedStream;

    async fn connect(&self, endpoint: &Endpoint<'_>) -> Result<TimedStream, TransportError> {
        let busy = self.clock.busy();
        let inner = self.inner.connect(endpoint).await?;
        Ok(TimedStream {
            inner,
            clock: self.clock.clone(),
            busy: Some(busy),
        })
    }
}

/// A stream that is in flight from the first byte of a request to the first of its answer.
pub struct TimedStream {
    inner: Stream,
    clock: Clock,
    busy: Option<BusyGuard>,
}

impl ErrorType for TimedStream {
    type Error = <Stream as ErrorType>::Error;
}

impl Read for TimedStream {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        let result = self.inner.read(buf).await;
        self.busy = None;
        result
    }
}

impl Write for TimedStream {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        if self.busy.is_none() {
            self.busy = Some(self.clock.busy());
        }
        self.inner.write(buf).await
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        self.inner.flush().await
    }
}
