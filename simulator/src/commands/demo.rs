//! `squab demo`: cloud and kiosk in one process, and a day of a cold store, with a power cut in it.

use super::{Failure, print, read};
use clap::{Args, ValueEnum};
use squab::demo::{self, DemoSettings, Policy, Tally};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Play a cold store's day: simulated cloud, kiosk, real TLS between them
#[derive(Args)]
pub(crate) struct Demo {
    /// Real time that it may take, about
    #[arg(long = "for", value_name = "TIME", default_value = "20s", value_parser = crate::time)]
    duration: Duration,
    /// How many times faster than real the day passes; otherwise so that it fits
    #[arg(long, value_name = "FACTOR", value_parser = clap::value_parser!(u32).range(1..))]
    speed: Option<u32>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only the summary, as one line of JSON
    #[arg(long)]
    json: bool,
    /// Who sends
    #[arg(long, value_enum, default_value_t = Sender::Squab)]
    policy: Sender,
    /// The kiosk trusts this certificate authority (PEM), in place of the cloud's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sender {
    /// By Meta's rules
    Squab,
    /// As fast as it can, for comparison
    Naive,
}

/// Plays the day and prints what became of it.
pub(crate) async fn run(args: Demo) -> Result<(), Failure> {
    let began = Instant::now();
    let ca_pem = args.ca.as_deref().map(read).transpose()?;
    let json = args.json;
    let say: demo::Say = Rc::new(move |line| {
        if !json {
            print(&line);
        }
    });
    let settings = DemoSettings {
        duration: args.duration,
        speed: args.speed,
        seed: args.seed,
        policy: match args.policy {
            Sender::Squab => Policy::Squab,
            Sender::Naive => Policy::Naive,
        },
        ca_pem,
    };
    let tally = demo::run(settings, say).await?;
    if json {
        print(tally.to_json());
    } else {
        print_summary(&tally, began.elapsed());
    }
    let broken = tally.lost + tally.refused_lines > 0 || tally.refused_by_pair_rule > 0;
    if broken && matches!(args.policy, Sender::Squab) {
        return Err("not every alert arrived within the rules".into());
    }
    Ok(())
}

fn print_summary(tally: &Tally, took: Duration) {
    print("");
    print(format_args!(
        "{:>4} alerts raised, {} of them in one burst",
        tally.submitted, tally.burst
    ));
    print(format_args!(
        "{:>4} accepted, {} delivered, {} read",
        tally.accepted, tally.delivered, tally.read
    ));
    if tally.merged > 0 {
        print(format_args!(
            "{:>4} merged into the message of another",
            tally.merged
        ));
    }
    print(format_args!(
        "{:>4} acknowledged by button; {} escalated, {} told who took it",
        tally.acknowledged, tally.escalated, tally.told_who
    ));
    print(format_args!(
        "{:>4} power cut, with {} alerts on their way; {} restored from the journal",
        tally.power_cuts, tally.open_at_cut, tally.restored
    ));
    print(format_args!(
        "{:>4} refused by the pair rule, of {} judged",
        tally.refused_by_pair_rule, tally.judged
    ));
    print(format_args!("{:>4} lost, {} twice", tally.lost, tally.duplicates));
    print(format_args!("the day took {:.1} s", took.as_secs_f64()));
}
