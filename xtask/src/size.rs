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

/// Prints the sizes; with `check`, also tells whether the core keeps its promises.
pub(crate) fn report(workspace: &Workspace, json: bool, check: bool) -> Result<bool> {
    let toolchain = Toolchain::find(CHIP)?;
    let image = link(workspace, &toolchain, &[])?;
    let faults = faults(workspace, &image)?;
    if json {
        print_json(&toolchain, &image, &faults);
    } else {
        print_table(&toolchain, &image);
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

fn faults(workspace: &Workspace, image: &Image) -> Result<Vec<String>> {
    let probe = workspace.root.join("tests/size-probe/src");
    let probes = probe::probes(&probe)?;
    if probes.is_empty() {
        bail!("{} defines no probe", probe.display());
    }
    let mut faults = image.faults(&probes);
    faults.extend(probe::missing(&workspace.root.join("core/src"), &probe)?);
    Ok(faults)
}

/// The check has to fail where there is something to find: the probe is linked again with an `unwrap` in it.
fn look_for_planted_panic(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let faults = link(workspace, toolchain, &["planted-panic"])?.faults(&[]);
    for name in ["core::panicking::", "unwrap_failed", "rust_begin_unwind"] {
        if !faults.iter().any(|fault| fault.contains(name)) {
            bail!("an unwrap was planted, and no symbol with {name} was found");
        }
    }
    Ok(())
}

fn print_table(toolchain: &Toolchain, image: &Image) {
    let sizes = &image.sizes;
    println!(
        "squab-core for {}, opt-level s, fat LTO, {}",
        CHIP.target(),
        toolchain.version
    );
    println!("{:>8}  {:>8}  {:>8}  {:>8}", "text", "rodata", "data", "bss");
    println!(
        "{:>8}  {:>8}  {:>8}  {:>8}",
        sizes.text, sizes.rodata, sizes.data, sizes.bss
    );
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

fn print_json(toolchain: &Toolchain, image: &Image, faults: &[String]) {
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
        "flash": parts.collect::<Vec<_>>(),
        "ram": image.ram().map(named).collect::<Vec<_>>(),
        "faults": faults,
    });
    println!("{report}");
}

fn biggest<'i>(image: &'i Image, part: &'i str) -> impl Iterator<Item = &'i Symbol> {
    let of_part = image.flash().filter(move |symbol| symbol.part() == part);
    of_part.take(SHOWN)
}
