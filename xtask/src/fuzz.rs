//! The fuzz targets of `fuzz/`, each for a while, from the seeds in the repository.
//!
//! The core has no `unsafe`, so no sanitizer is needed, and with that no nightly compiler.

use crate::cargo_tool;
use crate::debian;
use crate::workspace::{self, Workspace, ask};
use anyhow::{Context, Result, ensure};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const TOOL: &str = "fuzz";
const DEBIAN_PACKAGES: [&str; 1] = ["g++"];
/// How long each target runs: at every commit, and in the long tier.
const TIMES: (Duration, Duration) = (Duration::from_secs(20), Duration::from_mins(10));
/// The longest input tried, in bytes.
const LONGEST: &str = "8192";
/// An input that takes longer is a finding.
const INPUT_LIMIT: &str = "10";

/// Runs every target; the first finding ends it, and tells where the input lies.
pub(crate) fn suite(workspace: &Workspace, full: bool) -> Result<()> {
    // libFuzzer is C++, and is compiled.
    if ask(Path::new("c++"), &["--version"]).is_none() {
        debian::install(&DEBIAN_PACKAGES).context("no c++; on Debian: sudo apt-get install g++")?;
    }
    let path = cargo_tool::path(workspace, TOOL)?;
    let time = if full { TIMES.1 } else { TIMES.0 };
    for target in targets(workspace)? {
        run(workspace, &path, &target, time)?;
    }
    Ok(())
}

/// The names of the targets: the files that define one.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let directory = workspace.root.join("fuzz").join("fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(OsStr::to_str);
        names.push(name.context("a fuzz target without a name")?.to_owned());
    }
    names.sort();
    ensure!(!names.is_empty(), "{} has no target", directory.display());
    Ok(names)
}

fn run(workspace: &Workspace, path: &OsStr, target: &str, time: Duration) -> Result<()> {
    // What is found on the way is kept apart from the seeds, which only a person adds to.
    let found = workspace.target.join("fuzz").join("corpus").join(target);
    fs::create_dir_all(&found)?;
    let mut fuzz = workspace.cargo(&["fuzz", "run", "--sanitizer", "none", target]);
    fuzz.env("PATH", path)
        .env("CARGO_TARGET_DIR", workspace.target.join("fuzz"))
        .arg(&found)
        .args(seeds(workspace, target))
        .arg("--")
        .args(["-print_final_stats=1", "-verbosity=0", "-use_value_profile=1"])
        .arg(format!("-max_total_time={}", time.as_secs()))
        .arg(format!("-max_len={LONGEST}"))
        .arg(format!("-timeout={INPUT_LIMIT}"));
    println!("{target}: {} s", time.as_secs());
    workspace::run(&mut fuzz).with_context(|| {
        format!("the fuzz target {target} has a finding; its input lies in fuzz/artifacts/{target}")
    })
}

/// The directories with a target's seeds.
fn seeds(workspace: &Workspace, target: &str) -> Vec<PathBuf> {
    let own = workspace.root.join("fuzz").join("corpus").join(target);
    let fixtures = workspace.root.join("core/src/webhook/fixtures");
    let of_webhooks = (target == "webhook").then_some(fixtures);
    [own]
        .into_iter()
        .chain(of_webhooks)
        .filter(|directory| Path::is_dir(directory))
        .collect()
}
