//! `squab sim`: a scenario in virtual time.

use super::{Failure, print, read};
use clap::Args;
use squab::sim::{self, Report, Scenario};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Play a scenario: a fleet of kiosks against Meta's rules, days in seconds
#[derive(Args)]
pub(crate) struct Sim {
    /// The scenario, in TOML
    scenario: PathBuf,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The report as one line of JSON, in place of a table
    #[arg(long)]
    json: bool,
    /// Write the plots into this directory
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Write the report into this file too, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Plays it and prints what came of it.
pub(crate) fn run(args: &Sim) -> Result<(), Failure> {
    let scenario = Scenario::parse(&read(&args.scenario)?)
        .map_err(|error| format!("{}: {error}", args.scenario.display()))?;
    let began = Instant::now();
    let report = sim::run(&scenario, args.seed);
    let took = began.elapsed();
    if let Some(file) = &args.report {
        write(file, &format!("{}\n", report.to_json()))?;
    }
    if let Some(directory) = &args.svg {
        draw(&report, directory)?;
    }
    if args.json {
        print(report.to_json());
    } else {
        print(format_args!("{report}"));
    }
    // How long it took is no part of the report, which is the same each time.
    eprintln!("played in {:.1} s", took.as_secs_f64());
    if report.squab.lost > 0 {
        return Err(format!("{} alerts were lost", report.squab.lost).into());
    }
    Ok(())
}

fn draw(report: &Report, directory: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    for (name, svg) in sim::plots(report) {
        write(&directory.join(format!("{name}.svg")), &svg)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}
