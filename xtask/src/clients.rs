//! Real clients, as their users install them: pywa from `PyPI` in an environment of its own, `whatsapp-api-js` from npm. Both are
//! pinned by hashes, and lie below the target directory.

use crate::debian;
use crate::workspace::{self, Workspace, ask, programs};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Of `squab-tests`.
pub(crate) const TEST: &str = "clients";
/// Where the programs lie that drive the clients, and the lists of what they want.
const PROGRAMS: &str = "tests/clients";
const NODE_FILES: [&str; 3] = ["package.json", "package-lock.json", "drive.mjs"];

/// Installs both clients, and runs them against the simulated cloud.
pub(crate) fn suite(workspace: &Workspace) -> Result<()> {
    let python = pywa(workspace).context(
        "pywa is not installed; it wants Python 3.10 or later with venv and PyPI (on Debian: apt-get install python3-venv)",
    )?;
    let (node, directory) = whatsapp_api_js(workspace).context(
        "whatsapp-api-js is not installed; it wants Node.js 18 or later and npm (on Debian: apt-get install nodejs npm)",
    )?;
    let mut test = workspace.cargo(&["test", "--package", "squab-tests", "--release", "--test", TEST]);
    test.env("SQUAB_PYTHON", python)
        .env("SQUAB_NODE", node)
        .env("SQUAB_NODE_CLIENTS", directory);
    // The figures that the tests print are part of the result.
    workspace::run(test.args(["--", "--nocapture"]))
}

/// An environment with pywa; its Python.
fn pywa(workspace: &Workspace) -> Result<PathBuf> {
    let environment = workspace.target.join("clients").join("pywa");
    let python = environment.join("bin").join("python");
    if ask(&python, &["-m", "pip", "--version"]).is_none() {
        let make = || {
            workspace::run(
                Command::new("python3")
                    .args(["-m", "venv", "--clear"])
                    .arg(&environment),
            )
        };
        if make().is_err() {
            debian::install(&["python3-venv"])?;
            make()?;
        }
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--require-hashes", "--requirement"])
        .arg(workspace.root.join(PROGRAMS).join("pywa/requirements.txt"));
    workspace::run(&mut pip)?;
    Ok(python)
}

/// A directory with whatsapp-api-js and the program that drives it; Node.js, and the directory.
fn whatsapp_api_js(workspace: &Workspace) -> Result<(PathBuf, PathBuf)> {
    let missing = |name: &&str| programs(name).is_empty();
    let missing: Vec<_> = [("node", "nodejs"), ("npm", "npm")]
        .into_iter()
        .filter(|(program, _)| missing(program))
        .map(|(_, package)| package)
        .collect();
    if !missing.is_empty() {
        debian::install(&missing)?;
    }
    let node = programs("node").into_iter().next().context("there is no node")?;
    let directory = workspace.target.join("clients").join("whatsapp-api-js");
    copy(&workspace.root.join(PROGRAMS).join("whatsapp-api-js"), &directory)?;
    let mut npm = Command::new("npm");
    npm.current_dir(&directory).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel",
        "error",
    ]);
    workspace::run(&mut npm)?;
    Ok((node, directory))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for name in NODE_FILES {
        fs::copy(from.join(name), to.join(name)).with_context(|| from.join(name).display().to_string())?;
    }
    Ok(())
}
