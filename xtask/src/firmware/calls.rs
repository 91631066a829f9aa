//! Who calls the heap: the calls in a linked RISC-V program, read from its machine code.
//!
//! Only calls to an address that the instructions name are found. That is how the allocator is called; there is no
//! table of functions with it in.

use crate::image::Symbol;
use anyhow::{Context, Result};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use std::collections::BTreeMap;

/// Crates whose every function belongs to the heap: `__rust_alloc` itself is inlined.
const HEAP_CRATES: [&str; 4] = ["alloc", "allocator_api2", "esp_alloc", "linked_list_allocator"];
/// The heap as C sees it.
const HEAP_FUNCTIONS: [&str; 6] = [
    "malloc",
    "malloc_internal",
    "calloc",
    "realloc",
    "free",
    "free_internal",
];

/// What was found about some crates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    /// Functions that were looked at, by crate.
    pub(crate) functions: BTreeMap<String, usize>,
    /// Calls to the heap, from where to where.
    pub(crate) to_heap: Vec<(String, String)>,
}

/// A function of the program.
struct Function<'d> {
    symbol: Symbol,
    address: u32,
    code: &'d [u8],
}

/// Looks at every function of these crates.
pub(crate) fn of(crates: &[&str], elf: &[u8]) -> Result<Calls> {
    let file = object::File::parse(elf).context("not an ELF file")?;
    let mut functions = Vec::new();
    for symbol in file
        .symbols()
        .filter(|it| it.kind() == SymbolKind::Text && it.is_definition())
    {
        let Some(section) = symbol.section_index() else {
            continue;
        };
        let section = file.section_by_index(section)?;
        let Some(code) = section.data_range(symbol.address(), symbol.size())? else {
            continue;
        };
        functions.push(Function {
            symbol: Symbol {
                name: format!("{:#}", rustc_demangle::demangle(symbol.name()?)),
                bytes: symbol.size(),
                ram: false,
            },
            address: symbol.address() as u32,
            code,
        });
    }
    Ok(look(crates, &functions))
}

fn look(crates: &[&str], functions: &[Function<'_>]) -> Calls {
    let heap = functions.iter().filter(|function| is_heap(&function.symbol));
    let heap: BTreeMap<u32, &str> = heap
        .map(|function| (function.address, function.symbol.name.as_str()))
        .collect();
    let mut calls = Calls::default();
    for function in functions {
        let owner = function.symbol.krate();
        if !crates.contains(&owner.as_str()) {
            continue;
        }
        *calls.functions.entry(owner).or_default() += 1;
        for target in targets(function.code, function.address) {
            if let Some(heap) = heap.get(&target) {
                calls
                    .to_heap
                    .push((function.symbol.name.clone(), (*heap).to_owned()));
            }
        }
    }
    calls
}

fn is_heap(symbol: &Symbol) -> bool {
    HEAP_FUNCTIONS.contains(&symbol.name.as_str())
        || HEAP_CRATES.contains(&symbol.krate().as_str())
        || symbol.name.contains("__rust_")
}

/// Where the code calls or jumps to: `jal`, `c.jal`, `c.j`, and the pair of `auipc` and `jalr`.
fn targets(code: &[u8], address: u32) -> Vec<u32> {
    let mut targets = Vec::new();
    let (mut at, mut upper) = (0, None);
    while let Some(low) = half(code, at) {
        let here = address.wrapping_add(at as u32);
        let next_upper = if low & 3 == 3 {
            let Some(high) = half(code, at + 2) else { break };
            let word = low | high << 16;
            let register = |bit: u32| word >> bit & 31;
            match word & 0x7F {
                0x6F => targets.push(here.wrapping_add(jal_offset(word))),
                0x67 => {
                    if let Some((from, base)) = upper
                        && from == register(15)
                    {
                        let offset = word.cast_signed() >> 20;
                        targets.push(u32::wrapping_add(base, offset.cast_unsigned()));
                    }
                }
                _ => {}
            }
            at += 4;
            (word & 0x7F == 0x17).then(|| (register(7), here.wrapping_add(word & 0xFFFF_F000)))
        } else {
            if matches!(low & 0xE003, 0x2001 | 0xA001) {
                targets.push(here.wrapping_add(compressed_offset(low)));
            }
            at += 2;
            None
        };
        upper = next_upper;
    }
    targets
}

fn half(code: &[u8], at: usize) -> Option<u32> {
    let bytes = code.get(at..)?.first_chunk()?;
    Some(u32::from(u16::from_le_bytes(*bytes)))
}

/// Puts the bits of `word` from these places together, the lowest first, and extends the sign.
fn gather(word: u32, places: &[(u32, u32, u32)], sign: u32) -> u32 {
    let mut value = 0;
    for (from, to, width) in places {
        value |= (word >> from & ((1 << width) - 1)) << to;
    }
    let unused = 31 - sign;
    (value << unused)
        .cast_signed()
        .wrapping_shr(unused)
        .cast_unsigned()
}

fn jal_offset(word: u32) -> u32 {
    gather(word, &[(21, 1, 10), (20, 11, 1), (12, 12, 8), (31, 20, 1)], 20)
}

fn compressed_offset(low: u32) -> u32 {
    let places = [
        (3, 1, 3),
        (11, 4, 1),
        (2, 5, 1),
        (7, 6, 1),
        (6, 7, 1),
        (9, 8, 2),
        (8, 10, 1),
        (12, 11, 1),
    ];
    gather(low, &places, 11)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: u32 = 0x4200_1000;

    #[test]
    fn every_kind_of_call_is_read_as_the_assembler_writes_it() {
        for (code, target, text) in [
            (&[0xEF, 0x00, 0x40, 0x7D][..], HERE + 2004, "jal 2004"),
            (&[0xEF, 0xF0, 0x5F, 0xFF], HERE - 12, "jal -12"),
            (&[0xEF, 0x00, 0xE8, 0xBF], HERE - 523_266, "jal -523266"),
            (&[0xEF, 0xF0, 0xFF, 0x7F], HERE + 1_048_574, "jal 1048574"),
            (&[0x6F, 0x00, 0x00, 0x80], HERE - 1_048_576, "j -1048576"),
            (&[0x6F, 0x00, 0x10, 0x00], HERE + 2048, "j 2048"),
            (&[0xD1, 0x2F], HERE + 2004, "c.jal 2004"),
            (&[0xFD, 0x39], HERE - 770, "c.jal -770"),
            (&[0x91, 0xA3], HERE + 1348, "c.j 1348"),
            (&[0xFD, 0xBF], HERE - 2, "c.j -2"),
        ] {
            assert_eq!(targets(code, HERE), [target], "{text}");
        }
        // auipc ra, 0x1; jalr ra, -4(ra)
        let far = [0x97, 0x10, 0x00, 0x00, 0xE7, 0x80, 0xC0, 0xFF];
        assert_eq!(targets(&far, HERE), [HERE + 0x1000 - 4]);
    }

    #[test]
    fn a_jump_through_a_register_and_other_instructions_are_no_calls() {
        // addi sp, sp, -16; c.jr ra; jalr ra, 0(a0)
        let code = [0x13, 0x01, 0x01, 0xFF, 0x82, 0x80, 0xE7, 0x00, 0x05, 0x00];
        assert_eq!(targets(&code, HERE), Vec::<u32>::new());
        // auipc ra, 0x1; jalr ra, -4(a0)
        let other = [0x97, 0x10, 0x00, 0x00, 0xE7, 0x00, 0xC5, 0xFF];
        assert_eq!(targets(&other, HERE), Vec::<u32>::new());
    }

    #[test]
    fn a_planted_allocation_is_found_and_that_of_another_crate_is_not_held_against_the_core() {
        let function = |name: &str, address, code: &'static [u8]| Function {
            symbol: Symbol {
                name: name.into(),
                bytes: code.len() as u64,
                ram: false,
            },
            address,
            code,
        };
        let calls = look(
            &["squab_core"],
            &[
                // c.nop; jal 16
                function(
                    "squab_core::pace::poll",
                    HERE,
                    &[0x01, 0x00, 0xEF, 0x00, 0x00, 0x01],
                ),
                function("mbedtls_rs::session::new", HERE + 0x10, &[0x01, 0x00]),
                function(
                    "<esp_alloc::EspHeap as core::alloc::GlobalAlloc>::alloc",
                    HERE + 0x12,
                    &[],
                ),
            ],
        );
        assert_eq!(calls.functions.get("squab_core"), Some(&1));
        assert_eq!(calls.to_heap.len(), 1, "{calls:?}");
    }
}
