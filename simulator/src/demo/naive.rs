//! The comparison: a sender without Squab's rules. It sends each alert at once, and when Meta refuses one with 131056 it
//! tries again a second later, a few times.

use super::{DemoError, NAIVE_TRIES};
use crate::clock::Clock;
use crate::desktop::TimedTransport;
use embassy_time::Instant;
use serde_json::Value;
use squab_adapters::http::{Body, Connection, Limits, Method, Progress, ReplyHead, ReplySink, Request};
use squab_adapters::transport::Endpoint;
use squab_core::client::{Client, Options, Settings, Step};
use squab_core::config::Config;
use squab_core::graph::{Answer, Outcome, messages_path};
use squab_kiosk::lines::AlertReader;
use std::cell::Cell;
use std::time::Duration;

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
pub(super) fn body(alert: &Value, language: &str) -> Result<Vec<u8>, DemoError> {
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
pub(super) async fn send(
    body: &[u8],
    config: &Config,
    transport: &TimedTransport,
    endpoint: Endpoint<'_>,
    clock: &Clock,
) -> Result<bool, DemoError> {
    let mut connection = Connection::new(transport, endpoint);
    let mut scratch = vec![0; 4096];
    for _ in 0..NAIVE_TRIES {
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
