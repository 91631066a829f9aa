//! A linked ELF image: how big its sections are, which symbols it has, and whether they may be there.

use anyhow::{Context, Result};
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind, elf};
use std::collections::BTreeMap;

/// The crate whose rooms are told apart.
const CORE: &str = "squab_core";

/// Bytes by the memory that they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sizes {
    /// Code, in flash.
    pub(crate) text: u64,
    /// Constants, in flash.
    pub(crate) rodata: u64,
    /// Initialised variables: in RAM, and a copy in flash.
    pub(crate) data: u64,
    /// Zeroed variables, in RAM.
    pub(crate) bss: u64,
}

/// A function or constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Symbol {
    /// Its path in Rust's terms.
    pub(crate) name: String,
    /// Bytes it takes.
    pub(crate) bytes: u64,
    /// Whether it takes them of RAM and not of flash.
    pub(crate) ram: bool,
}

impl Symbol {
    /// Where it comes from: a room of the core, or another crate; of `<A as b::B>::c` that of `A`, if it has one. What
    /// was inlined into a probe counts for the probe's room, nameless constants for `constants`, and `memcpy` and its
    /// like for the compiler's own crate.
    pub(crate) fn part(&self) -> String {
        let mut path = segments(&self.name);
        match (path.next(), path.next()) {
            (Some(CORE), Some(room)) => format!("{CORE}::{room}"),
            (Some(krate), _) => krate.into(),
            (None, _) if self.name.starts_with(".L") => "constants".into(),
            (None, _) => match self.name.strip_prefix("probe_") {
                Some(room) => format!("{CORE}::{room}"),
                None => "compiler_builtins".into(),
            },
        }
    }

    /// The crate of [`Symbol::part`].
    pub(crate) fn krate(&self) -> String {
        let part = self.part();
        part.split_once("::")
            .map_or(part.as_str(), |(krate, _)| krate)
            .to_owned()
    }
}

/// What was read from an ELF file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Image {
    /// The sections.
    pub(crate) sizes: Sizes,
    /// All symbols that have an address.
    pub(crate) symbols: Vec<Symbol>,
}

impl Image {
    /// Reads an ELF file.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let file = object::File::parse(bytes).context("not an ELF file")?;
        let mut image = Self::default();
        let mut ram = Vec::new();
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
                continue;
            };
            let has = |flag| sh_flags.contains(flag);
            let sizes = &mut image.sizes;
            let total = match section.kind() {
                _ if !has(elf::SHF_ALLOC) => continue,
                SectionKind::UninitializedData => &mut sizes.bss,
                _ if has(elf::SHF_EXECINSTR) => &mut sizes.text,
                _ if has(elf::SHF_WRITE) => &mut sizes.data,
                _ => &mut sizes.rodata,
            };
            *total += section.size();
            if has(elf::SHF_WRITE) {
                ram.push(section.index());
            }
        }
        for symbol in file.symbols().filter(ObjectSymbol::is_definition) {
            let name = symbol.name()?;
            if !name.is_empty() && !name.starts_with('$') {
                image.symbols.push(Symbol {
                    name: format!("{:#}", rustc_demangle::demangle(name)),
                    bytes: symbol.size(),
                    ram: symbol.section_index().is_some_and(|index| ram.contains(&index)),
                });
            }
        }
        image
            .symbols
            .sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        Ok(image)
    }

    /// What takes flash.
    pub(crate) fn flash(&self) -> impl Iterator<Item = &Symbol> {
        self.symbols
            .iter()
            .filter(|symbol| !symbol.ram && symbol.bytes > 0)
    }

    /// What takes RAM.
    pub(crate) fn ram(&self) -> impl Iterator<Item = &Symbol> {
        self.symbols
            .iter()
            .filter(|symbol| symbol.ram && symbol.bytes > 0)
    }

    /// Bytes of flash by [`Symbol::part`], the biggest first.
    pub(crate) fn parts(&self) -> Vec<(String, u64)> {
        let mut bytes = BTreeMap::<String, u64>::new();
        for symbol in self.flash() {
            *bytes.entry(symbol.part()).or_default() += symbol.bytes;
        }
        let mut parts: Vec<_> = bytes.into_iter().collect();
        parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        parts
    }

    /// What the core promises not to contain, and what is there nevertheless; empty when all is well.
    pub(crate) fn faults(&self, probes: &[String]) -> Vec<String> {
        let mut faults = Vec::new();
        for probe in probes {
            if !self.symbols.iter().any(|symbol| symbol.name == *probe) {
                faults.push(format!(
                    "{probe} was not linked, so what it calls was not looked at"
                ));
            }
        }
        if self.sizes.data > 0 {
            faults.push(format!("{} bytes of initialised data", self.sizes.data));
        }
        for Symbol { name, .. } in &self.symbols {
            if allocates(name) {
                faults.push(format!("an allocator: {name}"));
            }
            if panics(name) {
                faults.push(format!("a panic: {name}"));
            }
        }
        faults
    }
}

/// The parts of a demangled path, without generic arguments' brackets: identifiers that are followed or led by `::`.
fn segments(name: &str) -> impl Iterator<Item = &str> {
    let part_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    name.split(move |c| !part_of_path(c))
        .filter(|path| path.contains("::"))
        .flat_map(|path| path.split("::"))
        .filter(|segment| !segment.is_empty())
}

/// Whether a symbol belongs to a heap, Rust's or C's.
fn allocates(name: &str) -> bool {
    const MARKS: [&str; 4] = [
        "__rust_alloc",
        "__rust_dealloc",
        "__rust_realloc",
        "__rust_no_alloc",
    ];
    MARKS.iter().any(|mark| name.contains(mark))
        || ["__rg_", "__rdl_"].iter().any(|mark| name.contains(mark))
        || ["malloc", "calloc", "realloc", "free"].contains(&name)
        || segments(name).next() == Some("alloc")
}

/// Whether a symbol is part of a panic: the panic machinery itself, its handler, or one of the functions in the
/// standard library that do nothing but panic (`unwrap_failed`, `slice_index_fail` and their like).
fn panics(name: &str) -> bool {
    if name.ends_with("rust_begin_unwind") || name.ends_with("rust_panic") {
        return true;
    }
    let from_library = segments(name)
        .next()
        .is_some_and(|krate| ["core", "std", "alloc"].contains(&krate));
    from_library
        && segments(name).any(|segment| {
            segment.starts_with("panic")
                || ["do_panic", "handle_error"].contains(&segment)
                || ["_fail", "_failed", "_fail_rt", "_fail_ct"]
                    .iter()
                    .any(|end| segment.ends_with(end))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(names: &[&str]) -> Image {
        let symbols = names.iter().map(|name| Symbol {
            name: format!("{:#}", rustc_demangle::demangle(name)),
            bytes: 4,
            ram: false,
        });
        Image {
            symbols: symbols.collect(),
            sizes: Sizes::default(),
        }
    }

    #[test]
    fn every_way_to_panic_is_found_in_either_mangling() {
        for name in [
            "_RNvNtCs3xQ30Ue3M98_4core9panicking18panic_bounds_check",
            "_ZN4core9panicking9panic_fmt17h0123456789abcdefE",
            "_ZN4core9panicking11panic_const23panic_const_div_by_zero17h0123456789abcdefE",
            "_RNvNtCs3xQ30Ue3M98_4core6option13unwrap_failed",
            "_ZN4core6option13expect_failed17h0123456789abcdefE",
            "core::slice::index::slice_index_fail",
            "core::slice::index::slice_index_fail::do_panic::runtime",
            "core::str::slice_error_fail_rt",
            "core::slice::copy_from_slice_impl::len_mismatch_fail",
            "core::cell::panic_already_borrowed",
            "_RNvCsfLfy6EI15iL_7___rustc17rust_begin_unwind",
        ] {
            assert_eq!(image(&[name]).faults(&[]).len(), 1, "{name}");
        }
    }

    #[test]
    fn a_heap_is_found() {
        for name in [
            "_RNvCsfLfy6EI15iL_7___rustc12___rust_alloc",
            "malloc",
            "alloc::vec::Vec<u8>::push",
        ] {
            assert_eq!(image(&[name]).faults(&[]).len(), 1, "{name}");
        }
    }

    #[test]
    fn what_does_no_harm_is_passed() {
        let image = image(&[
            "_start",
            "memcpy",
            "probe_record",
            "squab_core::pace::panic_button_failed",
            "core::str::converts::from_utf8",
            "<core::fmt::Formatter>::pad_integral",
        ]);
        assert_eq!(image.faults(&["probe_record".into()]), Vec::<String>::new());
    }

    #[test]
    fn a_probe_that_was_dropped_and_initialised_data_are_found() {
        let mut image = image(&["probe_record"]);
        image.sizes.data = 8;
        let faults = image.faults(&["probe_record".into(), "probe_json".into()]);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults.iter().any(|f| f.contains("probe_json")));
        assert!(faults.iter().any(|f| f.contains("8 bytes")));
    }

    #[test]
    fn a_symbol_counts_for_the_room_or_crate_of_its_own_type() {
        for (name, part) in [
            (
                "<squab_core::recipient::PhoneNumber as core::fmt::Display>::fmt",
                "squab_core::recipient",
            ),
            (
                "<&squab_core::recipient::Bsuid as core::fmt::Debug>::fmt",
                "squab_core::recipient",
            ),
            ("<u64 as core::fmt::Display>::fmt", "core"),
            ("memcpy", "compiler_builtins"),
            ("probe_record", "squab_core::record"),
            (".Lanon.1.2", "constants"),
        ] {
            assert_eq!(image(&[name]).parts(), [(part.to_owned(), 4)]);
        }
    }
}
