//! `squab_core::message`

use crate::io;
use squab_core::json;
use squab_core::message::limits::{check_callback_data, check_language};
use squab_core::message::{
    Button, EncodeError, Fallback, Form, Invalid, Message, Parameter, Stored, Template, Text, encode,
    stored_len,
};
use squab_core::recipient::Recipient;
use squab_core::record::Writer;

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_message() {
    let Ok(recipient) = Recipient::parse(io::text()) else {
        return;
    };
    with_any(|message| {
        shown(Message::check(message));
        io::used(stored_len(message, &recipient));
        match encode(message, &recipient, &mut Writer::new(io::buffer())) {
            Ok(()) => {}
            Err(EncodeError::Invalid(why)) => shown(Err(why)),
            Err(why) => io::shown(why),
        }
    });
    shown(check_callback_data(io::text()));
    shown(check_language(io::text()));

    let stored = Stored::new(io::bytes());
    io::used((Stored::recipient(&stored), Stored::is_to(&stored, &recipient)));
    io::used((Stored::kind(&stored), Stored::has_fallback(&stored)));
    io::used((Stored::text(&stored), Stored::template_name(&stored)));
    io::used(Stored::template_language(&stored));
    for payload in Stored::quick_reply_payloads(&stored) {
        io::used(payload);
    }
    let form = io::one([Form::Primary, Form::Fallback], Form::Primary);
    if let Some(wire) = Stored::wire(&stored, form, io::text()) {
        io::used(json::encoded_len(&wire));
        io::used(json::read_at(&wire, io::number(), io::buffer()));
    }
}

/// Calls `then` with any message.
pub fn with_any(mut then: impl FnMut(&Message<'_>)) {
    let mut text = Text::preview_url(Text::new(io::text()), io::flag());
    let parameters = [
        Parameter::new(io::text()),
        Parameter::named(io::text(), io::text()),
    ];
    let buttons = [
        Button::quick_reply(io::byte(), io::text()),
        Button::url(io::byte(), io::text()),
    ];
    io::used(io::some(&buttons).iter().map(Button::index).max());
    let mut template = Template::new(io::text(), io::text());
    if io::flag() {
        template = Template::header(template, io::some(&parameters));
        template = Template::body(template, io::some(&parameters));
        template = Template::buttons(template, io::some(&buttons));
        let fallback = Fallback::new(io::text(), io::text());
        text = Text::fallback(text, Fallback::parameter_name(fallback, io::text()));
    }
    then(&if io::flag() { text.into() } else { template.into() });
}

fn shown(checked: Result<(), Invalid>) {
    if let Err(why) = checked {
        io::shown(why);
    }
}
