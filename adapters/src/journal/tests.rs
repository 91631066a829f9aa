//! Power cuts at every operation, damage, and wear.

use core::ops::Range;
use std::collections::BTreeMap;
use std::vec;
use std::vec::Vec;

use embassy_futures::block_on;

use super::{Error, Found, Journal, Options, Report};
use flash::{Fault, Flash};

/// The flash that dies, with which other crates test too.
#[path = "../../../tests/src/flash.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the other crate uses and shows all of it"
)]
mod flash;

const KEYS: usize = 48;
const SECTOR: usize = 512;
const SECTORS: usize = 8;

type Small<'b, 'f, const WORD: usize> = Journal<'b, &'f mut Flash<WORD, SECTOR>, KEYS>;
type Model = BTreeMap<u32, Vec<u8>>;

/// Numbers that look like chance (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % limit
    }
}

#[derive(Clone, Debug)]
enum Call {
    Store(u32, Vec<u8>),
    Remove(u32),
    EraseAll,
}

impl Call {
    /// What is called by chance: mostly stores, of up to 100 bytes for one of 20 keys.
    fn any(chance: &mut Chance) -> Self {
        let key = chance.below(20) as u32 * 0x0100_0001;
        match chance.below(100) {
            0 => Self::EraseAll,
            1..40 => Self::Remove(key),
            _ => {
                // Half of them look as if erased.
                let mask = [0, 0xFF][chance.below(2) as usize];
                let value = (0..chance.below(100)).map(|_| mask | chance.below(256) as u8);
                Self::Store(key, value.collect())
            }
        }
    }

    fn model(&self, model: &mut Model) {
        match self {
            Self::Store(key, value) => drop(model.insert(*key, value.clone())),
            Self::Remove(key) => drop(model.remove(key)),
            Self::EraseAll => model.clear(),
        }
    }

    fn call<const WORD: usize>(&self, journal: &mut Small<'_, '_, WORD>) -> Result<(), Error<Fault>> {
        block_on(async {
            match self {
                Self::Store(key, value) => {
                    let (head, body) = value.split_at(value.len() / 3);
                    journal.store(*key, head, body).await
                }
                Self::Remove(key) => journal.remove(*key).await,
                Self::EraseAll => journal.erase_all().await,
            }
        })
    }
}

fn open<'b, 'f, const WORD: usize>(
    flash: &'f mut Flash<WORD, SECTOR>,
    buffer: &'b mut [u8],
) -> Result<(Small<'b, 'f, WORD>, Report), Error<Fault>> {
    let range = 0..flash.bytes().len() as u32;
    block_on(Journal::open(flash, range, buffer, Options::default()))
}

fn content<const WORD: usize>(journal: &mut Small<'_, '_, WORD>) -> Model {
    let mut model = Model::new();
    let lost = block_on(journal.for_each(
        |_| true,
        |key, value| {
            assert!(model.insert(key, value.to_vec()).is_none(), "a key comes once");
        },
    ));
    assert_eq!(lost, Ok(0));
    model
}

/// Opens, compares, and gives what is there.
fn reopened<const WORD: usize>(flash: &mut Flash<WORD, SECTOR>) -> (Model, Report) {
    let mut buffer = [0; 160];
    let (mut journal, report) = open(flash, &mut buffer).unwrap();
    let model = content(&mut journal);
    assert_eq!(report.records, model.len());
    (model, report)
}

/// Runs a script that is cut after `cut` operations, and opened with a cut after `cut % 4` before it is opened in peace. False
/// if the script ended first.
fn cut_at<const WORD: usize>(seed: u64, cut: u64) -> bool {
    let mut flash = Flash::<WORD, SECTOR>::new(SECTORS.max(WORD), seed ^ (cut << 20));
    let mut chance = Chance(seed);
    let mut model = Model::new();
    let mut under_way = None;
    flash.cut_after(cut);
    {
        let mut buffer = [0; 160];
        if let Ok((mut journal, _)) = open(&mut flash, &mut buffer) {
            for _ in 0..400 {
                let call = Call::any(&mut chance);
                match call.call(&mut journal) {
                    Ok(()) => call.model(&mut model),
                    Err(error) => {
                        assert_eq!(error, Error::Flash(Fault::Off));
                        under_way = Some(call);
                        break;
                    }
                }
            }
        }
    }
    let was_cut = flash.is_off();
    flash.restart();
    flash.cut_after(cut % 4);
    let _ = open(&mut flash, &mut [0; 160]);
    flash.restart();

    let (found, report) = reopened(&mut flash);
    assert_eq!(report.corrupted, 0, "a power cut is no damage");
    let mut new = model.clone();
    if let Some(call) = under_way {
        call.model(&mut new);
    }
    assert!(found == model || found == new, "seed {seed}, cut {cut}");

    // Life goes on, and what was removed stays so.
    let mut model = found;
    {
        let mut buffer = [0; 160];
        let (mut journal, _) = open(&mut flash, &mut buffer).unwrap();
        for _ in 0..100 {
            let call = Call::any(&mut chance);
            call.call(&mut journal).unwrap();
            call.model(&mut model);
        }
        assert_eq!(content(&mut journal), model);
    }
    let (found, report) = reopened(&mut flash);
    assert_eq!((found, report.corrupted), (model, 0));
    was_cut
}

#[test]
fn after_a_cut_at_any_operation_all_is_there_but_perhaps_the_call_under_way() {
    for seed in 1..4 {
        assert!((0..100_000).take_while(|&cut| cut_at::<4>(seed, cut)).count() > 300);
    }
}

#[test]
fn words_of_any_size_will_do() {
    for cut in (0..400).step_by(7) {
        cut_at::<1>(11, cut);
        cut_at::<8>(12, cut);
        cut_at::<16>(13, cut);
        cut_at::<32>(14, cut);
    }
}

#[test]
fn cut_after_cut_after_cut_loses_nothing() {
    for seed in 1..60 {
        let mut flash = Flash::<4, SECTOR>::new(SECTORS, seed);
        let mut chance = Chance(seed);
        let mut model = Model::new();
        for _ in 0..300 {
            // Mostly at once: the power goes whenever the flash is used.
            let most = [2, 4, 25][chance.below(3) as usize];
            flash.cut_after(chance.below(most));
            let mut new = model.clone();
            let mut buffer = [0; 160];
            if let Ok((mut journal, _)) = open(&mut flash, &mut buffer) {
                loop {
                    let call = Call::any(&mut chance);
                    call.model(&mut new);
                    if let Err(error) = call.call(&mut journal) {
                        assert_eq!(error, Error::Flash(Fault::Off));
                        break;
                    }
                    call.model(&mut model);
                }
            }
            flash.restart();
            let (found, _) = reopened(&mut flash);
            assert!(found == model || found == new, "seed {seed}");
            model = found;
        }
    }
}

fn small(sectors: usize) -> Flash<4, SECTOR> {
    Flash::new(sectors, 1)
}

fn refused(flash: &mut Flash<4, SECTOR>, range: Range<u32>, options: Options) -> Option<Error<Fault>> {
    let mut buffer = [0; 160];
    block_on(Journal::<_, 4>::open(flash, range, &mut buffer, options)).err()
}

/// A journal with ten keys, the value of each its number ten times.
fn ten(flash: &mut Flash<4, SECTOR>) -> Model {
    let mut buffer = [0; 160];
    let (mut journal, report) = open(flash, &mut buffer).unwrap();
    assert_eq!(report.found, Found::Blank);
    for key in 0..10 {
        block_on(journal.store(key, &[key as u8; 4], &[key as u8; 6])).unwrap();
    }
    content(&mut journal)
}

#[test]
fn a_turned_bit_costs_one_value_at_most_and_is_counted() {
    let mut whole = small(SECTORS);
    let model = ten(&mut whole);
    let written = whole.bytes().iter().rposition(|&byte| byte != 0xFF).unwrap();
    for bit in 0..(written + 1) * 8 {
        let mut flash = whole.clone();
        flash.flip(bit / 8, bit as u8);
        let (found, report) = reopened(&mut flash);
        let lost = model
            .iter()
            .filter(|(key, value)| found.get(key) != Some(value))
            .count();
        assert!(found.len() + lost == model.len() && lost <= 1, "bit {bit}");
        // Damage to the last record of all looks as if a power cut had torn it.
        let last = bit / 8 + 24 > written;
        let counted = report.corrupted + if last { report.torn } else { 0 };
        // Behind the header are two records of the journal's own.
        let own = (32..56).contains(&(bit / 8));
        assert_eq!(lost + usize::from(own), counted as usize, "bit {bit}");
    }
}

#[test]
fn a_turned_bit_in_any_sector_costs_one_value_at_most() {
    let mut whole = small(SECTORS);
    ten(&mut whole);
    let mut chance = Chance(5);
    let mut buffer = [0; 160];
    {
        let (mut journal, _) = open(&mut whole, &mut buffer).unwrap();
        while journal.sequence < 2 * SECTORS as u32 || journal.at < 300 {
            let key = chance.below(10) as u32;
            block_on(journal.store(key, &[journal.at as u8; 20], &[])).unwrap();
        }
    }
    let (model, _) = reopened(&mut whole);
    for bit in 0..SECTORS * SECTOR * 8 {
        let mut flash = whole.clone();
        flash.flip(bit / 8, bit as u8);
        let (found, _) = reopened(&mut flash);
        let lost = model
            .iter()
            .filter(|(key, value)| found.get(key) != Some(value))
            .count();
        assert!(lost <= 1, "bit {bit}");
    }
}

#[test]
fn what_a_value_contains_does_not_pass_for_a_record() {
    let mut flash = small(SECTORS);
    ten(&mut flash);
    let mut buffer = [0; 160];
    let (mut journal, _) = open(&mut flash, &mut buffer).unwrap();
    // The record of key 0, as it is in the flash.
    let record = journal.flash.bytes()[32..56].to_vec();
    block_on(journal.remove(0)).unwrap();
    while journal.sequence == 1 {
        block_on(journal.store(1, &record, &[])).unwrap();
    }
    block_on(journal.store(1, &record, &[])).unwrap();
    let head = journal.index.last().unwrap().at as usize;
    drop(journal);
    assert_eq!(flash.bytes()[head + 12..head + 36], record);
    flash.flip(head, 0);
    assert!(!reopened(&mut flash).0.contains_key(&0));
}

#[test]
fn damage_that_shows_only_later_is_counted_and_costs_no_other() {
    let mut flash = small(SECTORS);
    let mut model = ten(&mut flash);
    let mut buffer = [0; 160];
    {
        let (mut journal, _) = open(&mut flash, &mut buffer).unwrap();
        let mut seen = 0;
        let place = journal.index[3].at as usize + 15;
        journal.flash.flip(place, 3);
        assert_eq!(block_on(journal.for_each(|_| true, |_, _| seen += 1)), Ok(1));
        let unwanted = block_on(journal.for_each(|_| false, |_, _| panic!("nothing is wanted")));
        assert_eq!(unwanted, Ok(0), "and nothing is read");
        assert_eq!(seen, 9);
        for round in 0..200_u32 {
            block_on(journal.store(100, &round.to_le_bytes(), &[])).unwrap();
        }
        assert_eq!(journal.corrupted(), 1);
        assert!(!journal.contains(3));
    }
    model.remove(&3);
    model.insert(100, 199_u32.to_le_bytes().to_vec());
    assert_eq!(reopened(&mut flash).0, model);
}

#[test]
fn what_is_no_journal_is_erased_only_if_that_is_allowed() {
    let mut flash = small(SECTORS).with(b"name,value\r\nwhatsapp-token,of somebody else's");
    let before = flash.bytes().to_vec();
    assert_eq!(open(&mut flash, &mut [0; 160]).err(), Some(Error::Foreign));
    assert_eq!(flash.bytes(), before);
    let options = Options {
        format: true,
        ..Options::default()
    };
    for found in [Found::Foreign, Found::Journal] {
        let range = 0..(SECTORS * SECTOR) as u32;
        let mut buffer = [0; 160];
        let (_, report) = block_on(Journal::<_, 4>::open(&mut flash, range, &mut buffer, options)).unwrap();
        assert_eq!(report.found, found);
    }
    let sector = Some(2 * SECTOR as u32);
    let range = 0..(SECTORS * SECTOR) as u32;
    let options = Options {
        sector,
        ..Options::default()
    };
    assert_eq!(refused(&mut flash, range, options), Some(Error::Foreign));
}

#[test]
fn a_newer_journal_is_left_alone_even_if_foreign_things_may_be_erased() {
    let newer = |version, content| {
        let header = super::Header {
            version,
            geometry: 0x49,
            content,
            sequence: 5,
        };
        small(SECTORS).with(&header.encode())
    };
    for (mut flash, version, known) in [(newer(2, 0), 2, 1), (newer(1, 8), 8, 7)] {
        let before = flash.bytes().to_vec();
        let options = Options {
            format: true,
            content: 7,
            ..Options::default()
        };
        let range = 0..(SECTORS * SECTOR) as u32;
        assert_eq!(
            refused(&mut flash, range, options),
            Some(Error::Newer { version, known })
        );
        assert_eq!(flash.bytes(), before);
    }
}

/// Doubles the value of every key but 4, which it drops.
fn double(from: u8, key: u32, room: &mut [u8], len: usize) -> Option<usize> {
    assert_eq!(from, 0);
    room.copy_within(..len, len);
    (key != 4).then_some(2 * len)
}

#[test]
fn values_of_an_older_version_are_brought_up_to_date_once_whatever_cuts_in() {
    let mut old = small(SECTORS);
    let mut model = ten(&mut old);
    model.remove(&4);
    for value in model.values_mut() {
        *value = value.repeat(2);
    }
    let options = Options {
        content: 1,
        migrate: double,
        ..Options::default()
    };
    let range = 0..(SECTORS * SECTOR) as u32;
    for cut in 0..30 {
        let mut flash = old.clone();
        flash.cut_after(cut);
        let _ = block_on(Journal::<_, KEYS>::open(
            &mut flash,
            range.clone(),
            &mut [0; 160],
            options,
        ));
        let was_cut = flash.is_off();
        flash.restart();
        for _ in 0..2 {
            let mut buffer = [0; 160];
            let opened = block_on(Journal::open(&mut flash, range.clone(), &mut buffer, options));
            let (mut journal, report) = opened.unwrap();
            assert_eq!(content(&mut journal), model, "cut {cut}");
            assert_eq!(report.corrupted, 0);
        }
        assert!(cut < 10 || !was_cut || cut < 25);
    }
}

#[test]
fn a_full_journal_says_so_keeps_all_and_takes_more_once_something_is_removed() {
    for len in [1, 10, 50, 100, 108, 140, 148] {
        let mut flash = small(SECTORS);
        let mut model = Model::new();
        {
            let mut buffer = [0; 160];
            let (mut journal, _) = open(&mut flash, &mut buffer).unwrap();
            let mut key = 0;
            let error = loop {
                match block_on(journal.store(key, &vec![key as u8; len], &[])) {
                    Ok(()) => drop(model.insert(key, vec![key as u8; len])),
                    Err(error) => break error,
                }
                key += 1;
            };
            let expected = if len <= 10 {
                Error::TooManyKeys { limit: KEYS as u16 }
            } else {
                Error::Full
            };
            assert_eq!(error, expected);
            assert_eq!(content(&mut journal), model);
            for round in 0..300 {
                let key = round % key;
                block_on(journal.store(key, &[], &vec![round as u8; len])).unwrap();
                model.insert(key, vec![round as u8; len]);
            }
            block_on(journal.remove(0)).unwrap();
            model.remove(&0);
            block_on(journal.store(1000, &vec![1; len], &[])).unwrap();
            model.insert(1000, vec![1; len]);
        }
        assert_eq!(reopened(&mut flash).0, model);
    }
}

#[test]
fn too_long_is_refused_and_the_longest_is_not() {
    let mut flash = small(4);
    let mut buffer = [0; 600];
    let (mut journal, _) = open(&mut flash, &mut buffer).unwrap();
    let limit = journal.longest();
    assert_eq!(limit, SECTOR - 32 - 4 * 12);
    let long = vec![5; limit + 1];
    assert_eq!(
        block_on(journal.store(1, &long, &[])),
        Err(Error::TooLong { limit: limit as u16 })
    );
    for _ in 0..20 {
        block_on(journal.store(1, &long[1..], &[])).unwrap();
    }
    drop(journal);
    let needed = (SECTOR - 32 - 3 * 12) as u16;
    assert_eq!(
        open(&mut flash, &mut [0; 160]).err(),
        Some(Error::BufferTooSmall { needed })
    );
}

#[test]
fn sectors_that_cannot_be_erased_are_passed_over() {
    for worn in 0..SECTORS {
        let mut flash = small(SECTORS);
        let mut model = ten(&mut flash);
        flash.wear_out(worn, true);
        let mut chance = Chance(worn as u64 + 1);
        let mut buffer = [0; 160];
        {
            let (mut journal, _) = open(&mut flash, &mut buffer).unwrap();
            for round in 0..600_u32 {
                let key = chance.below(10) as u32;
                block_on(journal.store(key, &[round as u8; 30], &[])).unwrap();
                model.insert(key, vec![round as u8; 30]);
            }
        }
        assert_eq!(reopened(&mut flash).0, model);
        assert_eq!(flash.counts().erases[worn], 0);
    }
}

#[test]
fn a_flash_that_erases_nothing_any_more_is_still_read_and_goes_on_when_it_does_again() {
    let mut flash = small(SECTORS);
    let mut model = ten(&mut flash);
    (0..SECTORS).for_each(|sector| flash.wear_out(sector, true));
    {
        let mut buffer = [0; 160];
        let (mut journal, _) = open(&mut flash, &mut buffer).unwrap();
        let mut round = 0_u8;
        while block_on(journal.store(3, &[round; 50], &[])).is_ok() {
            model.insert(3, vec![round; 50]);
            round += 1;
        }
        assert_eq!(
            block_on(journal.store(3, &[0; 50], &[])),
            Err(Error::Flash(Fault::Worn))
        );
        assert_eq!(content(&mut journal), model);
    }
    assert_eq!(reopened(&mut flash).0, model);
    (0..SECTORS).for_each(|sector| flash.wear_out(sector, false));
    let mut buffer = [0; 160];
    let (mut journal, _) = open(&mut flash, &mut buffer).unwrap();
    block_on(journal.store(3, &[7], &[])).unwrap();
    model.insert(3, vec![7]);
    assert_eq!(content(&mut journal), model);
}

#[test]
fn a_range_that_is_not_at_least_four_whole_sectors_of_the_flash_is_refused() {
    let sector = SECTOR as u32;
    for range in [
        0..3 * sector,
        4..4 * sector,
        0..4 * sector + 4,
        sector..9 * sector,
        sector..0,
    ] {
        let mut flash = small(SECTORS);
        assert_eq!(
            refused(&mut flash, range, Options::default()),
            Some(Error::Geometry)
        );
    }
}

#[test]
fn an_alert_costs_less_than_a_kilobyte_written_and_three_tenths_of_an_erasure() {
    // A message of 200 bytes in a record of 300, its intent, its settlement, and the user's debt at each send; 32 open at a time.
    const ALERTS: u32 = 1000;
    let mut flash = Flash::<4, 4096>::new(16, 1);
    let mut buffer = [0; 512];
    {
        let range = 0..64 * 1024;
        let opened = block_on(Journal::<_, 128>::open(
            &mut flash,
            range,
            &mut buffer,
            Options::default(),
        ));
        let (mut journal, _) = opened.unwrap();
        for ticket in 0..ALERTS {
            block_on(async {
                journal.store(ticket, &[1; 28], &[2; 272]).await?;
                journal.store((1 << 30) | ticket, &[3; 24], &[]).await?;
                journal.store((3 << 30) | (ticket % 16), &[4; 40], &[]).await?;
                journal.store((2 << 30) | ticket, &[5; 24], &[]).await?;
                if let Some(settled) = ticket.checked_sub(32) {
                    journal.remove(settled).await?;
                    journal.remove((1 << 30) | settled).await?;
                    journal.remove((2 << 30) | settled).await?;
                }
                Ok::<_, Error<Fault>>(())
            })
            .unwrap();
        }
    }
    let counts = flash.counts();
    let (written, erased) = (counts.written, counts.erased());
    std::println!(
        "{written} bytes written, {erased} sectors erased, {} reads of {} bytes",
        counts.reads,
        counts.read
    );
    assert!(written <= 640 * u64::from(ALERTS), "{written}");
    assert!(erased * 100 <= 16 * u64::from(ALERTS), "{erased}");
    let (least, most) = (counts.erases.iter().min(), counts.erases.iter().max());
    assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1));

    flash.forget_counts();
    let mut buffer = [0; 512];
    let opened = block_on(Journal::<_, 128>::open(
        &mut flash,
        0..64 * 1024,
        &mut buffer,
        Options::default(),
    ));
    drop(opened.unwrap());
    let counts = flash.counts();
    std::println!("start: {} reads of {} bytes", counts.reads, counts.read);
    assert!(counts.read <= 100 * 1024 && counts.written == 0);
}

#[test]
fn memory_is_twelve_bytes_a_key_and_little_else() {
    let size = size_of::<Journal<'_, &mut Flash, 0>>();
    assert!(size <= 136, "{size}");
    assert_eq!(size_of::<Journal<'_, &mut Flash, 100>>() - size, 1200);
    assert_eq!(size_of::<Error<Fault>>(), 4);
}
