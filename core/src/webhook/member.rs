//! What is kept of an update: a table of members.
//!
//! A record is fields of [`record`](crate::record), one for each member that the webhook brought, in its order. An
//! element of an array that is kept (a card, an item, a participant) is one field that holds the element's own. So what
//! a member is called, how long it may be and where it goes stands in one table, and no code is needed for each.
//!
//! Memory: three bytes of flash for each, and their names where somebody asks for one.

use super::ALL;
use crate::graph::MESSAGE_ID_MAX;
use crate::recipient::{BSUID_MAX, GROUP_ID_MAX};

/// Longest text of a message that is kept, in bytes.
pub const TEXT_MAX: usize = 1024;
/// Longest `biz_opaque_callback_data` that is kept, in bytes.
pub const CALLBACK_MAX: usize = 128;

/// Tags that no member has.
pub(super) mod tag {
    /// The update's number in its body.
    pub(in super::super) const INDEX: u8 = 1;
    /// Something was cut.
    pub(in super::super) const TRUNCATED: u8 = 2;
    /// Which sort of body a message has.
    pub(in super::super) const BODY: u8 = 3;
    /// `entry.time`, of an update that has no time of its own.
    pub(in super::super) const STAMP: u8 = 4;
    /// The first member's.
    pub(super) const FIRST: u8 = 5;
}

/// What is longer is left out, not cut: half an address or half an id leads nowhere.
const WHOLE: u16 = 1 << 15;

macro_rules! members {
    ($($(#[$doc:meta])* $name:ident $word:literal $limit:expr;)*) => {
        /// A member of an update. The numbers are the most bytes that are kept; with `WHOLE`, what is longer is left out
        /// rather than cut.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Member {
            /// What is in a record and is no member.
            Other = tag::FIRST - 1,
            $($(#[$doc])* #[doc = concat!(" (", stringify!($limit), ")")] $name,)*
        }

        static MEMBERS: &[Member] = &[$(Member::$name,)*];
        /// How many there are that may be read.
        const READ: usize = if ALL { [$(Member::$name,)*].len() } else { (Member::MoreErrors as u8 - tag::FIRST) as usize + 1 };
        /// In one text, since a table of references takes as much again; not in flash where no name is asked for.
        static NAMES: &str = concat!($($word, " ",)*);
        static LIMITS: [u16; READ] = first(&[$(($limit) as u16,)*]);

        impl Member {
            /// As [`LIMITS`], for constants.
            const fn most(self) -> u16 {
                match self {
                    Self::Other => 0,
                    $(Self::$name => ($limit) as u16,)*
                }
            }
        }
    };
}

members! {
    /// Of the message.
    Id "id" MESSAGE_ID_MAX;
    /// Seconds of Unix time.
    Timestamp "timestamp" 20;
    /// `from`, `recipient_id` (also a group's) or `wa_id`.
    Person "wa_id" GROUP_ID_MAX;
    /// `from_user_id`, `recipient_user_id` or `user_id`.
    User "user_id" BSUID_MAX;
    /// The group.
    Group "group_id" GROUP_ID_MAX;
    /// The message that is answered, or edited, or revoked.
    Context "context_id" MESSAGE_ID_MAX;
    /// Of a message.
    Type "type" 32;
    /// Text, caption, or what a system message says.
    Text "text" TEXT_MAX;
    /// Of a button or row, or the id of the message reacted to.
    Payload "payload" 256;
    /// Of a message of ours.
    Status "status" 32;
    /// In a group, whom a status is about.
    Participant "participant" BSUID_MAX;
    /// `biz_opaque_callback_data`.
    Callback "callback" CALLBACK_MAX;
    /// Of the first error.
    Code "code" 10;

    // From here on a member is kept as far as the record has room.
    /// Whether Meta charges for the message.
    Billable "billable" 5;
    /// Whether a message was forwarded.
    Forwarded "forwarded" 5;
    /// Whether it was forwarded more than five times.
    FrequentlyForwarded "frequently_forwarded" 5;
    /// Whether an audio is a voice message.
    Voice "voice" 5;
    /// Whether a sticker moves.
    Animated "animated" 5;
    /// Whether a permission to call lasts.
    IsPermanent "is_permanent" 5;
    /// Whether a group's picture was changed.
    PictureUpdated "picture_updated" 5;
    /// Whether a group's subject was changed.
    SubjectUpdated "subject_updated" 5;
    /// Whether a group's description was changed.
    DescriptionUpdated "description_updated" 5;

    /// Of a person, a place, a template or a flow.
    Name "name" 96;
    /// Of a user who has one.
    Username "username" 64;
    /// The user's parent business-scoped user id.
    ParentUser "parent_user_id" BSUID_MAX as u16 + WHOLE;
    /// Who wrote the message that is answered.
    ContextFrom "context_from" 24;
    /// Of a button or row, or a heading.
    Title "title" 96;
    /// The line below it.
    Description "description" 160;
    /// `group` for a group's.
    RecipientType "recipient_type" 16;
    /// `CBP` or `PMP`.
    PricingModel "pricing_model" 16;
    /// `regular`, say.
    PricingType "pricing_type" 32;
    /// `utility`, say.
    PricingCategory "pricing_category" 40;
    /// Of the first error.
    ErrorTitle "error_title" 96;
    /// Of the first error.
    ErrorDetails "error_details" 160;
    /// How many errors there are besides the first.
    MoreErrors "more_errors" 3;

    // From here on there is what is read with the feature `all-webhooks` only.
    /// Hash of the user's identity key.
    IdentityKeyHash "identity_key_hash" 64 + WHOLE;
    /// The catalogue.
    Catalog "catalog_id" 64 + WHOLE;
    /// The product.
    Product "product_retailer_id" 128 + WHOLE;
    /// How many.
    Quantity "quantity" 12;
    /// What one costs.
    Price "item_price" 24;
    /// The price's currency.
    Currency "currency" 8;
    /// Where the advertisement is.
    SourceUrl "source_url" 256 + WHOLE;
    /// Its id.
    SourceId "source_id" 64 + WHOLE;
    /// `ad` or `post`.
    SourceType "source_type" 16;
    /// What the advertisement says.
    SourceBody "source_body" 160;
    /// Its headline.
    Headline "headline" 96;
    /// `image` or `video`.
    MediaType "media_type" 16;
    /// Its picture or film.
    SourceMediaUrl "source_media_url" 384 + WHOLE;
    /// A small picture of it.
    ThumbnailUrl "thumbnail_url" 384 + WHOLE;
    /// The click's id.
    ClickId "ctwa_clid" 256 + WHOLE;
    /// What greeted the user.
    WelcomeText "welcome_text" 160;
    /// Of the media.
    MediaId "media_id" 64 + WHOLE;
    /// Of the media.
    MimeType "mime_type" 96;
    /// Of the media, mostly as base64.
    Sha256 "sha256" 64 + WHOLE;
    /// Of the media or the place.
    Url "url" 512 + WHOLE;
    /// Of a document.
    Filename "filename" 160;
    /// Degrees.
    Latitude "latitude" 24;
    /// Degrees.
    Longitude "longitude" 24;
    /// Of a place.
    Address "address" 160;
    /// What a flow's form holds: JSON, cut when longer.
    Response "response_json" 768;
    /// `accept` or `reject`.
    CallResponse "response" 16;
    /// Until when.
    Expires "expiration_timestamp" 20;
    /// `user_action` or `automatic`.
    ResponseSource "response_source" 32;
    /// Which sort of system message, or of message that is unsupported.
    Kind "subtype" 40;
    /// A user's new number.
    NewPerson "new_wa_id" 24;
    /// A user's new business-scoped user id.
    NewUser "new_user_id" BSUID_MAX as u16 + WHOLE;
    /// Why a contact was sent: `contact_request` when it was asked for.
    Origin "origin" 32;
    /// Whether a contact has a vCard, which is not kept.
    Vcard "vcard" 0;
    /// Of a contact.
    Company "company" 96;
    /// Of a contact, as it was typed.
    Phone "phone" 32;
    /// Of a contact.
    Email "email" 96;
    /// `WORK`, say: what sort of phone or address.
    Sort "sort" 16;
    /// Of the conversation.
    Conversation "conversation_id" 128 + WHOLE;
    /// What began the conversation.
    ConversationOrigin "conversation_origin" 32;
    /// When the conversation ends.
    ConversationExpires "conversation_expires" 20;

    /// What happened, as a word.
    Event "what" 64;
    /// Of the template.
    Template "template_id" 32;
    /// Of the template.
    TemplateName "template_name" 512 + WHOLE;
    /// Of the template.
    Language "language" 16;
    /// Why, as a word or a sentence.
    Reason "reason" 160;
    /// What to do about it.
    Recommendation "recommendation" 160;
    /// What it was before.
    Previous "previous" BSUID_MAX as u16 + WHOLE;
    /// What it is now.
    Current "current" BSUID_MAX as u16 + WHOLE;
    /// The parent user id before.
    PreviousParent "previous_parent" BSUID_MAX as u16 + WHOLE;
    /// The parent user id now.
    CurrentParent "current_parent" BSUID_MAX as u16 + WHOLE;
    /// What Meta takes for the right category.
    CorrectCategory "correct_category" 32;
    /// Of a template or preference.
    Category "category" 32;
    /// When it takes effect.
    EffectiveAt "effective_at" 32;
    /// The business number, as it is shown.
    Number "number" 24;
    /// How many users may be written to in a day.
    Limit "limit" 24;
    /// How many numbers there may be.
    MaxNumbers "max_numbers" 12;
    /// `stop` or `resume`.
    Value "value" 32;
    /// How far a ban got.
    BanState "ban_state" 40;
    /// What is restricted or violated; there may be several.
    Restriction "restriction" 64;
    /// What an alert is about.
    EntityType "entity_type" 32;
    /// Its id.
    EntityId "entity_id" 32;
    /// How grave an alert is.
    Severity "severity" 32;
    /// Of an alert.
    AlertStatus "alert_status" 32;
    /// The account that it is about.
    Account "account_id" 32;
    /// Who began it.
    By "by" 32;
    /// Of the request that is answered.
    Request "request_id" 128 + WHOLE;
    /// Of a group.
    Subject "subject" 128;
    /// Of a group.
    InviteLink "invite_link" 160 + WHOLE;
    /// Of a group.
    JoinApproval "join_approval_mode" 32;
    /// As the request named a participant.
    Input "input" BSUID_MAX as u16 + WHOLE;

    /// A contact that was sent. Holds members.
    Card "cards" 0;
    /// A phone of a contact. Holds members.
    Phones "phones" 0;
    /// An electronic address of a contact. Holds members.
    Emails "emails" 0;
    /// A line of an order. Holds members.
    Item "items" 0;
    /// Somebody who was added. Holds members.
    Added "added" 0;
    /// Somebody who was removed. Holds members.
    Removed "removed" 0;
    /// Somebody with whom it failed. Holds members.
    FailedParticipant "failed" 0;
}

/// The first limits of a list, as many as are wanted.
const fn first<const LEN: usize>(all: &[u16]) -> [u16; LEN] {
    let mut limits = [0; LEN];
    assert!(LEN <= all.len(), "each has a limit");
    limits.copy_from_slice(all.split_at(LEN).0);
    limits
}

impl Member {
    pub(super) const fn tag(self) -> u8 {
        self as u8
    }

    pub(super) fn of(tag: u8) -> Self {
        let at = usize::from(tag.wrapping_sub(tag::FIRST));
        MEMBERS.get(at).copied().unwrap_or(Self::Other)
    }

    /// Its name in one word, for a log or a line of JSON.
    pub fn name(self) -> &'static str {
        let mut before = self.tag().wrapping_sub(tag::FIRST);
        let mut start = 0usize;
        for (at, byte) in NAMES.bytes().enumerate() {
            if byte == b' ' {
                if before == 0 {
                    return NAMES.get(start..at).unwrap_or_default();
                }
                before = before.wrapping_sub(1);
                start = at.saturating_add(1);
            }
        }
        ""
    }

    /// Whether it is `true` or `false`.
    pub fn is_flag(self) -> bool {
        (Self::Billable.tag()..=Self::DescriptionUpdated.tag()).contains(&self.tag())
    }

    /// Whether it holds members of its own: see [`Members::each`](super::Members::each).
    pub fn is_element(self) -> bool {
        self.tag() >= Self::Card.tag()
    }

    /// The most bytes that are kept of it.
    pub(super) const fn most_of(member: Self) -> u16 {
        member.most() & !WHOLE
    }

    /// Whether there is always room for it.
    pub(super) const fn is_essential(tag: u8) -> bool {
        tag <= Self::Code.tag()
    }
}

/// The most bytes that are kept of the member with this tag, and whether what is longer is left out.
pub(super) fn limit(tag: u8) -> (u16, bool) {
    let at = usize::from(tag.wrapping_sub(tag::FIRST));
    let limit = LIMITS.get(at).copied().unwrap_or_default();
    (limit & !WHOLE, limit & WHOLE != 0)
}
