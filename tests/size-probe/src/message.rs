//! `squab_core::message`

use crate::io;
use squab_core::message::limits::{Reading, check_callback_data, check_language};
use squab_core::message::{
    Audio, Authentication, Button, Contact, ContactInfoRequest, Contacts, Content, CtaUrl, Degrees, Document,
    EncodeError, Fallback, Flow, Header, Image, Invalid, Kind, List, Location, LocationRequest, Message,
    Numbers, NumbersPart, Parameter, Raw, Reaction, ReadReceipt, Reply, ReplyButton, ReplyButtons, Row,
    Section, Sticker, Stored, Tagged, Template, Text, Video, Wire, check, encode,
};
use squab_core::recipient::Recipient;
use squab_core::record::Writer;

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_message() {
    let Ok(recipient) = Recipient::parse(io::text()) else {
        return;
    };
    let reading = *io::any();
    io::used((Reading::list_body(reading), Reading::contacts(reading)));
    io::used(Reading::lone_section_title(reading));
    with_any(&mut |message| {
        match check(message, &recipient, reading) {
            Ok(len) => io::used(len),
            Err(why) => io::shown(why),
        }
        match encode(message, &recipient, reading, &mut Writer::new(io::buffer())) {
            Ok(()) => {}
            Err(EncodeError::Invalid(why)) => io::shown(why),
            Err(why) => io::shown(why),
        }
    });
    shown(check_callback_data(io::text()));
    shown(check_language(io::text()));

    let stored = Stored::new(io::bytes());
    io::used((Stored::recipient(&stored), Stored::is_to(&stored, &recipient)));
    io::used(Stored::kind(&stored).map(Kind::name));
    io::used(Stored::has_fallback(&stored));
    io::used((Stored::text(&stored), Stored::template_name(&stored)));
    io::used(Stored::template_language(&stored));
    for payload in Stored::quick_reply_payloads(&stored) {
        io::used(payload);
    }
    if let Some(wire) = Stored::wire(&stored, *io::any(), io::text()) {
        written(&wire);
    }
    let receipt = ReadReceipt {
        message_id: io::text(),
        typing: io::flag(),
    };
    shown(ReadReceipt::check(&receipt));
    written(&ReadReceipt::wire(&receipt));
}

fn written(wire: &Wire<'_>) {
    io::used(Wire::body_len(wire));
    io::used(Wire::read_body(wire, io::number(), io::buffer()));
    io::used(Wire::write_body(wire, &mut io::Taken).is_ok());
}

/// Calls `then` with any message.
pub fn with_any(then: &mut dyn FnMut(&dyn Content)) {
    match io::byte() {
        0 => with_template(then),
        1 => with_media(then),
        2 => {
            io::used(Contact::new(io::text()));
            then(&Contacts::new(*io::any()));
        }
        3 => with_interactive(then),
        4 => then(&Authentication::new(io::text(), io::text(), io::text())),
        5 => then(&Raw::new(io::text())),
        6 => then(&Reaction::new(io::text(), io::text())),
        7 => then(&Reaction::removed(io::text())),
        8 => with_location(then),
        9 => {
            let text = Text::preview_url(Text::new(io::text()), io::flag());
            let fallback = Fallback::new(io::text(), io::text());
            then(&Text::fallback(
                text,
                Fallback::parameter_name(fallback, io::text()),
            ));
        }
        _ => {
            let message: &Message<'_> = io::any();
            io::used(Message::kind(message));
            let reply = Reply::new(io::text(), message);
            then(&Tagged::new(io::text(), &reply));
        }
    }
}

fn with_location(then: &mut dyn FnMut(&dyn Content)) {
    let latitude = Degrees::<90>::parse(io::text());
    let longitude = Degrees::<180>::from_e7(io::number() as i32);
    if let (Ok(latitude), Ok(longitude)) = (latitude, longitude) {
        io::used(Degrees::<90>::e7(latitude));
        let location = Location::new(latitude, longitude);
        then(&Location::address(
            Location::name(location, io::text()),
            io::text(),
        ));
    }
}

fn with_template(then: &mut dyn FnMut(&dyn Content)) {
    io::used([
        Parameter::new(io::text()),
        Parameter::named(io::text(), io::text()),
        Parameter::currency(io::text(), io::text(), io::wide().cast_signed()),
        Parameter::date_time(io::text()),
    ]);
    io::used(NumbersPart::from(*io::any::<Numbers<'_>>()));
    let buttons = [
        Button::quick_reply(io::byte(), io::text()),
        Button::url(io::byte(), io::text()),
        Button::copy_code(io::byte(), io::text()),
        Button::flow(io::byte(), io::text()),
        Button::Flow(io::any::<Flow<'_>>().clone().into()),
    ];
    io::used(buttons.iter().map(Button::index).max());
    let mut template = Template::new(io::text(), io::text());
    template = Template::header(template, *io::any());
    template = Template::body(template, *io::any());
    template = Template::buttons(template, &buttons);
    template = Template::media_header(template, *io::any());
    then(&template);
}
fn with_media(then: &mut dyn FnMut(&dyn Content)) {
    let (source, text) = (*io::any(), io::text());
    match io::byte() {
        0 => then(&Image::caption(Image::new(source), text)),
        1 => then(&Video::caption(Video::new(source), text)),
        2 => then(&Document::filename(
            Document::caption(Document::new(source), text),
            text,
        )),
        3 => then(&Audio::new(source)),
        4 => then(&Audio::voice(source)),
        _ => then(&Sticker::new(source)),
    }
}

fn with_interactive(then: &mut dyn FnMut(&dyn Content)) {
    let (header, text): (Header<'_>, _) = (*io::any(), io::text());
    match io::byte() {
        0 => {
            let buttons = [ReplyButton::new(text, text); 2];
            let message = ReplyButtons::new(text, &buttons);
            then(&ReplyButtons::footer(ReplyButtons::header(message, header), text));
        }
        1 => {
            let rows = [Row::description(Row::new(text, text), text)];
            let sections = [Section::new(text, &rows), Section::untitled(&rows)];
            let message = List::new(text, text, &sections);
            then(&List::footer(List::header(message, text), text));
        }
        2 => {
            let message = CtaUrl::new(text, text, text);
            then(&CtaUrl::footer(CtaUrl::header(message, header), text));
        }
        3 => then(&LocationRequest::new(text)),
        _ => then(&ContactInfoRequest::new(text)),
    }
}

fn shown(checked: Result<(), Invalid>) {
    if let Err(why) = checked {
        io::shown(why);
    }
}
