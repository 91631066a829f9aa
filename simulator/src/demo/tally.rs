//! What the demo counts, from what the kiosk said and from what the judge saw.

use crate::cloud::{CloudHandle, Outcome, RequestRecord};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Length of a burst by Meta's words, in milliseconds.
const BURST_MS: u64 = 6_000;

/// The end of the demo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Alerts taken in.
    pub submitted: usize,
    /// Of them, those that Meta has, by its own log, in a message of their own or, an alarm, in one to somebody on call.
    pub accepted: usize,
    /// Of them, those that went in the message of another one that Meta has.
    pub merged: usize,
    /// Of the accepted ones, delivered to a phone.
    pub delivered: usize,
    /// Of them, read.
    pub read: usize,
    /// Alerts that were answered by a button.
    pub acknowledged: usize,
    /// Times that an alarm went on to the next one on call.
    pub escalated: usize,
    /// People who had an alarm and were told, by a message that Meta has, that another has taken it.
    pub told_who: usize,
    /// Times that the kiosk lost its power.
    pub power_cuts: usize,
    /// Alerts that it had saved then, and of which it did not know that Meta has them.
    pub open_at_cut: usize,
    /// Alerts that its journal gave back to it.
    pub restored: usize,
    /// Alerts of which it said that they may have been sent.
    pub maybe_sent: usize,
    /// Attempts that the judge applied the pair rule to.
    pub judged: u64,
    /// Of them, refused.
    pub refused_by_pair_rule: u64,
    /// Alerts that never reached Meta: neither accepted nor merged.
    pub lost: usize,
    /// Alerts that Meta took twice.
    pub duplicates: u64,
    /// Most messages to one user within six seconds.
    pub burst: usize,
    /// Lines that the kiosk refused; the script has none.
    pub refused_lines: usize,
}

impl Tally {
    /// One line of JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "submitted": self.submitted,
            "accepted": self.accepted,
            "merged": self.merged,
            "delivered": self.delivered,
            "read": self.read,
            "acknowledged": self.acknowledged,
            "escalated": self.escalated,
            "told_who": self.told_who,
            "power_cuts": self.power_cuts,
            "open_at_cut": self.open_at_cut,
            "restored": self.restored,
            "maybe_sent": self.maybe_sent,
            "judged": self.judged,
            "refused_by_pair_rule": self.refused_by_pair_rule,
            "lost": self.lost,
            "duplicates": self.duplicates,
            "burst": self.burst,
            "refused_lines": self.refused_lines,
        })
    }

    /// Adds what the judge saw.
    pub(super) fn judge(&mut self, cloud: &CloudHandle) {
        let summary = cloud.summary();
        self.judged = summary.judged;
        self.refused_by_pair_rule = summary.refused_by_pair_rule;
        self.duplicates = summary.duplicates;
        let mut accepted: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for request in cloud.log() {
            if matches!(request.outcome, Outcome::Accepted { .. }) {
                accepted.entry(request.user).or_default().push(request.at_ms);
            }
        }
        let within = |times: &Vec<u64>, start: u64| {
            times
                .iter()
                .filter(|at| (start..=start + BURST_MS).contains(at))
                .count()
        };
        let largest = |times: &Vec<u64>| times.iter().map(|start| within(times, *start)).max().unwrap_or(0);
        self.burst = accepted.values().map(largest).max().unwrap_or(0);
    }
}

/// Ids of the messages that the cloud has accepted.
pub(super) fn accepted_ids(log: Vec<RequestRecord>) -> BTreeSet<String> {
    let id = |request: RequestRecord| match request.outcome {
        Outcome::Accepted { wamid } => wamid,
        Outcome::Refused { .. } => None,
    };
    log.into_iter().filter_map(id).collect()
}

/// Counts the kiosk's events over all its lives, each ticket once: with its journal it never gives a number twice, and without
/// its alerts are more than its tickets.
#[derive(Debug, Default)]
pub(super) struct Counter {
    alerts: usize,
    submitted: BTreeSet<u64>,
    saved: BTreeSet<u64>,
    answered: BTreeSet<u64>,
    /// The message that the kiosk says is the ticket's at Meta.
    ids: BTreeMap<u64, String>,
    delivered: BTreeSet<u64>,
    read: BTreeSet<u64>,
    acknowledged: BTreeSet<u64>,
    /// The ticket under whose message each merged one went.
    merged: BTreeMap<u64, u64>,
    /// The alarm of each message that calls somebody, and of each that says who has taken it.
    calls: BTreeMap<u64, u64>,
    told_who: BTreeSet<u64>,
    /// Alarm and place of each recipient after the first.
    escalated: BTreeSet<(u64, u64)>,
    restored: BTreeSet<u64>,
    maybe_sent: BTreeSet<u64>,
    power_cuts: usize,
    open_at_cut: usize,
    refused_lines: usize,
}

impl Counter {
    pub(super) fn count(&mut self, event: &Value) {
        let kind = event["event"].as_str().unwrap_or_default();
        if kind == "refused" {
            self.refused_lines += 1;
        }
        let Some(ticket) = event["ticket"].as_u64() else {
            return;
        };
        if let Some(id) = event["id"].as_str() {
            self.ids.insert(ticket, id.to_owned());
        }
        match (kind, event["status"].as_str(), event["outcome"].as_str()) {
            ("submitted", ..) => {
                self.alerts += 1;
                self.submitted.insert(ticket);
            }
            ("accepted", ..) => drop(self.answered.insert(ticket)),
            ("saved", ..) => drop(self.saved.insert(ticket)),
            ("restored", ..) => drop(self.restored.insert(ticket)),
            ("maybe_sent", ..) => drop(self.maybe_sent.insert(ticket)),
            ("told", ..) => self.told(ticket, event),
            ("status", Some("delivered"), _) => drop(self.delivered.insert(ticket)),
            ("status", Some("read"), _) => {
                // Meta may leave `delivered` out.
                self.delivered.insert(ticket);
                self.read.insert(ticket);
            }
            ("outcome", _, Some("acknowledged")) => drop(self.acknowledged.insert(ticket)),
            ("outcome", _, Some("merged")) => {
                let into = event["into"].as_u64();
                self.merged.extend(into.map(|into| (ticket, into)));
            }
            _ => {}
        }
    }

    fn told(&mut self, ticket: u64, event: &Value) {
        let alarm = event["alarm"].as_u64().unwrap_or_default();
        if event["taken"] == true {
            self.told_who.insert(ticket);
            return;
        }
        self.calls.insert(ticket, alarm);
        let place = event["place"].as_u64().unwrap_or_default();
        if place > 0 {
            self.escalated.insert((alarm, place));
        }
    }

    /// Whether all of so many of the newest alerts are in the journal, and of how many Meta has answered that it has them.
    pub(super) fn newest(&self, count: usize) -> (bool, usize) {
        let newest = || self.submitted.iter().rev().take(count);
        let answered = newest().filter(|ticket| self.answered.contains(ticket)).count();
        (newest().all(|ticket| self.saved.contains(ticket)), answered)
    }

    /// The power fails.
    pub(super) fn power_cut(&mut self) {
        self.power_cuts += 1;
        let open = |ticket: &&u64| !self.ids.contains_key(ticket) && !self.merged.contains_key(ticket);
        let calling: BTreeSet<_> = self.calls.values().collect();
        let open = self.saved.iter().filter(open);
        self.open_at_cut += open.filter(|ticket| !calling.contains(ticket)).count();
    }

    /// The figures; `accepted` are the ids of all messages that Meta has.
    pub(super) fn tally(&self, accepted: &BTreeSet<String>) -> Tally {
        let at_meta = |ticket: &u64| self.ids.get(ticket).is_some_and(|id| accepted.contains(id));
        let own: BTreeSet<u64> = self.submitted.iter().copied().filter(at_meta).collect();
        let calls = self.calls.iter().filter(|(ticket, _)| at_meta(ticket));
        let sent: BTreeSet<u64> = own.into_iter().chain(calls.map(|(_, alarm)| *alarm)).collect();
        // An alert that merged goes in the message of the first, or of one that merged into that.
        let in_another = |ticket: &&u64| {
            let step = |at: &u64| self.merged.get(at).copied();
            std::iter::successors(step(ticket), step).any(|into| sent.contains(&into))
        };
        let merged = self.merged.keys().filter(in_another).count();
        // An alarm has what one of its calls has.
        let of_alerts = |tickets: &BTreeSet<u64>| {
            let alert = |ticket: &u64| *self.calls.get(ticket).unwrap_or(ticket);
            let alerts: BTreeSet<u64> = tickets.iter().map(alert).collect();
            alerts.intersection(&self.submitted).count()
        };
        Tally {
            submitted: self.alerts,
            accepted: of_alerts(&sent),
            merged,
            delivered: of_alerts(&self.delivered),
            read: of_alerts(&self.read),
            acknowledged: of_alerts(&self.acknowledged),
            escalated: self.escalated.len(),
            told_who: self.told_who.iter().filter(|ticket| at_meta(ticket)).count(),
            power_cuts: self.power_cuts,
            open_at_cut: self.open_at_cut,
            restored: of_alerts(&self.restored),
            maybe_sent: of_alerts(&self.maybe_sent),
            lost: self.alerts.saturating_sub(of_alerts(&sent) + merged),
            refused_lines: self.refused_lines,
            ..Tally::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(events: &[Value]) -> Counter {
        let mut counter = Counter::default();
        for event in events {
            counter.count(event);
        }
        counter
    }

    fn meta_has(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    fn submitted(ticket: u64) -> Value {
        json!({"event": "submitted", "ticket": ticket})
    }

    fn accepted(ticket: u64, id: &str) -> Value {
        json!({"event": "accepted", "ticket": ticket, "id": id})
    }

    #[test]
    fn an_alert_is_lost_that_the_kiosk_calls_accepted_and_meta_does_not_have() {
        let counter = counted(&[submitted(1), submitted(2), accepted(1, "a"), accepted(2, "b")]);
        let tally = counter.tally(&meta_has(&["a"]));
        assert_eq!((tally.submitted, tally.accepted, tally.lost), (2, 1, 1));
    }

    #[test]
    fn a_ticket_that_is_given_twice_hides_no_loss() {
        let counter = counted(&[submitted(1), submitted(1), accepted(1, "a")]);
        let tally = counter.tally(&meta_has(&["a"]));
        assert_eq!((tally.submitted, tally.accepted, tally.lost), (2, 1, 1));
    }

    #[test]
    fn one_that_merged_is_lost_if_what_it_merged_into_is() {
        let merged = |ticket: u64, into: u64| json!({"event": "outcome", "ticket": ticket, "outcome": "merged", "into": into});
        let counter = counted(&[
            submitted(1),
            submitted(2),
            submitted(3),
            submitted(4),
            accepted(1, "a"),
            merged(2, 1),
            merged(4, 3),
        ]);
        let tally = counter.tally(&meta_has(&["a"]));
        assert_eq!((tally.accepted, tally.merged, tally.lost), (1, 1, 2));
    }

    #[test]
    fn an_alarm_is_one_alert_whoever_is_told() {
        let told =
            |ticket: u64, place: u64| json!({"event": "told", "alarm": 1, "ticket": ticket, "place": place});
        let counter = counted(&[
            submitted(1),
            told(2, 0),
            accepted(2, "a"),
            told(3, 1),
            accepted(3, "b"),
            json!({"event": "status", "ticket": 2, "id": "a", "status": "read"}),
            json!({"event": "status", "ticket": 3, "id": "b", "status": "read"}),
            json!({"event": "outcome", "ticket": 3, "outcome": "acknowledged"}),
            json!({"event": "outcome", "ticket": 1, "outcome": "acknowledged"}),
            json!({"event": "told", "alarm": 1, "ticket": 4, "place": 0, "taken": true}),
            accepted(4, "c"),
        ]);
        let tally = counter.tally(&meta_has(&["a", "b", "c"]));
        let expected = Tally {
            submitted: 1,
            accepted: 1,
            delivered: 1,
            read: 1,
            acknowledged: 1,
            escalated: 1,
            told_who: 1,
            ..Tally::default()
        };
        assert_eq!(tally, expected);
        assert_eq!(counter.tally(&BTreeSet::new()).told_who, 0);
    }

    #[test]
    fn a_status_tells_of_an_alert_whose_answer_the_power_cut_swallowed() {
        let saved = |ticket: u64| json!({"event": "saved", "ticket": ticket});
        let mut counter = counted(&[submitted(1), saved(1), submitted(2), saved(2), accepted(1, "a")]);
        assert_eq!(counter.newest(2), (true, 1));
        counter.power_cut();
        for event in [
            json!({"event": "restored", "ticket": 1}),
            json!({"event": "restored", "ticket": 2}),
            json!({"event": "maybe_sent", "ticket": 2}),
            json!({"event": "status", "ticket": 2, "id": "b", "status": "delivered"}),
        ] {
            counter.count(&event);
        }
        let tally = counter.tally(&meta_has(&["a", "b"]));
        assert_eq!((tally.accepted, tally.lost, tally.restored), (2, 0, 2));
        assert_eq!((tally.power_cuts, tally.open_at_cut, tally.maybe_sent), (1, 1, 1));
    }

    #[test]
    fn one_that_is_not_in_the_journal_yet_is_not_saved() {
        let counter = counted(&[submitted(1), json!({"event": "saved", "ticket": 1}), submitted(2)]);
        assert_eq!((counter.newest(1).0, counter.newest(2).0), (false, false));
    }
}
