//! The way between client and judge: how long a request and its answer take, and what gets lost.

use fastrand::Rng;

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// Milliseconds from its first byte to the judge; `None`: it never gets there.
    pub uplink: Option<u64>,
    /// Milliseconds from the judge to the client; `None`: the answer is lost.
    pub downlink: Option<u64>,
    /// The transport did not even take the whole request.
    pub not_sent: bool,
}

/// How the network behaves.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// Longest way each way in milliseconds.
    pub delay_max: u64,
    /// Chance in percent that an answer is lost.
    pub lost_answers: u8,
    /// Chance in percent that a request is lost on its way.
    pub lost_requests: u8,
    /// Chance in percent that the transport fails before the request is out.
    pub not_sent: u8,
}

impl Network {
    /// A network that loses nothing and takes no time.
    pub const PERFECT: Self = Self {
        delay_max: 0,
        lost_answers: 0,
        lost_requests: 0,
        not_sent: 0,
    };

    /// A network with this round trip, half of it each way at most.
    pub const fn round_trip(ms: u64) -> Self {
        Self {
            delay_max: ms / 2,
            ..Self::PERFECT
        }
    }

    /// Throws the dice for one request.
    pub fn fate(&self, rng: &mut Rng) -> Fate {
        let mut chance = |percent: u8| rng.u8(0..100) < percent;
        let (not_sent, lost_request, lost_answer) = (
            chance(self.not_sent),
            chance(self.lost_requests),
            chance(self.lost_answers),
        );
        let way = |rng: &mut Rng| rng.u64(0..=self.delay_max);
        Fate {
            uplink: (!not_sent && !lost_request).then(|| way(rng)),
            downlink: (!lost_answer).then(|| way(rng)),
            not_sent,
        }
    }
}
