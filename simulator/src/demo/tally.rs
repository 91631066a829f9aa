//! What the demo counts, from what the kiosk said and from what the judge saw.

use crate::cloud::{CloudHandle, Outcome};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Length of a burst by Meta's words, in milliseconds.
const BURST_MS: u64 = 6_000;

/// The end of the demo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Alerts taken in.
    pub submitted: usize,
    /// Of them, accepted by Meta.
    pub accepted: usize,
    /// Of them, delivered to a phone.
    pub delivered: usize,
    /// Of them, read.
    pub read: usize,
    /// Alerts that were answered by a button.
    pub acknowledged: usize,
    /// Attempts that the judge applied the pair rule to.
    pub judged: u64,
    /// Of them, refused.
    pub refused_by_pair_rule: u64,
    /// Alerts that never reached Meta.
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
            "delivered": self.delivered,
            "read": self.read,
            "acknowledged": self.acknowledged,
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

/// Counts the kiosk's events, each ticket once.
#[derive(Debug, Default)]
pub(super) struct Counter {
    submitted: BTreeSet<u64>,
    accepted: BTreeSet<u64>,
    delivered: BTreeSet<u64>,
    read: BTreeSet<u64>,
    acknowledged: BTreeSet<u64>,
    refused_lines: usize,
}

impl Counter {
    pub(super) fn count(&mut self, event: &Value) {
        let ticket = event["ticket"].as_u64();
        let kind = event["event"].as_str().unwrap_or_default();
        if kind == "refused" {
            self.refused_lines += 1;
        }
        let Some(ticket) = ticket else { return };
        match (kind, event["status"].as_str(), event["outcome"].as_str()) {
            ("submitted", ..) => {
                self.submitted.insert(ticket);
            }
            ("accepted", ..) => {
                self.accepted.insert(ticket);
            }
            ("status", Some("delivered"), _) => {
                self.delivered.insert(ticket);
            }
            ("status", Some("read"), _) => {
                // Meta may leave `delivered` out.
                self.delivered.insert(ticket);
                self.read.insert(ticket);
            }
            ("outcome", _, Some("acknowledged")) => {
                self.acknowledged.insert(ticket);
            }
            _ => {}
        }
    }

    pub(super) fn tally(&self) -> Tally {
        Tally {
            submitted: self.submitted.len(),
            accepted: self.accepted.len(),
            delivered: self.delivered.len(),
            read: self.read.len(),
            acknowledged: self.acknowledged.len(),
            lost: self.submitted.difference(&self.accepted).count(),
            refused_lines: self.refused_lines,
            ..Tally::default()
        }
    }
}
