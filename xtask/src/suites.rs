//! The table of test suites, and how it is run: all that were chosen, whatever happens, and a verdict at the end.

use crate::riscv::{Chip, Toolchain};
use crate::workspace::{self, Workspace};
use crate::{bench, browser, chip, clients, demo, dependencies, firmware, fuzz, pages, qemu, size};
use anyhow::{Result, bail, ensure};
use serde_json::Value;
use std::time::{Duration, Instant};

/// The libraries that a chip runs.
const FOR_CHIPS: [&str; 3] = ["squab-core", "squab-adapters", "squab-kiosk"];
/// Random arrival sequences of the pair rule's property test: at every commit, and in the long tier.
const PACE_CASES: (&str, &str) = ("5000", "100000");
/// Distinct states that the model check goes through: at every commit, and in the long tier.
const MODEL_STATES: (&str, &str) = ("400000", "2000000");
/// Its test target.
const MODEL: &str = "model";

struct Suite {
    name: &'static str,
    what: &'static str,
    tier: Tier,
    run: fn(&Job<'_>) -> Result<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    /// At every commit.
    Ci,
    /// With `--full`, or by name.
    Full,
}

struct Job<'w> {
    workspace: &'w Workspace,
    full: bool,
}

const SUITES: &[Suite] = &[
    Suite {
        name: "fmt",
        what: "every source file is formatted",
        tier: Tier::Ci,
        run: fmt,
    },
    Suite {
        name: "clippy",
        what: "no warning in any target, with and without the core's features",
        tier: Tier::Ci,
        run: clippy,
    },
    Suite {
        name: "unit",
        what: "the tests beside the code, and the examples in the documentation",
        tier: Tier::Ci,
        run: unit,
    },
    Suite {
        name: "pace",
        what: "the pair rule over random arrivals: 5,000 sequences, 100,000 with --full",
        tier: Tier::Ci,
        run: pace,
    },
    Suite {
        name: "model",
        what: "each state of client, Meta, network, journal and power: 400,000 of them, 2,000,000 with --full",
        tier: Tier::Ci,
        run: model,
    },
    Suite {
        name: "rules",
        what: "client and cloud in virtual time: window, limits, throughput, templates, opt-out, account, media",
        tier: Tier::Ci,
        run: rules,
    },
    Suite {
        name: "power-cut",
        what: "the power goes at each 10th operation of the flash in a run of 500 alerts, at each with --full",
        tier: Tier::Ci,
        run: power_cut,
    },
    Suite {
        name: "alerts",
        what: "client and cloud in virtual time: quiet hours, caps, merging, lists and escalation, STOP and START, commands, heartbeat, next wake, charges",
        tier: Tier::Ci,
        run: alerts,
    },
    Suite {
        name: "cloud-api",
        what: "the simulated cloud's test API, trigger, listen and replay, over the network",
        tier: Tier::Ci,
        run: cloud_api,
    },
    Suite {
        name: "sim",
        what: "the scenarios in virtual time: nothing lost, no pair-rule refusal, one queue is slower; 3 days of the thousand kiosks, 30 with --full",
        tier: Tier::Ci,
        run: sim,
    },
    Suite {
        name: "e2e",
        what: "kiosk and cloud over TLS, and all else that crosses crates",
        tier: Tier::Ci,
        run: e2e,
    },
    Suite {
        name: "clients",
        what: "pywa and whatsapp-api-js, unchanged but for the base URL, against the simulated cloud",
        tier: Tier::Ci,
        run: |job| clients::suite(job.workspace),
    },
    Suite {
        name: "doctor",
        what: "squab doctor with all well and with each thing broken once; squab setup",
        tier: Tier::Ci,
        run: doctor,
    },
    Suite {
        name: "conformance",
        what: "the simulated cloud against its table: each message type, limit at n and n + 1, error code, setting and fault, webhook, method of the test API, trigger, the clock; bad input",
        tier: Tier::Ci,
        run: conformance,
    },
    Suite {
        name: "json",
        what: "100,000 random texts, encoded by the core, read back equal by serde_json",
        tier: Tier::Ci,
        run: json,
    },
    Suite {
        name: "bench",
        what: "what the wire costs in instructions, beside serde_json, cJSON and jsmn",
        tier: Tier::Ci,
        run: |job| bench::suite(job.workspace),
    },
    Suite {
        name: "fuzz",
        what: "each fuzz target for 20 seconds, for 10 minutes with --full",
        tier: Tier::Ci,
        run: |job| fuzz::suite(job.workspace, job.full),
    },
    Suite {
        name: "browser",
        what: "the simulated cloud's page in Chromium, with a kiosk: ticks, buttons, an outage, script, keyboard, axe-core",
        tier: Tier::Ci,
        run: |job| browser::suite(job.workspace),
    },
    Suite {
        name: "demo",
        what: "the demo as a user starts it, with its power cut; without pacing; with a wrong certificate authority",
        tier: Tier::Ci,
        run: |job| demo::suite(job.workspace),
    },
    Suite {
        name: "riscv",
        what: "what runs on a chip compiles for ESP32-C3 and ESP32-C6, with core alone",
        tier: Tier::Ci,
        run: riscv,
    },
    Suite {
        name: "chip",
        what: "an alert's way through the core on both chips' instruction sets, in QEMU",
        tier: Tier::Ci,
        run: |job| chip::suite(job.workspace),
    },
    Suite {
        name: "qemu",
        what: "the emulated board and the simulated cloud as cargo xtask qemu shows them",
        tier: Tier::Ci,
        run: |job| qemu::show(job.workspace, false, false),
    },
    Suite {
        name: "board",
        what: "the emulated board: certificates, heap, outages, cuts of power, bad input; more of each with --full",
        tier: Tier::Ci,
        run: |job| qemu::suite(job.workspace, job.full),
    },
    Suite {
        name: "size",
        what: "the linked core: sizes, no panic, no allocator, no initialised data, no function left out",
        tier: Tier::Ci,
        run: |job| size::suite(job.workspace),
    },
    Suite {
        name: "firmware",
        what: "the images for ESP32-C3 and ESP32-C6: valid, small enough, no heap in Squab's own part, no secret",
        tier: Tier::Ci,
        run: |job| firmware::suite(job.workspace),
    },
    Suite {
        name: "deny",
        what: "licences and sources of all crates, and a reason for each direct one",
        tier: Tier::Ci,
        run: |job| dependencies::suite(job.workspace),
    },
    Suite {
        name: "docs",
        what: "the documentation builds without a warning, and the page of error codes is up to date",
        tier: Tier::Ci,
        run: docs,
    },
    Suite {
        name: "package",
        what: "squab-core as it would be published builds by itself",
        tier: Tier::Ci,
        run: package,
    },
    Suite {
        name: "cargo-deny",
        what: "cargo-deny's bans, licences and sources; builds it where it is not installed",
        tier: Tier::Full,
        run: |job| dependencies::cargo_deny(job.workspace),
    },
];

/// The test that the suite `json` runs; it fails if there is none of this name.
const JSON_TEST: &str = "json::write::tests::any_text_parses_back_equal";
/// Random texts that the suite `json` encodes.
const JSON_CASES: &str = "100000";

/// Prints the names.
pub(crate) fn list() {
    for suite in SUITES {
        let tier = if suite.tier == Tier::Full { " (--full)" } else { "" };
        println!("{:<12}{}{tier}", suite.name, suite.what);
    }
}

/// Runs the suites named, or those of the tier; whether all passed.
pub(crate) fn run(workspace: &Workspace, names: &[&str], full: bool) -> Result<bool> {
    if let Some(unknown) = names
        .iter()
        .find(|name| SUITES.iter().all(|suite| suite.name != **name))
    {
        bail!("no suite is called {unknown}; cargo xtask test --list names them");
    }
    let chosen = SUITES.iter().filter(|suite| {
        if names.is_empty() {
            suite.tier == Tier::Ci || full
        } else {
            names.contains(&suite.name)
        }
    });
    let job = Job { workspace, full };
    let mut results: Vec<(&str, bool, Duration)> = Vec::new();
    for suite in chosen {
        println!("\n== {}: {}", suite.name, suite.what);
        let start = Instant::now();
        let result = (suite.run)(&job);
        if let Err(why) = &result {
            println!("== {} failed: {why:#}", suite.name);
        }
        results.push((suite.name, result.is_ok(), start.elapsed()));
    }
    println!("\n{:<12}{:<8}{:>8}", "suite", "result", "minutes");
    for (name, passed, time) in &results {
        let verdict = if *passed { "ok" } else { "FAILED" };
        println!("{name:<12}{verdict:<8}{:>8.2}", time.as_secs_f64() / 60.0);
    }
    let total: Duration = results.iter().map(|(_, _, time)| *time).sum();
    println!("{:<20}{:>8.2}", "all", total.as_secs_f64() / 60.0);
    let passed = results.iter().filter(|(_, passed, _)| *passed).count();
    println!("{passed} passed, {} failed", results.len() - passed);
    Ok(passed == results.len())
}

impl Job<'_> {
    fn cargo(&self, args: &[&str]) -> Result<()> {
        workspace::run(&mut self.workspace.cargo(args))
    }
}

fn fmt(job: &Job<'_>) -> Result<()> {
    job.cargo(&["fmt", "--all", "--check"])?;
    for apart in [
        "firmware/board/Cargo.toml",
        "firmware/esp32/Cargo.toml",
        "firmware/qemu-virt/Cargo.toml",
        "fuzz/Cargo.toml",
        "tests/chip/Cargo.toml",
        "tests/size-probe/Cargo.toml",
    ] {
        job.cargo(&["fmt", "--manifest-path", apart, "--check"])?;
    }
    Ok(())
}

fn clippy(job: &Job<'_>) -> Result<()> {
    job.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    let core = ["clippy", "--package", "squab-core", "--all-targets"];
    for features in [&["--features", "defmt,explain"][..], &["--no-default-features"]] {
        job.cargo(&[&core, features, &["--", "-D", "warnings"]].concat())?;
    }
    Ok(())
}

fn unit(job: &Job<'_>) -> Result<()> {
    job.cargo(&["test", "--workspace", "--exclude", "squab-tests"])?;
    // What a kiosk leaves out must leave the rest as it is.
    job.cargo(&[
        "test",
        "--package",
        "squab-core",
        "--lib",
        "--no-default-features",
    ])
}

fn pace(job: &Job<'_>) -> Result<()> {
    let (few, many) = PACE_CASES;
    let cases = if job.full { many } else { few };
    let mut test = job
        .workspace
        .cargo(&["test", "--package", "squab-tests", "--release", "--test", "pace"]);
    // The figures that the tests print are part of the result.
    workspace::run(test.args(["--", "--nocapture"]).env("SQUAB_CASES", cases))
}

fn power_cut(job: &Job<'_>) -> Result<()> {
    let (target, step) = (POWER_CUT, if job.full { "1" } else { "10" });
    let mut test = job
        .workspace
        .cargo(&["test", "--package", "squab-tests", "--release", "--test", target]);
    // The figures that the tests print are part of the result.
    workspace::run(test.args(["--", "--nocapture"]).env("SQUAB_CUTS", step))
}

/// The target of the suite `power-cut`.
const POWER_CUT: &str = "power_cut";

fn model(job: &Job<'_>) -> Result<()> {
    let (few, many) = MODEL_STATES;
    let states = if job.full { many } else { few };
    let mut test = job
        .workspace
        .cargo(&["test", "--package", "squab-tests", "--release", "--test", MODEL]);
    // One after the other: each takes a core, and the memory of its states.
    let test = test.args(["--", "--nocapture", "--test-threads", "1"]);
    workspace::run(test.env("SQUAB_STATES", states))
}

/// The targets of the suite `rules`, as far as they are there.
const RULES: [&str; 2] = ["rules", "media"];

fn rules(job: &Job<'_>) -> Result<()> {
    let metadata = metadata(job)?;
    let targets = test_targets(&metadata, "squab-tests");
    ensure!(targets.contains(&"rules"), "squab-tests has no test target rules");
    let mut args = vec!["test", "--package", "squab-tests", "--release"];
    let chosen = targets.iter().filter(|name| RULES.contains(name));
    args.extend(chosen.flat_map(|name| ["--test", name]));
    job.cargo(&args)
}

/// The target of the suite `alerts`.
const ALERTS: &str = "alerts";

fn alerts(job: &Job<'_>) -> Result<()> {
    job.cargo(&["test", "--package", "squab-tests", "--release", "--test", ALERTS])
}

/// The target of the suite `doctor`.
const DOCTOR: &str = "doctor";

fn doctor(job: &Job<'_>) -> Result<()> {
    job.cargo(&["test", "--package", "squab-tests", "--release", "--test", DOCTOR])
}

/// The target of the suite `conformance`.
const CONFORMANCE: &str = "conformance";

fn conformance(job: &Job<'_>) -> Result<()> {
    let mut test = job.workspace.cargo(&[
        "test",
        "--package",
        "squab-tests",
        "--release",
        "--test",
        CONFORMANCE,
    ]);
    // The figures that the tests print are part of the result.
    workspace::run(test.args(["--", "--nocapture"]))
}

/// The target of the suite `cloud-api`.
const CLOUD_API: &str = "api";

fn cloud_api(job: &Job<'_>) -> Result<()> {
    job.cargo(&[
        "test",
        "--package",
        "squab-tests",
        "--release",
        "--test",
        CLOUD_API,
    ])
}

/// The target of the suite `sim`.
const SIM: &str = "sim";

fn sim(job: &Job<'_>) -> Result<()> {
    let mut test = job
        .workspace
        .cargo(&["test", "--package", "squab-tests", "--release", "--test", SIM]);
    // One after the other: each takes all cores. The reports that they print are part of the result.
    let test = test.args(["--", "--nocapture", "--test-threads", "1"]);
    workspace::run(if job.full {
        test.env("SQUAB_WHOLE", "1")
    } else {
        test
    })
}

fn metadata(job: &Job<'_>) -> Result<Value> {
    let mut metadata = job
        .workspace
        .cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    workspace::json(&mut metadata)
}

/// Every test target of `squab-tests` but those with a suite of their own, so that a new one is not forgotten.
fn e2e(job: &Job<'_>) -> Result<()> {
    let metadata = metadata(job)?;
    let targets = test_targets(&metadata, "squab-tests");
    let mut args = vec!["test", "--package", "squab-tests", "--release", "--lib"];
    let own = |name: &str| {
        let own = [
            "pace",
            POWER_CUT,
            MODEL,
            ALERTS,
            CLOUD_API,
            CONFORMANCE,
            DOCTOR,
            clients::TEST,
            SIM,
            qemu::TEST,
        ];
        own.contains(&name) || RULES.contains(&name)
    };
    let others = targets.iter().filter(|name| !own(name));
    args.extend(others.flat_map(|name| ["--test", name]));
    ensure!(args.contains(&"e2e"), "squab-tests has no test target e2e");
    job.cargo(&args)?;
    // The README's example.
    job.cargo(&["test", "--package", "squab-tests", "--release", "--doc"])
}

fn json(job: &Job<'_>) -> Result<()> {
    let test = [
        "test",
        "--package",
        "squab-core",
        "--release",
        "--lib",
        "--",
        "--exact",
        JSON_TEST,
    ];
    let output = job
        .workspace
        .cargo(&test)
        .env("PROPTEST_CASES", JSON_CASES)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    let passed = output.status.success() && text.contains("1 passed; 0 failed");
    ensure!(passed, "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn test_targets<'m>(metadata: &'m Value, package: &str) -> Vec<&'m str> {
    let list = |value: &'m Value, name: &str| value.get(name).and_then(Value::as_array).into_iter().flatten();
    list(metadata, "packages")
        .filter(|it| it.get("name").and_then(Value::as_str) == Some(package))
        .flat_map(|it| list(it, "targets"))
        .filter(|target| list(target, "kind").any(|kind| kind == "test"))
        .filter_map(|target| target.get("name").and_then(Value::as_str))
        .collect()
}

fn riscv(job: &Job<'_>) -> Result<()> {
    for chip in Chip::ALL {
        let toolchain = Toolchain::find(chip)?;
        println!("{}: {}, {}", chip.name(), chip.target(), toolchain.version);
        let packages = FOR_CHIPS.iter().flat_map(|name| ["--package", name]);
        let mut build = toolchain.cargo_build(job.workspace);
        workspace::run(build.arg("--no-default-features").args(packages))?;
        let mut build = toolchain.cargo_build(job.workspace);
        workspace::run(build.args(["--package", "squab-core", "--features", "defmt"]))?;
    }
    Ok(())
}

fn docs(job: &Job<'_>) -> Result<()> {
    let packages = FOR_CHIPS.iter().flat_map(|name| ["--package", name]);
    let mut doc = job.workspace.cargo(&["doc", "--no-deps", "--all-features"]);
    workspace::run(doc.args(packages).env("RUSTDOCFLAGS", "-D warnings"))?;
    pages::ERRORS.check(job.workspace)
}

fn package(job: &Job<'_>) -> Result<()> {
    job.cargo(&["package", "--package", "squab-core", "--allow-dirty"])
}
