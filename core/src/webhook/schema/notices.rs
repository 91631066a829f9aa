//! What is read of notices, with the feature `all-webhooks`: of groups, users' settings, and what stands in a value
//! itself, of the fields about the account.

use super::messages::ERROR;
use super::{Act, M, N, act, each, keep, val, way};

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

pub(super) const VALUE: &[N] = &[
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
