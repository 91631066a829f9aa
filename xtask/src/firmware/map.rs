//! The linker's map: what each crate takes of flash and RAM, constants and C libraries included.

use crate::image::Symbol;
use std::collections::BTreeMap;
use std::mem;

/// What no function or variable was found for: mostly constants.
const CONSTANTS: &str = "constants";

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
    /// Reads what `ld.lld -Map` writes. A line has an address, a load address, a size and an alignment; then, below the
    /// heading `Out`, an output section's name, or below `In` the `FILE:(SECTION)` of what went into it, or below
    /// `Symbol` what that defines.
    pub(crate) fn read(text: &str) -> Self {
        let mut map = Self::default();
        let mut place = Place::Nowhere;
        // Bytes of a section that nothing has been found for yet.
        let mut nameless = 0;
        let mut lines = text.lines();
        let heading = lines.next().unwrap_or_default();
        let column = |name| heading.find(name).unwrap_or(usize::MAX);
        let (output, input, symbol) = (column("Out"), column("In"), column("Symbol"));
        for line in lines {
            let below = |column: usize| line.get(column..).filter(|rest| !rest.starts_with(' '));
            let size = line.split_whitespace().nth(2);
            let size = size.map_or(0, |digits| u64::from_str_radix(digits, 16).unwrap_or_default());
            if let Some(name) = below(output) {
                map.add(place, CONSTANTS, mem::take(&mut nameless));
                place = Place::of(name);
            } else if let Some((file, section)) = below(input).and_then(split_input) {
                map.add(place, CONSTANTS, mem::take(&mut nameless));
                if let Some(path) = path(section) {
                    map.add_path(place, path, size);
                } else if let Some(library) = library(file) {
                    map.add(place, library, size);
                } else {
                    nameless = size;
                }
            } else if let Some(path) = below(symbol).filter(|_| nameless >= size).and_then(path) {
                nameless -= size;
                map.add_path(place, path, size);
            }
        }
        map.add(place, CONSTANTS, nameless);
        map.variables.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        map
    }

    fn add_path(&mut self, place: Place, path: String, size: u64) {
        let symbol = Symbol {
            name: path,
            bytes: size,
            ram: false,
        };
        self.add(place, &symbol.krate(), size);
        if matches!(place, Place::Ram) {
            self.variables.push((symbol.name, size));
        }
    }

    fn add(&mut self, place: Place, krate: &str, size: u64) {
        *self.crates.entry(krate.to_owned()).or_default() += place.bytes(size);
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

/// `FILE` and `SECTION` of an input section.
fn split_input(input: &str) -> Option<(&str, &str)> {
    input.strip_suffix(')')?.rsplit_once(":(")
}

/// The path of a Rust function or variable in a symbol, or in the name of the section that it has for itself.
fn path(section: &str) -> Option<String> {
    let mangled = section.find("_R").or_else(|| section.find("_ZN"))?;
    Some(format!(
        "{:#}",
        rustc_demangle::try_demangle(section.get(mangled..)?).ok()?
    ))
}

/// The crate that brought a library. Rust itself is one object after its optimization, and no library.
fn library(file: &str) -> Option<&str> {
    let file = file.rsplit('/').next()?;
    let (library, _) = file.split_once(".rlib(").or_else(|| file.split_once(".a("))?;
    let name = library.strip_prefix("lib").unwrap_or(library);
    Some(name.rsplit_once('-').map_or(name, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "     VMA      LMA     Size Align Out     In      Symbol
42030020 42030020    c4bb0     4 .text
42030020 42030020      1ac     2         /b/kiosk-1.rcgu.o:(.text._ZN10squab_core4pace4poll17h0123456789abcdefE)
42030020 42030020        0     1                 .Lpcrel_hi1
420301cc 420301cc       10     2         /b/deps/libmbedtls_rs_sys-a4.rlib(ssl_tls.c.obj):(.text.ssl_write)
420301dc 420301dc       20     2         /b/kiosk-1.rcgu.o:(.rodata..Lanon.26.2)
3fc8d000 3fc8d000      100     4 .data
3fc8d000 3fc8d000       80     4         /b/kiosk-1.rcgu.o:(.data._ZN5kiosk5COUNT17h0123456789abcdefE)
3fc8e000 3fc8e000      100     4 .bss
3fc8e000 3fc8e000      100     4         /b/kiosk-1.rcgu.o:(.bss._ZN5kiosk4task4POOL17h0123456789abcdefE)
3fcce000 3fcce000     1000     4 .dram2_uninit
3fcce000 3fcce000     1000     4         /b/kiosk-1.rcgu.o:(.dram2_uninit)
3fcce000 3fcce000      f00     1                 _ZN5kiosk4heap4HEAP17h0123456789abcdefE
       0        0     5000     1 .debug_info
       0        0     5000     1         /b/kiosk-1.rcgu.o:(.debug_info)
";

    #[test]
    fn what_went_into_the_program_counts_for_its_crate_and_its_memory() {
        let map = Map::read(MAP);
        let of = |name| map.crates.get(name).map(|bytes| (bytes.flash, bytes.ram));
        assert_eq!(of("squab_core"), Some((0x1AC, 0)));
        assert_eq!(of("mbedtls_rs_sys"), Some((0x10, 0)));
        assert_eq!(
            of("kiosk"),
            Some((0x80, 0x1080)),
            "what is in RAM and filled from flash takes both"
        );
        assert_eq!(
            of("constants"),
            Some((0x20, 0x100)),
            "debug information is no part of the program"
        );
        let variables = [
            ("kiosk::heap::HEAP".to_owned(), 0xF00),
            ("kiosk::task::POOL".to_owned(), 0x100),
        ];
        assert_eq!(map.variables, variables);
    }
}
