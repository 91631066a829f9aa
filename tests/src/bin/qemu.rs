//! The kiosk on an emulated board against the simulated cloud. `cargo xtask qemu` builds the board and runs this.

use lexopt::prelude::{Long, ValueExt};
use squab_tests::board::tour::{self, Figures, TourSettings};
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use tokio::task::LocalSet;

/// What the arguments say.
struct Wanted {
    tour: TourSettings,
    json: bool,
}

fn wanted() -> Result<Wanted, lexopt::Error> {
    let mut args = lexopt::Parser::from_env();
    let (mut qemu, mut kiosk, mut dial) = (None, None, None);
    let (mut keep, mut json) = (false, false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("qemu") => qemu = Some(args.value()?.string()?),
            Long("kiosk") => kiosk = Some(PathBuf::from(args.value()?)),
            Long("dial") => dial = Some(PathBuf::from(args.value()?)),
            Long("keep") => keep = true,
            Long("json") => json = true,
            other => return Err(other.unexpected()),
        }
    }
    let missing = "--qemu, --kiosk and --dial are needed: run this with cargo xtask qemu";
    Ok(Wanted {
        tour: TourSettings {
            qemu: qemu.ok_or(missing)?,
            kiosk: kiosk.ok_or(missing)?,
            dial: dial.ok_or(missing)?,
            keep,
        },
        json,
    })
}

async fn run(wanted: Wanted) -> Result<Figures, String> {
    // With figures alone on the standard output, a program can read it.
    let json = wanted.json;
    let say = move |who: &str, line: &str| {
        if json {
            eprintln!("{who:<5}  {line}");
        } else {
            println!("{who:<5}  {line}");
        }
    };
    tour::run(wanted.tour, Rc::new(say)).await
}

fn main() -> ExitCode {
    let wanted = match wanted() {
        Ok(wanted) => wanted,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let json = wanted.json;
    let result = LocalSet::new().block_on(&runtime, run(wanted));
    // A thread that waits for standard input must not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(figures) if json => match serde_json::to_string(&figures) {
            Ok(line) => println!("{line}"),
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        },
        Ok(figures) => println!("\n{figures}\n\nevery outcome was reached"),
        Err(why) => {
            eprintln!("the tour broke off: {why}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
