//! Prints the catalogue of Meta's error codes as a page of Markdown: `docs/errors.md`, which `cargo xtask errors` writes.

use squab_core::graph::catalog::{Action, Entry, entries};

fn main() {
    print!("{HEAD}");
    for entry in entries() {
        let Entry {
            title,
            meaning,
            advice,
            ..
        } = entry;
        let does = does(entry.action);
        println!("| {} | {title} | {does} | {meaning} | {advice} |", codes(&entry));
    }
}

const HEAD: &str = "\
# Meta's error codes

Made by `cargo xtask errors` from the one table in [core/src/graph/catalog/table.rs](../core/src/graph/catalog/table.rs); not to be edited here. A
code means the same in an HTTP answer and in a `failed` status; the HTTP status is never acted on where the code is known.

| What Squab does | |
| --- | --- |
| user waits | this user is written to again after 1, 4, 16, 64, 256 s; others go on |
| number waits | all messages wait some seconds, at most a minute, and it goes on by itself |
| holds | all messages wait until the owner has acted (`held`); a try a minute, later an hour, finds out |
| tries again | at most 5 tries of this message, 2 to 60 s apart |
| template | the text's template goes in its place, once; without one it fails |
| stops template | 132015: messages with this template wait 3 hours, the second time 6; 132016: they fail. A webhook that approves it lets them go |
| opts out | this message fails, and so does all marketing to this user |
| fails | this message ends as `failed`; others go on |

100 with subcode 33 (a wrong phone number id) holds. A code that is not in the table is tried again if the answer has `is_transient` or a 5xx
status, else the message fails.

| Code | Title | Squab | What it means | What to do |
| --- | --- | --- | --- | --- |
";

fn does(action: Action) -> &'static str {
    match action {
        Action::PairBackoff => "user waits",
        Action::HoldNumber => "number waits",
        Action::Account => "holds",
        Action::RetryFew => "tries again",
        Action::UseTemplate => "template",
        Action::Template => "stops template",
        Action::OptOut => "opts out",
        Action::Fail => "fails",
    }
}

fn codes(entry: &Entry) -> String {
    if entry.first == entry.last {
        entry.first.to_string()
    } else {
        format!("{} – {}", entry.first, entry.last)
    }
}
