//! The ready pieces of JSON that bodies are made of, each once.
//!
//! A stored message is a list of fields, and a field's tag names a piece of this table: what goes out for the field is
//! the piece, with the field's content where the piece has a `$` or a `%`. For a `$` the content is escaped; for a `%` it
//! is written as it is, since it was checked to have nothing to escape, or to be JSON. A piece that begins with `,`
//! loses it where nothing stands before it in its object or array.
//!
//! Order and spelling of members are those of Meta's examples ("Send messages" and the page of each type). The tags are
//! on flash: pieces are only ever appended, and none changes its meaning (a test holds the table to that).
//!
//! Memory: the pieces' characters and four bytes each.

macro_rules! fragments {
    ($($name:ident $text:literal)*) => {
        /// A piece, and so the tag of a field.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Tag { $($name),* }

        const TEXTS: &[&str] = &[$($text),*];
    };
}

fragments! {
    Phone r#","recipient_type":"individual","to":"%""#
    User r#","recipient_type":"individual","recipient":"%""#
    Group r#","recipient_type":"group","to":"$""#
    Context r#","context":{"message_id":"$"}"#

    Text r#","type":"text","text":{"preview_url":false,"body":"$"}"#
    TextWithPreview r#","type":"text","text":{"preview_url":true,"body":"$"}"#
    Template r#","type":"template","template":{"name":"%""#
    Image r#","type":"image","image":{"#
    Video r#","type":"video","video":{"#
    Document r#","type":"document","document":{"#
    Audio r#","type":"audio","audio":{"#
    Sticker r#","type":"sticker","sticker":{"#
    Location r#","type":"location","location":{"latitude":"%""#
    Contacts r#","type":"contacts","contacts":["#
    Reaction r#","type":"reaction","reaction":{"message_id":"$""#
    Buttons r#","type":"interactive","interactive":{"type":"button""#
    List r#","type":"interactive","interactive":{"type":"list""#
    CtaUrl r#","type":"interactive","interactive":{"type":"cta_url""#
    LocationRequest r#","type":"interactive","interactive":{"type":"location_request_message""#
    ContactInfoRequest r#","type":"interactive","interactive":{"type":"request_contact_info""#
    Raw ",%"
    Read r#","status":"read","message_id":"$""#
    Typing r#","typing_indicator":{"type":"text"}"#

    ObjectBegin ",{"
    ObjectEnd "}"
    ObjectsEnd "}}"
    ArrayEnd "]"
    ArrayObjectEnd "]}"
    ArrayObjectsEnd "]}}"

    Language r#","language":{"code":"%"}"#
    LanguageAndComponents r#","language":{"code":"%"},"components":["#
    HeaderComponent r#",{"type":"header","parameters":["#
    BodyComponent r#",{"type":"body","parameters":["#
    TextParameter r#",{"type":"text","text":"$"}"#
    NamedTextParameter r#",{"type":"text","parameter_name":"%""#
    ParameterText r#","text":"$"}"#
    CurrencyParameter r#",{"type":"currency""#
    DateTimeParameter r#",{"type":"date_time""#
    ParameterName r#","parameter_name":"%""#
    Currency r#","currency":{"fallback_value":"$""#
    CurrencyCode r#","code":"%""#
    CurrencyAmount r#","amount_1000":%}}"#
    DateTime r#","date_time":{"fallback_value":"$""#
    DayOfWeek r#","day_of_week":%"#
    Year r#","year":%"#
    Month r#","month":%"#
    DayOfMonth r#","day_of_month":%"#
    Hour r#","hour":%"#
    Minute r#","minute":%,"calendar":"GREGORIAN""#
    QuickReply r#",{"type":"button","sub_type":"quick_reply","index":"%""#
    QuickReplyPayload r#","parameters":[{"type":"payload","payload":"$"}]}"#
    UrlButton r#",{"type":"button","sub_type":"url","index":"%""#
    UrlSuffix r#","parameters":[{"type":"text","text":"$"}]}"#
    CopyCode r#",{"type":"button","sub_type":"copy_code","index":"%""#
    CouponCode r#","parameters":[{"type":"coupon_code","coupon_code":"$"}]}"#
    FlowButton r#",{"type":"button","sub_type":"flow","index":"%","parameters":[{"type":"action","action":{"#
    FlowToken r#","flow_token":"$""#
    FlowData r#","flow_action_data":%"#
    FlowEnd "}}]}"

    Id r#","id":"$""#
    Link r#","link":"$""#
    Caption r#","caption":"$""#
    Filename r#","filename":"$""#
    Voice r#","voice":true"#
    Longitude r#","longitude":"%""#
    Name r#","name":"$""#
    Address r#","address":"$""#
    Emoji r#","emoji":"$"}"#

    Contact r#",{"name":{"formatted_name":"$""#
    FirstName r#","first_name":"$""#
    LastName r#","last_name":"$""#
    MiddleName r#","middle_name":"$""#
    Suffix r#","suffix":"$""#
    Prefix r#","prefix":"$""#
    Birthday r#","birthday":"%""#
    Organization r#","org":{"#
    Company r#","company":"$""#
    Department r#","department":"$""#
    Title r#","title":"$""#
    Phones r#","phones":["#
    PhoneNumber r#","phone":"$""#
    Type r#","type":"$""#
    WaId r#","wa_id":"$""#
    Emails r#","emails":["#
    Email r#","email":"$""#
    Addresses r#","addresses":["#
    Street r#","street":"$""#
    City r#","city":"$""#
    State r#","state":"$""#
    Zip r#","zip":"$""#
    Country r#","country":"$""#
    CountryCode r#","country_code":"$""#
    Urls r#","urls":["#
    ContactUrl r#","url":"$""#

    HeaderText r#","header":{"type":"text","text":"$"}"#
    Header r#","header":{"#
    BodyText r#","body":{"text":"$"}"#
    Footer r#","footer":{"text":"$"}"#
    ReplyButtons r#","action":{"buttons":["#
    ReplyId r#",{"type":"reply","reply":{"id":"$""#
    ReplyTitle r#","title":"$"}}"#
    Sections r#","action":{"button":"$","sections":["#
    Rows r#","rows":["#
    RowId r#",{"id":"$""#
    Description r#","description":"$""#
    CtaUrlText r#","action":{"name":"cta_url","parameters":{"display_text":"$""#
    CtaUrlAddress r#","url":"$"}}}"#
    SendLocation r#","action":{"name":"send_location"}}"#
    SendContactInfo r#","action":{"name":"request_contact_info"}}"#
}

/// Tags of fields that are not written where they stand.
pub(super) mod other {
    /// The fallback's name, language and the name of its parameter.
    pub(in super::super) const FALLBACK: u8 = 240;
    pub(in super::super) const FALLBACK_LANGUAGE: u8 = 241;
    pub(in super::super) const FALLBACK_PARAMETER: u8 = 242;
    /// The user's own part of `biz_opaque_callback_data`.
    pub(in super::super) const CALLBACK_DATA: u8 = 243;
}

const COUNT: usize = TEXTS.len();
// Evaluated by the compiler, which would say so if an index were wrong.
#[allow(clippy::indexing_slicing)]
const LENGTH: usize = {
    let (mut sum, mut at) = (0, 0);
    while at < COUNT {
        sum += TEXTS[at].len();
        at += 1;
    }
    sum
};

/// All pieces behind each other, without their `$` and `%`.
struct Table {
    characters: [u8; LENGTH],
    /// For each piece, from the lowest bit on: where it begins (16 bits), how many characters stand before its content
    /// (8), and after (6), whether the content is escaped, and whether the piece leaves an object or array open.
    pieces: [u32; COUNT],
}

const ESCAPED: u32 = 1 << 30;
const OPEN: u32 = 1 << 31;

// Evaluated by the compiler, which would say so if an index were wrong or a number did not fit.
#[allow(clippy::indexing_slicing)]
static TABLE: Table = {
    let mut table = Table {
        characters: [0; LENGTH],
        pieces: [0; COUNT],
    };
    let (mut end, mut at) = (0, 0);
    while at < COUNT {
        let text = TEXTS[at].as_bytes();
        let (begin, mut place, mut before, mut piece) = (end, 0, text.len(), 0);
        while place < text.len() {
            if matches!(text[place], b'$' | b'%') {
                before = place;
                if text[place] == b'$' {
                    piece = ESCAPED;
                }
            } else {
                table.characters[end] = text[place];
                end += 1;
            }
            place += 1;
        }
        let after = end - begin - before;
        assert!(begin < 1 << 16 && before < 1 << 8 && after < 1 << 6);
        piece |= begin as u32 | (before as u32) << 16 | (after as u32) << 24;
        if matches!(text[text.len() - 1], b'{' | b'[') {
            piece |= OPEN;
        }
        table.pieces[at] = piece;
        at += 1;
    }
    table
};

/// A piece.
pub(super) struct Fragment {
    /// What stands before the content.
    pub(super) before: &'static [u8],
    /// What stands after it.
    pub(super) after: &'static [u8],
    /// Whether the content has to be escaped.
    pub(super) escaped: bool,
    /// Whether the next piece is the first in its object or array.
    pub(super) open: bool,
}

/// The piece that a tag names, if it names one. Where it is the first in its object or array it has no comma.
#[inline]
pub(super) fn fragment(tag: u8, first: bool) -> Option<Fragment> {
    let piece = *TABLE.pieces.get(usize::from(tag))?;
    let [low, high, before, after] = piece.to_le_bytes();
    let begin = usize::from(u16::from_le_bytes([low, high]));
    let middle = begin.wrapping_add(usize::from(before));
    let comma = first && TABLE.characters.get(begin) == Some(&b',');
    Some(Fragment {
        before: TABLE
            .characters
            .get(begin.wrapping_add(usize::from(comma))..middle)?,
        after: TABLE
            .characters
            .get(middle..middle.wrapping_add(usize::from(after & 0x3F)))?,
        escaped: piece & ESCAPED != 0,
        open: piece & OPEN != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::id_hash;

    #[test]
    fn the_pieces_that_were_ever_released_stay_as_they_are() {
        // Append a line here when pieces were appended; never change one.
        let released = [(109, 11_152_131_703_707_957_075)];
        for (count, hash) in released {
            assert_eq!(id_hash(&TEXTS[..count].join("\n")), hash, "{count} pieces");
        }
        let known = released.map(|(count, _)| count);
        assert_eq!(known.last(), Some(&COUNT), "a line for the new pieces is missing");
    }

    #[test]
    fn a_piece_comes_back_as_it_was_written_and_has_one_place_for_content_at_most() {
        for (tag, text) in (0u8..).zip(TEXTS) {
            let piece = fragment(tag, false).unwrap();
            let mut parts = text.split(['$', '%']).map(str::as_bytes);
            assert_eq!(parts.next(), Some(piece.before), "{text}");
            assert_eq!(parts.next().unwrap_or_default(), piece.after, "{text}");
            assert_eq!(parts.next(), None, "{text}");
            assert_eq!(piece.escaped, text.contains('$'), "{text}");
            assert_eq!(piece.open, text.ends_with(['{', '[']), "{text}");
            let first = fragment(tag, true).unwrap().before;
            assert_eq!(
                first,
                piece.before.strip_prefix(b",").unwrap_or(piece.before),
                "{text}"
            );
        }
        assert!(fragment(COUNT as u8, false).is_none());
        assert!(COUNT < usize::from(other::FALLBACK));
    }
}
