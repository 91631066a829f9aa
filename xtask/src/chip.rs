//! Runs `tests/chip` on the chips' instruction sets: on QEMU's riscv32 `virt` machine, whose processor is given the
//! extensions of the chip and no others.

use crate::qemu;
use crate::riscv::{Chip, Toolchain};
use crate::workspace::{self, Workspace};
use anyhow::{Context, Result, bail, ensure};
use std::io::Read;
use std::process::{ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const RUN_LIMIT: Duration = Duration::from_mins(1);
/// What the program says last when every step passed.
const ALL_PASSED: &str = "steps passed";
/// The step that `planted-failure` makes fail, which is the program's exit code then.
const PLANTED: i32 = 5;

/// What a run of the program showed.
struct Run {
    printed: String,
    status: ExitStatus,
}

/// Runs the program on both chips' instruction sets; then once more with a step that has to fail.
pub(crate) fn suite(workspace: &Workspace) -> Result<()> {
    for chip in Chip::ALL {
        let toolchain = Toolchain::find(chip)?;
        println!("{}: {}, {}", chip.name(), chip.target(), toolchain.version);
        let start = Instant::now();
        let run = build_and_run(workspace, chip, &[])?;
        print!("{}", run.printed);
        println!("{:.1} s with its build", start.elapsed().as_secs_f64());
        ensure!(
            run.status.success() && run.printed.trim_end().ends_with(ALL_PASSED),
            "the program for {} ended with {}",
            chip.name(),
            run.status
        );
    }
    let run = build_and_run(workspace, Chip::Esp32C3, &["planted-failure"])?;
    ensure!(
        run.status.code() == Some(PLANTED) && !run.printed.contains(ALL_PASSED),
        "a failure was planted in step {PLANTED}, and the program ended with {}:\n{}",
        run.status,
        run.printed
    );
    println!("a planted failure is found");
    Ok(())
}

/// What the program counted on an ESP32-C3's instruction set: what, and instructions.
pub(crate) fn figures(workspace: &Workspace) -> Result<Vec<(String, u32)>> {
    let run = build_and_run(workspace, Chip::Esp32C3, &[])?;
    ensure!(
        run.status.success(),
        "the program ended with {}:\n{}",
        run.status,
        run.printed
    );
    let counted = run.printed.lines().filter_map(|line| {
        let (count, what) = line.split_once(" instructions: ")?;
        Some((what.to_owned(), count.trim().parse().ok()?))
    });
    Ok(counted.collect())
}

fn build_and_run(workspace: &Workspace, chip: Chip, features: &[&str]) -> Result<Run> {
    let program = Toolchain::find(chip)?.build_program(workspace, "tests/chip", "squab-chip", features)?;
    let mut command = qemu::machine(chip)?.command();
    command
        // One instruction, one nanosecond: the counter of instructions counts just those.
        .args(["-icount", "shift=0"])
        .arg("-kernel")
        .arg(&program);
    eprintln!("$ {}", workspace::shown(&command));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start QEMU")?;
    let mut output = child.stdout.take().context("no standard output")?;
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes).map(|_| bytes)
    });
    let status = workspace::wait(&mut child, RUN_LIMIT);
    let Ok(bytes) = reader.join() else {
        bail!("the program's output could not be read");
    };
    let printed = String::from_utf8_lossy(&bytes?).into_owned();
    match status {
        Ok(status) => Ok(Run { printed, status }),
        Err(why) => Err(why.context(format!("the program printed:\n{printed}"))),
    }
}
