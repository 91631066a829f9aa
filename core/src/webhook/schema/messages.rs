//! What is read in every build: texts, answers to buttons and lists, reactions, statuses, and who wrote.

use super::{Act, M, N, act, body, keep, leaf, members, way};

pub(super) const ERROR: &[N] = &[
    keep("code", M::Code),
    keep("title", M::ErrorTitle),
    way("error_data", &[keep("details", M::ErrorDetails)]),
];

const CONTACT: &[N] = members!(
    rest::CONTACT,
    &[
        keep("wa_id", M::Person),
        keep("user_id", M::User),
        keep("parent_user_id", M::ParentUser),
        way("profile", &[keep("name", M::Name), keep("username", M::Username)]),
    ]
);

pub(super) const TEXT: &[N] = &[keep("body", M::Text)];

const CONTEXT: &[N] = members!(
    rest::CONTEXT,
    &[keep("id", M::Context), keep("from", M::ContextFrom),]
);

const INTERACTIVE: &[N] = members!(
    rest::INTERACTIVE,
    &[
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
    ]
);

const MESSAGE: &[N] = members!(
    rest::MESSAGE,
    &[
        keep("from", M::Person),
        keep("id", M::Id),
        keep("timestamp", M::Timestamp),
        keep("type", M::Type),
        body("text", body::TEXT, TEXT),
        keep("from_user_id", M::User),
        keep("from_parent_user_id", M::ParentUser),
        keep("group_id", M::Group),
        way("context", CONTEXT),
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
        act("errors", Act::Error, ERROR),
    ]
);

const STATUS: &[N] = members!(
    rest::STATUS,
    &[
        keep("id", M::Id),
        keep("status", M::Status),
        keep("timestamp", M::Timestamp),
        keep("recipient_id", M::Person),
        keep("recipient_type", M::RecipientType),
        keep("recipient_user_id", M::User),
        keep("recipient_parent_user_id", M::ParentUser),
        keep("recipient_participant_id", M::Participant),
        keep("biz_opaque_callback_data", M::Callback),
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
    ]
);

pub(super) const VALUE: &[N] = members!(
    notices::VALUE,
    &[
        // Stands first in each value, and need not be looked for among all the others.
        leaf("messaging_product", Act::Way, M::Other),
        way("metadata", &[act("phone_number_id", Act::Number, &[])]),
        act("contacts", Act::Contact, CONTACT),
        act("messages", Act::Message, MESSAGE),
        act("statuses", Act::Status, STATUS),
        act("errors", Act::Problem, ERROR),
    ]
);
