//! The one table of all error codes: what each is called and what the machine does about it.
//!
//! Meta, "Error codes" (Cloud API), "Groups: error codes", "Calling: troubleshooting" and the pages of the single
//! products. The prose (what it means, what a person should do) is behind the feature `explain`.
//!
//! Memory: no RAM; four bytes of flash a row. The titles, some 2.3 KB one behind the other, are linked only into a
//! program that asks for one.

mod table;

/// What the machine does about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Action {
    /// This user was written to too often: wait 4^X seconds, others go on.
    PairBackoff,
    /// The number, app or account sends too much at present: hold all of its messages, then go on by itself.
    HoldNumber,
    /// Token, permission, payment, policy or registration: hold all messages until the owner has acted.
    Account,
    /// A fault on Meta's side: try this message again with jitter, at most [`RETRY_FEW_MAX`] times in all.
    RetryFew,
    /// The customer service window is closed: send a template in its place.
    UseTemplate,
    /// The template is paused (132015): messages with it wait; or disabled (132016): they fail. Others go on.
    Template,
    /// The user wants no marketing messages any more: this one fails, and so will others of that kind.
    OptOut,
    /// This message will never be accepted as it is; others go on.
    Fail,
}

/// Tries of one message under [`Action::RetryFew`], the first one counted.
pub const RETRY_FEW_MAX: u8 = 5;

/// One code, or a range of codes, of Meta's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The lowest code this is about.
    pub first: u32,
    /// The highest code this is about; nearly always the same.
    pub last: u32,
    /// A short name.
    pub title: &'static str,
    /// What the machine does.
    pub action: Action,
    /// What it means.
    #[cfg(feature = "explain")]
    pub meaning: &'static str,
    /// What a person should do.
    #[cfg(feature = "explain")]
    pub advice: &'static str,
}

/// What an answer says besides the code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// `error_subcode`.
    pub subcode: Option<u32>,
    /// `is_transient`.
    pub is_transient: bool,
    /// The HTTP status was 500 or above.
    pub server_error: bool,
}

impl Entry {
    fn at(index: usize) -> Option<Self> {
        let row = table::TABLE.get(index)?;
        let (before, from) = table::TITLE_LENS.split_at_checked(index)?;
        let title: usize = before.iter().copied().map(usize::from).sum();
        let title_len = usize::from(*from.first()?);
        #[cfg(feature = "explain")]
        let (meaning, advice) = *table::PROSE.get(index)?;
        Some(Self {
            first: row.first(),
            last: row.last(),
            title: table::TITLES.get(title..title.saturating_add(title_len))?,
            action: row.action(),
            #[cfg(feature = "explain")]
            meaning,
            #[cfg(feature = "explain")]
            advice,
        })
    }
}

/// All entries, sorted by code.
pub fn entries() -> impl Iterator<Item = Entry> {
    (0..table::TABLE.len()).filter_map(Entry::at)
}

/// The entry of a code; `None` for one that is unknown to this version.
pub fn lookup(code: u32) -> Option<Entry> {
    find(code).and_then(|(index, _)| Entry::at(index))
}

/// The row of a code and its place. Who asks for no more than the action links no titles.
fn find(code: u32) -> Option<(usize, table::Packed)> {
    // The last row that does not begin beyond it.
    let index = table::TABLE
        .partition_point(|row| row.first() <= code)
        .checked_sub(1)?;
    let row = *table::TABLE.get(index)?;
    (code <= row.last()).then_some((index, row))
}

/// What the machine does about a code, in an HTTP answer or in a `failed` status.
///
/// A known code decides alone (Meta, "Error codes": not the HTTP status, which is 500 for some permanent and 400 for
/// some passing errors), but for 100 with subcode 33: the phone number id is wrong, and no message will go. An unknown
/// code is tried a few times if the answer calls it transient or comes with a 5xx; otherwise it fails the message.
pub fn action(code: u32, hints: Hints) -> Action {
    match find(code) {
        Some(_) if code == 100 && hints.subcode == Some(33) => Action::Account,
        Some((_, row)) => row.action(),
        None if hints.is_transient || hints.server_error => Action::RetryFew,
        None => Action::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_code_is_found() {
        let all: std::vec::Vec<Entry> = entries().collect();
        assert!(all.len() > 90);
        for pair in all.windows(2) {
            assert!(
                pair[0].last < pair[1].first,
                "{} before {}",
                pair[0].first,
                pair[1].first
            );
        }
        for entry in all {
            assert!(entry.first <= entry.last && !entry.title.is_empty());
            assert_eq!(lookup(entry.first), Some(entry));
            assert_eq!(lookup(entry.last), Some(entry));
        }
    }

    #[test]
    fn a_code_between_the_entries_is_unknown_and_fails_unless_it_may_pass() {
        for code in [5, 199, 300, 131_055 + 3, 999_999, u32::MAX] {
            assert_eq!(lookup(code), None, "{code}");
            assert_eq!(action(code, Hints::default()), Action::Fail);
            let transient = Hints {
                is_transient: true,
                ..Hints::default()
            };
            assert_eq!(action(code, transient), Action::RetryFew);
            let server_error = Hints {
                server_error: true,
                ..Hints::default()
            };
            assert_eq!(action(code, server_error), Action::RetryFew);
        }
    }

    #[test]
    fn the_twelve_codes_of_the_general_bots_page_have_metas_meaning() {
        for (code, title, what) in [
            (130_472, "User's number is part of an experiment", Action::Fail),
            (131_026, "Message undeliverable", Action::Fail),
            (
                131_030,
                "Recipient not in the test number's allowed list",
                Action::Fail,
            ),
            (131_047, "Re-engagement message", Action::UseTemplate),
            (131_048, "Spam rate limit hit", Action::HoldNumber),
            (131_049, "Meta chose not to deliver", Action::Fail),
            (131_051, "Unsupported message type", Action::Fail),
            (
                131_052,
                "Media download error (media the user sent)",
                Action::Fail,
            ),
            (131_056, "Pair rate limit hit", Action::PairBackoff),
            (132_000, "Template parameter count mismatch", Action::Fail),
            (132_001, "Template does not exist", Action::Fail),
            (133_010, "Phone number not registered", Action::Account),
        ] {
            let entry = lookup(code).unwrap();
            assert_eq!((entry.title, entry.action), (title, what), "{code}");
            assert_eq!(action(code, Hints::default()), what);
        }
    }

    #[test]
    fn http_status_and_transient_do_not_change_a_known_code() {
        let hints = Hints {
            subcode: None,
            is_transient: true,
            server_error: true,
        };
        assert_eq!(action(3, hints), Action::Account);
        assert_eq!(action(131_045, hints), Action::Account);
        assert_eq!(action(131_047, hints), Action::UseTemplate);
    }

    #[test]
    fn a_wrong_phone_number_id_holds_the_number_and_a_wrong_parameter_does_not() {
        let missing = Hints {
            subcode: Some(33),
            ..Hints::default()
        };
        assert_eq!(action(100, missing), Action::Account);
        assert_eq!(action(100, Hints::default()), Action::Fail);
    }

    #[test]
    fn only_faults_of_metas_side_are_retried() {
        let retried: std::vec::Vec<_> = entries()
            .filter(|e| e.action == Action::RetryFew)
            .map(|e| e.first)
            .collect();
        assert_eq!(retried, [1, 2, 131_000, 131_016, 131_057, 133_004, 2_494_100]);
    }

    #[cfg(feature = "explain")]
    #[test]
    fn every_code_is_explained_with_something_to_do() {
        for entry in entries() {
            for text in [entry.meaning, entry.advice] {
                assert!(text.len() > 10 && text.ends_with('.'), "{}: {text}", entry.first);
            }
        }
        let says = |code, word: &str| {
            let entry = lookup(code).unwrap();
            assert!(
                entry.meaning.contains(word) || entry.advice.contains(word),
                "{code}: {word}"
            );
        };
        says(130_472, "again gives the same");
        says(131_030, "test number");
        says(131_052, "131053");
        says(132_000, "parameters");
        says(132_001, "132015");
        says(133_010, "egister the business number");
    }
}
