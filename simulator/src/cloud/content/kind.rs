//! What the cloud's records call a message.

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// Free text.
    Text,
    /// An image.
    Image,
    /// A video.
    Video,
    /// An audio file.
    Audio,
    /// An audio file as a voice message.
    Voice,
    /// A document.
    Document,
    /// A sticker.
    Sticker,
    /// A place.
    Location,
    /// Contacts.
    Contacts,
    /// A reaction to a message, or its removal.
    Reaction,
    /// An approved template.
    Template,
    /// An approved template that carries a one-time code.
    Authentication,
    /// Text with reply buttons.
    Buttons,
    /// A list to choose from.
    List,
    /// Text with a button that opens an address.
    Link,
    /// The question where the user is.
    LocationRequest,
    /// The question for the user's contact.
    ContactRequest,
    /// The question for an address in India.
    AddressRequest,
    /// The question whether the user may be called.
    CallRequest,
    /// Text with a button that calls the business.
    Call,
    /// A flow.
    Flow,
    /// A product, several, or a whole catalogue.
    Products,
    /// Cards side by side.
    Carousel,
    /// An order and what it costs, or what became of it.
    Order,
    /// A message pinned in a group, or no longer.
    Pin,
    /// A read receipt, with or without a typing indicator.
    Receipt,
    /// The request was refused before its type was known.
    Unknown,
}

impl std::fmt::Display for MessageKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Voice => "voice message",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contacts => "contacts",
            Self::Reaction => "reaction",
            Self::Template => "template",
            Self::Authentication => "authentication template",
            Self::Buttons => "reply buttons",
            Self::List => "list",
            Self::Link => "link button",
            Self::LocationRequest => "location request",
            Self::ContactRequest => "contact request",
            Self::AddressRequest => "address request",
            Self::CallRequest => "call permission request",
            Self::Call => "call button",
            Self::Flow => "flow",
            Self::Products => "products",
            Self::Carousel => "carousel",
            Self::Order => "order",
            Self::Pin => "pin",
            Self::Receipt => "read receipt",
            Self::Unknown => "request",
        })
    }
}

impl MessageKind {
    /// Whether it is a template.
    pub(crate) const fn is_template(self) -> bool {
        matches!(self, Self::Template | Self::Authentication)
    }
}
