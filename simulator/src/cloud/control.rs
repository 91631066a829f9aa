//! What can be done to a running cloud, once for the in-process surface and for the test API.

use super::deliver::{self, SubscribeError};
use super::handle::Shared;
use super::history::Change;
use super::inbound::UserMessage;
use super::objects::{APP_ID, TemplateFile};
use super::state::State;
use super::state::trigger::{TriggerError, TriggerOptions};
use super::subscription::{Subscribed, Subscription};
use super::template::{TemplateQuality, TemplateStatus};
use super::view::{ClockView, SubscriptionView};
use super::{AppWebhook, CloudSettings, User, UserError};
use crate::clock::Clock;
use std::sync::Arc;
use std::time::Duration;

impl Shared {
    /// Sets something, and tells those who look which thing it was.
    pub(crate) fn set<T>(&self, what: &'static str, set: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = set(&mut state);
        state.history.change(Change::Settings(what));
        result
    }

    /// A user writes a message.
    pub(crate) fn write(
        self: &Arc<Self>,
        user: &str,
        message: &UserMessage,
        quoted: Option<&str>,
    ) -> Result<String, UserError> {
        let now = self.now();
        let webhook = self.lock().write(now, user, message, quoted)?;
        let wamid = webhook.wamid.clone().unwrap_or_default();
        self.deliver(webhook);
        Ok(wamid)
    }

    /// The user of a message presses one of its buttons; the id of what the user sends by that.
    pub(crate) fn press(self: &Arc<Self>, wamid: &str, index: usize) -> Result<String, UserError> {
        let now = self.now();
        let webhook = self.lock().press(now, wamid, index)?;
        let pressed = webhook.wamid.clone().unwrap_or_default();
        self.deliver(webhook);
        Ok(pressed)
    }

    /// Makes and delivers a webhook; the message that it is about, if there is one.
    pub(crate) fn trigger(
        self: &Arc<Self>,
        name: &str,
        options: &TriggerOptions,
    ) -> Result<Option<String>, TriggerError> {
        let now = self.now();
        let webhook = self.lock().trigger(now, name, options)?;
        let wamid = webhook.wamid.clone();
        self.deliver(webhook);
        Ok(wamid)
    }

    pub(crate) fn set_template_status(
        self: &Arc<Self>,
        name: &str,
        language: &str,
        status: TemplateStatus,
    ) -> Result<(), UserError> {
        let now = self.now();
        let webhook = self.set("templates", |state| {
            state.template_status(now, name, language, status)
        })?;
        self.deliver(webhook);
        Ok(())
    }

    /// Ends a template's review: well, or badly with Meta's word for the reason.
    pub(crate) fn decide_template(
        self: &Arc<Self>,
        name: &str,
        language: &str,
        rejected: Option<&str>,
    ) -> Result<(), UserError> {
        let now = self.now();
        let webhook = self.set("templates", |state| state.decide(now, name, language, rejected))?;
        self.deliver(webhook);
        Ok(())
    }

    /// Pauses a template for its quality, for as long as it is its turn.
    pub(crate) fn pause_template(self: &Arc<Self>, name: &str, language: &str) -> Result<(), UserError> {
        let now = self.now();
        let webhook = self.set("templates", |state| state.pause(now, name, language))?;
        self.deliver(webhook);
        self.due.notify_one();
        Ok(())
    }

    pub(crate) fn set_template_quality(
        self: &Arc<Self>,
        name: &str,
        language: &str,
        quality: TemplateQuality,
    ) -> Result<(), UserError> {
        let now = self.now();
        let webhook = self.set("templates", |state| {
            state.template_quality(now, name, language, quality)
        })?;
        self.deliver(webhook);
        Ok(())
    }

    pub(crate) fn set_marketing(self: &Arc<Self>, user: &str, wanted: bool) -> Result<(), UserError> {
        let now = self.now();
        let webhook = self.set("users", |state| state.preference(now, user, wanted))?;
        self.deliver(webhook);
        Ok(())
    }

    /// What the own app subscribes unless told otherwise.
    pub(crate) fn own_subscription(&self, url: &str) -> Result<Subscription, SubscribeError> {
        let own = Subscription::new(APP_ID, url)
            .secret(&self.settings.app_secret)
            .verify_token(&self.settings.verify_token);
        match &self.settings.webhook_fields {
            Some(fields) => own
                .fields(fields.iter().map(String::as_str))
                .map_err(SubscribeError::Field),
            None => Ok(own),
        }
    }

    /// The own app's webhook as at the start, but for the subscription, which stays.
    pub(crate) fn first_webhook(&self) -> AppWebhook {
        let mut webhook = AppWebhook::default();
        if let Some(own) = self.subscribed().iter().find(|one| one.of.app == APP_ID) {
            webhook.follow(&own.of);
        }
        webhook
    }

    /// Verifies the own app's subscriber and sends it every update from now on.
    pub(crate) async fn subscribe(&self, url: &str) -> Result<(), SubscribeError> {
        self.subscribe_app(self.own_subscription(url)?).await
    }

    /// Verifies an app's subscriber and sends it the updates of its fields from now on.
    pub(crate) async fn subscribe_app(&self, of: Subscription) -> Result<(), SubscribeError> {
        let uri = deliver::verify(self, &of.url, &of.verify_token).await?;
        if of.app == APP_ID {
            self.lock().objects.app.webhook.follow(&of);
        }
        self.add_subscribed(Subscribed { of, uri });
        self.lock().history.change(Change::Settings("subscriptions"));
        Ok(())
    }

    /// Sends webhooks to this address no more; whether it did.
    pub(crate) fn unsubscribe(&self, url: &str) -> bool {
        self.end_subscriptions(|one| one.uri == url)
    }

    /// Ends the subscriptions of which this holds; whether there was one.
    pub(crate) fn end_subscriptions(&self, which: impl Fn(&Subscribed) -> bool) -> bool {
        let subscribed = self.end_subscribed(which);
        if subscribed {
            self.lock().history.change(Change::Settings("subscriptions"));
        }
        subscribed
    }

    pub(crate) fn subscriptions(&self) -> Vec<SubscriptionView> {
        let all = self.subscribed().into_iter();
        all.map(|one| SubscriptionView {
            url: one.uri.to_string(),
            app: one.of.app,
            fields: one.of.fields,
        })
        .collect()
    }

    pub(crate) fn clock_view(&self) -> ClockView {
        ClockView {
            now_ms: self.clock.now_ms(),
            unix: self.now().unix,
            simulated: self.clock.is_simulated(),
            speed: self.clock.speed(),
            skew_s: self.skew(),
        }
    }

    /// Sets the speed and moves on; whether the clock can be set.
    pub(crate) async fn set_clock(&self, speed: Option<u32>, advance: Duration) -> bool {
        if !self.clock.is_simulated() {
            return false;
        }
        if let Some(speed) = speed {
            self.clock.set_speed(speed);
        }
        if !advance.is_zero() {
            Clock::advance(&self.clock, advance).await;
        }
        self.due.notify_one();
        self.lock().history.change(Change::Settings("clock"));
        true
    }

    /// Makes everything as it was at the start, but the time, the subscriber, and how far ids and numbers have counted.
    /// Webhooks on their way are dropped.
    pub(crate) fn reset(&self) {
        self.drop_deliveries();
        self.set_skew(0);
        let (mut fresh, webhook) = (first_state(&self.settings), self.first_webhook());
        let mut state = self.lock();
        fresh.objects.app.webhook = webhook;
        std::mem::swap(&mut fresh.history, &mut state.history);
        // The same seed would give ids once more that clients have seen already.
        std::mem::swap(&mut fresh.rng, &mut state.rng);
        *state = fresh;
        state.history.clear();
    }
}

/// The state of a cloud that has just started.
pub(crate) fn first_state(settings: &CloudSettings) -> State {
    let mut state = State::of(settings);
    state.objects.app.secret.clone_from(&settings.app_secret);
    for user in &settings.users {
        state.users.set(user.clone());
    }
    for group in &settings.groups {
        state.add_group(group.clone());
    }
    state
}

impl State {
    /// Adds the templates of a file, approved, each in place of one with the same name and language.
    pub(crate) fn add_template_file(&mut self, file: &TemplateFile) {
        let Self {
            objects,
            rng,
            library,
            ..
        } = self;
        objects.shelf.add_file(file, rng, library);
    }

    /// Adds a group. Participants that nobody has described become users.
    pub(crate) fn add_group(&mut self, group: super::Group) {
        for number in &group.participants {
            if self.users.find(number).is_none() {
                self.users.add(User::new(number));
            }
        }
        self.groups.retain(|other| other.id != group.id);
        self.groups.push(group);
    }
}
