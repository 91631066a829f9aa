//! `squab kiosk`: alerts from standard input to Meta, or to a simulated cloud; events to standard output.

use super::api::CloudAt;
use super::outbox::{Outbox, Overheard};
use super::{Failure, Server, device_config, number, settings};
use clap::Args;
use embedded_io_adapters::tokio_1::FromTokio;
use squab::clock::Clock;
use squab::desktop::{self, take_webhooks};
use squab_adapters::clock::Clock as Time;
use squab_adapters::std_transport::Listener;
use squab_adapters::transport::Endpoint;
use squab_core::client::{UnknownWindow, Wishes};
use squab_core::pace::MessagingLimit;
use squab_core::recipient::Recipient;
use squab_kiosk::{Board, Note};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// Send alerts from standard input, print what becomes of them: one JSON object a line, both ways
#[derive(Args)]
pub(crate) struct Kiosk {
    /// The name,value file of the WhatsApp channel; a device's quiet hours, caps and limits count too
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    server: Server,
    /// Keep what waits in this file, so that it outlives the process; made where it is not there
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Take webhooks here; put a tunnel that ends TLS in front of it for Meta
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Take no webhooks: an alert is done when Meta has accepted it
    #[arg(long)]
    no_webhooks: bool,
    /// Number of this device, unique in the fleet that shares the business number, in place of the file's `device-number`
    #[arg(long)]
    device: Option<u32>,
    /// Longest time until Meta counts a request; 6s and more sends no bursts
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = crate::time)]
    max_uplink: Duration,
    /// How long to wait for `delivered` and `read` before an alert's outcome is told
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = crate::time)]
    follow: Duration,
    /// The portfolio's messaging limit in place of what the number tells, by Meta's name: `TIER_250`, `TIER_2K`, `TIER_10K`, `TIER_100K`, `UNLIMITED`
    #[arg(long, value_name = "LIMIT", value_parser = messaging_limit)]
    messaging_limit: Option<MessagingLimit>,
    /// How many of the limit's users this device may write to; default all
    #[arg(long, value_name = "USERS")]
    messaging_share: Option<u32>,
    /// Messages a second, in and out together: 20 with coexistence, 1000 upgraded; default 80
    #[arg(long, value_name = "MESSAGES")]
    throughput: Option<u16>,
    /// Words after which nothing is sent to whoever wrote one, with commas between, in place of the file's; none if empty
    #[arg(long, value_name = "WORDS")]
    stop_words: Option<String>,
    /// Words after which it is again
    #[arg(long, value_name = "WORDS")]
    start_words: Option<String>,
    /// Words that ask for readings: what a line `{"reading":"…"}` said last
    #[arg(long, value_name = "WORDS")]
    status_words: Option<String>,
    /// Words that are told as commands, by their place in this list
    #[arg(long, value_name = "WORDS")]
    command_words: Option<String>,
    /// Who may command and ask for readings: a phone number or a user id; may be given more than once
    #[arg(long, value_name = "SENDER", value_parser = sender)]
    command_from: Vec<Recipient>,
    /// After this time a command is told as a message, not as a command; default 60s
    #[arg(long, value_name = "TIME", value_parser = crate::time)]
    command_age: Option<Duration>,
    /// How often the heartbeat is sent
    #[arg(long, value_name = "TIME", value_parser = crate::time, requires = "heartbeat_alert")]
    heartbeat: Option<Duration>,
    /// The alert that is the heartbeat, as a line of JSON
    #[arg(long, value_name = "LINE", requires = "heartbeat")]
    heartbeat_alert: Option<String>,
    /// Show what waits on the page of a simulated cloud, whose base URL this is; `--ca` counts for it too
    #[arg(long, value_name = "URL")]
    outbox: Option<String>,
}

fn sender(text: &str) -> Result<Recipient, String> {
    Recipient::parse(text).map_err(|error| error.to_string())
}

fn messaging_limit(text: &str) -> Result<MessagingLimit, &'static str> {
    MessagingLimit::parse(text).ok_or("not a messaging limit of Meta's")
}

/// Runs until the input has ended and every alert has its outcome.
pub(crate) async fn run(args: Kiosk) -> Result<(), Failure> {
    let file = device_config(&args.config, !args.no_webhooks)?;
    let config = file.whatsapp();
    let transport = args.server.transport()?;
    let (endpoint, base_path) = Endpoint::parse(&args.server.graph)?;
    let mut settings = settings(file.number(), !args.no_webhooks);
    file.put_into(&mut settings);
    settings.device = args.device.unwrap_or(settings.device);
    settings.inbound = !args.no_webhooks;
    settings.max_uplink = span(args.max_uplink);
    settings.follow_time = span(args.follow);
    settings.unknown_window = UnknownWindow::Template;
    settings.messaging_limit = args.messaging_limit.unwrap_or(settings.messaging_limit);
    settings.messaging_share = args.messaging_share.or(settings.messaging_share);
    settings.throughput = args.throughput.unwrap_or(settings.throughput);
    let (wishes, word) = (file.wishes(), |given: Option<String>, file| {
        given.map_or(file, |words| &*words.leak())
    });
    settings.wishes = leak(Wishes {
        stop: word(args.stop_words, wishes.stop),
        start: word(args.start_words, wishes.start),
        status: word(args.status_words, wishes.status),
        commands: word(args.command_words, wishes.commands),
        allowed: if args.command_from.is_empty() {
            wishes.allowed
        } else {
            args.command_from.leak()
        },
        max_age: args.command_age.map_or(wishes.max_age, span),
    });
    settings.heartbeat = args.heartbeat.map(span).or(settings.heartbeat);
    let opened = args
        .journal
        .as_deref()
        .map(|path| desktop::journal(path).map_err(|why| format!("the journal {}: {why}", path.display())));
    let (mut journal, report) = opened.transpose()?.unzip();
    settings.journal = journal.is_some();
    let clock: &'static Clock = Box::leak(Box::new(Clock::real()));
    let webhook_path = config.webhook_path().to_owned();
    // A limit that was given is the user's own word.
    let ask_for_limit = settings.messaging_limit == MessagingLimit::NotSet;
    let heartbeat = args.heartbeat_alert.map(|line| &*line.leak());
    let heartbeat = heartbeat.or(file.heartbeat_alert());
    let device = settings.device;
    let kiosk = desktop::kiosk(config, settings, heartbeat);
    if let Some(report) = report.filter(|report| report.corrupted > 0) {
        kiosk.note(Note::JournalDamaged(report.corrupted));
    }
    if !args.no_webhooks {
        let listener = Listener::bind(args.listen)
            .await
            .map_err(|error| format!("cannot take webhooks on {}: {error}", args.listen))?;
        eprintln!("webhooks: http://{}{webhook_path}", listener.local_addr()?);
        tokio::task::spawn_local(take_webhooks(listener, kiosk, clock));
    }
    eprintln!(
        "alerts from standard input to {}, one JSON object a line",
        args.server.graph
    );
    // Beside the kiosk, not before it: an alert must not wait for it.
    let (ca, graph) = (args.server.transport()?, args.server.graph.clone());
    tokio::task::spawn_local(async move {
        let tell = |note| {
            if let Note::Number(number) = note
                && let Some(limit) = number
                    .limit
                    .and_then(MessagingLimit::parse)
                    .filter(|_| ask_for_limit)
            {
                kiosk.with_client(|client| client.set_messaging_limit(Time::now(clock), limit));
            }
            kiosk.note(note);
        };
        number::check(config, &ca, clock, &graph, tell).await;
    });
    let outbox = args.outbox.map(|cloud| {
        let cloud = CloudAt {
            cloud,
            ca: args.server.ca.clone(),
        };
        Rc::new(Outbox::new(cloud, device))
    });
    let telling = outbox.clone().map(|outbox| {
        let under_way = || kiosk.with_client(|client| client.in_flight());
        tokio::task::spawn_local(async move { outbox.tell(under_way).await })
    });
    let board = Board {
        transport: &transport,
        clock,
        journal: journal.as_deref_mut(),
        endpoint,
        base_path,
        input: Overheard {
            stream: FromTokio::new(tokio::io::stdin()),
            outbox: outbox.clone(),
        },
        reader: desktop::reader(),
        output: Overheard {
            stream: FromTokio::new(tokio::io::stdout()),
            outbox: outbox.clone(),
        },
    };
    let ended = Box::pin(kiosk.run(board)).await;
    if let (Some(outbox), Some(telling)) = (outbox, telling) {
        telling.abort();
        outbox.end().await;
    }
    ended.map_err(|error| format!("standard output: {error:?}").into())
}

/// In memory of its own, for the rest of the process.
fn leak(wishes: Wishes) -> &'static Wishes {
    Box::leak(Box::new(wishes))
}

fn span(time: Duration) -> embassy_time::Duration {
    embassy_time::Duration::from_micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}
