//! The members of a webhook's body that the core looks at, and what becomes of each.
//!
//! Meta, "Webhooks: messages" and its siblings for the other fields, "Group management" (webhooks), and "Business-scoped
//! user IDs" (2026). A leaf names the [`Member`] it is kept as; nothing else has to know it.

use super::member::Member as M;
use crate::json::{Line, Node, Schema};

/// What the stage does with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// An object that is only passed through.
    Way,
    /// One of `entry`.
    Entry,
    /// `entry.time`.
    Time,
    /// One of `changes`.
    Change,
    /// `changes.field`.
    Topic,
    /// `changes.value`.
    Value,
    /// The id of the business number.
    Number,
    /// Begins a message.
    Message,
    /// Begins a status.
    Status,
    /// Begins a contact.
    Contact,
    /// Begins an error of the value.
    Problem,
    /// Begins a notice.
    Notice,
    /// Is kept in what was begun.
    Keep,
    /// As [`Act::Keep`]; begins a notice, since it stands in the value itself.
    KeepInValue,
    /// Is there: that is all that is kept.
    Mark,
    /// A message's body, of the sort that the role's tag says. Of several the first counts.
    Body,
    /// One of an array of which all are kept.
    Element,
    /// One of `errors`, of which the first is kept and the others are counted.
    Error,
}

/// All of them, in the order of their numbers.
static ACTS: [Act; 18] = {
    let acts = [
        Act::Way,
        Act::Entry,
        Act::Time,
        Act::Change,
        Act::Topic,
        Act::Value,
        Act::Number,
        Act::Message,
        Act::Status,
        Act::Contact,
        Act::Problem,
        Act::Notice,
        Act::Keep,
        Act::KeepInValue,
        Act::Mark,
        Act::Body,
        Act::Element,
        Act::Error,
    ];
    let mut rest: &[Act] = &acts;
    while let [before @ .., last] = rest {
        assert!(*last as usize == before.len(), "an act stands at its number");
        rest = before;
    }
    acts
};

/// A member's part: what the stage does, and the tag that it does it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) act: Act,
    pub(super) tag: u8,
}

impl Role {
    /// What the reader calls the member.
    const fn field(self) -> u16 {
        u16::from_le_bytes([self.act as u8, self.tag])
    }

    /// The part of a member that the reader names.
    #[inline]
    pub(super) fn of(field: u16) -> Self {
        let [act, tag] = field.to_le_bytes();
        let act = ACTS.get(usize::from(act)).copied().unwrap_or(Act::Way);
        Self { act, tag }
    }
}

/// Sorts of message bodies.
pub(super) mod body {
    pub(in super::super) const TEXT: u8 = 1;
    pub(in super::super) const BUTTON: u8 = 2;
    pub(in super::super) const BUTTON_REPLY: u8 = 3;
    pub(in super::super) const LIST_REPLY: u8 = 4;
    pub(in super::super) const REACTION: u8 = 5;
    pub(in super::super) const IMAGE: u8 = 6;
    pub(in super::super) const VIDEO: u8 = 7;
    pub(in super::super) const AUDIO: u8 = 8;
    pub(in super::super) const DOCUMENT: u8 = 9;
    pub(in super::super) const STICKER: u8 = 10;
    pub(in super::super) const LOCATION: u8 = 11;
    pub(in super::super) const CONTACTS: u8 = 12;
    pub(in super::super) const FLOW_REPLY: u8 = 13;
    pub(in super::super) const CALL_PERMISSION: u8 = 14;
    pub(in super::super) const ORDER: u8 = 15;
    pub(in super::super) const SYSTEM: u8 = 16;
    pub(in super::super) const EDIT: u8 = 17;
    pub(in super::super) const REVOKE: u8 = 18;
    pub(in super::super) const UNSUPPORTED: u8 = 19;
}

type N = Node;

const fn act(key: &'static str, act: Act, children: &'static [N]) -> N {
    Node::object(key, Role { act, tag: 0 }.field(), children)
}

const fn way(key: &'static str, children: &'static [N]) -> N {
    act(key, Act::Way, children)
}

const fn body(key: &'static str, tag: u8, children: &'static [N]) -> N {
    Node::object(key, Role { act: Act::Body, tag }.field(), children)
}

const fn each(key: &'static str, member: M, children: &'static [N]) -> N {
    let role = Role {
        act: Act::Element,
        tag: member.tag(),
    };
    Node::object(key, role.field(), children)
}

const fn leaf(key: &'static str, act: Act, member: M) -> N {
    let tag = member.tag();
    Node::leaf(key, Role { act, tag }.field())
}

const fn keep(key: &'static str, member: M) -> N {
    leaf(key, Act::Keep, member)
}

/// A member of the value itself.
const fn val(key: &'static str, member: M) -> N {
    leaf(key, Act::KeepInValue, member)
}

const ERROR: &[N] = &[
    keep("code", M::Code),
    keep("title", M::ErrorTitle),
    way("error_data", &[keep("details", M::ErrorDetails)]),
];

const CONTACT: &[N] = &[
    keep("wa_id", M::Person),
    keep("user_id", M::User),
    keep("parent_user_id", M::ParentUser),
    keep("identity_key_hash", M::IdentityKeyHash),
    way("profile", &[keep("name", M::Name), keep("username", M::Username)]),
];

const TEXT: &[N] = &[keep("body", M::Text)];

const MEDIA: &[N] = &[
    keep("id", M::MediaId),
    keep("mime_type", M::MimeType),
    keep("sha256", M::Sha256),
    keep("url", M::Url),
    keep("caption", M::Text),
    keep("filename", M::Filename),
    keep("voice", M::Voice),
    keep("animated", M::Animated),
];

const CARD: &[N] = &[
    way("name", &[keep("formatted_name", M::Name)]),
    way("org", &[keep("company", M::Company)]),
    each(
        "phones",
        M::Phones,
        &[
            keep("phone", M::Phone),
            keep("wa_id", M::Person),
            keep("user_id", M::User),
            keep("type", M::Sort),
        ],
    ),
    each(
        "emails",
        M::Emails,
        &[keep("email", M::Email), keep("type", M::Sort)],
    ),
    keep("origin", M::Origin),
    leaf("vcard", Act::Mark, M::Vcard),
];

const INTERACTIVE: &[N] = &[
    body(
        "button_reply",
        body::BUTTON_REPLY,
        &[keep("id", M::Payload), keep("title", M::Title)],
    ),
    body(
        "list_reply",
        body::LIST_REPLY,
        &[
            keep("id", M::Payload),
            keep("title", M::Title),
            keep("description", M::Description),
        ],
    ),
    body(
        "nfm_reply",
        body::FLOW_REPLY,
        &[
            keep("response_json", M::Response),
            keep("body", M::Description),
            keep("name", M::Title),
        ],
    ),
    body(
        "call_permission_reply",
        body::CALL_PERMISSION,
        &[
            keep("response", M::CallResponse),
            keep("is_permanent", M::IsPermanent),
            keep("expiration_timestamp", M::Expires),
            keep("response_source", M::ResponseSource),
        ],
    ),
];

const REFERRAL: &[N] = &[
    keep("source_url", M::SourceUrl),
    keep("source_id", M::SourceId),
    keep("source_type", M::SourceType),
    keep("body", M::SourceBody),
    keep("headline", M::Headline),
    keep("media_type", M::MediaType),
    keep("image_url", M::SourceMediaUrl),
    keep("video_url", M::SourceMediaUrl),
    keep("thumbnail_url", M::ThumbnailUrl),
    keep("ctwa_clid", M::ClickId),
    way("welcome_message", &[keep("text", M::WelcomeText)]),
];

const PRODUCT: &[N] = &[
    keep("catalog_id", M::Catalog),
    keep("product_retailer_id", M::Product),
];

const MESSAGE: &[N] = &[
    keep("from", M::Person),
    keep("id", M::Id),
    keep("timestamp", M::Timestamp),
    keep("type", M::Type),
    body("text", body::TEXT, TEXT),
    keep("from_user_id", M::User),
    keep("from_parent_user_id", M::ParentUser),
    keep("group_id", M::Group),
    way(
        "context",
        &[
            keep("id", M::Context),
            keep("from", M::ContextFrom),
            keep("forwarded", M::Forwarded),
            keep("frequently_forwarded", M::FrequentlyForwarded),
            way("referred_product", PRODUCT),
        ],
    ),
    body(
        "button",
        body::BUTTON,
        &[keep("payload", M::Payload), keep("text", M::Title)],
    ),
    way("interactive", INTERACTIVE),
    body(
        "reaction",
        body::REACTION,
        &[keep("message_id", M::Payload), keep("emoji", M::Title)],
    ),
    body("image", body::IMAGE, MEDIA),
    body("video", body::VIDEO, MEDIA),
    body("audio", body::AUDIO, MEDIA),
    body("document", body::DOCUMENT, MEDIA),
    body("sticker", body::STICKER, MEDIA),
    body(
        "location",
        body::LOCATION,
        &[
            keep("latitude", M::Latitude),
            keep("longitude", M::Longitude),
            keep("name", M::Title),
            keep("address", M::Address),
            keep("url", M::Url),
        ],
    ),
    each("contacts", M::Card, CARD),
    body(
        "order",
        body::ORDER,
        &[
            keep("catalog_id", M::Catalog),
            keep("text", M::Text),
            each(
                "product_items",
                M::Item,
                &[
                    keep("product_retailer_id", M::Product),
                    keep("quantity", M::Quantity),
                    keep("item_price", M::Price),
                    keep("currency", M::Currency),
                ],
            ),
        ],
    ),
    body(
        "system",
        body::SYSTEM,
        &[
            keep("body", M::Text),
            keep("type", M::Kind),
            keep("wa_id", M::NewPerson),
            keep("new_wa_id", M::NewPerson),
            keep("user_id", M::NewUser),
            keep("parent_user_id", M::CurrentParent),
            keep("identity", M::IdentityKeyHash),
        ],
    ),
    body(
        "edit",
        body::EDIT,
        &[
            keep("original_message_id", M::Context),
            way(
                "message",
                &[
                    keep("type", M::Kind),
                    way("text", TEXT),
                    way("image", MEDIA),
                    way("video", MEDIA),
                    way("document", MEDIA),
                ],
            ),
        ],
    ),
    body("revoke", body::REVOKE, &[keep("original_message_id", M::Context)]),
    body("unsupported", body::UNSUPPORTED, &[keep("type", M::Kind)]),
    act("errors", Act::Error, ERROR),
    way("referral", REFERRAL),
];

const STATUS: &[N] = &[
    keep("id", M::Id),
    keep("status", M::Status),
    keep("timestamp", M::Timestamp),
    keep("recipient_id", M::Person),
    keep("recipient_type", M::RecipientType),
    keep("recipient_user_id", M::User),
    keep("recipient_parent_user_id", M::ParentUser),
    keep("recipient_participant_id", M::Participant),
    keep("recipient_identity_key_hash", M::IdentityKeyHash),
    keep("biz_opaque_callback_data", M::Callback),
    way(
        "conversation",
        &[
            keep("id", M::Conversation),
            keep("expiration_timestamp", M::ConversationExpires),
            way("origin", &[keep("type", M::ConversationOrigin)]),
        ],
    ),
    way(
        "pricing",
        &[
            keep("billable", M::Billable),
            keep("pricing_model", M::PricingModel),
            keep("type", M::PricingType),
            keep("category", M::PricingCategory),
        ],
    ),
    act("errors", Act::Error, ERROR),
];

const PARTICIPANT: &[N] = &[
    keep("input", M::Input),
    keep("wa_id", M::Person),
    keep("user_id", M::User),
    keep("parent_user_id", M::ParentUser),
    keep("username", M::Username),
    act("errors", Act::Error, ERROR),
];

const GROUP: &[N] = &[
    keep("timestamp", M::Timestamp),
    keep("group_id", M::Group),
    keep("type", M::Event),
    keep("request_id", M::Request),
    keep("join_request_id", M::Request),
    keep("reason", M::Reason),
    keep("initiated_by", M::By),
    keep("subject", M::Subject),
    keep("description", M::Description),
    keep("invite_link", M::InviteLink),
    keep("join_approval_mode", M::JoinApproval),
    keep("wa_id", M::Person),
    keep("user_id", M::User),
    keep("parent_user_id", M::ParentUser),
    keep("username", M::Username),
    each("added_participants", M::Added, PARTICIPANT),
    each("removed_participants", M::Removed, PARTICIPANT),
    each("failed_participants", M::FailedParticipant, PARTICIPANT),
    way(
        "profile_picture",
        &[
            keep("mime_type", M::MimeType),
            keep("sha256", M::Sha256),
            keep("update_successful", M::PictureUpdated),
            act("errors", Act::Error, ERROR),
        ],
    ),
    way(
        "group_subject",
        &[
            keep("text", M::Subject),
            keep("update_successful", M::SubjectUpdated),
            act("errors", Act::Error, ERROR),
        ],
    ),
    way(
        "group_description",
        &[
            keep("text", M::Description),
            keep("update_successful", M::DescriptionUpdated),
            act("errors", Act::Error, ERROR),
        ],
    ),
    act("errors", Act::Error, ERROR),
];

const USER_PREFERENCE: &[N] = &[
    keep("wa_id", M::Person),
    keep("user_id", M::User),
    keep("parent_user_id", M::ParentUser),
    keep("detail", M::Reason),
    keep("category", M::Category),
    keep("value", M::Value),
    keep("timestamp", M::Timestamp),
];

const USER_ID: &[N] = &[
    keep("wa_id", M::Person),
    keep("detail", M::Reason),
    way(
        "user_id",
        &[keep("previous", M::Previous), keep("current", M::Current)],
    ),
    way(
        "parent_user_id",
        &[
            keep("previous", M::PreviousParent),
            keep("current", M::CurrentParent),
        ],
    ),
    keep("timestamp", M::Timestamp),
];

const ALERT: &[N] = &[
    val("alert_severity", M::Severity),
    val("alert_status", M::AlertStatus),
    val("alert_type", M::Event),
    val("alert_description", M::Description),
];

const VALUE: &[N] = &[
    // Stands first in each value, and need not be looked for among all the others.
    leaf("messaging_product", Act::Way, M::Other),
    way("metadata", &[act("phone_number_id", Act::Number, &[])]),
    act("contacts", Act::Contact, CONTACT),
    act("messages", Act::Message, MESSAGE),
    act("statuses", Act::Status, STATUS),
    act("errors", Act::Problem, ERROR),
    act("groups", Act::Notice, GROUP),
    act("user_preferences", Act::Notice, USER_PREFERENCE),
    act("user_id_update", Act::Notice, USER_ID),
    // What follows stands in the value itself, of fields that are about the account.
    val("event", M::Event),
    val("decision", M::Event),
    val("message_template_id", M::Template),
    val("message_template_name", M::TemplateName),
    val("message_template_language", M::Language),
    val("message_template_category", M::Category),
    val("reason", M::Reason),
    val("rejection_reason", M::Reason),
    val("previous_quality_score", M::Previous),
    val("new_quality_score", M::Current),
    val("previous_category", M::Previous),
    val("new_category", M::Current),
    val("correct_category", M::CorrectCategory),
    val("category_update_timestamp", M::EffectiveAt),
    way("disable_info", &[val("disable_date", M::EffectiveAt)]),
    way(
        "other_info",
        &[val("title", M::Title), val("description", M::Description)],
    ),
    way(
        "rejection_info",
        &[
            val("reason", M::Description),
            val("recommendation", M::Recommendation),
        ],
    ),
    val("display_phone_number", M::Number),
    val("phone_number", M::Number),
    val("old_limit", M::Previous),
    val("current_limit", M::Current),
    val("max_daily_conversations_per_business", M::Limit),
    val("max_daily_conversation_per_phone", M::Limit),
    val("max_phone_numbers_per_business", M::MaxNumbers),
    val("max_phone_numbers_per_waba", M::MaxNumbers),
    val("requested_verified_name", M::Name),
    val("requester", M::By),
    val("entity_type", M::EntityType),
    val("entity_id", M::EntityId),
    way("alert_info", ALERT),
    val("alert_severity", M::Severity),
    val("alert_status", M::AlertStatus),
    val("alert_type", M::Event),
    val("alert_description", M::Description),
    way(
        "ban_info",
        &[
            val("waba_ban_state", M::BanState),
            val("waba_ban_date", M::EffectiveAt),
        ],
    ),
    way(
        "restriction_info",
        &[
            val("restriction_type", M::Restriction),
            val("expiration", M::EffectiveAt),
        ],
    ),
    way(
        "violation_info",
        &[
            val("violation_type", M::Restriction),
            val("remediation", M::Recommendation),
        ],
    ),
    way("lock_info", &[val("expiration", M::EffectiveAt)]),
    way(
        "disconnection_info",
        &[val("reason", M::Reason), val("initiated_by", M::By)],
    ),
    way("waba_info", &[val("waba_id", M::Account)]),
];

const TREE: &N = &way(
    "",
    &[act(
        "entry",
        Act::Entry,
        &[
            leaf("time", Act::Time, M::Other),
            act(
                "changes",
                Act::Change,
                &[
                    leaf("field", Act::Topic, M::Other),
                    act("value", Act::Value, VALUE),
                ],
            ),
        ],
    )],
);

static LINES: [Line; TREE.lines()] = TREE.pack();

/// The body.
pub(super) static BODY: Schema = Schema::new(&LINES);
