//! The members that the core reads, as one would have them of serde: of every kind and field, since any may come.

#![allow(dead_code, reason = "that they were read is what is measured")]
#![allow(clippy::struct_field_names, reason = "the names are Meta's")]

use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
pub(crate) struct Webhook<'a> {
    #[serde(borrow, default)]
    pub(crate) entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Entry<'a> {
    pub(crate) time: Option<u64>,
    #[serde(borrow, default)]
    pub(crate) changes: Vec<Change<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Change<'a> {
    #[serde(borrow, default)]
    pub(crate) field: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) value: Value<'a>,
}

#[derive(Deserialize)]
pub(crate) struct Value<'a> {
    #[serde(borrow)]
    pub(crate) metadata: Option<Metadata<'a>>,
    #[serde(borrow, default)]
    pub(crate) contacts: Vec<Contact<'a>>,
    #[serde(borrow, default)]
    pub(crate) messages: Vec<Message<'a>>,
    #[serde(borrow, default)]
    pub(crate) statuses: Vec<Status<'a>>,
    #[serde(borrow, default)]
    pub(crate) errors: Vec<Error<'a>>,
    #[serde(borrow, default)]
    pub(crate) groups: Vec<Group<'a>>,
    #[serde(borrow, default)]
    pub(crate) user_preferences: Vec<UserPreference<'a>>,
    #[serde(borrow, default)]
    pub(crate) user_id_update: Vec<UserId<'a>>,
    #[serde(borrow, default)]
    pub(crate) event: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) decision: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) message_template_name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) message_template_language: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) message_template_category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) reason: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) rejection_reason: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) previous_quality_score: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) new_quality_score: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) previous_category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) new_category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) correct_category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) display_phone_number: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) phone_number: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) old_limit: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) current_limit: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) requested_verified_name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) requester: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) entity_type: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) alert_severity: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) alert_status: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) alert_type: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) alert_description: Cow<'a, str>,
    pub(crate) message_template_id: Option<u64>,
    pub(crate) category_update_timestamp: Option<u64>,
    pub(crate) max_daily_conversations_per_business: Option<u64>,
    pub(crate) max_daily_conversation_per_phone: Option<u64>,
    pub(crate) max_phone_numbers_per_business: Option<u64>,
    pub(crate) max_phone_numbers_per_waba: Option<u64>,
    pub(crate) entity_id: Option<u64>,
    pub(crate) disable_info: Option<DisableInfo>,
    #[serde(borrow)]
    pub(crate) other_info: Option<OtherInfo<'a>>,
    #[serde(borrow)]
    pub(crate) rejection_info: Option<RejectionInfo<'a>>,
    #[serde(borrow)]
    pub(crate) alert_info: Option<AlertInfo<'a>>,
    #[serde(borrow)]
    pub(crate) ban_info: Option<BanInfo<'a>>,
    #[serde(borrow, default)]
    pub(crate) restriction_info: Vec<Restriction<'a>>,
    #[serde(borrow)]
    pub(crate) violation_info: Option<Violation<'a>>,
    pub(crate) lock_info: Option<LockInfo>,
    #[serde(borrow)]
    pub(crate) disconnection_info: Option<Disconnection<'a>>,
    #[serde(borrow)]
    pub(crate) waba_info: Option<WabaInfo<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Metadata<'a> {
    #[serde(borrow, default)]
    pub(crate) phone_number_id: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Contact<'a> {
    #[serde(borrow)]
    pub(crate) profile: Option<Profile<'a>>,
    #[serde(borrow, default)]
    pub(crate) wa_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) parent_user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) identity_key_hash: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Profile<'a> {
    #[serde(borrow, default)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) username: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Message<'a> {
    #[serde(borrow, default)]
    pub(crate) from: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) timestamp: Cow<'a, str>,
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) text: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) from_user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) from_parent_user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) group_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) context: Option<Context<'a>>,
    #[serde(borrow)]
    pub(crate) button: Option<Button<'a>>,
    #[serde(borrow)]
    pub(crate) interactive: Option<Interactive<'a>>,
    #[serde(borrow)]
    pub(crate) reaction: Option<Reaction<'a>>,
    #[serde(borrow)]
    pub(crate) image: Option<Media<'a>>,
    #[serde(borrow)]
    pub(crate) video: Option<Media<'a>>,
    #[serde(borrow)]
    pub(crate) audio: Option<Media<'a>>,
    #[serde(borrow)]
    pub(crate) document: Option<Media<'a>>,
    #[serde(borrow)]
    pub(crate) sticker: Option<Media<'a>>,
    #[serde(borrow)]
    pub(crate) location: Option<Location<'a>>,
    #[serde(borrow, default)]
    pub(crate) contacts: Vec<Card<'a>>,
    #[serde(borrow)]
    pub(crate) order: Option<Order<'a>>,
    #[serde(borrow)]
    pub(crate) system: Option<System<'a>>,
    #[serde(borrow)]
    pub(crate) edit: Option<Edit<'a>>,
    #[serde(borrow)]
    pub(crate) revoke: Option<Revoke<'a>>,
    #[serde(borrow)]
    pub(crate) unsupported: Option<Unsupported<'a>>,
    #[serde(borrow, default)]
    pub(crate) errors: Vec<Error<'a>>,
    #[serde(borrow)]
    pub(crate) referral: Option<Referral<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Text<'a> {
    #[serde(borrow, default)]
    pub(crate) body: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Context<'a> {
    #[serde(borrow, default)]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) from: Cow<'a, str>,
    pub(crate) forwarded: Option<bool>,
    pub(crate) frequently_forwarded: Option<bool>,
    #[serde(borrow)]
    pub(crate) referred_product: Option<Product<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Product<'a> {
    #[serde(borrow, default)]
    pub(crate) catalog_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) product_retailer_id: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Button<'a> {
    #[serde(borrow, default)]
    pub(crate) payload: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) text: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Interactive<'a> {
    #[serde(borrow)]
    pub(crate) button_reply: Option<Reply<'a>>,
    #[serde(borrow)]
    pub(crate) list_reply: Option<Reply<'a>>,
    #[serde(borrow)]
    pub(crate) nfm_reply: Option<FlowReply<'a>>,
    #[serde(borrow)]
    pub(crate) call_permission_reply: Option<CallReply<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Reply<'a> {
    #[serde(borrow, default)]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) title: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) description: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct FlowReply<'a> {
    #[serde(borrow, default)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) body: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) response_json: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct CallReply<'a> {
    #[serde(borrow, default)]
    pub(crate) response: Cow<'a, str>,
    pub(crate) is_permanent: Option<bool>,
    pub(crate) expiration_timestamp: Option<f64>,
    #[serde(borrow, default)]
    pub(crate) response_source: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Reaction<'a> {
    #[serde(borrow, default)]
    pub(crate) message_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) emoji: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Media<'a> {
    #[serde(borrow, default)]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) mime_type: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) sha256: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) url: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) caption: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) filename: Cow<'a, str>,
    pub(crate) voice: Option<bool>,
    pub(crate) animated: Option<bool>,
}

#[derive(Deserialize)]
pub(crate) struct Location<'a> {
    pub(crate) latitude: Option<f64>,
    pub(crate) longitude: Option<f64>,
    #[serde(borrow, default)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) address: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) url: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Card<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<CardName<'a>>,
    #[serde(borrow)]
    pub(crate) org: Option<Org<'a>>,
    #[serde(borrow, default)]
    pub(crate) phones: Vec<Phone<'a>>,
    #[serde(borrow, default)]
    pub(crate) emails: Vec<Email<'a>>,
    #[serde(borrow, default)]
    pub(crate) origin: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) vcard: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct CardName<'a> {
    #[serde(borrow, default)]
    pub(crate) formatted_name: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Org<'a> {
    #[serde(borrow, default)]
    pub(crate) company: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Phone<'a> {
    #[serde(borrow, default)]
    pub(crate) phone: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) wa_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) user_id: Cow<'a, str>,
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Email<'a> {
    #[serde(borrow, default)]
    pub(crate) email: Cow<'a, str>,
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Order<'a> {
    #[serde(borrow, default)]
    pub(crate) catalog_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) text: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) product_items: Vec<Item<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Item<'a> {
    #[serde(borrow, default)]
    pub(crate) product_retailer_id: Cow<'a, str>,
    pub(crate) quantity: Option<f64>,
    pub(crate) item_price: Option<f64>,
    #[serde(borrow, default)]
    pub(crate) currency: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct System<'a> {
    #[serde(borrow, default)]
    pub(crate) body: Cow<'a, str>,
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) wa_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) parent_user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) identity: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Edit<'a> {
    #[serde(borrow, default)]
    pub(crate) original_message_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) message: Option<Edited<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Edited<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) image: Option<Media<'a>>,
    #[serde(borrow)]
    pub(crate) video: Option<Media<'a>>,
    #[serde(borrow)]
    pub(crate) document: Option<Media<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Revoke<'a> {
    #[serde(borrow, default)]
    pub(crate) original_message_id: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Unsupported<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Error<'a> {
    pub(crate) code: Option<u32>,
    #[serde(borrow, default)]
    pub(crate) title: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) error_data: Option<ErrorData<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct ErrorData<'a> {
    #[serde(borrow, default)]
    pub(crate) details: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Referral<'a> {
    #[serde(borrow, default)]
    pub(crate) source_url: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) source_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) source_type: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) body: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) headline: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) media_type: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) image_url: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) video_url: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) thumbnail_url: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) ctwa_clid: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) welcome_message: Option<Welcome<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Welcome<'a> {
    #[serde(borrow, default)]
    pub(crate) text: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Status<'a> {
    #[serde(borrow, default)]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) status: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) timestamp: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) recipient_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) recipient_type: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) recipient_user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) recipient_parent_user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) recipient_participant_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) recipient_identity_key_hash: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) biz_opaque_callback_data: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) conversation: Option<Conversation<'a>>,
    #[serde(borrow)]
    pub(crate) pricing: Option<Pricing<'a>>,
    #[serde(borrow, default)]
    pub(crate) errors: Vec<Error<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Conversation<'a> {
    #[serde(borrow, default)]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) expiration_timestamp: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) origin: Option<Origin<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Origin<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Pricing<'a> {
    pub(crate) billable: Option<bool>,
    #[serde(borrow, default)]
    pub(crate) pricing_model: Cow<'a, str>,
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) category: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Group<'a> {
    #[serde(borrow, default)]
    pub(crate) timestamp: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) group_id: Cow<'a, str>,
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) request_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) join_request_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) reason: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) initiated_by: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) subject: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) description: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) invite_link: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) join_approval_mode: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) wa_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) parent_user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) username: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) added_participants: Vec<Participant<'a>>,
    #[serde(borrow, default)]
    pub(crate) removed_participants: Vec<Participant<'a>>,
    #[serde(borrow, default)]
    pub(crate) failed_participants: Vec<Participant<'a>>,
    #[serde(borrow)]
    pub(crate) profile_picture: Option<Changed<'a>>,
    #[serde(borrow)]
    pub(crate) group_subject: Option<Changed<'a>>,
    #[serde(borrow)]
    pub(crate) group_description: Option<Changed<'a>>,
    #[serde(borrow, default)]
    pub(crate) errors: Vec<Error<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Participant<'a> {
    #[serde(borrow, default)]
    pub(crate) input: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) wa_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) parent_user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) username: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) errors: Vec<Error<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Changed<'a> {
    #[serde(borrow, default)]
    pub(crate) text: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) mime_type: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) sha256: Cow<'a, str>,
    pub(crate) update_successful: Option<bool>,
    #[serde(borrow, default)]
    pub(crate) errors: Vec<Error<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct UserPreference<'a> {
    #[serde(borrow, default)]
    pub(crate) wa_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) parent_user_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) detail: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) value: Cow<'a, str>,
    pub(crate) timestamp: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct UserId<'a> {
    #[serde(borrow, default)]
    pub(crate) wa_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) detail: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) user_id: Option<Renamed<'a>>,
    #[serde(borrow)]
    pub(crate) parent_user_id: Option<Renamed<'a>>,
    #[serde(borrow, default)]
    pub(crate) timestamp: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Renamed<'a> {
    #[serde(borrow, default)]
    pub(crate) previous: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) current: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct DisableInfo {
    pub(crate) disable_date: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct OtherInfo<'a> {
    #[serde(borrow, default)]
    pub(crate) title: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) description: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct RejectionInfo<'a> {
    #[serde(borrow, default)]
    pub(crate) reason: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) recommendation: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct AlertInfo<'a> {
    #[serde(borrow, default)]
    pub(crate) alert_severity: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) alert_status: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) alert_type: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) alert_description: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct BanInfo<'a> {
    #[serde(borrow, default)]
    pub(crate) waba_ban_state: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) waba_ban_date: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct Restriction<'a> {
    #[serde(borrow, default)]
    pub(crate) restriction_type: Cow<'a, str>,
    pub(crate) expiration: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct Violation<'a> {
    #[serde(borrow, default)]
    pub(crate) violation_type: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) remediation: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct LockInfo {
    pub(crate) expiration: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct Disconnection<'a> {
    #[serde(borrow, default)]
    pub(crate) reason: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) initiated_by: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(crate) struct WabaInfo<'a> {
    #[serde(borrow, default)]
    pub(crate) waba_id: Cow<'a, str>,
}
