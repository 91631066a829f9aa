//! Runs `tests/chip` on the chips' instruction sets: on QEMU's riscv32 `virt` machine, whose processor is given the
//! extensions of the chip and no others.

use crate::debian;
use crate::riscv::{Chip, Toolchain};
use crate::workspace::{self, Workspace, ask};
use anyhow::{Context, Result, bail, ensure};
use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const QEMU: &str = "qemu-system-riscv32";
const DEBIAN_PACKAGES: [&str; 1] = ["qemu-system-misc"];
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
    let version = qemu()?;
    println!("QEMU {}.{}", version.0, version.1);
    for chip in Chip::ALL {
        let toolchain = Toolchain::find(chip)?;
        println!("{}: {}, {}", chip.name(), chip.target(), toolchain.version);
        let start = Instant::now();
        let run = build_and_run(workspace, chip, version, &[])?;
        print!("{}", run.printed);
        println!("{:.1} s with its build", start.elapsed().as_secs_f64());
        ensure!(
            run.status.success() && run.printed.trim_end().ends_with(ALL_PASSED),
            "the program for {} ended with {}",
            chip.name(),
            run.status
        );
    }
    let run = build_and_run(workspace, Chip::Esp32C3, version, &["planted-failure"])?;
    ensure!(
        run.status.code() == Some(PLANTED) && !run.printed.contains(ALL_PASSED),
        "a failure was planted in step {PLANTED}, and the program ended with {}:\n{}",
        run.status,
        run.printed
    );
    println!("a planted failure is found");
    Ok(())
}

fn build_and_run(workspace: &Workspace, chip: Chip, version: (u32, u32), features: &[&str]) -> Result<Run> {
    let program = Toolchain::find(chip)?.build_program(workspace, "tests/chip", "squab-chip", features)?;
    let mut command = Command::new(QEMU);
    command
        .args(["-M", "virt", "-cpu", processor(chip, version)])
        .args(["-m", "16M", "-smp", "1", "-bios", "none", "-display", "none"])
        .args(["-monitor", "none", "-serial", "stdio", "-no-reboot"])
        // One instruction, one nanosecond: the counter of instructions counts just those.
        .args(["-icount", "shift=0"])
        .arg("-kernel")
        .arg(&program);
    eprintln!("$ {}", workspace::shown(&command));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {QEMU}"))?;
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

/// QEMU's version, installed first where it is not there.
fn qemu() -> Result<(u32, u32)> {
    let installed = || ask(Path::new(QEMU), &["--version"]);
    let text = if let Some(text) = installed() {
        text
    } else {
        let packages = DEBIAN_PACKAGES.join(" ");
        debian::install(&DEBIAN_PACKAGES)
            .and_then(|()| installed().with_context(|| format!("no {QEMU} in {packages}")))
            .with_context(|| {
                format!("no {QEMU}; on Debian: sudo apt-get install --no-install-recommends {packages}")
            })?
    };
    version(&text).with_context(|| format!("no version in: {text}"))
}

fn version(text: &str) -> Option<(u32, u32)> {
    let number = text.split_once("version ")?.1;
    let mut parts = number.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// The processor with the chip's extensions alone. From version 9 on the full `rv32` cannot be cut down so far, and
/// there is a bare one to build on.
fn processor(chip: Chip, (major, _): (u32, u32)) -> &'static str {
    match (chip, major) {
        (Chip::Esp32C3, ..9) => "rv32,a=off,f=off,d=off",
        (Chip::Esp32C6, ..9) => "rv32,a=on,f=off,d=off",
        (Chip::Esp32C3, 9..) => "rv32i,m=on,c=on,zicsr=on,zifencei=on",
        (Chip::Esp32C6, 9..) => "rv32i,m=on,a=on,c=on,zicsr=on,zifencei=on",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debians_and_other_versions_are_read() {
        for (text, expected) in [
            (
                "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright",
                Some((7, 2)),
            ),
            ("QEMU emulator version 10.0.0", Some((10, 0))),
            ("QEMU emulator version 9.1.50-rc1", Some((9, 1))),
            ("not QEMU", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
    }

    #[test]
    fn no_processor_has_floating_point_and_the_c6_alone_has_atomics() {
        for version in [(7, 2), (10, 0)] {
            for chip in Chip::ALL {
                let flags = processor(chip, version);
                let atomics = flags.contains("a=on");
                assert_eq!(atomics, chip == Chip::Esp32C6, "{flags}");
                assert_eq!(flags.contains("f=off"), flags.starts_with("rv32,"), "{flags}");
            }
        }
    }
}
