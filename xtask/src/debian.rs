//! Debian's packages, where whoever runs this may install them.

use crate::workspace::{self, ask, programs};
use anyhow::{Result, bail};
use std::io;
use std::path::Path;
use std::process::Command;

/// Installs packages without those that they merely recommend; reads the lists of packages first if it does not work
/// with those at hand. Reported on the standard error.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    if programs("apt-get").is_empty() || ask(Path::new("id"), &["-u"]).as_deref() != Some("0") {
        bail!("not root on Debian: nothing is installed with apt-get");
    }
    if try_install(packages).is_ok() {
        return Ok(());
    }
    workspace::run(apt_get().arg("update"))?;
    try_install(packages)
}

fn try_install(packages: &[&str]) -> Result<()> {
    workspace::run(
        apt_get()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages),
    )
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.stdout(io::stderr()).arg("--quiet");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
