//! Goes through all states, the nearest first, each once.
//!
//! A state is 7 KB, and most of them wait for their turn in the end: so of each only the way to it is kept, and it is made
//! again when its turn comes.

use super::case::{Broken, Case};
use super::world::{Happening, World};
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::{Duration, Instant};

/// A fingerprint is as good as its hash.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

type Fingerprints = HashSet<u64, BuildHasherDefault<Same>>;

/// One step: what happened, how often the client was asked then, and the loss of power that came at that moment, if any.
#[derive(Clone, Copy)]
pub(crate) struct Move {
    what: Happening,
    polls: u8,
    cut: Option<Happening>,
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.what)?;
        match self.cut {
            Some(cut) => write!(f, ", {} steps of the client, {cut:?}", self.polls),
            None => Ok(()),
        }
    }
}

/// What was found.
#[derive(Debug, Default, Clone)]
pub(crate) struct Report {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    /// Moves from the start to the furthest state.
    pub(crate) depth: usize,
    /// No state is left out.
    pub(crate) complete: bool,
    pub(crate) frontier: usize,
    pub(crate) ends: usize,
    pub(crate) by_faults: [usize; 4],
    pub(crate) time: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} distinct states ({}), {} transitions, depth {}, {} ends by a kind world; with 0 to 3 faults {:?}; {} waited \
             at most; {:.1} s",
            self.states,
            if self.complete {
                "all"
            } else {
                "as many as were wanted"
            },
            self.transitions,
            self.depth,
            self.ends,
            self.by_faults,
            self.frontier,
            self.time.as_secs_f64()
        )
    }
}

/// The way to a broken rule.
pub(crate) struct Found {
    pub(crate) broken: Broken,
    pub(crate) path: Vec<Move>,
    pub(crate) report: Report,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.broken)?;
        for step in &self.path {
            writeln!(f, "  {step}")?;
        }
        write!(f, "{}", self.report)
    }
}

struct Explorer<'c> {
    case: &'c Case,
    most: usize,
    /// From every so-manieth state on all goes well.
    ends_every: usize,
    seen: Fingerprints,
    /// From where, and by which move, each state was reached.
    ways: Vec<(u32, Move)>,
    /// Which, and its depth.
    waiting: VecDeque<(u32, usize)>,
    report: Report,
}

/// At most so many states; from each `ends_every`-th on a kind world has to bring all to a good end.
pub(crate) fn explore(case: &Case, most: usize, ends_every: usize) -> Result<Report, Box<Found>> {
    let began = Instant::now();
    let mut explorer = Explorer {
        case,
        most,
        ends_every,
        seen: Fingerprints::default(),
        ways: Vec::new(),
        waiting: VecDeque::new(),
        report: Report::default(),
    };
    let result = explorer.run();
    explorer.report.time = began.elapsed();
    let report = explorer.report.clone();
    match result {
        Ok(()) => Ok(report),
        Err((broken, at, last)) => Err(Box::new(Found {
            broken,
            path: explorer.path(at, last),
            report,
        })),
    }
}

type Stop = (Broken, u32, Option<Move>);

impl Explorer<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let start = Move {
            what: Happening::SetClock,
            polls: 0,
            cut: None,
        };
        let mut world = World::new(self.case);
        while world.poll(self.case).map_err(|broken| (broken, 0, None))? {}
        self.keep(u32::MAX, start, 0, world)?;
        while let Some((from, depth)) = self.waiting.pop_front() {
            if self.report.states >= self.most {
                return Ok(());
            }
            let world = self.again(from).map_err(|broken| (broken, from, None))?;
            let cuts = world.cuts(self.case);
            for what in cuts {
                self.follow(from, depth, &world, what)?;
            }
            for what in world.happenings(self.case) {
                self.follow(from, depth, &world, what)?;
            }
        }
        self.report.complete = true;
        Ok(())
    }

    /// What happens is followed until the client waits; before each of its steps the power may fail.
    fn follow(&mut self, from: u32, depth: usize, world: &World, what: Happening) -> Result<(), Stop> {
        let mut step = Move {
            what,
            polls: 0,
            cut: None,
        };
        let mut world = Box::new(world.clone());
        let stop = |broken, step| (broken, from, Some(step));
        world
            .happen(self.case, what)
            .map_err(|broken| stop(broken, step))?;
        loop {
            let mut later = world.clone();
            let more = later.poll(self.case).map_err(|broken| stop(broken, step))?;
            if !more {
                return self.keep(from, step, depth + 1, *later);
            }
            if step.polls > 0 || !matches!(what, Happening::Cut { .. } | Happening::Wait | Happening::Pass) {
                for cut in world.cuts(self.case) {
                    let step = Move {
                        cut: Some(cut),
                        ..step
                    };
                    let mut dead = world.clone();
                    dead.happen(self.case, cut).map_err(|broken| stop(broken, step))?;
                    while dead.poll(self.case).map_err(|broken| stop(broken, step))? {}
                    self.keep(from, step, depth + 1, *dead)?;
                }
            }
            world = later;
            step.polls += 1;
        }
    }

    fn keep(&mut self, from: u32, step: Move, depth: usize, mut world: World) -> Result<(), Stop> {
        self.report.transitions += 1;
        if self.report.states >= self.most || !self.seen.insert(world.fingerprint(self.case)) {
            return Ok(());
        }
        let id = self.ways.len() as u32;
        self.ways.push((from, step));
        self.report.states += 1;
        self.report.depth = self.report.depth.max(depth);
        if let Some(count) = self.report.by_faults.get_mut(usize::from(world.faults())) {
            *count += 1;
        }
        if self.report.states.is_multiple_of(self.ends_every) {
            self.report.ends += 1;
            world
                .clone()
                .goes_well(self.case)
                .map_err(|broken| (broken, id, None))?;
        }
        self.waiting.push_back((id, depth));
        self.report.frontier = self.report.frontier.max(self.waiting.len());
        Ok(())
    }

    /// The state to which this way leads.
    fn again(&self, at: u32) -> Result<World, Broken> {
        let mut world = World::new(self.case);
        while world.poll(self.case)? {}
        for step in self.path(at, None) {
            world.happen(self.case, step.what)?;
            if let Some(cut) = step.cut {
                for _ in 0..step.polls {
                    world.poll(self.case)?;
                }
                world.happen(self.case, cut)?;
            }
            while world.poll(self.case)? {}
        }
        Ok(world)
    }

    fn path(&self, at: u32, last: Option<Move>) -> Vec<Move> {
        let mut path: Vec<Move> = last.into_iter().collect();
        let mut at = at;
        while let Some((from, step)) = self.ways.get(at as usize).filter(|(from, _)| *from != u32::MAX) {
            path.push(*step);
            at = *from;
        }
        path.reverse();
        path
    }
}
