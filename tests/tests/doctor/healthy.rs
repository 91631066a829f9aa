use crate::world::{Plan, World};

#[tokio::test]
async fn where_all_is_well_nothing_is_to_be_mended_and_nothing_is_left_to_a_person() {
    let world = World::new(Plan::default()).await;
    let examined = world.examine().await;
    assert_eq!(examined.0.code, Some(0), "{}", examined.shown());
    for state in ["failed", "warning", "by_hand"] {
        assert_eq!(examined.in_state(state), [""; 0], "{}", examined.shown());
    }
    // Each question of General Bots' page is answered.
    let answered: Vec<String> = examined
        .0
        .lines()
        .iter()
        .flat_map(|line| line["items"].as_array().cloned().unwrap_or_default())
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect();
    for (list, count) in [("checklist", 9), ("webhook", 4), ("sending", 4), ("templates", 4)] {
        for nth in 1..=count {
            let item = format!("{list} {nth}");
            assert!(answered.contains(&item), "{item} is not among {answered:?}");
        }
    }
}

#[tokio::test]
async fn for_a_person_there_is_a_line_for_each_check_and_one_for_what_to_do() {
    let world = World::new(Plan::default()).await;
    let run = world.squab("doctor", &[], "").await;
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stdout.contains("ok       token          valid\n"),
        "{}",
        run.stdout
    );
    // Without a kiosk's output a person has to look.
    assert!(
        run.stdout
            .contains("by hand  traffic        whether webhooks come in\n"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("Give the output of the kiosk with --events"),
        "{}",
        run.stdout
    );
}

#[tokio::test]
async fn without_the_kiosks_output_and_the_accounts_id_a_person_is_told_where_to_look() {
    let plan = Plan {
        without: &["whatsapp-business-account-id", "whatsapp-app-secret"],
        events: Some(""),
        ..Plan::default()
    };
    let examined = World::new(plan).await.examine().await;
    assert_eq!(examined.0.code, Some(0), "{}", examined.shown());
    let by_hand = examined.in_state("by_hand");
    for check in [
        "business",
        "approved",
        "subscribed",
        "fields",
        "rates",
        "recipients",
        "failures",
        "traffic",
    ] {
        assert!(
            by_hand.iter().any(|it| it == check),
            "{check}: {}",
            examined.shown()
        );
        assert!(
            examined
                .of(check)
                .iter()
                .all(|it| it["remedy"].as_str().is_some_and(|text| !text.is_empty())),
            "{check}"
        );
    }
}
