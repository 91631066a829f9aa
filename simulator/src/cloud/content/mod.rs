//! What a request sends: Meta's message types, one file each, with their limits.
//!
//! The envelope is here (Meta, "Send messages", "Contextual replies", "Business-scoped user IDs", "Groups"). A type that
//! is not known is refused with 131051, a member that has no meaning with 100: nothing is accepted unread. Where two pages
//! of Meta's name two limits, [`Readings`] has both.

mod contacts;
mod interactive;
mod kind;
mod location;
mod media;
mod pin;
mod reaction;
mod receipt;
mod template;
#[cfg(test)]
mod tests;
mod text;

use super::error::GraphError;
use super::fields::Fields;
use super::template::Library;
pub use kind::MessageKind;
use serde_json::Value;
pub use text::BODY_LIMIT as TEXT_LIMIT;

/// Longest `biz_opaque_callback_data`, in characters.
pub const CALLBACK_DATA_LIMIT: usize = 512;

const SEND: &str = "Send messages";

/// How to read what Meta's pages say in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Readings {
    /// Longest body of a list, in characters: 1,024 by Meta's own schema, 4,096 by "Interactive list messages".
    pub list_body: usize,
    /// Most contacts in one message: 5 by Meta's own schema, 257 by "Contacts messages".
    pub contacts: usize,
    /// Whether the only section of a list needs a title: it does by "Interactive list messages"; older text asks for one
    /// only where there are several sections.
    pub lone_section_title: bool,
    /// Longest label of a flow's button, in characters: 20 as clients hold to, 30 by Meta's own schema.
    pub flow_button: usize,
}

impl Readings {
    /// The strict reading of each.
    pub const STRICT: Self = Self {
        list_body: 1_024,
        contacts: 5,
        lone_section_title: true,
        flow_button: 20,
    };
    /// The generous reading of each.
    pub const GENEROUS: Self = Self {
        list_body: 4_096,
        contacts: 257,
        lone_section_title: false,
        flow_button: 30,
    };
}

impl Default for Readings {
    fn default() -> Self {
        Self::STRICT
    }
}

/// What a request is held against.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) library: &'a Library,
    /// The major version of the Graph API that serves the request.
    pub(crate) version: u8,
    pub(crate) readings: Readings,
    /// Whether a file with this id was uploaded, or came from a user.
    pub(crate) has_file: &'a dyn Fn(&str) -> bool,
}

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
    /// In words: the text, template parameters filled in, or what stands in its place.
    pub(crate) text: String,
    /// What can be pressed or chosen.
    pub(crate) buttons: Vec<Button>,
    /// The message that a reaction is on.
    pub(crate) on: Option<String>,
}

impl Content {
    fn new(kind: MessageKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            buttons: Vec::new(),
            on: None,
        }
    }
}

/// Something that a user can press or choose.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Button {
    /// What comes back: the payload of a template's quick reply, or the id of a reply button or of a list's row.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) answer: Answer,
}

/// In which shape the answer comes back.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A template's quick reply.
    QuickReply,
    /// A reply button.
    Button,
    /// A row of a list, with its description.
    Row(Option<String>),
    /// Where the user is.
    Location,
    /// The user's own contact.
    Contact,
}

/// Reads a request's body.
pub(crate) fn read(body: &Value, known: Known<'_>) -> Result<Request, GraphError> {
    read_plain(decoded(body).as_ref().unwrap_or(body), known)
}

/// The body with its content out of a string, if it is in one: the Graph API takes an object or a list as JSON in a string,
/// too, and whatsapp-api-js sends contacts so.
fn decoded(body: &Value) -> Option<Value> {
    let name = body.get("type")?.as_str()?;
    let content: Value = serde_json::from_str(body.get(name)?.as_str()?).ok()?;
    (content.is_object() || content.is_array()).then(|| {
        let mut body = body.clone();
        body[name] = content;
        body
    })
}

fn read_plain(body: &Value, known: Known<'_>) -> Result<Request, GraphError> {
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
        return receipt::read(&fields.by(receipt::PAGE));
    }
    let name = fields.required_text("type")?;
    let kind = Type::of(name)?;
    fields.only(&[
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "type",
        "context",
        "biz_opaque_callback_data",
        name,
    ])?;
    let target = target(&fields)?;
    match target {
        Target::Group(_) if !kind.goes_to_groups() => {
            let details = format!("Messages of type {name} cannot be sent to a group.");
            return Err(GraphError::new(131_051, "Groups", details));
        }
        Target::Number(_) | Target::Bsuid(_) if kind == Type::Pin => {
            return Err(GraphError::value("Groups", "Messages are pinned in groups only."));
        }
        _ => {}
    }
    let callback_data = fields.optional_text("biz_opaque_callback_data", CALLBACK_DATA_LIMIT)?;
    if let Some(context) = fields.object("context")? {
        let context = context.by("Contextual replies");
        context.only(&["message_id"])?;
        context.limited_text("message_id", usize::MAX)?;
        if kind == Type::Reaction {
            return Err(context.invalid("A reaction cannot be a reply: it names its message itself."));
        }
    }
    let content = kind.content(&fields, name, known)?;
    if content.kind == MessageKind::Authentication && matches!(target, Target::Bsuid(_)) {
        let details = "Authentication templates cannot be sent to a business-scoped user ID.";
        return Err(GraphError::new(131_062, "Business-scoped user IDs", details));
    }
    Ok(Request::Send(Outgoing {
        target,
        content,
        callback_data: callback_data.map(str::to_owned),
    }))
}

/// The `type` of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Media(media::Medium),
    Location,
    Contacts,
    Reaction,
    Interactive,
    Template,
    Pin,
}

impl Type {
    fn of(name: &str) -> Result<Self, GraphError> {
        Ok(match name {
            "text" => Self::Text,
            "location" => Self::Location,
            "contacts" => Self::Contacts,
            "reaction" => Self::Reaction,
            "interactive" => Self::Interactive,
            "template" => Self::Template,
            "pin" => Self::Pin,
            _ => match media::Medium::of(name) {
                Some(medium) => Self::Media(medium),
                None => return Err(unsupported("Message", name)),
            },
        })
    }

    /// Meta, "Groups": text, media and templates; there a message can be pinned, too.
    const fn goes_to_groups(self) -> bool {
        matches!(self, Self::Text | Self::Media(_) | Self::Template | Self::Pin)
    }

    /// Reads the member `name`.
    fn content(self, fields: &Fields<'_>, name: &str, known: Known<'_>) -> Result<Content, GraphError> {
        if self == Self::Contacts {
            fields.required(name)?;
            return contacts::read(fields.objects(name)?, known);
        }
        let value = fields.required_object(name)?;
        match self {
            Self::Text => text::read(value),
            Self::Media(medium) => media::read(value, medium, known),
            Self::Location => location::read(value).map(Content::from),
            Self::Reaction => reaction::read(value),
            Self::Interactive => interactive::read(value, known),
            Self::Template => template::read(value, known),
            Self::Pin => pin::read(value),
            Self::Contacts => unreachable!("it is no object"),
        }
    }
}

/// A type that there is not, or not here.
fn unsupported(what: &str, name: &str) -> GraphError {
    let name: String = name.chars().take(40).collect();
    GraphError::new(131_051, SEND, format!("{what} type \"{name}\" is not supported."))
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
