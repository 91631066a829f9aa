//! Interactive messages: what all of them share, and a table of what tells them apart.
//!
//! Meta has one page for each; the table names it. A header, body or footer that a page does not know is refused like any
//! other member without a meaning.

mod carousel;
mod choice;
mod commerce;
mod flow;
mod request;

use super::media::{self, Medium};
use super::{Button, Content, Known, MessageKind, unsupported};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

/// Longest text of the body, in characters. That of a list is a matter of reading.
const BODY_LIMIT: usize = 1_024;
/// Longest header and footer, in characters.
const HEADER_LIMIT: usize = 60;
/// Longest label of a button, in characters.
const LABEL_LIMIT: usize = 20;

/// Which header a kind of message may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    None,
    Text,
    TextRequired,
    /// Text, image, video or document.
    Any,
}

/// Whether a part is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    No,
    May,
    Must,
}

/// What one `interactive.type` is made of.
struct Shape {
    name: &'static str,
    page: &'static str,
    kind: MessageKind,
    header: Header,
    body: Part,
    footer: Part,
    /// Reads `action`: what can be pressed.
    action: fn(&Fields<'_>, Known<'_>) -> Result<Vec<Button>, GraphError>,
}

const fn shape(
    name: &'static str,
    page: &'static str,
    kind: MessageKind,
    parts: (Header, Part, Part),
    action: fn(&Fields<'_>, Known<'_>) -> Result<Vec<Button>, GraphError>,
) -> Shape {
    let (header, body, footer) = parts;
    Shape {
        name,
        page,
        kind,
        header,
        body,
        footer,
        action,
    }
}

const SHAPES: &[Shape] = {
    use Part::{May, Must, No};
    &[
        shape(
            "button",
            "Interactive reply buttons",
            MessageKind::Buttons,
            (Header::Any, Must, May),
            choice::buttons,
        ),
        shape(
            "list",
            "Interactive list messages",
            MessageKind::List,
            (Header::Text, Must, May),
            choice::list,
        ),
        shape(
            "cta_url",
            "Interactive call-to-action URL button",
            MessageKind::Link,
            (Header::Any, Must, May),
            request::link,
        ),
        shape(
            "location_request_message",
            "Location request messages",
            MessageKind::LocationRequest,
            (Header::None, Must, No),
            request::location,
        ),
        shape(
            "request_contact_info",
            "Business-scoped user IDs",
            MessageKind::ContactRequest,
            (Header::None, Must, No),
            request::contact,
        ),
        shape(
            "address_message",
            "Address messages",
            MessageKind::AddressRequest,
            (Header::None, Must, No),
            request::address,
        ),
        shape(
            "call_permission_request",
            "User call permissions",
            MessageKind::CallRequest,
            (Header::None, May, No),
            request::call_permission,
        ),
        shape(
            "voice_call",
            "Call button messages",
            MessageKind::Call,
            (Header::None, Must, No),
            request::call,
        ),
        shape(
            "flow",
            "Interactive flow messages",
            MessageKind::Flow,
            (Header::Any, Must, May),
            flow::read,
        ),
        shape(
            "product",
            "Share products",
            MessageKind::Products,
            (Header::None, May, May),
            commerce::product,
        ),
        shape(
            "product_list",
            "Share products",
            MessageKind::Products,
            (Header::TextRequired, Must, May),
            commerce::product_list,
        ),
        shape(
            "catalog_message",
            "Share products",
            MessageKind::Products,
            (Header::None, Must, May),
            commerce::catalog,
        ),
        shape(
            "order_details",
            "Payments",
            MessageKind::Order,
            (Header::Any, Must, May),
            commerce::order_details,
        ),
        shape(
            "order_status",
            "Payments",
            MessageKind::Order,
            (Header::None, Must, May),
            commerce::order_status,
        ),
        shape(
            "carousel",
            "Interactive media carousel messages",
            MessageKind::Carousel,
            (Header::None, Must, No),
            carousel::read,
        ),
    ]
};

pub(super) fn read(message: Fields<'_>, known: Known<'_>) -> Result<Content, GraphError> {
    let name = message.required_text("type")?;
    let Some(shape) = SHAPES.iter().find(|shape| shape.name == name) else {
        return Err(unsupported("Interactive", name));
    };
    let message = message.by(shape.page);
    let members = [
        ("type", true),
        ("action", true),
        ("header", shape.header != Header::None),
        ("body", shape.body != Part::No),
        ("footer", shape.footer != Part::No),
    ];
    let members: Vec<_> = members
        .iter()
        .filter_map(|(name, known)| known.then_some(*name))
        .collect();
    message.only(&members)?;
    match message.object("header")? {
        Some(header) => self::header(&header, shape.header, known)?,
        None if shape.header == Header::TextRequired => {
            return Err(GraphError::missing(shape.page, &message.name("header")));
        }
        None => {}
    }
    let body_limit = if shape.kind == MessageKind::List {
        known.readings.list_body
    } else {
        BODY_LIMIT
    };
    let body = text_part(&message, "body", shape.body, body_limit)?;
    text_part(&message, "footer", shape.footer, HEADER_LIMIT)?;
    Ok(Content {
        buttons: (shape.action)(&message.required_object("action")?, known)?,
        ..Content::new(shape.kind, body.unwrap_or_default())
    })
}

/// A `header` of the message or of a card.
fn header(header: &Fields<'_>, allowed: Header, known: Known<'_>) -> Result<(), GraphError> {
    let name = header.required_text("type")?;
    if name == "text" {
        header.only(&["type", "text"])?;
        return header.limited_text("text", HEADER_LIMIT).map(drop);
    }
    match Medium::of(name) {
        Some(medium @ (Medium::Image | Medium::Video | Medium::Document)) if allowed == Header::Any => {
            header.only(&["type", name])?;
            media::in_header(&header.required_object(name)?, medium, known)
        }
        _ => Err(GraphError::value(
            header.page(),
            format!("Param {} has no place in this message.", header.name("type")),
        )),
    }
}

/// The text of `body` or `footer`.
fn text_part<'a>(
    message: &Fields<'a>,
    key: &str,
    part: Part,
    limit: usize,
) -> Result<Option<&'a str>, GraphError> {
    match message.object(key)? {
        Some(object) => {
            object.only(&["text"])?;
            object.limited_text("text", limit).map(Some)
        }
        None if part == Part::Must => Err(GraphError::missing(message.page(), &message.name(key))),
        None => Ok(None),
    }
}

/// The `parameters` of an action with this name.
fn parameters<'a>(action: &Fields<'a>, name: &str) -> Result<Fields<'a>, GraphError> {
    action.only(&["name", "parameters"])?;
    action.one_of("name", &[name])?;
    action.required_object("parameters")
}
