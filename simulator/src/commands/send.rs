//! `squab send`: one message, by the same client as the kiosk's, and what became of it.

use super::{Failure, Server, config, print, settings};
use clap::Args;
use embassy_time::{Duration as Span, Instant};
use embedded_io_adapters::tokio_1::FromTokio;
use squab::clock::Clock;
use squab::desktop;
use squab_adapters::transport::Endpoint;
use squab_core::client::{Client, Options, Priority, Step};
use squab_core::message::{Button, Fallback, Message, Parameter, Template, Text};
use squab_core::recipient::{GroupId, Recipient};
use squab_kiosk::Board;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Send one message
#[derive(Args)]
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
        required_unless_present = "group",
        conflicts_with = "group"
    )]
    to: Option<String>,
    /// Id of a group
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// The text
    #[arg(long, required_unless_present = "template", conflicts_with = "template")]
    text: Option<String>,
    /// Show a preview of the text's first link
    #[arg(long, requires = "text")]
    preview_url: bool,
    /// Template that carries the text if the 24-hour window is closed
    #[arg(long, value_name = "NAME", requires = "text")]
    fallback: Option<String>,
    /// Name of a template
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// Language of the template; otherwise the configuration's
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// Parameter of the template's header
    #[arg(long, value_name = "[NAME=]TEXT", requires = "template")]
    header: Option<String>,
    /// Parameter of the template's body; repeat it
    #[arg(long, value_name = "[NAME=]TEXT", requires = "template")]
    param: Vec<String>,
    /// The parameters have names: the part before the first = is the name
    #[arg(long, requires = "template")]
    named: bool,
    /// Payload of a quick-reply button, in the order of the buttons; repeat it
    #[arg(long, value_name = "TEXT", requires = "template")]
    payload: Vec<String>,
    /// Go first, and burst if need be
    #[arg(long)]
    urgent: bool,
    /// Give up after this time
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = crate::time)]
    wait: Duration,
    /// Print the body that would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// Language of templates when there is no configuration to tell it, as for `--dry-run`.
const LANGUAGE: &str = "en_US";

/// Sends, and prints what happens as JSON lines. Fails unless Meta accepted the message.
pub(crate) async fn run(args: Send) -> Result<(), Failure> {
    let config = args.config.as_ref().map(|path| config(path, false)).transpose()?;
    let language = args.language.clone();
    let language = language
        .as_deref()
        .or(config.as_ref().map(|c| c.template_language()))
        .unwrap_or(LANGUAGE)
        .to_owned();
    let recipient = match (&args.to, &args.group) {
        (Some(to), _) => Recipient::parse(to)?,
        (None, Some(id)) => Recipient::Group(GroupId::parse(id)?),
        (None, None) => return Err("--to or --group is missing".into()),
    };
    let priority = if args.urgent {
        Priority::Urgent
    } else {
        Priority::Normal
    };
    let expires_in = Span::from_micros(u64::try_from(args.wait.as_micros())?);
    let options = Options {
        priority,
        expires_in,
        ..Options::default()
    };
    let header: Vec<_> = args
        .header
        .iter()
        .map(|text| parameter(text, args.named))
        .collect();
    let body: Vec<_> = args
        .param
        .iter()
        .map(|text| parameter(text, args.named))
        .collect();
    let buttons: Vec<_> = (0u8..)
        .zip(&args.payload)
        .map(|(at, text)| Button::quick_reply(at, text))
        .collect();
    let message = match (&args.text, &args.template) {
        (Some(text), _) => {
            let text = Text::new(text).preview_url(args.preview_url);
            Message::Text(match &args.fallback {
                Some(name) => text.fallback(Fallback::new(name, &language)),
                None => text,
            })
        }
        (None, Some(name)) => Message::Template(
            Template::new(name, &language)
                .header(&header)
                .body(&body)
                .buttons(&buttons),
        ),
        (None, None) => return Err("--text or --template is missing".into()),
    };
    match config {
        _ if args.dry_run => print_body(&recipient, &message, options),
        Some(config) => {
            let clock: &'static Clock = Box::leak(Box::new(Clock::real()));
            let transport = args.server.transport()?;
            let (endpoint, base_path) = Endpoint::parse(&args.server.graph)?;
            let kiosk = desktop::kiosk(config, settings(0, false));
            let now = squab_adapters::clock::Clock::now(clock);
            kiosk.with_client(|client| client.submit(now, &recipient, &message, options))?;
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            let board = Board {
                transport: &transport,
                clock,
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

fn parameter(text: &str, named: bool) -> Parameter<'_> {
    match text.split_once('=') {
        Some((name, text)) if named => Parameter::named(name, text),
        _ => Parameter::new(text),
    }
}

/// What the client would send first.
fn print_body(recipient: &Recipient, message: &Message<'_>, options: Options) -> Result<(), Failure> {
    let mut client = Box::new(Client::<1, 1, 65_536, 1>::new(settings(0, false)));
    client.submit(Instant::from_ticks(0), recipient, message, options)?;
    let Step::Send(_, request) = client.poll(Instant::from_ticks(0)) else {
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
        let event: serde_json::Value = serde_json::from_str(&line)?;
        accepted |= event["event"] == "outcome" && event["outcome"] == "accepted";
    }
    Ok(accepted)
}
