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
/// Bytes of text and rodata that everything together may take: 96 KB.
const EVERYTHING_MAX: u64 = 98_304;
/// Bytes of text and rodata that a kiosk's part may take (texts, templates, reply buttons, webhooks, the client): 56 KB.
const KIOSK_MAX: u64 = 57_344;
/// Bytes that both may take at present: the suite fails beyond them, so that what was gained is not lost again. Another
/// compiler makes a percent of difference.
const EVERYTHING_NOW: u64 = 119_000;
const KIOSK_NOW: u64 = 69_500;
/// The feature that links everything.
const EVERYTHING: &str = "default";
/// The probe of that part, and the feature that links it alone.
const KIOSK: (&str, &str) = ("probe_kiosk", "kiosk");

/// Prints the sizes; with `check`, also tells whether the core keeps its promises.
pub(crate) fn report(workspace: &Workspace, json: bool, check: bool) -> Result<bool> {
    let toolchain = Toolchain::find(CHIP)?;
    let kiosk = link(workspace, &toolchain, &[KIOSK.1])?;
    let image = link(workspace, &toolchain, &[EVERYTHING])?;
    let faults = faults(workspace, &image, &kiosk)?;
    if json {
        print_json(&toolchain, &image, &kiosk, &faults);
    } else {
        print_table(&toolchain, &image, &kiosk);
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

fn faults(workspace: &Workspace, image: &Image, kiosk: &Image) -> Result<Vec<String>> {
    let probe = workspace.root.join("tests/size-probe/src");
    let (kiosks, probes): (Vec<_>, Vec<_>) = probe::probes(&probe)?
        .into_iter()
        .partition(|name| name == KIOSK.0);
    if probes.is_empty() || kiosks.is_empty() {
        bail!("{} does not define the probes", probe.display());
    }
    let mut faults = image.faults(&probes);
    faults.extend(kiosk.faults(&kiosks));
    for (what, image, most) in [
        ("everything", image, EVERYTHING_NOW),
        ("a kiosk's part", kiosk, KIOSK_NOW),
    ] {
        if flash(image) > most {
            faults.push(format!(
                "{what} takes {} bytes of flash, more than {most}",
                flash(image)
            ));
        }
    }
    faults.extend(probe::missing(&workspace.root.join("core/src"), &probe)?);
    Ok(faults)
}

/// Which of the goals are missed, and by how much.
fn over(image: &Image, kiosk: &Image) -> Vec<String> {
    let goals = [
        ("everything", image, EVERYTHING_MAX),
        ("a kiosk's part", kiosk, KIOSK_MAX),
    ];
    let over = goals.into_iter().filter(|(_, image, most)| flash(image) > *most);
    over.map(|(what, image, most)| {
        let by = flash(image) - most;
        format!("{what} takes {by} bytes more than the {most} of its goal")
    })
    .collect()
}

/// Bytes of text and rodata.
fn flash(image: &Image) -> u64 {
    image.sizes.text + image.sizes.rodata
}

/// The check has to fail where there is something to find: the probe is linked again with an `unwrap` in it.
fn look_for_planted_panic(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let faults = link(workspace, toolchain, &[EVERYTHING, "planted-panic"])?.faults(&[]);
    for name in ["core::panicking::", "unwrap_failed", "rust_begin_unwind"] {
        if !faults.iter().any(|fault| fault.contains(name)) {
            bail!("an unwrap was planted, and no symbol with {name} was found");
        }
    }
    Ok(())
}

fn print_table(toolchain: &Toolchain, image: &Image, kiosk: &Image) {
    let sizes = &image.sizes;
    println!(
        "squab-core for {}, opt-level s, fat LTO, {}",
        CHIP.target(),
        toolchain.version
    );
    println!(
        "{:>8}  {:>8}  {:>8}  {:>8}  {:>8}",
        "text", "rodata", "both", "data", "bss"
    );
    for (sizes, both, what) in [
        (sizes, flash(image), "everything"),
        (&kiosk.sizes, flash(kiosk), "a kiosk's part"),
    ] {
        println!(
            "{:>8}  {:>8}  {both:>8}  {:>8}  {:>8}  {what}",
            sizes.text, sizes.rodata, sizes.data, sizes.bss
        );
    }
    for missed in over(image, kiosk) {
        println!("{missed}");
    }
    println!("flash:");
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

fn print_json(toolchain: &Toolchain, image: &Image, kiosk: &Image, faults: &[String]) {
    let sizes = &image.sizes;
    let named = |symbol: &Symbol| json!({ "name": symbol.name, "bytes": symbol.bytes });
    let parts = image.parts().into_iter().map(|(part, bytes)| {
        let symbols: Vec<_> = biggest(image, &part).map(named).collect();
        json!({ "name": part, "bytes": bytes, "biggest": symbols })
    });
    let report = json!({
        "target": CHIP.target(),
        "rustc": toolchain.version,
        "text": sizes.text,
        "rodata": sizes.rodata,
        "data": sizes.data,
        "bss": sizes.bss,
        "kiosk": { "text": kiosk.sizes.text, "rodata": kiosk.sizes.rodata, "bss": kiosk.sizes.bss },
        "flash": parts.collect::<Vec<_>>(),
        "ram": image.ram().map(named).collect::<Vec<_>>(),
        "over": over(image, kiosk),
        "faults": faults,
    });
    println!("{report}");
}

fn biggest<'i>(image: &'i Image, part: &'i str) -> impl Iterator<Item = &'i Symbol> {
    let of_part = image.flash().filter(move |symbol| symbol.part() == part);
    of_part.take(SHOWN)
}
