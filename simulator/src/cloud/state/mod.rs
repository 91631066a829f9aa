//! The cloud as a state machine: requests go in, answers and webhooks come out. No I/O and no clock: the caller gives
//! the time and asks when something is due next.

mod fate;
mod lines;
pub(crate) mod trigger;

use super::content::{self, Button, Known, MessageKind, Outgoing, Readings, Request, Target};
use super::error::GraphError;
use super::fault::{Faults, PairRefusal};
use super::history::{History, Kept};
use super::ids;
use super::judge::{Judge, Kind, Verdict};
use super::kiosks::Kiosks;
use super::objects::{MESSAGING, Objects, not_registered};
use super::record::{Happening, MEMORY, Outcome, RequestRecord, Summary};
use super::rules::{RuleBook, Ruling, Sending, tier};
use super::subscription::Delivery;
use super::template::Library;
use super::user::{User, Users, digits_of, tail};
use super::webhook::{Business, WebhookKind};
use super::{CloudSettings, Group, NEWEST_VERSION, OLDEST_VERSION};
use fastrand::Rng;
use lines::Line;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

/// The time, twice: since the clock's start, and of the wall.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) since_start: Duration,
    pub(crate) unix: u64,
}

impl Now {
    pub(crate) fn ms(self) -> u64 {
        u64::try_from(self.since_start.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A request to the Graph API.
pub(crate) struct Call<'a> {
    pub(crate) post: bool,
    pub(crate) path: &'a str,
    /// What stands after `Bearer` in `Authorization`.
    pub(crate) bearer: Option<&'a str>,
    /// Whether `Content-Type` says JSON.
    pub(crate) json: bool,
    pub(crate) body: &'a [u8],
}

/// An answer of the Graph API.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) happening: Happening,
}

/// A request to send that keeps to the rules, as far as its body can tell.
struct Checked {
    request: Request,
    /// By a template of that category.
    marketing: bool,
    body: Value,
}

/// A webhook that is due.
#[derive(Clone)]
pub(crate) struct Webhook {
    pub(crate) kind: WebhookKind,
    /// Whom it is about: key of the user or id of the group; empty if nobody.
    pub(crate) user: String,
    /// The message that it is about, if there is one.
    pub(crate) wamid: Option<String>,
    pub(crate) body: Value,
}

/// A message that was accepted, or that a user wrote.
struct Message {
    /// `None`: a user wrote it.
    target: Option<Target>,
    /// Key of the user or id of the group.
    user: String,
    kind: MessageKind,
    buttons: Vec<Button>,
    /// The message that a reaction is on.
    on: Option<String>,
    callback_data: Option<String>,
    /// By a template of that category.
    marketing: bool,
    /// The number that it is from, or for.
    line: usize,
}

/// What is to happen at some time.
enum Due {
    Status {
        wamid: String,
        kind: WebhookKind,
    },
    Press {
        wamid: String,
        index: usize,
    },
    React {
        wamid: String,
        emoji: String,
    },
    /// The account may write to more people.
    Capability,
    /// A template's review ends.
    Reviewed {
        name: String,
        language: String,
    },
    /// A template's pause ends.
    Resumed {
        name: String,
        language: String,
    },
}

/// The cloud behind one business number.
pub(crate) struct State {
    pub(crate) business: Business,
    pub(crate) token: String,
    pub(crate) faults: Faults,
    pub(crate) library: Library,
    pub(crate) readings: Readings,
    pub(crate) users: Users,
    pub(crate) groups: Vec<Group>,
    pub(crate) summary: Summary,
    pub(crate) log: VecDeque<RequestRecord>,
    pub(crate) rng: Rng,
    pub(crate) book: RuleBook,
    pub(crate) objects: Objects,
    pub(crate) delivery: Delivery,
    /// What page and test API show.
    pub(crate) history: History,
    /// What kiosks say of their outboxes.
    pub(crate) kiosks: Kiosks,
    pub(crate) judge: Judge,
    /// Which number is current, counted from 0.
    current: usize,
    /// The numbers that are not.
    lines: Vec<Line>,
    /// Which number has written to a user last, if it is not the first.
    spoke: HashMap<String, usize>,
    messages: HashMap<String, Message>,
    order: VecDeque<String>,
    tickets: HashSet<String>,
    due: BTreeMap<(Duration, u64), Due>,
    next_due: u64,
}

impl State {
    /// A cloud as its settings have it, but for the users and groups in them.
    pub(crate) fn of(settings: &CloudSettings) -> Self {
        Self {
            business: Business {
                phone_number_id: settings.phone_number_id.clone(),
                display_phone_number: digits_of(&settings.display_phone_number),
                account_id: settings.business_account_id.clone(),
            },
            token: settings.token.clone(),
            faults: Faults::default(),
            library: Library::default(),
            readings: settings.readings,
            users: Users::new(settings.anyone.clone()),
            groups: Vec::new(),
            summary: Summary::default(),
            log: VecDeque::new(),
            rng: Rng::with_seed(settings.seed),
            book: RuleBook::new(settings.rules.clone()),
            objects: Objects::default(),
            delivery: Delivery::default(),
            history: History::default(),
            kiosks: Kiosks::default(),
            judge: Judge::new(settings.judge),
            current: 0,
            lines: Line::of(settings),
            spoke: HashMap::new(),
            messages: HashMap::new(),
            order: VecDeque::new(),
            tickets: HashSet::new(),
            due: BTreeMap::new(),
            next_due: 0,
        }
    }

    /// Whether what stands after `Bearer` is the access token.
    pub(crate) fn knows(&self, bearer: Option<&str>) -> bool {
        self.faults.check_token(bearer, &self.token).is_ok()
    }

    /// Takes a request that has arrived in full.
    pub(crate) fn receive(&mut self, now: Now, call: &Call<'_>) -> Answer {
        let id = call.path.trim_start_matches('/').split('/').nth(1);
        let line = id.and_then(|id| self.line(id)).unwrap_or(0);
        self.with_line(line, |state| state.receive_at(now, call))
    }

    fn receive_at(&mut self, now: Now, call: &Call<'_>) -> Answer {
        let mut record = RequestRecord {
            at_ms: now.ms(),
            to: String::new(),
            user: String::new(),
            kind: MessageKind::Unknown,
            callback_data: None,
            outcome: Outcome::Accepted { wamid: None },
        };
        let mut wait = None;
        self.objects.shelf.settle(now, &mut self.library);
        self.grow(now);
        let result = self.check(now, call).and_then(|checked| match checked.request {
            Request::Send(outgoing) => {
                let sent = (checked.marketing, &checked.body);
                self.send(now, outgoing, sent, &mut record, &mut wait)
            }
            Request::Receipt { message_id, typing } => {
                record.kind = MessageKind::Receipt;
                self.receipt(now, &message_id, typing, &mut record, &mut wait)
            }
        });
        let to = tail(&record.to).to_owned();
        let kind = record.kind;
        let answer = match result {
            Ok(body) => {
                let happening = Happening::Accepted { to, kind };
                Answer {
                    status: 200,
                    body,
                    happening,
                }
            }
            Err(error) => {
                record.outcome = Outcome::Refused { code: error.code };
                if error.code != 131_056 {
                    self.summary.refused_otherwise += 1;
                }
                Answer {
                    status: error.status,
                    body: error.envelope(&ids::fbtrace_id(&mut self.rng)),
                    happening: Happening::Refused {
                        to,
                        kind,
                        code: error.code,
                        why: error.details.unwrap_or(error.message),
                        page: error.page,
                        wait,
                    },
                }
            }
        };
        if call.post && call.path.ends_with("/messages") {
            self.summary.submitted += u64::from(kind != MessageKind::Receipt);
            if self.log.len() >= MEMORY {
                self.log.pop_front();
            }
            self.log.push_back(record);
        }
        answer
    }

    /// Path, token, phone number id, and the body itself, in this order.
    fn check(&self, now: Now, call: &Call<'_>) -> Result<Checked, GraphError> {
        let path = call.path.trim_start_matches('/');
        let mut segments = path.split('/');
        let version = segments.next().and_then(version);
        let (Some(version), Some(id)) = (version, segments.next()) else {
            return Err(unknown_path(path));
        };
        self.authorize(now, call.bearer)?;
        if segments.next() != Some("messages") || segments.next().is_some() {
            return Err(unknown_path(path));
        }
        if id != self.business.phone_number_id || !call.post {
            let id: String = id.chars().take(64).collect();
            return Err(GraphError::no_such_object(&id));
        }
        self.objects.token.allows(MESSAGING)?;
        // What is not declared to be JSON is read as a form, in which there is nothing.
        let body = if call.json {
            serde_json::from_slice(call.body).map_err(|error| {
                GraphError::invalid("Send messages", format!("The body is not valid JSON: {error}."))
            })?
        } else {
            json!({})
        };
        let known = Known {
            library: &self.library,
            version,
            readings: self.readings,
            has_file: &|id| self.objects.files.has(id),
        };
        let request = content::read(&body, known)?;
        let marketing = body
            .get("template")
            .is_some_and(|template| self.library.is_marketing(template));
        Ok(Checked {
            request,
            marketing,
            body,
        })
    }

    fn send(
        &mut self,
        now: Now,
        outgoing: Outgoing,
        (marketing, body): (bool, &Value),
        record: &mut RequestRecord,
        wait: &mut Option<Duration>,
    ) -> Result<Value, GraphError> {
        let Outgoing {
            target,
            content,
            callback_data,
        } = outgoing;
        target.as_written().clone_into(&mut record.to);
        record.kind = content.kind;
        record.callback_data.clone_from(&callback_data);
        let user = self.resolve(&target)?;
        record.user.clone_from(&user);
        self.standing(&user, marketing)?;
        let sending = Sending {
            user: &user,
            group: matches!(target, Target::Group(_)),
            template: content.kind.is_template(),
            marketing,
        };
        let ruling = self.book.judge(now.ms(), sending);
        let result = match ruling {
            Ruling::Refused(code) | Ruling::Fails(code) => Err(GraphError::new(
                code,
                "Error codes",
                "Message failed to send by a rule of Meta's.",
            )),
            Ruling::Passes | Ruling::Lost => self.permit(now, &user, Kind::Message, wait),
        };
        let late = self.faults.pair_refusal == PairRefusal::FailedStatus;
        let kept = |user: &str| Kept::sent(now, user, &content, callback_data.as_deref(), body);
        let kept = self.history.is_on().then(|| kept(&user));
        match result {
            Err(error) if !(late && error.code == 131_056 || matches!(ruling, Ruling::Fails(_))) => {
                return Err(error);
            }
            Err(error) => {
                record.outcome = Outcome::Refused { code: error.code };
                let answer = self.store(target, user, content, callback_data, marketing);
                self.history.add(&answer.1, kept);
                let after = self.jitter(Duration::from_millis(200));
                self.at(
                    now.since_start + after,
                    Due::Status {
                        wamid: answer.1,
                        kind: WebhookKind::Failed(error.code),
                    },
                );
                return Ok(answer.0);
            }
            Ok(()) => {}
        }
        self.summary.accepted += 1;
        if let Some(data) = &callback_data
            && !self.tickets.insert(ticket(data).to_owned())
        {
            self.summary.duplicates += 1;
        }
        let has_buttons = !content.buttons.is_empty();
        let (answer, wamid) = self.store(target, user.clone(), content, callback_data, marketing);
        self.history.add(&wamid, kept);
        record.outcome = Outcome::Accepted {
            wamid: Some(wamid.clone()),
        };
        if ruling == Ruling::Lost {
            self.summary.beyond_messaging_limit += 1;
        } else {
            self.foretell(now, &user, &wamid, has_buttons);
        }
        Ok(answer)
    }

    /// What has nothing to do with the message: number, account, and whom they may write to.
    fn standing(&self, user: &str, marketing: bool) -> Result<(), GraphError> {
        const CODES: &str = "Error codes";
        if !self.objects.registration.registered {
            return Err(not_registered());
        }
        if !self.objects.account.payment_method {
            let details = "The account has no payment method.";
            return Err(GraphError::new(131_042, CODES, details));
        }
        let name = self.objects.number.name_status.as_str();
        if ["DECLINED", "EXPIRED", "NONE", "PENDING_REVIEW"].contains(&name) {
            let details = "The display name of the number is not approved.";
            return Err(GraphError::new(131_037, CODES, details));
        }
        if let Some(list) = &self.book.rules.recipients {
            let is = |number| number == user || self.users.find(number).is_some_and(|it| it.key() == user);
            if !list.numbers().any(is) {
                let details = "Recipient phone number not in allowed list: Add recipient phone number to recipient list and try again.";
                return Err(GraphError::new(131_030, "Get started", details));
            }
        }
        if self.book.forbids(user) {
            let details = "The business may not write to people in this country.";
            return Err(GraphError::new(130_497, CODES, details));
        }
        let experiment = |user: &User| user.behaviour.experiment;
        if marketing && self.users.get(user).is_some_and(experiment) {
            let details = "The message was not sent as part of an experiment.";
            return Err(GraphError::new(130_472, CODES, details));
        }
        Ok(())
    }

    /// Lets the messaging limit grow, and tells so.
    fn grow(&mut self, now: Now) {
        if self
            .book
            .grow(now.ms(), self.objects.number.quality_rating == "GREEN")
        {
            tier(self.book.rules.messaging_limit).clone_into(&mut self.objects.number.messaging_limit);
            self.at(now.since_start, Due::Capability);
        }
    }

    fn receipt(
        &mut self,
        now: Now,
        message_id: &str,
        typing: bool,
        record: &mut RequestRecord,
        wait: &mut Option<Duration>,
    ) -> Result<Value, GraphError> {
        let page = if typing {
            "Typing indicators"
        } else {
            "Mark messages as read"
        };
        let received = self
            .messages
            .get(message_id)
            .filter(|message| message.target.is_none());
        let Some(user) = received.map(|message| message.user.clone()) else {
            return Err(GraphError::value(
                page,
                "Param message_id is not a message that was received.",
            ));
        };
        record.to.clone_from(&user);
        record.user.clone_from(&user);
        self.permit(now, &user, Kind::Receipt, wait)?;
        self.summary.receipts += 1;
        self.history.read_by_business(now, message_id);
        Ok(json!({ "success": true }))
    }

    /// Who is meant: the key of a user, or the id of a group.
    fn resolve(&mut self, target: &Target) -> Result<String, GraphError> {
        match target {
            Target::Number(text) => {
                let country_code = self.business.country_code().to_owned();
                let key = self.users.by_number(text, &country_code)?;
                if key == digits_of(&self.business.display_phone_number) {
                    let details = "The business phone number cannot send to itself.";
                    return Err(GraphError::new(131_021, "Error codes", details));
                }
                Ok(key)
            }
            Target::Bsuid(id) => Ok(self.users.by_bsuid(id)),
            Target::Group(id) if self.groups.iter().any(|group| group.id == *id) => Ok(id.clone()),
            Target::Group(_) => Err(GraphError::value(
                "Groups",
                "Param to is not a group of this business.",
            )),
        }
    }

    /// Faults that were asked for, then the pair rule.
    fn permit(
        &mut self,
        now: Now,
        user: &str,
        kind: Kind,
        wait: &mut Option<Duration>,
    ) -> Result<(), GraphError> {
        let refusal = self.faults.next_refusal();
        if let Some(code) = refusal.filter(|code| *code != 131_056) {
            return Err(GraphError::new(
                code,
                "Error codes",
                "The simulated cloud was told to refuse this request.",
            ));
        }
        self.summary.judged += 1;
        let by_chance = self.faults.random_refusals > 0.0 && self.rng.f64() < self.faults.random_refusals;
        let verdict = if refusal.is_some() || by_chance {
            self.judge.refuse(now.ms(), user, kind)
        } else {
            self.judge.attempt(now.ms(), user, kind)
        };
        match verdict {
            Verdict::Accepted => Ok(()),
            Verdict::Refused { next_legal_ms } => {
                self.summary.refused_by_pair_rule += 1;
                *wait = Some(Duration::from_millis(next_legal_ms.saturating_sub(now.ms())));
                let forbidden = self.faults.pair_refusal == PairRefusal::Http403;
                Err(GraphError::pair_rate(if forbidden { 403 } else { 400 }))
            }
        }
    }
}

/// The part of callback data that all attempts of one message share: what stands before the last separator and a
/// number after it. Data without such an end is a ticket as a whole.
pub(crate) fn ticket(data: &str) -> &str {
    // What follows a space is the sender's own word, and says nothing of the attempt.
    let data = data.split(' ').next().unwrap_or(data);
    let (front, attempt) = data
        .rsplit_once(['.', ':', '-', '/', '#', ','])
        .unwrap_or((data, ""));
    if !attempt.is_empty() && attempt.bytes().all(|byte| byte.is_ascii_digit()) {
        front
    } else {
        data
    }
}

/// The major version that serves a request to `segment`: an expired one is served by the oldest that is usable (Meta,
/// "Graph API versions"). `None`: not a version there ever was.
pub(crate) fn version(segment: &str) -> Option<u8> {
    let (major, minor) = segment.strip_prefix('v')?.split_once('.')?;
    let major: u8 = major
        .parse()
        .ok()
        .filter(|major| (1..=NEWEST_VERSION).contains(major))?;
    // Minor versions ended with v3.3.
    let known = minor == "0" || (major <= 3 && minor.parse::<u8>().is_ok());
    known.then(|| major.max(OLDEST_VERSION))
}

pub(crate) fn unknown_path(path: &str) -> GraphError {
    let path: String = path.chars().take(64).collect();
    let message = format!("Unknown path components: /{path}");
    GraphError::graph(2_500, None, "Graph API versions", message)
}

#[cfg(test)]
mod tests {
    use super::ticket;

    #[test]
    fn attempts_of_one_message_have_one_ticket_whatever_word_goes_along() {
        for (first, second) in [
            (
                "squab-000000c3-0000000100000001.1",
                "squab-000000c3-0000000100000001.2",
            ),
            (
                "squab-000000c3-0000000100000001.1 pump 3",
                "squab-000000c3-0000000100000001.2 pump 3",
            ),
        ] {
            assert_eq!(ticket(first), ticket(second));
        }
        assert_ne!(ticket("squab-1.1 pump 3"), ticket("squab-2.1 pump 3"));
        assert_eq!(ticket("no attempt"), "no");
    }
}
