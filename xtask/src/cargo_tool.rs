//! Programs that extend cargo and are built from crates.io: those that are installed, else built below the target
//! directory.

use crate::workspace::{self, Workspace};
use anyhow::Result;
use std::env;
use std::ffi::OsString;
use std::process::{Command, Stdio};

/// Whether the program `cargo-NAME` is on the path.
pub(crate) fn is_installed(name: &str) -> bool {
    runs(Command::new(program(name)))
}

/// A path on which `cargo NAME` finds its program, which is built first where it is not there.
pub(crate) fn path(workspace: &Workspace, name: &str) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    if is_installed(name) {
        return Ok(path);
    }
    let tools = workspace.target.join("tools");
    let built = tools.join("bin");
    if !runs(Command::new(built.join(program(name)))) {
        let mut install = workspace.cargo(&["install", &program(name), "--locked", "--root"]);
        workspace::run(install.arg(&tools))?;
    }
    Ok(env::join_paths(
        [built].into_iter().chain(env::split_paths(&path)),
    )?)
}

fn program(name: &str) -> String {
    format!("cargo-{name}")
}

fn runs(mut command: Command) -> bool {
    let asked = command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}
