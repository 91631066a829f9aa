//! The members that an alert may have: names, places and shapes, each once.

use core::fmt;

/// An object or list of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Place {
    /// Around the alert.
    Line,
    /// The alert itself.
    Alert,
    /// `fallback`
    Fallback,
    /// `template`
    Template,
    /// `header` of the template.
    Header,
    /// The list `body` of the template.
    Body,
    /// An element of `body`.
    Parameter,
    /// The list `buttons` of the template.
    Buttons,
    /// An element of `buttons`.
    Button,
}

/// What a member's value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Shape {
    /// A string.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// An object.
    Object,
    /// A string or an object.
    TextOrObject,
    /// A list.
    List,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a string",
            Self::Number => "a whole number",
            Self::Flag => "true or false",
            Self::Object => "an object",
            Self::TextOrObject => "a string or an object",
            Self::List => "a list",
        })
    }
}

macro_rules! members {
    ($($(#[$doc:meta])* $name:ident, $place:ident, $key:literal, $shape:ident;)*) => {
        /// A member of an alert, or an element of one of its lists. `Display` gives the way to it, as
        /// `template.body[].text`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub enum Member {
            $($(#[$doc])* $name,)*
        }

        impl Member {
            const ALL: &[Self] = &[$(Self::$name,)*];

            const fn row(self) -> (Place, &'static str, Shape) {
                match self {
                    $(Self::$name => (Place::$place, $key, Shape::$shape),)*
                }
            }
        }
    };
}

members! {
    /// Phone number or user id.
    To, Alert, "to", Text;
    /// Group id.
    Group, Alert, "group", Text;
    /// Free text.
    Text, Alert, "text", Text;
    /// Preview of the first link.
    PreviewUrl, Alert, "preview_url", Flag;
    /// Template in the text's place.
    Fallback, Alert, "fallback", TextOrObject;
    /// Template.
    Template, Alert, "template", Object;
    /// Priority.
    Priority, Alert, "priority", Text;
    /// Time to live.
    ExpiresIn, Alert, "expires_in", Number;
    /// Time for an answer.
    AnswerWithin, Alert, "answer_within", Number;
    /// In order.
    Ordered, Alert, "ordered", Flag;
    /// Rather lost than doubled.
    AtMostOnce, Alert, "at_most_once", Flag;
    /// Whether it is marketing.
    Marketing, Alert, "marketing", Flag;
    /// The sender's reference.
    Reference, Alert, "ref", Text;
    /// Name of the fallback template.
    FallbackName, Fallback, "name", Text;
    /// Language of the fallback template.
    FallbackLanguage, Fallback, "language", Text;
    /// Name of the fallback template's parameter.
    FallbackParameterName, Fallback, "parameter_name", Text;
    /// Name of the template.
    TemplateName, Template, "name", Text;
    /// Language of the template.
    TemplateLanguage, Template, "language", Text;
    /// Header parameter.
    Header, Template, "header", TextOrObject;
    /// Body parameters.
    Body, Template, "body", List;
    /// Buttons.
    Buttons, Template, "buttons", List;
    /// Name of the header parameter.
    HeaderName, Header, "name", Text;
    /// Text of the header parameter.
    HeaderText, Header, "text", Text;
    /// A body parameter.
    Parameter, Body, "", TextOrObject;
    /// Name of a body parameter.
    ParameterName, Parameter, "name", Text;
    /// Text of a body parameter.
    ParameterText, Parameter, "text", Text;
    /// A button.
    Button, Buttons, "", Object;
    /// Place of a button in the template.
    ButtonIndex, Button, "index", Number;
    /// Payload of a quick reply.
    ButtonPayload, Button, "payload", Text;
    /// End of a button's address.
    ButtonUrl, Button, "url", Text;
}

// A set of members is kept in 32 bits.
const _: () = assert!(Member::ALL.len() <= 32);

impl Member {
    /// The member of this name there.
    pub(super) fn find(place: Place, key: &str) -> Option<Self> {
        let named = |m: &&Self| m.place() == place && m.key() == key && !key.is_empty();
        Self::ALL.iter().find(named).copied()
    }

    /// What it is a member of.
    pub const fn place(self) -> Place {
        self.row().0
    }

    /// Its name in the JSON; empty for an element of a list.
    pub const fn key(self) -> &'static str {
        self.row().1
    }

    /// What its value has to be.
    pub const fn shape(self) -> Shape {
        self.row().2
    }

    /// Its bit in a set of members.
    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl Place {
    /// What stands in front of a member's name.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Line | Self::Alert => "",
            Self::Fallback => "fallback.",
            Self::Template => "template.",
            Self::Header => "template.header.",
            Self::Body => "template.body[]",
            Self::Parameter => "template.body[].",
            Self::Buttons => "template.buttons[]",
            Self::Button => "template.buttons[].",
        }
    }

    /// The members of one element of a list, which may come again in the next.
    pub(super) fn members(self) -> u32 {
        let here = |m: &&Member| m.place() == self;
        Member::ALL.iter().filter(here).fold(0, |set, m| set | m.bit())
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.place().prefix())?;
        f.write_str(self.key())
    }
}
