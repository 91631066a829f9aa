//! `squab send`: one message, by the same client as the kiosk's, and what became of it.

mod content;

use super::{Failure, Server, config, print, settings};
use clap::Args;
use content::Content;
use embassy_time::{Duration as Span, Instant};
use embedded_io_adapters::tokio_1::FromTokio;
use serde_json::{Value, json};
use squab::clock::Clock;
use squab::desktop;
use squab_adapters::transport::Endpoint;
use squab_core::client::{Client, Options, Refused, Step, Ticket};
use squab_core::config::Config;
use squab_core::message;
use squab_core::recipient::Recipient;
use squab_kiosk::lines::read_line;
use squab_kiosk::{Board, NoJournal};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Send one message
#[derive(Args)]
#[command(
    override_usage = "squab send --config <FILE> --to <WHO> --text <TEXT> [OPTIONS]\n       \
                            squab send --config <FILE> --to <WHO> --template <NAME> [OPTIONS]\n       \
                            squab send --config <FILE> --json <LINE>"
)]
pub(crate) struct Send {
    /// The name,value file of the WhatsApp channel
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    config: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
    /// Phone number with + and country code, or a business-scoped user id
    #[arg(
        long,
        value_name = "WHO",
        required_unless_present_any = ["group", "json"],
        conflicts_with = "group"
    )]
    to: Option<String>,
    /// Id of a group
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// Go first, and burst if need be
    #[arg(long)]
    urgent: bool,
    /// Give up after this time
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = crate::time)]
    wait: Duration,
    /// Print the body that would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    content: Content,
}

/// Language of templates when there is no configuration to tell it, as for `--dry-run`.
const LANGUAGE: &str = "en_US";
/// Bytes of one message: the most that the reader takes.
const TEXT: usize = 65_535;

/// Sends, and prints what happens as JSON lines. Fails unless Meta accepted the message.
pub(crate) async fn run(args: Send) -> Result<(), Failure> {
    let config = args.config.as_ref().map(|path| config(path, false)).transpose()?;
    let language = config.map_or(LANGUAGE, Config::template_language);
    let line = args.line()?;
    // The way of the line: how long is told by an option, which is finer than a line.
    let wait = Span::from_micros(u64::try_from(args.wait.as_micros())?);
    let says_how_long = line.get("expires_in").is_some_and(|value| !value.is_null());
    let expires_in = (!says_how_long).then_some(wait);
    let line = line.to_string();
    let submit = |submit: Submit<'_>| read(&line, language, expires_in, submit);
    match config {
        _ if args.dry_run => print_body(submit),
        Some(config) => {
            let clock: &'static Clock = Box::leak(Box::new(Clock::real()));
            let transport = args.server.transport()?;
            let (endpoint, base_path) = Endpoint::parse(&args.server.graph)?;
            let kiosk = desktop::kiosk(config, settings(0, false), None);
            let now = squab_adapters::clock::Clock::now(clock);
            submit(&mut |to, content, options| {
                kiosk.with_client(|client| client.submit(now, to, content, options))
            })?;
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            let board = Board {
                transport: &transport,
                clock,
                journal: NoJournal,
                endpoint,
                base_path,
                input: FromTokio::new(tokio::io::empty()),
                reader: desktop::reader(),
                output: FromTokio::new(theirs),
            };
            let (sent, accepted) = tokio::join!(Box::pin(kiosk.run(board)), print_events(ours));
            sent.map_err(|error| format!("the events: {error:?}"))?;
            if accepted? {
                Ok(())
            } else {
                Err("the message was not accepted".into())
            }
        }
        None => Err("--config is missing".into()),
    }
}

impl Send {
    /// The line that a kiosk would be given.
    fn line(&self) -> Result<Value, Failure> {
        let mut line = self.content.members()?;
        for (key, value) in [
            ("to", self.to.clone()),
            ("group", self.group.clone()),
            ("priority", self.urgent.then(|| "urgent".to_owned())),
        ] {
            if let Some(value) = value {
                line.insert(key.to_owned(), json!(value));
            }
        }
        Ok(line.into())
    }
}

/// Takes what a line says.
type Submit<'a> = &'a mut dyn FnMut(&Recipient, &dyn message::Content, Options) -> Result<Ticket, Refused>;

/// Reads the line and has it submitted; `expires_in` if the line does not say how long.
fn read(line: &str, language: &str, expires_in: Option<Span>, submit: Submit<'_>) -> Result<Ticket, Failure> {
    read_line::<TEXT, _>(line, |line| {
        let alert = line.alert?;
        if alert.receipt().is_some() {
            return Err("\"read\" is for a kiosk: its client knows what comes first".into());
        }
        if alert.alarm().is_some() {
            return Err("a list of recipients is for a kiosk: its client knows who is told when".into());
        }
        let mut options = alert.options();
        options.expires_in = expires_in.unwrap_or(options.expires_in);
        // One line has none to merge with.
        options.merge = None;
        let mut room = vec![0; TEXT];
        let alert = alert.worded(0, "", &mut room)?;
        let ticket = alert.with_content(language, |content| submit(alert.recipient(), content, options))?;
        Ok(ticket)
    })
}

/// What the client would send first.
fn print_body(submit: impl FnOnce(Submit<'_>) -> Result<Ticket, Failure>) -> Result<(), Failure> {
    let mut client = Box::new(Client::<1, 1, 65_536, 1>::new(settings(0, true)));
    let start = Instant::from_ticks(0);
    submit(&mut |to, content, options| client.submit(start, to, content, options))?;
    let Step::Send(_, request) = client.poll(start) else {
        return Err("the client has nothing to send".into());
    };
    let mut body = vec![0; request.body_len()];
    request.read_body(0, &mut body);
    print(String::from_utf8(body)?);
    Ok(())
}

/// Prints the events; whether Meta accepted the message.
async fn print_events(events: tokio::io::DuplexStream) -> Result<bool, Failure> {
    let mut accepted = false;
    let mut lines = BufReader::new(events).lines();
    while let Some(line) = lines.next_line().await? {
        print(&line);
        let event: Value = serde_json::from_str(&line)?;
        accepted |= event["event"] == "outcome" && event["outcome"] == "accepted";
    }
    Ok(accepted)
}
