//! The comparison: a sender without Squab's rules. It sends each alert at once, and when Meta refuses one with 131056 it
//! tries again a second later, a few times. It merges nothing, tells only the first of those on call, and forgets with its
//! power what it has not sent.

use super::script::{ACCEPTED_AT_CUT, Act, day};
use super::tally::Tally;
use super::{DemoError, Stage, next_at};
use crate::clock::Clock;
use crate::desktop::TimedTransport;
use embassy_time::Instant;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use squab_adapters::http::{Body, Connection, Limits, Method, Progress, ReplyHead, ReplySink, Request};
use squab_adapters::transport::Endpoint;
use squab_core::client::{Client, Options, Settings, Step};
use squab_core::config::Config;
use squab_core::graph::{Answer, Outcome, messages_path};
use squab_kiosk::lines::AlertReader;
use std::cell::Cell;
use std::time::Duration;

/// How often one alert is tried.
const TRIES: usize = 3;

impl Stage<'_> {
    /// The day with a sender that has no rules.
    pub(super) async fn naive_day(&self) -> Result<Tally, DemoError> {
        let base_url = self.cloud.base_url();
        let (endpoint, _) = Endpoint::parse(&base_url).map_err(|_| DemoError::Script)?;
        let mut tally = Tally::default();
        let mut cues = day().into_iter().peekable();
        while let Some(first) = cues.peek().map(|cue| cue.at) {
            let busy = self.clock.sleep_until_busy(first).await;
            let mut bodies = Vec::new();
            let mut power_fails = false;
            while let Some(act) = next_at(&mut cues, first) {
                match act {
                    Act::Scene(scene) => self.scene(scene.what).await,
                    Act::Raise(alert) => bodies.push(body(&plain(alert), self.config.template_language())?),
                    Act::SlowLink => self.slow_link(),
                    Act::CutPower => power_fails = true,
                }
            }
            tally.submitted += bodies.len();
            let mut sending: FuturesUnordered<_> = bodies
                .iter()
                .map(|body| send(body, self.config, &self.transport, endpoint, self.clock))
                .collect();
            drop(busy);
            let mut accepted = 0;
            while let Some(result) = sending.next().await {
                if result? {
                    accepted += 1;
                } else {
                    self.tell(&format!("an alert was given up after {TRIES} tries"));
                }
                if power_fails && accepted == ACCEPTED_AT_CUT {
                    break;
                }
            }
            if power_fails {
                self.tell(&format!(
                    "POWER CUT: {} alerts were under way, and are forgotten",
                    sending.len()
                ));
                tally.power_cuts += 1;
                tally.open_at_cut += sending.len();
                drop(sending);
                self.without_power().await;
            }
        }
        // The last ones are still on their way to the phones.
        self.clock.sleep(Duration::from_mins(2)).await;
        let summary = self.cloud.summary();
        tally.accepted = (summary.accepted - summary.duplicates) as usize;
        tally.lost = tally.submitted - tally.accepted;
        tally.delivered = summary.delivered as usize;
        tally.read = summary.read as usize;
        tally.acknowledged = summary.buttons as usize;
        Ok(tally)
    }
}

/// The alert without what a naive sender has no notion of.
fn plain(mut alert: Value) -> Value {
    if let Some(members) = alert.as_object_mut() {
        for member in [
            "merge",
            "damp",
            "escalate_after",
            "undelivered_after",
            "decline",
            "taken",
        ] {
            members.remove(member);
        }
        if let Some(first) = members.remove("on_call").and_then(|all| all.get(0).cloned()) {
            members.insert("to".to_owned(), first);
        }
        if let Some(Value::String(text)) = members.get_mut("text") {
            *text = text.replace("{count}", "1");
        }
    }
    alert
}

/// Reads the answer.
struct Reply(Option<Answer>);

impl ReplySink for Reply {
    fn head(&mut self, head: &ReplyHead<'_>) {
        self.0 = Some(Answer::new(head.status));
    }

    fn body(&mut self, piece: &[u8]) {
        if let Some(answer) = &mut self.0 {
            answer.push(piece);
        }
    }
}

/// The body of an alert's request.
fn body(alert: &Value, language: &str) -> Result<Vec<u8>, DemoError> {
    let mut reader = Box::new(AlertReader::<16_448>::new());
    let line = alert.to_string();
    reader.push(line.as_bytes(), &mut |_| {});
    let line = reader.finish().ok_or(DemoError::Script)?;
    let alert = line.alert.map_err(|_| DemoError::Script)?;
    let mut settings = Settings::default();
    settings.boot = crate::desktop::at_random();
    let mut client = Box::new(Client::<1, 1, 65_536, 1>::new(settings));
    let options = Options {
        answer_within: None,
        ..alert.options()
    };
    let start = Instant::from_ticks(0);
    alert
        .with_content(language, |message| {
            client.submit(start, alert.recipient(), message, options)
        })
        .map_err(|_| DemoError::Script)?;
    let Step::Send(_, request) = client.poll(start) else {
        return Err(DemoError::Script);
    };
    let mut body = vec![0; request.body_len()];
    request.read_body(0, &mut body);
    Ok(body)
}

/// Sends one alert; whether Meta took it in the end.
async fn send(
    body: &[u8],
    config: &Config,
    transport: &TimedTransport,
    endpoint: Endpoint<'_>,
    clock: &Clock,
) -> Result<bool, DemoError> {
    let mut connection = Connection::new(transport, endpoint);
    let mut scratch = vec![0; 4096];
    for _ in 0..TRIES {
        let mut reply = Reply(None);
        let mut request = Request {
            method: Method::Post,
            path: &messages_path("", config.api_version(), config.phone_number_id()),
            bearer: Some(config.api_key().expose()),
            user_agent: "naive",
            body: Some(Body {
                media_type: "application/json",
                length: body.len(),
                source: body,
            }),
        };
        let progress = Cell::new(Progress::default());
        connection
            .exchange(
                clock,
                &mut request,
                &mut reply,
                Limits::REPLY,
                &mut scratch,
                &progress,
            )
            .await
            .map_err(|error| DemoError::Link(error.to_string()))?;
        if reply
            .0
            .is_some_and(|answer| answer.outcome() == Outcome::Accepted)
        {
            return Ok(true);
        }
        clock.sleep(Duration::from_secs(1)).await;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_naive_sender_merges_nothing_and_tells_only_the_first_on_call() {
        let alarm =
            json!({"on_call": ["+16505550001", "+16505550002"], "text": "Water", "escalate_after": 60});
        assert_eq!(plain(alarm), json!({"text": "Water", "to": "+16505550001"}));
        let door = json!({"to": "+16505550001", "text": "{count} times", "merge": "door", "damp": 60});
        assert_eq!(plain(door), json!({"to": "+16505550001", "text": "1 times"}));
    }
}
