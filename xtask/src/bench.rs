//! `cargo xtask bench core`: what the wire costs, in instructions, beside libraries that do the same work.
//!
//! Instructions are counted, not timed, so that a busy machine changes nothing: on this machine by valgrind's callgrind,
//! as the difference between few and many repetitions; on a chip's instruction set by QEMU's counter. The peers run in
//! the same run: `serde_json`, and cJSON and jsmn, which a firmware in C would take.

use crate::workspace::{self, Workspace, ask};
use crate::{chip, debian};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const DEBIAN_PACKAGES: [&str; 4] = ["valgrind", "gcc", "libcjson-dev", "libjsmn-dev"];
/// Repetitions of a case: what both runs have in common falls out of their difference.
const FEW: u64 = 100;
const MANY: u64 = 1100;
/// The webhook that is read: one text message, 576 bytes.
const WEBHOOK: &str = "core/benches/text.json";

/// What is compared: cases, and each one's limit as a multiple of the first.
struct Comparison {
    what: &'static str,
    cases: &'static [(&'static str, &'static str, Option<f64>)],
}

/// A webhook is compared twice, since "the same work" has two readings. The core is ready for every member of every kind
/// that Meta may send, and so is the first `serde_json`; the second one has structs for a text alone, which is all that
/// this webhook needs of it, and less than the core does.
const COMPARISONS: [Comparison; 3] = [
    Comparison {
        what: "a webhook of 576 bytes to typed events, serde_json ready for any",
        cases: &[
            ("serde_json", "webhook-serde", None),
            ("Squab, fed whole", "webhook-squab-whole", Some(1.0)),
            ("Squab, 64 bytes at a time", "webhook-squab-64", Some(1.5)),
            ("Squab, byte by byte", "webhook-squab-1", None),
            ("cJSON", "webhook-cjson", None),
            ("jsmn, escapes left as they are", "webhook-jsmn", None),
        ],
    },
    Comparison {
        what: "a webhook of 576 bytes to typed events, serde_json ready for a text alone",
        cases: &[
            ("serde_json", "webhook-serde-text", None),
            ("Squab, fed whole", "webhook-squab-whole", Some(1.0)),
            ("Squab, 64 bytes at a time", "webhook-squab-64", Some(1.5)),
        ],
    },
    Comparison {
        what: "a template with three parameters to JSON",
        cases: &[
            ("serde_json", "template-serde", None),
            ("Squab", "template-squab", Some(0.5)),
            ("cJSON", "template-cjson", None),
        ],
    },
];

/// The chip's figures that have a limit: their name, the bytes that they are about, and instructions a byte.
const CHIP_LIMITS: [(&str, f64, f64); 2] = [
    ("tokenizer, 576 bytes", 576.0, 40.0),
    ("tokenizer, 4096 bytes", 4096.0, 40.0),
];

/// Measures and prints; whether every limit holds.
pub(crate) fn core(workspace: &Workspace, as_json: bool) -> Result<bool> {
    let programs = Programs::build(workspace)?;
    let mut host = BTreeMap::new();
    for (_, case, _) in COMPARISONS.iter().flat_map(|comparison| comparison.cases) {
        if !host.contains_key(case) {
            host.insert(*case, programs.count(case)?);
        }
    }
    let chip = chip::figures(workspace)?;
    let mut broken = Vec::new();
    let mut ratios = BTreeMap::new();
    for Comparison { what, cases } in &COMPARISONS {
        say(as_json, &format!("\n{what}, instructions on this machine"));
        let of = |case: &str| host.get(case).copied().unwrap_or_default();
        let first = cases.first().map_or("", |(_, case, _)| case);
        let base = of(first);
        for (name, case, limit) in *cases {
            let ratio = f64::from(of(case)) / f64::from(base);
            let goal = limit.map_or(String::new(), |limit| format!("  (at most {limit:.1})"));
            say(
                as_json,
                &format!("  {name:<32}{:>9}{ratio:>8.2} x{goal}", of(case)),
            );
            ratios.insert(format!("{case} / {first}"), ratio);
            if let Some(limit) = limit.filter(|limit| ratio > *limit) {
                broken.push(format!(
                    "{what}: {name} takes {ratio:.2} x of what serde_json takes, more than {limit}"
                ));
            }
        }
    }
    say(as_json, "\non an ESP32-C3's instruction set, instructions");
    for (what, count) in &chip {
        let limit = CHIP_LIMITS.iter().find(|(name, ..)| name == what);
        let each = limit.map(|(_, bytes, limit)| (f64::from(*count) / bytes, limit));
        let shown = each.map_or(String::new(), |(each, limit)| {
            format!("{each:>8.1} a byte  (at most {limit})")
        });
        say(as_json, &format!("  {what:<40}{count:>9}{shown}"));
        if let Some((each, limit)) = each.filter(|(each, limit)| each > *limit) {
            broken.push(format!(
                "{what}: {each:.1} instructions a byte, more than {limit}"
            ));
        }
    }
    for (name, ..) in CHIP_LIMITS {
        ensure!(
            chip.iter().any(|(what, _)| what == name),
            "the chip's program does not tell: {name}"
        );
    }
    if as_json {
        let chip: BTreeMap<_, _> = chip.into_iter().collect();
        println!(
            "{:#}",
            json!({ "host": host, "ratios": ratios, "chip": chip, "broken": broken })
        );
    }
    for fault in &broken {
        eprintln!("fault: {fault}");
    }
    Ok(broken.is_empty())
}

/// `cargo xtask bench cloud`: prints what the simulated cloud takes. Its figures are the machine's as much as the cloud's, so
/// nothing is asserted.
pub(crate) fn cloud(workspace: &Workspace, as_json: bool) -> Result<()> {
    let program = [
        "run",
        "--quiet",
        "--release",
        "--package",
        "squab-tests",
        "--bin",
        "bench-cloud",
    ];
    let mut run = workspace.cargo(&program);
    if as_json {
        run.args(["--", "--json"]);
    }
    workspace::run(&mut run)
}

/// The suite: prints the figures, and fails where a limit is broken.
pub(crate) fn suite(workspace: &Workspace) -> Result<()> {
    if !core(workspace, false)? {
        bail!("the wire costs more than it may");
    }
    Ok(())
}

fn say(as_json: bool, line: &str) {
    if !as_json {
        println!("{line}");
    }
}

/// The measured programs: `PROGRAM CASE COUNT FILE`.
struct Programs {
    squab: PathBuf,
    peers: PathBuf,
    webhook: PathBuf,
}

impl Programs {
    fn build(workspace: &Workspace) -> Result<Self> {
        let header = |name: &str| Path::new("/usr/include").join(name).is_file();
        let there = ask(Path::new("valgrind"), &["--version"]).is_some()
            && ask(Path::new("cc"), &["--version"]).is_some()
            && header("cjson/cJSON.h")
            && header("jsmn.h");
        if !there {
            debian::install(&DEBIAN_PACKAGES)
                .with_context(|| format!("on Debian: sudo apt-get install {}", DEBIAN_PACKAGES.join(" ")))?;
        }
        let mut build = workspace.cargo(&["bench", "--package", "squab-core", "--bench", "wire"]);
        let messages = workspace::output(build.args(["--no-run", "--message-format", "json"]))?;
        let squab = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
            .next_back()
            .context("cargo built no bench")?;
        let peers = workspace.target.join("peers");
        fs::create_dir_all(&workspace.target)?;
        let mut compile = Command::new("cc");
        compile.args(["-O2", "-o"]).arg(&peers);
        workspace::run(
            compile
                .arg(workspace.root.join("tests/peers/peers.c"))
                .arg("-lcjson"),
        )?;
        let webhook = workspace.root.join(WEBHOOK);
        Ok(Self {
            squab,
            peers,
            webhook,
        })
    }

    /// Instructions of one repetition.
    fn count(&self, case: &str) -> Result<u32> {
        let (few, many) = (self.run(case, FEW)?, self.run(case, MANY)?);
        Ok(u32::try_from(many.saturating_sub(few) / (MANY - FEW))?)
    }

    fn run(&self, case: &str, count: u64) -> Result<u64> {
        let peer = case.ends_with("-cjson") || case.ends_with("-jsmn");
        let program = if peer { &self.peers } else { &self.squab };
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        valgrind
            .arg(program)
            .args([case, &count.to_string()])
            .arg(&self.webhook);
        let output = valgrind.output().context("cannot start valgrind")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{case} ended with {}:\n{said}",
            output.status
        );
        let collected = said.lines().find_map(|line| line.split_once("Collected :"));
        let (_, number) = collected.with_context(|| format!("valgrind counted nothing:\n{said}"))?;
        Ok(number.trim().parse()?)
    }
}
