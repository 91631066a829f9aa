//! What Meta would refuse, said before anything is sent: which part of the message, which limit, how much there is.

use super::limits::PARAMETER_SPACES;
use crate::words::{line, say};
use core::fmt;

/// Each part with its name in an error. Those with a number are the n-th of their kind.
macro_rules! fields {
    (
        $($(#[$alone_doc:meta])+ $alone:ident $($alone_all:ident)? $alone_name:literal)*
        ;
        $($(#[$nth_doc:meta])+ $nth:ident $($nth_all:ident)? $nth_name:literal)*
    ) => {
        /// A part of a message that has a limit. Numbers count from 1 as Meta's placeholders do; a template's button is
        /// named by its `index`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Field {
            $($(#[$alone_doc])+ $alone,)*
            $($(#[$nth_doc])+ $nth(u8),)*
        }

        impl Field {
            // Two questions, since each is a lookup then, and both together would be a jump for each field.
            /// Its place in [`NAMES`].
            #[inline(never)]
            fn place(self) -> u8 {
                enum Place { $($alone,)* $($nth,)* }
                match self {
                    $(Self::$alone => Place::$alone as u8,)*
                    $(Self::$nth(_) => Place::$nth as u8,)*
                }
            }

            /// Which of its kind it is.
            #[inline(never)]
            fn number(self) -> Option<u8> {
                match self {
                    $(Self::$nth(n) => Some(n),)*
                    _ => None,
                }
            }
        }

        /// One a line: a table of references would take as much as the names. Without the feature `all-messages` those
        /// marked `all` are empty, since no message has such a part then.
        static NAMES: &str = concat!(
            $(linked!($($alone_all)? $alone_name), "\n",)*
            $(linked!($($nth_all)? $nth_name), "\n"),*
        );
    };
}

fields! {
    /// The body of a text message.
    Text "text"
    /// The text as the one parameter of its fallback template.
    FallbackText "text for the fallback template"
    /// The name of a template.
    TemplateName "template name"
    /// The language code of a template.
    Language "language code"
    /// The list of header parameters.
    HeaderParameters "list of header parameters"
    /// The list of body parameters.
    BodyParameters "list of body parameters"
    /// The list of buttons.
    Buttons "list of buttons"
    /// The URL buttons among them.
    UrlButtons "list of URL buttons"
    /// The copy-code buttons among them.
    CopyCodeButtons "list of copy-code buttons"
    /// The code of an authentication template.
    AuthenticationCode "authentication code"
    /// A medium's id.
    MediaId all "media id"
    /// A medium's address.
    MediaLink all "media link"
    /// A medium's caption.
    Caption all "caption"
    /// A document's name.
    Filename all "file name"
    /// A latitude.
    Latitude all "latitude"
    /// A longitude.
    Longitude all "longitude"
    /// A location's name.
    LocationName all "location name"
    /// A location's address.
    LocationAddress all "location address"
    /// The list of contacts.
    Contacts all "list of contacts"
    /// The id of the message that is quoted, reacted to or marked as read.
    MessageId "message id"
    /// A reaction's emoji.
    Emoji all "emoji"
    /// The text header of an interactive message.
    HeaderText "header"
    /// The body of an interactive message.
    InteractiveBody "body"
    /// The footer of an interactive message.
    Footer "footer"
    /// The list of reply buttons.
    ReplyButtons "list of reply buttons"
    /// The label of the button that opens a list.
    ListButton all "list button"
    /// The list of a list's sections.
    Sections all "list of sections"
    /// All rows of a list.
    Rows all "list of rows"
    /// The label of a call to action.
    DisplayText all "display text"
    /// The address of a call to action.
    Url all "URL"
    /// Raw JSON.
    Raw all "raw message"
    /// The type of a raw message.
    RawType all "type of the raw message"
    /// A member of a raw message that the envelope has already.
    RawEnvelope all "envelope's member of the raw message"
    /// `biz_opaque_callback_data`.
    CallbackData "callback data"
    ;
    /// A header parameter's text.
    HeaderParameter "header parameter"
    /// A header parameter's name.
    HeaderParameterName "name of header parameter"
    /// A body parameter's text.
    BodyParameter "body parameter"
    /// A body parameter's name.
    BodyParameterName "name of body parameter"
    /// The code of a body parameter's currency.
    CurrencyCode all "currency code of body parameter"
    /// The date of a body parameter.
    DateTime all "date of body parameter"
    /// A button's `index`.
    ButtonIndex "button index"
    /// A quick-reply button's payload.
    ButtonPayload "payload of button"
    /// The end of a URL button's address.
    UrlSuffix "URL suffix of button"
    /// A copy-code button's code.
    CouponCode "coupon code of button"
    /// A flow button's token.
    FlowToken all "flow token of button"
    /// A flow button's data.
    FlowData all "flow data of button"
    /// A text in a contact.
    Contact all "text in contact"
    /// A contact's birthday.
    Birthday all "birthday of contact"
    /// A reply button's id.
    ReplyId "id of reply button"
    /// A reply button's title.
    ReplyTitle "title of reply button"
    /// A section's title.
    SectionTitle all "title of section"
    /// A section's rows.
    SectionRows all "list of rows of section"
    /// A row's id.
    RowId all "id of row"
    /// A row's title.
    RowTitle all "title of row"
    /// A row's description.
    RowDescription all "description of row"
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = line(NAMES, self.place());
        let (words, number) = self.number().map_or(("", 0), |number| (" #", number));
        say(f, name, words, number.into(), 0)
    }
}

/// What Meta would refuse, and which limit it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Invalid {
    /// Nothing there; in a parameter, nothing but spaces.
    Empty {
        /// Where.
        field: Field,
    },
    /// More characters than allowed.
    TooLong {
        /// Where.
        field: Field,
        /// Most characters allowed.
        limit: usize,
        /// Characters there are.
        actual: usize,
    },
    /// More entries than allowed.
    TooMany {
        /// Where.
        field: Field,
        /// Most entries allowed.
        limit: usize,
        /// Entries there are.
        actual: usize,
    },
    /// A character that has no place there, or the end where one is missing.
    Character {
        /// Where.
        field: Field,
        /// Byte offset in the field.
        at: usize,
    },
    /// More than [`PARAMETER_SPACES`] spaces in a row.
    Spaces {
        /// Where.
        field: Field,
        /// Byte offset of the first space too many.
        at: usize,
    },
    /// The same name, title, id or index twice.
    Duplicate {
        /// The second one.
        field: Field,
    },
    /// Some parameters have a name and some have none; a template takes one kind only.
    Mixed {
        /// The first that differs from the one before.
        field: Field,
    },
    /// A number beyond its limit.
    OutOfRange {
        /// Where.
        field: Field,
        /// The largest one allowed.
        limit: usize,
    },
    /// A group takes text, media and templates only. "Group messages".
    NotForGroup,
    /// An authentication template needs a phone number, Meta refuses it with 131062. "Business-scoped user IDs".
    NotForUserId,
    /// A reaction names its message itself and quotes none. "Contextual replies".
    ReactionAsReply,
}

/// What follows the field, one a line, in the order of [`Invalid`]; the last is of a [`Invalid::Character`] in a
/// parameter.
static SENTENCES: &str = " is empty
 has # characters, at most # are allowed
 has # entries, at most # are allowed
 is not well formed at byte #
 has more than 4 spaces in a row at byte #
 was given before
 differs from the others: either all parameters have a name or none has
 is beyond #
a group takes only text, media and templates
an authentication template needs a phone number
a reaction cannot be a reply
 has a line break or a tab at byte #";

const _: () = assert!(PARAMETER_SPACES == 4, "the sentence says so");

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One question after the other: each is a lookup, or reads the same place of all; together they would be a jump
        // for each.
        let (one, two) = match *self {
            Self::TooLong { limit, actual, .. } | Self::TooMany { limit, actual, .. } => (actual, limit),
            Self::Character { at: one, .. }
            | Self::Spaces { at: one, .. }
            | Self::OutOfRange { limit: one, .. } => (one, 0),
            _ => (0, 0),
        };
        if let Self::Empty { field }
        | Self::TooLong { field, .. }
        | Self::TooMany { field, .. }
        | Self::Character { field, .. }
        | Self::Spaces { field, .. }
        | Self::Duplicate { field }
        | Self::Mixed { field }
        | Self::OutOfRange { field, .. } = self
        {
            field.fmt(f)?;
        }
        say(f, "", line(SENTENCES, self.sentence()), one, two)
    }
}

impl Invalid {
    /// Its place in [`SENTENCES`].
    fn sentence(self) -> u8 {
        match self {
            Self::Character {
                field: Field::HeaderParameter(_) | Field::BodyParameter(_),
                ..
            } => 11,
            Self::Empty { .. } => 0,
            Self::TooLong { .. } => 1,
            Self::TooMany { .. } => 2,
            Self::Character { .. } => 3,
            Self::Spaces { .. } => 4,
            Self::Duplicate { .. } => 5,
            Self::Mixed { .. } => 6,
            Self::OutOfRange { .. } => 7,
            Self::NotForGroup => 8,
            Self::NotForUserId => 9,
            Self::ReactionAsReply => 10,
        }
    }
}

impl core::error::Error for Invalid {}

#[cfg(all(test, feature = "all-messages"))]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn each_error_says_what_where_and_which_limit() {
        let field = Field::ReplyTitle(2);
        for (invalid, text) in [
            (Invalid::Empty { field }, "title of reply button 2 is empty"),
            (
                Invalid::TooLong {
                    field: Field::Text,
                    limit: 4096,
                    actual: 5000,
                },
                "text has 5000 characters, at most 4096 are allowed",
            ),
            (
                Invalid::TooMany {
                    field: Field::Rows,
                    limit: 10,
                    actual: 11,
                },
                "list of rows has 11 entries, at most 10 are allowed",
            ),
            (
                Invalid::Character {
                    field: Field::RowDescription(255),
                    at: 0,
                },
                "description of row 255 is not well formed at byte 0",
            ),
            (
                Invalid::Character {
                    field: Field::HeaderParameter(1),
                    at: 7,
                },
                "header parameter 1 has a line break or a tab at byte 7",
            ),
            (
                Invalid::Spaces { field, at: 9 },
                "title of reply button 2 has more than 4 spaces in a row at byte 9",
            ),
            (
                Invalid::Duplicate { field },
                "title of reply button 2 was given before",
            ),
            (
                Invalid::Mixed {
                    field: Field::BodyParameter(3),
                },
                "body parameter 3 differs from the others: either all parameters have a name or none has",
            ),
            (
                Invalid::OutOfRange {
                    field: Field::Latitude,
                    limit: 90,
                },
                "latitude is beyond 90",
            ),
            (
                Invalid::NotForGroup,
                "a group takes only text, media and templates",
            ),
            (
                Invalid::NotForUserId,
                "an authentication template needs a phone number",
            ),
            (Invalid::ReactionAsReply, "a reaction cannot be a reply"),
        ] {
            assert_eq!(invalid.to_string(), text);
        }
    }
}
