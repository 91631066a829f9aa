//! `squab cloud`: the simulated Meta cloud, for the kiosk or for anyone's client.

use super::{Failure, print};
use clap::{Args, ValueEnum};
use squab::clock::Clock;
use squab::cloud::judge::{CountFrom, JudgeSettings, Receipts, RefusedAttempt};
use squab::cloud::{
    self, Cloud, CloudHandle, CloudSettings, Delivery, PageAccess, Readings, Recipients, Rules, Subscription,
    TemplateFile, UserBehaviour, WindowRule,
};
use std::future::pending;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::time::{Duration, SystemTime};
use tokio::sync::broadcast::error::RecvError;

/// Be Meta: take messages, judge them by Meta's rules, post signed webhooks
#[derive(Args)]
pub(crate) struct CloudArgs {
    /// Listen here
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Host name or IP address by which devices reach this cloud: its certificate is good for it (repeatable)
    #[arg(long = "name", value_name = "NAME")]
    names: Vec<String>,
    /// Let page and test API answer to everybody who reaches the address, not to this machine only: whoever does can read
    /// every message and do everything that a user can
    #[arg(long)]
    open_page: bool,
    /// How many times as fast as real time the cloud's clock runs while nothing is in flight; 0 stops it until it is set
    /// forward by the test API
    #[arg(long, value_name = "TIMES", default_value_t = 1)]
    speed: u32,
    /// Plain HTTP in place of HTTPS; on loopback only
    #[arg(long)]
    plain: bool,
    /// Write the certificate authority to trust, as PEM
    #[arg(long, value_name = "FILE")]
    ca_out: Option<PathBuf>,
    /// Write a configuration with which `squab kiosk` and `squab send` reach this cloud
    #[arg(long, value_name = "FILE")]
    config_out: Option<PathBuf>,
    /// Post webhooks to this URL on loopback, as soon as somebody answers there
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// Fields of the webhooks, with commas between; default all
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    webhook_fields: Vec<String>,
    /// Most updates in one webhook; they wait a second for each other
    #[arg(long, value_name = "UPDATES", default_value_t = 1)]
    batch: usize,
    /// Version of the Graph API that webhooks have: before 24 statuses carry `conversation`
    #[arg(long, value_name = "VERSION", default_value_t = 25)]
    webhook_version: u8,
    /// Access token that is accepted
    #[arg(long, default_value = cloud::TOKEN)]
    token: String,
    /// Id of the business number
    #[arg(long, default_value = cloud::PHONE_NUMBER_ID)]
    phone_number_id: String,
    /// Secret that webhooks are signed with
    #[arg(long, default_value = cloud::APP_SECRET)]
    app_secret: String,
    /// Token that a webhook subscriber is verified with
    #[arg(long, default_value = cloud::VERIFY_TOKEN)]
    verify_token: String,
    /// From which message of a burst the wait counts
    #[arg(long, value_enum, default_value_t = From::Last)]
    count_from: From,
    /// What a refused attempt costs
    #[arg(long, value_enum, default_value_t = Refused::Free)]
    refused: Refused,
    /// Read receipts do not count for the pair rule
    #[arg(long)]
    ignore_receipts: bool,
    /// Which of two limits to take where Meta's pages name two: the body of a list, contacts, a flow's label
    #[arg(long, value_enum, default_value_t = Limits::Strict)]
    limits: Limits,
    /// What becomes of free-form messages outside the 24-hour window: Meta lets most fail late
    #[arg(long, value_enum, default_value_t = Window::Off)]
    window: Window,
    /// Different users in 24 hours that templates reach outside their windows; default any
    #[arg(long, value_name = "USERS")]
    messaging_limit: Option<usize>,
    /// Messages a second, in and out together
    #[arg(long, value_name = "MESSAGES", default_value_t = 80)]
    throughput: usize,
    /// TOML file with an approved template, as `squab template create` takes it, or with several tables `[[template]]` as
    /// in Meta's request (repeatable)
    #[arg(long, value_name = "FILE")]
    templates: Vec<PathBuf>,
    /// A test number, which writes to this recipient and the others of the list only; at most five (repeatable)
    #[arg(long = "recipient", value_name = "NUMBER")]
    recipients: Vec<String>,
    /// The messaging limit grows as Meta says
    #[arg(long)]
    growth: bool,
    /// How long after its delivery everybody reads a message
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = crate::time)]
    read_after: Duration,
    /// Nobody reads: read receipts are off
    #[arg(long, conflicts_with = "read_after")]
    no_read: bool,
    /// How long after its delivery everybody presses the first button of a message that has one; else nobody does
    #[arg(long, value_name = "TIME", value_parser = crate::time)]
    press_after: Option<Duration>,
    /// Seed of message ids and delays
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum From {
    First,
    Last,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Window {
    Off,
    AtOnce,
    Late,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Refused {
    Free,
    PlusSix,
    RestartWait,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Limits {
    Strict,
    Generous,
}

/// Runs until it is stopped.
pub(crate) async fn run(args: CloudArgs) -> Result<(), Failure> {
    let judge = JudgeSettings::new(
        match args.count_from {
            From::First => CountFrom::FirstMessage,
            From::Last => CountFrom::LastMessage,
        },
        match args.refused {
            Refused::Free => RefusedAttempt::Free,
            Refused::PlusSix => RefusedAttempt::PlusSix,
            Refused::RestartWait => RefusedAttempt::RestartWait,
        },
        if args.ignore_receipts {
            Receipts::Ignore
        } else {
            Receipts::Count
        },
    );
    let recipients = Recipients::new(args.recipients.iter().map(String::as_str))
        .map_err(|error| format!("--recipient: {error}"))?;
    let fields = args.webhook_fields.iter().map(String::as_str);
    Subscription::new("", "")
        .fields(fields)
        .map_err(|error| format!("--webhook-fields: {error}"))?;
    let mut templates = Vec::new();
    for path in &args.templates {
        let wrong = |why: String| format!("{}: {why}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let file = if text.contains("[[template]]") {
            TemplateFile::parse(&text)
        } else {
            TemplateFile::from_requests(&[super::template::request(&text).map_err(wrong)?])
        };
        templates.push(file.map_err(|error| wrong(error.to_string()))?);
    }
    // A clock that can be set: at the speed of 1 it runs as a real one does.
    let clock = Clock::simulated(1, SystemTime::now());
    clock.set_speed(args.speed);
    let cloud = Cloud::start(CloudSettings {
        listen: args.listen,
        tls: !args.plain,
        page_access: if args.open_page {
            PageAccess::Everybody
        } else {
            PageAccess::ThisMachine
        },
        clock,
        token: args.token.clone(),
        phone_number_id: args.phone_number_id.clone(),
        app_secret: args.app_secret.clone(),
        verify_token: args.verify_token.clone(),
        webhook_fields: (!args.webhook_fields.is_empty()).then(|| args.webhook_fields.clone()),
        names: args.names.clone(),
        judge,
        readings: match args.limits {
            Limits::Strict => Readings::STRICT,
            Limits::Generous => Readings::GENEROUS,
        },
        rules: Rules {
            window: match args.window {
                Window::Off => WindowRule::Off,
                Window::AtOnce => WindowRule::AtOnce,
                Window::Late => WindowRule::Late,
            },
            throughput: Some(args.throughput),
            messaging_limit: args.messaging_limit,
            growth: args.growth,
            recipients: (!args.recipients.is_empty()).then_some(recipients),
            ..Rules::default()
        },
        anyone: UserBehaviour {
            read_after: (!args.no_read).then_some(args.read_after),
            acknowledges: args.press_after.map(|after| (after, 0)),
            ..UserBehaviour::default()
        },
        seed: args.seed,
        ..CloudSettings::default()
    })
    .await?;
    cloud.set_delivery(Delivery {
        batch: args.batch,
        gather_ms: if args.batch > 1 { 1_000 } else { 0 },
        version: args.webhook_version,
        ..Delivery::default()
    });
    for file in &templates {
        cloud.add_template_file(file);
    }
    let mut events = cloud.events();
    print(format_args!("the cloud: {}", cloud.base_url()));
    for name in &args.names {
        let scheme = if args.plain { "http" } else { "https" };
        print(format_args!(
            "       or: {scheme}://{name}:{}",
            cloud.addr().port()
        ));
    }
    print(format_args!(
        "messages:  POST {}/v25.0/{}/messages",
        cloud.base_url(),
        args.phone_number_id
    ));
    let whose = if args.open_page {
        "everybody who reaches this address"
    } else {
        "this machine only; --open-page opens them to others"
    };
    print(format_args!(
        "page:      {0}{1}/\ntest API:  {0}{1}/api/v1 (page and test API: for {whose})",
        cloud.base_url(),
        cloud::PREFIX
    ));
    if let Some(path) = &args.ca_out {
        std::fs::write(path, cloud.ca_pem()).map_err(|error| format!("{}: {error}", path.display()))?;
        print(format_args!("authority: {}", path.display()));
    } else if !args.plain {
        print(format_args!(
            "authority: not written; --ca-out FILE writes what clients have to trust"
        ));
    }
    if let Some(path) = &args.config_out {
        let text = format!(
            "name,value\nwhatsapp-api-key,{}\nwhatsapp-phone-number-id,{}\nwhatsapp-verify-token,{}\n\
             whatsapp-app-secret,{}\nwhatsapp-business-account-id,{}\n",
            args.token,
            args.phone_number_id,
            args.verify_token,
            args.app_secret,
            cloud::BUSINESS_ACCOUNT_ID
        );
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        print(format_args!("config:    {}", path.display()));
    }
    let mut subscription = pin!(subscribe(&cloud, args.webhook.as_deref()));
    loop {
        let event = tokio::select! {
            () = &mut subscription => continue,
            event = events.recv() => event,
        };
        match event {
            Ok(event) => print(format_args!("{:>9.3} {event}", event.at.as_secs_f64())),
            Err(RecvError::Lagged(count)) => print(format_args!("({count} events not shown)")),
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

/// Subscribes the webhooks' receiver, waiting until it is there; then, or without one, never ends.
async fn subscribe(cloud: &CloudHandle, url: Option<&str>) {
    if let Some(url) = url {
        let mut waiting = false;
        while let Err(error) = cloud.subscribe(url).await {
            if !waiting {
                print(format_args!("waiting for {url}: {error}"));
                waiting = true;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    pending::<()>().await;
}
