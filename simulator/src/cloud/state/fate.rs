//! What becomes of a message after it was accepted, and what users do of their own accord.

use super::{Due, Message, Now, State, Webhook, ticket};
use crate::cloud::UserError;
use crate::cloud::content::{Content, MessageKind, Target};
use crate::cloud::error::GraphError;
use crate::cloud::fault::draw;
use crate::cloud::history::Kept;
use crate::cloud::ids::{self, Direction};
use crate::cloud::inbound::{UserMessage, pressed};
use crate::cloud::record::MEMORY;
use crate::cloud::template::{TemplateQuality, TemplateStatus};
use crate::cloud::webhook::{Status, WebhookKind, inbound};
use serde_json::{Map, Value, json};
use std::time::Duration;

impl State {
    /// Keeps a message and gives the answer and the id.
    pub(super) fn store(
        &mut self,
        target: Target,
        user: String,
        content: Content,
        callback_data: Option<String>,
        marketing: bool,
    ) -> (Value, String) {
        let wamid = ids::wamid(&mut self.rng, &user, Direction::Outbound);
        let input = target.as_written();
        let contact = match &target {
            Target::Bsuid(_) => json!({ "input": input, "user_id": input }),
            Target::Number(_) | Target::Group(_) => json!({ "input": input, "wa_id": user }),
        };
        let mut message = json!({ "id": wamid });
        if content.kind.is_template() {
            message["message_status"] = "accepted".into();
        }
        let answer = json!({
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [message],
        });
        let message = Message {
            target: Some(target),
            user,
            kind: content.kind,
            buttons: content.buttons,
            on: content.on,
            callback_data,
            marketing,
        };
        self.remember(wamid.clone(), message);
        (answer, wamid)
    }

    fn remember(&mut self, wamid: String, message: Message) {
        if self.order.len() >= MEMORY
            && let Some(oldest) = self.order.pop_front()
            && let Some(data) = self
                .messages
                .remove(&oldest)
                .and_then(|message| message.callback_data)
        {
            self.tickets.remove(ticket(&data));
        }
        self.order.push_back(wamid.clone());
        self.messages.insert(wamid, message);
    }

    /// Plans what becomes of an accepted message.
    pub(super) fn foretell(&mut self, now: Now, user: &str, wamid: &str, has_buttons: bool) {
        let behaviour = self
            .users
            .get(user)
            .map(|user| user.behaviour.clone())
            .unwrap_or_default();
        let sent = now.since_start + self.jitter(Duration::from_millis(200));
        let status = |kind| Due::Status {
            wamid: wamid.to_owned(),
            kind,
        };
        if !behaviour.registered {
            self.at(sent, status(WebhookKind::Failed(131_026)));
            return;
        }
        let kind = self.messages.get(wamid).map(|message| message.kind);
        if kind == Some(MessageKind::Reaction) {
            // No status but one follows.
            let reachable = self.may_be_reacted_to(wamid);
            let failed = WebhookKind::Failed(131_009);
            self.at(sent, status(if reachable { WebhookKind::Sent } else { failed }));
            return;
        }
        self.at(sent, status(WebhookKind::Sent));
        if behaviour.blocked {
            return;
        }
        let delivered = sent + self.jitter(behaviour.delivered_after);
        self.at(delivered, status(WebhookKind::Delivered));
        let read = behaviour.read_after.map(|after| delivered + self.jitter(after));
        if let Some(read) = read {
            self.at(read, status(WebhookKind::Read));
            let plays = behaviour.plays_after.filter(|_| kind == Some(MessageKind::Voice));
            if let Some(after) = plays {
                let played = read + self.jitter(after);
                self.at(played, status(WebhookKind::Played));
            }
        }
        if let Some((after, emoji)) = behaviour.reacts {
            let reacts = (delivered + self.jitter(after)).max(read.unwrap_or_default());
            let wamid = wamid.to_owned();
            self.at(reacts, Due::React { wamid, emoji });
        }
        if let Some((after, index)) = behaviour.acknowledges.filter(|_| has_buttons) {
            // Nobody presses a button of a message that is not on the screen yet.
            let press = (delivered + self.jitter(after)).max(read.unwrap_or_default());
            self.at(
                press,
                Due::Press {
                    wamid: wamid.to_owned(),
                    index,
                },
            );
        }
    }

    /// Whether the message that a reaction is on is there, and no reaction itself (Meta, "Reaction messages").
    fn may_be_reacted_to(&self, wamid: &str) -> bool {
        let on = self.messages.get(wamid).and_then(|message| message.on.as_ref());
        let target = on.and_then(|on| self.messages.get(on));
        target.is_some_and(|target| target.kind != MessageKind::Reaction)
    }

    /// A duration, and up to a quarter more.
    pub(super) fn jitter(&mut self, duration: Duration) -> Duration {
        draw(&mut self.rng, &(duration..=duration + duration / 4))
    }

    pub(super) fn at(&mut self, at: Duration, due: Due) {
        self.due.insert((at, self.next_due), due);
        self.next_due += 1;
    }

    /// When something is due next.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.due.first_key_value().map(|(&(at, _), _)| at)
    }

    /// Everything that is due by now.
    pub(crate) fn due(&mut self, now: Now) -> Vec<Webhook> {
        let mut webhooks = Vec::new();
        while self.next_due().is_some_and(|at| at <= now.since_start) {
            let webhook = match self.due.pop_first() {
                Some((_, Due::Status { wamid, kind })) => self.status(now, &wamid, kind),
                Some((_, Due::Press { wamid, index })) => self.press(now, &wamid, index).ok(),
                Some((_, Due::React { wamid, emoji })) => self.react(now, wamid, emoji),
                Some((_, Due::Capability)) => Some(self.capability(now)),
                Some((_, Due::Reviewed { name, language })) => self.reviewed(now, &name, &language),
                Some((_, Due::Resumed { name, language })) => self.resumed(now, &name, &language),
                None => None,
            };
            webhooks.extend(webhook);
        }
        webhooks
    }

    pub(super) fn status(&mut self, now: Now, wamid: &str, kind: WebhookKind) -> Option<Webhook> {
        let message = self.messages.get(wamid)?;
        let error = match kind {
            WebhookKind::Failed(131_056) => Some(GraphError::pair_rate(400)),
            WebhookKind::Failed(code) => Some(GraphError::new(code, "Error codes", "Message undeliverable.")),
            _ => None,
        };
        let status = Status {
            wamid,
            kind,
            unix: now.unix,
            callback_data: message.callback_data.as_deref(),
            category: match message.kind {
                MessageKind::Template if message.marketing => "marketing",
                MessageKind::Template => "utility",
                MessageKind::Authentication => "authentication",
                _ => "service",
            },
            error: error.as_ref(),
            // Meta, "Changelog": left out from v24.0 on.
            conversation: self.delivery.version < 24,
        };
        let members = match message.target.as_ref()? {
            Target::Group(id) => {
                let group = self.groups.iter().find(|group| group.id == *id)?;
                let users: Vec<_> = group
                    .participants
                    .iter()
                    .filter_map(|user| self.users.find(user))
                    .collect();
                status.to_group(id, &users)
            }
            target => status.to_user(self.users.get(&message.user)?, matches!(target, Target::Bsuid(_))),
        };
        match kind {
            WebhookKind::Delivered => {
                self.summary.delivered += 1;
                self.book.delivered(now.ms());
            }
            WebhookKind::Read => self.summary.read += 1,
            WebhookKind::Failed(_) => self.summary.failed += 1,
            _ => {}
        }
        self.history.status(now, wamid, kind);
        Some(Webhook {
            kind,
            user: message.user.clone(),
            wamid: Some(wamid.to_owned()),
            body: self.business.body(members),
        })
    }

    /// The user of a message presses one of its buttons.
    pub(crate) fn press(&mut self, now: Now, wamid: &str, index: usize) -> Result<Webhook, UserError> {
        let message = self.messages.get(wamid).ok_or(UserError::NoSuchMessage)?;
        let button = message.buttons.get(index).ok_or(UserError::NoSuchButton)?;
        let user = self.users.get(&message.user).ok_or(UserError::NoSuchUser)?;
        let (kind, content) = pressed(user, button);
        let user = message.user.clone();
        let webhook = self.inbound(now, &user, kind, Some(wamid), content)?;
        self.summary.buttons += 1;
        Ok(webhook)
    }

    /// The user of a message reacts to it.
    fn react(&mut self, now: Now, wamid: String, emoji: String) -> Option<Webhook> {
        let user = self.messages.get(&wamid)?.user.clone();
        let emoji = Some(emoji);
        self.write(now, &user, &UserMessage::Reaction { wamid, emoji }, None)
            .ok()
    }

    /// A user writes a message, as a reply to `quoted` if there is one.
    pub(crate) fn write(
        &mut self,
        now: Now,
        user: &str,
        message: &UserMessage,
        quoted: Option<&str>,
    ) -> Result<Webhook, UserError> {
        let user = self.users.find(user).ok_or(UserError::NoSuchUser)?;
        let key = user.key().to_owned();
        let file = match message.file() {
            Some((_, Some(id))) => Some(id.to_owned()),
            Some((kind, None)) => {
                let (media_type, bytes) = kind.sample();
                Some(self.objects.files.add(&mut self.rng, media_type, bytes.into()))
            }
            None => None,
        };
        let kept = match &file {
            Some(id) => {
                let (media_type, bytes) = self.objects.files.get(id).ok_or(UserError::NoSuchFile)?;
                Some((id.as_str(), media_type, &bytes[..]))
            }
            None => None,
        };
        let content = message.content(kept);
        let webhook = self.inbound(now, &key, message.kind(), quoted, content)?;
        self.summary.texts += u64::from(message.kind() == WebhookKind::Text);
        Ok(webhook)
    }

    /// A template gets another status.
    pub(crate) fn template_status(
        &mut self,
        now: Now,
        name: &str,
        language: &str,
        status: TemplateStatus,
    ) -> Result<Webhook, UserError> {
        if !self.library.set_status(name, language, status) {
            return Err(UserError::NoSuchTemplate);
        }
        Ok(self.template_event(now, name, language, status.word(), "NONE"))
    }

    fn template_event(&self, now: Now, name: &str, language: &str, event: &str, reason: &str) -> Webhook {
        let mut members = self.template_members(now, name, language);
        members["event"] = event.into();
        members["reason"] = reason.into();
        let field = "message_template_status_update";
        self.about_account(now, field, &members, WebhookKind::TemplateStatus)
    }

    fn template_members(&self, now: Now, name: &str, language: &str) -> Value {
        let node = self.objects.shelf.find(now, name, language, &self.library);
        // Meta has a number there.
        let id = node.and_then(|node| node["id"].as_str()?.parse::<u64>().ok());
        json!({
            "message_template_id": id, "message_template_name": name, "message_template_language": language,
        })
    }

    fn about_account(&self, now: Now, field: &str, members: &Value, kind: WebhookKind) -> Webhook {
        let mut body = self.business.account_body(field, members);
        body["entry"][0]["time"] = now.unix.into();
        Webhook {
            kind,
            user: String::new(),
            wamid: None,
            body,
        }
    }

    /// The review of a template begins: it ends by itself, if that is how reviews end here.
    pub(crate) fn plan_review(&mut self, now: Now, template: &Value) {
        let text = |key: &str| template[key].as_str().unwrap_or_default().to_owned();
        let (name, language) = (text("name"), text("language"));
        if let Some(review) = self.objects.shelf.review {
            self.at(now.since_start + review, Due::Reviewed { name, language });
        }
    }

    fn reviewed(&mut self, now: Now, name: &str, language: &str) -> Option<Webhook> {
        self.objects.shelf.settle(now, &mut self.library);
        // Somebody may have rejected or deleted it meanwhile, and told so.
        let node = self.objects.shelf.find(now, name, language, &self.library)?;
        (node["status"] == "APPROVED").then(|| self.template_event(now, name, language, "APPROVED", "NONE"))
    }

    /// Somebody ends a template's review: well, or badly with Meta's word for the reason.
    pub(crate) fn decide(
        &mut self,
        now: Now,
        name: &str,
        language: &str,
        rejected: Option<&str>,
    ) -> Result<Webhook, UserError> {
        let shelf = &mut self.objects.shelf;
        let done = match rejected {
            None => shelf.approve(name, language, &mut self.library),
            Some(reason) => shelf.reject(name, language, reason, &mut self.library),
        };
        if !done {
            return Err(UserError::NoSuchTemplate);
        }
        let event = if rejected.is_some() {
            "REJECTED"
        } else {
            "APPROVED"
        };
        Ok(self.template_event(now, name, language, event, rejected.unwrap_or("NONE")))
    }

    /// A template is paused for low quality: for three hours, then for six, then for good.
    pub(crate) fn pause(&mut self, now: Now, name: &str, language: &str) -> Result<Webhook, UserError> {
        let template = self
            .library
            .find_mut(name, language)
            .ok_or(UserError::NoSuchTemplate)?;
        let hours = template.pause();
        let word = template.status.word();
        if let Some(hours) = hours {
            let (name, language) = (name.to_owned(), language.to_owned());
            let until = now.since_start + Duration::from_hours(hours);
            self.at(until, Due::Resumed { name, language });
        }
        Ok(self.template_event(now, name, language, word, "NONE"))
    }

    fn resumed(&mut self, now: Now, name: &str, language: &str) -> Option<Webhook> {
        let template = self.library.find_mut(name, language)?;
        // Somebody may have disabled it meanwhile.
        if template.status != TemplateStatus::Paused {
            return None;
        }
        template.status = TemplateStatus::Approved;
        Some(self.template_event(now, name, language, "APPROVED", "NONE"))
    }

    /// Users think otherwise of a template than before.
    pub(crate) fn template_quality(
        &mut self,
        now: Now,
        name: &str,
        language: &str,
        quality: TemplateQuality,
    ) -> Result<Webhook, UserError> {
        let template = self
            .library
            .find_mut(name, language)
            .ok_or(UserError::NoSuchTemplate)?;
        let before = std::mem::replace(&mut template.quality, quality);
        template.rated = now.unix;
        let mut members = self.template_members(now, name, language);
        members["previous_quality_score"] = before.word().into();
        members["new_quality_score"] = quality.word().into();
        let field = "message_template_quality_update";
        Ok(self.about_account(now, field, &members, WebhookKind::TemplateQuality))
    }

    /// The account may write to more people than before.
    fn capability(&self, now: Now) -> Webhook {
        // Meta: -1 is unlimited.
        let limit = self.book.rules.messaging_limit;
        let limit = limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
        let members = json!({ "max_daily_conversations_per_business": limit });
        let field = "business_capability_update";
        self.about_account(now, field, &members, WebhookKind::Capability)
    }

    /// A user wants marketing messages, or does not.
    pub(crate) fn preference(&mut self, now: Now, user: &str, wanted: bool) -> Result<Webhook, UserError> {
        let user = self.users.find(user).ok_or(UserError::NoSuchUser)?;
        let key = user.key().to_owned();
        let mut preference = json!({
            "detail": if wanted { "User requested to resume marketing messages" } else { "User requested to stop marketing messages" },
            "category": "marketing_messages",
            "value": if wanted { "resume" } else { "stop" },
            "timestamp": now.unix,
        });
        let mut contact = json!({ "profile": { "name": user.name }, "user_id": user.bsuid });
        preference["user_id"] = user.bsuid.as_str().into();
        if let Some(wa_id) = user.wa_id.as_deref().filter(|_| !user.hidden) {
            preference["wa_id"] = wa_id.into();
            contact["wa_id"] = wa_id.into();
        }
        self.book.set_opted_out(&key, !wanted);
        let mut members = Map::new();
        members.insert("contacts".to_owned(), json!([contact]));
        members.insert("user_preferences".to_owned(), json!([preference]));
        Ok(Webhook {
            kind: WebhookKind::Preference,
            user: key,
            wamid: None,
            body: self.business.number_body("user_preferences", members),
        })
    }

    fn inbound(
        &mut self,
        now: Now,
        key: &str,
        kind: WebhookKind,
        quoted: Option<&str>,
        content: (&str, Value),
    ) -> Result<Webhook, UserError> {
        let context = quoted.map(|wamid| json!({ "from": self.business.display_phone_number, "id": wamid }));
        let user = self.users.get(key).ok_or(UserError::NoSuchUser)?;
        let wamid = ids::wamid(&mut self.rng, key, Direction::Inbound);
        let kept = || Kept::received(now, key, quoted, (content.0, &content.1));
        let kept = self.history.is_on().then(kept);
        self.history.add(&wamid, kept);
        let body = self
            .business
            .body(inbound(user, &wamid, now.unix, context, content));
        self.book.heard(now.ms(), key);
        // A receipt or a reaction for this message has to find it.
        let message = Message {
            target: None,
            user: key.to_owned(),
            kind: match kind {
                WebhookKind::Reaction => MessageKind::Reaction,
                _ => MessageKind::Unknown,
            },
            buttons: Vec::new(),
            on: None,
            callback_data: None,
            marketing: false,
        };
        self.remember(wamid.clone(), message);
        Ok(Webhook {
            kind,
            user: key.to_owned(),
            wamid: Some(wamid),
            body,
        })
    }

    /// The latest message with buttons that was sent to a user.
    pub(crate) fn last_with_buttons(&self, user: &str) -> Result<String, UserError> {
        let key = self.users.find(user).ok_or(UserError::NoSuchUser)?.key();
        let has = |wamid: &&String| {
            let message = self.messages.get(*wamid);
            message.is_some_and(|message| message.user == key && !message.buttons.is_empty())
        };
        self.order
            .iter()
            .rev()
            .find(has)
            .cloned()
            .ok_or(UserError::NoSuchMessage)
    }
}
