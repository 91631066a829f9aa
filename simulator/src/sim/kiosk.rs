//! The kiosks of one number: the client of a board, in a board's size, with a journal; lines in, events out.
//!
//! The line goes the way that `squab_kiosk` takes it: read by its reader, worded, submitted. What the sockets and the flash
//! of a device do is the field's.

use super::field::{End, Ended, Field, Flight, NUMBER_ID, STARTED, Sender};
use super::plan::number_of;
use super::scenario::Scenario;
use embassy_time::Instant;
use serde_json::Value;
use squab_core::client::{
    Change, Client, Event, Lost, Outcome, RequestId, Settings, Step, Ticket, UnknownWindow, WebhookAnswer,
    is_message,
};
use squab_core::webhook::{Check, EXTRA_MAX, Filter, RECORD_MAX, Receiver};
use squab_kiosk::lines::{Alert, read_line};
use std::collections::{BTreeMap, HashMap};

/// As on a board, see `squab_board::kiosk`.
type BoardClient = Client<16, 32, 5120, 1, 2560>;
/// Room for a line's texts, as on a board.
const TEXT: usize = 4_160;
/// Room for a text that stands for several.
const WORDED: usize = 1_024;
/// Room for the updates of one webhook, as on a board.
const STAGE: usize = RECORD_MAX + EXTRA_MAX;
/// What the client's callback data begins with.
pub(super) const PREFIX: &str = "squab-";
/// Language of templates whose line names none.
const LANGUAGE: &str = "en_US";

/// All kiosks of one number.
pub(super) struct Kiosks(Vec<Kiosk>);

struct Kiosk {
    client: Box<BoardClient>,
    settings: Settings,
    journal: BTreeMap<u32, Vec<u8>>,
    /// The field's time when it was switched on; its own clock begins there.
    powered: u64,
    on: bool,
    /// The request under way, and the start that it is of.
    flying: Option<RequestId>,
    alerts: HashMap<Ticket, usize>,
}

impl Kiosks {
    /// So many kiosks, switched on.
    pub(super) fn new(scenario: &Scenario, count: usize, seed: u32) -> Self {
        let kiosk = |device: usize| {
            let mut settings = settings(scenario);
            settings.device = device as u32;
            settings.seed = seed.wrapping_add(device as u32);
            Kiosk::new(settings)
        };
        Self((0..count).map(kiosk).collect())
    }
}

/// What every kiosk of a fleet is told: of what is the number's, each has its share.
fn settings(scenario: &Scenario) -> Settings {
    let kiosks = scenario.kiosks_a_number();
    let mut settings = Settings::default();
    settings.inbound = scenario.fleet.webhooks;
    settings.journal = true;
    settings.unknown_window = UnknownWindow::Template;
    settings.throughput = u16::try_from((scenario.meta.throughput.0 / kiosks).max(1)).unwrap_or(u16::MAX);
    settings.messaging_share = scenario.meta.messaging_limit.map(|limit| limit.0 / kiosks);
    settings
}

impl Kiosk {
    fn new(settings: Settings) -> Self {
        let mut kiosk = Self {
            client: Box::new(BoardClient::new(settings)),
            settings,
            journal: BTreeMap::new(),
            powered: 0,
            on: true,
            flying: None,
            alerts: HashMap::new(),
        };
        kiosk.start(0);
        kiosk
    }

    /// Goes on with what the journal has.
    fn start(&mut self, now: u64) {
        self.powered = now;
        self.settings.boot = self.settings.boot.wrapping_add(1);
        *self.client = BoardClient::new(self.settings);
        self.flying = None;
        let clock = self.clock(now);
        for messages in [false, true] {
            for (key, bytes) in self
                .journal
                .iter()
                .filter(|(key, _)| is_message(**key) == messages)
            {
                // What it wrote itself it can read; a record that it cannot is one that it says is lost.
                let _ = self.client.restore(clock, *key, bytes);
            }
        }
        self.client.restored(clock);
        self.client.set_clock(clock, STARTED + now / 1_000);
    }

    fn clock(&self, now: u64) -> Instant {
        Instant::from_millis(now - self.powered)
    }

    /// Does all that can be done now, and says when there is more to do.
    fn settle(&mut self, field: &mut Field<'_>, index: usize) {
        let clock = self.clock(field.now);
        let wake = loop {
            let told = self.tell(field);
            match self.client.poll(clock) {
                Step::Send(id, request) => {
                    let mut body = vec![0; request.body_len()];
                    request.read_body(0, &mut body);
                    let alert = request.ticket().and_then(|ticket| self.alerts.get(&ticket));
                    let alert = *alert.expect("each request is of a ticket whose outcome was not told");
                    self.flying = Some(id);
                    field.send(index, u64::from(self.settings.boot), alert, body);
                }
                Step::Store(record) => {
                    match record.change {
                        Change::Write { head, body } => {
                            self.journal.insert(record.key, [head, body].concat());
                        }
                        Change::Remove => {
                            self.journal.remove(&record.key);
                        }
                    }
                    let seq = record.seq;
                    self.client.on_stored(seq);
                }
                // The journal may forget what the events told.
                _ if told => {}
                Step::WaitUntil(at) => break Some(self.powered + at.as_millis()),
                Step::Idle => break None,
            }
        };
        field.wake_at(index, wake);
    }

    /// Takes the events; whether there were any.
    fn tell(&mut self, field: &mut Field<'_>) -> bool {
        let mut any = false;
        while let Some(event) = self.client.next_event() {
            any = true;
            let Event::Outcome { ticket, outcome } = event else {
                continue;
            };
            let Some(alert) = self.alerts.remove(&ticket) else {
                continue;
            };
            let ended = match outcome {
                Outcome::Expired => Ended::Expired,
                Outcome::Failed { .. } => Ended::Failed,
                Outcome::Evicted => Ended::Evicted,
                Outcome::Merged { .. } => Ended::Merged,
                Outcome::Withdrawn => Ended::Withdrawn,
                Outcome::Unknown => Ended::Unknown,
                Outcome::Acknowledged { .. } => {
                    field.seen.fates[alert].acknowledged = true;
                    field.seen.fates[alert].done = true;
                    continue;
                }
                Outcome::Declined { .. }
                | Outcome::Read
                | Outcome::Delivered
                | Outcome::Accepted
                | Outcome::Unanswered => {
                    field.seen.fates[alert].done = true;
                    continue;
                }
            };
            field.told(alert, ended);
        }
        any
    }

    fn submit(&mut self, field: &mut Field<'_>, alert: usize) {
        let raised = field.seen.alerts[alert];
        let scenario = field.scenario;
        let line = addressed_line(&scenario.alerts[raised.rule].line, &number_of(raised.person));
        let clock = self.clock(field.now);
        let taken = read_line::<TEXT, _>(&line, |line| {
            let alert = line.alert.map_err(|error| error.to_string())?;
            submit(&mut self.client, clock, &alert)
        });
        match taken {
            Ok(ticket) => {
                self.alerts.insert(ticket, alert);
            }
            Err(_) => field.told(alert, Ended::Refused),
        }
    }
}

/// A kiosk's line: the scenario's, with its recipient.
fn addressed_line(line: &Value, to: &str) -> String {
    let mut line = line.clone();
    line["to"] = to.into();
    line.to_string()
}

/// Submits an alert as a kiosk does.
fn submit(client: &mut BoardClient, clock: Instant, alert: &Alert<'_>) -> Result<Ticket, String> {
    let (recipient, options) = (alert.recipient(), alert.options());
    let key = options.merge.map_or(0, |merge| merge.key);
    let mut room = [0; WORDED];
    let (before, so_far) = (client.merged(recipient, key), client.merged_text(recipient, key));
    let alert = alert
        .worded(before, so_far, &mut room)
        .map_err(|error| error.to_string())?;
    alert
        .with_content(LANGUAGE, |content| {
            client.submit(clock, recipient, content, options)
        })
        .map_err(|refused| refused.to_string())
}

/// The body that an alert of this kind has on its way, as the core writes it; for a sender who has no core.
///
/// # Errors
/// The kiosk's sentence when it does not take the line.
pub(super) fn body(scenario: &Scenario, rule: usize) -> Result<Value, String> {
    let line = &scenario.alerts[rule].line;
    let Some(members) = line.as_object() else {
        return Err("it has to be a table".to_owned());
    };
    for chosen in ["to", "on_call", "read"] {
        if members.contains_key(chosen) {
            return Err(format!(
                "\"{chosen}\" is not for a scenario's line: the scenario chooses the recipient"
            ));
        }
    }
    let mut settings = settings(scenario);
    settings.journal = false;
    let mut client = Box::new(BoardClient::new(settings));
    let clock = Instant::from_millis(0);
    client.set_clock(clock, STARTED);
    read_line::<TEXT, _>(&addressed_line(line, &number_of(0)), |line| {
        let alert = line.alert.map_err(|error| error.to_string())?;
        submit(&mut client, clock, &alert)
    })?;
    // What is held back for others goes out when it has waited long enough.
    let mut now = clock;
    loop {
        match client.poll(now) {
            Step::Send(_, request) => {
                let mut body = vec![0; request.body_len()];
                request.read_body(0, &mut body);
                return serde_json::from_slice(&body).map_err(|error| error.to_string());
            }
            Step::WaitUntil(at) if at > now => now = at,
            _ => return Err("it would never be sent".to_owned()),
        }
    }
}

impl Sender for Kiosks {
    fn raise(&mut self, field: &mut Field<'_>, alert: usize) {
        let index = field.seen.alerts[alert].kiosk;
        self.0[index].submit(field, alert);
        self.0[index].settle(field, index);
    }

    fn wake(&mut self, field: &mut Field<'_>, kiosk: usize) {
        self.0[kiosk].settle(field, kiosk);
    }

    fn end(&mut self, field: &mut Field<'_>, flight: &Flight, end: End) {
        let kiosk = &mut self.0[flight.kiosk];
        // A request of before the power went has nobody to tell.
        if !kiosk.on || flight.key != u64::from(kiosk.settings.boot) {
            return;
        }
        let Some(id) = kiosk.flying.take() else { return };
        let clock = kiosk.clock(field.now);
        match end {
            End::NotSent => kiosk.client.on_lost(clock, id, Lost::NotSent),
            End::MaybeSent => kiosk.client.on_lost(clock, id, Lost::MaybeSent),
            End::Answered(status, body) => {
                kiosk.client.on_reply(id, status);
                kiosk.client.on_reply_body(id, &body);
                kiosk.client.on_reply_end(clock, id);
            }
        }
        kiosk.settle(field, flight.kiosk);
    }

    fn webhook(&mut self, field: &mut Field<'_>, kiosk: usize, body: &str) -> bool {
        let index = kiosk;
        let kiosk = &mut self.0[index];
        let prefix = kiosk.client.callback_prefix();
        let filter = Filter {
            phone_number_id: Some(NUMBER_ID),
            callback_prefix: prefix.as_str(),
        };
        let mut receiver = Receiver::<STAGE>::new(Check::dangerous_unchecked(), filter, 0);
        let clock = kiosk.clock(field.now);
        let answer = receiver.push(body.as_bytes()).ok().and_then(|()| {
            let batch = receiver.finish().ok()?;
            Some(kiosk.client.on_webhook(clock, None, &batch))
        });
        kiosk.settle(field, index);
        // What it cannot read it refuses, and Meta posts it again.
        answer == Some(WebhookAnswer::Taken)
    }

    fn power(&mut self, field: &mut Field<'_>, kiosk: usize, on: bool) {
        let index = kiosk;
        let kiosk = &mut self.0[index];
        kiosk.on = on;
        if on {
            kiosk.start(field.now);
            kiosk.settle(field, index);
        }
    }
}
