//! What a request sends: Meta's message types, each with its limits.
//!
//! Known so far: text ("Text messages"), template ("Template messages"), reply buttons ("Interactive reply buttons"),
//! and the read receipt with or without a typing indicator ("Mark messages as read"). Any other type is refused with
//! 131051; nothing is accepted unread.

use super::error::GraphError;
use super::fields::Fields;
use super::template::Library;
use serde_json::Value;

/// Longest text message, in characters.
pub const TEXT_LIMIT: usize = 4_096;
/// Longest `biz_opaque_callback_data`, in characters.
pub const CALLBACK_DATA_LIMIT: usize = 512;
/// Longest text of a message with reply buttons, in characters.
const BODY_LIMIT: usize = 1_024;
/// Longest header and footer, in characters.
const HEADER_LIMIT: usize = 60;
/// Most reply buttons, longest id and title in characters.
const BUTTONS_LIMIT: usize = 3;
const BUTTON_ID_LIMIT: usize = 256;
const BUTTON_TITLE_LIMIT: usize = 20;

const SEND: &str = "Send messages";

/// A request that keeps to Meta's rules, as far as its body alone can tell.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// A message.
    Send(Outgoing),
    /// A read receipt.
    Receipt {
        /// The message that was read.
        message_id: String,
        /// With a typing indicator.
        typing: bool,
    },
}

/// A message to somebody.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) target: Target,
    pub(crate) content: Content,
    pub(crate) callback_data: Option<String>,
}

/// Who it is for, as written in the request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// `to`: a phone number.
    Number(String),
    /// `recipient`: a business-scoped user id.
    Bsuid(String),
    /// `to` with `recipient_type` group.
    Group(String),
}

impl Target {
    pub(crate) fn as_written(&self) -> &str {
        match self {
            Self::Number(text) | Self::Bsuid(text) | Self::Group(text) => text,
        }
    }
}

/// What a user sees.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) kind: MessageKind,
    /// The text, template parameters filled in.
    pub(crate) text: String,
    pub(crate) buttons: Vec<Button>,
}

/// A message type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// Free text.
    Text,
    /// An approved template.
    Template,
    /// Text with reply buttons.
    Buttons,
    /// A read receipt, with or without a typing indicator.
    Receipt,
    /// The request was refused before its type was known.
    Unknown,
}

impl std::fmt::Display for MessageKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Template => "template",
            Self::Buttons => "reply buttons",
            Self::Receipt => "read receipt",
            Self::Unknown => "request",
        })
    }
}

/// A button a user can press.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Button {
    /// What comes back: the payload of a template's quick reply, or the id of a reply button.
    pub(crate) id: String,
    pub(crate) title: String,
}

/// Reads a request's body. `version` is the major version of the Graph API that serves it.
pub(crate) fn read(body: &Value, library: &Library, version: u8) -> Result<Request, GraphError> {
    let fields = Fields::of(body, "", SEND)?;
    match fields.get("messaging_product") {
        None => {
            let message = "(#100) The parameter messaging_product is required.".to_owned();
            return Err(GraphError::graph(100, None, SEND, message));
        }
        Some(Value::String(product)) if product.eq_ignore_ascii_case("whatsapp") => {}
        Some(_) => return Err(fields.invalid("Param messaging_product must be one of {WHATSAPP}.")),
    }
    if fields.get("status").is_some() {
        return receipt(body);
    }
    let kind = fields.required_text("type")?;
    let known = match kind {
        "text" | "template" | "interactive" => kind,
        _ => {
            let kind: String = kind.chars().take(40).collect();
            return Err(GraphError::new(
                131_051,
                SEND,
                format!("Message type \"{kind}\" is not supported."),
            ));
        }
    };
    fields.only(&[
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "type",
        "context",
        "biz_opaque_callback_data",
        known,
    ])?;
    let target = target(&fields)?;
    if matches!(target, Target::Group(_)) && known == "interactive" {
        return Err(GraphError::new(
            131_051,
            "Groups",
            "Interactive messages cannot be sent to a group.",
        ));
    }
    let callback_data = fields.text("biz_opaque_callback_data")?;
    if let Some(data) = callback_data {
        fields.limit("biz_opaque_callback_data", data, CALLBACK_DATA_LIMIT)?;
    }
    if let Some(context) = fields.get("context") {
        let context = Fields::of(context, "context", "Contextual replies")?;
        context.only(&["message_id"])?;
        context.limited_text("message_id", usize::MAX)?;
    }
    let value = fields.required(known)?;
    let content = match known {
        "text" => text(value)?,
        "template" => library.read(value, version)?,
        _ => reply_buttons(value)?,
    };
    Ok(Request::Send(Outgoing {
        target,
        content,
        callback_data: callback_data.map(str::to_owned),
    }))
}

fn receipt(body: &Value) -> Result<Request, GraphError> {
    let fields = Fields::of(body, "", "Mark messages as read")?;
    fields.only(&["messaging_product", "status", "message_id", "typing_indicator"])?;
    if fields.required_text("status")? != "read" {
        return Err(fields.invalid("Param status must be one of {READ}."));
    }
    let message_id = fields.limited_text("message_id", usize::MAX)?.to_owned();
    let typing = fields.get("typing_indicator").map(|value| {
        let typing = Fields::of(value, "typing_indicator", "Typing indicators")?;
        typing.only(&["type"])?;
        match typing.required_text("type")? {
            "text" => Ok(()),
            _ => Err(typing.invalid("Param typing_indicator.type must be one of {TEXT}.")),
        }
    });
    let typing = typing.transpose()?.is_some();
    Ok(Request::Receipt { message_id, typing })
}

fn target(fields: &Fields<'_>) -> Result<Target, GraphError> {
    let group = match fields.text("recipient_type")? {
        None | Some("individual") => false,
        Some("group") => true,
        Some(_) => return Err(fields.invalid("Param recipient_type must be one of {INDIVIDUAL, GROUP}.")),
    };
    // Meta, "Business-scoped user IDs": where both are given, `to` wins.
    match (fields.text("to")?, fields.text("recipient")?) {
        (Some(to), _) if group => {
            fields.limit("to", to, usize::MAX)?;
            Ok(Target::Group(to.to_owned()))
        }
        (Some(to), _) => Ok(Target::Number(to.to_owned())),
        (None, Some(id)) if !group => {
            if is_bsuid(id) {
                Ok(Target::Bsuid(id.to_owned()))
            } else {
                let details = "Param recipient is not a business-scoped user ID.";
                Err(GraphError::value("Business-scoped user IDs", details))
            }
        }
        (None, _) => Err(GraphError::missing(SEND, "to")),
    }
}

/// Country code, dot, up to 128 alphanumerics; the parent form has `ENT.` after the dot.
fn is_bsuid(text: &str) -> bool {
    text.split_once('.').is_some_and(|(country, rest)| {
        let id = rest.strip_prefix("ENT.").unwrap_or(rest);
        country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=128).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn text(value: &Value) -> Result<Content, GraphError> {
    let fields = Fields::of(value, "text", "Text messages")?;
    fields.only(&["body", "preview_url"])?;
    fields.flag("preview_url")?;
    Ok(Content {
        kind: MessageKind::Text,
        text: fields.limited_text("body", TEXT_LIMIT)?.to_owned(),
        buttons: Vec::new(),
    })
}

fn reply_buttons(value: &Value) -> Result<Content, GraphError> {
    const PAGE: &str = "Interactive reply buttons";
    let fields = Fields::of(value, "interactive", PAGE)?;
    let kind = fields.required_text("type")?;
    if kind != "button" {
        let kind: String = kind.chars().take(40).collect();
        let details = format!("Interactive type \"{kind}\" is not supported.");
        return Err(GraphError::new(131_051, "Send messages", details));
    }
    fields.only(&["type", "header", "body", "footer", "action"])?;
    if let Some(header) = fields.get("header") {
        let header = Fields::of(header, "interactive.header", PAGE)?;
        header.only(&["type", "text"])?;
        if header.required_text("type")? != "text" {
            return Err(GraphError::new(131_051, PAGE, "Only text headers are supported."));
        }
        header.limited_text("text", HEADER_LIMIT)?;
    }
    let body = Fields::of(fields.required("body")?, "interactive.body", PAGE)?;
    body.only(&["text"])?;
    let text = body.limited_text("text", BODY_LIMIT)?;
    if let Some(footer) = fields.get("footer") {
        let footer = Fields::of(footer, "interactive.footer", PAGE)?;
        footer.only(&["text"])?;
        footer.limited_text("text", HEADER_LIMIT)?;
    }
    let action = Fields::of(fields.required("action")?, "interactive.action", PAGE)?;
    action.only(&["buttons"])?;
    let list = action.list("buttons")?;
    if list.is_empty() || list.len() > BUTTONS_LIMIT {
        let details =
            format!("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: {BUTTONS_LIMIT}");
        return Err(GraphError::value(PAGE, details));
    }
    let mut buttons: Vec<Button> = Vec::with_capacity(list.len());
    for value in list {
        let button = reply_button(value, PAGE)?;
        if buttons
            .iter()
            .any(|other| other.title == button.title || other.id == button.id)
        {
            return Err(GraphError::value(
                PAGE,
                "Button ids and titles must differ from each other.",
            ));
        }
        buttons.push(button);
    }
    Ok(Content {
        kind: MessageKind::Buttons,
        text: text.to_owned(),
        buttons,
    })
}

fn reply_button(value: &Value, page: &'static str) -> Result<Button, GraphError> {
    let button = Fields::of(value, "interactive.action.buttons", page)?;
    button.only(&["type", "reply"])?;
    if button.required_text("type")? != "reply" {
        return Err(button.invalid("Param interactive.action.buttons.type must be one of {REPLY}."));
    }
    let reply = Fields::of(
        button.required("reply")?,
        "interactive.action.buttons.reply",
        page,
    )?;
    reply.only(&["id", "title"])?;
    let id = reply.limited_text("id", BUTTON_ID_LIMIT)?;
    if id.trim() != id {
        return Err(GraphError::value(
            page,
            "A button id cannot begin or end with a space.",
        ));
    }
    Ok(Button {
        id: id.to_owned(),
        title: reply.limited_text("title", BUTTON_TITLE_LIMIT)?.to_owned(),
    })
}
