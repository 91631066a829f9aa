//! From the entries of a line to the message that they stand for.
//!
//! One function for the kinds without lists, one each for those with: only the lists of one kind are on the stack.

use super::member::{CONTACT_ENTRIES_MAX, CONTACTS_MAX, Member, PARAMETERS_MAX};
use super::room::Entries;
use heapless::Vec;
use squab_core::message::{
    Address, Audio, Authentication, Button, Contact, ContactInfoRequest, ContactPhone, Contacts, CtaUrl,
    Document, Email, Fallback, Flow, Header, HeaderObject, Image, Latitude, List, Location, LocationRequest,
    Longitude, Message, Name, Numbers, Organization, Parameter, Raw, Reaction, ReplyButton, ReplyButtons,
    Row, Section, Source, Sticker, Template, TemplateHeader, Text, Url, Value, Video, limits,
};

/// Lends the message to `take`. `content` is the member that says what is to be sent, `language` that of templates
/// that name none.
pub(super) fn build<R>(
    line: Entries<'_>,
    content: Member,
    language: &str,
    take: impl FnOnce(&Message<'_>) -> R,
) -> R {
    match content {
        Member::Template if !line.has(Member::TemplateCode) => template(line, language, take),
        Member::ReplyButtons => reply_buttons(line, take),
        Member::List => list(line, take),
        Member::Contacts => contacts(line, take),
        _ => take(&plain(line, content, language)),
    }
}

/// The kinds without lists. Never inline: its frame is not to be under `take`.
#[inline(never)]
fn plain<'a>(line: Entries<'a>, content: Member, language: &'a str) -> Message<'a> {
    let body = line.text(Member::Text);
    let caption = line.get(Member::Caption);
    let source = source(line);
    match content {
        Member::Template => Message::Authentication(Authentication {
            name: line.text(Member::TemplateName),
            language: line.get(Member::TemplateLanguage).unwrap_or(language),
            code: line.text(Member::TemplateCode),
        }),
        Member::Image => Message::Image(Image { source, caption }),
        Member::Video => Message::Video(Video { source, caption }),
        Member::Document => Message::Document(Document {
            source,
            caption,
            filename: line.get(Member::Filename),
        }),
        Member::Audio => Message::Audio(Audio {
            source,
            voice: line.has(Member::Voice),
        }),
        Member::Sticker => Message::Sticker(Sticker { source }),
        Member::Location => match location(line) {
            Some(location) => Message::Location(location),
            // The stage has parsed them: were they lost, the client refuses an empty text.
            None => Message::Text(Text::new("")),
        },
        Member::Reaction => Message::Reaction(Reaction {
            message_id: line.text(Member::ReactionId),
            emoji: line.text(Member::Emoji),
        }),
        Member::CtaUrl => Message::CtaUrl(CtaUrl {
            header: header(line),
            body,
            footer: line.get(Member::Footer),
            display_text: line.text(Member::DisplayText),
            url: line.text(Member::CtaUrlAddress),
        }),
        Member::LocationRequest => Message::LocationRequest(LocationRequest::new(body)),
        Member::ContactRequest => Message::ContactInfoRequest(ContactInfoRequest::new(body)),
        Member::Raw => Message::Raw(Raw::new(line.text(Member::Raw))),
        _ => Message::Text(Text {
            body,
            preview_url: line.has(Member::PreviewUrl),
            fallback: line.get(Member::Fallback).map(|name| Fallback {
                name: line.get(Member::FallbackName).unwrap_or(name),
                language: line.get(Member::FallbackLanguage).unwrap_or(language),
                parameter_name: line.get(Member::FallbackParameterName),
            }),
        }),
    }
}

/// The file of the line.
fn source(line: Entries<'_>) -> Source<'_> {
    match line.get(Member::MediaLink) {
        Some(link) => Source::Link(link),
        None => Source::Id(line.text(Member::MediaId)),
    }
}

fn location(line: Entries<'_>) -> Option<Location<'_>> {
    Some(Location {
        latitude: Latitude::parse(line.text(Member::Latitude)).ok()?,
        longitude: Longitude::parse(line.text(Member::Longitude)).ok()?,
        name: line.get(Member::LocationName),
        address: line.get(Member::LocationAddress),
    })
}

/// The header of an interactive message.
fn header(line: Entries<'_>) -> Option<Header<'_>> {
    let source = source(line);
    let text = line.get(Member::TopHeader)?;
    Some(if line.has(Member::TopHeaderImage) {
        Header::Image(source)
    } else if line.has(Member::TopHeaderVideo) {
        Header::Video(source)
    } else if line.has(Member::TopHeaderDocument) {
        let filename = line.get(Member::Filename);
        Header::Document { source, filename }
    } else {
        Header::Text(text)
    })
}

#[inline(never)]
fn template<R>(line: Entries<'_>, language: &str, take: impl FnOnce(&Message<'_>) -> R) -> R {
    let body = line.elements(Member::Parameter);
    let body: Vec<_, PARAMETERS_MAX> = kept(body.map(|(text, inside)| parameter(text, inside)));
    let buttons = (0u8..).zip(line.elements(Member::Button));
    let buttons: Vec<_, { limits::BUTTONS }> = kept(buttons.map(|(at, (_, inside))| button(at, inside)));
    let parameter = line.get(Member::Header).map(|text| Parameter {
        name: line.get(Member::HeaderName),
        ..Parameter::new(line.get(Member::HeaderText).unwrap_or(text))
    });
    let source = source(line);
    let place = location(line).filter(|_| line.has(Member::HeaderLocation));
    let header = if line.has(Member::HeaderImage) {
        TemplateHeader::Object(HeaderObject::Image(source).into())
    } else if line.has(Member::HeaderVideo) {
        TemplateHeader::Object(HeaderObject::Video(source).into())
    } else if line.has(Member::HeaderDocument) {
        let filename = line.get(Member::Filename);
        TemplateHeader::Object(HeaderObject::Document { source, filename }.into())
    } else {
        place
            .as_ref()
            .map_or(TemplateHeader::Text(parameter.as_slice()), |place| {
                TemplateHeader::Object(HeaderObject::Location(place).into())
            })
    };
    take(&Message::Template(Template {
        name: line.text(Member::TemplateName),
        language: line.get(Member::TemplateLanguage).unwrap_or(language),
        header,
        body: &body,
        buttons: &buttons,
    }))
}

fn parameter<'a>(text: &'a str, inside: Entries<'a>) -> Parameter<'a> {
    let value = if inside.has(Member::ParameterCurrency) {
        let numbers = Numbers::Currency {
            code: inside.text(Member::CurrencyCode),
            // The stage has parsed it.
            amount_1000: inside.text(Member::CurrencyAmount).parse().unwrap_or_default(),
        };
        Value::Localizable {
            fallback_value: inside.text(Member::CurrencyFallback),
            numbers: numbers.into(),
        }
    } else if inside.has(Member::ParameterDateTime) {
        Value::Localizable {
            fallback_value: inside.text(Member::DateTimeFallback),
            numbers: Numbers::DateTime(None).into(),
        }
    } else {
        Value::Text(inside.get(Member::ParameterText).unwrap_or(text))
    };
    let name = inside.get(Member::ParameterName);
    Parameter { name, value }
}

fn button(at: u8, inside: Entries<'_>) -> Button<'_> {
    let index = inside.number(Member::ButtonIndex);
    let index = index.and_then(|index| u8::try_from(index).ok()).unwrap_or(at);
    if let Some(suffix) = inside.get(Member::ButtonUrl) {
        Button::Url { index, suffix }
    } else if let Some(coupon_code) = inside.get(Member::ButtonCode) {
        Button::CopyCode { index, coupon_code }
    } else if inside.has(Member::ButtonFlow) {
        let (token, data) = (inside.get(Member::FlowToken), inside.get(Member::FlowData));
        Button::Flow(Flow { index, token, data }.into())
    } else {
        let payload = inside.text(Member::ButtonPayload);
        Button::QuickReply { index, payload }
    }
}

#[inline(never)]
fn reply_buttons<R>(line: Entries<'_>, take: impl FnOnce(&Message<'_>) -> R) -> R {
    let buttons = line.elements(Member::ReplyButton);
    let buttons: Vec<_, { limits::REPLY_BUTTONS }> = kept(buttons.map(|(_, inside)| ReplyButton {
        id: inside.text(Member::ReplyId),
        title: inside.text(Member::ReplyTitle),
    }));
    take(&Message::ReplyButtons(ReplyButtons {
        header: header(line).map(Into::into),
        body: line.text(Member::Text),
        footer: line.get(Member::Footer),
        buttons: &buttons,
    }))
}

#[inline(never)]
fn list<R>(line: Entries<'_>, take: impl FnOnce(&Message<'_>) -> R) -> R {
    let rows: Vec<_, { limits::ROWS }> = kept(line.elements(Member::Row).map(|(_, inside)| Row {
        id: inside.text(Member::RowId),
        title: inside.text(Member::RowTitle),
        description: inside.get(Member::RowDescription),
    }));
    let mut rest = rows.as_slice();
    let sections = line.elements(Member::Section);
    let sections: Vec<_, { limits::SECTIONS }> = kept(sections.map(|(_, inside)| Section {
        title: inside.get(Member::SectionTitle),
        rows: front(&mut rest, inside, Member::Row),
    }));
    take(&Message::List(List {
        header: line.get(Member::TopHeader),
        body: line.text(Member::Text),
        footer: line.get(Member::Footer),
        button: line.text(Member::ListButton),
        sections: &sections,
    }))
}

#[inline(never)]
fn contacts<R>(line: Entries<'_>, take: impl FnOnce(&Message<'_>) -> R) -> R {
    type Kept<T> = Vec<T, CONTACT_ENTRIES_MAX>;
    let phones: Kept<_> = kept(line.elements(Member::Phone).map(|(_, inside)| ContactPhone {
        phone: inside.text(Member::PhoneNumber),
        kind: inside.get(Member::PhoneType),
        wa_id: inside.get(Member::PhoneWaId),
    }));
    let emails: Kept<_> = kept(line.elements(Member::Email).map(|(_, inside)| Email {
        email: inside.text(Member::EmailAddress),
        kind: inside.get(Member::EmailType),
    }));
    let addresses: Kept<_> = kept(line.elements(Member::Address).map(|(_, inside)| Address {
        street: inside.get(Member::Street),
        city: inside.get(Member::City),
        state: inside.get(Member::State),
        zip: inside.get(Member::Zip),
        country: inside.get(Member::Country),
        country_code: inside.get(Member::CountryCode),
        kind: inside.get(Member::AddressType),
    }));
    let urls: Kept<_> = kept(line.elements(Member::Url).map(|(_, inside)| Url {
        url: inside.text(Member::UrlAddress),
        kind: inside.get(Member::UrlType),
    }));
    let mut rests = (&phones[..], &emails[..], &addresses[..], &urls[..]);
    let all = line.elements(Member::Contact);
    let all: Vec<_, CONTACTS_MAX> = kept(all.map(|(_, inside)| Contact {
        name: Name {
            formatted_name: inside.text(Member::FormattedName),
            first_name: inside.get(Member::FirstName),
            last_name: inside.get(Member::LastName),
            middle_name: inside.get(Member::MiddleName),
            suffix: inside.get(Member::Suffix),
            prefix: inside.get(Member::Prefix),
        },
        birthday: inside.get(Member::Birthday),
        org: inside.has(Member::Organization).then(|| Organization {
            company: inside.get(Member::Company),
            department: inside.get(Member::Department),
            title: inside.get(Member::Title),
        }),
        phones: front(&mut rests.0, inside, Member::Phone),
        emails: front(&mut rests.1, inside, Member::Email),
        addresses: front(&mut rests.2, inside, Member::Address),
        urls: front(&mut rests.3, inside, Member::Url),
    }));
    take(&Message::Contacts(Contacts::new(&all)))
}

/// The items as a list; there are never more of them than it holds, and `collect` would have to panic.
fn kept<T, const N: usize>(items: impl Iterator<Item = T>) -> Vec<T, N> {
    let mut list = Vec::new();
    for item in items {
        if list.push(item).is_err() {
            break;
        }
    }
    list
}

/// Takes off the front of a list what of it is in one element: the list has all of the line, in its order.
fn front<'l, T>(rest: &mut &'l [T], inside: Entries<'_>, member: Member) -> &'l [T] {
    let count = inside.elements(member).count();
    let (front, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
    *rest = behind;
    front
}
