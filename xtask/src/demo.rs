//! The demo as a user starts it: a day of a cold store against the simulated cloud, over TLS on loopback.

use crate::workspace::{self, Workspace};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// A certificate authority that signed nothing; its key is gone.
const WRONG_CA: &str = include_str!("wrong-ca.pem");
/// The demo runs for 20 s; what takes three times as long hangs.
const LIMIT: Duration = Duration::from_mins(1);

/// Three runs: as it should be, without pacing, and with a certificate authority that is not the cloud's.
pub(crate) fn suite(workspace: &Workspace) -> Result<()> {
    workspace::run(&mut workspace.cargo(&["build", "--release"]))?;

    let day = run(workspace, &[])?.summary()?;
    let number = |name: &str| {
        let value = day.get(name).and_then(Value::as_u64);
        value.with_context(|| format!("the summary has no number {name}: {day}"))
    };
    let submitted = number("submitted")?;
    ensure!(submitted >= 30, "only {submitted} messages were submitted");
    let (accepted, merged) = (number("accepted")?, number("merged")?);
    ensure!(
        accepted + merged == submitted && number("lost")? == 0,
        "some were lost: {day}"
    );
    ensure!(number("duplicates")? == 0, "some arrived twice: {day}");
    ensure!(number("delivered")? == accepted, "not all were delivered: {day}");
    ensure!(merged >= 5, "the door that flaps was not damped: {day}");
    ensure!(
        number("acknowledged")? >= 2,
        "alarms were not acknowledged: {day}"
    );
    ensure!(
        number("escalated")? >= 1 && number("told_who")? >= 1,
        "no alarm escalated, or nobody was told who took it: {day}"
    );
    ensure!(
        number("power_cuts")? >= 1 && number("open_at_cut")? >= 1,
        "the power did not fail in the middle of a burst: {day}"
    );
    ensure!(
        number("restored")? >= number("open_at_cut")?,
        "the journal did not have what was on its way: {day}"
    );
    ensure!(
        number("judged")? >= accepted,
        "the judge saw fewer than were sent: {day}"
    );
    ensure!(
        number("refused_by_pair_rule")? == 0,
        "the judge refused some: {day}"
    );

    let naive = run(workspace, &["--policy", "naive"])?.summary()?;
    let refused = naive.get("refused_by_pair_rule").and_then(Value::as_u64);
    ensure!(
        refused > Some(0),
        "the judge let pass a sender that keeps no rule: {naive}"
    );
    let lost = naive.get("lost").and_then(Value::as_u64);
    ensure!(
        lost > Some(0),
        "a sender without a journal lost nothing with its power: {naive}"
    );

    let ca = workspace.target.join("wrong-ca.pem");
    fs::write(&ca, WRONG_CA)?;
    let wrong = run(workspace, &["--ca", &ca.to_string_lossy()])?;
    ensure!(
        !wrong.success,
        "a cloud with an unknown certificate authority was trusted"
    );
    ensure!(
        wrong.text.to_lowercase().contains("certificate"),
        "it failed, but not for its certificate: {}",
        wrong.text
    );
    Ok(())
}

struct Ended {
    success: bool,
    /// Standard output and standard error.
    text: String,
    /// The last line of the standard output.
    last: String,
}

impl Ended {
    fn summary(self) -> Result<Value> {
        if !self.success {
            bail!("the demo failed: {}", self.text);
        }
        println!("{}", self.last);
        serde_json::from_str(&self.last).with_context(|| format!("not a JSON summary: {}", self.last))
    }
}

fn run(workspace: &Workspace, more: &[&str]) -> Result<Ended> {
    let name = format!("squab{}", std::env::consts::EXE_SUFFIX);
    let mut command = Command::new(workspace.target.join("release").join(name));
    command
        .current_dir(&workspace.root)
        .args(["demo", "--for", "20s", "--json"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    eprintln!("$ {}", workspace::shown(&command));
    let mut child = command.spawn()?;
    let stdout = reader(child.stdout.take());
    let stderr = reader(child.stderr.take());
    let status = workspace::wait(&mut child, LIMIT);
    let text = |reader: thread::JoinHandle<String>| reader.join().unwrap_or_default();
    let (stdout, stderr) = (text(stdout), text(stderr));
    let status = status.with_context(|| format!("{stdout}{stderr}"))?;
    Ok(Ended {
        success: status.success(),
        last: stdout.lines().next_back().unwrap_or_default().to_owned(),
        text: stdout + &stderr,
    })
}

/// Both streams are read while the child runs, so that neither fills up and stops it.
fn reader(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What arrived before an error still tells what happened.
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
