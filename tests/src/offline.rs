//! A second computation of when a request to one user is allowed, from the requests and answers that the client saw:
//! the whole history is gone through each time, in plain whole milliseconds, with none of the core's code.

/// How a request ended, as the client saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Under way.
    Open,
    /// The transport did not take it whole. A window that it opened while others joined stays open where it was.
    NotSent {
        /// When that was known.
        at: u64,
    },
    /// Accepted, or refused for another reason than the pair rule.
    Taken {
        /// When the answer came.
        at: u64,
    },
    /// 131056.
    Refused {
        /// When the answer came.
        at: u64,
    },
    /// Given up without an answer.
    Lost {
        /// When it was given up.
        at: u64,
    },
}

/// One request to the user in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its first byte.
    pub began: u64,
    /// How it ended.
    pub end: End,
}

/// When the next request to this user is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// From this moment on.
    From(u64),
    /// After the one in flight has ended.
    AfterAnswer,
}

struct Window {
    first: u64,
    members: Vec<Sent>,
}

impl Window {
    fn counted(&self) -> u64 {
        self.members
            .iter()
            .filter(|m| !matches!(m.end, End::NotSent { .. }))
            .count() as u64
    }

    /// Members that counted at `moment`: what was not sent did until that was known.
    fn counted_at(&self, moment: u64) -> usize {
        self.members
            .iter()
            .filter(|m| !matches!(m.end, End::NotSent { at } if at <= moment))
            .count()
    }

    fn open(&self) -> bool {
        self.members.iter().any(|m| m.end == End::Open)
    }

    /// When its debt is paid: 6 s for each from the latest moment at which one can have counted.
    fn paid(&self, max_uplink: u64) -> u64 {
        let sent_something = self
            .members
            .iter()
            .any(|m| matches!(m.end, End::Taken { .. } | End::Lost { .. }));
        if !sent_something {
            return 0;
        }
        let last = self.members.iter().filter_map(|m| match m.end {
            End::Open | End::NotSent { .. } => None,
            End::Taken { at } | End::Refused { at } => Some(at),
            End::Lost { at } => Some(at.max(m.began + max_uplink)),
        });
        last.max().unwrap_or(0) + 6_000 * self.counted()
    }
}

/// When a request may begin, no earlier than `now`, after this history (in the order of the first bytes).
pub fn allowed(history: &[Sent], now: u64, urgent: bool, max_uplink: u64) -> Allowed {
    let mut windows: Vec<Window> = Vec::new();
    for sent in history {
        let joins = windows.last().is_some_and(|w| {
            let refused_before = w
                .members
                .iter()
                .any(|m| matches!(m.end, End::Refused { at } if at <= sent.began));
            let still_flying = w.members.iter().any(|m| ends_after(m, sent.began));
            let in_time = sent.began <= w.first + 6_000_u64.saturating_sub(max_uplink);
            let paid = w.paid(max_uplink);
            w.counted_at(sent.began) > 0 && in_time && !refused_before && (still_flying || sent.began < paid)
        });
        match windows.last_mut() {
            Some(window) if joins => window.members.push(*sent),
            _ => windows.push(Window {
                first: sent.began,
                members: vec![*sent],
            }),
        }
    }
    // X: how often refused, each burst once, back to nothing with an acceptance that began later.
    let mut ends: Vec<(u64, u64, bool)> = history
        .iter()
        .filter_map(|m| match m.end {
            End::Taken { at } => Some((at, m.began, true)),
            End::Refused { at } => Some((at, m.began, false)),
            _ => None,
        })
        .collect();
    ends.sort_by_key(|(at, ..)| *at);
    let (mut x, mut raised, mut refused_at) = (0u32, None, 0);
    for (at, began, accepted) in ends {
        let after = raised.is_none_or(|raised| began > raised);
        match accepted {
            true if after => x = 0,
            true => {}
            false => {
                refused_at = at;
                if after {
                    x += 1;
                    raised = Some(at);
                }
            }
        }
    }
    let debt = windows.last().map_or(0, |w| w.paid(max_uplink));
    let heaviest = windows.iter().map(Window::counted).max().unwrap_or(0);
    let back_off = match x {
        0 => 0,
        1..=4 => refused_at + 1_000 * 4u64.pow(x - 1),
        // How much heavier windows before weigh on the longest wait is left to the client: not less than this.
        _ => refused_at + 256_000.max(6_000 * heaviest),
    };
    if let Some(window) = windows.last() {
        let room = window.counted() > 0 && window.counted() < 45 && max_uplink < 6_000;
        if urgent && x == 0 && room && now <= window.first + 6_000 - max_uplink {
            return Allowed::From(now);
        }
        if window.open() {
            return Allowed::AfterAnswer;
        }
    }
    Allowed::From(debt.max(back_off).max(now))
}

fn ends_after(sent: &Sent, moment: u64) -> bool {
    match sent.end {
        End::Open => true,
        End::NotSent { at } | End::Taken { at } | End::Refused { at } | End::Lost { at } => at > moment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_example_burst_of_twenty_owes_two_minutes() {
        let history = vec![
            Sent {
                began: 0,
                end: End::Taken { at: 100 }
            };
            20
        ];
        assert_eq!(allowed(&history, 100, false, 3_000), Allowed::From(120_100));
    }

    #[test]
    fn an_urgent_one_joins_and_a_normal_one_waits() {
        let history = [Sent {
            began: 0,
            end: End::Taken { at: 100 },
        }];
        assert_eq!(allowed(&history, 200, true, 3_000), Allowed::From(200));
        assert_eq!(allowed(&history, 200, false, 3_000), Allowed::From(6_100));
    }
}
