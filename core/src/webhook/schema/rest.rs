//! What is read with the feature `all-webhooks` only: the other kinds of messages, and what is rare in all of them.

use super::messages::TEXT;
use super::{Act, M, N, body, each, keep, leaf, way};

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

pub(super) const INTERACTIVE: &[N] = &[
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

pub(super) const CONTEXT: &[N] = &[
    keep("forwarded", M::Forwarded),
    keep("frequently_forwarded", M::FrequentlyForwarded),
    way("referred_product", PRODUCT),
];

pub(super) const CONTACT: &[N] = &[keep("identity_key_hash", M::IdentityKeyHash)];

pub(super) const MESSAGE: &[N] = &[
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
    way("referral", REFERRAL),
];

pub(super) const STATUS: &[N] = &[
    keep("recipient_identity_key_hash", M::IdentityKeyHash),
    way(
        "conversation",
        &[
            keep("id", M::Conversation),
            keep("expiration_timestamp", M::ConversationExpires),
            way("origin", &[keep("type", M::ConversationOrigin)]),
        ],
    ),
];
