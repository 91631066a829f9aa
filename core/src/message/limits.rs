//! Every limit of Meta's that holds for what is sent, each once, with the page that states it.
//!
//! Meta does not say how characters are counted; here they are code points, and Meta is the judge of the rest. Where
//! Meta states nothing, the limit follows from one that is stated, or is the stricter reading, and says so. Where two
//! of its pages disagree, [`Reading`] chooses. "The `OpenAPI` file" is Meta's own, of mid 2025.

use super::{Field, Invalid};

/// Which of two pages of Meta's that disagree is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reading {
    /// The smaller limit of the two.
    #[default]
    Strict,
    /// The larger one; of numbers it is that of the documentation, which is newer than the `OpenAPI` file.
    Documentation,
}

impl Reading {
    /// Characters of a list's body: 4,096 by "Interactive list messages", 1,024 by the `OpenAPI` file.
    pub const fn list_body(self) -> usize {
        match self {
            Self::Strict => INTERACTIVE_BODY,
            Self::Documentation => 4096,
        }
    }

    /// Whether the only section of a list needs a title, as those of several do: it does by "Interactive list messages",
    /// and does not by the `OpenAPI` file.
    pub const fn lone_section_title(self) -> bool {
        matches!(self, Self::Strict)
    }

    /// Contacts of a message: 257 by "Contacts messages", 5 by the `OpenAPI` file.
    pub const fn contacts(self) -> usize {
        match self {
            Self::Strict => 5,
            Self::Documentation => 257,
        }
    }
}

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
/// Letters of a currency's code. "Template messages" (ISO 4217).
pub const CURRENCY_CODE: usize = 3;
/// Buttons of a template, numbered from 0. "Template components".
pub const BUTTONS: usize = 10;
/// URL buttons of a template. "Template components".
pub const URL_BUTTONS: usize = 2;
/// Copy-code buttons of a template. "Template components".
pub const COPY_CODE_BUTTONS: usize = 1;
/// Characters of a quick-reply button's payload. Meta states none; this is half of what the id of an interactive
/// reply button may have ([`REPLY_ID`]), which resellers that state a number hold to.
pub const BUTTON_PAYLOAD: usize = 128;
/// Characters of a URL button's address, of which the parameter is the end. "Template components". Meta states none for
/// the addresses of media and of call-to-action buttons: they are held to it too.
pub const URL: usize = 2000;
/// Characters of a coupon code. "Coupon code templates".
pub const COUPON_CODE: usize = 20;
/// Characters of the code of an authentication template. "Authentication templates".
pub const AUTHENTICATION_CODE: usize = 15;
/// Characters of a caption. "Image messages", "Video messages", "Document messages".
pub const CAPTION: usize = 1024;
/// Characters of a text for which Meta states no limit: names and addresses, members of a contact, a flow's token. It
/// allows none of their neighbours more.
pub const UNSTATED: usize = 1024;
/// Characters of a file's name. Meta states none; what file systems take.
pub const FILENAME: usize = 255;
/// Characters of a message's or a medium's id. Meta states none; ids of 62 are seen.
pub const ID: usize = 128;
/// Code points of a reaction. Meta states "an emoji"; the longest sequences that Unicode recommends have ten.
pub const EMOJI: usize = 10;
/// Characters of the body of an interactive message. "Interactive reply buttons messages", "Interactive CTA URL button
/// messages", "Location request messages"; for a list see [`Reading::list_body`].
pub const INTERACTIVE_BODY: usize = 1024;
/// Characters of a text header. "Interactive reply buttons messages", "Interactive list messages".
pub const INTERACTIVE_HEADER: usize = 60;
/// Characters of a footer. The same pages.
pub const FOOTER: usize = 60;
/// Reply buttons. "Interactive reply buttons messages".
pub const REPLY_BUTTONS: usize = 3;
/// Characters of a reply button's id. "Interactive reply buttons messages".
pub const REPLY_ID: usize = 256;
/// Characters of the label of a reply button, of the button that opens a list, and of a call to action. "Interactive
/// reply buttons messages", "Interactive list messages", "Interactive CTA URL button messages".
pub const LABEL: usize = 20;
/// Sections of a list. "Interactive list messages".
pub const SECTIONS: usize = 10;
/// Rows of a list, in all of its sections. "Interactive list messages".
pub const ROWS: usize = 10;
/// Characters of the title of a section or a row. "Interactive list messages".
pub const LIST_TITLE: usize = 24;
/// Characters of a row's id. "Interactive list messages".
pub const ROW_ID: usize = 200;
/// Characters of a row's description. "Interactive list messages".
pub const ROW_DESCRIPTION: usize = 72;
/// Bytes of raw JSON. Meta states none; what the longest text takes.
pub const RAW: usize = 16_384;
/// Characters of `biz_opaque_callback_data`. "Send messages"; changelog of January 26, 2024.
pub const CALLBACK_DATA: usize = 512;
/// Characters of it that are the user's: Squab's own part and the space behind it take up to 38.
pub const OWN_CALLBACK_DATA: usize = CALLBACK_DATA - 38;

/// Characters of UTF-8: bytes that go on with none.
#[inline(never)]
pub(crate) fn characters(text: &[u8]) -> usize {
    text.iter().filter(|byte| !matches!(byte, 0x80..=0xBF)).count()
}

/// Holds text against `1..=limit` characters.
pub(super) fn check_len(field: Field, text: &str, limit: usize) -> Result<usize, Invalid> {
    check_count(field, characters(text.as_bytes()), limit)
}

/// Holds a number of characters against `1..=limit`.
pub(super) fn check_count(field: Field, actual: usize, limit: usize) -> Result<usize, Invalid> {
    match actual {
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

/// An address begins with `http://` or `https://` and has neither spaces nor control characters.
#[cfg(feature = "all-messages")]
pub(super) fn check_link(field: Field, link: &str) -> Result<(), Invalid> {
    check_len(field, link, URL)?;
    let rest = link.strip_prefix("https://").or(link.strip_prefix("http://"));
    if rest.is_none_or(str::is_empty) {
        return Err(Invalid::Character { field, at: 0 });
    }
    match link.bytes().position(|byte| byte <= b' ' || byte == 0x7F) {
        Some(at) => Err(Invalid::Character { field, at }),
        None => Ok(()),
    }
}

/// Whether the byte may stand in a template's or a parameter's name: lower-case letters, digits and `_`.
pub(super) fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')
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
    // How many letters stand in front, then how many bytes fit the rest.
    let (mut letters, mut at) = (0, 0usize);
    for byte in code.bytes() {
        let fits = match at.wrapping_sub(letters) {
            0 if at < 3 && byte.is_ascii_lowercase() => {
                letters = letters.wrapping_add(1);
                true
            }
            0 => at > 1 && byte == b'_',
            1 | 2 => byte.is_ascii_uppercase(),
            _ => false,
        };
        if !fits {
            break;
        }
        at = at.wrapping_add(1);
    }
    let is_whole = letters > 1 && matches!(at.wrapping_sub(letters), 0 | 3);
    if is_whole && at == code.len() {
        return Ok(());
    }
    Err(Invalid::Character { field, at })
}

/// Bytes of the line break or tab that a text begins with, 0 without: U+0009 to U+000D, U+0085, U+2028 and U+2029. A
/// parameter must not contain them.
pub(super) fn line_break_len(text: &[u8]) -> usize {
    match text {
        [b'\t'..=b'\r', ..] => 1,
        [0xC2, 0x85, ..] => 2,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

/// What Meta refuses in a template parameter's text: nothing at all, line breaks, tabs, more than
/// [`PARAMETER_SPACES`] spaces in a row. Gives the number of characters.
pub(super) fn check_parameter(field: Field, text: &str, limit: usize) -> Result<usize, Invalid> {
    if text.bytes().all(|byte| byte == b' ') {
        return Err(Invalid::Empty { field });
    }
    let mut spaces = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        spaces = if byte == b' ' { spaces.saturating_add(1) } else { 0 };
        if spaces > PARAMETER_SPACES {
            return Err(Invalid::Spaces { field, at });
        }
        // Bytes that no line break begins with need no closer look.
        if matches!(byte, b'\t'..=b'\r' | 0xC2 | 0xE2)
            && line_break_len(text.as_bytes().get(at..).unwrap_or_default()) > 0
        {
            return Err(Invalid::Character { field, at });
        }
    }
    check_len(field, text, limit)
}
