//! The day as it is told: one line for what happens to many alerts of one kind at a time.

use super::{Say, script};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Simulated time for which a line waits for others of its kind.
const GATHER: Duration = Duration::from_secs(45);

const ACCEPTED: &str = "accepted by Meta";
/// What becomes of most alerts, step by step.
const STEPS: [&str; 4] = ["goes out", ACCEPTED, "delivered", "read"];

/// A line that waits for more of its kind.
struct Line {
    at: Duration,
    who: &'static str,
    /// Name of the alerts, without their numbers.
    stem: String,
    numbers: BTreeSet<u32>,
    /// What happened to them.
    what: String,
    /// What is to be said of the first only.
    detail: String,
}

/// Tells the day. Each call brings the time, since the opening.
pub(super) struct Story {
    say: Say,
    /// In the order of their beginning, all with one stem.
    waiting: Vec<Line>,
    names: BTreeMap<u64, String>,
    /// Messages to people on call.
    calls: BTreeSet<u64>,
    read: BTreeSet<u64>,
    /// How many alerts went in the message of another one.
    merged: BTreeMap<u64, usize>,
    /// Who is on call, by the alert's own reference.
    on_call: BTreeMap<String, Vec<&'static str>>,
    /// What people are called, by number.
    people: BTreeMap<&'static str, &'static str>,
}

impl Story {
    pub(super) fn new(say: Say) -> Self {
        Self {
            say,
            waiting: Vec::new(),
            names: BTreeMap::new(),
            calls: BTreeSet::new(),
            read: BTreeSet::new(),
            merged: BTreeMap::new(),
            on_call: BTreeMap::new(),
            people: script::names(),
        }
    }

    /// What is to be seen next.
    pub(super) fn scene(&mut self, title: &str) {
        self.flush();
        (self.say)(String::new());
        (self.say)(format!("── {title}"));
    }

    /// A line that stands for itself.
    pub(super) fn tell(&mut self, now: Duration, who: &'static str, what: &str) {
        self.flush();
        self.print(now, who, what);
    }

    /// An alert is raised.
    pub(super) fn raised(&mut self, now: Duration, alert: &Value) {
        let reference = alert["ref"].as_str().unwrap_or_default();
        let to = if let Some(all) = alert["on_call"].as_array() {
            let people: Vec<_> = all.iter().map(|to| self.person(to)).collect();
            let to = people.join(", then ");
            self.on_call.insert(reference.to_owned(), people);
            to
        } else {
            self.person(&alert["to"]).to_owned()
        };
        let text = alert["text"]
            .as_str()
            .or(alert["template"]["body"][0].as_str())
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default();
        self.add(now, "alert", reference, format!("for {to}"), format!(": {text}"));
    }

    fn person(&self, number: &Value) -> &'static str {
        let name = number.as_str().and_then(|number| self.people.get(number));
        name.copied().unwrap_or("somebody")
    }

    /// An event of the kiosk's.
    pub(super) fn event(&mut self, now: Duration, event: &Value) {
        self.name(event);
        let Some(mut what) = words(event) else {
            return;
        };
        let Some(ticket) = event["ticket"].as_u64() else {
            self.tell(now, "kiosk", &what);
            return;
        };
        if let Some(into) = event["into"].as_u64() {
            what = format!("{what} into {}", self.called(into));
            *self.merged.entry(into).or_insert(1) += 1;
        }
        if event["status"] == "read" {
            self.read.insert(ticket);
        } else if event["status"] == "delivered" && self.read.contains(&ticket) {
            // Webhooks come in any order.
            return;
        }
        match (event["event"].as_str(), self.merged.get(&ticket)) {
            // The alarm's own outcome says it.
            (Some("outcome"), _) if self.calls.contains(&ticket) => return,
            (Some("accepted"), Some(alerts)) => {
                what = format!("{ACCEPTED} as one message for {alerts} alerts");
            }
            _ => {}
        }
        self.add(now, "kiosk", &self.called(ticket), what, String::new());
    }

    fn called(&self, ticket: u64) -> String {
        let name = self.names.get(&ticket);
        name.cloned().unwrap_or_else(|| format!("ticket-{ticket}"))
    }

    /// Learns what a ticket is called.
    fn name(&mut self, event: &Value) {
        let Some(ticket) = event["ticket"].as_u64() else {
            return;
        };
        match event["event"].as_str() {
            Some("submitted") => {
                let name = event["ref"].as_str().map(ToOwned::to_owned);
                self.names.extend(name.map(|name| (ticket, name)));
            }
            Some("told") => {
                let alarm = self.called(event["alarm"].as_u64().unwrap_or_default());
                let place = event["place"].as_u64().unwrap_or_default() as usize;
                let person = self.on_call.get(&alarm).and_then(|people| people.get(place));
                let person = person.copied().unwrap_or("somebody");
                let what = if event["taken"] == true { "word" } else { &alarm };
                self.names.insert(ticket, format!("{what} to {person}"));
                self.calls.insert(ticket);
            }
            _ => {}
        }
    }

    /// Adds to a line that waits, or begins one.
    fn add(&mut self, now: Duration, who: &'static str, name: &str, what: String, detail: String) {
        self.flush_old(now);
        let numbered = name
            .rsplit_once('-')
            .and_then(|(stem, number)| Some((stem, number.parse().ok()?)));
        let (stem, number) = numbered.map_or((name, None), |(stem, number)| (stem, Some(number)));
        if self.waiting.iter().any(|line| line.stem != stem) {
            self.flush();
        }
        let like = |line: &&mut Line| line.who == who && line.what == what && number.is_some();
        if let Some(line) = self.waiting.iter_mut().find(like) {
            line.numbers.extend(number);
        } else {
            self.waiting.push(Line {
                at: now,
                who,
                stem: stem.to_owned(),
                numbers: number.into_iter().collect(),
                what,
                detail,
            });
        }
    }

    /// Prints what has waited long enough.
    pub(super) fn flush_old(&mut self, now: Duration) {
        let oldest = self.waiting.first();
        if oldest.is_some_and(|line| line.at.saturating_add(GATHER) <= now) {
            self.flush();
        }
    }

    /// Prints all that waits: for what went its way without delay, one line.
    pub(super) fn flush(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter().peekable();
        while let Some(Line {
            at,
            who,
            stem,
            numbers,
            mut what,
            detail,
        }) = waiting.next()
        {
            if STEPS.contains(&what.as_str()) {
                while let Some(next) =
                    waiting.next_if(|next| next.numbers == numbers && STEPS.contains(&next.what.as_str()))
                {
                    what = match next.at.saturating_sub(at).as_secs() {
                        0..2 => format!("{what}, {}", next.what),
                        seconds => format!("{what}, {} after {seconds} s", next.what),
                    };
                }
            }
            let numbers = ranges(&numbers);
            let dash = if numbers.is_empty() { "" } else { "-" };
            self.print(at, who, &format!("{stem}{dash}{numbers} {what}{detail}"));
        }
    }

    /// One line for a person: time of day, who says it, what.
    fn print(&self, now: Duration, who: &str, what: &str) {
        let seconds = (script::OPENS + now).as_secs() % DAY;
        (self.say)(format!(
            "{:02}:{:02}:{:02}  {who:<5}  {what}",
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60
        ));
    }
}

/// Numbers as people write them: `1 to 5, 7`.
fn ranges(numbers: &BTreeSet<u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let range = |(first, last): &(u32, u32)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    };
    let all: Vec<_> = ranges.iter().map(range).collect();
    all.join(", ")
}

/// What an event says, behind the name of its alert if it has a ticket; none for what is too small to tell.
fn words(event: &Value) -> Option<String> {
    let text = |key: &str| event[key].as_str().unwrap_or_default();
    Some(match text("event") {
        "refused" => format!("line refused: {}", text("reason")),
        "accepted" => ACCEPTED.to_owned(),
        "deferred" => format!(
            "refused for now ({}: {}), goes out again",
            event["code"],
            text("title")
        ),
        "not_sent" => "not sent, goes out again".to_owned(),
        "maybe_sent" => "maybe sent: the answer was lost; a status will tell, else they go again".to_owned(),
        "duplicate" => "arrived twice".to_owned(),
        "restored" => "restored from the journal".to_owned(),
        "held" => format!("everything waits: {} {}", event["code"], text("title")),
        "resumed" => "sending goes on".to_owned(),
        "told" if event["taken"] == true => "goes out: whoever has the alarm hears who took it".to_owned(),
        "told" if event["place"] == 0 => "goes out".to_owned(),
        "told" => "goes out: nobody took it in time, it ESCALATES".to_owned(),
        "message" => {
            let said = event["title"].as_str().or(event["text"].as_str());
            let name = event["name"].as_str().unwrap_or("somebody");
            format!("{name} answers: {}", said.unwrap_or("something"))
        }
        "status" if text("status") == "failed" => format!("failed: {}", event["code"]),
        "status" if matches!(text("status"), "delivered" | "read") => text("status").to_owned(),
        "outcome" if text("outcome") == "acknowledged" => "ACKNOWLEDGED".to_owned(),
        "outcome" if text("outcome") == "merged" => "merged".to_owned(),
        "outcome"
            if matches!(
                text("outcome"),
                "expired" | "failed" | "unknown" | "evicted" | "unanswered"
            ) =>
        {
            format!("ended: {}", text("outcome"))
        }
        "link" if text("state") == "down" => format!("link down: {}", text("reason")),
        "link" => "link up".to_owned(),
        "warning" => text("text").to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::cell::RefCell;
    use std::rc::Rc;

    struct Told {
        story: Story,
        lines: Rc<RefCell<Vec<String>>>,
    }

    impl Told {
        fn new() -> Self {
            let lines = Rc::new(RefCell::new(Vec::new()));
            let into = Rc::clone(&lines);
            Self {
                story: Story::new(Rc::new(move |line| into.borrow_mut().push(line))),
                lines,
            }
        }

        fn event(&mut self, second: u64, event: &Value) {
            self.story.event(Duration::from_secs(second), event);
        }

        fn lines(mut self) -> Vec<String> {
            self.story.flush();
            self.lines.take()
        }
    }

    #[test]
    fn numbers_that_follow_one_another_are_a_range() {
        for (numbers, expected) in [
            (vec![], ""),
            (vec![7], "7"),
            (vec![1, 2], "1, 2"),
            (vec![5, 3, 4, 1, 9], "1, 3 to 5, 9"),
        ] {
            assert_eq!(ranges(&numbers.into_iter().collect()), expected);
        }
    }

    #[test]
    fn what_happens_to_many_of_a_kind_is_one_line_and_others_have_their_own() {
        let mut told = Told::new();
        for (ticket, name) in [(1, "room-1"), (2, "room-2"), (3, "door")] {
            told.event(0, &json!({"event": "submitted", "ticket": ticket, "ref": name}));
        }
        for ticket in [2, 1, 3] {
            told.event(1, &json!({"event": "accepted", "ticket": ticket}));
        }
        let expected = [
            "06:00:01  kiosk  room-1, 2 accepted by Meta",
            "06:00:01  kiosk  door accepted by Meta",
        ];
        assert_eq!(told.lines(), expected);
    }

    #[test]
    fn a_line_does_not_wait_for_ever() {
        let mut told = Told::new();
        for (second, ticket) in [(0, 1), (44, 2), (46, 3)] {
            told.event(
                second,
                &json!({"event": "submitted", "ticket": ticket, "ref": format!("room-{ticket}")}),
            );
            told.event(second, &json!({"event": "accepted", "ticket": ticket}));
        }
        let expected = [
            "06:00:00  kiosk  room-1, 2 accepted by Meta",
            "06:00:46  kiosk  room-3 accepted by Meta",
        ];
        assert_eq!(told.lines(), expected);
    }

    #[test]
    fn an_alarm_is_told_with_the_names_of_those_on_call() {
        let mut told = Told::new();
        let alert = json!({"on_call": ["+4915112340001", "+4915112340002"], "text": "Water", "ref": "leak"});
        told.story.raised(Duration::ZERO, &alert);
        told.event(0, &json!({"event": "submitted", "ticket": 1, "ref": "leak"}));
        told.event(
            180,
            &json!({"event": "told", "alarm": 1, "ticket": 3, "place": 1}),
        );
        told.event(
            181,
            &json!({"event": "outcome", "ticket": 1, "outcome": "acknowledged"}),
        );
        let expected = [
            "06:00:00  alert  leak for Marta (duty), then Jonas (technician): Water",
            "06:03:00  kiosk  leak to Jonas (technician) goes out: nobody took it in time, it ESCALATES",
            "06:03:01  kiosk  leak ACKNOWLEDGED",
        ];
        assert_eq!(told.lines(), expected);
    }

    #[test]
    fn what_goes_its_way_is_one_line_and_says_for_how_many_it_goes() {
        let mut told = Told::new();
        for ticket in 1..=3 {
            told.event(
                0,
                &json!({"event": "submitted", "ticket": ticket, "ref": format!("door-{ticket}")}),
            );
        }
        told.event(0, &json!({"event": "accepted", "ticket": 1}));
        told.event(1, &json!({"event": "status", "ticket": 1, "status": "delivered"}));
        told.event(9, &json!({"event": "status", "ticket": 1, "status": "read"}));
        told.event(
            10,
            &json!({"event": "outcome", "ticket": 3, "outcome": "merged", "into": 2}),
        );
        told.event(60, &json!({"event": "accepted", "ticket": 2}));
        let expected = [
            "06:00:00  kiosk  door-1 accepted by Meta, delivered, read after 9 s",
            "06:00:10  kiosk  door-3 merged into door-2",
            "06:01:00  kiosk  door-2 accepted by Meta as one message for 2 alerts",
        ];
        assert_eq!(told.lines(), expected);
    }
}
