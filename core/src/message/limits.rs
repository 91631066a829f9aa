//! Every limit of Meta's that holds for what is sent, each once, with the page that states it.
//!
//! Meta does not say how characters are counted; here they are code points, and Meta is the judge of the rest. Where
//! Meta states nothing, the limit follows from one that is stated, or is the stricter reading, and says so.

use core::fmt;

/// Characters of a text body. "Text messages".
pub const TEXT: usize = 4096;
/// Characters of a template's name: lower-case letters, digits and `_`. "Template messages", creation.
pub const TEMPLATE_NAME: usize = 512;
/// Bytes of a language code, as `en`, `fil` or `en_US`. "Supported languages".
pub const LANGUAGE: usize = 6;
/// Characters of a template's text header. "Template components".
pub const HEADER: usize = 60;
/// Parameters of a template's text header. "Template components".
pub const HEADER_PARAMETERS: usize = 1;
/// Characters of a template's body, its parameters filled in; beyond it 132005. "Template components". The body's own
/// words are Meta's to count: here all parameters together are held to it.
pub const BODY: usize = 1024;
/// Parameters of a template's body. Meta states no number; a body of [`BODY`] characters has no room for more
/// placeholders, the shortest of which is `{{1}}`.
pub const BODY_PARAMETERS: usize = BODY / 5;
/// Characters of a named parameter's name. Meta states none; with its braces it has to fit into a [`BODY`].
pub const PARAMETER_NAME: usize = BODY - 4;
/// Consecutive spaces in a parameter; more, or a line break or tab, are refused with 132018, 132012 or 100.
pub const PARAMETER_SPACES: usize = 4;
/// Buttons of a template, numbered from 0. "Template components".
pub const BUTTONS: usize = 10;
/// URL buttons of a template. "Template components".
pub const URL_BUTTONS: usize = 2;
/// Characters of a quick-reply button's payload. Meta states none; this is half of what the id of an interactive
/// reply button may have ("Interactive reply buttons": 256), which resellers that state a number hold to.
pub const BUTTON_PAYLOAD: usize = 128;
/// Characters of a URL button's address, of which the parameter is the end. "Template components".
pub const URL: usize = 2000;
/// Characters of `biz_opaque_callback_data`. "Send messages"; changelog of January 26, 2024.
pub const CALLBACK_DATA: usize = 512;

/// A part of a message that has a limit. Numbers count from 1 as Meta's placeholders do; a button is named by its
/// `index`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Field {
    /// The body of a text message.
    Text,
    /// The text as the one parameter of its fallback template.
    FallbackText,
    /// The name of a template.
    TemplateName,
    /// The language code of a template.
    Language,
    /// The list of header parameters.
    HeaderParameters,
    /// A header parameter's text.
    HeaderParameter(u8),
    /// A header parameter's name.
    HeaderParameterName(u8),
    /// The list of body parameters.
    BodyParameters,
    /// A body parameter's text.
    BodyParameter(u8),
    /// A body parameter's name.
    BodyParameterName(u8),
    /// The list of buttons.
    Buttons,
    /// The URL buttons among them.
    UrlButtons,
    /// A button's `index`.
    ButtonIndex(u8),
    /// A quick-reply button's payload.
    ButtonPayload(u8),
    /// The end of a URL button's address.
    UrlSuffix(u8),
    /// `biz_opaque_callback_data`.
    CallbackData,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, number) = match self {
            Self::Text => ("text", None),
            Self::FallbackText => ("text for the fallback template", None),
            Self::TemplateName => ("template name", None),
            Self::Language => ("language code", None),
            Self::HeaderParameters => ("list of header parameters", None),
            Self::HeaderParameter(n) => ("header parameter", Some(n)),
            Self::HeaderParameterName(n) => ("name of header parameter", Some(n)),
            Self::BodyParameters => ("list of body parameters", None),
            Self::BodyParameter(n) => ("body parameter", Some(n)),
            Self::BodyParameterName(n) => ("name of body parameter", Some(n)),
            Self::Buttons => ("list of buttons", None),
            Self::UrlButtons => ("list of URL buttons", None),
            Self::ButtonIndex(n) => ("button index", Some(n)),
            Self::ButtonPayload(n) => ("payload of button", Some(n)),
            Self::UrlSuffix(n) => ("URL suffix of button", Some(n)),
            Self::CallbackData => ("callback data", None),
        };
        f.write_str(name)?;
        match number {
            Some(n) => write!(f, " {n}"),
            None => Ok(()),
        }
    }
}

/// What Meta would refuse, and which limit it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
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
    /// The same name or index twice.
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
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { field } => write!(f, "{field} is empty"),
            Self::TooLong { field, limit, actual } => {
                write!(f, "{field} has {actual} characters, at most {limit} are allowed")
            }
            Self::TooMany { field, limit, actual } => {
                write!(f, "{field} has {actual} entries, at most {limit} are allowed")
            }
            Self::Character {
                field: field @ (Field::HeaderParameter(_) | Field::BodyParameter(_)),
                at,
            } => write!(f, "{field} has a line break or a tab at byte {at}"),
            Self::Character { field, at } => write!(f, "{field} is not well formed at byte {at}"),
            Self::Spaces { field, at } => {
                write!(
                    f,
                    "{field} has more than {PARAMETER_SPACES} spaces in a row at byte {at}"
                )
            }
            Self::Duplicate { field } => write!(f, "{field} was given before"),
            Self::Mixed { field } => write!(
                f,
                "{field} differs from the others: either all parameters have a name or none has"
            ),
            Self::OutOfRange { field, limit } => write!(f, "{field} is beyond {limit}"),
        }
    }
}

impl core::error::Error for Invalid {}

/// Holds text against `1..=limit` characters.
pub(super) fn check_len(field: Field, text: &str, limit: usize) -> Result<usize, Invalid> {
    match text.chars().count() {
        0 => Err(Invalid::Empty { field }),
        actual if actual > limit => Err(Invalid::TooLong { field, limit, actual }),
        actual => Ok(actual),
    }
}

/// Holds `biz_opaque_callback_data` against its limit; empty means that none is sent.
///
/// # Errors
/// [`Invalid::TooLong`].
pub fn check_callback_data(text: &str) -> Result<(), Invalid> {
    if text.is_empty() {
        return Ok(());
    }
    check_len(Field::CallbackData, text, CALLBACK_DATA).map(|_| ())
}

/// Whether the byte may stand in a template's or a parameter's name.
fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')
}

/// Lower-case letters, digits and `_`.
pub(super) fn check_name(field: Field, name: &str, limit: usize) -> Result<(), Invalid> {
    if let Some(at) = name.bytes().position(|byte| !is_name_byte(byte)) {
        return Err(Invalid::Character { field, at });
    }
    check_len(field, name, limit).map(|_| ())
}

/// A language code is two or three lower-case letters, and maybe `_` and two capital ones, as `en`, `fil`, `pt_BR`.
///
/// # Errors
/// [`Invalid::Empty`], or [`Invalid::Character`] with the first byte that does not fit or is missing.
pub fn check_language(code: &str) -> Result<(), Invalid> {
    let field = Field::Language;
    if code.is_empty() {
        return Err(Invalid::Empty { field });
    }
    let letters = code.bytes().take(3).take_while(u8::is_ascii_lowercase).count();
    let refused = |at| Err(Invalid::Character { field, at });
    match code.as_bytes().get(letters..) {
        _ if letters < 2 => refused(letters),
        Some([] | [b'_', b'A'..=b'Z', b'A'..=b'Z']) => Ok(()),
        Some([b'_', b'A'..=b'Z', b'A'..=b'Z', ..]) => refused(letters.saturating_add(3)),
        Some([b'_', b'A'..=b'Z', ..]) => refused(letters.saturating_add(2)),
        Some([b'_', ..]) => refused(letters.saturating_add(1)),
        _ => refused(letters),
    }
}

/// Whether the character ends a line or is a tab, which a parameter must not contain.
pub(super) fn breaks_line(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What Meta refuses in a template parameter's text: nothing at all, line breaks, tabs, more than
/// [`PARAMETER_SPACES`] spaces in a row. Gives the number of characters.
pub(super) fn check_parameter(field: Field, text: &str, limit: usize) -> Result<usize, Invalid> {
    if text.bytes().all(|byte| byte == b' ') {
        return Err(Invalid::Empty { field });
    }
    let mut spaces = 0usize;
    for (at, c) in text.char_indices() {
        if breaks_line(c) {
            return Err(Invalid::Character { field, at });
        }
        spaces = if c == ' ' { spaces.saturating_add(1) } else { 0 };
        if spaces > PARAMETER_SPACES {
            return Err(Invalid::Spaces { field, at });
        }
    }
    check_len(field, text, limit)
}
