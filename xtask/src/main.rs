//! `cargo xtask`: the tests in their tiers, the measured sizes, and the checks that no compiler makes.
//!
//! Plain Rust, so that it runs wherever the workspace builds. `suites` is the table to begin reading at.

mod chip;
mod debian;
mod demo;
mod dependencies;
mod firmware;
mod image;
mod probe;
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
       cargo xtask firmware [--chip CHIP] [--config FILE] [--roots FILE] [--port PORT]

test    runs the suites of the CI tier, or those named, and prints minutes for each
  --full    adds the long suites, and more cases to the others
  --list    names the suites and runs none
size    links squab-core for riscv32imc and prints text, rodata, data, bss and the biggest symbols
  --json    prints them as one JSON object
  --check   fails if a panic, an allocator, initialised data or a missing function is found
firmware  builds the ESP32 board and prints what takes its flash and RAM
  --chip    esp32c3, which is the default, or esp32c6
  --config  a name,value file, for the partition with the configuration
  --roots   root certificates in PEM that replace the built-in ones
  --port    flashes all of it there with espflash; else files are written to target/firmware
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
    let (mut full, mut list, mut json, mut check) = (false, false, false, false);
    let mut firmware = firmware::Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("full") => full = true,
            Long("list") => list = true,
            Long("json") => json = true,
            Long("check") => check = true,
            Long("chip") => firmware.chip = Some(args.value()?.string()?),
            Long("config") => firmware.config = Some(args.value()?.into()),
            Long("roots") => firmware.roots = Some(args.value()?.into()),
            Long("port") => firmware.port = Some(args.value()?.string()?),
            Short('h') | Long("help") => {
                print!("{HELP}");
                return Ok(true);
            }
            Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let names: Vec<&str> = words.iter().map(String::as_str).collect();
    let flags = full || list || json || check;
    match names.split_first() {
        Some((&"firmware", _)) if flags => bail!("firmware takes --chip, --config, --roots and --port"),
        Some((&"firmware", [])) => firmware::command(&Workspace::find()?, &firmware).map(|()| true),
        _ if firmware != firmware::Options::default() => bail!("only firmware takes --chip and its like"),
        Some((&"test", _)) if json || check => bail!("test takes --full and --list"),
        Some((&"test", _)) if list => {
            suites::list();
            Ok(true)
        }
        Some((&"test", names)) => suites::run(&Workspace::find()?, names, full),
        Some((&"size", _)) if full || list => bail!("size takes --json and --check"),
        Some((&"size", [])) => size::report(&Workspace::find()?, json, check),
        None => {
            print!("{HELP}");
            Ok(false)
        }
        _ => bail!("no such command: {}\n{HELP}", names.join(" ")),
    }
}
