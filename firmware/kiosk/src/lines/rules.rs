//! Which members belong together: what an object needs, what excludes each other, and what an alert can be.

use super::error::LineError;
use super::member::{Member, Place, Shape};

/// Members without which their object is none.
const REQUIRED: &[Member] = &[
    Member::SnoozeId,
    Member::SnoozeSeconds,
    Member::FallbackName,
    Member::TemplateName,
    Member::CurrencyFallback,
    Member::CurrencyCode,
    Member::CurrencyAmount,
    Member::DateTimeFallback,
    Member::Latitude,
    Member::Longitude,
    Member::ReadId,
    Member::ReactionId,
    Member::Emoji,
    Member::ReplyId,
    Member::ReplyTitle,
    Member::ListButton,
    Member::Sections,
    Member::Rows,
    Member::RowId,
    Member::RowTitle,
    Member::DisplayText,
    Member::CtaUrlAddress,
    Member::ContactName,
    Member::FormattedName,
    Member::PhoneNumber,
    Member::EmailAddress,
    Member::UrlAddress,
];

/// Members of one place, exactly one of which has to be there.
const CHOICES: &[&[Member]] = &[
    &[
        Member::HeaderText,
        Member::HeaderImage,
        Member::HeaderVideo,
        Member::HeaderDocument,
        Member::HeaderLocation,
    ],
    &[
        Member::ParameterText,
        Member::ParameterCurrency,
        Member::ParameterDateTime,
    ],
    &[
        Member::ButtonPayload,
        Member::ButtonUrl,
        Member::ButtonCode,
        Member::ButtonFlow,
    ],
    &[Member::MediaId, Member::MediaLink],
    &[
        Member::TopHeaderImage,
        Member::TopHeaderVideo,
        Member::TopHeaderDocument,
    ],
];

/// Members of one place that exclude each other.
const PAIRS: &[(Member, Member)] = &[
    (Member::To, Member::Group),
    (Member::To, Member::OnCall),
    (Member::Group, Member::OnCall),
    (Member::TemplateCode, Member::Header),
    (Member::TemplateCode, Member::Body),
    (Member::TemplateCode, Member::Buttons),
    (Member::HeaderName, Member::HeaderImage),
    (Member::HeaderName, Member::HeaderVideo),
    (Member::HeaderName, Member::HeaderDocument),
    (Member::HeaderName, Member::HeaderLocation),
];

/// What can be sent, and whether `text` is its body. Without any of them the text is what is sent.
const CONTENTS: &[(Member, bool)] = &[
    (Member::Template, false),
    (Member::Image, false),
    (Member::Video, false),
    (Member::Audio, false),
    (Member::Document, false),
    (Member::Sticker, false),
    (Member::Location, false),
    (Member::Contacts, false),
    (Member::Reaction, false),
    (Member::Raw, false),
    (Member::Read, false),
    (Member::ReplyButtons, true),
    (Member::List, true),
    (Member::CtaUrl, true),
    (Member::LocationRequest, true),
    (Member::ContactRequest, true),
];

/// Whether a file in this member may have that.
const fn takes(holder: Member, beside: Member) -> bool {
    match beside {
        Member::Caption => matches!(holder, Member::Image | Member::Video | Member::Document),
        Member::Filename => matches!(
            holder,
            Member::Document | Member::HeaderDocument | Member::TopHeaderDocument
        ),
        Member::Voice => matches!(holder, Member::Audio),
        _ => true,
    }
}

/// What asks something of the kiosk itself stands alone, and is nothing to be sent.
pub(super) fn ask(given: &Set) -> Result<(), LineError> {
    let asks = [Member::Reading, Member::Charges].into_iter();
    let Some(one) = asks.into_iter().find(|member| given.has(*member)) else {
        return Ok(());
    };
    match Member::ALL
        .iter()
        .find(|other| **other != one && given.has(**other))
    {
        Some(other) => Err(LineError::Both { one, other: *other }),
        None => Err(LineError::Nothing),
    }
}

/// Which member says what is to be sent, with these members.
pub(super) fn content(given: &Set) -> Result<Member, LineError> {
    let text = given.has(Member::Text);
    let mut content = Member::Text;
    let mut with_text = true;
    for (member, needs_text) in CONTENTS {
        if !given.has(*member) {
            continue;
        }
        if content != Member::Text {
            return Err(LineError::Both {
                one: content,
                other: *member,
            });
        }
        (content, with_text) = (*member, *needs_text);
    }
    match (text, with_text) {
        (false, true) if content == Member::Text => return Err(LineError::Nothing),
        (false, true) => return Err(LineError::Missing { member: Member::Text }),
        (true, false) => {
            return Err(LineError::Both {
                one: Member::Text,
                other: content,
            });
        }
        _ => {}
    }
    let around = matches!(content, Member::ReplyButtons | Member::List | Member::CtaUrl);
    // Whether one of several may take it.
    let answers = given.has(Member::OnCall) || given.has(Member::ToOne) && given.has(Member::AnswerWithin);
    for (member, has_place) in [
        (Member::ToOne, content != Member::Read),
        (Member::OnCall, content != Member::Read),
        (Member::EscalateAfter, given.has(Member::OnCall)),
        (Member::UndeliveredAfter, given.has(Member::OnCall)),
        (Member::Snooze, answers),
        (Member::Decline, answers),
        (Member::Taken, answers),
        (Member::PreviewUrl, content == Member::Text),
        (Member::Fallback, content == Member::Text),
        (Member::TopHeader, around),
        (Member::Footer, around),
        (Member::Context, content != Member::Read),
        (Member::CallbackData, content != Member::Read),
        (Member::Priority, content != Member::Read),
        (Member::ExpiresIn, content != Member::Read),
        (Member::AnswerWithin, content != Member::Read),
        (Member::Ordered, content != Member::Read),
        (Member::AtMostOnce, content != Member::Read),
        (Member::Marketing, content != Member::Read),
        (Member::Merge, content != Member::Read),
        (Member::Digest, content == Member::Text),
    ] {
        if given.has(member) && !has_place {
            return Err(LineError::Unused { member });
        }
    }
    let of_merge = [Member::Hold, Member::Damp, Member::Digest];
    if !given.has(Member::Merge) && of_merge.iter().any(|member| given.has(*member)) {
        let member = Member::Merge;
        return Err(LineError::Missing { member });
    }
    let files = [
        Member::TopHeaderImage,
        Member::TopHeaderVideo,
        Member::TopHeaderDocument,
    ];
    if content == Member::List && files.iter().any(|file| given.has(*file)) {
        // Meta, "Interactive list messages": its header is text.
        let (member, wanted) = (Member::TopHeader, Shape::Text);
        return Err(LineError::WrongShape { member, wanted });
    }
    Ok(content)
}

/// What is wrong with the members of an object that ends.
pub(super) fn check(given: &Set, place: Place, holder: Option<Member>) -> Result<(), LineError> {
    let is_given = |member: &&Member| given.has(**member);
    let here = |member: &Member| member.place() == place;
    if let Some(member) = REQUIRED.iter().find(|member| here(member) && !is_given(member)) {
        return Err(LineError::Missing { member: *member });
    }
    for (one, other) in PAIRS.iter().copied() {
        if here(&one) && given.has(one) && given.has(other) {
            return Err(LineError::Both { one, other });
        }
    }
    for choice in CHOICES {
        let mut those = choice.iter().filter(is_given).copied();
        match (choice.first(), those.next(), those.next()) {
            (Some(first), ..) if !here(first) => {}
            (_, Some(one), Some(other)) => return Err(LineError::Both { one, other }),
            (_, None, _) => {
                if let [one, other] = **choice {
                    return Err(LineError::Neither { one, other });
                }
                return Err(LineError::NoneOf { members: choice });
            }
            _ => {}
        }
    }
    let beside = [Member::Caption, Member::Filename, Member::Voice];
    let of_another = |member: &&Member| holder.is_some_and(|holder| !takes(holder, **member));
    match beside.iter().filter(is_given).find(of_another) {
        Some(member) if place == Place::Media => Err(LineError::Unused { member: *member }),
        _ => Ok(()),
    }
}

/// Members, a bit each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Set([u32; Member::ALL.len().div_ceil(32)]);

impl Set {
    pub(super) const fn new() -> Self {
        Self([0; Member::ALL.len().div_ceil(32)])
    }

    pub(super) fn has(&self, member: Member) -> bool {
        let word = self.0.get(member as usize / 32).copied().unwrap_or_default();
        word & (1 << (member as u32 % 32)) != 0
    }

    /// Whether it was not there before.
    pub(super) fn insert(&mut self, member: Member) -> bool {
        let new = !self.has(member);
        if let Some(word) = self.0.get_mut(member as usize / 32) {
            *word |= 1 << (member as u32 % 32);
        }
        new
    }

    /// Forgets the members of a place.
    pub(super) fn leave(&mut self, place: Place) {
        for member in Member::ALL.iter().filter(|member| member.place() == place) {
            if let Some(word) = self.0.get_mut(*member as usize / 32) {
                *word &= !(1 << (*member as u32 % 32));
            }
        }
    }
}
