//! The two programs that know Espressif's image format: espflash, which flashes it too, and esptool, which checks it.

use super::partitions;
use crate::debian;
use crate::workspace::{self, Workspace, ask, programs};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// As tried out.
const ESPTOOL: &str = "esptool==5.6.0";
/// What makes Python's environments, where Python came without it.
const DEBIAN_PACKAGES: [&str; 1] = ["python3-venv"];
/// What the boards' partition table is made for.
const FLASH_SIZE: &str = "4MB";
const FLASH_MODE: &str = "dio";
/// Said of an image whose parts are all as they should be: its checksum, and the hash over all of it.
const VALID: [&str; 2] = ["Checksum: 0x", "Validation hash: "];

/// espflash, if it is installed.
pub(crate) fn espflash() -> Option<PathBuf> {
    programs("espflash").into_iter().next()
}

/// A command of espflash that asks nobody and nothing.
pub(crate) fn espflash_command(espflash: &Path, action: &str) -> Command {
    let mut command = Command::new(espflash);
    command.args(["--skip-update-check", action]);
    command
}

/// esptool, installed below the target directory where it is not there.
pub(crate) fn esptool(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(installed) = programs("esptool").into_iter().next() {
        return Ok(installed);
    }
    let tools = workspace.target.join("tools").join("esptool");
    let esptool = tools.join("bin").join("esptool");
    if ask(&esptool, &["version"]).is_none() {
        let environment = || workspace::run(Command::new("python3").args(["-m", "venv"]).arg(&tools));
        let install = || {
            if environment().is_err() {
                debian::install(&DEBIAN_PACKAGES)?;
                environment()?;
            }
            let pip = [
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                ESPTOOL,
            ];
            workspace::run(Command::new(tools.join("bin").join("python")).args(pip))
        };
        install().context(
            "no esptool; to install it: pip install esptool (on Debian: apt-get install python3-venv)",
        )?;
    }
    Ok(esptool)
}

/// Makes the application's image of the linked program; by which of the two.
pub(crate) fn make_image(
    workspace: &Workspace,
    chip: &str,
    elf: &Path,
    image: &Path,
) -> Result<&'static str> {
    if let Some(parent) = image.parent() {
        fs::create_dir_all(parent)?;
    }
    if let Some(espflash) = espflash() {
        let mut save = espflash_command(&espflash, "save-image");
        save.args([
            "--chip",
            chip,
            "--flash-size",
            &FLASH_SIZE.to_lowercase(),
            "--flash-mode",
            FLASH_MODE,
        ]);
        save.arg("--partition-table")
            .arg(workspace.root.join(partitions::TABLE));
        workspace::run(save.arg(elf).arg(image))?;
        return Ok("espflash save-image");
    }
    let mut convert = Command::new(esptool(workspace)?);
    convert.args([
        "--chip",
        chip,
        "elf2image",
        "--flash-size",
        FLASH_SIZE,
        "--flash-mode",
        FLASH_MODE,
    ]);
    workspace::run(convert.arg("--output").arg(image).arg(elf))?;
    Ok("esptool elf2image")
}

/// Has esptool read the image back; what it says of it.
pub(crate) fn check_image(workspace: &Workspace, chip_name: &str, image: &Path) -> Result<String> {
    let said = workspace::output(Command::new(esptool(workspace)?).arg("image-info").arg(image))?;
    let detected = format!("Detected image type: {chip_name}");
    ensure!(said.contains(&detected), "not an image for {chip_name}:\n{said}");
    for part in VALID {
        let line = said.lines().find(|line| line.starts_with(part));
        ensure!(
            line.is_some_and(|line| line.ends_with("(valid)")),
            "{part} is not valid:\n{said}"
        );
    }
    Ok(said)
}
