//! What is tried: messages, faults, and the lies by which the check itself is checked.

use squab_core::client::Priority;
use std::fmt;

/// One of the messages that are submitted, in the order of the list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) user: usize,
    pub(crate) priority: Priority,
    pub(crate) at_most_once: bool,
    /// Milliseconds.
    pub(crate) expires_in: u64,
    /// A template goes in its place where its user's window is closed.
    pub(crate) has_fallback: bool,
    /// An answer of the recipient's is wanted.
    pub(crate) wants_answer: bool,
}

/// What may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No answer comes, and Meta had taken the message.
    LostTaken,
    /// No answer comes, and Meta had not taken it.
    LostUntaken,
    /// The transport did not take the whole request.
    NotSent,
    /// Meta refuses with this code.
    Refused(u32),
    /// A status says afterwards that it failed with this code.
    FailedLater(u32),
    /// A status that was taken comes again.
    Repeated,
    /// The power fails for so many milliseconds.
    Cut(u64),
}

/// What is explored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) plans: &'static [Plan],
    pub(crate) faults: &'static [Fault],
    /// At most so many in one path.
    pub(crate) most: u8,
    pub(crate) lie: Option<Lie>,
    /// Only this rule counts; all of them if none is named.
    pub(crate) watched: Option<Rule>,
}

/// What must hold, whatever happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// Every message that the journal took has an outcome in the end.
    NothingIsLost,
    /// It has one. A second one only after a power cut that came before the journal knew of the first, and none that
    /// contradicts it: what arrived has not failed, what expired was not sent.
    OneOutcome,
    /// An outcome says what is so; only "failed" may be said of one that was told to be maybe sent.
    TrueOutcome,
    /// Nothing goes again that Meta took, unless it was told that it may have been sent.
    NoSilentDuplicate,
    /// What is to go at most once goes at most once.
    AtMostOnce,
    /// Whenever the requests arrive within their time, Meta's pair rule is kept.
    PairRate,
    /// Only urgent messages join a burst.
    SteadyPace,
    /// After the n-th refusal in a row a user is left alone for 4^(n-1) s.
    BackOff,
    /// An urgent message goes as soon as its user's debt is paid, 6 s after the last normal one's answer, and no normal one
    /// goes before it.
    UrgentInTime,
    /// When nothing fails any more, all that waits goes within a bound, see `PATIENCE`.
    NobodyStarves,
    /// After a start nothing is sent before the time of day is known.
    ClockFirst,
    /// No request begins before its message and its intent are in the journal.
    IntentFirst,
    /// What has expired is not sent.
    NeverLate,
    /// First in, first out within user and priority; urgent ones overtake.
    OrderKept,
    /// No two messages have the same ticket.
    TicketsDiffer,
}

/// A rule was broken.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) rule: Rule,
    pub(crate) why: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.why)
    }
}

impl Case {
    /// Whether a rule that is looked at is broken.
    pub(crate) fn check(&self, rule: Rule, holds: bool, why: impl FnOnce() -> String) -> Result<(), Broken> {
        if holds || self.watched.is_some_and(|watched| watched != rule) {
            return Ok(());
        }
        Err(Broken { rule, why: why() })
    }

    pub(crate) fn lies(&self, lie: Lie) -> bool {
        self.lie == Some(lie)
    }
}

/// How the surroundings deceive the client, so that it does what a broken rule would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// The intents' records are said to be stored and are not.
    IntentNotWritten,
    /// The messages' records are said to be stored and are not.
    MessageNotWritten,
    /// The tickets' numbering is said to be stored and is not.
    NumberingNotWritten,
    /// What is to be removed from the journal stays.
    NotRemoved,
    /// What users owe is not read back.
    UsersNotRestored,
    /// The network takes longer than the client is told.
    SlowNetwork,
    /// Of a lost answer the client hears nothing.
    LossForgotten,
    /// Of a lost answer the client is told that the request did not go out.
    LossTakenForNotSent,
    /// Of a refusal the client is told that the request did not go out.
    RefusalTakenForNotSent,
    /// A refusal is given to the client as an acceptance.
    RefusalTakenForAccepted,
    /// A start's guess of the time of day is given for the time.
    ClockGuessed,
    /// After a power cut nobody tells the time of day.
    ClockNeverTold,
    /// Urgent messages are submitted as normal ones.
    UrgentAsNormal,
    /// Normal messages are submitted as urgent ones.
    NormalAsUrgent,
    /// The second message is submitted with a low priority.
    SecondAsLow,
    /// Messages are submitted for a day, whatever they are planned for.
    LongLife,
    /// Each outcome is told twice.
    ToldTwice,
}
