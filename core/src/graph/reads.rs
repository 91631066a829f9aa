//! What the Graph API's reads answer: tables, to be walked by [`Members`](super::Members).
//!
//! Meta, "Business phone numbers" (number), "Access tokens" (`debug_token`), "Template management" (templates), "Webhooks
//! for WhatsApp Business Accounts" (`subscribed_apps`), "Media" (upload, URL, deletion). Every member may be missing, and words
//! of Meta's are an open set: they are kept as they come. Flash: 10 bytes for each member of the tables that are used.

use super::answer::MESSAGE_ID_MAX;
use crate::json::{Decimal, Line, Node, Schema};
use crate::recipient::BSUID_MAX;

/// A member of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Member {
    /// An object that only holds others.
    Object,
    /// An element of a list.
    Element,
    /// `id`: of a number, template, file or app.
    Id,
    /// `name` of a template or app, `verified_name` of a number.
    Name,
    /// `status`: `CONNECTED` of a number, `PENDING`, `APPROVED`, `REJECTED` … of a template.
    Status,
    /// `category` of a template: `UTILITY`, `MARKETING`, `AUTHENTICATION`.
    Category,
    /// `language` of a template.
    Language,
    /// `rejected_reason` of a template; `NONE` if there is none.
    RejectedReason,
    /// `quality_score.score` of a template.
    QualityScore,
    /// `display_phone_number`.
    DisplayPhoneNumber,
    /// `code_verification_status`: `VERIFIED`, `NOT_VERIFIED`, `EXPIRED`.
    CodeVerificationStatus,
    /// `quality_rating`: `GREEN`, `YELLOW`, `RED`, `NA`, `UNKNOWN`.
    QualityRating,
    /// `name_status`: `APPROVED`, `PENDING_REVIEW` …
    NameStatus,
    /// `throughput.level`: `STANDARD`, `HIGH`, `NOT_APPLICABLE`.
    ThroughputLevel,
    /// `whatsapp_business_manager_messaging_limit`, before v24.0 `messaging_limit_tier`: `TIER_250` …
    MessagingLimit,
    /// `webhook_configuration.phone_number`: the callback of this number.
    WebhookPhoneNumber,
    /// `webhook_configuration.whatsapp_business_account`: the callback of its account.
    WebhookAccount,
    /// `webhook_configuration.application`: the callback of the app.
    WebhookApplication,
    /// `is_valid` of a token.
    IsValid,
    /// `expires_at` of a token: Unix time, 0 for never.
    ExpiresAt,
    /// `type` of a token.
    Kind,
    /// `app_id` of a token.
    AppId,
    /// One of the `scopes` of a token.
    Scope,
    /// `paging.cursors.after`: where the next page of a list begins.
    After,
    /// `paging.next`: only there if there is a next page.
    Next,
    /// `success`
    Success,
    /// `url` of a file.
    Url,
    /// `mime_type` of a file.
    MimeType,
    /// `sha256` of a file.
    Sha256,
    /// `file_size` of a file.
    FileSize,
    /// An element of `contacts`, of which the first counts.
    Contact,
    /// An element of `messages`, of which the first counts.
    Message,
    /// `input` of a contact.
    Input,
    /// `wa_id` of a contact.
    WaId,
    /// `user_id` of a contact.
    UserId,
    /// `id` of a message.
    MessageId,
    /// `message_status` of a message.
    MessageStatus,
    /// `code` of an error.
    Code,
    /// `error_subcode`
    Subcode,
    /// `message` of an error.
    ErrorMessage,
    /// `error_data.details`, or an `error_data` that is a string.
    Details,
    /// `is_transient` of an error.
    Transient,
    /// `fbtrace_id`
    Trace,
}

/// All of them, in the order of their numbers.
static MEMBERS: [Member; 43] = {
    let members = [
        Member::Object,
        Member::Element,
        Member::Id,
        Member::Name,
        Member::Status,
        Member::Category,
        Member::Language,
        Member::RejectedReason,
        Member::QualityScore,
        Member::DisplayPhoneNumber,
        Member::CodeVerificationStatus,
        Member::QualityRating,
        Member::NameStatus,
        Member::ThroughputLevel,
        Member::MessagingLimit,
        Member::WebhookPhoneNumber,
        Member::WebhookAccount,
        Member::WebhookApplication,
        Member::IsValid,
        Member::ExpiresAt,
        Member::Kind,
        Member::AppId,
        Member::Scope,
        Member::After,
        Member::Next,
        Member::Success,
        Member::Url,
        Member::MimeType,
        Member::Sha256,
        Member::FileSize,
        Member::Contact,
        Member::Message,
        Member::Input,
        Member::WaId,
        Member::UserId,
        Member::MessageId,
        Member::MessageStatus,
        Member::Code,
        Member::Subcode,
        Member::ErrorMessage,
        Member::Details,
        Member::Transient,
        Member::Trace,
    ];
    let mut rest: &[Member] = &members;
    while let [before @ .., last] = rest {
        assert!(*last as usize == before.len(), "a member stands at its number");
        rest = before;
    }
    members
};

impl Member {
    /// The member that the reader names so.
    pub(super) fn of(field: u16) -> Self {
        MEMBERS.get(usize::from(field)).copied().unwrap_or(Self::Object)
    }

    /// Bytes that are kept of a text of this member, and whether it is prose: cut and not thrown away when it is longer.
    pub(super) const fn room(self) -> (usize, bool) {
        match self {
            Self::ErrorMessage => (96, true),
            Self::Details => (160, true),
            Self::Trace => (64, true),
            Self::Code | Self::Subcode => (10, false),
            Self::Input | Self::WaId => (20, false),
            Self::MessageStatus => (40, false),
            Self::UserId => (BSUID_MAX, false),
            Self::MessageId => (MESSAGE_ID_MAX, false),
            _ => (usize::MAX, false),
        }
    }
}

const fn leaf(key: &'static str, member: Member) -> Node {
    Node::leaf(key, member as u16)
}

const fn object(key: &'static str, member: Member, children: &'static [Node]) -> Node {
    Node::object(key, member as u16, children)
}

/// The answer to a message, and the envelope of an error.
pub(super) static MESSAGE: Schema = Schema::new(&MESSAGE_LINES);

static MESSAGE_LINES: [Line; MESSAGE_TREE.lines()] = MESSAGE_TREE.pack();

const MESSAGE_TREE: &Node = &object(
    "",
    Member::Object,
    &[
        object(
            "messages",
            Member::Message,
            &[
                leaf("id", Member::MessageId),
                leaf("message_status", Member::MessageStatus),
            ],
        ),
        object(
            "contacts",
            Member::Contact,
            &[
                leaf("input", Member::Input),
                leaf("wa_id", Member::WaId),
                leaf("user_id", Member::UserId),
            ],
        ),
        object(
            "error",
            Member::Object,
            &[
                leaf("message", Member::ErrorMessage),
                leaf("code", Member::Code),
                leaf("error_subcode", Member::Subcode),
                leaf("is_transient", Member::Transient),
                leaf("fbtrace_id", Member::Trace),
                object("error_data", Member::Details, &[leaf("details", Member::Details)]),
            ],
        ),
    ],
);

/// The query that asks a number for all of its members, in two pieces: the limit has another name before v24.0, and a field that
/// is none refuses the whole.
pub fn phone_number_query(version: &str) -> [&'static str; 2] {
    let mut major = Decimal::new();
    let digits = version.bytes().skip(1).take_while(u8::is_ascii_digit);
    digits.for_each(|digit| major.append(&[digit], false));
    major.append(&[], true);
    let limit = if major.get().is_some_and(|major| major < 24) {
        "messaging_limit_tier"
    } else {
        "whatsapp_business_manager_messaging_limit"
    };
    [
        "?fields=verified_name,display_phone_number,code_verification_status,quality_rating,status,name_status,throughput,\
         webhook_configuration,",
        limit,
    ]
}

/// `fields` to ask an account's list of templates, or one template, for.
pub const TEMPLATE_FIELDS: &str = "name,language,status,category,rejected_reason,quality_score";

/// One object: a number, a template, a file, what was created, whether something was done. One table for all of them, since no
/// member of one means something else in another.
pub static OBJECT: Schema = Schema::new(&OBJECT_LINES);

static OBJECT_LINES: [Line; OBJECT_TREE.lines()] = OBJECT_TREE.pack();

const OBJECT_TREE: &Node = &object(
    "",
    Member::Object,
    &[
        leaf("id", Member::Id),
        leaf("status", Member::Status),
        leaf("success", Member::Success),
        // A file.
        leaf("url", Member::Url),
        leaf("mime_type", Member::MimeType),
        leaf("sha256", Member::Sha256),
        leaf("file_size", Member::FileSize),
        // A template.
        leaf("name", Member::Name),
        leaf("language", Member::Language),
        leaf("category", Member::Category),
        leaf("rejected_reason", Member::RejectedReason),
        QUALITY_SCORE,
        // A number.
        leaf("verified_name", Member::Name),
        leaf("display_phone_number", Member::DisplayPhoneNumber),
        leaf("code_verification_status", Member::CodeVerificationStatus),
        leaf("quality_rating", Member::QualityRating),
        leaf("name_status", Member::NameStatus),
        object(
            "throughput",
            Member::Object,
            &[leaf("level", Member::ThroughputLevel)],
        ),
        leaf(
            "whatsapp_business_manager_messaging_limit",
            Member::MessagingLimit,
        ),
        leaf("messaging_limit_tier", Member::MessagingLimit),
        object(
            "webhook_configuration",
            Member::Object,
            &[
                leaf("phone_number", Member::WebhookPhoneNumber),
                leaf("whatsapp_business_account", Member::WebhookAccount),
                leaf("application", Member::WebhookApplication),
            ],
        ),
    ],
);

/// A list: of templates (`GET /{waba-id}/message_templates`) or of apps (`GET /{waba-id}/subscribed_apps`).
pub static LIST: Schema = Schema::new(&LIST_LINES);

static LIST_LINES: [Line; LIST_TREE.lines()] = LIST_TREE.pack();

const LIST_TREE: &Node = &object(
    "",
    Member::Object,
    &[
        object(
            "data",
            Member::Element,
            &[
                leaf("id", Member::Id),
                leaf("name", Member::Name),
                leaf("language", Member::Language),
                leaf("status", Member::Status),
                leaf("category", Member::Category),
                leaf("rejected_reason", Member::RejectedReason),
                QUALITY_SCORE,
                object(
                    "whatsapp_business_api_data",
                    Member::Object,
                    &[leaf("id", Member::Id), leaf("name", Member::Name)],
                ),
            ],
        ),
        object(
            "paging",
            Member::Object,
            &[
                leaf("next", Member::Next),
                object("cursors", Member::Object, &[leaf("after", Member::After)]),
            ],
        ),
    ],
);

const QUALITY_SCORE: Node = object(
    "quality_score",
    Member::Object,
    &[leaf("score", Member::QualityScore)],
);

/// A token: `GET /debug_token`.
pub static TOKEN: Schema = Schema::new(&TOKEN_LINES);

static TOKEN_LINES: [Line; TOKEN_TREE.lines()] = TOKEN_TREE.pack();

const TOKEN_TREE: &Node = &object(
    "",
    Member::Object,
    &[object(
        "data",
        Member::Object,
        &[
            leaf("is_valid", Member::IsValid),
            leaf("expires_at", Member::ExpiresAt),
            leaf("type", Member::Kind),
            leaf("app_id", Member::AppId),
            object("scopes", Member::Scope, &[leaf("", Member::Object)]),
        ],
    )],
);

#[cfg(test)]
mod tests {
    use super::phone_number_query;

    #[test]
    fn the_limit_is_asked_for_by_the_name_that_the_version_knows() {
        for (version, field) in [
            ("v23.0", "messaging_limit_tier"),
            ("v24.0", "whatsapp_business_manager_messaging_limit"),
            ("v100.0", "whatsapp_business_manager_messaging_limit"),
            ("", "whatsapp_business_manager_messaging_limit"),
        ] {
            assert_eq!(phone_number_query(version)[1], field, "{version}");
        }
    }
}
