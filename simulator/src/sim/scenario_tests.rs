use super::*;

/// A scenario that is in order, with `changed` in place of `was`.
fn with(was: &str, changed: &str) -> Result<Scenario, ScenarioError> {
    const GOOD: &str = r#"
name = "t"
about = "t"
length = "2d"
[fleet]
kiosks = 10
numbers = 2
way = ["80ms", "400ms"]
[meta]
messaging_limit = 100
[[alerts]]
line = { text = "a" }
per_day = 3
[[faults]]
what = "outage"
at = "1d"
for = "3h"
"#;
    assert!(GOOD.contains(was), "{was}");
    Scenario::parse(&GOOD.replacen(was, changed, 1))
}

fn sentence(was: &str, changed: &str) -> String {
    with(was, changed).expect_err(changed).to_string()
}

#[test]
fn what_is_no_toml_of_this_shape_is_named_with_line_column_and_what_is_allowed() {
    for (was, changed, wanted) in [
        ("kiosks = 10", "kiosks = 10001", "line 6, column 10"),
        ("kiosks = 10", "kiosks = 10001", "a whole number from 1 to 10000"),
        ("kiosks = 10", "kiosks = 0", "invalid value: integer `0`"),
        (
            "kiosks = 10",
            "kiosks = \"ten\"",
            "a whole number from 1 to 10000",
        ),
        ("kiosks = 10", "kiosk = 10", "unknown field `kiosk`"),
        ("\"2d\"", "\"2 weeks\"", "such as 250ms, 20s, 10m, 2h or 3d"),
        ("\"2d\"", "\"-2d\"", "such as 250ms, 20s, 10m, 2h or 3d"),
        ("\"2d\"", "\"99999999999999999d\"", "a time of at most a year"),
        ("\"outage\"", "\"earthquake\"", "unknown variant `earthquake`"),
        ("name = \"t\"", "", "missing field `name`"),
        ("name = \"t\"", "name = ", "line 2"),
    ] {
        let said = sentence(was, changed);
        assert!(said.contains(wanted), "{changed}: {said}");
    }
}

#[test]
fn what_does_not_go_together_is_named_with_its_place() {
    for (was, changed, wanted) in [
        (
            "numbers = 2",
            "numbers = 11",
            "fleet.numbers: 11 numbers for so many kiosks, and at most 10 are allowed",
        ),
        ("\"2d\"", "\"46d\"", "length: 46 days, and at most 45 are allowed"),
        ("\"2d\"", "\"0s\"", "length: must not be 0"),
        (
            "\"80ms\"",
            "\"500ms\"",
            "fleet.way: the shortest time stands first",
        ),
        (
            "\"400ms\"",
            "\"5s\"",
            "fleet.way: 5000 milliseconds, and at most 4000 are allowed",
        ),
        (
            "messaging_limit = 100",
            "messaging_limit = 4",
            "meta.messaging_limit: 5 kiosks share a number",
        ),
        ("per_day = 3", "", "alerts[0]: give either per_day or at"),
        (
            "per_day = 3",
            "per_day = 3\nat = \"1h\"",
            "alerts[0]: give either per_day or at",
        ),
        (
            "per_day = 3",
            "per_day = 3\nevery = \"1h\"",
            "alerts[0]: every belongs to at",
        ),
        (
            "per_day = 3",
            "at = \"1h\"\nevery = \"0s\"",
            "alerts[0]: every must not be 0",
        ),
        (
            "per_day = 3",
            "at = \"2d\"",
            "alerts[0]: at is after the scenario's end",
        ),
        (
            "\"outage\"",
            "\"refusals\"",
            "faults[0]: code belongs to refusals",
        ),
        (
            "\"outage\"",
            "\"outage\"\npercent = 3",
            "faults[0]: percent belongs to lost-answers",
        ),
        (
            "\"outage\"",
            "\"lost-answers\"\npercent = 3\nkiosks = 1",
            "faults[0]: refusals and lost-answers are for all",
        ),
    ] {
        let said = sentence(was, changed);
        assert!(said.contains(wanted), "{changed}: {said}");
    }
    let twice = "what = \"refusals\"\ncode = 2\nat = \"25h\"\nfor = \"1h\"\n[[faults]]\n\
                 what = \"refusals\"\ncode = 3\n";
    let said = sentence("what = \"outage\"\n", twice);
    assert!(
        said.starts_with("faults[1]: two of these must not meet in time"),
        "{said}"
    );
    let none = "name = \"t\"\nabout = \"t\"\nlength = \"2d\"\nfleet = { kiosks = 1 }\n";
    let said = Scenario::parse(none).unwrap_err().to_string();
    assert_eq!(said, "alerts: there are none");
}

#[test]
fn more_alerts_than_can_be_held_are_counted_before_any_is_made() {
    let said = sentence("per_day = 3", "at = \"0s\"\nevery = \"1ms\"\ncount = 10000");
    assert_eq!(
        said,
        "alerts: 17280000000000 alerts in all, and at most 5000000 are allowed"
    );
    assert!(with("per_day = 3", "per_day = 10000").is_ok());
}

#[test]
fn a_line_that_no_kiosk_takes_is_refused_with_the_kiosks_own_reason() {
    for (line, wanted) in [
        ("{ txt = \"a\" }", "alerts[0].line: no kiosk takes this line: "),
        ("{ text = \"\" }", "alerts[0].line: no kiosk takes this line: "),
        (
            "{ text = \"a\", to = \"+16505551234\" }",
            "\"to\" is not for a scenario's line",
        ),
        (
            "{ text = \"a\", on_call = [\"+16505551234\"] }",
            "\"on_call\" is not for a scenario's line",
        ),
        ("\"a\"", "it has to be a table"),
    ] {
        let said = sentence("{ text = \"a\" }", line);
        assert!(said.contains(wanted), "{line}: {said}");
    }
    let answer = "{ text = \"a\", answer_within = 60 }";
    assert!(with("{ text = \"a\" }", answer).is_ok());
    // Nor where nobody would hear of the answer.
    let text = "name = \"t\"\nabout = \"t\"\nlength = \"2d\"\nfleet = { kiosks = 1, webhooks = false }\n";
    let deaf = Scenario::parse(&format!("{text}[[alerts]]\nper_day = 1\nline = {answer}\n"));
    let said = deaf.unwrap_err().to_string();
    assert!(said.contains("no webhook reaches this device"), "{said}");
}

#[test]
fn a_line_becomes_the_body_that_a_kiosk_sends_and_one_that_is_held_back_too() {
    for line in [
        "{ text = \"a\", priority = \"urgent\" }",
        "{ text = \"a\", merge = \"k\", hold = 60 }",
    ] {
        let scenario = with("{ text = \"a\" }", line).unwrap();
        assert_eq!(scenario.alerts[0].body["text"]["body"], "a", "{line}");
    }
}

#[test]
fn anything_cut_off_anywhere_is_an_error_or_a_scenario_and_never_a_panic() {
    let text = include_str!("../../../scenarios/outage.toml");
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let _ = Scenario::parse(&text[..end]);
    }
}
