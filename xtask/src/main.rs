//! `cargo xtask`: the tests in their tiers, the measured sizes, and the checks that no compiler makes.
//!
//! Plain Rust, so that it runs wherever the workspace builds. `suites` is the table to begin reading at.

mod chip;
mod debian;
mod demo;
mod dependencies;
mod image;
mod pki;
mod probe;
mod qemu;
mod riscv;
mod size;
mod suites;
mod workspace;

use anyhow::{Result, bail};
use lexopt::prelude::{Long, Short, Value, ValueExt};
use std::process::ExitCode;
use workspace::Workspace;

const HELP: &str = "\
Usage: cargo xtask test [SUITE...] [--full] [--list]
       cargo xtask size [--json] [--check]
       cargo xtask qemu [--keep] [--json]

test    runs the suites of the CI tier, or those named, and prints minutes for each
  --full    adds the long suites, and more cases to the others
  --list    names the suites and runs none
size    links squab-core for riscv32imc and prints text, rodata, data, bss and the biggest symbols
  --json    prints them as one JSON object
  --check   fails if a panic, an allocator, initialised data or a missing function is found
qemu    runs the kiosk on an emulated board against the simulated cloud, and prints what it cost
  --keep    hands the board over then: its alerts come from standard input
  --json    prints the figures alone on the standard output, as one JSON object
";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("xtask: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool> {
    let mut args = lexopt::Parser::from_env();
    let mut words = Vec::new();
    let (mut full, mut list, mut json, mut check, mut keep) = (false, false, false, false, false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("full") => full = true,
            Long("list") => list = true,
            Long("json") => json = true,
            Long("check") => check = true,
            Long("keep") => keep = true,
            Short('h') | Long("help") => {
                print!("{HELP}");
                return Ok(true);
            }
            Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let names: Vec<&str> = words.iter().map(String::as_str).collect();
    match names.split_first() {
        Some((&"test", _)) if json || check || keep => bail!("test takes --full and --list"),
        Some((&"test", _)) if list => {
            suites::list();
            Ok(true)
        }
        Some((&"test", names)) => suites::run(&Workspace::find()?, names, full),
        Some((&"size", _)) if full || list || keep => bail!("size takes --json and --check"),
        Some((&"size", [])) => size::report(&Workspace::find()?, json, check),
        Some((&"qemu", _)) if full || list || check => bail!("qemu takes --keep and --json"),
        Some((&"qemu", [])) => qemu::show(&Workspace::find()?, keep, json).map(|()| true),
        None => {
            print!("{HELP}");
            Ok(false)
        }
        _ => bail!("no such command: {}\n{HELP}", names.join(" ")),
    }
}
