//! One question at a time, over a connection of its own, with all that an examination looks at: how far it came, the
//! status, the server's time, the body as it is.

use crate::commands::Failure;
use crate::commands::graph::SCRATCH;
use serde_json::Value;
use squab_adapters::http::{
    Cause, Limits, Method, NoBody, Progress, ReplyHead, ReplySink, Request, exchange,
};
use squab_adapters::std_transport::TlsTransport;
use squab_adapters::transport::{Endpoint, Transport as _, TransportError};
use squab_core::graph::catalog;
use std::cell::Cell;
use std::time::Duration;

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Most bytes of an answer that are kept.
const ANSWER: usize = 1 << 20;
const USER_AGENT: &str = concat!("squab/", env!("CARGO_PKG_VERSION"));

/// An answer, of whatever status.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The server's time, as it wrote it.
    pub(crate) date: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Why there is none.
#[derive(Clone, Debug)]
pub(crate) enum Silence {
    Transport(TransportError),
    Other(String),
}

impl std::fmt::Display for Silence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Transport(error) => error.fmt(f),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl ReplySink for Answer {
    fn head(&mut self, head: &ReplyHead<'_>) {
        self.status = head.status;
        self.date = head.fields.get("date").map(str::to_owned);
    }

    fn body(&mut self, piece: &[u8]) {
        let room = ANSWER.saturating_sub(self.body.len());
        self.body.extend(piece.iter().take(room));
    }
}

impl Answer {
    /// The answer's JSON, if it is a good one; else what was refused.
    pub(crate) fn json(&self) -> Result<Value, NoAnswer> {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        if (200..300).contains(&self.status) && body.is_object() {
            return Ok(body);
        }
        let code = body["error"]["code"]
            .as_u64()
            .and_then(|code| u32::try_from(code).ok());
        Err(NoAnswer::Refused(Refusal {
            status: self.status,
            code,
        }))
    }
}

/// Why a question has no good answer.
pub(crate) enum NoAnswer {
    Silence(Silence),
    Refused(Refusal),
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Silence(why) => why.fmt(f),
            Self::Refused(why) => why.fmt(f),
        }
    }
}

/// What the Graph API said in place of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: Option<u32>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(code) => {
                let title = catalog::lookup(code).map_or("", |entry| entry.title);
                write!(f, "Meta refused the question with {code} {title}")
            }
            None => write!(f, "the server answered with HTTP status {}", self.status),
        }
    }
}

/// Gets what is at `url`, whose path is put together with `tail`.
pub(crate) async fn get(
    transport: &TlsTransport,
    url: &str,
    tail: &str,
    bearer: Option<&str>,
) -> Result<Answer, Silence> {
    let asking = async {
        let (endpoint, base) = Endpoint::parse(url).map_err(|error| Silence::Other(error.to_string()))?;
        let mut stream = transport.connect(&endpoint).await.map_err(Silence::Transport)?;
        let path = [base, tail];
        let mut request = Request::<NoBody> {
            method: Method::Get,
            path: &path,
            bearer,
            user_agent: USER_AGENT,
            body: None,
        };
        let mut answer = Answer::default();
        let progress = Cell::new(Progress::default());
        let mut scratch = vec![0; SCRATCH];
        let asked = exchange(
            &mut stream,
            &endpoint,
            &mut request,
            &mut answer,
            Limits::REPLY,
            &mut scratch,
            &progress,
        )
        .await;
        match asked.map_err(|error| error.cause) {
            Ok(_) => Ok(answer),
            Err(Cause::Connect(error)) => Err(Silence::Transport(error)),
            Err(cause) => Err(Silence::Other(cause.to_string())),
        }
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap_or(Err(Silence::Transport(TransportError::Timeout)))
}

/// A value in a query.
pub(crate) fn escaped(text: &str) -> String {
    crate::commands::template::escaped(text)
}

/// Reads a time that a server wrote, as Unix time.
pub(crate) fn unix(date: &str) -> Result<i64, Failure> {
    let format = time::format_description::well_known::Rfc2822;
    Ok(time::OffsetDateTime::parse(date, &format)?.unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::unix;

    #[test]
    fn the_date_of_http_is_read() {
        assert_eq!(unix("Sun, 06 Nov 1994 08:49:37 GMT").unwrap(), 784_111_777);
        assert!(unix("yesterday").is_err());
    }
}
