//! `squab decode`: a webhook's body from standard input to typed events, one JSON object a line.

use super::Failure;
use clap::Args;
use squab_core::client::Event;
use squab_core::webhook::{Check, Filter, Receiver, Update};
use squab_kiosk::lines::{LINE_MAX, write_event};
use std::io::{Read, Write};

/// Bytes of updates that are shown at a time; a larger body is gone through several times, as a device would.
const STAGE: usize = 64 * 1024;

/// Read a webhook's body, check its signature, print what it tells
#[derive(Args)]
pub(crate) struct Decode {
    /// The app secret that signed it
    #[arg(long, requires = "signature")]
    app_secret: Option<String>,
    /// The header X-Hub-Signature-256, with or without "sha256="
    #[arg(long, requires = "app_secret")]
    signature: Option<String>,
    /// Only what concerns this business number
    #[arg(long, value_name = "ID")]
    phone_number_id: Option<String>,
}

/// Prints every update of the body.
pub(crate) fn run(args: &Decode) -> Result<(), Failure> {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body)?;
    let header = args.signature.as_ref().map(|signature| {
        if signature.starts_with("sha256=") {
            signature.clone()
        } else {
            format!("sha256={signature}")
        }
    });
    let filter = Filter {
        phone_number_id: args.phone_number_id.as_deref(),
        callback_prefix: "",
    };
    let mut output = std::io::stdout().lock();
    let mut line = vec![0; LINE_MAX];
    let mut skip = 0;
    loop {
        let check = match &header {
            Some(header) => Check::signed(args.app_secret.as_deref(), Some(header))?,
            None => Check::dangerous_unchecked(),
        };
        let mut receiver = Box::new(Receiver::<STAGE>::new(check, filter, skip));
        receiver.push(&body)?;
        let batch = receiver.finish()?;
        for item in &batch {
            let event = match item.update {
                Update::Message(message) => Event::Message {
                    answers: None,
                    message,
                },
                Update::Status(update) => Event::Status { ticket: None, update },
                Update::Error(error) => Event::Error { code: error.code },
                Update::Notice(notice) => Event::Notice { notice },
                // A contact joins two names of one user, and is no event of its own.
                _ => continue,
            };
            let length = write_event(&event, &mut line).map_err(|_| "an event is too long for a line")?;
            output.write_all(line.get(..length).unwrap_or_default())?;
        }
        match batch.next_index() {
            Some(next) => skip = next,
            None => break,
        }
    }
    Ok(())
}
