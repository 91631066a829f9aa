//! A kiosk's two lines: alerts in, events out. Every line that it writes is looked at for secrets, and at its end every
//! alert that was taken in must have had exactly one outcome.

use serde_json::{Value, json};
use squab::cloud;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, Lines};

/// What no line may ever show.
pub const SECRETS: [&str; 3] = [cloud::TOKEN, cloud::APP_SECRET, cloud::VERIFY_TOKEN];

/// A line of JSON must not show a secret.
///
/// # Panics
/// If it does.
pub fn assert_no_secret(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "a secret in: {text}");
    }
}

/// Whether `event` has all members of `pattern`.
pub fn matches(event: &Value, pattern: &Value) -> bool {
    let members = pattern.as_object().into_iter().flatten();
    members.into_iter().all(|(name, value)| event[name] == *value)
}

/// Gets each line as it comes.
type Watcher = Box<dyn FnMut(&str)>;

/// The two lines of one kiosk.
pub struct Terminal<W, R> {
    /// Every event so far.
    pub seen: Vec<Value>,
    /// Events that nobody has waited for yet.
    unread: Vec<Value>,
    alerts: Option<W>,
    lines: Lines<BufReader<R>>,
    /// How long an event is waited for unless the test says otherwise.
    patience: Duration,
    /// Shown each line as it comes.
    watcher: Option<Watcher>,
}

impl<W: AsyncWrite + Unpin, R: AsyncRead + Unpin> Terminal<W, R> {
    /// Alerts go to `alerts`, events come from `events`; `patience` is for each of them.
    pub fn new(alerts: W, events: R, patience: Duration) -> Self {
        Self {
            seen: Vec::new(),
            unread: Vec::new(),
            alerts: Some(alerts),
            lines: BufReader::new(events).lines(),
            patience,
            watcher: None,
        }
    }

    /// Shows `watcher` each line as it comes.
    pub fn watch(&mut self, watcher: impl FnMut(&str) + 'static) {
        self.watcher = Some(Box::new(watcher));
    }

    /// Writes bytes, as they are.
    ///
    /// # Panics
    /// If the kiosk has ended.
    pub async fn write_bytes(&mut self, bytes: &[u8]) {
        let alerts = self.alerts.as_mut().expect("the input is open");
        alerts.write_all(bytes).await.expect("the kiosk reads");
        alerts.flush().await.expect("the kiosk reads");
    }

    /// Writes a line.
    ///
    /// # Panics
    /// If the kiosk has ended.
    pub async fn write(&mut self, line: &str) {
        self.write_bytes(format!("{line}\n").as_bytes()).await;
    }

    /// Closes the input.
    ///
    /// # Panics
    /// If the kiosk has ended.
    pub async fn close(&mut self) {
        if let Some(mut alerts) = self.alerts.take() {
            alerts.shutdown().await.expect("the kiosk reads");
        }
    }

    /// Raises an alert; its ticket.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn alert(&mut self, alert: Value) -> u64 {
        let reference = format!("r{}", fastrand::u64(..));
        let mut line = alert;
        line["ref"] = reference.clone().into();
        self.write(&line.to_string()).await;
        let event = self
            .event(&json!({ "event": "submitted", "ref": reference }))
            .await;
        event["ticket"].as_u64().expect("a ticket")
    }

    /// Waits for the first event that has all members of `pattern` and was not waited for before.
    ///
    /// # Errors
    /// If none comes in time, or the kiosk ends before.
    pub async fn wait(&mut self, pattern: &Value, patience: Duration) -> Result<Value, String> {
        if let Some(at) = self.unread.iter().position(|event| matches(event, pattern)) {
            return Ok(self.unread.remove(at));
        }
        let found = async {
            while let Some(event) = self.next().await? {
                if matches(&event, pattern) {
                    return Ok(event);
                }
                self.unread.push(event);
            }
            Err("the kiosk has ended".to_owned())
        };
        let found = tokio::time::timeout(patience, found).await;
        found
            .unwrap_or_else(|_| Err(format!("nothing within {patience:?}")))
            .map_err(|why| format!("waiting for {pattern}: {why}"))
    }

    /// [`Terminal::wait`] with the patience of this terminal.
    ///
    /// # Panics
    /// If no such event comes in time.
    pub async fn event(&mut self, pattern: &Value) -> Value {
        self.event_within(pattern, self.patience).await
    }

    /// [`Terminal::wait`] for a test.
    ///
    /// # Panics
    /// If no such event comes in time.
    pub async fn event_within(&mut self, pattern: &Value, patience: Duration) -> Value {
        match self.wait(pattern, patience).await {
            Ok(event) => event,
            Err(why) => panic!("{why}: {:#?}", self.seen),
        }
    }

    /// Waits for the outcome of an alert: its word.
    ///
    /// # Panics
    /// If none comes in time.
    pub async fn outcome(&mut self, ticket: u64) -> String {
        let event = self.event(&json!({ "event": "outcome", "ticket": ticket })).await;
        event["outcome"].as_str().expect("a word").to_owned()
    }

    /// How many events so far have all members of `pattern`.
    pub fn count(&self, pattern: &Value) -> usize {
        self.seen.iter().filter(|event| matches(event, pattern)).count()
    }

    /// The next event; `None` at the end of the output. May be dropped before it is ready.
    ///
    /// # Errors
    /// If a line is no JSON.
    pub async fn next(&mut self) -> Result<Option<Value>, String> {
        let line = self.lines.next_line().await;
        let Some(line) = line.map_err(|error| format!("a line is no text: {error}"))? else {
            return Ok(None);
        };
        assert_no_secret(&line);
        if let Some(watcher) = &mut self.watcher {
            watcher(&line);
        }
        let event: Value =
            serde_json::from_str(&line).map_err(|error| format!("'{line}' is no JSON: {error}"))?;
        self.seen.push(event.clone());
        Ok(Some(event))
    }

    /// Reads until the kiosk's output ends. All events.
    ///
    /// # Errors
    /// If it does not end in time, or an alert had no outcome or two.
    pub async fn rest(&mut self) -> Result<Vec<Value>, String> {
        let patience = self.patience;
        let rest = async {
            while self.next().await?.is_some() {}
            Ok(())
        };
        let rest = tokio::time::timeout(patience, rest).await;
        rest.unwrap_or_else(|_| Err("the kiosk has not ended".to_owned()))?;
        let mut outcomes = BTreeMap::new();
        for event in &self.seen {
            let ticket = event["ticket"].as_u64().unwrap_or_default();
            match event["event"].as_str() {
                Some("submitted") => drop(outcomes.insert(ticket, 0)),
                Some("outcome") => *outcomes.entry(ticket).or_insert(0) += 1,
                _ => {}
            }
        }
        if outcomes.values().any(|count| *count != 1) {
            return Err(format!("not one outcome each: {outcomes:?}"));
        }
        Ok(std::mem::take(&mut self.seen))
    }
}
