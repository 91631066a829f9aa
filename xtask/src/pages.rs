//! Pages that are made from tables in the code: `cargo xtask errors` and `cargo xtask conformance`.

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::fs;

/// A page, and what prints it.
pub(crate) struct Page {
    path: &'static str,
    /// The word behind `cargo xtask` that writes it.
    command: &'static str,
    /// Arguments of cargo.
    prints: &'static [&'static str],
}

/// Meta's error codes, from the core's table.
pub(crate) const ERRORS: Page = Page {
    path: "docs/errors.md",
    command: "errors",
    prints: &[
        "run",
        "--quiet",
        "--package",
        "squab-core",
        "--features",
        "explain",
        "--example",
        "errors",
    ],
};
/// What the simulated cloud is held to, from the table of the suite `conformance`, which checks the page itself.
pub(crate) const CONFORMANCE: Page = Page {
    path: "docs/conformance.md",
    command: "conformance",
    prints: &[
        "run",
        "--quiet",
        "--package",
        "squab-tests",
        "--bin",
        "conformance",
    ],
};

impl Page {
    /// Writes the page.
    pub(crate) fn write(&self, workspace: &Workspace) -> Result<bool> {
        let path = workspace.root.join(self.path);
        fs::write(&path, self.text(workspace)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote {}", self.path);
        Ok(true)
    }

    /// Fails if the page is not what the table makes it.
    pub(crate) fn check(&self, workspace: &Workspace) -> Result<()> {
        let path = workspace.root.join(self.path);
        let there = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(
            there == self.text(workspace)?,
            "{} is stale: cargo xtask {} writes it anew",
            self.path,
            self.command
        );
        Ok(())
    }

    fn text(&self, workspace: &Workspace) -> Result<String> {
        let output = workspace.cargo(self.prints).output()?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).context("the page is no text")
    }
}
