//! The ready pieces of JSON that bodies are made of, each once.
//!
//! A stored message is a list of fields, and a field's tag names a piece of this table: what goes out for the field is
//! the piece, with the field's content where the piece has a `$` or a `%`. For a `$` the content is escaped; for a `%` it
//! is written as it is, since it was checked to have nothing to escape, or to be JSON. A piece that begins with `,`
//! loses it where nothing stands before it in its object or array.
//!
//! Order and spelling of members are those of Meta's examples ("Send messages" and the page of each type). The tags are
//! on flash: pieces are only ever appended, and none changes its meaning (a test holds the table to that). Without the
//! feature `all-messages` those marked `all` are left out, and their tags name nothing.
//!
//! Memory: the pieces' characters and three bytes each; one more where some are left out.

macro_rules! fragments {
    ($($name:ident $($all:ident)? $text:literal)*) => {
        /// A piece, and so the tag of a field.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(not(feature = "all-messages"), allow(dead_code))]
        #[repr(u8)]
        pub(super) enum Tag { $($name),* }

        /// Empty where a piece is left out.
        const TEXTS: &[&str] = &[$(linked!($($all)? $text)),*];

        #[cfg(test)]
        const ALL_TEXTS: &[&str] = &[$($text),*];
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
    Image all r#","type":"image","image":{"#
    Video all r#","type":"video","video":{"#
    Document all r#","type":"document","document":{"#
    Audio all r#","type":"audio","audio":{"#
    Sticker all r#","type":"sticker","sticker":{"#
    Location all r#","type":"location","location":{"latitude":"%""#
    Contacts all r#","type":"contacts","contacts":["#
    Reaction all r#","type":"reaction","reaction":{"message_id":"$""#
    Buttons r#","type":"interactive","interactive":{"type":"button""#
    List all r#","type":"interactive","interactive":{"type":"list""#
    CtaUrl all r#","type":"interactive","interactive":{"type":"cta_url""#
    LocationRequest all r#","type":"interactive","interactive":{"type":"location_request_message""#
    ContactInfoRequest all r#","type":"interactive","interactive":{"type":"request_contact_info""#
    Raw all ",%"
    Read r#","status":"read","message_id":"$""#
    Typing r#","typing_indicator":{"type":"text"}"#

    ObjectBegin all ",{"
    ObjectEnd "}"
    ObjectsEnd all "}}"
    ArrayEnd all "]"
    ArrayObjectEnd "]}"
    ArrayObjectsEnd "]}}"

    Language r#","language":{"code":"%"}"#
    LanguageAndComponents r#","language":{"code":"%"},"components":["#
    HeaderComponent r#",{"type":"header","parameters":["#
    BodyComponent r#",{"type":"body","parameters":["#
    TextParameter r#",{"type":"text","text":"$"}"#
    NamedTextParameter r#",{"type":"text","parameter_name":"%""#
    ParameterText r#","text":"$"}"#
    CurrencyParameter all r#",{"type":"currency""#
    DateTimeParameter all r#",{"type":"date_time""#
    ParameterName all r#","parameter_name":"%""#
    Currency all r#","currency":{"fallback_value":"$""#
    CurrencyCode all r#","code":"%""#
    CurrencyAmount all r#","amount_1000":%}}"#
    DateTime all r#","date_time":{"fallback_value":"$""#
    DayOfWeek all r#","day_of_week":%"#
    Year all r#","year":%"#
    Month all r#","month":%"#
    DayOfMonth all r#","day_of_month":%"#
    Hour all r#","hour":%"#
    Minute all r#","minute":%,"calendar":"GREGORIAN""#
    QuickReply r#",{"type":"button","sub_type":"quick_reply","index":"%""#
    QuickReplyPayload r#","parameters":[{"type":"payload","payload":"$"}]}"#
    UrlButton r#",{"type":"button","sub_type":"url","index":"%""#
    UrlSuffix r#","parameters":[{"type":"text","text":"$"}]}"#
    CopyCode r#",{"type":"button","sub_type":"copy_code","index":"%""#
    CouponCode r#","parameters":[{"type":"coupon_code","coupon_code":"$"}]}"#
    FlowButton all r#",{"type":"button","sub_type":"flow","index":"%","parameters":[{"type":"action","action":{"#
    FlowToken all r#","flow_token":"$""#
    FlowData all r#","flow_action_data":%"#
    FlowEnd all "}}]}"

    Id all r#","id":"$""#
    Link all r#","link":"$""#
    Caption all r#","caption":"$""#
    Filename all r#","filename":"$""#
    Voice all r#","voice":true"#
    Longitude all r#","longitude":"%""#
    Name all r#","name":"$""#
    Address all r#","address":"$""#
    Emoji all r#","emoji":"$"}"#

    Contact all r#",{"name":{"formatted_name":"$""#
    FirstName all r#","first_name":"$""#
    LastName all r#","last_name":"$""#
    MiddleName all r#","middle_name":"$""#
    Suffix all r#","suffix":"$""#
    Prefix all r#","prefix":"$""#
    Birthday all r#","birthday":"%""#
    Organization all r#","org":{"#
    Company all r#","company":"$""#
    Department all r#","department":"$""#
    Title all r#","title":"$""#
    Phones all r#","phones":["#
    PhoneNumber all r#","phone":"$""#
    Type all r#","type":"$""#
    WaId all r#","wa_id":"$""#
    Emails all r#","emails":["#
    Email all r#","email":"$""#
    Addresses all r#","addresses":["#
    Street all r#","street":"$""#
    City all r#","city":"$""#
    State all r#","state":"$""#
    Zip all r#","zip":"$""#
    Country all r#","country":"$""#
    CountryCode all r#","country_code":"$""#
    Urls all r#","urls":["#
    ContactUrl all r#","url":"$""#

    HeaderText r#","header":{"type":"text","text":"$"}"#
    Header all r#","header":{"#
    BodyText r#","body":{"text":"$"}"#
    Footer r#","footer":{"text":"$"}"#
    ReplyButtons r#","action":{"buttons":["#
    ReplyId r#",{"type":"reply","reply":{"id":"$""#
    ReplyTitle r#","title":"$"}}"#
    Sections all r#","action":{"button":"$","sections":["#
    Rows all r#","rows":["#
    RowId all r#",{"id":"$""#
    Description all r#","description":"$""#
    CtaUrlText all r#","action":{"name":"cta_url","parameters":{"display_text":"$""#
    CtaUrlAddress all r#","url":"$"}}}"#
    SendLocation all r#","action":{"name":"send_location"}}"#
    SendContactInfo all r#","action":{"name":"request_contact_info"}}"#
}

/// Tags of fields that are not written where they stand.
pub(super) mod other {
    /// The fallback's name, language and the name of its parameter.
    pub(in super::super) const FALLBACK: u8 = 240;
    pub(in super::super) const FALLBACK_LANGUAGE: u8 = 241;
    pub(in super::super) const FALLBACK_PARAMETER: u8 = 242;
    /// The user's own part of `biz_opaque_callback_data`.
    pub(in super::super) const CALLBACK_DATA: u8 = 243;
    /// What an alarm says beside its recipients and its content, see [`alarm`](super::super::alarm).
    pub(in super::super) const ALARM: u8 = 250;
    pub(in super::super) const DECLINE: u8 = 251;
    pub(in super::super) const SNOOZE: u8 = 252;
    pub(in super::super) const TAKEN: u8 = 253;
    pub(in super::super) const TAKER: u8 = 254;
    /// Of which alarm a message is.
    pub(in super::super) const OF: u8 = 255;
}

/// Rows of the table, and bytes of its characters.
// Evaluated by the compiler, which would say so if an index were wrong.
#[allow(clippy::indexing_slicing)]
const SIZE: (usize, usize) = {
    let (mut rows, mut len, mut tag) = (0, 0, 0);
    while tag < TEXTS.len() {
        if !TEXTS[tag].is_empty() {
            rows += 1;
            // The head takes the place of a `$` or `%`; a piece without one is a byte longer.
            len += TEXTS[tag].len() + 1;
        }
        tag += 1;
    }
    (rows, len)
};
const ROWS: usize = SIZE.0;

/// All pieces behind each other, without their `$` and `%`.
struct Table {
    /// Of each piece a head, then what stands before its content, then what stands after it. The head says how many
    /// characters stand before, and whether the content is escaped.
    characters: [u8; SIZE.1],
    /// Where each piece begins, and the last one ends.
    begins: [u16; ROWS + 1],
    /// The tag of each piece.
    tags: [u8; ROWS],
}

/// The bit of a head.
const ESCAPED: u8 = 0x80;

// Evaluated by the compiler, which would say so if an index were wrong or a number did not fit.
#[allow(clippy::indexing_slicing)]
const TABLE: Table = {
    let mut table = Table {
        characters: [0; SIZE.1],
        begins: [0; ROWS + 1],
        tags: [0; ROWS],
    };
    let (mut end, mut row, mut tag) = (0, 0, 0);
    while tag < TEXTS.len() {
        let text = TEXTS[tag].as_bytes();
        if !text.is_empty() {
            let head = end;
            let (mut place, mut before, mut escaped) = (0, text.len(), 0);
            end += 1;
            while place < text.len() {
                if matches!(text[place], b'$' | b'%') {
                    before = place;
                    escaped = if text[place] == b'$' { ESCAPED } else { 0 };
                } else {
                    table.characters[end] = text[place];
                    end += 1;
                }
                place += 1;
            }
            assert!(before < ESCAPED as usize && end < 1 << 16 && tag < 1 << 8);
            table.characters[head] = before as u8 | escaped;
            table.tags[row] = tag as u8;
            row += 1;
            table.begins[row] = end as u16;
        }
        tag += 1;
    }
    table
};
static CHARACTERS: [u8; SIZE.1] = TABLE.characters;
static BEGINS: [u16; ROWS + 1] = TABLE.begins;
static TAGS: [u8; ROWS] = TABLE.tags;

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
    let row = if cfg!(feature = "all-messages") {
        usize::from(tag)
    } else {
        TAGS.iter().position(|known| *known == tag)?
    };
    let begin = *BEGINS.get(row)?;
    let end = *BEGINS.get(row.wrapping_add(1))?;
    let (head, piece) = CHARACTERS.get(begin.into()..end.into())?.split_first()?;
    let (before, after) = piece.split_at_checked((head & !ESCAPED).into())?;
    Some(Fragment {
        before: if first {
            before.strip_prefix(b",").unwrap_or(before)
        } else {
            before
        },
        after,
        escaped: head & ESCAPED != 0,
        open: matches!(piece, [.., b'{' | b'[']),
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
            assert_eq!(id_hash(&ALL_TEXTS[..count].join("\n")), hash, "{count} pieces");
        }
        let known = released.map(|(count, _)| count);
        assert_eq!(
            known.last(),
            Some(&TEXTS.len()),
            "a line for the new pieces is missing"
        );
    }

    #[test]
    fn a_piece_comes_back_as_it_was_written_and_has_one_place_for_content_at_most() {
        for (tag, text) in (0u8..).zip(TEXTS).filter(|(_, text)| !text.is_empty()) {
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
        assert!(fragment(TEXTS.len() as u8, false).is_none());
        assert!(TEXTS.len() < usize::from(other::FALLBACK));
    }
}
