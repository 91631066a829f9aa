//! A running cloud, and everything that can be done with it.

use super::ca::{Authority, Leaf};
use super::control::first_state;
use super::deliver::{self, SubscribeError, WebhookClient};
use super::fault::{AnswerFault, Latency, PairRefusal, Refusal, TlsFault};
use super::history::Exchange;
use super::inbound::UserMessage;
use super::objects::{APP_ID, Account, AppWebhook, Number, Spoil, TemplateFile, Token};
use super::record::{CloudEvent, Happening, RequestRecord, Summary};
use super::rules::Rules;
use super::server::Network;
use super::state::trigger::{TriggerError, TriggerOptions};
use super::state::{Now, State, Webhook};
use super::subscription::{Delivery, Subscribed, Subscription, Target, field_of, is_overridden};
use super::template::{Template, TemplateQuality, TemplateStatus};
use super::user::User;
use super::view::{BudgetView, ChatView, MessageView};
use super::{CloudSettings, Group, StartError, UserError};
use crate::clock::Clock;
use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;

/// Events that a slow listener may be behind before it misses some.
const EVENTS: usize = 4_096;

/// What server and deliverers share.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    /// How it was started.
    pub(crate) settings: CloudSettings,
    pub(crate) client: WebhookClient,
    /// Something new may be due.
    pub(crate) due: Notify,
    state: Mutex<State>,
    /// One for each app, in the order in which they came.
    subscribed: Mutex<Vec<Subscribed>>,
    /// Seconds that wall-clock times are wrong by.
    skew: AtomicI64,
    /// Updates that wait for others, by app.
    waiting: Mutex<HashMap<String, Vec<Webhook>>>,
    events: broadcast::Sender<CloudEvent>,
    /// Webhooks on their way.
    deliveries: Mutex<tokio::task::JoinSet<()>>,
    pub(crate) network: Network,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(crate) fn now(&self) -> Now {
        let unix = self.clock.utc().duration_since(SystemTime::UNIX_EPOCH);
        let unix = unix.map_or(0, |since| since.as_secs());
        Now {
            since_start: self.clock.now(),
            unix: unix.saturating_add_signed(self.skew()),
        }
    }

    pub(crate) fn tell(&self, what: Happening) {
        // Nobody has to listen.
        let _ = self.events.send(CloudEvent {
            at: self.clock.now(),
            what,
        });
    }

    /// What is shown to nobody.
    pub(crate) fn secrets(&self, state: &State) -> [String; 3] {
        [
            state.token.clone(),
            self.settings.app_secret.clone(),
            self.settings.verify_token.clone(),
        ]
    }

    /// Seconds that wall-clock times are wrong by.
    pub(crate) fn skew(&self) -> i64 {
        self.skew.load(Ordering::Relaxed)
    }

    /// Makes wall-clock times wrong by so many seconds.
    pub(crate) fn set_skew(&self, seconds: i64) {
        self.skew.store(seconds, Ordering::Relaxed);
    }

    pub(crate) async fn delay(&self, delay: Duration) {
        if !delay.is_zero() {
            self.clock.sleep(delay).await;
        }
    }

    pub(crate) fn subscribed(&self) -> Vec<Subscribed> {
        locked(&self.subscribed).clone()
    }

    /// Adds an app's subscription, in place of the one it had.
    pub(crate) fn add_subscribed(&self, new: Subscribed) {
        let mut all = locked(&self.subscribed);
        all.retain(|other| other.of.app != new.of.app);
        all.push(new);
    }

    /// Ends the subscriptions of which this holds; whether there was one.
    pub(crate) fn end_subscribed(&self, which: impl Fn(&Subscribed) -> bool) -> bool {
        let mut all = locked(&self.subscribed);
        let before = all.len();
        all.retain(|one| !which(one));
        all.len() < before
    }

    pub(crate) fn drop_deliveries(&self) {
        locked(&self.deliveries).abort_all();
        locked(&self.waiting).clear();
    }

    /// Sends a webhook on its way, to each app that has subscribed to its field.
    pub(crate) fn deliver(self: &Arc<Self>, webhook: Webhook) {
        let field = field_of(&webhook.body);
        let mut apps = self.subscribed();
        apps.retain(|app| app.of.wants(field));
        if apps.is_empty() {
            deliver::unsent(self, &webhook);
            return;
        }
        let (batch, gather) = {
            let state = self.lock();
            let gather = Duration::from_millis(state.delivery.gather_ms);
            (state.delivery.batch, gather)
        };
        let count = apps.len();
        for (app, webhook) in apps.into_iter().zip(std::iter::repeat_n(webhook, count)) {
            if batch <= 1 || gather.is_zero() {
                self.send(&app, webhook);
                continue;
            }
            let mut waiting = locked(&self.waiting);
            let queue = waiting.entry(app.of.app.clone()).or_default();
            queue.push(webhook);
            if queue.len() == 1 {
                let shared = Arc::clone(self);
                self.spawn(async move {
                    shared.clock.sleep(gather).await;
                    let queue = locked(&shared.waiting).remove(&app.of.app);
                    let most = shared.lock().delivery.batch;
                    for batch in deliver::batched(queue.unwrap_or_default(), most) {
                        shared.send(&app, batch);
                    }
                });
            }
        }
    }

    fn send(self: &Arc<Self>, app: &Subscribed, webhook: Webhook) {
        let own = app.of.app == APP_ID && is_overridden(field_of(&webhook.body));
        let overridden = own.then(|| self.lock().callback_for(&webhook.body)).flatten();
        let target = Target {
            uri: overridden.unwrap_or_else(|| app.uri.clone()),
            secret: app.of.secret.clone(),
        };
        self.spawn(deliver::deliver(
            Arc::clone(self),
            target,
            webhook,
            self.clock.busy(),
        ));
    }

    fn spawn(&self, delivery: impl Future<Output = ()> + Send + 'static) {
        let mut deliveries = locked(&self.deliveries);
        while deliveries.try_join_next().is_some() {}
        deliveries.spawn(delivery);
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The simulated cloud. [`Cloud::start`] gives a handle to a running one.
#[derive(Debug)]
pub struct Cloud;

impl Cloud {
    /// Starts a cloud within the running tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] if it cannot listen, has no certificate, or its webhook subscriber does not pass.
    pub async fn start(settings: CloudSettings) -> Result<CloudHandle, StartError> {
        if !settings.tls && !settings.listen.ip().is_loopback() {
            return Err(StartError::PlainOffLoopback(settings.listen));
        }
        let authority = Authority::new().map_err(StartError::Certificate)?;
        let listen_error = |error| StartError::Listen(settings.listen, error);
        let listener = TcpListener::bind(settings.listen).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let leaf = settings.tls.then_some(settings.leaf);
        let network =
            Network::new(address, authority, leaf, &settings.names).map_err(StartError::Certificate)?;
        let shared = Arc::new(Shared {
            clock: settings.clock.clone(),
            client: deliver::client(),
            due: Notify::new(),
            state: Mutex::new(first_state(&settings)),
            subscribed: Mutex::default(),
            waiting: Mutex::default(),
            skew: AtomicI64::new(0),
            events: broadcast::channel(EVENTS).0,
            deliveries: Mutex::default(),
            network,
            settings,
        });
        shared.listen(listener);
        let deliverer = tokio::spawn(deliver::run(Arc::clone(&shared)));
        let handle = CloudHandle { shared, deliverer };
        if let Some(url) = &handle.shared.settings.webhook_url {
            handle.subscribe(url).await.map_err(StartError::Subscribe)?;
        }
        Ok(handle)
    }
}

/// A running cloud. It ends, with all its connections, when this is dropped.
pub struct CloudHandle {
    shared: Arc<Shared>,
    deliverer: JoinHandle<()>,
}

impl std::fmt::Debug for CloudHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudHandle")
            .field("address", &self.addr())
            .finish_non_exhaustive()
    }
}

impl Drop for CloudHandle {
    fn drop(&mut self) {
        self.shared.network.end();
        self.deliverer.abort();
        locked(&self.shared.deliveries).abort_all();
    }
}

impl CloudHandle {
    #[cfg(test)]
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.shared.network.address()
    }

    /// What a client has for the base of the Graph API: `https://localhost:PORT`, or with the address if it is not
    /// on loopback.
    pub fn base_url(&self) -> String {
        let scheme = if self.shared.settings.tls { "https" } else { "http" };
        let address = self.addr();
        if address.ip().is_loopback() && address.is_ipv4() {
            format!("{scheme}://localhost:{}", address.port())
        } else {
            format!("{scheme}://{address}")
        }
    }

    /// The certificate authority that a client has to trust.
    pub fn ca_pem(&self) -> &str {
        self.shared.network.ca_pem()
    }

    /// Whose time it is.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Verifies a webhook subscriber as Meta does and sends it every update from now on. `url` is plain HTTP on a
    /// loopback address.
    ///
    /// # Errors
    /// [`SubscribeError`] if the subscriber does not answer the verification as it should; then nothing changes.
    pub async fn subscribe(&self, url: &str) -> Result<(), SubscribeError> {
        self.shared.subscribe(url).await?;
        self.shared.tell(Happening::Subscribed);
        Ok(())
    }

    /// Everything that happens from now on.
    pub fn events(&self) -> broadcast::Receiver<CloudEvent> {
        self.shared.events.subscribe()
    }

    /// Figures since the start.
    pub fn summary(&self) -> Summary {
        self.shared.lock().summary
    }

    /// The latest requests, oldest first.
    pub fn log(&self) -> Vec<RequestRecord> {
        self.shared.lock().log.iter().cloned().collect()
    }

    /// The messages both ways that are kept, oldest first; of one user or group, or of all. `chat` is a phone number, a
    /// business-scoped id or the id of a group.
    pub fn messages(&self, chat: Option<&str>) -> Vec<MessageView> {
        let state = self.shared.lock();
        match chat {
            Some(name) => {
                let user = state.users.find(name);
                state.chat_messages(user.map_or(name, |user| user.key()))
            }
            None => state.message_views().collect(),
        }
    }

    /// Waits until a message fits, or something becomes of one so that it does; one that is there already counts.
    /// `None` after `patience`, which is real time.
    pub async fn wait_for_message(
        &self,
        patience: Duration,
        mut fits: impl FnMut(&MessageView) -> bool,
    ) -> Option<MessageView> {
        let mut changes = self.shared.lock().history.watch();
        let mut since = 0;
        let found = async {
            loop {
                changes.mark_unchanged();
                let found = {
                    let state = self.shared.lock();
                    let view =
                        |message: &super::history::Kept| Some(state.message_view(message)).filter(&mut fits);
                    state.history.find(0, &mut since, view)
                };
                if found.is_some() {
                    return found;
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(patience, found).await.ok().flatten()
    }

    /// The latest requests and webhooks as they went over the wire, oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.lock().history.exchanges().cloned().collect()
    }

    /// Users and groups, the ones with the latest messages first.
    pub fn chats(&self) -> Vec<ChatView> {
        let now = self.shared.now();
        self.shared.lock().chat_views(now)
    }

    /// What the pair rule says at the moment of a user or group; `chat` as for [`CloudHandle::messages`].
    pub fn budget(&self, chat: &str) -> BudgetView {
        let now = self.shared.now();
        let state = self.shared.lock();
        let user = state.users.find(chat);
        state.budget_view(now, user.map_or(chat, |user| user.key()))
    }

    /// Sends any webhook of [`TRIGGERS`](super::TRIGGERS); the id of the message that it is about, if there is one.
    ///
    /// # Errors
    /// [`TriggerError`] if there is no such trigger, user or message.
    pub fn trigger(&self, name: &str, options: &TriggerOptions) -> Result<Option<String>, TriggerError> {
        self.shared.trigger(name, options)
    }

    /// Sends webhooks to this address no more; whether it did before.
    pub fn unsubscribe(&self, url: &str) -> bool {
        self.shared.unsubscribe(url)
    }

    /// Makes everything as it was at the start, but the time, the subscriber, and how far ids have counted. Webhooks on
    /// their way are dropped.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Describes a user, in place of one with the same `wa_id`. Messages that were accepted before keep their fate.
    pub fn set_user(&self, user: User) {
        self.shared.set("users", |state| state.users.set(user));
    }

    /// Adds a group. Participants that nobody has described become users.
    pub fn add_group(&self, group: Group) {
        self.shared.set("users", |state| state.add_group(group));
    }

    /// Adds an approved template, in place of one with the same name and language.
    pub fn add_template(&self, template: Template) {
        self.shared.set("templates", |state| state.library.add(template));
    }

    /// Describes the number, as reads tell it.
    pub fn set_number(&self, number: Number) {
        self.shared.set("number", |state| state.objects.number = number);
    }

    /// Has a file, as if it had been uploaded or a user had sent it: its id.
    pub fn add_file(&self, media_type: &str, bytes: Vec<u8>) -> String {
        let mut state = self.shared.lock();
        let State { objects, rng, .. } = &mut *state;
        objects.files.add(rng, media_type, bytes.into())
    }

    /// Spoils the downloads from now on, or no more.
    pub fn spoil_files(&self, spoil: Option<Spoil>) {
        self.shared
            .set("faults", |state| state.objects.files.spoil = spoil);
    }

    /// Rejects a template that was created by request, for a reason in Meta's word; whether there is such a one. A
    /// `message_template_status_update` tells so.
    pub fn reject_template(&self, name: &str, language: &str, reason: &str) -> bool {
        self.decide_template(name, language, Some(reason))
    }

    /// Approves a template that is under review, or was rejected; whether there is such a one. A
    /// `message_template_status_update` tells so.
    pub fn approve_template(&self, name: &str, language: &str) -> bool {
        self.decide_template(name, language, None)
    }

    fn decide_template(&self, name: &str, language: &str, rejected: Option<&str>) -> bool {
        self.shared.decide_template(name, language, rejected).is_ok()
    }

    /// Adds the templates of a file, approved, each in place of one with the same name and language.
    pub fn add_template_file(&self, file: &TemplateFile) {
        self.shared
            .set("templates", |state| state.add_template_file(file));
    }

    /// How long the review of a template takes from now on; `None`: until [`CloudHandle::approve_template`] or
    /// [`CloudHandle::reject_template`] ends it.
    pub fn set_template_review(&self, review: Option<Duration>) {
        self.shared
            .set("templates", |state| state.objects.shelf.review = review);
    }

    /// Pauses a template for its quality, as Meta does: for 3 hours, the second time for 6, the third time for good.
    /// Webhooks tell so.
    ///
    /// # Errors
    /// [`UserError::NoSuchTemplate`] if there is none of this name and language that can be sent.
    pub fn pause_template(&self, name: &str, language: &str) -> Result<(), UserError> {
        self.shared.pause_template(name, language)
    }

    /// A template gets another quality, and a `message_template_quality_update` tells so.
    ///
    /// # Errors
    /// [`UserError::NoSuchTemplate`] if there is none of this name and language that can be sent.
    pub fn set_template_quality(
        &self,
        name: &str,
        language: &str,
        quality: TemplateQuality,
    ) -> Result<(), UserError> {
        self.shared.set_template_quality(name, language, quality)
    }

    /// A user writes a text. `user` is a phone number or a business-scoped id.
    ///
    /// # Errors
    /// [`UserError::NoSuchUser`] if nobody has described or written to that user.
    pub fn reply_text(&self, user: &str, text: &str) -> Result<(), UserError> {
        self.write(user, &UserMessage::Text(text.to_owned()), None)
    }

    /// A user writes a message of any kind, as a reply to the message `quoted` if there is one.
    ///
    /// # Errors
    /// [`UserError::NoSuchUser`] if nobody has described or written to that user.
    pub fn write(&self, user: &str, message: &UserMessage, quoted: Option<&str>) -> Result<(), UserError> {
        self.shared.write(user, message, quoted).map(drop)
    }

    /// A user presses what can be pressed in a message that was sent to it, counted from 0: a template's quick reply, a
    /// reply button, a row of a list over all sections, or the one button that sends a location or a contact. Without
    /// `wamid` it is the latest message that has any.
    ///
    /// # Errors
    /// [`UserError`] if there is no such user, message or button.
    pub fn press_button(&self, user: &str, wamid: Option<&str>, index: usize) -> Result<(), UserError> {
        let wamid = match wamid {
            Some(wamid) => wamid.to_owned(),
            None => self.shared.lock().last_with_buttons(user)?,
        };
        self.shared.press(&wamid, index).map(drop)
    }

    /// The next `count` answers get lost: the request is dealt with, then the connection breaks.
    pub fn lose_answers(&self, count: u32) {
        self.shared
            .set("faults", |state| state.faults.lose_answers = count);
    }

    /// How long requests and answers take from now on.
    pub fn set_latency(&self, latency: Latency) {
        self.shared.set("faults", |state| state.faults.latency = latency);
    }

    /// The next `count` requests that keep to the rules, or all of them, are refused with `code`. 131056 is refused by
    /// the judge, and costs what its settings say.
    pub fn refuse(&self, code: u32, count: Option<u32>) {
        self.shared.set("faults", |state| {
            state.faults.refusal = Some(Refusal { code, left: count });
        });
    }

    /// Ends [`CloudHandle::refuse`].
    pub fn refuse_no_more(&self) {
        self.shared.set("faults", |state| state.faults.refusal = None);
    }

    /// The judge refuses at random, with this chance from 0 to 1.
    pub fn refuse_at_random(&self, chance: f64) {
        self.shared
            .set("faults", |state| state.faults.random_refusals = chance);
    }

    /// How the pair rule tells a refusal.
    pub fn set_pair_refusal(&self, form: PairRefusal) {
        self.shared
            .set("faults", |state| state.faults.pair_refusal = form);
    }

    /// The access token is good for nothing any more (190), or good again.
    pub fn set_token_revoked(&self, revoked: bool) {
        self.shared
            .set("faults", |state| state.faults.token_revoked = revoked);
    }

    /// The account is locked (131031), or free again.
    pub fn set_account_locked(&self, locked: bool) {
        self.shared.set("faults", |state| state.book.locked = locked);
    }

    /// From now on these rules are in force.
    pub fn set_rules(&self, rules: Rules) {
        self.shared.set("rules", |state| state.book.rules = rules);
    }

    /// Pauses or disables a template, or approves it again, and tells so by a `message_template_status_update`.
    ///
    /// # Errors
    /// [`UserError::NoSuchTemplate`] if there is none of this name and language.
    pub fn set_template_status(
        &self,
        name: &str,
        language: &str,
        status: TemplateStatus,
    ) -> Result<(), UserError> {
        self.shared.set_template_status(name, language, status)
    }

    /// A user stops, or resumes, marketing messages, and `user_preferences` tells so.
    ///
    /// # Errors
    /// [`UserError::NoSuchUser`] if nobody has described or written to that user.
    pub fn set_marketing(&self, user: &str, wanted: bool) -> Result<(), UserError> {
        self.shared.set_marketing(user, wanted)
    }

    /// Breaks every connection and takes no new ones: the network is down.
    pub fn go_offline(&self) {
        self.shared.go_offline();
    }

    /// Takes connections again, at the same address.
    ///
    /// # Errors
    /// Whatever the system says if somebody else has taken the address meanwhile.
    pub async fn go_online(&self) -> Result<(), std::io::Error> {
        self.shared.go_online().await
    }

    /// Describes the business account, as reads tell it.
    pub fn set_account(&self, account: Account) {
        self.shared.set("number", |state| state.objects.account = account);
    }

    /// What the access token is good for from now on.
    pub fn set_token(&self, token: Token) {
        self.shared.set("number", |state| state.objects.token = token);
    }

    /// The number is registered, or not: then its messages are refused with 133010.
    pub fn set_registered(&self, registered: bool) {
        self.shared.set("number", |state| {
            state.objects.registration.registered = registered;
        });
    }

    /// Describes the app's own webhook, as reads tell it; who gets webhooks stays as it is.
    pub fn set_app_webhook(&self, webhook: AppWebhook) {
        self.shared
            .set("subscriptions", |state| state.objects.app.webhook = webhook);
    }

    /// Verifies another app's subscriber and sends it the updates of its fields from now on, beside those of other apps.
    ///
    /// # Errors
    /// As for [`CloudHandle::subscribe`].
    pub async fn subscribe_app(&self, subscription: Subscription) -> Result<(), SubscribeError> {
        self.shared.subscribe_app(subscription).await
    }

    /// How webhooks are carried from now on.
    pub fn set_delivery(&self, delivery: Delivery) {
        self.shared.set("faults", |state| state.delivery = delivery);
    }

    /// What becomes of the next `count` answers, whatever is asked for.
    pub fn spoil_answers(&self, fault: AnswerFault, count: u32) {
        self.shared
            .set("faults", |state| state.faults.answers = Some((fault, count)));
    }

    /// What becomes of TLS handshakes from now on; `None`: nothing bad.
    pub fn spoil_handshakes(&self, fault: Option<TlsFault>) {
        self.shared.set("faults", |state| state.faults.tls = fault);
    }

    /// Every wall-clock time that the cloud tells is wrong by so many seconds: timestamps of webhooks, the field `Date`,
    /// the end of a token's life.
    pub fn set_clock_skew(&self, seconds: i64) {
        self.shared.set_skew(seconds);
    }

    /// Shows another certificate to whoever connects from now on. Connections that are there break.
    ///
    /// # Errors
    /// [`StartError`] if the certificate cannot be made or the address was lost meanwhile.
    pub async fn set_leaf(&self, leaf: Leaf) -> Result<(), StartError> {
        self.shared.set_leaf(leaf).await
    }
}
