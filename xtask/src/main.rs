//! `cargo xtask`: the tests in their tiers, the boards, the measured sizes, and the checks that no compiler makes.
//!
//! Plain Rust, so that it runs wherever the workspace builds. `suites` is the table to begin reading at.

mod bench;
mod browser;
mod cargo_tool;
mod chip;
mod clients;
mod debian;
mod demo;
mod dependencies;
mod firmware;
mod fuzz;
mod image;
mod pages;
mod pki;
mod probe;
mod qemu;
mod riscv;
mod size;
mod suites;
mod workspace;

use anyhow::{Result, bail};
use lexopt::prelude::{Long, Short, Value, ValueExt};
use pages::Page;
use std::process::ExitCode;
use workspace::Workspace;

const HELP: &str = "\
Usage: cargo xtask test [SUITE...] [--full] [--list]
       cargo xtask size [--json] [--check]
       cargo xtask bench core|cloud [--json]
       cargo xtask errors
       cargo xtask conformance
       cargo xtask pictures
       cargo xtask firmware [--chip CHIP] [--config FILE] [--roots FILE] [--port PORT]
       cargo xtask qemu [--keep] [--json]

test    runs the suites of the CI tier, or those named, and prints minutes for each
  --full    adds the long suites, and more cases to the others
  --list    names the suites and runs none
size    links squab-core for riscv32imc and prints text, rodata, data, bss and the biggest symbols
  --json    prints them as one JSON object
  --check   fails if a panic, an allocator, initialised data or a missing function is found
bench     core counts the instructions that the wire costs, beside serde_json, cJSON and jsmn; cloud measures how many
          messages the simulated cloud takes, how fast it answers, and what memory it keeps
  --json    prints them as one JSON object
errors    writes docs/errors.md, the page about Meta's error codes, from the core's table
conformance  writes docs/conformance.md, what the simulated cloud is held to, from the suite's table
pictures  runs the suite browser and keeps its pictures of the cloud's page in docs/pictures
firmware  builds the ESP32 board and prints what takes its flash and RAM
  --chip    esp32c3, which is the default, or esp32c6
  --config  a name,value file, for the partition with the configuration
  --roots   root certificates in PEM that replace the built-in ones
  --port    flashes all of it there with espflash; else files are written to target/firmware
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

/// Reads the command's word, and hands the rest to the command.
fn run() -> Result<bool> {
    let mut args = lexopt::Parser::from_env();
    let word = match args.next()? {
        Some(Value(word)) => word.string()?,
        Some(Short('h') | Long("help")) => {
            print!("{HELP}");
            return Ok(true);
        }
        Some(other) => return Err(other.unexpected().into()),
        None => {
            print!("{HELP}");
            return Ok(false);
        }
    };
    match word.as_str() {
        "test" => test(args),
        "size" => size(args),
        "bench" => bench(args),
        "errors" => page(args, &pages::ERRORS),
        "conformance" => page(args, &pages::CONFORMANCE),
        "pictures" => match args.next()? {
            Some(other) => Err(other.unexpected().into()),
            None => browser::pictures(&Workspace::find()?).map(|()| true),
        },
        "firmware" => firmware(args),
        "qemu" => qemu(args),
        _ => bail!("no such command: {word}\n{HELP}"),
    }
}

fn page(mut args: lexopt::Parser, page: &Page) -> Result<bool> {
    match args.next()? {
        Some(other) => Err(other.unexpected().into()),
        None => page.write(&Workspace::find()?),
    }
}

fn test(mut args: lexopt::Parser) -> Result<bool> {
    let mut names = Vec::new();
    let (mut full, mut list) = (false, false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("full") => full = true,
            Long("list") => list = true,
            Value(name) => names.push(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    if list {
        suites::list();
        return Ok(true);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    suites::run(&Workspace::find()?, &names, full)
}

fn size(mut args: lexopt::Parser) -> Result<bool> {
    let (mut json, mut check) = (false, false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("json") => json = true,
            Long("check") => check = true,
            other => return Err(other.unexpected().into()),
        }
    }
    size::report(&Workspace::find()?, json, check)
}

fn bench(mut args: lexopt::Parser) -> Result<bool> {
    let (mut json, mut what) = (false, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("json") => json = true,
            Value(word) => what = Some(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    match what.as_deref() {
        Some("core") => bench::core(&Workspace::find()?, json),
        Some("cloud") => bench::cloud(&Workspace::find()?, json).map(|()| true),
        _ => bail!("what is to be measured? cargo xtask bench core, or cloud"),
    }
}

fn firmware(mut args: lexopt::Parser) -> Result<bool> {
    let mut options = firmware::Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("chip") => options.chip = Some(args.value()?.string()?),
            Long("config") => options.config = Some(args.value()?.into()),
            Long("roots") => options.roots = Some(args.value()?.into()),
            Long("port") => options.port = Some(args.value()?.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    firmware::command(&Workspace::find()?, &options).map(|()| true)
}

fn qemu(mut args: lexopt::Parser) -> Result<bool> {
    let (mut keep, mut json) = (false, false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("keep") => keep = true,
            Long("json") => json = true,
            other => return Err(other.unexpected().into()),
        }
    }
    qemu::show(&Workspace::find()?, keep, json).map(|()| true)
}
