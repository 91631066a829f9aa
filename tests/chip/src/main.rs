//! A firmware that plays one alert's way through `squab-core`, for `cargo xtask test chip`: built for an ESP32-C3's or
//! an ESP32-C6's instruction set, and run on QEMU's riscv32 `virt` machine with just these instructions.
//!
//! Each step is checked. The first that fails ends the program with the step's number as exit code; the machine's own
//! codes begin at 101.
#![no_std]
#![no_main]

mod alert;
mod figures;
mod machine;

use alert::Alert;
use core::fmt::Write;
use machine::Serial;
// Nothing here has a heap: were there an `alloc` below any of these, the program would not compile.
use squab_adapters as _;
use squab_kiosk as _;

/// A step: `None` when something was not as it must be.
type Step = fn(&mut Alert) -> Option<()>;

const STEPS: [(&str, Step); 11] = [
    ("the processor has these instructions and no others", |_| {
        machine::has_exactly_the_instructions_built_for().then_some(())
    }),
    ("the configuration is read from text", Alert::configure),
    ("a text and a template are taken in", Alert::submit),
    (
        "the text's request is made piece by piece, byte for byte",
        Alert::request,
    ),
    (
        "the answer comes in pieces, and the message is accepted",
        Alert::answer,
    ),
    (
        "a refusal with 131056 is tried again after 1 s",
        Alert::refused_for_now,
    ),
    (
        "a webhook with another body than was signed is refused",
        Alert::forged_webhook,
    ),
    (
        "a signed webhook's button acknowledges the template",
        Alert::webhook,
    ),
    ("20 urgent go in a burst, the 21st waits 120 s", Alert::burst),
    ("what a webhook's bytes and a template cost", |_| figures::print()),
    ("1,000 updates take no more memory than one", |_| {
        figures::memory()
    }),
];

fn main() -> ! {
    let mut alert = Alert::new();
    for (number, (what, step)) in (1..).zip(STEPS) {
        let passed = step(&mut alert).is_some();
        let verdict = if passed { "ok" } else { "FAILED" };
        let _ = writeln!(Serial, "{number} {what}: {verdict}");
        if !passed {
            machine::exit(number);
        }
    }
    let _ = writeln!(Serial, "all {} steps passed", STEPS.len());
    machine::exit(0)
}
