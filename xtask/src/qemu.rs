//! QEMU's riscv32 `virt` machine with a chip's instruction set, and the emulated board on it: `cargo xtask qemu`, and
//! the suites `qemu` and `board`.

use crate::debian;
use crate::pki;
use crate::riscv::{Chip, Toolchain};
use crate::workspace::{self, Workspace, ask};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

const QEMU: &str = "qemu-system-riscv32";
const DEBIAN_PACKAGES: [&str; 1] = ["qemu-system-misc"];
/// The board's package.
const BOARD: &str = "firmware/qemu-virt";
/// The test target that drives it. It looks for the board in the environment, where [`suite`] puts it.
pub(crate) const TEST: &str = "board";
/// Handshakes that fail, one after the other: at every commit, and in the long tier.
const HANDSHAKES: (&str, &str) = ("100", "1000");
/// How often the power is cut in the course of a hundred alerts.
const POWER_CUTS: (&str, &str) = ("10", "50");
/// Every how manieth byte a connection is cut at.
const CUTS: (&str, &str) = ("61", "1");

/// A machine that has no more than a chip: QEMU's command line as far as it says that.
pub(crate) struct Machine(Vec<&'static str>);

impl Machine {
    /// To be added to.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(QEMU);
        command.args(&self.0);
        command
    }

    /// In one line; no argument has a space in it.
    fn line(&self) -> String {
        format!("{QEMU} {}", self.0.join(" "))
    }
}

/// The machine with the chip's instruction set. QEMU is installed first where it is not there.
pub(crate) fn machine(chip: Chip) -> Result<Machine> {
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
    let version = version(&text).with_context(|| format!("no version in: {text}"))?;
    let mut args = vec!["-M", "virt", "-cpu", processor(chip, version)];
    args.extend(["-m", "16M", "-smp", "1", "-bios", "none", "-display", "none"]);
    args.extend(["-monitor", "none", "-serial", "stdio", "-no-reboot"]);
    Ok(Machine(args))
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

/// The board's programs, and the machine they run on.
struct Board {
    kiosk: PathBuf,
    dial: PathBuf,
    qemu: String,
}

fn board(workspace: &Workspace) -> Result<Board> {
    let chip = Chip::Esp32C3;
    let programs = Toolchain::find(chip)?.build_programs(workspace, BOARD)?;
    Ok(Board {
        kiosk: programs.join("kiosk"),
        dial: programs.join("dial"),
        qemu: machine(chip)?.line(),
    })
}

/// Builds the board and shows it at work with the simulated cloud; with `keep` its alerts come from standard input
/// afterwards. Fails unless every outcome was reached.
pub(crate) fn show(workspace: &Workspace, keep: bool, json: bool) -> Result<()> {
    let Board { kiosk, dial, qemu } = board(workspace)?;
    let mut tour = workspace.cargo(&[
        "run",
        "--quiet",
        "--release",
        "--package",
        "squab-tests",
        "--bin",
        "qemu",
    ]);
    tour.args(["--", "--qemu", &qemu, "--kiosk"])
        .arg(kiosk)
        .arg("--dial")
        .arg(dial);
    tour.args(keep.then_some("--keep")).args(json.then_some("--json"));
    workspace::run(&mut tour)
}

/// Runs the board's tests.
pub(crate) fn suite(workspace: &Workspace, full: bool) -> Result<()> {
    let Board { kiosk, dial, qemu } = board(workspace)?;
    let pki = pki::make(workspace)?;
    let pick = |(few, many): (&'static str, &'static str)| if full { many } else { few };
    let mut test = workspace.cargo(&["test", "--package", "squab-tests", "--release", "--test", TEST]);
    test.env("SQUAB_QEMU", qemu)
        .env("SQUAB_BOARD_KIOSK", kiosk)
        .env("SQUAB_BOARD_DIAL", dial)
        .env("SQUAB_PKI", pki)
        .env("SQUAB_HANDSHAKES", pick(HANDSHAKES))
        .env("SQUAB_POWER_CUTS", pick(POWER_CUTS))
        .env("SQUAB_CUTS", pick(CUTS));
    // Most of the time they wait; the figures that they print are part of the result.
    workspace::run(test.args(["--", "--nocapture", "--test-threads", "4"]))
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
