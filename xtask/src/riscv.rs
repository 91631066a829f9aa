//! A compiler for the microcontroller, on whatever machine this is.
//!
//! In this order: a toolchain that has the target; a compiler whose library source lies beside it, so that `core` can
//! be built (Debian's `rustc-web` with `rust-web-src`, or rustup's `rust-src`); the target from rustup; Debian's
//! packages. What is on the machine comes before what has to be fetched. What is fetched is reported on the standard
//! error, since `cargo xtask size --json` writes to the standard output.

use crate::debian;
use crate::workspace::{self, Workspace, ask, programs};
use anyhow::{Result, bail};
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A microcontroller whose instruction set is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chip {
    Esp32C3,
    Esp32C6,
}

impl Chip {
    pub(crate) const ALL: [Self; 2] = [Self::Esp32C3, Self::Esp32C6];

    /// What its maker calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Esp32C3 => "ESP32-C3",
            Self::Esp32C6 => "ESP32-C6",
        }
    }

    /// The board's feature for it, which is Espressif's tools' name too.
    pub(crate) fn feature(self) -> &'static str {
        match self {
            Self::Esp32C3 => "esp32c3",
            Self::Esp32C6 => "esp32c6",
        }
    }

    /// Rust's name for its instruction set.
    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::Esp32C3 => "riscv32imc-unknown-none-elf",
            Self::Esp32C6 => "riscv32imac-unknown-none-elf",
        }
    }
}

/// Below the workspace's target directory.
const DIRECTORY: &str = "riscv";
const DEBIAN_PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];
const DOWNLOAD_LIMIT: Duration = Duration::from_mins(1);

/// A compiler that can build for a chip.
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// What it calls itself.
    pub(crate) version: String,
    target: &'static str,
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
    /// Finds a compiler for the chip, or fetches one.
    pub(crate) fn find(chip: Chip) -> Result<Self> {
        let target = chip.target();
        if let Some(found) = Self::on_this_machine(target) {
            return Ok(found);
        }
        let fetched = [fetch_from_rustup, fetch_from_debian];
        for fetch in fetched {
            match fetch(target) {
                Ok(()) => {
                    if let Some(found) = Self::on_this_machine(target) {
                        return Ok(found);
                    }
                }
                Err(why) => eprintln!("xtask: {why:#}"),
            }
        }
        bail!(
            "no compiler for {target}; install the target once: rustup target add {target} \
             (or, on Debian: sudo apt-get install {})",
            DEBIAN_PACKAGES.join(" ")
        )
    }

    fn on_this_machine(target: &'static str) -> Option<Self> {
        let default = default_rustc();
        if has_target(&default, target) {
            let version = ask(&default, &["--version"])?;
            let core = Core::Installed;
            return Some(Self {
                version,
                target,
                core,
            });
        }
        let compilers = [default].into_iter().chain(programs("rustc"));
        let (rustc, version) = compilers.into_iter().find_map(|rustc| {
            let source = sysroot(&rustc)?.join("lib/rustlib/src/rust/library/core/src/lib.rs");
            let version = ask(&rustc, &["--version"])?;
            source.is_file().then_some((rustc, version))
        })?;
        let linker = linker(&rustc)?;
        let core = Core::Source { rustc, linker };
        Some(Self {
            version,
            target,
            core,
        })
    }

    /// `cargo build --release` for the target, with a target directory of its own.
    pub(crate) fn cargo_build(&self, workspace: &Workspace) -> Command {
        self.cargo(workspace, "build", "core")
    }

    /// The same with another word for `build`, and with these libraries, should they have to be built.
    fn cargo(&self, workspace: &Workspace, action: &str, libraries: &str) -> Command {
        let mut command = workspace.cargo(&[action, "--release", "--target", self.target, "--target-dir"]);
        command.arg(workspace.target.join(DIRECTORY));
        if let Core::Source { rustc, linker } = &self.core {
            let target = self.target.replace('-', "_").to_uppercase();
            command
                .arg(format!("-Zbuild-std={libraries}"))
                // As the Rust project compiles the `core` that it ships. With "s", `Display` of the integers keeps a
                // bounds check that can never fail.
                .args(["--config", "profile.release.package.core.opt-level=3"])
                .env("RUSTC", rustc)
                .env("RUSTC_BOOTSTRAP", "1")
                .env(format!("CARGO_TARGET_{target}_LINKER"), linker);
        }
        command
    }

    /// Builds the program of a package that is a workspace of its own, with these features and no others and the
    /// versions of this workspace's lock file, and says where it lies.
    pub(crate) fn build_program(
        &self,
        workspace: &Workspace,
        package: &str,
        program: &str,
        features: &[&str],
    ) -> Result<PathBuf> {
        let package = workspace.root.join(package);
        fs::copy(workspace.root.join("Cargo.lock"), package.join("Cargo.lock"))?;
        let mut build = self.cargo_build(workspace);
        build
            .args(["--quiet", "--manifest-path"])
            .arg(package.join("Cargo.toml"))
            .args(["--no-default-features", "--features", &features.join(",")]);
        workspace::output(&mut build)?;
        Ok(self.built(workspace).join(program))
    }

    /// Builds the program of a board, which is a workspace of its own with a lock file of its own, for one of its
    /// chips; says where it lies, and the linker's map of it.
    pub(crate) fn build_board(
        &self,
        workspace: &Workspace,
        board: &str,
        program: &str,
        features: &[&str],
    ) -> Result<(PathBuf, PathBuf)> {
        let built = self.built(workspace);
        let map = built.join(format!("{program}.map"));
        // TLS and the radio have a heap.
        let mut build = self.cargo(workspace, "rustc", "core,alloc");
        build
            .args(["--quiet", "--locked", "--manifest-path"])
            .arg(workspace.root.join(board).join("Cargo.toml"))
            .args(["--no-default-features", "--features", &features.join(",")])
            .args(["--bin", program, "--"])
            .arg(format!("-Clink-arg=-Map={}", map.display()))
            .arg("-Clink-arg=--no-demangle");
        workspace::run(&mut build)?;
        Ok((built.join(program), map))
    }

    /// Builds all programs of a board with a lock file of its own, and says in which directory they lie.
    pub(crate) fn build_programs(&self, workspace: &Workspace, board: &str) -> Result<PathBuf> {
        let mut build = self.cargo(workspace, "build", "core,alloc");
        build
            .args(["--quiet", "--locked", "--bins", "--manifest-path"])
            .arg(workspace.root.join(board).join("Cargo.toml"));
        workspace::run(&mut build)?;
        Ok(self.built(workspace))
    }

    /// Where programs lie.
    fn built(&self, workspace: &Workspace) -> PathBuf {
        workspace.target.join(DIRECTORY).join(self.target).join("release")
    }
}

fn default_rustc() -> PathBuf {
    env::var_os("RUSTC").map_or_else(|| "rustc".into(), PathBuf::from)
}

fn sysroot(rustc: &Path) -> Option<PathBuf> {
    ask(rustc, &["--print", "sysroot"]).map(PathBuf::from)
}

fn has_target(rustc: &Path, target: &str) -> bool {
    let Some(libraries) = ask(rustc, &["--print", "target-libdir", "--target", target]) else {
        return false;
    };
    let Ok(files) = fs::read_dir(libraries) else {
        return false;
    };
    files
        .flatten()
        .any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
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

fn fetch_from_rustup(target: &str) -> Result<()> {
    if programs("rustup").is_empty() {
        bail!("rustup is not installed");
    }
    let mut command = Command::new("rustup");
    command.args(["target", "add", target]).stdout(io::stderr());
    eprintln!("$ {}", workspace::shown(&command));
    let status = workspace::wait(&mut command.spawn()?, DOWNLOAD_LIMIT)?;
    if !status.success() {
        bail!("rustup could not add the target: {status}");
    }
    Ok(())
}

fn fetch_from_debian(_: &str) -> Result<()> {
    debian::install(&DEBIAN_PACKAGES)
}
