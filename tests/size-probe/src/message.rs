//! `squab_core::message`

use crate::io;
use squab_core::message::limits::{Reading, check_callback_data, check_language};
use squab_core::message::{
    Address, Audio, Authentication, Button, Calendar, Contact, ContactInfoRequest, ContactPhone, Contacts,
    Content, CtaUrl, Degrees, Document, Email, EncodeError, Fallback, Flow, Form, Header, HeaderObject,
    Image, Invalid, Kind, List, Location, LocationRequest, Message, Name, Numbers, Organization, Parameter,
    Quotable, Raw, Reaction, ReadReceipt, Reply, ReplyButton, ReplyButtons, Row, Section, Source, Sticker,
    Stored, Tagged, Template, Text, Url, Value, Video, Wire, check, encode,
};
use squab_core::recipient::Recipient;
use squab_core::record::Writer;

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_message() {
    let Ok(recipient) = Recipient::parse(io::text()) else {
        return;
    };
    let reading = io::one([Reading::Strict], Reading::Documentation);
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
    let form = io::one([Form::Primary, Form::Fallback], Form::Primary);
    if let Some(wire) = Stored::wire(&stored, form, io::text()) {
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
        2 => with_contacts(then),
        3 => with_interactive(then),
        4 => then(&Authentication::new(io::text(), io::text(), io::text())),
        5 => then(&Raw::new(io::text())),
        6 => then(&Reaction::new(io::text(), io::text())),
        7 => then(&Reaction::removed(io::text())),
        8 => {
            if let Some(location) = location() {
                then(&location);
            }
        }
        9 => {
            let message = Message::from(text());
            io::used(Message::kind(&message));
            with_reply(&message, then);
        }
        _ => then(&Message::Text(text())),
    }
}

fn with_reply<C: Quotable>(content: &C, then: &mut dyn FnMut(&dyn Content)) {
    let reply = Reply::new(io::text(), content);
    then(&Tagged::new(io::text(), &reply));
}

fn text() -> Text<'static> {
    let text = Text::preview_url(Text::new(io::text()), io::flag());
    if io::flag() {
        return text;
    }
    let fallback = Fallback::new(io::text(), io::text());
    Text::fallback(text, Fallback::parameter_name(fallback, io::text()))
}

fn with_template(then: &mut dyn FnMut(&dyn Content)) {
    let calendar = Calendar {
        day_of_week: io::byte(),
        year: io::number() as u16,
        month: io::byte(),
        day_of_month: io::byte(),
        hour: io::byte(),
        minute: io::byte(),
    };
    let parameters = [
        Parameter::new(io::text()),
        Parameter::named(io::text(), io::text()),
        Parameter::currency(io::text(), io::text(), io::wide().cast_signed()),
        Parameter::date_time(io::text()),
        Parameter {
            name: None,
            value: Value::Localizable {
                fallback_value: io::text(),
                numbers: Numbers::DateTime(Some(calendar)).into(),
            },
        },
    ];
    let buttons = [
        Button::quick_reply(io::byte(), io::text()),
        Button::url(io::byte(), io::text()),
        Button::copy_code(io::byte(), io::text()),
        Button::flow(io::byte(), io::text()),
        Button::Flow(
            Flow {
                index: io::byte(),
                token: None,
                data: Some(io::text()),
            }
            .into(),
        ),
    ];
    io::used(io::some(&buttons).iter().map(Button::index).max());
    let mut template = Template::new(io::text(), io::text());
    template = Template::header(template, io::some(&parameters));
    template = Template::body(template, io::some(&parameters));
    template = Template::buttons(template, io::some(&buttons));
    let place = location();
    template = match io::byte() {
        0 => Template::media_header(template, HeaderObject::Image(source())),
        1 => Template::media_header(template, HeaderObject::Video(source())),
        2 => Template::media_header(
            template,
            HeaderObject::Document {
                source: source(),
                filename: Some(io::text()),
            },
        ),
        3 => match &place {
            Some(place) => Template::media_header(template, HeaderObject::Location(place)),
            None => template,
        },
        _ => template,
    };
    then(&template);
}

fn source() -> Source<'static> {
    if io::flag() {
        Source::Id(io::text())
    } else {
        Source::Link(io::text())
    }
}

fn location() -> Option<Location<'static>> {
    let latitude = Degrees::<90>::parse(io::text()).ok()?;
    let longitude = Degrees::<180>::from_e7(io::number() as i32).ok()?;
    io::used(Degrees::<90>::e7(latitude));
    let location = Location::new(latitude, longitude);
    Some(Location::address(
        Location::name(location, io::text()),
        io::text(),
    ))
}

fn with_media(then: &mut dyn FnMut(&dyn Content)) {
    match io::byte() {
        0 => then(&Image::caption(Image::new(source()), io::text())),
        1 => then(&Video::caption(Video::new(source()), io::text())),
        2 => {
            let document = Document::caption(Document::new(source()), io::text());
            then(&Document::filename(document, io::text()));
        }
        3 => then(&Audio::new(source())),
        4 => then(&Audio::voice(source())),
        _ => then(&Sticker::new(source())),
    }
}

fn any() -> Option<&'static str> {
    io::flag().then(io::text)
}

fn with_contacts(then: &mut dyn FnMut(&dyn Content)) {
    let phone = ContactPhone {
        phone: io::text(),
        kind: any(),
        wa_id: any(),
    };
    let email = Email {
        email: io::text(),
        kind: any(),
    };
    let address = Address {
        street: any(),
        city: any(),
        state: any(),
        zip: any(),
        country: any(),
        country_code: any(),
        kind: any(),
    };
    let url = Url {
        url: io::text(),
        kind: any(),
    };
    let (phones, emails, addresses, urls) = ([phone], [email], [address], [url]);
    let contact = Contact {
        name: Name {
            formatted_name: io::text(),
            first_name: any(),
            last_name: any(),
            middle_name: any(),
            suffix: any(),
            prefix: any(),
        },
        birthday: any(),
        org: Some(Organization {
            company: any(),
            department: any(),
            title: any(),
        }),
        phones: io::some(&phones),
        emails: io::some(&emails),
        addresses: io::some(&addresses),
        urls: io::some(&urls),
    };
    let contacts = [contact, Contact::new(io::text())];
    then(&Contacts::new(io::some(&contacts)));
}

fn with_interactive(then: &mut dyn FnMut(&dyn Content)) {
    let header = match io::byte() {
        0 => Header::Image(source()),
        1 => Header::Video(source()),
        2 => Header::Document {
            source: source(),
            filename: any(),
        },
        _ => Header::Text(io::text()),
    };
    match io::byte() {
        0 => {
            let buttons = [ReplyButton::new(io::text(), io::text()); 2];
            let message = ReplyButtons::new(io::text(), io::some(&buttons));
            then(&ReplyButtons::footer(
                ReplyButtons::header(message, header),
                io::text(),
            ));
        }
        1 => {
            let rows = [Row::description(Row::new(io::text(), io::text()), io::text()); 2];
            let sections = [
                Section::new(io::text(), io::some(&rows)),
                Section::untitled(io::some(&rows)),
            ];
            let message = List::new(io::text(), io::text(), io::some(&sections));
            then(&List::footer(List::header(message, io::text()), io::text()));
        }
        2 => {
            let message = CtaUrl::new(io::text(), io::text(), io::text());
            then(&CtaUrl::footer(CtaUrl::header(message, header), io::text()));
        }
        3 => then(&LocationRequest::new(io::text())),
        _ => then(&ContactInfoRequest::new(io::text())),
    }
}

fn shown(checked: Result<(), Invalid>) {
    if let Err(why) = checked {
        io::shown(why);
    }
}
