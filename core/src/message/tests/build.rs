//! Messages made from JSON as Meta's pages show it: what they write has to be that JSON again.

use super::super::*;
use crate::recipient::Recipient;
use serde_json::{Map, Value as Json};
use std::boxed::Box;
use std::string::{String, ToString};
use std::vec::Vec;

fn text<'j>(object: &'j Json, key: &str) -> Option<&'j str> {
    object.get(key).and_then(Json::as_str)
}

fn has_only(object: &Json, keys: &[&str]) -> bool {
    object
        .as_object()
        .is_some_and(|map| map.keys().all(|key| keys.contains(&key.as_str())))
}

/// A list that lives as long as the test.
fn list<'j, T: 'j>(array: Option<&'j Json>, of: impl Fn(&'j Json) -> Option<T>) -> Option<&'j [T]> {
    let items = array
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let items: Option<Vec<T>> = items.iter().map(of).collect();
    Some(Box::leak(items?.into_boxed_slice()))
}

fn source(object: &Json) -> Option<Source<'_>> {
    text(object, "id")
        .map(Source::Id)
        .or(text(object, "link").map(Source::Link))
}

fn location(object: &Json) -> Option<Location<'_>> {
    Some(Location {
        latitude: Latitude::parse(text(object, "latitude")?).ok()?,
        longitude: Longitude::parse(text(object, "longitude")?).ok()?,
        name: text(object, "name"),
        address: text(object, "address"),
    })
}

fn contact(object: &Json) -> Option<Contact<'_>> {
    let name = object.get("name")?;
    Some(Contact {
        name: Name {
            formatted_name: text(name, "formatted_name")?,
            first_name: text(name, "first_name"),
            last_name: text(name, "last_name"),
            middle_name: text(name, "middle_name"),
            suffix: text(name, "suffix"),
            prefix: text(name, "prefix"),
        },
        birthday: text(object, "birthday"),
        org: object.get("org").map(|org| Organization {
            company: text(org, "company"),
            department: text(org, "department"),
            title: text(org, "title"),
        }),
        phones: list(object.get("phones"), |phone| {
            Some(ContactPhone {
                phone: text(phone, "phone")?,
                kind: text(phone, "type"),
                wa_id: text(phone, "wa_id"),
            })
        })?,
        emails: list(object.get("emails"), |email| {
            Some(Email {
                email: text(email, "email")?,
                kind: text(email, "type"),
            })
        })?,
        addresses: list(object.get("addresses"), |address| {
            Some(Address {
                street: text(address, "street"),
                city: text(address, "city"),
                state: text(address, "state"),
                zip: text(address, "zip"),
                country: text(address, "country"),
                country_code: text(address, "country_code"),
                kind: text(address, "type"),
            })
        })?,
        urls: list(object.get("urls"), |url| {
            Some(Url {
                url: text(url, "url")?,
                kind: text(url, "type"),
            })
        })?,
    })
}

fn parameter(object: &Json) -> Option<Parameter<'_>> {
    let value = match text(object, "type")? {
        "text" => Value::Text(text(object, "text")?),
        "currency" => {
            let currency = object.get("currency")?;
            let numbers = Numbers::Currency {
                code: text(currency, "code")?,
                amount_1000: currency.get("amount_1000")?.as_i64()?,
            };
            Value::Localizable {
                fallback_value: text(currency, "fallback_value")?,
                numbers: numbers.into(),
            }
        }
        "date_time" => {
            let date = object.get("date_time")?;
            let number = |key| date.get(key).and_then(Json::as_u64).map(|n| n as u16);
            let calendar = number("year").map(|year| Calendar {
                day_of_week: number("day_of_week").unwrap() as u8,
                year,
                month: number("month").unwrap() as u8,
                day_of_month: number("day_of_month").unwrap() as u8,
                hour: number("hour").unwrap() as u8,
                minute: number("minute").unwrap() as u8,
            });
            Value::Localizable {
                fallback_value: text(date, "fallback_value")?,
                numbers: Numbers::DateTime(calendar).into(),
            }
        }
        _ => return None,
    };
    Some(Parameter {
        name: text(object, "parameter_name"),
        value,
    })
}

fn button(object: &Json) -> Option<Button<'_>> {
    let index = text(object, "index")?.parse().ok()?;
    let parameter = object.get("parameters")?.get(0)?;
    Some(match text(object, "sub_type")? {
        "quick_reply" => Button::quick_reply(index, text(parameter, "payload")?),
        "url" => Button::url(index, text(parameter, "text")?),
        "copy_code" => Button::copy_code(index, text(parameter, "coupon_code")?),
        "flow" => {
            let action = parameter.get("action")?;
            let data = action
                .get("flow_action_data")
                .map(|data| &*Box::leak(serde_json::to_string(data).unwrap().into_boxed_str()));
            Button::Flow(
                Flow {
                    index,
                    token: text(action, "flow_token"),
                    data,
                }
                .into(),
            )
        }
        _ => return None,
    })
}

fn template_header(component: &Json) -> Option<TemplateHeader<'_>> {
    let first = component.get("parameters")?.get(0)?;
    let object = match text(first, "type")? {
        "image" => HeaderObject::Image(source(first.get("image")?)?),
        "video" => HeaderObject::Video(source(first.get("video")?)?),
        "document" => {
            let document = first.get("document")?;
            HeaderObject::Document {
                source: source(document)?,
                filename: text(document, "filename"),
            }
        }
        "location" => HeaderObject::Location(Box::leak(Box::new(location(first.get("location")?)?))),
        _ => {
            return Some(TemplateHeader::Text(list(
                component.get("parameters"),
                parameter,
            )?));
        }
    };
    Some(TemplateHeader::Object(object.into()))
}

fn template(object: &Json) -> Option<Template<'_>> {
    let language = object.get("language")?;
    if !has_only(language, &["code"]) {
        return None;
    }
    let components = object
        .get("components")
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let of_type = |kind| components.iter().find(|c| text(c, "type") == Some(kind));
    let buttons: Option<Vec<_>> = components
        .iter()
        .filter(|c| text(c, "type") == Some("button"))
        .map(button)
        .collect();
    Some(Template {
        name: text(object, "name")?,
        language: text(language, "code")?,
        header: of_type("header").map_or(Some(TemplateHeader::Text(&[])), template_header)?,
        body: list(of_type("body").and_then(|body| body.get("parameters")), parameter)?,
        buttons: Box::leak(buttons?.into_boxed_slice()),
    })
}

fn header(object: &Json) -> Option<Header<'_>> {
    Some(match text(object, "type")? {
        "text" => Header::Text(text(object, "text")?),
        "image" => Header::Image(source(object.get("image")?)?),
        "video" => Header::Video(source(object.get("video")?)?),
        "document" => {
            let document = object.get("document")?;
            Header::Document {
                source: source(document)?,
                filename: text(document, "filename"),
            }
        }
        _ => return None,
    })
}

fn interactive(object: &Json) -> Option<Message<'_>> {
    let of = |key| object.get(key).and_then(|inner| text(inner, "text"));
    let action = object.get("action")?;
    let header = match object.get("header") {
        Some(header_object) => Some(header(header_object)?),
        None => None,
    };
    let (body, footer) = (of("body")?, of("footer"));
    Some(match text(object, "type")? {
        "button" => ReplyButtons {
            header: header.map(Into::into),
            body,
            footer,
            buttons: list(action.get("buttons"), |button| {
                let reply = button.get("reply")?;
                Some(ReplyButton::new(text(reply, "id")?, text(reply, "title")?))
            })?,
        }
        .into(),
        "list" => List {
            header: object.get("header").and_then(|header| text(header, "text")),
            body,
            footer,
            button: text(action, "button")?,
            sections: list(action.get("sections"), |section| {
                let rows = list(section.get("rows"), |row| {
                    Some(Row {
                        id: text(row, "id")?,
                        title: text(row, "title")?,
                        description: text(row, "description"),
                    })
                });
                Some(Section {
                    title: text(section, "title"),
                    rows: rows?,
                })
            })?,
        }
        .into(),
        "cta_url" => {
            let parameters = action.get("parameters")?;
            CtaUrl {
                header,
                body,
                footer,
                display_text: text(parameters, "display_text")?,
                url: text(parameters, "url")?,
            }
            .into()
        }
        "location_request_message" => LocationRequest::new(body).into(),
        "request_contact_info" => ContactInfoRequest::new(body).into(),
        _ => return None,
    })
}

/// The message that a body describes; `None` where there is no type for it.
pub(super) fn typed(body: &Json) -> Option<Message<'_>> {
    let kind = text(body, "type")?;
    let inner = body.get(kind)?;
    let caption = text(inner, "caption");
    Some(match kind {
        "text" => Text::new(text(inner, "body")?)
            .preview_url(inner.get("preview_url")?.as_bool()?)
            .into(),
        "template" => template(inner)?.into(),
        "image" => Image {
            source: source(inner)?,
            caption,
        }
        .into(),
        "video" => Video {
            source: source(inner)?,
            caption,
        }
        .into(),
        "document" => Document {
            source: source(inner)?,
            caption,
            filename: text(inner, "filename"),
        }
        .into(),
        "audio" if inner.get("voice").is_some() => Audio::voice(source(inner)?).into(),
        "audio" => Audio::new(source(inner)?).into(),
        "sticker" => Sticker::new(source(inner)?).into(),
        "location" => location(inner)?.into(),
        "contacts" => Contacts::new(list(Some(inner), contact)?).into(),
        "reaction" => Reaction::new(text(inner, "message_id")?, text(inner, "emoji")?).into(),
        "interactive" => interactive(inner)?,
        _ => return None,
    })
}

/// The message of a body without the envelope's members.
pub(super) fn raw_json(body: &Json) -> String {
    let envelope = [
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "context",
        "biz_opaque_callback_data",
    ];
    let map: Map<_, _> = body
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .filter(|(key, _)| !envelope.contains(&key.as_str()))
        .collect();
    Json::Object(map).to_string()
}

/// Whom a body is for.
pub(super) fn recipient(body: &Json) -> Recipient {
    match (
        text(body, "recipient"),
        text(body, "to"),
        text(body, "recipient_type"),
    ) {
        (Some(id), ..) => Recipient::parse(id).unwrap(),
        (None, Some(id), Some("group")) => Recipient::Group(crate::recipient::GroupId::parse(id).unwrap()),
        (None, Some(number), _) => Recipient::parse(number).unwrap(),
        _ => panic!("{body} has no recipient"),
    }
}

/// Stores the message with what its body has around it, and gives the JSON that is sent for it.
pub(super) fn sent(body: &Json, message: &Message<'_>, reading: Reading) -> Vec<u8> {
    let to = recipient(body);
    let mut buf = std::vec![0; 70_000];
    let mut writer = Writer::new(&mut buf);
    let quoted = body
        .get("context")
        .and_then(|context| text(context, "message_id"));
    let reply = Reply::new(quoted.unwrap_or_default(), message);
    let content: &dyn Content = if quoted.is_some() { &reply } else { message };
    let callback = text(body, "biz_opaque_callback_data").unwrap_or_default();
    let (callback, own) = callback.split_once(' ').unwrap_or((callback, ""));
    let tagged = Tagged::new(own, content);
    let content: &dyn Content = if own.is_empty() { content } else { &tagged };
    let expected = check(content, &to, reading);
    let encoded = encode(content, &to, reading, &mut writer);
    assert_eq!(encoded, Ok(()), "{body}");
    let len = writer.len();
    assert_eq!(expected, Ok(len), "{body}");
    super::text_of(&buf[..len], Form::Primary, callback)
}
