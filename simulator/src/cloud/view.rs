//! The cloud's state as page and test API show it: plain values that serialize to JSON.
//!
//! All times called `_ms` are milliseconds since the clock's start. Everything here is for eyes that may see all:
//! phone numbers are whole. Secrets are in none of it.

use super::content::{Answer, Button};
use super::fault::{AnswerFault, Faults, PairRefusal, TlsFault};
use super::history::{Change, Direction, Exchange, Kept, clipped};
use super::judge::{CountFrom, JudgeSettings, Kind, Receipts, RefusedAttempt};
use super::record::{Outcome, Summary};
use super::rules::{Recipients, Rules, TooManyRecipients, WindowRule};
use super::site::PREFIX;
use super::state::{Now, State};
use super::subscription::Delivery;
use super::user::{User, UserBehaviour};
use super::webhook::WebhookKind;
use super::{GraphError, Group, Spoil};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Points of a series.
const POINTS: u64 = 60;

/// A message either way.
#[derive(Clone, PartialEq, Serialize)]
pub struct MessageView {
    /// Meta's id.
    pub id: String,
    /// Rises with each message, in the order of their arrival.
    pub sequence: u64,
    /// Which way it went.
    pub direction: Direction,
    /// The chat that it is in: key of the user or id of the group.
    pub chat: String,
    /// Meta's `type`: `text`, `image`, `interactive`, `template` …
    pub kind: String,
    /// The `type` within an interactive message: `button`, `list`, `cta_url`, `button_reply` …
    pub interactive: Option<String>,
    /// When it was accepted, or came.
    pub at_ms: u64,
    /// The same in seconds of Unix time.
    pub unix: u64,
    /// Above the text.
    pub header: Option<String>,
    /// What is read: the text, a template's body with its parameters filled in, a caption, the title of what was pressed.
    pub text: String,
    /// Below the text.
    pub footer: Option<String>,
    /// What can be pressed or chosen.
    pub buttons: Vec<ButtonView>,
    /// The label that opens a list.
    pub list_label: Option<String>,
    /// A button that opens an address.
    pub link: Option<LinkView>,
    /// A file, in the message or in its header.
    pub media: Option<MediaView>,
    /// A place.
    pub location: Option<LocationView>,
    /// Contacts.
    pub contacts: Vec<ContactView>,
    /// The template that it was made from.
    pub template: Option<TemplateRef>,
    /// It is a reaction, and not shown by itself.
    pub reaction: Option<ReactionView>,
    /// Reactions to it.
    pub reactions: Vec<ReactedView>,
    /// The message that it replies to.
    pub quoted: Option<QuotedView>,
    /// `accepted`, `sent`, `delivered`, `read`, `played` or `failed`; `received`, or `read` once the business has said so.
    pub status: String,
    /// Why it failed.
    pub error: Option<ErrorView>,
    /// Every status and when it was told, the first one first.
    pub statuses: Vec<StatusView>,
    /// Its `biz_opaque_callback_data`.
    pub callback_data: Option<String>,
    /// The member named after its type, as it went over the wire; null if it was longer than
    /// [`BODY_KEPT`](super::BODY_KEPT).
    pub content: Value,
}

impl std::fmt::Debug for MessageView {
    /// Without words and numbers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageView")
            .field("sequence", &self.sequence)
            .field("direction", &self.direction)
            .field("kind", &self.kind)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Something that can be pressed or chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ButtonView {
    /// Which one, counted from 0: for [`CloudHandle::press_button`](super::CloudHandle::press_button).
    pub index: usize,
    /// What comes back: payload, or id of the button or row.
    pub id: String,
    /// What is read.
    pub title: String,
    /// A row's second line.
    pub description: Option<String>,
    /// The title of a row's section.
    pub section: Option<String>,
    /// `quick_reply`, `button`, `row`, `location` or `contact`.
    pub kind: &'static str,
}

/// A button that opens an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkView {
    /// What is read.
    pub title: String,
    /// Where it leads.
    pub url: String,
}

/// A file in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MediaView {
    /// `image`, `video`, `audio`, `document` or `sticker`.
    pub kind: String,
    /// Id of an upload.
    pub id: Option<String>,
    /// Address of a file that the cloud does not have, and never fetches.
    pub link: Option<String>,
    /// Media type, where the cloud has the file.
    pub media_type: Option<String>,
    /// Bytes, where the cloud has the file.
    pub bytes: Option<usize>,
    /// Path below the cloud's address that gives the file, where the cloud has it.
    pub path: Option<String>,
    /// A document's name.
    pub filename: Option<String>,
    /// A voice message.
    pub voice: bool,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LocationView {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// What is there.
    pub name: Option<String>,
    /// Where that is.
    pub address: Option<String>,
}

/// A contact.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ContactView {
    /// The whole name.
    pub name: String,
    /// Phone numbers.
    pub phones: Vec<String>,
}

/// A template by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateRef {
    /// Its name.
    pub name: String,
    /// Meta's code of its language.
    pub language: String,
}

/// A reaction that is a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReactionView {
    /// The message that it is on.
    pub on: String,
    /// `None` takes it away.
    pub emoji: Option<String>,
}

/// A reaction on a message.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ReactedView {
    /// Key of the user, or `business`.
    pub by: String,
    /// The emoji.
    pub emoji: String,
}

/// A message that another one replies to.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct QuotedView {
    /// Its id.
    pub id: String,
    /// Which way it went, and what it said, if it is kept.
    pub direction: Option<Direction>,
    /// The beginning of what it said.
    pub text: Option<String>,
}

/// Why a message failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorView {
    /// Meta's code.
    pub code: u32,
    /// Meta's title.
    pub title: String,
}

/// A status of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusView {
    /// Meta's word.
    pub status: String,
    /// When.
    pub at_ms: u64,
    /// Meta's code, if it failed.
    pub code: Option<u32>,
}

/// A user or a group, and what is said with it.
#[derive(Clone, PartialEq, Serialize)]
pub struct ChatView {
    /// Key of the user, or id of the group.
    pub id: String,
    /// The profile's name, or what stands for it.
    pub name: String,
    /// The `wa_id`: the number's digits. `None` for groups and for users without one.
    pub wa_id: Option<String>,
    /// The business-scoped user id. `None` for groups.
    pub bsuid: Option<String>,
    /// Webhooks show no number of this user.
    pub hides_number: bool,
    /// It is a group: the keys of its participants.
    pub participants: Option<Vec<String>>,
    /// What the user does with a message; `None` for groups.
    pub behaviour: Option<BehaviourView>,
    /// The user wants no marketing messages.
    pub opted_out: bool,
    /// Until when free-form messages may be sent by Meta's 24-hour rule; `None`: the window is closed.
    pub window_until_ms: Option<u64>,
    /// Messages that are kept of it.
    pub messages: usize,
    /// The latest of them.
    pub last: Option<MessageView>,
}

impl std::fmt::Debug for ChatView {
    /// Without names, numbers and words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChatView")
            .field("messages", &self.messages)
            .finish_non_exhaustive()
    }
}

/// What a user does with a message: [`UserBehaviour`] in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BehaviourView {
    /// From `sent` to `delivered`.
    pub delivered_after_ms: u64,
    /// From `delivered` to `read`; null: never.
    pub read_after_ms: Option<u64>,
    /// From `read` to `played` for voice messages; null: never.
    pub plays_after_ms: Option<u64>,
    /// From `delivered` to the press of a button; null: never.
    pub presses_after_ms: Option<u64>,
    /// Which button is pressed, counted from 0.
    pub presses: usize,
    /// From `delivered` to a reaction; null: never.
    pub reacts_after_ms: Option<u64>,
    /// With which emoji.
    pub emoji: String,
    /// The number is on WhatsApp; if not, messages fail with 131026.
    pub registered: bool,
    /// The user has blocked the business.
    pub blocked: bool,
    /// The number is part of an experiment of Meta's: marketing templates are refused with 130472.
    pub experiment: bool,
}

impl Default for BehaviourView {
    fn default() -> Self {
        Self::from(&UserBehaviour::default())
    }
}

impl From<&UserBehaviour> for BehaviourView {
    fn from(behaviour: &UserBehaviour) -> Self {
        let (presses_after, presses) = behaviour.acknowledges.unzip();
        let (reacts_after, emoji) = behaviour.reacts.clone().unzip();
        Self {
            delivered_after_ms: ms(behaviour.delivered_after),
            read_after_ms: behaviour.read_after.map(ms),
            plays_after_ms: behaviour.plays_after.map(ms),
            presses_after_ms: presses_after.map(ms),
            presses: presses.unwrap_or_default(),
            reacts_after_ms: reacts_after.map(ms),
            emoji: emoji.unwrap_or_else(|| "👍".to_owned()),
            registered: behaviour.registered,
            blocked: behaviour.blocked,
            experiment: behaviour.experiment,
        }
    }
}

impl From<BehaviourView> for UserBehaviour {
    fn from(view: BehaviourView) -> Self {
        let after = Duration::from_millis;
        Self {
            delivered_after: after(view.delivered_after_ms),
            read_after: view.read_after_ms.map(after),
            plays_after: view.plays_after_ms.map(after),
            acknowledges: view.presses_after_ms.map(|ms| (after(ms), view.presses)),
            reacts: view.reacts_after_ms.map(|ms| (after(ms), view.emoji)),
            registered: view.registered,
            blocked: view.blocked,
            experiment: view.experiment,
        }
    }
}

/// What the pair rule says of one recipient at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetView {
    /// Key of the user or id of the group.
    pub chat: String,
    /// The moment.
    pub at_ms: u64,
    /// When the window opened that is being paid for; `None`: nothing is owed.
    pub opened_ms: Option<u64>,
    /// Until when more may follow in that window, its last instant included.
    pub window_until_ms: Option<u64>,
    /// Messages accepted in it.
    pub accepted: u32,
    /// Most messages in one window.
    pub burst: u32,
    /// Intervals owed.
    pub owed: u64,
    /// Length of an interval.
    pub interval_ms: u64,
    /// From when the intervals count.
    pub counted_from_ms: Option<u64>,
    /// When the next message passes: `at_ms` if it does now.
    pub next_legal_ms: u64,
    /// When nothing is owed any more; `None`: nothing is.
    pub paid_at_ms: Option<u64>,
}

/// Figures since the start, and against their limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FiguresView {
    /// Figures since the start.
    pub summary: Summary,
    /// Messages within the last second, in and out.
    pub throughput: LimitView,
    /// Different users within the last day whom templates reached outside their windows.
    pub messaging: LimitView,
    /// Users that have been described or written to.
    pub users: usize,
}

/// A figure and its limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LimitView {
    /// What is used of it.
    pub used: usize,
    /// `None`: there is none.
    pub limit: Option<usize>,
}

/// Requests to send over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeriesView {
    /// Length of each point.
    pub width_ms: u64,
    /// Oldest first, without gaps; the last one is not over yet.
    pub points: Vec<PointView>,
}

/// Requests to send within one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PointView {
    /// When it begins.
    pub from_ms: u64,
    /// Accepted.
    pub accepted: u64,
    /// Refused by the pair rule (131056).
    pub refused_by_pair_rule: u64,
    /// Refused for any other reason.
    pub refused_otherwise: u64,
}

/// What is wrong with the cloud on purpose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultsView {
    /// The token is good for nothing: 190.
    pub token_revoked: bool,
    /// The account is locked: 131031.
    pub account_locked: bool,
    /// So many next answers get lost.
    pub lose_answers: u32,
    /// From the arrival of a request to its judgement: least and most.
    pub request_latency_ms: (u64, u64),
    /// From its judgement to the answer: least and most.
    pub answer_latency_ms: (u64, u64),
    /// Requests that keep to the rules are refused with this code; null: none are.
    pub refuse_code: Option<u32>,
    /// How many more of them; null: all.
    pub refuse_count: Option<u32>,
    /// Chance of a refusal by the pair rule that nothing has earned, 0 to 1.
    pub refuse_at_random: f64,
    /// How the pair rule tells a refusal.
    pub pair_refusal: PairRefusal,
    /// What is wrong with downloads; null: nothing.
    pub spoil_files: Option<Spoil>,
    /// What becomes of answers; null: nothing bad.
    pub spoil_answers: Option<AnswerFault>,
    /// Of so many.
    pub spoil_answers_count: u32,
    /// What becomes of TLS handshakes; null: nothing bad.
    pub tls: Option<TlsFault>,
    /// How webhooks are carried.
    pub webhooks: Delivery,
}

impl Default for FaultsView {
    fn default() -> Self {
        Self::of(&Faults::default(), false, None, Delivery::default())
    }
}

impl FaultsView {
    pub(crate) fn of(
        faults: &Faults,
        account_locked: bool,
        spoil_files: Option<Spoil>,
        webhooks: Delivery,
    ) -> Self {
        let range = |range: &RangeInclusive<Duration>| (ms(*range.start()), ms(*range.end()));
        Self {
            token_revoked: faults.token_revoked,
            account_locked,
            lose_answers: faults.lose_answers,
            request_latency_ms: range(&faults.latency.request),
            answer_latency_ms: range(&faults.latency.answer),
            refuse_code: faults.refusal.map(|refusal| refusal.code),
            refuse_count: faults.refusal.and_then(|refusal| refusal.left),
            refuse_at_random: faults.random_refusals,
            pair_refusal: faults.pair_refusal,
            spoil_files,
            spoil_answers: faults
                .answers
                .filter(|(_, left)| *left > 0)
                .map(|(fault, _)| fault),
            spoil_answers_count: faults.answers.map_or(0, |(_, left)| left),
            tls: faults.tls,
            webhooks,
        }
    }
}

/// Which rules are in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RulesView {
    /// What becomes of free-form messages outside the 24-hour window.
    pub window: WindowRule,
    /// Messages a second, in and out together; null: any.
    pub throughput: Option<usize>,
    /// Different users in 24 hours outside their windows; null: any.
    pub messaging_limit: Option<usize>,
    /// Whether that limit grows by itself.
    pub growth: bool,
    /// Marketing templates to one user in 24 hours; null: any.
    pub marketing_limit: Option<usize>,
    /// Country codes of people that the business may not write to.
    pub forbidden_countries: Vec<String>,
    /// A test number's list, at most five; null: it is no test number.
    pub recipients: Option<Vec<String>>,
}

impl Default for RulesView {
    fn default() -> Self {
        Self::from(&Rules::default())
    }
}

impl From<&Rules> for RulesView {
    fn from(rules: &Rules) -> Self {
        Self {
            window: rules.window,
            throughput: rules.throughput,
            messaging_limit: rules.messaging_limit,
            growth: rules.growth,
            marketing_limit: rules.marketing_limit,
            forbidden_countries: rules.forbidden_countries.clone(),
            recipients: rules
                .recipients
                .as_ref()
                .map(|list| list.numbers().map(str::to_owned).collect()),
        }
    }
}

impl TryFrom<RulesView> for Rules {
    type Error = TooManyRecipients;

    fn try_from(view: RulesView) -> Result<Self, Self::Error> {
        let recipients = view.recipients.as_ref();
        let recipients = recipients.map(|list| Recipients::new(list.iter().map(String::as_str)));
        Ok(Self {
            window: view.window,
            throughput: view.throughput,
            messaging_limit: view.messaging_limit,
            growth: view.growth,
            marketing_limit: view.marketing_limit,
            forbidden_countries: view.forbidden_countries,
            recipients: recipients.transpose()?,
        })
    }
}

/// How the pair rule is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgeView {
    /// `first_message` or `last_message`.
    pub count_from: &'static str,
    /// What a refused attempt costs: `free`, `plus_six` or `restart_wait`.
    pub refused: &'static str,
    /// Receipts count.
    pub receipts_count: bool,
    /// Most messages in one window.
    pub burst: u32,
    /// Length of the window.
    pub window_ms: u64,
    /// Time owed for each message.
    pub interval_ms: u64,
}

impl From<&JudgeSettings> for JudgeView {
    fn from(settings: &JudgeSettings) -> Self {
        Self {
            count_from: match settings.count_from {
                CountFrom::FirstMessage => "first_message",
                CountFrom::LastMessage => "last_message",
            },
            refused: match settings.refused {
                RefusedAttempt::Free => "free",
                RefusedAttempt::PlusSix => "plus_six",
                RefusedAttempt::RestartWait => "restart_wait",
            },
            receipts_count: settings.receipts == Receipts::Count,
            burst: settings.burst,
            window_ms: settings.window_ms,
            interval_ms: settings.interval_ms,
        }
    }
}

/// The cloud's time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockView {
    /// Since its start.
    pub now_ms: u64,
    /// Seconds of Unix time.
    pub unix: u64,
    /// Whether it can be set: a real clock cannot.
    pub simulated: bool,
    /// How many times as fast as real time it runs while nothing is in flight; 0: it stands still.
    pub speed: u32,
    /// Seconds that the wall-clock times which the cloud tells are wrong by.
    pub skew_s: i64,
}

/// Where webhooks go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubscriptionView {
    /// The subscriber's address.
    pub url: String,
    /// Id of the app whose it is.
    pub app: String,
    /// The fields that it gets; empty: all.
    pub fields: Vec<String>,
}

/// The business number and its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BusinessView {
    /// Id of the number, in the path of requests.
    pub phone_number_id: String,
    /// The number.
    pub display_phone_number: String,
    /// Id of the account.
    pub account_id: String,
}

/// What a listener is told of a change, by server-sent events.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum ChangeView {
    /// A message came, or something became of it: how it is now.
    Message(Box<MessageView>),
    /// An exchange took place.
    Exchange(Box<Exchange>),
    /// Something was set: `clock`, `faults`, `rules`, `subscriptions`, `templates`, `users`.
    Settings(&'static str),
    /// Everything is as at the start.
    Reset,
}

impl ChangeView {
    /// The name of the event.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Exchange(_) => "exchange",
            Self::Settings(_) => "settings",
            Self::Reset => "reset",
        }
    }
}

impl std::fmt::Debug for ChangeView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

impl State {
    /// The messages that are kept, oldest first.
    pub(crate) fn message_views(&self) -> impl DoubleEndedIterator<Item = MessageView> {
        self.history.messages().map(|message| self.message_view(message))
    }

    /// One message, if it is kept.
    pub(crate) fn message_view_of(&self, wamid: &str) -> Option<MessageView> {
        self.history
            .message(wamid)
            .map(|message| self.message_view(message))
    }

    /// The messages of one chat that are kept, oldest first.
    pub(crate) fn chat_messages(&self, chat: &str) -> Vec<MessageView> {
        let of_chat = self.history.messages().filter(|message| message.chat == chat);
        of_chat.map(|message| self.message_view(message)).collect()
    }

    pub(crate) fn message_view(&self, message: &Kept) -> MessageView {
        let content = &message.content;
        let interactive = (message.kind == "interactive")
            .then(|| text_of(&content["type"]))
            .flatten();
        let template = (message.kind == "template").then(|| TemplateRef {
            name: text_of(&content["name"]).unwrap_or_default(),
            language: text_of(&content["language"]["code"]).unwrap_or_default(),
        });
        let outbound = message.direction == Direction::Outbound;
        let text = match message.kind.as_str() {
            "interactive" if outbound => text_of(&content["body"]["text"]).unwrap_or_default(),
            "image" | "video" | "audio" | "document" | "sticker" => {
                text_of(&content["caption"]).unwrap_or_default()
            }
            "location" | "contacts" | "reaction" => String::new(),
            _ => message.text.clone(),
        };
        let header = self.header(message);
        let link = &content["action"]["parameters"];
        MessageView {
            id: message.wamid.clone(),
            sequence: message.sequence,
            direction: message.direction,
            chat: message.chat.clone(),
            kind: message.kind.clone(),
            at_ms: message.at.ms(),
            unix: message.at.unix,
            header,
            text,
            footer: text_of(&content["footer"]["text"]),
            buttons: buttons(message),
            list_label: (interactive.as_deref() == Some("list"))
                .then(|| text_of(&content["action"]["button"]))
                .flatten(),
            link: (interactive.as_deref() == Some("cta_url")).then(|| LinkView {
                title: text_of(&link["display_text"]).unwrap_or_default(),
                url: text_of(&link["url"]).unwrap_or_default(),
            }),
            media: self.media(message),
            location: location(message),
            contacts: contacts(message),
            template,
            reaction: (message.kind == "reaction").then(|| ReactionView {
                on: text_of(&content["message_id"]).unwrap_or_default(),
                emoji: text_of(&content["emoji"]).filter(|emoji| !emoji.is_empty()),
            }),
            reactions: message
                .reactions
                .iter()
                .map(|(by, emoji)| ReactedView {
                    by: by.clone(),
                    emoji: emoji.clone(),
                })
                .collect(),
            quoted: message.quoted.as_deref().map(|id| self.quoted(id)),
            status: status(message),
            error: message.statuses.iter().find_map(|(kind, _)| match kind {
                WebhookKind::Failed(code) => Some(ErrorView {
                    code: *code,
                    title: GraphError::new(*code, "", "").message,
                }),
                _ => None,
            }),
            statuses: message
                .statuses
                .iter()
                .map(|(kind, at)| StatusView {
                    status: word(*kind),
                    at_ms: at.ms(),
                    code: match kind {
                        WebhookKind::Failed(code) => Some(*code),
                        _ => None,
                    },
                })
                .collect(),
            callback_data: message.callback_data.clone(),
            interactive,
            content: content.clone(),
        }
    }

    /// The text above the text: of an interactive message as it is, of a template with its parameter filled in.
    fn header(&self, message: &Kept) -> Option<String> {
        let content = &message.content;
        if message.kind != "template" {
            return text_of(&content["header"]["text"]);
        }
        let (name, code) = (content["name"].as_str()?, content["language"]["code"].as_str()?);
        let text = self.library.find(name, code)?.header_text()?;
        let parameters = component(content, "header").map(|component| &component["parameters"]);
        let parameters = parameters.and_then(Value::as_array).map(Vec::as_slice);
        Some(parameters.unwrap_or_default().iter().enumerate().fold(
            text.to_owned(),
            |text, (at, parameter)| {
                let nth = (at + 1).to_string();
                let name = parameter["parameter_name"].as_str().unwrap_or(&nth);
                let value = parameter["text"].as_str().unwrap_or_default();
                text.replace(&format!("{{{{{name}}}}}"), value)
            },
        ))
    }

    /// The file in a message or in its header.
    fn media(&self, message: &Kept) -> Option<MediaView> {
        const KINDS: [&str; 5] = ["image", "video", "audio", "document", "sticker"];
        let content = &message.content;
        let in_header = match message.kind.as_str() {
            "template" => component(content, "header").map(|component| &component["parameters"][0]),
            "interactive" => Some(&content["header"]),
            _ => None,
        };
        let kind = in_header.map_or(Some(message.kind.as_str()), |header| header["type"].as_str())?;
        let kind = KINDS.iter().find(|known| **known == kind)?;
        let file = in_header.map_or(content, |header| &header[kind]);
        let id = text_of(&file["id"]);
        let kept = id.as_deref().and_then(|id| self.objects.files.get(id));
        Some(MediaView {
            kind: (*kind).to_owned(),
            link: text_of(&file["link"]),
            media_type: kept
                .map(|(media_type, _)| media_type.to_owned())
                .or_else(|| text_of(&file["mime_type"])),
            bytes: kept.map(|(_, bytes)| bytes.len()),
            path: kept
                .and(id.as_deref())
                .map(|id| format!("{PREFIX}/api/v1/files/{id}")),
            filename: text_of(&file["filename"]),
            voice: file["voice"] == true,
            id,
        })
    }

    fn quoted(&self, id: &str) -> QuotedView {
        let message = self.history.message(id);
        QuotedView {
            id: id.to_owned(),
            direction: message.map(|message| message.direction),
            text: message.map(|message| {
                let whole = clipped(&message.text);
                whole.chars().take(120).collect()
            }),
        }
    }

    /// Everybody who has been described or written to, and every group: the ones with the latest messages first.
    pub(crate) fn chat_views(&self, now: Now) -> Vec<ChatView> {
        let mut latest: HashMap<&str, (&Kept, usize)> = HashMap::new();
        for message in self.history.messages() {
            let (last, count) = latest.entry(&message.chat).or_insert((message, 0));
            // A reaction is no line of its own.
            if message.kind != "reaction" {
                *last = message;
            }
            *count += 1;
        }
        let mut chats: Vec<_> = self.users.all().map(|user| self.user_view(now, user)).collect();
        chats.extend(self.groups.iter().map(|group| self.group_view(now, group)));
        for chat in &mut chats {
            if let Some((last, count)) = latest.get(chat.id.as_str()) {
                chat.messages = *count;
                chat.last = Some(self.message_view(last));
            }
        }
        let age = |chat: &ChatView| chat.last.as_ref().map(|last| last.sequence);
        chats.sort_by(|one, other| age(other).cmp(&age(one)).then_with(|| one.id.cmp(&other.id)));
        chats
    }

    /// One user by key, number or business-scoped id, or one group.
    pub(crate) fn chat_view(&self, now: Now, name: &str) -> Option<ChatView> {
        let mut chat = match self.groups.iter().find(|group| group.id == name) {
            Some(group) => self.group_view(now, group),
            None => self.user_view(now, self.users.find(name)?),
        };
        let of_chat = || self.history.messages().filter(|message| message.chat == chat.id);
        let last = of_chat().rev().find(|message| message.kind != "reaction");
        let (messages, last) = (of_chat().count(), last.map(|last| self.message_view(last)));
        (chat.messages, chat.last) = (messages, last);
        Some(chat)
    }

    fn user_view(&self, now: Now, user: &User) -> ChatView {
        ChatView {
            id: user.key().to_owned(),
            name: user.name.clone(),
            wa_id: user.wa_id.clone(),
            bsuid: Some(user.bsuid.clone()),
            hides_number: user.hidden,
            participants: None,
            behaviour: Some(BehaviourView::from(&user.behaviour)),
            opted_out: self.book.is_opted_out(user.key()),
            window_until_ms: self.book.window_until(now.ms(), user.key()),
            messages: 0,
            last: None,
        }
    }

    fn group_view(&self, now: Now, group: &Group) -> ChatView {
        let key = |number: &String| {
            self.users
                .find(number)
                .map_or(number.clone(), |user| user.key().to_owned())
        };
        ChatView {
            id: group.id.clone(),
            name: format!("Group of {}", group.participants.len()),
            wa_id: None,
            bsuid: None,
            hides_number: false,
            participants: Some(group.participants.iter().map(key).collect()),
            behaviour: None,
            opted_out: false,
            window_until_ms: self.book.window_until(now.ms(), &group.id),
            messages: 0,
            last: None,
        }
    }

    /// What the pair rule says of one user or group.
    pub(crate) fn budget_view(&self, now: Now, chat: &str) -> BudgetView {
        let settings = self.judge.settings();
        let budget = self.judge.budget(now.ms(), chat);
        BudgetView {
            chat: chat.to_owned(),
            at_ms: now.ms(),
            opened_ms: budget.map(|budget| budget.opened_ms),
            window_until_ms: budget.map(|budget| budget.opened_ms.saturating_add(settings.window_ms)),
            accepted: budget.map_or(0, |budget| budget.accepted),
            burst: settings.burst,
            owed: budget.map_or(0, |budget| budget.owed),
            interval_ms: settings.interval_ms,
            counted_from_ms: budget.map(|budget| budget.counted_from_ms),
            next_legal_ms: self.judge.next_legal(now.ms(), chat, Kind::Message),
            paid_at_ms: self.judge.paid_at(now.ms(), chat),
        }
    }

    /// Figures and limits.
    pub(crate) fn figures_view(&self, now: Now) -> FiguresView {
        let (throughput, messaging) = self.book.used(now.ms());
        FiguresView {
            summary: self.summary,
            throughput: LimitView {
                used: throughput,
                limit: self.book.rules.throughput,
            },
            messaging: LimitView {
                used: messaging,
                limit: self.book.rules.messaging_limit,
            },
            users: self.users.all().count(),
        }
    }

    /// Requests to send over the last 60 stretches of `width_ms`.
    pub(crate) fn series_view(&self, now: Now, width_ms: u64) -> SeriesView {
        let width_ms = width_ms.max(1);
        let last = now.ms() / width_ms;
        let first = (last + 1).saturating_sub(POINTS);
        let mut points: Vec<_> = (first..=last)
            .map(|nth| PointView {
                from_ms: nth * width_ms,
                ..PointView::default()
            })
            .collect();
        for record in self.log.iter().rev() {
            let at = (record.at_ms / width_ms).checked_sub(first);
            let Some(at) = at.and_then(|at| usize::try_from(at).ok()) else {
                break;
            };
            if let Some(point) = points.get_mut(at) {
                match record.outcome {
                    Outcome::Accepted { .. } => point.accepted += 1,
                    Outcome::Refused { code: 131_056 } => point.refused_by_pair_rule += 1,
                    Outcome::Refused { .. } => point.refused_otherwise += 1,
                }
            }
        }
        SeriesView { width_ms, points }
    }

    /// What is wrong on purpose.
    pub(crate) fn faults_view(&self) -> FaultsView {
        FaultsView::of(
            &self.faults,
            self.book.locked,
            self.objects.files.spoil,
            self.delivery.clone(),
        )
    }

    /// Meta's nodes of all templates.
    pub(crate) fn template_views(&self, now: Now) -> Vec<Value> {
        self.objects.shelf.nodes(now, &self.library).collect()
    }

    /// The business number.
    pub(crate) fn business_view(&self) -> BusinessView {
        BusinessView {
            phone_number_id: self.business.phone_number_id.clone(),
            display_phone_number: self.business.display_phone_number.clone(),
            account_id: self.business.account_id.clone(),
        }
    }

    /// A change as a listener is told of it; `None` if what changed is forgotten.
    pub(crate) fn change_view(&self, change: Change) -> Option<ChangeView> {
        Some(match change {
            Change::Message(sequence) => {
                let message = self.history.message_by_sequence(sequence)?;
                ChangeView::Message(Box::new(self.message_view(message)))
            }
            Change::Exchange(id) => ChangeView::Exchange(Box::new(self.history.exchange_by_id(id)?.clone())),
            Change::Settings(what) => ChangeView::Settings(what),
            Change::Reset => ChangeView::Reset,
        })
    }
}

fn component<'v>(template: &'v Value, kind: &str) -> Option<&'v Value> {
    let mut components = template["components"].as_array()?.iter();
    components.find(|component| component["type"] == kind)
}

fn word(kind: WebhookKind) -> String {
    match kind {
        WebhookKind::Failed(_) => "failed".to_owned(),
        kind => kind.to_string(),
    }
}

/// How far a message has come. Statuses may be told out of order: the one that says most counts.
fn status(message: &Kept) -> String {
    if message.direction == Direction::Inbound {
        let read = message.read_by_business.is_some();
        return if read { "read" } else { "received" }.to_owned();
    }
    let rank = |kind: WebhookKind| match kind {
        WebhookKind::Sent => 1,
        WebhookKind::Delivered => 2,
        WebhookKind::Read => 3,
        WebhookKind::Played => 4,
        _ => 5,
    };
    let most = message
        .statuses
        .iter()
        .map(|(kind, _)| *kind)
        .max_by_key(|kind| rank(*kind));
    most.map_or_else(|| "accepted".to_owned(), word)
}

fn buttons(message: &Kept) -> Vec<ButtonView> {
    let view = |(index, button): (usize, &Button)| ButtonView {
        index,
        id: button.id.clone(),
        title: button.title.clone(),
        description: match &button.answer {
            Answer::Row(description) => description.clone(),
            _ => None,
        },
        section: section(&message.content, &button.id),
        kind: match button.answer {
            Answer::QuickReply => "quick_reply",
            Answer::Button => "button",
            Answer::Row(_) => "row",
            Answer::Location => "location",
            Answer::Contact => "contact",
        },
    };
    message.buttons.iter().enumerate().map(view).collect()
}

/// The title of the section that has the row with this id.
fn section(content: &Value, row: &str) -> Option<String> {
    let mut sections = content["action"]["sections"].as_array()?.iter();
    let has = |section: &&Value| {
        let rows = section["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
        rows.iter().any(|other| other["id"] == row)
    };
    text_of(&sections.find(has)?["title"])
}

fn location(message: &Kept) -> Option<LocationView> {
    let place = match message.kind.as_str() {
        "location" => &message.content,
        "template" => &component(&message.content, "header")?["parameters"][0]["location"],
        _ => return None,
    };
    let degrees = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    Some(LocationView {
        latitude: degrees(&place["latitude"])?,
        longitude: degrees(&place["longitude"])?,
        name: text_of(&place["name"]),
        address: text_of(&place["address"]),
    })
}

fn contacts(message: &Kept) -> Vec<ContactView> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    if message.kind != "contacts" {
        return Vec::new();
    }
    let view = |contact: &Value| ContactView {
        name: text_of(&contact["name"]["formatted_name"]).unwrap_or_default(),
        phones: list(&contact["phones"])
            .iter()
            .filter_map(|phone| text_of(&phone["phone"]))
            .collect(),
    };
    list(&message.content).iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::state::Call;
    use crate::cloud::{CloudSettings, TOKEN, Template};
    use serde_json::json;

    const ADA: &str = "16505551234";

    fn at(ms: u64) -> Now {
        Now {
            since_start: Duration::from_millis(ms),
            unix: 1_795_000_000 + ms / 1_000,
        }
    }

    fn state() -> State {
        State::of(&CloudSettings::default())
    }

    /// Sends the members of `more`, and gives the answer's status.
    fn send(state: &mut State, now: Now, more: &Value) -> u16 {
        let mut body = json!({ "messaging_product": "whatsapp", "to": ADA });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        let path = format!("/v25.0/{}/messages", crate::cloud::PHONE_NUMBER_ID);
        let body = body.to_string();
        let call = Call {
            post: true,
            path: &path,
            bearer: Some(TOKEN),
            json: true,
            body: body.as_bytes(),
        };
        state.receive(now, &call).status
    }

    fn last(state: &State) -> MessageView {
        state.message_views().next_back().expect("a message")
    }

    #[test]
    fn a_template_is_shown_with_header_and_body_filled_in_and_its_quick_replies() {
        let mut state = state();
        let leak = Template::new("leak", "{{what}} in {{where}}")
            .header("Alarm {{1}}")
            .quick_reply("On it");
        state.library.add(leak);
        let named = |name: &str, text: &str| json!({ "type": "text", "parameter_name": name, "text": text });
        let template = json!({
            "name": "leak", "language": { "code": "en_US" },
            "components": [
                { "type": "header", "parameters": [{ "type": "text", "text": "7" }] },
                { "type": "body", "parameters": [named("what", "Leak"), named("where", "cellar")] },
            ],
        });
        assert_eq!(
            send(
                &mut state,
                at(0),
                &json!({ "type": "template", "template": template })
            ),
            200
        );
        let view = last(&state);
        assert_eq!(
            (view.header.as_deref(), view.text.as_str()),
            (Some("Alarm 7"), "Leak in cellar")
        );
        assert_eq!((view.buttons.len(), view.buttons[0].kind), (1, "quick_reply"));
        assert_eq!(view.template.unwrap().name, "leak");
    }

    #[test]
    fn a_list_is_shown_with_its_label_and_rows_under_their_sections() {
        let mut state = state();
        let row = |id: &str| json!({ "id": id, "title": id, "description": "d" });
        let interactive = json!({
            "type": "list", "header": { "type": "text", "text": "H" }, "body": { "text": "B" },
            "footer": { "text": "F" },
            "action": { "button": "Choose", "sections": [
                { "title": "one", "rows": [row("a")] }, { "title": "two", "rows": [row("b"), row("c")] },
            ] },
        });
        assert_eq!(
            send(
                &mut state,
                at(0),
                &json!({ "type": "interactive", "interactive": interactive })
            ),
            200
        );
        let view = last(&state);
        assert_eq!(view.list_label.as_deref(), Some("Choose"));
        assert_eq!(
            (view.header.as_deref(), view.text.as_str(), view.footer.as_deref()),
            (Some("H"), "B", Some("F"))
        );
        let sections: Vec<_> = view
            .buttons
            .iter()
            .map(|row| row.section.as_deref().unwrap())
            .collect();
        assert_eq!(sections, ["one", "two", "two"]);
    }

    #[test]
    fn files_places_contacts_links_and_replies_are_shown_as_what_they_are() {
        let mut state = state();
        let image =
            json!({ "type": "image", "image": { "link": "https://x.example/a.png", "caption": "C" } });
        assert_eq!(send(&mut state, at(0), &image), 200);
        let view = last(&state);
        let media = view.media.unwrap();
        assert_eq!(
            (media.kind.as_str(), view.text.as_str(), media.path),
            ("image", "C", None)
        );
        let id = view.id;
        let place = json!({ "latitude": "1.5", "longitude": -2, "name": "N" });
        let reply = json!({ "type": "location", "location": place, "context": { "message_id": id } });
        assert_eq!(send(&mut state, at(0), &reply), 200);
        let view = last(&state);
        let place = view.location.unwrap();
        assert!((place.latitude, place.longitude) == (1.5, -2.0));
        assert_eq!(view.quoted.unwrap().direction, Some(Direction::Outbound));
        let contact = json!({ "name": { "formatted_name": "Bob", "first_name": "Bob" }, "phones": [{ "phone": "+1" }] });
        assert_eq!(
            send(
                &mut state,
                at(0),
                &json!({ "type": "contacts", "contacts": [contact] })
            ),
            200
        );
        let contacts = last(&state).contacts;
        assert_eq!(
            (contacts[0].name.as_str(), &contacts[0].phones),
            ("Bob", &vec!["+1".to_owned()])
        );
        let action =
            json!({ "name": "cta_url", "parameters": { "display_text": "See", "url": "https://x.example" } });
        let link = json!({ "type": "cta_url", "body": { "text": "B" }, "action": action });
        assert_eq!(
            send(
                &mut state,
                at(0),
                &json!({ "type": "interactive", "interactive": link })
            ),
            200
        );
        assert_eq!(last(&state).link.unwrap().url, "https://x.example");
        let reaction = json!({ "type": "reaction", "reaction": { "message_id": id, "emoji": "👍" } });
        assert_eq!(send(&mut state, at(0), &reaction), 200);
        assert_eq!(state.message_view_of(&id).unwrap().reactions[0].by, "business");
        let chat = state.chat_view(at(0), ADA).unwrap();
        assert_eq!(
            (chat.messages, chat.last.unwrap().kind.as_str()),
            (5, "interactive"),
            "a reaction is no line"
        );
    }

    #[test]
    fn the_status_that_says_most_is_shown_and_each_with_its_time() {
        let mut state = state();
        assert_eq!(
            send(
                &mut state,
                at(0),
                &json!({ "type": "text", "text": { "body": "hi" } })
            ),
            200
        );
        assert_eq!(last(&state).status, "accepted");
        while let Some(due) = state.next_due() {
            state.due(at(u64::try_from(due.as_millis()).unwrap() + 1));
        }
        let view = last(&state);
        assert_eq!(view.status, "read");
        let words: Vec<_> = view
            .statuses
            .iter()
            .map(|status| status.status.as_str())
            .collect();
        assert_eq!(words, ["sent", "delivered", "read"]);
        let wamid = view.id;
        state
            .history
            .status(at(9_000), &wamid, WebhookKind::Failed(131_026));
        let view = last(&state);
        assert_eq!(
            (view.status.as_str(), view.error.unwrap().code),
            ("failed", 131_026)
        );
    }

    #[test]
    fn the_budget_of_a_burst_of_three_is_paid_after_eighteen_seconds() {
        let mut state = state();
        for ms in [1_000, 2_000, 3_000] {
            assert_eq!(
                send(
                    &mut state,
                    at(ms),
                    &json!({ "type": "text", "text": { "body": "hi" } })
                ),
                200
            );
        }
        let budget = state.budget_view(at(10_000), ADA);
        assert_eq!(
            (budget.opened_ms, budget.window_until_ms),
            (Some(1_000), Some(7_000))
        );
        assert_eq!((budget.accepted, budget.owed, budget.burst), (3, 3, 45));
        assert_eq!((budget.next_legal_ms, budget.paid_at_ms), (21_000, Some(21_000)));
        assert_eq!(
            state.budget_view(at(5_000), ADA).next_legal_ms,
            5_000,
            "inside the window"
        );
        let paid = state.budget_view(at(21_000), ADA);
        assert_eq!((paid.owed, paid.opened_ms, paid.paid_at_ms), (0, None, None));
    }

    #[test]
    fn a_series_counts_each_request_in_its_stretch_of_time_and_ends_with_the_present_one() {
        let mut state = state();
        let text = || json!({ "type": "text", "text": { "body": "hi" } });
        assert_eq!(send(&mut state, at(500), &text()), 200);
        assert_eq!(send(&mut state, at(10_500), &text()), 200);
        assert_eq!(send(&mut state, at(10_700), &json!({ "type": "fax" })), 400);
        let series = state.series_view(at(12_000), 1_000);
        assert_eq!(series.points.len(), 13);
        let point = |nth: usize| (series.points[nth].accepted, series.points[nth].refused_otherwise);
        assert_eq!((point(0), point(5), point(10)), ((1, 0), (0, 0), (1, 1)));
        let late = state.series_view(at(10_000_000), 1_000);
        assert_eq!(late.points.len(), 60);
        assert_eq!(late.points.last().unwrap().from_ms, 10_000_000);
        assert!(late.points.iter().all(|point| point.accepted == 0));
    }
}
