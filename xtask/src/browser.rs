//! The cloud's page in Chromium: `tests/browser/suite.py`, with Playwright and axe-core from a virtual environment below
//! the target directory. Chromium is the system's; on Debian it is installed.

use crate::debian;
use crate::workspace::{self, Workspace, programs};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the browser goes by on the path.
const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// The fonts are those of the pictures; the page takes whatever a system has.
const PACKAGES: [&str; 5] = [
    "chromium",
    "fonts-inter",
    "fonts-dejavu-core",
    "fonts-noto-color-emoji",
    "python3-venv",
];

/// Runs the suite; its pictures go below the target directory.
pub(crate) fn suite(workspace: &Workspace) -> Result<()> {
    run(workspace, &workspace.target.join("browser/pictures"))
}

/// Runs the suite; its pictures replace those in the documentation.
pub(crate) fn pictures(workspace: &Workspace) -> Result<()> {
    let pictures = workspace.root.join("docs/pictures");
    run(workspace, &pictures)?;
    if programs("pngquant").is_empty() {
        debian::install(&["pngquant"])
            .context("pictures are made small with pngquant: apt-get install pngquant")?;
    }
    let mut quantize = Command::new("pngquant");
    quantize.args(["--quality", "70-95", "--speed", "1", "--force", "--ext", ".png"]);
    for entry in fs::read_dir(&pictures)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "png") {
            quantize.arg(path);
        }
    }
    workspace::run(&mut quantize)
}

fn run(workspace: &Workspace, pictures: &Path) -> Result<()> {
    let chromium = chromium()?;
    let python = python(workspace)?;
    workspace::run(&mut workspace.cargo(&["build", "--release", "--package", "squab", "--bin", "squab"]))?;
    fs::create_dir_all(pictures)?;
    let name = format!("squab{}", std::env::consts::EXE_SUFFIX);
    let mut suite = Command::new(python);
    suite
        .arg(workspace.root.join("tests/browser/suite.py"))
        .env("SQUAB", workspace.target.join("release").join(name))
        .env("CHROMIUM", chromium)
        .env("PICTURES", pictures)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    workspace::run(&mut suite)?;
    println!("pictures: {}", pictures.display());
    Ok(())
}

fn chromium() -> Result<PathBuf> {
    let find = || CHROMIUM.iter().find_map(|name| programs(name).into_iter().next());
    if let Some(chromium) = find() {
        return Ok(chromium);
    }
    let line = format!("apt-get install {}", PACKAGES.join(" "));
    debian::install(&PACKAGES).with_context(|| format!("the suite wants Chromium: {line}"))?;
    find().with_context(|| format!("no Chromium on the path, even after {line}"))
}

/// The virtual environment's Python, with all that is required in it.
fn python(workspace: &Workspace) -> Result<PathBuf> {
    let requirements = workspace.root.join("tests/browser/requirements.txt");
    let wanted = fs::read_to_string(&requirements)?;
    let home = workspace.target.join("browser/python");
    let directory = if cfg!(windows) { "Scripts" } else { "bin" };
    let python = home.join(directory).join("python");
    let done = home.join("installed.txt");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let Some(system) = programs("python3").into_iter().next() else {
        bail!("the suite wants Python 3: apt-get install python3-venv");
    };
    let create = |system: &Path| {
        let mut venv = Command::new(system);
        workspace::run(venv.args(["-m", "venv", "--clear"]).arg(&home))
    };
    if create(&system).is_err() {
        debian::install(&["python3-venv"])
            .context("the suite wants Python's venv: apt-get install python3-venv")?;
        create(&system)?;
    }
    let mut install = Command::new(&python);
    let install = install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    workspace::run(install.arg("--requirement").arg(&requirements))?;
    fs::write(&done, &wanted)?;
    Ok(python)
}
