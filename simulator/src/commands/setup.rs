//! `squab setup`: registers the business number with its PIN, and subscribes the app to the account's webhooks.
//!
//! What is done already is left alone, so that it can be run again. Meta counts registrations: ten in 72 hours.

use super::ask::escaped;
use super::graph::{Ready, SCRATCH};
use super::{Failure, Place, print, read};
use clap::Args;
use serde_json::json;
use squab_adapters::http::Method;
use squab_core::graph::reads::{self, Member};
use squab_core::graph::{Concern, Found, Members};
use squab_core::secret::Secret;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Register the business number and subscribe the app to webhooks, as far as that is not done
#[derive(Args)]
pub(crate) struct Setup {
    #[command(flatten)]
    place: Place,
    /// The number's two-step verification PIN, six digits: a file, or - for standard input. A number that has none yet gets
    /// this one
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// Ask, and say what would be done; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Digits of a PIN (Meta, "Two-step verification").
const PIN: usize = 6;

/// Room for what the questions here are answered with.
type Answer = Members<2048>;

/// Does what is to be done, and says so.
pub(crate) async fn run(args: Setup) -> Result<(), Failure> {
    // What the file says that it should not, the doctor tells.
    let (device, transport, graph) = args.place.open(&mut |_| {})?;
    let ready = Ready::at(device.whatsapp(), transport, graph);
    let number = ready.config.phone_number_id();
    let node = ask(
        &ready,
        number,
        "?fields=status,code_verification_status",
        &reads::OBJECT,
    )
    .await?;
    let found = node.found();
    let concern = |member| found.get(member).and_then(|word| Concern::of(member, word));
    if concern(Member::Status).is_none() {
        print("registered already: nothing to do");
    } else if concern(Member::CodeVerificationStatus).is_some() {
        return Err(
            "the number is not verified: verify it in the WhatsApp Manager, Phone numbers, by SMS or call, and come again"
                .into(),
        );
    } else if args.dry_run {
        print("not registered: the number would be registered with its PIN");
    } else {
        let path = args.pin_file.as_ref().ok_or(
            "the number is not registered, and that takes its PIN: give it with --pin-file FILE, or - for standard input",
        )?;
        let pin = pin(path)?;
        let body = json!({ "messaging_product": "whatsapp", "pin": pin.expose() });
        post(&ready, number, "/register", Some(&body.to_string())).await?;
        print("registered");
    }
    let account = ready.business_account()?;
    let token = format!("?input_token={}", escaped(ready.config.api_key().expose()));
    let token = ask(&ready, "debug_token", &token, &reads::TOKEN).await?;
    let app = token.found().get(Member::AppId).map(str::to_owned);
    let app = app.ok_or("Meta does not say which app the token belongs to: the token is not valid")?;
    if is_subscribed(&ready, account, &app).await? {
        print("subscribed already: nothing to do");
    } else if args.dry_run {
        print("not subscribed: the app would be subscribed to the account's webhooks");
    } else {
        post(&ready, account, "/subscribed_apps", None).await?;
        print("subscribed");
    }
    Ok(())
}

/// Reads the PIN. It is in no error.
fn pin(path: &Path) -> Result<Secret<PIN>, Failure> {
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        read(path)?
    };
    let digits = text.trim();
    if digits.len() != PIN || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a PIN has six digits, and what was given has not".into());
    }
    Secret::new(digits).ok_or_else(|| "a PIN has six digits".into())
}

async fn ask(
    ready: &Ready,
    id: &str,
    tail: &str,
    table: &'static squab_core::json::Schema,
) -> Result<Box<Answer>, Failure> {
    let mut answer = Box::new(Answer::new(table));
    let mut scratch = vec![0; SCRATCH];
    ready
        .graph()
        .ask(
            Method::Get,
            id,
            tail,
            None,
            &mut answer,
            &mut |_| {},
            &mut scratch,
        )
        .await?;
    Ok(answer)
}

/// Posts, and fails unless Meta says that it is done.
async fn post(ready: &Ready, id: &str, tail: &str, body: Option<&str>) -> Result<(), Failure> {
    let mut answer = Answer::new(&reads::OBJECT);
    let mut scratch = vec![0; SCRATCH];
    let body = Some(body.unwrap_or("{}").as_bytes());
    ready
        .graph()
        .ask(
            Method::Post,
            id,
            tail,
            body,
            &mut answer,
            &mut |_| {},
            &mut scratch,
        )
        .await?;
    match answer.found().get(Member::Success) {
        Some("true") => Ok(()),
        _ => Err("Meta does not say that it is done".into()),
    }
}

async fn is_subscribed(ready: &Ready, account: &str, app: &str) -> Result<bool, Failure> {
    let mut answer = Answer::new(&reads::LIST);
    let mut scratch = vec![0; SCRATCH];
    let mut there = false;
    let mut each = |found: Found<'_>| there |= found.get(Member::Id) == Some(app);
    ready
        .graph()
        .ask(
            Method::Get,
            account,
            "/subscribed_apps",
            None,
            &mut answer,
            &mut each,
            &mut scratch,
        )
        .await?;
    Ok(there)
}
