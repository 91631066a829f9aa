//! What the simulated cloud has to do, as a table: each row with the page of Meta's that it rests on, raw HTTP in, and what has
//! to come out. Nothing here comes from the core: requests are JSON as anybody's client would write it.
//!
//! The suite `conformance` plays every row against a cloud of its own, and `docs/conformance.md` is this table.

mod api;
mod clock;
mod codes;
mod desk;
mod limits;
mod settings;
mod triggers;
mod types;
mod webhooks;

pub use api::covered;
pub use desk::{ADA, Answer, Arrived, Desk, Subscriber};
use squab::cloud::CloudSettings;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
pub use triggers::triggered;

/// What a row does with a cloud; `Err` says what was not as it should be.
pub type Play = Box<dyn Fn(Desk) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// A part of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Section {
    /// Each message type is accepted.
    Types,
    /// Each limit, at n and at n + 1.
    Limits,
    /// Each error code.
    Codes,
    /// What subscribers are told, and how.
    Webhooks,
    /// Each setting, and what the cloud does with it.
    Settings,
    /// Each method of each path of the test API, and what a wrong request gets.
    Api,
    /// Each webhook that can be triggered.
    Triggers,
    /// The clock, and what goes by it.
    Clock,
}

impl Section {
    /// All of them, in the page's order.
    pub const ALL: [Self; 8] = [
        Self::Types,
        Self::Limits,
        Self::Codes,
        Self::Webhooks,
        Self::Settings,
        Self::Api,
        Self::Triggers,
        Self::Clock,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Types => "Message types",
            Self::Limits => "Limits",
            Self::Codes => "Error codes",
            Self::Webhooks => "Webhooks",
            Self::Settings => "Settings and faults",
            Self::Api => "The test API",
            Self::Triggers => "Triggers",
            Self::Clock => "Clock",
        }
    }

    /// A row of this part that is about no code.
    pub(crate) fn row(
        self,
        rule: &str,
        expected: &str,
        source: &'static str,
        settings: fn(&mut CloudSettings),
        play: Play,
    ) -> Row {
        Row {
            section: self,
            rule: rule.to_owned(),
            expected: expected.to_owned(),
            source,
            code: None,
            settings,
            play,
        }
    }
}

/// One thing that the cloud has to do.
pub struct Row {
    /// Where it stands.
    pub section: Section,
    /// What is done.
    pub rule: String,
    /// What has to come of it.
    pub expected: String,
    /// Meta's page, or another source.
    pub source: &'static str,
    /// The code that is refused with, if that is what the row is about.
    pub code: Option<u32>,
    /// How the cloud is set up.
    pub settings: fn(&mut CloudSettings),
    /// Does it.
    pub play: Play,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {} -> {}", self.section, self.rule, self.expected)
    }
}

/// As the cloud is by itself.
pub(crate) fn plain(_: &mut CloudSettings) {}

/// A scene as a [`Play`].
macro_rules! play {
    (|$desk:ident| $body:expr) => {
        Box::new(|$desk: $crate::conformance::Desk| {
            Box::pin(async move { $body })
                as std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>>
        })
    };
}
pub(crate) use play;

/// All rows.
pub fn rows() -> Vec<Row> {
    let mut rows = types::rows();
    rows.extend(limits::rows());
    rows.extend(codes::rows());
    rows.extend(webhooks::rows());
    rows.extend(settings::rows());
    rows.extend(api::rows());
    rows.extend(triggers::rows());
    rows.extend(clock::rows());
    rows
}

/// The page.
pub fn page() -> String {
    let rows = rows();
    let mut page = format!("{HEAD}\n{} rows.\n", rows.len());
    for section in Section::ALL {
        let _ = write!(
            page,
            "\n## {}\n\n| What is done | What comes of it | Source |\n| --- | --- | --- |\n",
            section.title()
        );
        for row in rows.iter().filter(|row| row.section == section) {
            let _ = writeln!(page, "| {} | {} | {} |", row.rule, row.expected, row.source);
        }
    }
    page
}

const HEAD: &str = "\
# What the simulated cloud is held to

Made by `cargo xtask conformance` from the table in [tests/src/conformance](../tests/src/conformance); not to be edited here. The suite
`cargo xtask test conformance` plays each row over HTTP against a cloud of its own, with requests that owe nothing to Squab's core.

The source is the title of a page in Meta's documentation of the WhatsApp Business Platform, or what else the row rests on. *Setting*
means that Meta names nothing, and that the cloud lets you choose. A code whose status says *any* has none on Meta's pages.
";
