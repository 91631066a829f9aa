//! What an examination finds.

use serde_json::{Value, json};

/// How it stands with what was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// It does not work, or soon will not.
    Failed,
    /// It cannot be asked: a person has to look.
    ByHand,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::ByHand => "by_hand",
        }
    }

    const fn heading(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
            Self::ByHand => "by hand",
        }
    }
}

/// One of the questions of General Bots' page: of its production checklist, or of its three lists for trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Checklist(u8),
    Webhook(u8),
    Sending(u8),
    Templates(u8),
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Checklist(nth) => write!(f, "checklist {nth}"),
            Self::Webhook(nth) => write!(f, "webhook {nth}"),
            Self::Sending(nth) => write!(f, "sending {nth}"),
            Self::Templates(nth) => write!(f, "templates {nth}"),
        }
    }
}

/// What was found of one thing.
#[derive(Debug)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) check: &'static str,
    /// What it answers on General Bots' page.
    pub(super) items: &'static [Item],
    pub(super) state: State,
    /// In words; no secret, and no phone number beyond its last four digits.
    pub(super) found: String,
    /// What to do, or where to look.
    pub(super) remedy: Option<String>,
}

impl Finding {
    pub(super) fn json(&self) -> Value {
        let items: Vec<_> = self.items.iter().map(ToString::to_string).collect();
        let mut line = json!({
            "check": self.check, "state": self.state.word(), "items": items, "found": self.found,
        });
        if let Some(remedy) = &self.remedy {
            line["remedy"] = remedy.as_str().into();
        }
        line
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:<8} {:<14} {}", self.state.heading(), self.check, self.found)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "\n{:<23} {remedy}", "")?;
        }
        Ok(())
    }
}

/// All findings, in order.
#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    fn put(&mut self, (check, items): Check, state: State, found: impl Into<String>, remedy: Option<String>) {
        self.0.push(Finding {
            check,
            items,
            state,
            found: found.into(),
            remedy,
        });
    }

    pub(super) fn ok(&mut self, check: Check, found: impl Into<String>) {
        self.put(check, State::Ok, found, None);
    }

    pub(super) fn warning(&mut self, check: Check, found: impl Into<String>, remedy: impl Into<String>) {
        self.put(check, State::Warning, found, Some(remedy.into()));
    }

    pub(super) fn failed(&mut self, check: Check, found: impl Into<String>, remedy: impl Into<String>) {
        self.put(check, State::Failed, found, Some(remedy.into()));
    }

    pub(super) fn by_hand(&mut self, check: Check, found: impl Into<String>, remedy: impl Into<String>) {
        self.put(check, State::ByHand, found, Some(remedy.into()));
    }
}

/// Something to look at: its name, and what it answers on General Bots' page.
pub(super) type Check = (&'static str, &'static [Item]);
