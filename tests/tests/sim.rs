//! The scenarios that are told of in `docs/scenarios.md`, played whole: what each has to show, and that it is the same each
//! time.

use squab::sim::{Figures, Report, Scenario, run};
use std::path::Path;
use std::time::Instant;

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../scenarios")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn play(text: &str, seed: u64) -> Report {
    let scenario = Scenario::parse(text).expect("a scenario that is in order");
    let began = Instant::now();
    let report = run(&scenario, seed);
    println!("{report}played in {:.1} s\n", began.elapsed().as_secs_f64());
    report
}

/// Every alert has arrived, or is told to be one with another.
fn nothing_is_lost(figures: &Figures) {
    let merged = figures.told.get("merged").copied().unwrap_or_default();
    let told: u64 = figures.told.values().sum();
    assert_eq!(told, merged, "{figures:?}");
    assert_eq!((figures.lost, figures.open), (0, 0), "{figures:?}");
    assert_eq!(figures.arrived + merged, figures.raised, "{figures:?}");
    assert_eq!(figures.delivered, figures.arrived + figures.duplicates);
}

/// What holds for Squab in each scenario, whatever the seed.
fn keeps_the_rules(report: &Report) {
    nothing_is_lost(&report.squab);
    assert_eq!(report.squab.refused_by_pair_rule(), 0);
    assert_eq!(report.squab.duplicates, 0);
    let json = report.to_json();
    assert_eq!(json["senders"]["squab"]["lost"], 0);
    assert_eq!(json["senders"]["squab"]["arrived"], report.squab.arrived);
}

fn ratio(report: &Report, priority: usize) -> f64 {
    report
        .ratio(priority, |latency| latency.p99)
        .expect("both took some")
}

#[test]
fn in_a_mall_whose_lights_go_out_the_alarms_of_200_kiosks_do_not_wait_for_one_another() {
    for seed in [1, 2] {
        let report = play(&text("mall.toml"), seed);
        keeps_the_rules(&report);
        assert!(report.squab.refused.is_empty());
        assert_eq!(report.squab.acknowledged, 1_200);
        // Half of the urgent ones go within a second; in one queue they wait for a minute.
        assert!(report.squab.latency[0].p50 < 1_000);
        assert!(report.ratio(0, |latency| latency.p50).expect("both took some") > 50.0);
        assert!(ratio(&report, 0) > 5.0);
    }
}

#[test]
fn three_days_without_a_line_and_two_hours_without_power_lose_nothing() {
    for seed in [1, 2] {
        let report = play(&text("outage.toml"), seed);
        keeps_the_rules(&report);
        assert_eq!(report.squab.power_cuts, 30);
        assert!(report.squab.told["merged"] > 1_000);
        // All that waited goes within minutes, urgent ones first; in one queue it takes the better part of an hour.
        assert!(report.squab.latency[0].max < 300_000 && report.squab.latency[1].max < 600_000);
        assert!(report.squab.latency[0].p99 < report.squab.latency[1].p99);
        assert!(ratio(&report, 0) > 8.0 && ratio(&report, 1) > 8.0);
        // The judge sees twice what is sent again because its answer was lost; statuses tell a kiosk that it had arrived.
        assert!(report.queue.expect("it is compared").duplicates > 100);
    }
}

#[test]
fn a_flood_to_one_person_keeps_nobody_else_waiting() {
    for seed in [1, 2] {
        let report = play(&text("flood.toml"), seed);
        keeps_the_rules(&report);
        assert!(report.squab.refused.is_empty());
        assert!(report.squab.told["merged"] > 50);
        // The flood is low; the one person's alarms are urgent, the others' alerts normal.
        assert!(report.squab.latency[1].p50 < 1_000 && report.squab.latency[1].max < 20_000);
        assert!(report.squab.latency[0].max < 120_000);
        assert!(ratio(&report, 0) > 2.0 && ratio(&report, 1) > 10.0 && ratio(&report, 2) > 4.0);
    }
}

#[test]
fn in_one_queue_for_all_everybody_waits_for_one_and_in_squabs_nobody() {
    for seed in [1, 2] {
        let report = play(&text("queues.toml"), seed);
        keeps_the_rules(&report);
        let queue = report.queue.as_ref().expect("it is compared");
        nothing_is_lost(queue);
        assert_eq!(
            queue.refused_by_pair_rule(),
            0,
            "the queue is no worse than its page says"
        );
        assert!(report.squab.latency[0].p99 < 10_000);
        assert!(ratio(&report, 0) > 10.0);
    }
}

#[test]
fn a_thousand_kiosks_lose_nothing_and_the_same_seed_gives_the_same_bytes() {
    let days = if std::env::var_os("SQUAB_WHOLE").is_some() {
        "30d"
    } else {
        "3d"
    };
    let text = text("thousand.toml").replace("length = \"30d\"", &format!("length = \"{days}\""));
    let report = play(&text, 1);
    keeps_the_rules(&report);
    let days: u64 = days.trim_end_matches('d').parse().expect("a number of days");
    assert_eq!(report.squab.raised, 20_000 * days);
    assert!(report.squab.told.is_empty() && report.squab.refused.is_empty());
    assert_eq!(report.squab.arrived_each.min, 20 * days);
    let again = play(&text, 1);
    assert_eq!(report.to_json().to_string(), again.to_json().to_string());
    assert_ne!(report.to_json(), play(&text, 2).to_json());
}
