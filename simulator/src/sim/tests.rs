//! That the surroundings judge: a sender that breaks the rules, or lies, is seen; and what a kiosk does in them.

use super::field::{End, Ended, Field, Flight, Seen, Sender, addressed};
use super::plan::{alerts, kiosks_of, number_of};
use super::report::Report;
use super::{Scenario, run};
use fastrand::Rng;

fn scenario(more: &str) -> Scenario {
    let text = format!(
        "name = \"t\"\nabout = \"t\"\nlength = \"1d\"\ncompare = true\n\
         [fleet]\nkiosks = 6\nnumbers = 2\npeople = 2\n{more}"
    );
    Scenario::parse(&text).unwrap()
}

const TWENTY_AT_ONCE: &str = "[[alerts]]\nline = { text = \"a\" }\nat = \"1h\"\ncount = 20\nto = \"first\"\n";

fn report_of(scenario: &Scenario, sender: &mut impl Sender) -> Report {
    let places = kiosks_of(scenario, 0);
    let alerts = alerts(scenario, &places, &mut Rng::with_seed(1));
    let field = Field::new(scenario, &places, false, alerts, 1, "hasty-");
    let seen: Seen = field.play(sender);
    Report::new(scenario, 1, vec![seen], Vec::new())
}

/// Sends each alert the moment it is raised, and never again.
struct Hasty;

impl Sender for Hasty {
    fn raise(&mut self, field: &mut Field<'_>, alert: usize) {
        let it = field.seen.alerts[alert];
        let body = &field.scenario.alerts[it.rule].body;
        let body = addressed(
            body,
            &number_of(it.person),
            format!("hasty-{:08x}-{alert}", it.kiosk),
        );
        field.send(it.kiosk, 0, alert, body);
    }
    fn wake(&mut self, _: &mut Field<'_>, _: usize) {}
    fn end(&mut self, field: &mut Field<'_>, flight: &Flight, end: End) {
        if matches!(end, End::Answered(400, _)) {
            field.told(flight.alert, Ended::Failed);
        }
    }
    fn webhook(&mut self, _: &mut Field<'_>, _: usize, _: &str) -> bool {
        true
    }
    fn power(&mut self, _: &mut Field<'_>, _: usize, _: bool) {}
}

/// Sends nothing, and says that all is well.
struct Liar;

impl Sender for Liar {
    fn raise(&mut self, field: &mut Field<'_>, alert: usize) {
        field.seen.fates[alert].done = true;
    }
    fn wake(&mut self, _: &mut Field<'_>, _: usize) {}
    fn end(&mut self, _: &mut Field<'_>, _: &Flight, _: End) {}
    fn webhook(&mut self, _: &mut Field<'_>, _: usize, _: &str) -> bool {
        true
    }
    fn power(&mut self, _: &mut Field<'_>, _: usize, _: bool) {}
}

#[test]
fn who_sends_without_pace_is_refused_by_the_judge() {
    // Two bursts of 20 within 10 s: the second finds the first one's debt.
    let twice = TWENTY_AT_ONCE.replace("\"1h\"", "\"1h\"\nevery = \"10s\"");
    let mut scenario = scenario(&twice);
    scenario.length = super::scenario::Time(3_600_000 + 15_000);
    let report = report_of(&scenario, &mut Hasty);
    let figures = &report.squab;
    assert_eq!(figures.raised, 3 * 40);
    assert_eq!(figures.refused_by_pair_rule(), 3 * 20);
    assert_eq!(figures.arrived, 3 * 20);
    assert_eq!(figures.told["failed"], 3 * 20);
}

#[test]
fn an_alert_that_is_said_to_be_done_and_never_reached_meta_is_lost() {
    let report = report_of(&scenario(TWENTY_AT_ONCE), &mut Liar);
    assert_eq!((report.squab.lost, report.squab.arrived), (60, 0));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let scenario = scenario(
        "[[alerts]]\nline = { text = \"a\" }\nper_day = 20\n\
         [[faults]]\nwhat = \"lost-answers\"\nat = \"0s\"\nfor = \"1d\"\npercent = 20\n",
    );
    let bytes = |seed| {
        let report = run(&scenario, seed);
        (report.to_json().to_string(), super::plots(&report))
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1).0, bytes(2).0);
}

#[test]
fn who_hears_of_statuses_sends_nothing_again_whose_answer_was_lost_and_others_do() {
    let more = "[[alerts]]\nline = { text = \"a\" }\nper_day = 20\n\
                [[faults]]\nwhat = \"lost-answers\"\nat = \"0s\"\nfor = \"1d\"\npercent = 50\n";
    let report = run(&scenario(more), 1);
    let queue = report.queue.as_ref().unwrap();
    assert_eq!((report.squab.arrived, queue.arrived), (120, 120));
    assert_eq!(report.squab.duplicates, 0);
    assert!(queue.duplicates > 30, "{queue:?}");
    assert_eq!(queue.delivered, 120 + queue.duplicates);
}

#[test]
fn a_kiosk_waits_for_nobody_but_the_person_whom_it_writes_to_and_one_queue_for_everybody() {
    let report = run(
        &scenario(
            "[[alerts]]\nline = { text = \"a\" }\nat = \"1h\"\ncount = 30\nto = \"first\"\nkiosks = 1\n\
             [[alerts]]\nline = { text = \"b\", priority = \"urgent\" }\nat = \"1h\"\nwithin = \"10s\"\ncount = 1\n",
        ),
        1,
    );
    let queue = report.queue.as_ref().unwrap();
    for figures in [&report.squab, queue] {
        assert_eq!(figures.arrived, 36);
        assert!(figures.refused.is_empty());
    }
    // The first kiosk's own urgent one may have to wait for its person's last message.
    assert!(
        report.squab.latency[0].max < 7_000,
        "{:?}",
        report.squab.latency[0]
    );
    assert!(queue.latency[0].max > 150_000, "{:?}", queue.latency[0]);
}

#[test]
fn what_is_raised_in_an_outage_goes_when_it_is_over_and_counts_from_then_on() {
    let more = "[[alerts]]\nline = { text = \"a\", expires_in = 172800 }\nat = \"2h\"\ncount = 3\n\
                [[faults]]\nwhat = \"outage\"\nat = \"1h\"\nfor = \"20h\"\n";
    let report = run(&scenario(more), 1);
    let normal = report.squab.latency[1];
    assert_eq!((report.squab.raised, normal.count), (18, 18));
    // A link that fails is tried once a minute.
    assert!(normal.max < 100_000, "{normal:?}");
    // Within what its patience allows for the one that was under way.
    assert_eq!(report.squab.duplicates, 0);
}

#[test]
fn a_journal_keeps_what_waits_over_a_loss_of_power_and_a_kiosk_without_power_raises_nothing() {
    let more = "[[alerts]]\nline = { text = \"a\" }\nat = \"1h\"\ncount = 8\nto = \"first\"\n\
                [[alerts]]\nline = { text = \"b\" }\nat = \"90m\"\ncount = 2\n\
                [[faults]]\nwhat = \"power\"\nat = \"3612s\"\nfor = \"2h\"\nkiosks = 4\n";
    let report = run(&scenario(more), 1);
    let figures = &report.squab;
    assert_eq!(figures.power_cuts, 4);
    assert_eq!(figures.raised, 6 * 8 + 2 * 2);
    assert_eq!(figures.arrived, figures.raised, "{figures:?}");
    assert!(
        figures.latency[1].max > 2 * 3_600_000,
        "some waited in a journal: {figures:?}"
    );
    // The queue hears of the same alerts.
    let queue = report.queue.as_ref().unwrap();
    assert_eq!((queue.raised, queue.power_cuts), (figures.raised, 4));
    // One of all takes the queue's link too, and it loses nothing.
    let of_all = more.replace("\nkiosks = 4", "");
    let report = run(&scenario(&of_all), 1);
    let queue = report.queue.as_ref().unwrap();
    assert_eq!((queue.power_cuts, queue.arrived, queue.raised), (6, 48, 48));
    assert_eq!((report.squab.power_cuts, report.squab.arrived), (6, 48));
}

#[test]
fn a_pressed_button_reaches_the_kiosk_whose_message_it_was() {
    let more = "[people]\nacknowledge = \"20s\"\n\
                [[alerts]]\nline = { answer_within = 600, template = { name = \"squab_alert\", body = [\"a\"], \
                buttons = [{ payload = \"ack\" }, { payload = \"snooze\" }] } }\nat = \"1h\"\ncount = 2\n";
    let report = run(&scenario(more), 1);
    assert_eq!((report.squab.raised, report.squab.acknowledged), (12, 12));
}

#[test]
fn the_report_shows_no_phone_number_and_a_plot_for_each_thing() {
    let text = "[[alerts]]\nline = { text = \"a\" }\nper_day = 20\n\
                [[faults]]\nwhat = \"refusals\"\ncode = 130429\nat = \"1h\"\nfor = \"5h\"\n";
    let report = run(&scenario(text), 1);
    assert!(report.squab.refused[&130_429] > 0);
    let plots = super::plots(&report);
    let names: Vec<_> = plots.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["deliveries", "waiting", "latency", "refusals"]);
    let all = [report.to_json().to_string(), report.to_string()];
    for text in all.iter().chain(plots.iter().map(|(_, svg)| svg)) {
        assert!(!text.contains("1555200"), "{text}");
    }
    assert!(plots[3].1.contains("Squab 130429"));
}
