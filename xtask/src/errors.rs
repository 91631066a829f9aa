//! `cargo xtask errors`: the page about Meta's error codes, made from the core's table.

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::fs;

/// The page.
const PAGE: &str = "docs/errors.md";

/// Writes the page.
pub(crate) fn command(workspace: &Workspace) -> Result<bool> {
    let path = workspace.root.join(PAGE);
    fs::write(&path, page(workspace)?).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {PAGE}");
    Ok(true)
}

/// Fails if the page is not what the table makes it.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let path = workspace.root.join(PAGE);
    let there = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        there == page(workspace)?,
        "{PAGE} is stale: cargo xtask errors writes it anew"
    );
    Ok(())
}

fn page(workspace: &Workspace) -> Result<String> {
    let run = [
        "run",
        "--quiet",
        "--package",
        "squab-core",
        "--features",
        "explain",
        "--example",
        "errors",
    ];
    let output = workspace.cargo(&run).output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).context("the page is no text")
}
