//! What a desktop's kiosk has in its outbox, gathered from its lines and told to a simulated cloud's page.
//!
//! The lines say everything: the input whom an alert is to, the events what becomes of it. Each report is the whole
//! picture, and none holds the kiosk up: one that is lost is made up for by the next. Of recipients only the last four
//! characters are kept, and no text.

use super::api::CloudAt;
use embedded_io_async::{ErrorType, Read, Write};
use hyper::Method;
use serde_json::Value;
use squab::cloud::{EndedMessage, KioskReport, OpenMessage, Standing};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Messages that a report lists; it counts all.
const LISTED: usize = 100;
/// Outcomes that are kept.
const ENDED: usize = 10;
/// Longest line that is looked at: one that is longer the kiosk refuses.
const LINE: usize = 64 * 1024;
/// Shortest time between two reports, and longest.
const PAUSE: Duration = Duration::from_millis(250);
const SILENCE: Duration = Duration::from_secs(5);
/// Longest time that a report may take, and the last one, which the kiosk's end waits for.
const PATIENCE: Duration = Duration::from_secs(5);
const LAST: Duration = Duration::from_secs(2);

/// What an input's line said of an alert.
#[derive(Clone, Default)]
struct Alert {
    reference: Option<String>,
    /// The last four characters of each recipient.
    to: Vec<String>,
    priority: Option<String>,
    /// It is to several, who have messages of their own.
    several: bool,
}

impl Alert {
    fn read(line: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(line) else {
            return Self::default();
        };
        let list = value["to"].as_array().or_else(|| value["on_call"].as_array());
        let one = value["to"].as_str().or_else(|| value["group"].as_str());
        let all = list.into_iter().flatten().filter_map(Value::as_str);
        let priority = value["priority"].as_str().unwrap_or("normal");
        Self {
            reference: None,
            to: all.chain(one).take(16).map(tail).collect(),
            priority: Some(priority.to_owned()),
            several: list.is_some(),
        }
    }

    fn to(&self) -> Option<String> {
        Some(self.to.join(", ")).filter(|to| !to.is_empty())
    }
}

fn tail(name: &str) -> String {
    let skip = name.chars().count().saturating_sub(4);
    format!("…{}", name.chars().skip(skip).collect::<String>())
}

/// A ticket without an outcome.
struct Open {
    alert: Alert,
    state: Standing,
    why: String,
    saved: bool,
    taken: Instant,
    since: Instant,
}

/// Cuts bytes into lines.
#[derive(Default)]
struct Lines {
    line: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE.saturating_sub(self.line.len());
            let end = piece.strip_suffix(b"\n");
            let text = end.unwrap_or(piece);
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            if end.is_some() {
                each(&self.line);
                self.line.clear();
            }
        }
    }
}

/// What is gathered.
#[derive(Default)]
struct Gathered {
    input: Lines,
    output: Lines,
    /// The number of the last whole line of the input; the kiosk counts likewise.
    number: u64,
    /// Lines that the kiosk has not answered.
    asked: BTreeMap<u64, Alert>,
    open: BTreeMap<u64, Open>,
    /// The latest first, with the time.
    ended: VecDeque<(Instant, EndedMessage)>,
    link: Option<String>,
    held: Option<String>,
}

impl Gathered {
    fn read(&mut self, bytes: &[u8]) {
        let (number, asked) = (&mut self.number, &mut self.asked);
        // Without a line feed at the input's end the last line has none.
        let ends: &[u8] = if bytes.is_empty() { b"\n" } else { bytes };
        self.input.push(ends, |line| {
            *number += 1;
            if !line.trim_ascii().is_empty() {
                asked.insert(*number, Alert::read(line));
            }
        });
    }

    /// Takes what was written; whether it ended a line.
    fn wrote(&mut self, now: Instant, bytes: &[u8]) -> bool {
        let mut output = std::mem::take(&mut self.output);
        let mut ended = false;
        output.push(bytes, |line| {
            ended = true;
            if let Ok(event) = serde_json::from_slice(line) {
                self.event(now, &event);
            }
        });
        self.output = output;
        ended
    }

    fn event(&mut self, now: Instant, event: &Value) {
        let text = |name: &str| event[name].as_str().map(str::to_owned);
        // Every answer to a line has its number, and they come in order.
        let mut alert = Alert::default();
        if let Some(line) = event["line"].as_u64() {
            let later = self.asked.split_off(&(line + 1));
            alert = self.asked.remove(&line).unwrap_or_default();
            self.asked = later;
        }
        alert.reference = text("ref");
        let code = || match (event["code"].as_u64(), event["title"].as_str()) {
            (Some(code), Some(title)) => format!("{code} ({title})"),
            (Some(code), None) => code.to_string(),
            _ => "no reason".to_owned(),
        };
        match event["event"].as_str() {
            Some("link") => {
                let why = || format!("requests fail: {}", text("reason").unwrap_or_default());
                self.link = (event["state"] == "down").then(why);
            }
            Some("held") => {
                self.held = Some(format!("nothing is sent until the owner has acted: {}", code()));
            }
            Some("resumed") => self.held = None,
            _ => {}
        }
        let Some(ticket) = event["ticket"].as_u64() else {
            return;
        };
        let (state, why) = match event["event"].as_str() {
            Some("submitted") if alert.several => (Standing::Alarm, "nobody has taken it".to_owned()),
            Some("submitted") => (Standing::Waiting, "its turn has not come".to_owned()),
            Some("restored") => (
                Standing::Waiting,
                "the journal had it from before the start".to_owned(),
            ),
            Some("told") => {
                let place = event["place"]
                    .as_u64()
                    .and_then(|place| usize::try_from(place).ok());
                let alarm = event["alarm"]
                    .as_u64()
                    .and_then(|alarm| self.open.get_mut(&alarm));
                if let Some(alarm) = alarm {
                    alarm.state = Standing::Alarm;
                    alert = alarm.alert.clone();
                    let to = place.and_then(|place| alert.to.get(place).cloned());
                    alert.to = to.into_iter().collect();
                }
                (Standing::Waiting, "its turn has not come".to_owned())
            }
            Some("accepted") => (Standing::Accepted, "no status has come".to_owned()),
            Some("status") if event["status"] != "failed" => (
                Standing::Accepted,
                format!("Meta says: {}", text("status").unwrap_or_default()),
            ),
            Some("deferred") => (Standing::Waiting, format!("Meta refused it for now: {}", code())),
            Some("not_sent") => (
                Standing::Waiting,
                "the request failed before Meta had it".to_owned(),
            ),
            Some("maybe_sent") => (
                Standing::MaybeSent,
                "the answer was lost; a status may tell, else it goes again".to_owned(),
            ),
            Some("saved") => {
                if let Some(open) = self.open.get_mut(&ticket) {
                    open.saved = true;
                }
                return;
            }
            Some("outcome") => {
                self.end(now, ticket, event);
                return;
            }
            _ => return,
        };
        let new = matches!(event["event"].as_str(), Some("submitted" | "restored" | "told"));
        match self.open.get_mut(&ticket) {
            Some(open) => {
                if open.state != state {
                    open.since = now;
                }
                (open.state, open.why) = (state, why);
            }
            None if new => {
                let open = Open {
                    saved: event["event"] == "restored",
                    alert,
                    state,
                    why,
                    taken: now,
                    since: now,
                };
                self.open.insert(ticket, open);
            }
            // A status of a message that has its outcome.
            None => {}
        }
    }

    fn end(&mut self, now: Instant, ticket: u64, event: &Value) {
        let alert = self
            .open
            .remove(&ticket)
            .map(|open| open.alert)
            .unwrap_or_default();
        let to = alert.to();
        let ended = EndedMessage {
            ticket: narrow(ticket),
            reference: alert.reference,
            to,
            outcome: event["outcome"].as_str().unwrap_or_default().to_owned(),
            code: event["code"].as_u64().map(narrow),
            ago_ms: 0,
        };
        self.ended.push_front((now, ended));
        self.ended.truncate(ENDED);
    }

    fn report(&self, now: Instant, running: bool, under_way: usize) -> KioskReport {
        let count = |state| self.open.values().filter(|open| open.state == state).count();
        let count = |state| narrow(count(state) as u64);
        let since =
            |at: Instant| u64::try_from(now.saturating_duration_since(at).as_millis()).unwrap_or(u64::MAX);
        let message = |(ticket, open): (&u64, &Open)| OpenMessage {
            ticket: narrow(*ticket),
            reference: open.alert.reference.clone(),
            to: open.alert.to(),
            priority: open.alert.priority.clone(),
            state: open.state,
            why: open.why.clone(),
            saved: open.saved,
            age_ms: since(open.taken),
            state_ms: since(open.since),
        };
        let ended = |(at, ended): &(Instant, EndedMessage)| EndedMessage {
            ago_ms: since(*at),
            ..ended.clone()
        };
        KioskReport {
            running,
            waiting: count(Standing::Waiting),
            under_way: narrow(under_way as u64),
            maybe_sent: count(Standing::MaybeSent),
            accepted: count(Standing::Accepted),
            alarms: count(Standing::Alarm),
            trouble: self.held.clone().or_else(|| self.link.clone()),
            messages: self.open.iter().take(LISTED).map(message).collect(),
            ended: self.ended.iter().map(ended).collect(),
        }
    }
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// An outbox that is told to a cloud.
pub(crate) struct Outbox {
    cloud: CloudAt,
    path: String,
    gathered: RefCell<Gathered>,
    changed: Notify,
}

impl Outbox {
    /// Of the kiosk with this number in its fleet.
    pub(crate) fn new(cloud: CloudAt, device: u32) -> Self {
        Self {
            cloud,
            path: format!("/kiosks/kiosk-{device}"),
            gathered: RefCell::default(),
            changed: Notify::new(),
        }
    }

    /// Reports what has changed, for ever. `under_way` is asked for the requests that are.
    pub(crate) async fn tell(&self, under_way: impl Fn() -> usize) {
        let mut away = false;
        loop {
            let report = self.gathered.borrow().report(Instant::now(), true, under_way());
            match self.put(&report, PATIENCE).await {
                Ok(()) => away = false,
                // Once until it works again.
                Err(why) if !away => {
                    away = true;
                    eprintln!("the outbox is not shown: {why}");
                }
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
            // In time, or not: there is something to say either way.
            let _ = tokio::time::timeout(SILENCE, self.changed.notified()).await;
        }
    }

    /// Reports that the kiosk has ended.
    pub(crate) async fn end(&self) {
        let report = self.gathered.borrow().report(Instant::now(), false, 0);
        // Whoever is away has been told of.
        let _ = self.put(&report, LAST).await;
    }

    async fn put(&self, report: &KioskReport, patience: Duration) -> Result<(), super::Failure> {
        let body = serde_json::to_value(report)?;
        let asked = self.cloud.ask(Method::PUT, &self.path, Some(&body));
        tokio::time::timeout(patience, asked)
            .await
            .map_err(|_| "no answer in time")??;
        Ok(())
    }
}

/// A kiosk's input or output, with an outbox that reads along if there is one.
pub(crate) struct Overheard<S> {
    /// The stream itself.
    pub(crate) stream: S,
    /// Who reads along.
    pub(crate) outbox: Option<Rc<Outbox>>,
}

impl<S: ErrorType> ErrorType for Overheard<S> {
    type Error = S::Error;
}

impl<S: Read> Read for Overheard<S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, S::Error> {
        let count = self.stream.read(buf).await?;
        if let Some(outbox) = &self.outbox {
            outbox.gathered.borrow_mut().read(&buf[..count]);
        }
        Ok(count)
    }
}

impl<S: Write> Write for Overheard<S> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, S::Error> {
        let count = self.stream.write(buf).await?;
        if let Some(outbox) = &self.outbox
            && outbox.gathered.borrow_mut().wrote(Instant::now(), &buf[..count])
        {
            outbox.changed.notify_one();
        }
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), S::Error> {
        self.stream.flush().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_io_adapters::tokio_1::FromTokio;
    use squab::cloud::{Cloud, CloudHandle, CloudSettings};

    /// What a kiosk that read `input` and wrote `output` reports.
    fn report(input: &str, output: &[&str]) -> KioskReport {
        let (mut gathered, now) = (Gathered::default(), Instant::now());
        // In pieces, as streams give them.
        for piece in input.as_bytes().chunks(7) {
            gathered.read(piece);
        }
        for line in output {
            assert!(gathered.wrote(now, format!("{line}\n").as_bytes()));
        }
        gathered.report(now, true, 0)
    }

    /// The first picture of `kiosk-7` that fits.
    async fn seen(cloud: &CloudHandle, fits: impl Fn(&KioskReport) -> bool) -> KioskReport {
        let look = async {
            loop {
                let kiosks = cloud.kiosks();
                let kiosk = kiosks.into_iter().find(|kiosk| kiosk.name == "kiosk-7");
                match kiosk.map(|kiosk| kiosk.outbox).filter(&fits) {
                    Some(outbox) => return outbox,
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), look)
            .await
            .expect("a report in time")
    }

    #[tokio::test]
    async fn what_is_told_while_the_cloud_is_away_is_in_the_first_report_after_and_no_byte_waits_for_it() {
        let settings = CloudSettings {
            tls: false,
            ..CloudSettings::default()
        };
        let cloud = Cloud::start(settings).await.unwrap();
        let at = CloudAt {
            cloud: format!("http://{}", cloud.addr()),
            ca: None,
        };
        let outbox = Rc::new(Outbox::new(at, 7));
        let kiosk = async {
            let mut written = Vec::new();
            let (mut input, mut output) = (
                Overheard {
                    stream: ALERT.as_bytes(),
                    outbox: Some(Rc::clone(&outbox)),
                },
                Overheard {
                    stream: FromTokio::new(&mut written),
                    outbox: Some(Rc::clone(&outbox)),
                },
            );
            assert_eq!(seen(&cloud, |report| report.running).await.waiting, 0);
            cloud.go_offline();
            let mut read = Vec::new();
            let mut piece = [0; 16];
            loop {
                match input.read(&mut piece).await.unwrap() {
                    0 => break,
                    count => read.extend_from_slice(&piece[..count]),
                }
            }
            assert_eq!(read, ALERT.as_bytes());
            for line in SUBMITTED {
                output.write_all(format!("{line}\n").as_bytes()).await.unwrap();
            }
            assert_eq!(cloud.kiosks()[0].outbox.waiting, 0, "nothing reaches it");
            cloud.go_online().await.unwrap();
            let report = seen(&cloud, |report| report.waiting == 2).await;
            assert_eq!((report.under_way, report.messages.len()), (3, 2));
            assert_eq!(written, format!("{}\n", SUBMITTED.join("\n")).as_bytes());
        };
        tokio::select! {
            () = kiosk => {}
            () = outbox.tell(|| 3) => {}
        }
        outbox.end().await;
        assert!(!seen(&cloud, |report| !report.running).await.running);
    }

    const ALERT: &str = r#"
{"to":"+16505551234","text":"Leak","priority":"urgent","ref":"w1"}
{"to":"+4915112345678","text":"Door"}
"#;
    const SUBMITTED: [&str; 2] = [
        r#"{"event":"submitted","ticket":1,"line":2,"ref":"w1"}"#,
        r#"{"event":"submitted","ticket":2,"line":3}"#,
    ];

    #[test]
    fn an_alert_waits_with_the_last_four_digits_its_priority_and_its_reference_and_without_its_text() {
        let report = report(ALERT, &SUBMITTED);
        assert_eq!((report.waiting, report.messages.len()), (2, 2));
        let (leak, door) = (&report.messages[0], &report.messages[1]);
        assert_eq!(leak.to.as_deref(), Some("…1234"));
        assert_eq!(
            (leak.priority.as_deref(), leak.reference.as_deref()),
            (Some("urgent"), Some("w1"))
        );
        assert_eq!(
            (door.to.as_deref(), door.priority.as_deref()),
            (Some("…5678"), Some("normal"))
        );
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains("Leak") && !json.contains("555"), "{json}");
    }

    #[test]
    fn each_event_moves_its_message_and_an_outcome_takes_it_out() {
        let mut events = SUBMITTED.to_vec();
        let mut after = |event| {
            events.push(event);
            let report = report(ALERT, &events);
            let why = report.messages.iter().find(|message| message.ticket == 1);
            let why = why.map(|message| message.why.clone()).unwrap_or_default();
            (report.waiting, report.maybe_sent, report.accepted, why)
        };
        let (.., why) = after(r#"{"event":"deferred","ticket":1,"code":131056,"title":"Too many"}"#);
        assert_eq!(why, "Meta refused it for now: 131056 (Too many)");
        let (waiting, maybe_sent, accepted, _) = after(r#"{"event":"maybe_sent","ticket":1}"#);
        assert_eq!((waiting, maybe_sent, accepted), (1, 1, 0));
        // A status shows that a message arrived whose answer was lost.
        let (waiting, maybe_sent, accepted, why) =
            after(r#"{"event":"status","ticket":1,"id":"w","status":"delivered"}"#);
        assert_eq!((waiting, maybe_sent, accepted), (1, 0, 1));
        assert_eq!(why, "Meta says: delivered");
        let (waiting, _, accepted, _) = after(r#"{"event":"outcome","ticket":1,"outcome":"read"}"#);
        assert_eq!((waiting, accepted), (1, 0));
        let report = report(ALERT, &events);
        assert_eq!(
            (
                report.ended[0].outcome.as_str(),
                report.ended[0].reference.as_deref()
            ),
            ("read", Some("w1"))
        );
    }

    #[test]
    fn an_alert_to_several_stands_beside_its_messages_each_with_its_own_recipient() {
        let input = "{\"on_call\":[\"+16505551234\",\"+16505559876\"],\"text\":\"Leak\"}\n";
        let output = [
            r#"{"event":"submitted","ticket":1,"line":1}"#,
            r#"{"event":"told","alarm":1,"ticket":2,"place":1}"#,
        ];
        let report = report(input, &output);
        assert_eq!((report.alarms, report.waiting), (1, 1));
        assert_eq!(report.messages[0].to.as_deref(), Some("…1234, …9876"));
        assert_eq!(report.messages[1].to.as_deref(), Some("…9876"));
    }

    #[test]
    fn what_holds_everything_up_is_told_until_it_is_over() {
        let down = r#"{"event":"link","state":"down","reason":"no route"}"#;
        let held = r#"{"event":"held","code":190,"title":"Token"}"#;
        let trouble = |events: &[&str]| report("", events).trouble.unwrap_or_default();
        assert_eq!(trouble(&[down]), "requests fail: no route");
        assert!(trouble(&[down, held]).ends_with("190 (Token)"));
        let (resumed, up) = (r#"{"event":"resumed"}"#, r#"{"event":"link","state":"up"}"#);
        assert_eq!(trouble(&[down, held, resumed]), "requests fail: no route");
        assert_eq!(trouble(&[down, up]), "");
    }

    #[test]
    fn a_report_lists_100_messages_counts_all_and_has_room_in_what_the_cloud_takes() {
        let to: Vec<_> = (0..16).map(|nth| format!("\"+1650555{nth:04}\"")).collect();
        let line = format!("{{\"to\":[{}]}}\n", to.join(","));
        let reference = "\\u0001".repeat(64);
        let event =
            |nth| format!(r#"{{"event":"submitted","ticket":{nth},"line":{nth},"ref":"{reference}"}}"#);
        let events: Vec<_> = (1..=512).map(event).collect();
        let events: Vec<_> = events.iter().map(String::as_str).collect();
        let report = report(&line.repeat(512), &events);
        assert_eq!((report.alarms, report.messages.len()), (512, LISTED));
        let bytes = serde_json::to_vec(&report).unwrap().len();
        assert!(bytes < squab::cloud::REPORT_LIMIT, "{bytes}");
    }

    #[test]
    fn a_line_longer_than_any_alert_counts_and_takes_no_more_memory_than_64_kib() {
        let mut gathered = Gathered::default();
        gathered.read(&vec![b'x'; 3 * LINE]);
        assert_eq!(gathered.input.line.len(), LINE);
        gathered.read(b"\n{\"to\":\"+16505551234\"}");
        gathered.read(b"");
        assert_eq!(gathered.asked[&2].to, ["…1234"]);
    }
}
