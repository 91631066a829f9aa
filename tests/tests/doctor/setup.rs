use crate::world::{Plan, World};

/// A world in which nothing is set up yet.
async fn fresh() -> World {
    let world = World::new(Plan {
        not_subscribed: true,
        ..Plan::default()
    })
    .await;
    world.cloud.set_registered(false);
    world
}

#[tokio::test]
async fn a_number_is_registered_and_the_app_subscribed_once_and_then_the_doctor_finds_nothing() {
    let world = fresh().await;
    assert_eq!(
        world.examine().await.in_state("failed"),
        ["registered", "health", "subscribed"]
    );
    let done = world.squab("setup", &["--pin-file", "-"], "123456\n").await;
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (Some(0), "registered\nsubscribed\n"),
        "{done:?}"
    );
    let again = world.squab("setup", &["--pin-file", "-"], "654321\n").await;
    let nothing = "registered already: nothing to do\nsubscribed already: nothing to do\n";
    assert_eq!(
        (again.code, again.stdout.as_str()),
        (Some(0), nothing),
        "{again:?}"
    );
    let examined = world.examine().await;
    assert_eq!(examined.0.code, Some(0), "{}", examined.shown());
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_changes_nothing() {
    let world = fresh().await;
    for _ in 0..2 {
        let run = world.squab("setup", &["--dry-run"], "").await;
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_eq!(
            run.stdout,
            "not registered: the number would be registered with its PIN\n\
             not subscribed: the app would be subscribed to the account's webhooks\n"
        );
    }
}

#[tokio::test]
async fn a_pin_is_asked_for_has_six_digits_and_is_never_shown() {
    let world = fresh().await;
    let run = world.squab("setup", &[], "").await;
    assert!(run.failure().contains("--pin-file"), "{run:?}");
    for pin in ["12345", "1234567", "12345x", ""] {
        let run = world.squab("setup", &["--pin-file", "-"], pin).await;
        assert_eq!(run.failure(), "a PIN has six digits, and what was given has not");
    }
    let run = world.squab("setup", &["--pin-file", "-"], "135791").await;
    assert_eq!(run.code, Some(0), "{run:?}");
    world.cloud.set_registered(false);
    let run = world.squab("setup", &["--pin-file", "-"], "246802").await;
    assert!(run.failure().contains("133005"), "{run:?}");
    assert!(!format!("{run:?}").contains("246802"), "{run:?}");
}

#[tokio::test]
async fn a_number_that_nobody_has_verified_is_not_registered() {
    let world = fresh().await;
    world.cloud.set_number(squab::cloud::Number {
        code_verification_status: "NOT_VERIFIED".to_owned(),
        ..squab::cloud::Number::default()
    });
    let run = world.squab("setup", &["--pin-file", "-"], "123456").await;
    assert!(run.failure().contains("not verified"), "{run:?}");
}
