//! `cargo xtask size`: what `squab-core` takes on a microcontroller, and proof that nothing in it can panic.

use crate::image::{Image, Symbol};
use crate::probe;
use crate::riscv::{Chip, Toolchain};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::fs;

/// What is linked for it links for an ESP32-C6 too, which has atomics on top.
const CHIP: Chip = Chip::Esp32C3;
/// Symbols shown of each part.
const SHOWN: usize = 3;
/// What is linked, and the bytes of text and rodata that it may take.
struct Profile {
    what: &'static str,
    /// Features of the probe.
    features: &'static [&'static str],
    /// The suite fails beyond this.
    goal: u64,
}

/// Texts, templates, reply buttons, the webhook receiver and the client: 56 KB.
const KIOSK: Profile = Profile {
    what: "a kiosk's part",
    features: &["kiosk"],
    goal: 57_344,
};
/// The whole wire, the configuration, media, what is asked of Graph: 96 KB.
const EVERYTHING: Profile = Profile {
    what: "everything but the journal",
    features: &["default"],
    goal: 98_304,
};
/// With what outlives a loss of power and what alerts need: 24 KB more.
const JOURNAL: Profile = Profile {
    what: "everything",
    features: &["default", "journal"],
    goal: 98_304 + 24_576,
};
/// Probes of rooms that come with the journal.
const LATER: [&str; 1] = ["probe_quiet"];
/// The probe of the kiosk's part.
const KIOSK_PROBE: &str = "probe_kiosk";

/// Prints the sizes; with `check`, also tells whether the core keeps its promises.
pub(crate) fn report(workspace: &Workspace, json: bool, check: bool) -> Result<bool> {
    let toolchain = Toolchain::find(CHIP)?;
    let mut linked = Vec::new();
    for profile in [KIOSK, EVERYTHING, JOURNAL] {
        linked.push((link(workspace, &toolchain, profile.features)?, profile));
    }
    let faults = faults(workspace, &linked)?;
    if json {
        print_json(&toolchain, &linked, &faults);
    } else {
        print_table(&toolchain, &linked);
    }
    if !check {
        return Ok(true);
    }
    for fault in &faults {
        eprintln!("fault: {fault}");
    }
    look_for_planted_panic(workspace, &toolchain)?;
    Ok(faults.is_empty())
}

/// The suite: prints the table and fails at any fault.
pub(crate) fn suite(workspace: &Workspace) -> Result<()> {
    if !report(workspace, false, true)? {
        bail!("the linked core breaks a promise");
    }
    Ok(())
}

/// Builds the probe, with the versions of the workspace's lock file, and reads what was linked.
fn link(workspace: &Workspace, toolchain: &Toolchain, features: &[&str]) -> Result<Image> {
    let path = toolchain.build_program(workspace, "tests/size-probe", "squab-size-probe", features)?;
    let elf = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Image::read(&elf)
}

fn faults(workspace: &Workspace, linked: &[(Image, Profile)]) -> Result<Vec<String>> {
    let probe = workspace.root.join("tests/size-probe/src");
    let (kiosks, probes): (Vec<_>, Vec<_>) = probe::probes(&probe)?
        .into_iter()
        .partition(|name| name == KIOSK_PROBE);
    if probes.is_empty() || kiosks.is_empty() {
        bail!("{} does not define the probes", probe.display());
    }
    let mut faults = Vec::new();
    for (image, profile) in linked {
        // Of the rooms that only the whole has, the others have no probe.
        let of_profile: Vec<_> = match profile.features {
            ["kiosk"] => kiosks.clone(),
            ["default"] => probes
                .iter()
                .filter(|name| !LATER.contains(&name.as_str()))
                .cloned()
                .collect(),
            _ => probes.clone(),
        };
        let faults_of = image.faults(&of_profile).into_iter();
        faults.extend(faults_of.map(|fault| format!("{}: {fault}", profile.what)));
        let (bytes, goal) = (flash(image), profile.goal);
        if bytes > goal {
            faults.push(format!(
                "{} takes {bytes} bytes of flash, more than {goal}",
                profile.what
            ));
        }
    }
    faults.extend(probe::missing(&workspace.root.join("core/src"), &probe)?);
    Ok(faults)
}

/// Bytes of text and rodata.
fn flash(image: &Image) -> u64 {
    image.sizes.text + image.sizes.rodata
}

/// The check has to fail where there is something to find: the probe is linked again with an `unwrap` in it.
fn look_for_planted_panic(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let faults = link(workspace, toolchain, &["default", "planted-panic"])?.faults(&[]);
    for name in ["core::panicking::", "unwrap_failed", "rust_begin_unwind"] {
        if !faults.iter().any(|fault| fault.contains(name)) {
            bail!("an unwrap was planted, and no symbol with {name} was found");
        }
    }
    Ok(())
}

fn print_table(toolchain: &Toolchain, linked: &[(Image, Profile)]) {
    println!(
        "squab-core for {}, opt-level s, fat LTO, {}",
        CHIP.target(),
        toolchain.version
    );
    println!(
        "{:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}",
        "text", "rodata", "both", "goal", "data", "bss"
    );
    for (image, profile) in linked {
        let (sizes, both) = (&image.sizes, flash(image));
        println!(
            "{:>8}  {:>8}  {both:>8}  {:>8}  {:>8}  {:>8}  {}",
            sizes.text, sizes.rodata, profile.goal, sizes.data, sizes.bss, profile.what
        );
    }
    for (image, profile) in linked
        .iter()
        .filter(|(image, profile)| flash(image) > profile.goal)
    {
        let by = flash(image).saturating_sub(profile.goal);
        println!("{} takes {by} bytes more than its goal", profile.what);
    }
    let Some((image, profile)) = linked.last() else {
        return;
    };
    println!("flash of {}:", profile.what);
    for (part, bytes) in image.parts() {
        println!("{bytes:>8}  {part}");
        for symbol in biggest(image, &part) {
            println!("{:>16}  {}", symbol.bytes, symbol.name);
        }
    }
    println!("RAM:");
    for symbol in image.ram() {
        println!("{:>8}  {}", symbol.bytes, symbol.name);
    }
}

fn print_json(toolchain: &Toolchain, linked: &[(Image, Profile)], faults: &[String]) {
    let named = |symbol: &Symbol| json!({ "name": symbol.name, "bytes": symbol.bytes });
    let profiles: Vec<_> = linked
        .iter()
        .map(|(image, profile)| {
            let sizes = &image.sizes;
            let parts = image.parts().into_iter().map(|(part, bytes)| {
                let symbols: Vec<_> = biggest(image, &part).map(named).collect();
                json!({ "name": part, "bytes": bytes, "biggest": symbols })
            });
            json!({
                "name": profile.what,
                "text": sizes.text,
                "rodata": sizes.rodata,
                "data": sizes.data,
                "bss": sizes.bss,
                "flash": flash(image),
                "goal": profile.goal,
                "parts": parts.collect::<Vec<_>>(),
                "ram": image.ram().map(named).collect::<Vec<_>>(),
            })
        })
        .collect();
    let report = json!({
        "target": CHIP.target(),
        "rustc": toolchain.version,
        "profiles": profiles,
        "faults": faults,
    });
    println!("{report}");
}

fn biggest<'i>(image: &'i Image, part: &'i str) -> impl Iterator<Item = &'i Symbol> {
    let of_part = image.flash().filter(move |symbol| symbol.part() == part);
    of_part.take(SHOWN)
}
