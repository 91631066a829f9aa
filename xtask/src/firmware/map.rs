//! The linker's map: what each crate takes of flash and RAM, constants and C libraries included.

use crate::image::Symbol;
use std::collections::BTreeMap;

/// Bytes of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bytes {
    pub(crate) flash: u64,
    pub(crate) ram: u64,
}

impl std::ops::AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        self.flash += other.flash;
        self.ram += other.ram;
    }
}

/// What the map says.
#[derive(Debug, Default)]
pub(crate) struct Map {
    /// By crate; a C library counts for the crate that brings it.
    pub(crate) crates: BTreeMap<String, Bytes>,
    /// Rust's variables, by their path.
    pub(crate) variables: Vec<(String, u64)>,
}

impl Map {
    /// Reads what `ld.lld -Map` writes: lines of address, load address, size, alignment, and then the name of an output
    /// section, or, further right, `FILE:(SECTION)` for what went into it.
    pub(crate) fn read(text: &str) -> Self {
        let mut map = Self::default();
        let mut place = Place::Nowhere;
        for line in text.lines() {
            let mut columns = line.split_whitespace();
            let (_, _) = (columns.next(), columns.next());
            let Some(size) = columns.next().and_then(|text| u64::from_str_radix(text, 16).ok()) else {
                continue;
            };
            let _alignment = columns.next();
            let Some(name) = columns.next() else { continue };
            if let Some((file, section)) = split_input(line, name) {
                let krate = krate(file, section);
                if let (Place::Ram, Some(path)) = (place, path(section)) {
                    map.variables.push((path, size));
                }
                *map.crates.entry(krate).or_default() += place.bytes(size);
            } else if name.starts_with('.') && name.len() > 1 {
                place = Place::of(name);
            }
        }
        map.variables.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        map
    }
}

/// Where an output section lies.
#[derive(Debug, Clone, Copy)]
enum Place {
    Flash,
    Ram,
    /// In RAM, filled from flash at the start.
    Both,
    /// Not in the program: debug information.
    Nowhere,
}

impl Place {
    fn of(output: &str) -> Self {
        let is = |names: &[&str]| names.iter().any(|name| output.starts_with(name));
        if is(&[".flash", ".rodata", ".text"]) {
            Self::Flash
        } else if is(&[
            ".bss",
            ".noinit",
            ".dram2",
            ".rtc_fast.bss",
            ".rtc_fast.persistent",
        ]) {
            Self::Ram
        } else if is(&[".data", ".rwtext", ".trap", ".rtc_fast"]) {
            Self::Both
        } else {
            Self::Nowhere
        }
    }

    fn bytes(self, size: u64) -> Bytes {
        let (flash, ram) = match self {
            Self::Flash => (size, 0),
            Self::Ram => (0, size),
            Self::Both => (size, size),
            Self::Nowhere => (0, 0),
        };
        Bytes { flash, ram }
    }
}

/// `FILE` and `SECTION` of an input section's line. A file's name may have spaces in it.
fn split_input<'l>(line: &'l str, first: &str) -> Option<(&'l str, &'l str)> {
    let start = line.find(first)?;
    let (file, section) = line.get(start..)?.rsplit_once(":(")?;
    Some((file, section.strip_suffix(')')?))
}

/// The path of a Rust function or variable that has a section of its own.
fn path(section: &str) -> Option<String> {
    let mangled = section.find("_R").or_else(|| section.find("_ZN"))?;
    Some(format!(
        "{:#}",
        rustc_demangle::try_demangle(section.get(mangled..)?).ok()?
    ))
}

/// The crate of a section: by its path if it has one, else by the library that it is from.
fn krate(file: &str, section: &str) -> String {
    if let Some(name) = path(section) {
        let symbol = Symbol {
            name,
            bytes: 0,
            ram: false,
        };
        return symbol.krate();
    }
    let file = file.rsplit('/').next().unwrap_or(file);
    match file.split_once(".rlib(").or_else(|| file.split_once(".a(")) {
        Some((library, _)) => {
            let name = library.strip_prefix("lib").unwrap_or(library);
            name.rsplit_once('-').map_or(name, |(name, _)| name).to_owned()
        }
        // One object holds all of Rust after its optimization: constants without a name of their own.
        None => "constants".into(),
    }
}
