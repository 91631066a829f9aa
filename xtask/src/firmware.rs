//! `cargo xtask firmware`: the ESP32 board's program, its image and its data partitions; and the suite that holds the
//! image to what it promises.

mod calls;
mod map;
mod partitions;
mod tools;

use crate::riscv::{Chip, Toolchain};
use crate::workspace::{self, Workspace};
use anyhow::{Context, Result, bail, ensure};
use map::{Bytes, Map};
use object::{Object, ObjectSection};
use partitions::Partition;
use squab_kiosk::device::DeviceConfig;
use std::fs;
use std::path::{Path, PathBuf};

/// The board, a workspace of its own.
const BOARD: &str = "firmware/esp32";
const PROGRAM: &str = "squab-esp32";
/// What of it is Squab's own and promises to allocate nothing.
const OWN: [&str; 3] = ["squab_core", "squab_adapters", "squab_kiosk"];
/// Crates that do allocate: what finds no call in Squab's own has to find theirs.
const WITH_HEAP: [&str; 2] = ["esp_radio", "esp_rtos"];
/// Crates whose generic functions take in what they run.
const INLINED: [&str; 2] = ["embassy_executor", "embassy_futures"];
/// What Squab's own part should take at most at this step, in KB: printed, not demanded.
const GOAL_KB: (u64, u64) = (64, 24);
/// Bytes that have to be left for the stack on an ESP32-C3. A handshake takes 8.3 KB of it.
const STACK_MIN: u64 = 60 * 1024;
/// The section that esp-hal makes of what is left of the RAM.
const STACK: &str = ".stack";
/// Crates shown in the table.
const SHOWN: usize = 16;
/// A configuration whose values must be found in no image.
const EXAMPLE: &str = include_str!("../../firmware/esp32/kiosk.example.csv");

/// What the command was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) chip: Option<String>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) roots: Option<PathBuf>,
    pub(crate) port: Option<String>,
}

/// A program that was built.
struct Built {
    elf: PathBuf,
    image: PathBuf,
    map: Map,
}

/// Builds, and flashes if there is a port; else the files that would be flashed are written.
pub(crate) fn command(workspace: &Workspace, options: &Options) -> Result<()> {
    let chip = chip(options.chip.as_deref())?;
    // A file that the board could not read is refused before anything else is done.
    let table = fs::read_to_string(workspace.root.join(partitions::TABLE))?;
    let mut data = Vec::new();
    if let Some(path) = &options.config {
        data.push((partitions::CONFIG, config_partition(&table, path)?));
    }
    if let Some(path) = &options.roots {
        data.push((partitions::ROOTS, roots_partition(&table, path)?));
    }
    let built = build(workspace, chip)?;
    print_sizes(&built)?;
    let mut files = Vec::new();
    for (label, bytes) in data {
        let path = built.image.with_file_name(format!("{label}.bin"));
        fs::write(&path, bytes)?;
        files.push((Partition::find(&table, label)?, path));
    }
    if let Some(port) = &options.port {
        let result = flash(workspace, chip, port, &built, &files);
        // What has secrets in it does not stay where nobody looks for it.
        for (_, path) in &files {
            fs::remove_file(path)?;
        }
        return result;
    }
    println!("{}", built.image.display());
    for (partition, path) in &files {
        println!("{} goes to {:#x}", path.display(), partition.offset);
    }
    Ok(())
}

fn chip(name: Option<&str>) -> Result<Chip> {
    let name = name.unwrap_or(Chip::Esp32C3.feature());
    let found = Chip::ALL.into_iter().find(|chip| chip.feature() == name);
    let names = Chip::ALL.map(Chip::feature).join(", ");
    found.with_context(|| {
        format!(
            "--chip takes {names}; chips with an Xtensa processor are built by hand, see docs/firmware.md"
        )
    })
}

fn config_partition(table: &str, path: &Path) -> Result<Vec<u8>> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let partition = Partition::find(table, partitions::CONFIG)?.filled(&text)?;
    let mut warn =
        |warning: squab_kiosk::device::DeviceWarning<'_>| eprintln!("{}: {warning}", path.display());
    let config = DeviceConfig::read(&partition, &mut warn)
        .with_context(|| format!("{} is not flashed", path.display()))?;
    if config.wifi().is_none() {
        bail!("{} is not flashed: it has no wifi-ssid", path.display());
    }
    Ok(partition)
}

fn roots_partition(table: &str, path: &Path) -> Result<Vec<u8>> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let has_certificate = String::from_utf8_lossy(&text).contains("-----BEGIN CERTIFICATE-----");
    ensure!(has_certificate, "{}: no certificate in PEM", path.display());
    Partition::find(table, partitions::ROOTS)?.filled(&text)
}

fn build(workspace: &Workspace, chip: Chip) -> Result<Built> {
    let toolchain = Toolchain::find(chip)?;
    println!("{}: {}, {}", chip.name(), chip.target(), toolchain.version);
    let (elf, map) = toolchain.build_board(workspace, BOARD, PROGRAM, &[chip.feature()])?;
    let map = Map::read(&fs::read_to_string(&map).with_context(|| format!("cannot read {}", map.display()))?);
    let directory = workspace.target.join("firmware");
    let image = directory.join(format!("squab-{}.bin", chip.feature()));
    let made_by = tools::make_image(workspace, chip.feature(), &elf, &image)?;
    tools::check_image(workspace, chip.name(), &image)?;
    println!("image by {made_by}, valid by esptool image-info");
    Ok(Built { elf, image, map })
}

fn flash(
    workspace: &Workspace,
    chip: Chip,
    port: &str,
    built: &Built,
    files: &[(Partition, PathBuf)],
) -> Result<()> {
    let espflash =
        tools::espflash().context("no espflash; to install it: cargo install espflash --locked")?;
    let of_chip = ["--chip", chip.feature(), "--port", port];
    // First the data: the program is started when it is flashed.
    for (partition, path) in files {
        let mut write = tools::espflash_command(&espflash, "write-bin");
        write
            .args(of_chip)
            .arg(format!("{:#x}", partition.offset))
            .arg(path);
        workspace::run(&mut write)?;
    }
    let mut flash = tools::espflash_command(&espflash, "flash");
    flash
        .args(of_chip)
        .arg("--partition-table")
        .arg(workspace.root.join(partitions::TABLE));
    workspace::run(flash.arg(&built.elf))?;
    println!(
        "to see its log: espflash monitor --port {port} --log-format defmt --elf {}",
        built.elf.display()
    );
    Ok(())
}

/// Prints what takes the flash and the RAM, and Squab's own part.
fn print_sizes(built: &Built) -> Result<()> {
    let mut crates: Vec<_> = built.map.crates.iter().collect();
    crates.sort_by_key(|(_, bytes)| std::cmp::Reverse(bytes.flash + bytes.ram));
    println!("{:>9} {:>9}  by crate", "flash", "RAM");
    let mut rest = Bytes::default();
    let mut all = Bytes::default();
    for (index, (name, bytes)) in crates.iter().enumerate() {
        all += **bytes;
        if index < SHOWN {
            println!("{:>9} {:>9}  {name}", bytes.flash, bytes.ram);
        } else {
            rest += **bytes;
        }
    }
    println!(
        "{:>9} {:>9}  {} others",
        rest.flash,
        rest.ram,
        crates.len().saturating_sub(SHOWN)
    );
    println!("{:>9} {:>9}  all", all.flash, all.ram);
    let mut own = Bytes::default();
    for name in OWN {
        own += built.map.crates.get(name).copied().unwrap_or_default();
    }
    own.ram += kiosk_state(&built.map);
    let (flash, ram) = GOAL_KB;
    println!(
        "{:>9} {:>9}  core, adapters and kiosk, with the kiosk's state (goal: {flash} KB and {ram} KB)",
        own.flash, own.ram
    );
    let mut inlined = Bytes::default();
    for name in INLINED {
        inlined += built.map.crates.get(name).copied().unwrap_or_default();
    }
    println!(
        "{:>9} {:>9}  more of it at most, and of the board, is inlined into embassy's executor and joins",
        inlined.flash, ""
    );
    println!(
        "{} bytes are left for the stack",
        section(&fs::read(&built.elf)?, STACK)?
    );
    Ok(())
}

/// What the kiosk keeps between two steps, connections and buffers included: itself, and the future that its task runs.
fn kiosk_state(map: &Map) -> u64 {
    let of_kiosk = map
        .variables
        .iter()
        .filter(|(path, _)| path.contains("::kiosk::"));
    of_kiosk.map(|(_, bytes)| bytes).sum()
}

fn section(elf: &[u8], name: &str) -> Result<u64> {
    let file = object::File::parse(elf)?;
    let section = file.section_by_name(name);
    Ok(section.with_context(|| format!("no section {name}"))?.size())
}

/// Builds both chips' images, and looks whether each is what it should be.
pub(crate) fn suite(workspace: &Workspace) -> Result<()> {
    let table = fs::read_to_string(workspace.root.join(partitions::TABLE))?;
    let slot = Partition::find(&table, partitions::PROGRAM)?;
    // The example is a configuration that a board takes.
    let example = workspace.root.join(BOARD).join("kiosk.example.csv");
    let configured = config_partition(&table, &example)?;
    let values = values(EXAMPLE);
    ensure!(
        found(&configured, &values).len() == values.len(),
        "the example's values are not found where they were put"
    );
    for chip in Chip::ALL {
        let built = build(workspace, chip)?;
        print_sizes(&built)?;
        let image = fs::read(&built.image)?;
        let elf = fs::read(&built.elf)?;
        println!("{} bytes of application; the slot has {}", image.len(), slot.size);
        ensure!(
            image.len() <= slot.size as usize,
            "the application does not fit its slot"
        );
        let left = section(&elf, STACK)?;
        ensure!(
            chip != Chip::Esp32C3 || left >= STACK_MIN,
            "{left} bytes are left for the stack, and {STACK_MIN} have to be"
        );
        let secrets = found(&image, &values);
        ensure!(
            secrets.is_empty(),
            "the image was built without a configuration and has in it: {secrets:?}"
        );
        let calls = calls::of(&OWN, &elf)?;
        println!(
            "functions that were looked at for calls of the heap: {:?}",
            calls.functions
        );
        ensure!(
            calls.functions.len() == OWN.len(),
            "functions of some crates were not found"
        );
        ensure!(
            calls.to_heap.is_empty(),
            "calls of the heap: {:#?}",
            calls.to_heap
        );
        let others = calls::of(&WITH_HEAP, &elf)?;
        ensure!(
            !others.to_heap.is_empty(),
            "not even the calls of {WITH_HEAP:?} were found"
        );
    }
    Ok(())
}

/// The values of a `name,value` file that name something of its owner.
fn values(file: &str) -> Vec<&str> {
    let lines = file.lines().filter(|line| !line.starts_with('#')).skip(1);
    let values = lines
        .filter_map(|line| line.split_once(','))
        .map(|(_, value)| value.trim_matches('"'));
    // Shorter ones are everywhere.
    values.filter(|value| value.len() >= 6).collect()
}

/// Those of `values` that stand in `bytes`.
fn found<'v>(bytes: &[u8], values: &[&'v str]) -> Vec<&'v str> {
    let stands = |value: &&&str| {
        bytes
            .windows(value.len())
            .any(|window| window == value.as_bytes())
    };
    values.iter().filter(stands).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use squab_kiosk::device::CONFIG_MAX;

    const TABLE: &str = include_str!("../../firmware/esp32/partitions.csv");

    fn board(file: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(BOARD)
            .join(file)
    }

    #[test]
    fn the_example_is_a_configuration_that_a_board_takes() {
        let partition = config_partition(TABLE, &board("kiosk.example.csv")).unwrap();
        assert_eq!(partition.len(), CONFIG_MAX);
        let values = values(EXAMPLE);
        assert!(values.contains(&"Cold store 2"), "{values:?}");
        assert_eq!(found(&partition, &values), values);
    }

    #[test]
    fn a_file_that_is_no_configuration_is_refused_before_anything_is_built() {
        let why = config_partition(TABLE, &board("Cargo.toml")).unwrap_err();
        assert!(why.to_string().contains("is not flashed"), "{why}");
    }

    #[test]
    fn root_certificates_are_pem() {
        assert!(roots_partition(TABLE, &board("Cargo.toml")).is_err());
        let wrong_ca = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wrong-ca.pem");
        assert_eq!(roots_partition(TABLE, &wrong_ca).unwrap().len(), 8 * 1024);
    }

    #[test]
    fn the_chips_are_called_as_espressif_calls_them_and_the_c3_needs_no_name() {
        assert_eq!(chip(None).unwrap(), Chip::Esp32C3);
        assert_eq!(chip(Some("esp32c6")).unwrap(), Chip::Esp32C6);
        assert!(chip(Some("esp32s3")).is_err());
    }
}
