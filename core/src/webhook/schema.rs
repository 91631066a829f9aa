//! The members of a webhook's body that the core looks at.
//!
//! Meta, "Webhooks: messages" (messages, statuses, value-level errors) and "Business-scoped user IDs" (2026).

use crate::json::Node;

/// What a member is to the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// An object that is only passed through.
    Way,
    Change,
    Topic,
    PhoneNumberId,

    Contact,
    ContactWaId,
    ContactUserId,
    ContactName,

    Message,
    MessageId,
    From,
    FromUserId,
    GroupId,
    Timestamp,
    Type,
    ContextId,
    TextBody,
    Text,
    Button,
    ButtonPayload,
    ButtonText,
    ButtonReply,
    ButtonReplyId,
    ButtonReplyTitle,
    ListReply,
    ListReplyId,
    ListReplyTitle,
    ListReplyDescription,
    Reaction,
    ReactionMessageId,
    ReactionEmoji,

    StatusUpdate,
    StatusId,
    Status,
    RecipientId,
    RecipientUserId,
    Participant,
    Callback,

    /// An error at the value.
    ValueError,
    /// An error in a status.
    StatusError,
    Code,
    Title,
    Details,
}

use Field as F;

const ERROR: &[Node<Field>] = &[
    Node::leaf("code", F::Code),
    Node::leaf("title", F::Title),
    Node::object("error_data", F::Way, &[Node::leaf("details", F::Details)]),
];

const CONTACT: &[Node<Field>] = &[
    Node::leaf("wa_id", F::ContactWaId),
    Node::leaf("user_id", F::ContactUserId),
    Node::object("profile", F::Way, &[Node::leaf("name", F::ContactName)]),
];

const MESSAGE: &[Node<Field>] = &[
    Node::leaf("from", F::From),
    Node::leaf("from_user_id", F::FromUserId),
    Node::leaf("group_id", F::GroupId),
    Node::leaf("id", F::MessageId),
    Node::leaf("timestamp", F::Timestamp),
    Node::leaf("type", F::Type),
    Node::object("context", F::Way, &[Node::leaf("id", F::ContextId)]),
    Node::object("text", F::Text, &[Node::leaf("body", F::TextBody)]),
    Node::object(
        "button",
        F::Button,
        &[
            Node::leaf("payload", F::ButtonPayload),
            Node::leaf("text", F::ButtonText),
        ],
    ),
    Node::object(
        "interactive",
        F::Way,
        &[
            Node::object(
                "button_reply",
                F::ButtonReply,
                &[
                    Node::leaf("id", F::ButtonReplyId),
                    Node::leaf("title", F::ButtonReplyTitle),
                ],
            ),
            Node::object(
                "list_reply",
                F::ListReply,
                &[
                    Node::leaf("id", F::ListReplyId),
                    Node::leaf("title", F::ListReplyTitle),
                    Node::leaf("description", F::ListReplyDescription),
                ],
            ),
        ],
    ),
    Node::object(
        "reaction",
        F::Reaction,
        &[
            Node::leaf("message_id", F::ReactionMessageId),
            Node::leaf("emoji", F::ReactionEmoji),
        ],
    ),
];

const STATUS: &[Node<Field>] = &[
    Node::leaf("id", F::StatusId),
    Node::leaf("status", F::Status),
    Node::leaf("timestamp", F::Timestamp),
    Node::leaf("recipient_id", F::RecipientId),
    Node::leaf("recipient_user_id", F::RecipientUserId),
    Node::leaf("recipient_participant_id", F::Participant),
    Node::leaf("biz_opaque_callback_data", F::Callback),
    Node::object("errors", F::StatusError, ERROR),
];

const VALUE: &[Node<Field>] = &[
    Node::object(
        "metadata",
        F::Way,
        &[Node::leaf("phone_number_id", F::PhoneNumberId)],
    ),
    Node::object("contacts", F::Contact, CONTACT),
    Node::object("messages", F::Message, MESSAGE),
    Node::object("statuses", F::StatusUpdate, STATUS),
    Node::object("errors", F::ValueError, ERROR),
];

/// The body.
pub(super) static ROOT: Node<Field> = Node::object(
    "",
    F::Way,
    &[Node::object(
        "entry",
        F::Way,
        &[Node::object(
            "changes",
            F::Change,
            &[
                Node::leaf("field", F::Topic),
                Node::object("value", F::Way, VALUE),
            ],
        )],
    )],
);
