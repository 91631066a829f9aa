//! From the entries of a line to the message that they stand for.
//!
//! A message only borrows, so its lists are built first, and then those whose elements have lists.

use super::member::{CONTACT_ENTRIES_MAX, CONTACTS_MAX, Member, PARAMETERS_MAX};
use super::room::Entries;
use heapless::Vec;
use squab_core::message::{
    Address, Audio, Authentication, Button, Contact, ContactInfoRequest, ContactPhone, Contacts, CtaUrl,
    Document, Email, Fallback, Flow, Header, HeaderObject, Image, Latitude, List, Location, LocationRequest,
    Longitude, Message, Name, Numbers, Organization, Parameter, Raw, Reaction, ReplyButton, ReplyButtons,
    Row, Section, Source, Sticker, Template, TemplateHeader, Text, Url, Value, Video, limits,
};

/// The lists of a message.
#[expect(
    clippy::large_enum_variant,
    reason = "it is on the stack, where there is no heap to put it"
)]
pub(super) enum Lists<'a> {
    None,
    Template {
        header: Option<Parameter<'a>>,
        /// Of a header that is one.
        place: Option<Location<'a>>,
        body: Vec<Parameter<'a>, PARAMETERS_MAX>,
        buttons: Vec<Button<'a>, { limits::BUTTONS }>,
    },
    Buttons(Vec<ReplyButton<'a>, { limits::REPLY_BUTTONS }>),
    Rows(Vec<Row<'a>, { limits::ROWS }>),
    Contacts {
        phones: Vec<ContactPhone<'a>, CONTACT_ENTRIES_MAX>,
        emails: Vec<Email<'a>, CONTACT_ENTRIES_MAX>,
        addresses: Vec<Address<'a>, CONTACT_ENTRIES_MAX>,
        urls: Vec<Url<'a>, CONTACT_ENTRIES_MAX>,
    },
}

/// The lists whose elements have lists.
#[expect(clippy::large_enum_variant, reason = "as above")]
pub(super) enum Outer<'a> {
    None,
    Sections(Vec<Section<'a>, { limits::SECTIONS }>),
    Contacts(Vec<Contact<'a>, CONTACTS_MAX>),
}

impl<'a> Lists<'a> {
    /// Those of the message that `content` says.
    // Never inline: what it is made of is not to stay on the stack.
    #[inline(never)]
    pub(super) fn of(line: Entries<'a>, content: Member) -> Self {
        match content {
            Member::Template => {
                let body = line.elements(Member::Parameter);
                let buttons = (0u8..).zip(line.elements(Member::Button));
                Self::Template {
                    header: line.get(Member::Header).map(|text| Parameter {
                        name: line.get(Member::HeaderName),
                        ..Parameter::new(line.get(Member::HeaderText).unwrap_or(text))
                    }),
                    place: location(line).filter(|_| line.has(Member::HeaderLocation)),
                    body: kept(body.map(|(text, inside)| parameter(text, inside))),
                    buttons: kept(buttons.map(|(at, (_, inside))| button(at, inside))),
                }
            }
            Member::ReplyButtons => Self::Buttons(each(line, Member::ReplyButton, |inside| ReplyButton {
                id: inside.text(Member::ReplyId),
                title: inside.text(Member::ReplyTitle),
            })),
            Member::List => Self::Rows(each(line, Member::Row, |inside| Row {
                id: inside.text(Member::RowId),
                title: inside.text(Member::RowTitle),
                description: inside.get(Member::RowDescription),
            })),
            Member::Contacts => Self::Contacts {
                phones: each(line, Member::Phone, |inside| ContactPhone {
                    phone: inside.text(Member::PhoneNumber),
                    kind: inside.get(Member::PhoneType),
                    wa_id: inside.get(Member::PhoneWaId),
                }),
                emails: each(line, Member::Email, |inside| Email {
                    email: inside.text(Member::EmailAddress),
                    kind: inside.get(Member::EmailType),
                }),
                addresses: each(line, Member::Address, |inside| Address {
                    street: inside.get(Member::Street),
                    city: inside.get(Member::City),
                    state: inside.get(Member::State),
                    zip: inside.get(Member::Zip),
                    country: inside.get(Member::Country),
                    country_code: inside.get(Member::CountryCode),
                    kind: inside.get(Member::AddressType),
                }),
                urls: each(line, Member::Url, |inside| Url {
                    url: inside.text(Member::UrlAddress),
                    kind: inside.get(Member::UrlType),
                }),
            },
            _ => Self::None,
        }
    }
}

impl<'a> Outer<'a> {
    /// Those around these lists.
    // Never inline: what it is made of is not to stay on the stack.
    #[inline(never)]
    pub(super) fn of(line: Entries<'a>, lists: &'a Lists<'_>) -> Self {
        match lists {
            Lists::Rows(rows) => {
                let mut rest = rows.as_slice();
                Self::Sections(each(line, Member::Section, |inside| Section {
                    title: inside.get(Member::SectionTitle),
                    rows: front(&mut rest, inside, Member::Row),
                }))
            }
            Lists::Contacts {
                phones,
                emails,
                addresses,
                urls,
            } => {
                let (mut phones, mut emails) = (phones.as_slice(), emails.as_slice());
                let (mut addresses, mut urls) = (addresses.as_slice(), urls.as_slice());
                Self::Contacts(each(line, Member::Contact, |inside| Contact {
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
                    phones: front(&mut phones, inside, Member::Phone),
                    emails: front(&mut emails, inside, Member::Email),
                    addresses: front(&mut addresses, inside, Member::Address),
                    urls: front(&mut urls, inside, Member::Url),
                }))
            }
            _ => Self::None,
        }
    }
}

/// The message, with its lists. `content` is the member that says what is to be sent, `body` its text, `language` that of
/// templates that name none.
pub(super) fn message<'a>(
    line: Entries<'a>,
    content: Member,
    body: &'a str,
    language: &'a str,
    lists: &'a Lists<'_>,
    outer: &'a Outer<'_>,
) -> Message<'a> {
    let footer = line.get(Member::Footer);
    match (lists, outer) {
        (
            Lists::Template {
                header,
                place,
                body,
                buttons,
            },
            _,
        ) if !line.has(Member::TemplateCode) => Message::Template(Template {
            name: line.text(Member::TemplateName),
            language: line.get(Member::TemplateLanguage).unwrap_or(language),
            header: header_object(line, place.as_ref())
                .map_or(TemplateHeader::Text(header.as_slice()), |object| {
                    TemplateHeader::Object(object.into())
                }),
            body,
            buttons,
        }),
        (Lists::Buttons(buttons), _) => Message::ReplyButtons(ReplyButtons {
            header: header(line).map(Into::into),
            body,
            footer,
            buttons,
        }),
        (_, Outer::Sections(sections)) => Message::List(List {
            header: line.get(Member::TopHeader),
            body,
            footer,
            button: line.text(Member::ListButton),
            sections,
        }),
        (_, Outer::Contacts(contacts)) => Message::Contacts(Contacts::new(contacts)),
        _ => plain(line, content, body, language),
    }
}

/// A template's header that is a file or a place.
fn header_object<'a>(line: Entries<'a>, place: Option<&'a Location<'a>>) -> Option<HeaderObject<'a>> {
    let source = source(line);
    if line.has(Member::HeaderImage) {
        Some(HeaderObject::Image(source))
    } else if line.has(Member::HeaderVideo) {
        Some(HeaderObject::Video(source))
    } else if line.has(Member::HeaderDocument) {
        let filename = line.get(Member::Filename);
        Some(HeaderObject::Document { source, filename })
    } else {
        place.map(HeaderObject::Location)
    }
}

/// The kinds without lists.
fn plain<'a>(line: Entries<'a>, content: Member, body: &'a str, language: &'a str) -> Message<'a> {
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

/// What `make` makes of each element, as a list.
fn each<'a, T, const N: usize>(
    line: Entries<'a>,
    member: Member,
    mut make: impl FnMut(Entries<'a>) -> T,
) -> Vec<T, N> {
    kept(line.elements(member).map(|(_, inside)| make(inside)))
}

/// Takes off the front of a list what of it is in one element: the list has all of the line, in its order.
fn front<'l, T>(rest: &mut &'l [T], inside: Entries<'_>, member: Member) -> &'l [T] {
    let count = inside.elements(member).count();
    let (front, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
    *rest = behind;
    front
}
