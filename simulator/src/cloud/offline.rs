//! The cloud without a network, a clock and tasks of its own: for tests that decide themselves what time it is.
//!
//! Requests are judged where they are given, webhooks are handed over unsigned when their time has come.

use super::fault::{PairRefusal, Refusal};
use super::history::History;
use super::record::RequestRecord;
use super::rules::Rules;
use super::state::{Call, Now, State};
use super::template::{Template, TemplateStatus};
use super::{CloudSettings, Summary, User, UserError, UserMessage};
use serde_json::Value;
use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

/// See the module.
pub struct OfflineCloud {
    state: State,
    path: String,
    token: String,
    /// Unix time at its start.
    started: u64,
    webhooks: VecDeque<Value>,
}

impl std::fmt::Debug for OfflineCloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfflineCloud").finish_non_exhaustive()
    }
}

impl OfflineCloud {
    /// A cloud that starts at the wall-clock time `started`. Of the settings, those of the network are of no use.
    pub fn new(settings: CloudSettings, started: SystemTime) -> Self {
        let unix = started.duration_since(SystemTime::UNIX_EPOCH);
        let mut state = State::of(&settings);
        let path = format!("/v25.0/{}/messages", settings.phone_number_id);
        let token = settings.token;
        settings.users.into_iter().for_each(|user| state.users.set(user));
        state.groups = settings.groups;
        state.history = History::off();
        Self {
            state,
            path,
            token,
            started: unix.map_or(0, |since| since.as_secs()),
            webhooks: VecDeque::new(),
        }
    }

    fn now(&self, now: Duration) -> Now {
        Now {
            since_start: now,
            unix: self.started.saturating_add(now.as_secs()),
        }
    }

    /// Seconds of Unix time at `now`, counted from the start.
    pub fn unix(&self, now: Duration) -> u64 {
        self.now(now).unix
    }

    /// A client posts this body to the messages endpoint; the answer's status and body.
    pub fn post(&mut self, now: Duration, body: &[u8]) -> (u16, Value) {
        let call = Call {
            post: true,
            path: &self.path,
            bearer: Some(&self.token),
            json: true,
            body,
        };
        let answer = self.state.receive(self.now(now), &call);
        (answer.status, answer.body)
    }

    /// When something is due next, counted from the start.
    pub fn next_due(&self) -> Option<Duration> {
        self.state.next_due()
    }

    /// The next webhook's body, of those that are due.
    pub fn webhook(&mut self, now: Duration) -> Option<Value> {
        let due = self.state.due(self.now(now));
        self.webhooks.extend(due.into_iter().map(|webhook| webhook.body));
        self.webhooks.pop_front()
    }

    /// The latest request, as the cloud saw it.
    pub fn last_request(&self) -> Option<&RequestRecord> {
        self.state.log.back()
    }

    /// The next `count` requests that keep to the rules, or all of them, are refused with `code`. 131056 is refused by
    /// the judge, and costs what its settings say.
    pub fn refuse(&mut self, code: u32, count: Option<u32>) {
        self.state.faults.refusal = Some(Refusal { code, left: count });
    }

    /// Ends [`OfflineCloud::refuse`].
    pub fn refuse_no_more(&mut self) {
        self.state.faults.refusal = None;
    }

    /// How the pair rule tells a refusal.
    pub fn set_pair_refusal(&mut self, form: PairRefusal) {
        self.state.faults.pair_refusal = form;
    }

    /// Figures since the start.
    pub fn summary(&self) -> Summary {
        self.state.summary
    }

    /// Describes a user.
    pub fn set_user(&mut self, user: User) {
        self.state.users.set(user);
    }

    /// Adds an approved template.
    pub fn add_template(&mut self, template: Template) {
        self.state.library.add(template);
    }

    /// From now on these rules are in force.
    pub fn set_rules(&mut self, rules: Rules) {
        self.state.book.rules = rules;
    }

    /// The account is locked (131031), or free again.
    pub fn set_account_locked(&mut self, locked: bool) {
        self.state.book.locked = locked;
    }

    /// The access token is good for nothing any more (190), or good again.
    pub fn set_token_revoked(&mut self, revoked: bool) {
        self.state.faults.token_revoked = revoked;
    }

    /// A user writes a text.
    ///
    /// # Errors
    /// [`UserError::NoSuchUser`] if nobody has described or written to that user.
    pub fn reply_text(&mut self, now: Duration, user: &str, text: &str) -> Result<(), UserError> {
        let webhook = self
            .state
            .write(self.now(now), user, &UserMessage::Text(text.to_owned()), None)?;
        self.webhooks.push_back(webhook.body);
        Ok(())
    }

    /// A template gets another status, and a webhook tells so.
    ///
    /// # Errors
    /// [`UserError::NoSuchTemplate`] if there is none of this name in `en_US`.
    pub fn set_template_status(
        &mut self,
        now: Duration,
        name: &str,
        status: TemplateStatus,
    ) -> Result<(), UserError> {
        let webhook = self.state.template_status(self.now(now), name, "en_US", status)?;
        self.webhooks.push_back(webhook.body);
        Ok(())
    }

    /// A template gets another status, and no webhook tells so.
    ///
    /// # Errors
    /// [`UserError::NoSuchTemplate`] if there is none of this name in `en_US`.
    pub fn set_template_status_silently(
        &mut self,
        name: &str,
        status: TemplateStatus,
    ) -> Result<(), UserError> {
        if self.state.library.set_status(name, "en_US", status) {
            Ok(())
        } else {
            Err(UserError::NoSuchTemplate)
        }
    }

    /// A user stops, or resumes, marketing messages, and a webhook tells so if that is wanted.
    ///
    /// # Errors
    /// [`UserError::NoSuchUser`] if nobody has described or written to that user.
    pub fn set_marketing(
        &mut self,
        now: Duration,
        user: &str,
        wanted: bool,
        tell: bool,
    ) -> Result<(), UserError> {
        let webhook = self.state.preference(self.now(now), user, wanted)?;
        if tell {
            self.webhooks.push_back(webhook.body);
        }
        Ok(())
    }
}
