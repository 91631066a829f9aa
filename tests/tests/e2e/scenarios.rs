//! `squab sim` as a user runs it: its report, its files, and what it says of a bad scenario.

use squab_tests::program::{Run, TempFile, run};

const SHORT: &str = r#"
name = "Two kiosks"
about = "An hour."
length = "1h"
compare = true
fleet = { kiosks = 2, people = 2 }
[[alerts]]
line = { text = "a", priority = "urgent" }
at = "10m"
count = 5
within = "5s"
"#;

fn sim(scenario: &str, more: &[&str]) -> Run {
    let file = TempFile::with("toml", scenario);
    run(&[&["sim", file.path()], more].concat(), b"")
}

#[test]
fn the_report_is_the_same_bytes_each_time_on_the_output_and_in_a_file() {
    let report = TempFile::new("json");
    let first = sim(SHORT, &["--seed", "3", "--json", "--report", report.path()]);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(first.stdout, sim(SHORT, &["--seed", "3", "--json"]).stdout);
    assert_ne!(first.stdout, sim(SHORT, &["--seed", "4", "--json"]).stdout);
    assert_eq!(
        std::fs::read_to_string(report.path()).expect("it is written"),
        first.stdout
    );
    let lines = first.lines();
    assert_eq!(lines.len(), 1);
    for sender in ["squab", "one_queue"] {
        let figures = &lines[0]["senders"][sender];
        assert_eq!(
            (&figures["arrived"], &figures["lost"]),
            (&10.into(), &0.into()),
            "{figures}"
        );
    }
}

#[test]
fn the_plots_are_files_in_the_directory_that_was_named() {
    let directory = TempFile::new("plots");
    let shown = sim(SHORT, &["--svg", directory.path()]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains("times as long"), "{}", shown.stdout);
    for name in ["deliveries", "waiting", "latency"] {
        let path = std::path::Path::new(directory.path())
            .join(name)
            .with_extension("svg");
        let svg = std::fs::read_to_string(path).expect(name);
        assert!(
            svg.starts_with("<svg xmlns=") && svg.trim_end().ends_with("</svg>"),
            "{name}"
        );
    }
    std::fs::remove_dir_all(directory.path()).expect("it is there");
}

#[test]
fn a_bad_scenario_is_named_with_its_file_its_line_and_the_limit() {
    for (was, changed, wanted) in [
        ("kiosks = 2", "kiosks = 20000", "line 6"),
        ("kiosks = 2", "kiosks = 20000", "a whole number from 1 to 10000"),
        ("\"1h\"", "\"90d\"", "length: 90 days, and at most 45 are allowed"),
        (
            "\"10m\"",
            "\"10m\"\nper_day = 3",
            "alerts[0]: give either per_day or at",
        ),
    ] {
        let bad = sim(&SHORT.replacen(was, changed, 1), &[]);
        assert_eq!(bad.code, Some(1), "{bad:?}");
        assert!(bad.stdout.is_empty());
        assert!(
            bad.stderr.starts_with("squab: ") && bad.stderr.contains(".toml: "),
            "{bad:?}"
        );
        assert!(bad.stderr.contains(wanted), "{wanted}: {}", bad.stderr);
    }
    let missing = run(&["sim", "no-such-file.toml"], b"");
    assert!(missing.failure().starts_with("no-such-file.toml: "));
}
