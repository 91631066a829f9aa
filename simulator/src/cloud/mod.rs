//! A simulated WhatsApp Business Cloud API on this machine: it takes what a client sends, judges it by Meta's rules,
//! and tells the client's webhook what became of it.
//!
//! It is the judge, so it has its own reading of Meta's pages and shares no code with the client. Where Meta's pages
//! leave something open, a setting chooses; where they name a limit, the error names the page.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use squab::cloud::{Cloud, CloudSettings, User};
//!
//! let cloud = Cloud::start(CloudSettings::default()).await?;
//! println!("POST {}/v25.0/{}/messages", cloud.base_url(), squab::cloud::PHONE_NUMBER_ID);
//! cloud.set_user(User::new("+16505551234").named("Ada"));
//! cloud.subscribe("http://127.0.0.1:8080/webhooks/whatsapp").await?;
//! cloud.reply_text("+16505551234", "Is it cold enough?")?;
//! # Ok(())
//! # }
//! ```
//!
//! Rooms: [`judge`] the pair rule; `rules` window, throughput, limits, opt-out; `content` and `template` what may be
//! sent; `user` who is one user; `state` what becomes of a message, and [`OfflineCloud`] that without a network;
//! `objects` files, number, token and templates; `webhook`, `escape` and `deliver` how that is told; `server` HTTP and
//! TLS; [`ca`] certificates; `history` and [`view`] what is shown of all that, `site` to whom; `api` the test API, and
//! `control` what it and [`CloudHandle`] can do; `kiosks` what kiosks say of their outboxes.
//!
//! Memory: the latest [`MEMORY`] messages and requests, some 60 MB at most; who was written to, some 1.1 KB each, without a
//! bound; to be shown, [`MESSAGES_KEPT`] messages and
//! [`EXCHANGES_KEPT`] exchanges, some 5 MB, or 100 MB where each is as long as can be; files up to 128 MiB together, then
//! the oldest go.

mod api;
pub mod ca;
mod content;
mod control;
mod deliver;
mod error;
mod escape;
mod fault;
mod fields;
mod handle;
mod history;
mod ids;
mod inbound;
pub mod judge;
mod kiosks;
mod objects;
mod offline;
mod page;
mod record;
mod rules;
mod server;
mod site;
mod state;
mod subscription;
mod template;
#[cfg(test)]
mod tests;
mod user;
pub mod view;
mod webhook;

pub use content::{CALLBACK_DATA_LIMIT, MessageKind, Readings, TEXT_LIMIT};
pub use deliver::SubscribeError;
pub use error::GraphError;
pub use fault::{AnswerFault, Latency, PairRefusal, TlsFault};
pub use handle::{Cloud, CloudHandle};
pub use history::{
    BODY_KEPT, CHANGES_KEPT, Direction, EXCHANGES_KEPT, Exchange, ExchangeKind, MESSAGES_KEPT,
};
pub use inbound::{FileKind, UserMessage};
pub use kiosks::{
    EndedMessage, KIOSK_NAME_LIMIT, KIOSKS_KEPT, KioskReport, KioskView, OpenMessage, REPORT_LIMIT,
    REPORTED_MESSAGES, Standing,
};
pub use objects::{
    Account, AppWebhook, BUSINESS_ID, Number, Spoil, TemplateFile, TemplateFileError, Token,
    VERIFICATION_CODE,
};
pub use offline::OfflineCloud;
pub use record::{CloudEvent, Happening, MEMORY, Outcome, RequestRecord, Summary};
pub use rules::{Recipients, Rules, TooManyRecipients, WindowRule};
pub use site::{PREFIX, PageAccess};
pub use state::trigger::{TRIGGERS, Trigger, TriggerError, TriggerOptions};
pub use subscription::{BATCH_LIMIT, Delivery, FIELDS, FieldError, Retries, Subscription};
pub use template::{
    BODY_LIMIT as TEMPLATE_BODY_LIMIT, HeaderFormat, Template, TemplateButton, TemplateQuality,
    TemplateStatus,
};
pub use user::{User, UserBehaviour};
pub use webhook::{WebhookKind, signature};

use crate::clock::Clock;
use judge::JudgeSettings;
use std::net::{Ipv4Addr, SocketAddr};

/// Access token of the simulated cloud. It opens nothing else.
pub const TOKEN: &str = "EAAsimulatedSquabCloudTokenNotASecret";
/// Id of the simulated business number.
pub const PHONE_NUMBER_ID: &str = "100000000000001";
/// The simulated business number: a number of those that are reserved for fiction.
pub const DISPLAY_PHONE_NUMBER: &str = "15550100001";
/// Id of the simulated WhatsApp Business Account.
pub const BUSINESS_ACCOUNT_ID: &str = "200000000000002";
/// App secret of the simulated cloud, with which it signs webhooks. It opens nothing else.
pub const APP_SECRET: &str = "simulated-squab-app-secret";
/// Verify token that the simulated cloud shows to a subscriber.
pub const VERIFY_TOKEN: &str = "simulated-squab-verify-token";

/// Newest version of the Graph API that is served.
const NEWEST_VERSION: u8 = 26;
/// Oldest version that has not expired: it serves calls to older ones.
const OLDEST_VERSION: u8 = 21;

/// A group that the business may write to.
#[derive(Clone, PartialEq, Eq)]
pub struct Group {
    /// Meta's id of the group.
    pub id: String,
    /// Phone numbers of its participants. Meta allows eight.
    pub participants: Vec<String>,
}

impl std::fmt::Debug for Group {
    /// Without id and numbers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group")
            .field("participants", &self.participants.len())
            .finish_non_exhaustive()
    }
}

/// Why a user cannot do that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserError {
    /// Nobody has that number or id, and nobody has written to it.
    NoSuchUser,
    /// There is no such message, or none with buttons.
    NoSuchMessage,
    /// The message has no button with that index.
    NoSuchButton,
    /// The account has no template of this name and language.
    NoSuchTemplate,
    /// There is no file with this id.
    NoSuchFile,
}

impl std::fmt::Display for UserError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoSuchUser => "no user has this number or id",
            Self::NoSuchMessage => "there is no such message, or it has no buttons",
            Self::NoSuchButton => "the message has no button with this index",
            Self::NoSuchFile => "there is no file with this id",
            Self::NoSuchTemplate => "there is no template of this name and language",
        })
    }
}

impl std::error::Error for UserError {}

/// Why the cloud did not start.
#[derive(Debug)]
pub enum StartError {
    /// The address cannot be listened on.
    Listen(SocketAddr, std::io::Error),
    /// Plain HTTP is for loopback addresses only.
    PlainOffLoopback(SocketAddr),
    /// No certificate could be made.
    Certificate(ca::CaError),
    /// The webhook subscriber did not pass its verification.
    Subscribe(SubscribeError),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::PlainOffLoopback(address) => {
                write!(
                    f,
                    "{address} is no loopback address: the cloud speaks plain HTTP on loopback only"
                )
            }
            Self::Certificate(error) => error.fmt(f),
            Self::Subscribe(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

/// How the cloud is set up. The default is HTTPS on a free port of 127.0.0.1, with the constants of this module, real
/// time, Meta's figures and nobody described.
#[derive(Clone)]
pub struct CloudSettings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// HTTPS with a certificate of the cloud's own authority. Plain HTTP is for loopback addresses only.
    pub tls: bool,
    /// Who may open the page and use the test API.
    pub page_access: PageAccess,
    /// Which certificate to show.
    pub leaf: ca::Leaf,
    /// Host names and IP addresses that the certificate is good for, beside [`ca::HOSTS`]: those that devices use.
    pub names: Vec<String>,
    /// Access token that a client has to show.
    pub token: String,
    /// Id of the business number, in the path of requests.
    pub phone_number_id: String,
    /// The business number, digits with country code.
    pub display_phone_number: String,
    /// More numbers of the account: id and number of each.
    pub more_numbers: Vec<(String, String)>,
    /// Id of the WhatsApp Business Account, in webhooks.
    pub business_account_id: String,
    /// Secret that webhooks are signed with.
    pub app_secret: String,
    /// Token shown to a webhook subscriber for its verification.
    pub verify_token: String,
    /// Webhook to subscribe at start; it has to answer its verification.
    pub webhook_url: Option<String>,
    /// Fields of webhooks that the own app subscribes; `None`: all.
    pub webhook_fields: Option<Vec<String>>,
    /// How the pair rule is read.
    pub judge: JudgeSettings,
    /// Which of Meta's other rules are in force.
    pub rules: Rules,
    /// How limits are read of which Meta names two.
    pub readings: Readings,
    /// Seed of ids, delays and chance.
    pub seed: u64,
    /// Whose time it is.
    pub clock: Clock,
    /// Users with something to say about them.
    pub users: Vec<User>,
    /// What everybody else does with a message.
    pub anyone: UserBehaviour,
    /// Groups of the business.
    pub groups: Vec<Group>,
}

impl Default for CloudSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: true,
            page_access: PageAccess::default(),
            leaf: ca::Leaf::Good,
            names: Vec::new(),
            token: TOKEN.to_owned(),
            phone_number_id: PHONE_NUMBER_ID.to_owned(),
            display_phone_number: DISPLAY_PHONE_NUMBER.to_owned(),
            more_numbers: Vec::new(),
            business_account_id: BUSINESS_ACCOUNT_ID.to_owned(),
            app_secret: APP_SECRET.to_owned(),
            verify_token: VERIFY_TOKEN.to_owned(),
            webhook_url: None,
            webhook_fields: None,
            judge: JudgeSettings::default(),
            rules: Rules::default(),
            readings: Readings::default(),
            seed: 0,
            clock: Clock::real(),
            users: Vec::new(),
            anyone: UserBehaviour::default(),
            groups: Vec::new(),
        }
    }
}

impl std::fmt::Debug for CloudSettings {
    /// Without token, secrets and users.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudSettings")
            .field("listen", &self.listen)
            .field("tls", &self.tls)
            .field("leaf", &self.leaf)
            .field("names", &self.names)
            .field("judge", &self.judge)
            .field("rules", &self.rules)
            .field("readings", &self.readings)
            .field("seed", &self.seed)
            .field("clock", &self.clock)
            .field("anyone", &self.anyone)
            .finish_non_exhaustive()
    }
}
