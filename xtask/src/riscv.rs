//! A compiler for the microcontroller, on whatever machine this is.
//!
//! In this order: a toolchain that has the target; a compiler whose library source lies beside it, so that `core` can
//! be built (Debian's `rustc-web` with `rust-web-src`, or rustup's `rust-src`); the target from rustup; Debian's
//! packages. What is on the machine comes before what has to be fetched. What is fetched is reported on the standard
//! error, since `cargo xtask size --json` writes to the standard output.

use crate::workspace::{self, Workspace};
use anyhow::{Result, bail};
use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The instruction set of an ESP32-C3; what compiles for it compiles for the C6, which has atomics on top.
pub(crate) const TARGET: &str = "riscv32imc-unknown-none-elf";

const DOWNLOAD_LIMIT: Duration = Duration::from_mins(1);

const ADVICE: &str = "no compiler for riscv32imc-unknown-none-elf; install the target once: \
    rustup target add riscv32imc-unknown-none-elf (or, on Debian: sudo apt-get install rustc-web rust-web-src)";

/// A compiler that can build for [`TARGET`].
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// What it calls itself.
    pub(crate) version: String,
    core: Core,
}

#[derive(Debug)]
enum Core {
    /// The toolchain brings it compiled.
    Installed,
    /// It is built from the source beside this compiler, linked by this linker.
    Source { rustc: PathBuf, linker: PathBuf },
}

impl Toolchain {
    /// Finds a compiler, or fetches one.
    pub(crate) fn find() -> Result<Self> {
        if let Some(found) = Self::on_this_machine() {
            return Ok(found);
        }
        let fetched = [fetch_from_rustup as fn() -> Result<()>, fetch_from_debian];
        for fetch in fetched {
            match fetch() {
                Ok(()) => {
                    if let Some(found) = Self::on_this_machine() {
                        return Ok(found);
                    }
                }
                Err(why) => eprintln!("xtask: {why:#}"),
            }
        }
        bail!(ADVICE)
    }

    fn on_this_machine() -> Option<Self> {
        let default = default_rustc();
        if has_target(&default) {
            let version = ask(&default, &["--version"])?;
            let core = Core::Installed;
            return Some(Self { version, core });
        }
        let compilers = [default].into_iter().chain(programs("rustc"));
        let (rustc, version) = compilers.into_iter().find_map(|rustc| {
            let source = sysroot(&rustc)?.join("lib/rustlib/src/rust/library/core/src/lib.rs");
            let version = ask(&rustc, &["--version"])?;
            source.is_file().then_some((rustc, version))
        })?;
        let linker = linker(&rustc)?;
        let core = Core::Source { rustc, linker };
        Some(Self { version, core })
    }

    /// `cargo build --release` for the target, with a target directory of its own.
    pub(crate) fn cargo_build(&self, workspace: &Workspace) -> Command {
        let mut command = workspace.cargo(&["build", "--release", "--target", TARGET, "--target-dir"]);
        command.arg(workspace.target.join("riscv"));
        if let Core::Source { rustc, linker } = &self.core {
            command
                .args(["-Z", "build-std=core"])
                // As the Rust project compiles the `core` that it ships. With "s", `Display` of the integers keeps a
                // bounds check that can never fail.
                .args(["--config", "profile.release.package.core.opt-level=3"])
                .env("RUSTC", rustc)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_RISCV32IMC_UNKNOWN_NONE_ELF_LINKER", linker);
        }
        command
    }
}

fn default_rustc() -> PathBuf {
    env::var_os("RUSTC").map_or_else(|| "rustc".into(), PathBuf::from)
}

fn ask(program: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn sysroot(rustc: &Path) -> Option<PathBuf> {
    ask(rustc, &["--print", "sysroot"]).map(PathBuf::from)
}

fn has_target(rustc: &Path) -> bool {
    let Some(libraries) = ask(rustc, &["--print", "target-libdir", "--target", TARGET]) else {
        return false;
    };
    let Ok(files) = std::fs::read_dir(libraries) else {
        return false;
    };
    files
        .flatten()
        .any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
}

/// Every program of that name on the path; a link that leads nowhere is none.
fn programs(name: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|directory| directory.join(name))
        .filter(|program| program.is_file())
        .collect()
}

/// `rust-lld` of this compiler's own sysroot, else of another toolchain's, else one from the path.
fn linker(rustc: &Path) -> Option<PathBuf> {
    let compilers = [rustc.to_owned(), default_rustc()]
        .into_iter()
        .chain(programs("rustc"));
    let shipped = compilers.filter_map(|rustc| {
        let host = ask(&rustc, &["--print", "host-tuple"])?;
        let linker = sysroot(&rustc)?
            .join("lib/rustlib")
            .join(host)
            .join("bin/rust-lld");
        linker.is_file().then_some(linker)
    });
    let installed = ["rust-lld", "ld.lld"].into_iter().flat_map(programs);
    shipped.chain(installed).next()
}

fn fetch_from_rustup() -> Result<()> {
    if programs("rustup").is_empty() {
        bail!("rustup is not installed");
    }
    let mut command = Command::new("rustup");
    command.args(["target", "add", TARGET]).stdout(io::stderr());
    eprintln!("$ {}", workspace::shown(&command));
    let status = workspace::wait(&mut command.spawn()?, DOWNLOAD_LIMIT)?;
    if !status.success() {
        bail!("rustup could not add the target: {status}");
    }
    Ok(())
}

fn fetch_from_debian() -> Result<()> {
    if programs("apt-get").is_empty() || ask(Path::new("id"), &["-u"]).as_deref() != Some("0") {
        bail!("not root on Debian: nothing is installed with apt-get");
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.stdout(io::stderr()).arg("--quiet");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    workspace::run(apt().arg("update"))?;
    workspace::run(apt().args(["install", "--yes", "rustc-web", "rust-web-src"]))
}
