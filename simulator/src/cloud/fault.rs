//! What can go wrong with a cloud, on purpose.

use super::error::GraphError;
use fastrand::Rng;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How the pair rule tells a refusal. All three have been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairRefusal {
    /// HTTP 400 with the error envelope, as Meta's page says.
    #[default]
    #[serde(rename = "http_400")]
    Http400,
    /// The same with HTTP 403.
    #[serde(rename = "http_403")]
    Http403,
    /// HTTP 200 with a message id, and a `failed` status afterwards.
    FailedStatus,
}

/// Delays on the way, each drawn at random from its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    /// From the arrival of a request to its judgement.
    pub request: RangeInclusive<Duration>,
    /// From its judgement to the answer.
    pub answer: RangeInclusive<Duration>,
}

impl Latency {
    /// The same delay each way, always.
    pub fn each_way(delay: Duration) -> Self {
        Self {
            request: delay..=delay,
            answer: delay..=delay,
        }
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self::each_way(Duration::ZERO)
    }
}

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFault {
    /// The connection ends before the request is looked at.
    Reset,
    /// The request is dealt with; half of the answer's body arrives, then the connection ends.
    Partial,
    /// Something in between answers with this status and a page of HTML, and the request is not looked at.
    Proxy(u16),
    /// The same after the request was dealt with.
    ProxyAfter(u16),
}

/// What becomes of a TLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsFault {
    /// The connection ends.
    Cut,
    /// Nothing comes, for longer than anybody should wait.
    Silent,
    /// Something comes that is no TLS.
    Garbage,
}

pub(crate) fn draw(rng: &mut Rng, range: &RangeInclusive<Duration>) -> Duration {
    let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    let (from, to) = (micros(*range.start()), micros(*range.end()));
    Duration::from_micros(if from < to { rng.u64(from..=to) } else { from })
}

/// Which requests that keep to the rules are refused nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u32,
    /// How many more; `None`: all.
    pub(crate) left: Option<u32>,
}

/// Everything that is wrong at the moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    pub(crate) token_revoked: bool,
    pub(crate) lose_answers: u32,
    pub(crate) latency: Latency,
    pub(crate) refusal: Option<Refusal>,
    /// Chance of a refusal by the pair rule that nothing has earned, 0 to 1.
    pub(crate) random_refusals: f64,
    pub(crate) pair_refusal: PairRefusal,
    /// What becomes of so many next answers.
    pub(crate) answers: Option<(AnswerFault, u32)>,
    pub(crate) tls: Option<TlsFault>,
}

impl Faults {
    /// The code to refuse the next request with, if any.
    pub(crate) fn next_refusal(&mut self) -> Option<u32> {
        let refusal = self.refusal.as_mut()?;
        match &mut refusal.left {
            None => {}
            Some(0) => return None,
            Some(left) => *left -= 1,
        }
        Some(refusal.code)
    }

    /// What becomes of the next answer, if it is nothing good.
    pub(crate) fn next_answer_fault(&mut self) -> Option<AnswerFault> {
        let (fault, left) = self.answers.as_mut()?;
        let fault = (*left > 0).then_some(*fault);
        *left = left.saturating_sub(1);
        fault
    }

    /// Whether the next answer gets lost.
    pub(crate) fn loses_answer(&mut self) -> bool {
        let loses = self.lose_answers > 0;
        self.lose_answers = self.lose_answers.saturating_sub(1);
        loses
    }

    /// What the token is worth. `given` is what stands after `Bearer`, if that was there.
    pub(crate) fn check_token(&self, given: Option<&str>, token: &str) -> Result<(), GraphError> {
        const PAGE: &str = "Error codes";
        let refused = |subcode, message: &str| Err(GraphError::graph(190, subcode, PAGE, message.to_owned()));
        match given {
            None => Err(GraphError::graph(
                0,
                None,
                PAGE,
                "Authentication Error".to_owned(),
            )),
            Some(given) if given != token => {
                refused(None, "Invalid OAuth access token - Cannot parse access token")
            }
            Some(_) if self.token_revoked => refused(
                Some(460),
                "Error validating access token: The session has been invalidated.",
            ),
            Some(_) => Ok(()),
        }
    }
}
