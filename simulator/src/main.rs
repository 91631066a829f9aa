//! The `squab` command line. Without a command it runs the demo.

mod commands;

use clap::{Parser, Subcommand};
use commands::Failure;
use std::process::ExitCode;
use std::time::Duration;

/// WhatsApp alerts from devices, and a simulated Meta cloud to try them on
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    demo: commands::demo::Demo,
}

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Demo),
    Cloud(commands::cloud::CloudArgs),
    Kiosk(commands::kiosk::Kiosk),
    Doctor(commands::doctor::Doctor),
    Setup(commands::setup::Setup),
    Send(Box<commands::send::Send>),
    Media(commands::media::Media),
    Template(commands::template::Template),
    Number(commands::number::Number),
    Decode(commands::decode::Decode),
    Trigger(commands::trigger::TriggerArgs),
    Listen(commands::listen::Listen),
    Replay(commands::replay::Replay),
    Sim(commands::sim::Sim),
}

/// Reads `90s`, `10m`, `2h`, `250ms`; a bare number is seconds.
fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is no time: write 250ms, 20s, 10m or 2h");
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let scale = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * scale).map_err(|_| wrong())
}

async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command.unwrap_or(Command::Demo(cli.demo)) {
        Command::Demo(args) => Box::pin(commands::demo::run(args)).await,
        Command::Cloud(args) => commands::cloud::run(args).await,
        Command::Kiosk(args) => commands::kiosk::run(args).await,
        Command::Doctor(args) => Box::pin(commands::doctor::run(args)).await,
        Command::Setup(args) => Box::pin(commands::setup::run(args)).await,
        Command::Media(args) => Box::pin(commands::media::run(args)).await,
        Command::Template(args) => Box::pin(commands::template::run(args)).await,
        Command::Number(args) => Box::pin(commands::number::run(args)).await,
        Command::Send(args) => commands::send::run(*args).await,
        Command::Decode(args) => commands::decode::run(&args),
        Command::Trigger(args) => commands::trigger::run(args).await,
        Command::Listen(args) => commands::listen::run(args).await,
        Command::Replay(args) => commands::replay::run(args).await,
        Command::Sim(args) => commands::sim::run(&args),
    }
}

/// A kiosk of desktop size is made on the stack before it moves into memory of its own.
const STACK: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let thread = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || start(cli));
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => {
            eprintln!("squab: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> ExitCode {
    // One thread: the kiosk's loop is made for a chip. The cloud shares it.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("squab: {error}");
            return ExitCode::FAILURE;
        }
    };
    // As a task: the root future's waker changes from poll to poll, and the kiosk's signals would wake it for ever.
    let main = async { tokio::task::spawn_local(run(cli)).await };
    let result = tokio::task::LocalSet::new()
        .block_on(&runtime, main)
        .unwrap_or_else(|error| Err(error.into()));
    // A thread that waits for standard input must not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("squab: {failure}");
            ExitCode::FAILURE
        }
    }
}
