//! What a kiosk said of its alerts over several lives, held against what the cloud has: nothing lost, nothing twice.

use serde_json::Value;
use squab::cloud::{CloudHandle, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// The tickets of one journal.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Alerts that were taken in.
    pub submitted: BTreeSet<u64>,
    /// Those that no loss of power may lose: told to be saved, or restored.
    pub saved: BTreeSet<u64>,
    /// Those of which it was told that they may have been sent.
    pub maybe_sent: BTreeSet<u64>,
    /// Those with an outcome, and which.
    pub outcomes: BTreeMap<u64, String>,
}

/// What the cloud has of them.
#[derive(Debug)]
pub struct Verdict {
    /// Saved alerts.
    pub saved: usize,
    /// Alerts of which it was told that they may have been sent.
    pub maybe_sent: usize,
    /// Those of them that Meta got twice.
    pub twice: usize,
    /// Alerts that were taken in and not told to be saved, and that Meta did not get.
    pub never_saved: usize,
}

impl Ledger {
    /// Enters one line.
    pub fn enter(&mut self, event: &Value) {
        let Some(ticket) = event["ticket"].as_u64() else {
            return;
        };
        match event["event"].as_str() {
            Some("submitted") => drop(self.submitted.insert(ticket)),
            Some("saved" | "restored") => drop(self.saved.insert(ticket)),
            Some("maybe_sent") => drop(self.maybe_sent.insert(ticket)),
            Some("outcome") => {
                let word = event["outcome"].as_str().unwrap_or_default();
                self.outcomes.insert(ticket, word.to_owned());
            }
            _ => {}
        }
    }

    /// Saved alerts without an outcome.
    pub fn open(&self) -> usize {
        let open = self
            .saved
            .iter()
            .filter(|ticket| !self.outcomes.contains_key(ticket));
        open.count()
    }

    /// Whether the alert that this line is about has an outcome.
    pub fn is_done(&self, event: &Value) -> bool {
        let ticket = event["ticket"].as_u64();
        ticket.is_none_or(|ticket| self.outcomes.contains_key(&ticket))
    }

    /// Holds the whole against the cloud's log of requests.
    ///
    /// # Panics
    /// If a saved alert has no outcome, or was neither accepted nor told to have given way to a more important one; if one was accepted twice that was not told to be maybe sent; if
    /// one was sent that was not saved; or if the pair rule was broken.
    pub fn judge(&self, cloud: &CloudHandle) -> Verdict {
        let mut accepted = BTreeMap::<u64, usize>::new();
        let log = cloud.log();
        for request in &log {
            if matches!(request.outcome, Outcome::Accepted { .. })
                && let Some(ticket) = request.callback_data.as_deref().and_then(ticket)
            {
                *accepted.entry(ticket).or_default() += 1;
            }
        }
        for ticket in &self.saved {
            let outcome = self.outcomes.get(ticket);
            assert!(outcome.is_some(), "{ticket} has no outcome: {self:?}");
            let gave_way = outcome.is_some_and(|outcome| outcome == "evicted");
            assert!(
                accepted.contains_key(ticket) || gave_way,
                "{ticket} is lost: {self:?}"
            );
        }
        let mut twice = 0;
        for (ticket, times) in &accepted {
            assert!(self.saved.contains(ticket), "{ticket} went before it was saved");
            assert!(
                *times <= 1 || self.maybe_sent.contains(ticket),
                "{ticket} was sent {times} times without a word: {self:?}"
            );
            twice += usize::from(*times > 1);
        }
        let broken = Outcome::Refused { code: 131_056 };
        if let Some(request) = log.iter().find(|request| request.outcome == broken) {
            let of_user = log.iter().filter(|other| other.user == request.user);
            let all: Vec<_> = of_user
                .map(|other| (other.at_ms, &other.callback_data, &other.outcome))
                .collect();
            panic!("the pair rule was broken: {all:#?}");
        }
        Verdict {
            saved: self.saved.len(),
            maybe_sent: self.maybe_sent.len(),
            twice,
            never_saved: self.submitted.difference(&self.saved).count(),
        }
    }
}

/// The ticket in `biz_opaque_callback_data`: `squab-`, device, `-`, boot, ticket, `.`, attempt.
fn ticket(callback: &str) -> Option<u64> {
    let (front, _) = callback.split_once('.')?;
    let digits = front.get(front.len().checked_sub(8)?..)?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_ticket_is_read_from_its_callback() {
        assert_eq!(super::ticket("squab-00000007-0000abcd0000001f.3"), Some(31));
        assert_eq!(super::ticket("another's"), None);
    }
}
