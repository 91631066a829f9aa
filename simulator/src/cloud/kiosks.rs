//! What kiosks say of their outboxes, for page and test API: the cloud believes it, and judges nothing by it.
//!
//! A report is the whole picture and takes the place of the one before, so that one that was lost is made up for by the
//! next. Times are real ones, whatever the cloud's clock does. Memory: [`KIOSKS_KEPT`] reports of at most
//! [`REPORT_LIMIT`] bytes.

use super::history::Change;
use super::state::State;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Kiosks whose latest reports are kept; one more takes the place of the one that was silent longest.
pub const KIOSKS_KEPT: usize = 32;
/// Most bytes of a report.
pub const REPORT_LIMIT: usize = 128 << 10;
/// Most messages of a report, and most ended ones.
pub const REPORTED_MESSAGES: usize = 200;
/// Longest name of a kiosk, in bytes.
pub const KIOSK_NAME_LIMIT: usize = 64;

/// Where a message stands, as its kiosk tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Meta has not taken it yet.
    Waiting,
    /// Its answer was lost: Meta may have it.
    MaybeSent,
    /// Meta has it; its statuses are waited for.
    Accepted,
    /// No message but an alert to several, whose messages are told by themselves: somebody has to take it.
    Alarm,
}

/// A message that has no outcome yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenMessage {
    /// The kiosk's own number of it.
    pub ticket: u32,
    /// The reference that the alert came with.
    #[serde(default, rename = "ref")]
    pub reference: Option<String>,
    /// Whom it is to: the last four characters of each; null if the kiosk does not know it any more.
    #[serde(default)]
    pub to: Option<String>,
    /// `low`, `normal` or `urgent`; null as for `to`.
    #[serde(default)]
    pub priority: Option<String>,
    /// Where it stands.
    pub state: Standing,
    /// Why it stands there.
    pub why: String,
    /// The kiosk's journal has it.
    #[serde(default)]
    pub saved: bool,
    /// Milliseconds since it was taken in, or restored.
    pub age_ms: u64,
    /// Milliseconds since it stands where it does.
    pub state_ms: u64,
}

/// A message that has its outcome.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndedMessage {
    /// As in [`OpenMessage`].
    pub ticket: u32,
    /// As in [`OpenMessage`].
    #[serde(default, rename = "ref")]
    pub reference: Option<String>,
    /// As in [`OpenMessage`].
    #[serde(default)]
    pub to: Option<String>,
    /// The word of the kiosk's event `outcome`.
    pub outcome: String,
    /// Meta's code, if it failed.
    #[serde(default)]
    pub code: Option<u32>,
    /// Milliseconds since.
    pub ago_ms: u64,
}

/// The whole picture of an outbox.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KioskReport {
    /// False: the kiosk has ended.
    pub running: bool,
    /// Messages that Meta has not taken yet, those under way among them.
    pub waiting: u32,
    /// Requests under way.
    pub under_way: u32,
    /// Messages whose answers were lost.
    pub maybe_sent: u32,
    /// Messages that Meta has, without an outcome.
    pub accepted: u32,
    /// Alerts to several that nobody has taken.
    #[serde(default)]
    pub alarms: u32,
    /// What holds all of it up: requests fail, or Meta takes nothing until the owner has acted.
    #[serde(default)]
    pub trouble: Option<String>,
    /// The oldest messages without an outcome, at most [`REPORTED_MESSAGES`].
    pub messages: Vec<OpenMessage>,
    /// The latest outcomes, the latest first.
    #[serde(default)]
    pub ended: Vec<EndedMessage>,
}

impl std::fmt::Debug for KioskReport {
    /// Without references and numbers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KioskReport")
            .field("running", &self.running)
            .field("waiting", &self.waiting)
            .field("under_way", &self.under_way)
            .field("maybe_sent", &self.maybe_sent)
            .field("accepted", &self.accepted)
            .finish_non_exhaustive()
    }
}

impl KioskReport {
    /// Whether the two say the same, but for their times.
    fn tells_as(&self, other: &Self) -> bool {
        let timeless = |report: &Self| {
            let mut report = report.clone();
            for message in &mut report.messages {
                (message.age_ms, message.state_ms) = (0, 0);
            }
            for ended in &mut report.ended {
                ended.ago_ms = 0;
            }
            report
        };
        timeless(self) == timeless(other)
    }

    /// Makes every time longer.
    fn age(&mut self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        for message in &mut self.messages {
            message.age_ms = message.age_ms.saturating_add(by);
            message.state_ms = message.state_ms.saturating_add(by);
        }
        for ended in &mut self.ended {
            ended.ago_ms = ended.ago_ms.saturating_add(by);
        }
    }
}

/// What is known of a kiosk's outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KioskView {
    /// How it calls itself.
    pub name: String,
    /// How old the picture is: real milliseconds since its latest report.
    pub report_age_ms: u64,
    /// The report; its times have gone on since.
    pub outbox: KioskReport,
}

/// Why a report was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportError {
    Name(usize),
    Messages(usize),
}

impl std::fmt::Display for ReportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(bytes) => write!(
                f,
                "a kiosk's name has 1 to {KIOSK_NAME_LIMIT} bytes, and this has {bytes}"
            ),
            Self::Messages(count) => write!(
                f,
                "a report lists at most {REPORTED_MESSAGES} messages and as many outcomes, and this lists {count}"
            ),
        }
    }
}

/// The latest report of each kiosk.
#[derive(Default)]
pub(crate) struct Kiosks(Vec<Kept>);

struct Kept {
    name: String,
    at: Instant,
    report: KioskReport,
}

impl Kiosks {
    /// Takes a report; whether it says anything new.
    pub(crate) fn take(&mut self, at: Instant, name: &str, report: KioskReport) -> Result<bool, ReportError> {
        if name.is_empty() || name.len() > KIOSK_NAME_LIMIT {
            return Err(ReportError::Name(name.len()));
        }
        let most = report.messages.len().max(report.ended.len());
        if most > REPORTED_MESSAGES {
            return Err(ReportError::Messages(most));
        }
        if let Some(kept) = self.0.iter_mut().find(|kept| kept.name == name) {
            let news = !kept.report.tells_as(&report);
            (kept.at, kept.report) = (at, report);
            return Ok(news);
        }
        if self.0.len() >= KIOSKS_KEPT
            && let Some(silent) = (0..self.0.len()).min_by_key(|nth| self.0[*nth].at)
        {
            self.0.remove(silent);
        }
        self.0.push(Kept {
            name: name.to_owned(),
            at,
            report,
        });
        Ok(true)
    }

    /// All of them, by name.
    pub(crate) fn views(&self, now: Instant) -> Vec<KioskView> {
        let view = |kept: &Kept| {
            let age = now.saturating_duration_since(kept.at);
            let mut outbox = kept.report.clone();
            outbox.age(age);
            KioskView {
                name: kept.name.clone(),
                report_age_ms: u64::try_from(age.as_millis()).unwrap_or(u64::MAX),
                outbox,
            }
        };
        let mut views: Vec<_> = self.0.iter().map(view).collect();
        views.sort_by(|one, other| one.name.cmp(&other.name));
        views
    }
}

impl State {
    /// Takes a kiosk's report; listeners are told if it says anything new.
    pub(crate) fn report(&mut self, name: &str, report: KioskReport) -> Result<(), ReportError> {
        if self.kiosks.take(Instant::now(), name, report)? {
            self.history.change(Change::Settings("kiosks"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(waiting: u32) -> KioskReport {
        let message = |ticket| OpenMessage {
            ticket,
            reference: None,
            to: Some("…1234".to_owned()),
            priority: Some("urgent".to_owned()),
            state: Standing::Waiting,
            why: "its turn has not come".to_owned(),
            saved: false,
            age_ms: 500,
            state_ms: 200,
        };
        KioskReport {
            running: true,
            waiting,
            under_way: 0,
            maybe_sent: 0,
            accepted: 0,
            alarms: 0,
            trouble: None,
            messages: (1..=waiting).map(message).collect(),
            ended: Vec::new(),
        }
    }

    #[test]
    fn a_report_takes_the_place_of_the_one_before_and_its_times_go_on() {
        let (mut kiosks, start) = (Kiosks::default(), Instant::now());
        assert_eq!(kiosks.take(start, "b", report(2)), Ok(true));
        assert_eq!(kiosks.take(start, "a", report(0)), Ok(true));
        let later = start + Duration::from_secs(3);
        assert_eq!(kiosks.take(later, "b", report(1)), Ok(true));
        let views = kiosks.views(later + Duration::from_secs(7));
        let told: Vec<_> = views
            .iter()
            .map(|view| (view.name.as_str(), view.report_age_ms, view.outbox.waiting))
            .collect();
        assert_eq!(told, [("a", 10_000, 0), ("b", 7_000, 1)]);
        let message = &views[1].outbox.messages[0];
        assert_eq!((message.age_ms, message.state_ms), (7_500, 7_200));
    }

    #[test]
    fn a_report_that_differs_in_its_times_only_is_no_news() {
        let (mut kiosks, start) = (Kiosks::default(), Instant::now());
        assert_eq!(kiosks.take(start, "a", report(1)), Ok(true));
        let mut same = report(1);
        same.age(Duration::from_secs(5));
        let later = start + Duration::from_secs(5);
        assert_eq!(kiosks.take(later, "a", same.clone()), Ok(false));
        assert_eq!(kiosks.views(later)[0].report_age_ms, 0);
        same.messages[0].state = Standing::MaybeSent;
        assert_eq!(kiosks.take(later, "a", same), Ok(true));
    }

    #[test]
    fn of_more_kiosks_than_are_kept_the_one_that_was_silent_longest_goes() {
        let (mut kiosks, start) = (Kiosks::default(), Instant::now());
        for nth in 0..=KIOSKS_KEPT as u64 {
            let at = start + Duration::from_secs(if nth == 5 { 0 } else { 10 + nth });
            assert_eq!(kiosks.take(at, &format!("kiosk-{nth:02}"), report(0)), Ok(true));
        }
        let names: Vec<_> = kiosks.views(start).into_iter().map(|view| view.name).collect();
        assert_eq!(names.len(), KIOSKS_KEPT);
        assert!(!names.contains(&"kiosk-05".to_owned()) && names.contains(&"kiosk-32".to_owned()));
    }

    #[test]
    fn a_name_of_65_bytes_and_a_report_of_201_messages_are_refused() {
        let (mut kiosks, now) = (Kiosks::default(), Instant::now());
        assert_eq!(kiosks.take(now, &"n".repeat(64), report(200)), Ok(true));
        assert_eq!(
            kiosks.take(now, &"n".repeat(65), report(0)),
            Err(ReportError::Name(65))
        );
        assert_eq!(kiosks.take(now, "", report(0)), Err(ReportError::Name(0)));
        assert_eq!(
            kiosks.take(now, "n", report(201)),
            Err(ReportError::Messages(201))
        );
    }
}
