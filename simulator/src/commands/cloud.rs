//! `squab cloud`: the simulated Meta cloud, for the kiosk or for anyone's client.

use super::{Failure, print};
use clap::{Args, ValueEnum};
use squab::cloud::judge::{CountFrom, JudgeSettings, Receipts, RefusedAttempt};
use squab::cloud::{self, Cloud, CloudSettings};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::sync::broadcast::error::RecvError;

/// Be Meta: take messages, judge them by Meta's rules, post signed webhooks
#[derive(Args, Debug)]
pub(crate) struct CloudArgs {
    /// Listen here
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Plain HTTP in place of HTTPS; on loopback only
    #[arg(long)]
    plain: bool,
    /// Write the certificate authority to trust, as PEM
    #[arg(long, value_name = "FILE")]
    ca_out: Option<PathBuf>,
    /// Post webhooks to this URL on loopback
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
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
enum Refused {
    Free,
    PlusSix,
    RestartWait,
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
    let cloud = Cloud::start(CloudSettings {
        listen: args.listen,
        tls: !args.plain,
        token: args.token,
        phone_number_id: args.phone_number_id.clone(),
        app_secret: args.app_secret,
        verify_token: args.verify_token,
        judge,
        seed: args.seed,
        ..CloudSettings::default()
    })
    .await?;
    let mut events = cloud.events();
    print(format_args!("the cloud: {}", cloud.base_url()));
    print(format_args!(
        "messages:  POST {}/v25.0/{}/messages",
        cloud.base_url(),
        args.phone_number_id
    ));
    if let Some(path) = &args.ca_out {
        std::fs::write(path, cloud.ca_pem()).map_err(|error| format!("{}: {error}", path.display()))?;
        print(format_args!("authority: {}", path.display()));
    } else if !args.plain {
        print(format_args!(
            "authority: not written; --ca-out FILE writes what clients have to trust"
        ));
    }
    if let Some(url) = &args.webhook {
        cloud.subscribe(url).await?;
    }
    loop {
        match events.recv().await {
            Ok(event) => print(format_args!("{:>9.3} {event}", event.at.as_secs_f64())),
            Err(RecvError::Lagged(count)) => print(format_args!("({count} events not shown)")),
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}
