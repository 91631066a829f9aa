//! Client, network and judge in one virtual clock, run event by event.

use crate::network::Network;
use crate::offline::{Allowed, End, Sent, allowed};
use embassy_time::{Duration, Instant};
use fastrand::Rng;
use squab::cloud::judge::{Judge, JudgeSettings, Kind};
use squab_core::client::{
    Client, Event, Lost, Options, Outcome, Priority, RequestId, Settings, Step, Ticket,
};
use squab_core::json::Sink;
use squab_core::message::{Message, Text};
use squab_core::recipient::{PhoneNumber, Recipient};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

/// A client as large as these tests need.
pub type TestClient<const IN_FLIGHT: usize> = Client<16, 128, 16_384, IN_FLIGHT, 16_384>;

/// After this time without an answer a request is given up.
pub const TIMEOUT: u64 = 10_000;
/// Without an inbound path, a message whose answer was lost is sent again after this time.
const RESEND_AFTER: u64 = 30_000;

/// One request as the judge and the client saw it.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Which message.
    pub ticket: Ticket,
    /// Which user.
    pub user: usize,
    /// First byte, by the client's clock.
    pub began: u64,
    /// Arrival at the judge, if it arrived.
    pub arrived: Option<u64>,
    /// What the judge said, if it arrived.
    pub accepted: Option<bool>,
    /// When the client knew, or gave up.
    pub ended: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Arrives(usize),
    Answered(usize),
    NotSent(usize),
    GivenUp(usize),
    Submit(usize),
}

/// A message to be submitted.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// When.
    pub at: u64,
    /// To whom.
    pub user: usize,
    /// How important.
    pub priority: Priority,
}

/// What the judge does besides its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Only the rule counts.
    Fair,
    /// Refuses this percentage at random as well.
    Random(u8),
    /// Refuses everything to user 0.
    NeverUserZero,
}

/// The world.
pub struct World<const IN_FLIGHT: usize> {
    /// The client under test.
    pub client: TestClient<IN_FLIGHT>,
    judge: Judge,
    mood: Mood,
    network: Network,
    rng: Rng,
    /// Milliseconds of the one clock.
    pub now: u64,
    max_uplink: u64,
    seed: u64,
    heap: BinaryHeap<Reverse<(u64, usize, Happening)>>,
    count: usize,
    ids: Vec<RequestId>,
    plans: Vec<Plan>,
    /// Every request so far.
    pub attempts: Vec<Attempt>,
    history: HashMap<usize, Vec<(usize, Sent)>>,
    /// Messages that wait: ticket to user, urgent, ready at.
    waiting: BTreeMap<Ticket, (usize, bool, u64)>,
    /// How each ticket ended, and when.
    pub outcomes: BTreeMap<Ticket, (String, u64)>,
    /// When each ticket was submitted.
    pub submitted: BTreeMap<Ticket, u64>,
    link_suspect: Option<u64>,
    /// Whether the client is held against the second computation at each wait.
    pub check_eagerness: bool,
}

struct Bytes(Vec<u8>);

impl Sink for Bytes {
    type Error = core::convert::Infallible;
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// The phone number of user `index`.
///
/// # Panics
/// When `index` has more than four digits.
pub fn number(index: usize) -> PhoneNumber {
    PhoneNumber::parse(&format!("+1650555{index:04}")).expect("a number of eleven digits")
}

impl<const IN_FLIGHT: usize> World<IN_FLIGHT> {
    /// A world in which nothing has happened yet.
    pub fn new(judge: JudgeSettings, mood: Mood, network: Network, max_uplink: u64, seed: u64) -> Self {
        let mut settings = Settings::default();
        settings.seed = seed as u32;
        settings.max_uplink = Duration::from_millis(max_uplink);
        Self {
            client: Client::new(settings),
            judge: Judge::new(judge),
            mood,
            network,
            rng: Rng::with_seed(seed),
            now: 0,
            max_uplink,
            seed,
            heap: BinaryHeap::new(),
            count: 0,
            ids: Vec::new(),
            plans: Vec::new(),
            attempts: Vec::new(),
            history: HashMap::new(),
            waiting: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            submitted: BTreeMap::new(),
            link_suspect: None,
            check_eagerness: false,
        }
    }

    /// Plans a message.
    pub fn plan(&mut self, plan: Plan) {
        let index = self.plans.len();
        self.plans.push(plan);
        self.at(plan.at, Happening::Submit(index));
    }

    /// Changes what the judge does besides its rule.
    pub fn set_mood(&mut self, mood: Mood) {
        self.mood = mood;
    }

    fn at(&mut self, time: u64, what: Happening) {
        self.count += 1;
        self.heap.push(Reverse((time, self.count, what)));
    }

    /// Runs until nothing is left to happen, or until `end`.
    ///
    /// # Panics
    /// When the client breaks a promise: it asks to be polled again at once, ends a ticket twice, or waits while the
    /// second computation allows a send.
    pub fn run_until(&mut self, end: u64) {
        loop {
            while let Some(Reverse((time, ..))) = self.heap.peek() {
                if *time > self.now {
                    break;
                }
                let Reverse((_, _, what)) = self.heap.pop().expect("it was peeked at");
                self.happen(what);
            }
            let wake = self.drain();
            assert!(
                wake.is_none_or(|at| at > self.now),
                "the client must not ask to be polled again at once"
            );
            let next = self.heap.peek().map(|Reverse((time, ..))| *time);
            let next = match (wake, next) {
                (Some(a), Some(b)) => a.min(b),
                (Some(a), None) | (None, Some(a)) => a,
                (None, None) => return,
            };
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
        }
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    /// Polls until the client waits; returns until when.
    fn drain(&mut self) -> Option<u64> {
        loop {
            self.take_events();
            let now = self.instant();
            match self.client.poll(now) {
                Step::Store(_) => panic!("there is no journal"),
                Step::Send(id, request) => {
                    let ticket = request.ticket().expect("nothing is marked as read");
                    let mut body = Bytes(Vec::new());
                    request.write_body(&mut body).expect("a Vec takes everything");
                    assert_eq!(body.0.len(), request.body_len(), "the length is exact");
                    self.begin(id, ticket, &body.0);
                }
                Step::WaitUntil(at) => {
                    let at = at.as_millis();
                    self.check_eager(Some(at));
                    return Some(at);
                }
                Step::Idle => {
                    self.check_eager(None);
                    return None;
                }
            }
        }
    }

    fn begin(&mut self, id: RequestId, ticket: Ticket, body: &[u8]) {
        let json: serde_json::Value = serde_json::from_slice(body).expect("the body is JSON");
        let to = json["to"].as_str().expect("it goes to a phone number");
        let user: usize = to[to.len() - 4..]
            .parse()
            .expect("the last four digits are the index");
        let index = self.attempts.len();
        self.ids.push(id);
        self.waiting.remove(&ticket);
        self.attempts.push(Attempt {
            ticket,
            user,
            began: self.now,
            arrived: None,
            accepted: None,
            ended: None,
        });
        self.history.entry(user).or_default().push((
            index,
            Sent {
                began: self.now,
                end: End::Open,
            },
        ));
        let fate = self.network.fate(&mut self.rng);
        let now = self.now;
        if fate.not_sent {
            self.at(now + self.network.delay_max / 2, Happening::NotSent(index));
            return;
        }
        match (fate.uplink, fate.downlink) {
            (Some(up), Some(down)) if up + down < TIMEOUT => {
                self.at(now + up, Happening::Arrives(index));
                self.at(now + up + down, Happening::Answered(index));
            }
            (Some(up), _) => {
                self.at(now + up, Happening::Arrives(index));
                self.at(now + TIMEOUT, Happening::GivenUp(index));
            }
            (None, _) => self.at(now + TIMEOUT, Happening::GivenUp(index)),
        }
    }

    fn happen(&mut self, what: Happening) {
        let now = self.instant();
        match what {
            Happening::Submit(index) => {
                let plan = self.plans[index];
                let text = format!("message {index}");
                let message = Message::Text(Text::new(&text));
                let options = Options {
                    priority: plan.priority,
                    ..Options::default()
                };
                let recipient = Recipient::Phone(number(plan.user));
                let ticket = self
                    .client
                    .submit(now, &recipient, &message, options)
                    .expect("there is room for it");
                self.submitted.insert(ticket, self.now);
                self.waiting
                    .insert(ticket, (plan.user, plan.priority == Priority::Urgent, self.now));
            }
            Happening::Arrives(index) => {
                let user = self.attempts[index].user;
                let name = user.to_string();
                let refuse = match self.mood {
                    Mood::Fair => false,
                    Mood::Random(percent) => self.rng.u8(0..100) < percent,
                    Mood::NeverUserZero => user == 0,
                };
                let verdict = if refuse {
                    self.judge.refuse(self.now, &name, Kind::Message)
                } else {
                    self.judge.attempt(self.now, &name, Kind::Message)
                };
                self.attempts[index].arrived = Some(self.now);
                self.attempts[index].accepted = Some(verdict.is_accepted());
            }
            Happening::Answered(index) => {
                let accepted = self.attempts[index]
                    .accepted
                    .expect("it was judged before it was answered");
                let id = self.ids[index];
                let user = self.attempts[index].user;
                let (status, body) = if accepted {
                    let wa_id = number(user).to_string();
                    let wa_id = wa_id.trim_start_matches('+');
                    (
                        200,
                        format!(
                            r#"{{"contacts":[{{"wa_id":"{wa_id}"}}],"messages":[{{"id":"wamid.{index}"}}]}}"#
                        ),
                    )
                } else {
                    (
                        400,
                        r#"{"error":{"message":"pair rate limit hit","code":131056}}"#.to_owned(),
                    )
                };
                self.client.on_reply(id, status);
                for piece in body.as_bytes().chunks(7) {
                    self.client.on_reply_body(id, piece);
                }
                self.client.on_reply_end(now, id);
                let at = self.now;
                self.end(
                    index,
                    if accepted {
                        End::Taken { at }
                    } else {
                        End::Refused { at }
                    },
                );
                if self
                    .link_suspect
                    .is_some_and(|since| self.attempts[index].began >= since)
                {
                    self.link_suspect = None;
                }
                if !accepted {
                    self.wait_again(index, at);
                }
            }
            Happening::NotSent(index) => {
                self.client.on_lost(now, self.ids[index], Lost::NotSent);
                self.end(index, End::NotSent { at: self.now });
                self.link_suspect = Some(self.now);
                self.wait_again(index, self.now);
            }
            Happening::GivenUp(index) => {
                self.client.on_lost(now, self.ids[index], Lost::MaybeSent);
                self.end(index, End::Lost { at: self.now });
                self.link_suspect = Some(self.now);
                self.wait_again(index, self.now + RESEND_AFTER);
            }
        }
    }

    fn wait_again(&mut self, index: usize, ready: u64) {
        let Attempt { ticket, user, .. } = self.attempts[index];
        let urgent = self.plans[ticket.get() as usize - 1].priority == Priority::Urgent;
        self.waiting.insert(ticket, (user, urgent, ready));
    }

    fn end(&mut self, index: usize, end: End) {
        self.attempts[index].ended = Some(self.now);
        let user = self.attempts[index].user;
        let history = self.history.entry(user).or_default();
        if let Some((_, sent)) = history.iter_mut().find(|(i, _)| *i == index) {
            sent.end = end;
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.client.next_event() {
            if let Event::Outcome { ticket, outcome } = event {
                let text = match outcome {
                    Outcome::Accepted => "accepted".to_owned(),
                    other => format!("{other:?}"),
                };
                let before = self.outcomes.insert(ticket, (text, self.now));
                assert_eq!(before, None, "ticket {ticket} ended twice");
                self.waiting.remove(&ticket);
            }
        }
        assert_eq!(self.client.dropped_events(), 0);
    }

    /// The client waits: no message may be allowed now, or before `until`, by the second computation.
    fn check_eager(&self, until: Option<u64>) {
        if !self.check_eagerness || self.link_suspect.is_some() || self.client.in_flight() >= IN_FLIGHT {
            return;
        }
        for (ticket, (user, urgent, ready)) in &self.waiting {
            let history: Vec<Sent> = self
                .history
                .get(user)
                .map(|h| h.iter().map(|(_, s)| *s).collect())
                .unwrap_or_default();
            let from = match allowed(&history, self.now.max(*ready), *urgent, self.max_uplink) {
                Allowed::From(from) => from.max(*ready),
                Allowed::AfterAnswer => continue,
            };
            assert!(
                until.is_some_and(|until| until <= from),
                "message {ticket} to user {user} is allowed from {from} on, now is {}, the client waits until {until:?}; \
                 seed {}, the user's requests {history:#?}",
                self.now,
                self.seed
            );
        }
    }

    /// How many attempts the judge refused.
    pub fn refusals(&self) -> usize {
        self.attempts.iter().filter(|a| a.accepted == Some(false)).count()
    }

    /// When the requests to a user began, in order.
    pub fn began(&self, user: usize) -> Vec<u64> {
        self.attempts
            .iter()
            .filter(|a| a.user == user)
            .map(|a| a.began)
            .collect()
    }
}
