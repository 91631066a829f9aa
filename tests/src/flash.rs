//! A flash that dies: NOR semantics, counted operations, and a cut at any of them.
//!
//! Bits go from 1 to 0 by writing and back by erasing a whole sector. A word is written once between two erasures, as encrypted
//! flash demands; who writes it twice, or beside its alignment, is wrong, and the model panics. The operation under way
//! at the cut is torn: of a write some words are there and one has only some of its bits, or all have some of their bits, as a chip
//! writes a page; an erasure leaves bits of chance, all over the sector or here and there, or old ones that show through, and the
//! sector may not be written before it is erased again. What is torn depends on the seed alone.
//!
//! The unit tests of `squab-adapters` read this file too: it knows no other of this crate.

// Named for the crate without a standard library that reads this file.
use std::{vec, vec::Vec};

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// What was done to a flash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Writes.
    pub writes: u64,
    /// Bytes in them.
    pub written: u64,
    /// Reads.
    pub reads: u64,
    /// Bytes in them.
    pub read: u64,
    /// Erasures, by sector.
    pub erases: Vec<u32>,
}

impl Counts {
    /// Erasures of all sectors.
    pub fn erased(&self) -> u64 {
        self.erases.iter().map(|&count| u64::from(count)).sum()
    }
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power is off.
    Off,
    /// This sector cannot be erased any more.
    Worn,
    /// There is no such place.
    Outside,
}

impl NorFlashError for Fault {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Off | Self::Worn => NorFlashErrorKind::Other,
            Self::Outside => NorFlashErrorKind::OutOfBounds,
        }
    }
}

/// A flash of words and sectors of these sizes.
#[derive(Clone, Debug)]
pub struct Flash<const WORD: usize = 4, const SECTOR: usize = 4096> {
    bytes: Vec<u8>,
    /// By word: whether it was written since it was erased.
    used: Vec<bool>,
    worn: Vec<bool>,
    counts: Counts,
    cut: Option<u64>,
    off: bool,
    chance: u64,
}

impl<const WORD: usize, const SECTOR: usize> Flash<WORD, SECTOR> {
    /// An erased one; `seed` decides what a cut leaves behind.
    pub fn new(sectors: usize, seed: u64) -> Self {
        Self {
            bytes: vec![0xFF; sectors * SECTOR],
            used: vec![false; sectors * SECTOR / WORD],
            worn: vec![false; sectors],
            counts: Counts {
                erases: vec![0; sectors],
                ..Counts::default()
            },
            cut: None,
            off: false,
            chance: seed,
        }
    }

    /// With this content from its beginning on.
    #[must_use]
    pub fn with(mut self, content: &[u8]) -> Self {
        self.bytes[..content.len()].copy_from_slice(content);
        self.used[..content.len().div_ceil(WORD)].fill(true);
        self
    }

    /// The power goes during a write or erasure: after `operations` further ones.
    pub fn cut_after(&mut self, operations: u64) {
        self.cut = Some(operations);
    }

    /// The power is back, and stays.
    pub fn restart(&mut self) {
        self.cut = None;
        self.off = false;
    }

    /// Whether the cut has come.
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// From now on this sector cannot be erased, or can again.
    pub fn wear_out(&mut self, sector: usize, worn: bool) {
        self.worn[sector] = worn;
    }

    /// Turns one bit, as age does.
    pub fn flip(&mut self, byte: usize, bit: u8) {
        self.bytes[byte] ^= 1 << (bit % 8);
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What was done to it.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Counts from zero again.
    pub fn forget_counts(&mut self) {
        self.counts = Counts {
            erases: vec![0; self.worn.len()],
            ..Counts::default()
        };
    }

    /// The next number of chance (splitmix64).
    fn chance(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Whether the power goes now.
    fn is_cut(&mut self) -> bool {
        match &mut self.cut {
            Some(0) => self.off = true,
            Some(left) => *left -= 1,
            None => {}
        }
        self.off
    }

    fn program(&mut self, word: usize, data: &[u8]) {
        assert!(
            !self.used[word],
            "the word at {:#x} is written twice",
            word * WORD
        );
        self.used[word] = true;
        for (byte, new) in self.bytes[word * WORD..].iter_mut().zip(data) {
            *byte &= new;
        }
    }
}

impl<const WORD: usize, const SECTOR: usize> ErrorType for Flash<WORD, SECTOR> {
    type Error = Fault;
}

impl<const WORD: usize, const SECTOR: usize> ReadNorFlash for Flash<WORD, SECTOR> {
    const READ_SIZE: usize = WORD;

    async fn read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), Fault> {
        if self.off {
            return Err(Fault::Off);
        }
        let offset = offset as usize;
        assert!(offset.is_multiple_of(WORD) && out.len().is_multiple_of(WORD));
        let from = self.bytes.get(offset..offset + out.len());
        out.copy_from_slice(from.ok_or(Fault::Outside)?);
        self.counts.reads += 1;
        self.counts.read += out.len() as u64;
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const WORD: usize, const SECTOR: usize> NorFlash for Flash<WORD, SECTOR> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        let (from, to) = (from as usize, to as usize);
        assert!(from.is_multiple_of(SECTOR) && to.is_multiple_of(SECTOR) && from <= to);
        if to > self.bytes.len() {
            return Err(Fault::Outside);
        }
        for sector in from / SECTOR..to / SECTOR {
            if self.off {
                return Err(Fault::Off);
            }
            if self.worn[sector] {
                return Err(Fault::Worn);
            }
            let (bytes, words) = (sector * SECTOR, sector * SECTOR / WORD);
            if self.is_cut() {
                let kind = self.chance() % 3;
                for run in (bytes..bytes + SECTOR).step_by(64) {
                    let spared = kind == 2 && self.chance().is_multiple_of(2);
                    for byte in (run..run + 64).filter(|_| !spared) {
                        let keep = if kind == 0 { 0 } else { self.bytes[byte] };
                        self.bytes[byte] = keep | self.chance() as u8;
                    }
                }
                self.used[words..words + SECTOR / WORD].fill(true);
                return Err(Fault::Off);
            }
            self.bytes[bytes..bytes + SECTOR].fill(0xFF);
            self.used[words..words + SECTOR / WORD].fill(false);
            self.counts.erases[sector] += 1;
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, data: &[u8]) -> Result<(), Fault> {
        let offset = offset as usize;
        assert!(offset.is_multiple_of(WORD) && data.len().is_multiple_of(WORD));
        if offset + data.len() > self.bytes.len() {
            return Err(Fault::Outside);
        }
        if self.off {
            return Err(Fault::Off);
        }
        let cut = self.is_cut();
        let words = data.len() / WORD;
        // The words that are there, and the first that has nothing yet.
        let (mut whole, mut end) = (words, words);
        if cut {
            whole = (self.chance() % (words.max(1) as u64)) as usize;
            end = words.min(whole + 1);
            if self.chance().is_multiple_of(2) {
                (whole, end) = (0, words);
            }
        }
        for (index, word) in data.chunks(WORD).enumerate().take(end) {
            let torn = index >= whole;
            let bytes = word
                .iter()
                .map(|byte| if torn { byte | self.chance() as u8 } else { *byte });
            let bytes: Vec<u8> = bytes.collect();
            self.program(offset / WORD + index, &bytes);
        }
        if cut {
            return Err(Fault::Off);
        }
        self.counts.writes += 1;
        self.counts.written += data.len() as u64;
        Ok(())
    }
}
