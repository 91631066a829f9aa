//! What a kiosk calls, and nothing else: texts, templates and reply buttons out, answers, webhooks and events in.
//!
//! Linked in place of all other probes with the feature `kiosk`; `cargo xtask size` shows it as the kiosk profile.

use crate::{client, io, webhook};
use squab_core::client::{Client, Options, WebhookAnswer};
use squab_core::message::{Button, Content, Fallback, Parameter, ReplyButton, ReplyButtons, Template, Text};
use squab_core::recipient::Recipient;

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_kiosk() {
    let client = client::client();
    let mut last = None;
    while io::flag() {
        match io::byte() {
            0 => submit(client),
            1 => last = client::poll(client).or(last),
            2 => receive(client),
            3 => client::events(client),
            _ => {
                if let Some(id) = last {
                    client::reply(client, id);
                }
            }
        }
    }
}

fn submit(client: &mut Client) {
    let Ok(recipient) = Recipient::parse(io::text()) else {
        return;
    };
    with_any(&mut |content| {
        if let Err(why) = Client::submit(client, io::instant(), &recipient, content, Options::urgent()) {
            io::shown(why);
        }
    });
}

/// Calls `then` with any message of a kiosk.
pub fn with_any(then: &mut dyn FnMut(&dyn Content)) {
    match io::byte() {
        0 => then(&Text::new(io::text()).fallback(Fallback::new(io::text(), io::text()))),
        1 => {
            let buttons = [Button::quick_reply(io::byte(), io::text())];
            let template = Template::new(io::text(), io::text());
            then(&template.body(&[Parameter::new(io::text()); 2]).buttons(&buttons));
        }
        _ => {
            let buttons = [ReplyButton::new(io::text(), io::text()); 2];
            then(&ReplyButtons::new(io::text(), &buttons));
        }
    }
}

fn receive(client: &mut Client) {
    webhook::with_any(|signature, batch| {
        let answer = Client::on_webhook(client, io::instant(), signature, batch);
        io::used(WebhookAnswer::http_status(answer));
    });
}
