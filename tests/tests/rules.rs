//! Client against cloud in virtual time: Meta's rules about sending beside the pair rule.
//!
//! The cloud judges by its own reading of the rules (`squab::cloud`); nothing of the client decides.

use embassy_time::{Duration as Span, Instant};
use serde_json::Value;
use squab::cloud::{
    CloudSettings, OfflineCloud, PHONE_NUMBER_ID, Rules, Template as Approved, TemplateStatus, User,
    WindowRule,
};
use squab_core::client::{Client, Event, Options, Refused, Settings, Step, Ticket, UnknownWindow};
use squab_core::message::{Authentication, Fallback, Message, Template, Text};
use squab_core::pace::MessagingLimit;
use squab_core::recipient::Recipient;
use squab_tests::webhook::hand_over;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
const ADA: &str = "+16505551234";

/// Client, cloud and one clock. A request arrives when it begins, and is answered at once; so do webhooks.
struct Scene {
    client: Client<8, 64, 16_384, 4, 16_384>,
    cloud: OfflineCloud,
    /// Milliseconds.
    now: u64,
    /// Type and status of each request: `text 200`, `template 400`.
    requests: Vec<(u64, String)>,
    events: Vec<String>,
    outcomes: BTreeMap<Ticket, String>,
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.inbound = true;
    settings.boot = 1;
    // Nothing is under way here: Meta's limits to the millisecond.
    settings.max_uplink = Span::from_ticks(0);
    settings
}

fn window(window: WindowRule) -> Rules {
    Rules {
        window,
        ..Rules::default()
    }
}

impl Scene {
    fn new(settings: Settings, rules: Rules) -> Self {
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        let mut cloud = OfflineCloud::new(
            CloudSettings {
                rules,
                ..CloudSettings::default()
            },
            started,
        );
        cloud.set_user(User::new(ADA));
        cloud.add_template(Approved::new("offer", "Ice cream for less.").marketing());
        let mut client = Client::new(settings);
        client.set_clock(Instant::from_millis(0), cloud.unix(Duration::ZERO));
        Self {
            client,
            cloud,
            now: 0,
            requests: Vec::new(),
            events: Vec::new(),
            outcomes: BTreeMap::new(),
        }
    }

    fn at(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    fn submit(&mut self, to: &str, message: &Message<'_>, options: Options) -> Result<Ticket, Refused> {
        let to = Recipient::parse(to).expect("a recipient");
        self.client
            .submit(Instant::from_millis(self.now), &to, message, options)
    }

    fn text(&mut self) -> Ticket {
        self.submit(ADA, &Message::Text(Text::new("The door is open")), lasting())
            .expect("it is taken")
    }

    fn text_or_template(&mut self) -> Ticket {
        let text = Text::new("The door is open").fallback(Fallback::new("update_notification", "en_US"));
        self.submit(ADA, &Message::Text(text), lasting())
            .expect("it is taken")
    }

    fn template(&mut self, to: &str, name: &str, marketing: bool) -> Result<Ticket, Refused> {
        let options = Options {
            marketing,
            ..lasting()
        };
        let parameters = [squab_core::message::Parameter::new("the door is open")];
        let template = match name {
            "offer" => Template::new(name, "en_US"),
            _ => Template::new(name, "en_US").body(&parameters),
        };
        self.submit(to, &Message::Template(template), options)
    }

    fn writes(&mut self, user: &str) {
        let now = self.at();
        self.cloud
            .reply_text(now, user, "hello")
            .expect("the cloud knows the user");
        self.settle();
    }

    /// Everything that happens without time going on.
    fn settle(&mut self) {
        loop {
            let now = Instant::from_millis(self.now);
            while let Some(body) = self.cloud.webhook(self.at()) {
                hand_over(&mut self.client, now, PHONE_NUMBER_ID, &body.to_string());
            }
            let (id, body) = match self.client.poll(now) {
                Step::Send(id, request) => {
                    let mut body = vec![0; request.body_len()];
                    request.read_body(0, &mut body);
                    (id, body)
                }
                _ => break,
            };
            let (status, answer) = self.cloud.post(self.at(), &body);
            let sent: Value = serde_json::from_slice(&body).expect("JSON");
            let kind = sent["type"].as_str().unwrap_or_default();
            self.requests.push((self.now, format!("{kind} {status}")));
            self.client.on_reply(id, status);
            self.client.on_reply_body(id, answer.to_string().as_bytes());
            self.client.on_reply_end(now, id);
        }
        while let Some(event) = self.client.next_event() {
            if let Event::Outcome { ticket, outcome } = &event {
                let before = self.outcomes.insert(*ticket, format!("{outcome:?}"));
                assert_eq!(before, None, "{ticket} ended twice");
            }
            self.events.push(format!("{event:?}"));
        }
    }

    fn run_until(&mut self, end: u64) {
        loop {
            self.settle();
            let wake = match self.client.poll(Instant::from_millis(self.now)) {
                Step::WaitUntil(at) => at.as_millis(),
                _ => u64::MAX,
            };
            let due = self.cloud.next_due();
            let due = due.map_or(u64::MAX, |due| due.as_nanos().div_ceil(1_000_000) as u64);
            let next = wake.min(due).max(self.now);
            if next > end {
                self.now = end;
                return self.settle();
            }
            self.now = next;
        }
    }

    fn told(&self, what: &str) -> usize {
        self.events.iter().filter(|event| event.contains(what)).count()
    }

    /// The requests from this moment on.
    fn requests_from(&self, start: u64) -> Vec<&str> {
        let since = self.requests.iter().filter(|(at, _)| *at >= start);
        since.map(|(_, what)| what.as_str()).collect()
    }
}

/// Long enough for each wait here.
fn lasting() -> Options {
    Options {
        expires_in: Span::from_secs(4 * 24 * 3_600),
        ..Options::default()
    }
}

#[test]
fn at_23_59_59_a_text_goes_as_text_and_at_24_00_01_as_its_template() {
    for rule in [WindowRule::AtOnce, WindowRule::Late] {
        for (since, kind) in [(DAY - 1_000, "text 200"), (DAY + 1_000, "template 200")] {
            let mut scene = Scene::new(settings(), window(rule));
            scene.writes(ADA);
            scene.run_until(since);
            let ticket = scene.text_or_template();
            scene.run_until(since + HOUR);
            assert_eq!(scene.requests_from(0), [kind], "{rule:?}");
            assert_eq!(scene.outcomes[&ticket], "Read");
        }
    }
}

#[test]
fn a_one_time_code_is_a_template_and_needs_no_window() {
    for rule in [WindowRule::AtOnce, WindowRule::Late] {
        let mut scene = Scene::new(settings(), window(rule));
        scene.cloud.add_template(Approved::authentication("login"));
        let code = Message::Authentication(Authentication::new("login", "en_US", "4711"));
        let ticket = scene.submit(ADA, &code, lasting()).expect("it is taken");
        scene.run_until(HOUR);
        assert_eq!(scene.outcomes[&ticket], "Read", "{rule:?}");
    }
}

#[test]
fn with_metas_delay_reckoned_with_no_text_ever_meets_a_closed_window() {
    // A user writes at odd moments for a week; a text is wanted every 37 minutes.
    let mut rng = fastrand::Rng::with_seed(1);
    let mut settings = settings();
    settings.max_uplink = Span::from_secs(3);
    let mut scene = Scene::new(settings, window(WindowRule::AtOnce));
    scene.writes(ADA);
    let mut next_word = rng.u64(0..40 * HOUR);
    let mut templates = 0;
    for round in 1..250u64 {
        let at = round * 37 * 60_000;
        if next_word <= at {
            scene.run_until(next_word.max(scene.now));
            scene.writes(ADA);
            next_word += rng.u64(0..40 * HOUR);
        }
        scene.run_until(at);
        scene.text_or_template();
        scene.settle();
        let (_, what) = scene.requests.last().expect("it went");
        assert!(what.ends_with("200"), "round {round}: {what}");
        templates += usize::from(what.starts_with("template"));
    }
    assert!(templates > 10, "the window was closed at times: {templates}");
    assert!(templates < 200, "and open at others: {templates}");
}

#[test]
fn an_unknown_window_that_was_closed_turns_the_text_into_its_template_once() {
    for rule in [WindowRule::AtOnce, WindowRule::Late] {
        let mut scene = Scene::new(settings(), window(rule));
        let ticket = scene.text_or_template();
        scene.run_until(HOUR);
        let first = if rule == WindowRule::Late {
            "text 200"
        } else {
            "text 400"
        };
        assert_eq!(scene.requests_from(0), [first, "template 200"]);
        assert_eq!(scene.outcomes[&ticket], "Read");
        // From now on it is known.
        let start = scene.now;
        scene.text_or_template();
        scene.run_until(start + HOUR);
        assert_eq!(scene.requests_from(start), ["template 200"]);
        let bare = Message::Text(Text::new("x"));
        assert_eq!(scene.submit(ADA, &bare, lasting()), Err(Refused::WindowClosed));
        scene.writes(ADA);
        let start = scene.now;
        scene.text();
        scene.run_until(start + HOUR);
        assert_eq!(scene.requests_from(start), ["text 200"]);
    }
}

#[test]
fn a_kiosk_sends_the_template_where_it_does_not_know_the_window() {
    let mut settings = settings();
    settings.unknown_window = UnknownWindow::Template;
    let mut scene = Scene::new(settings, window(WindowRule::Late));
    scene.text_or_template();
    scene.run_until(HOUR);
    assert_eq!(scene.requests_from(0), ["template 200"]);
}

fn user(index: usize) -> String {
    format!("+1650555{index:04}")
}

#[test]
fn the_limits_last_user_is_written_to_and_the_next_one_waits_for_a_day() {
    for (limit, users, lost) in [(5, 5, false), (5, 6, false), (6, 6, true)] {
        let mut settings = settings();
        settings.messaging_limit = MessagingLimit::Tier250;
        settings.messaging_share = Some(limit);
        let rules = Rules {
            messaging_limit: Some(5),
            ..Rules::default()
        };
        let mut scene = Scene::new(settings, rules);
        for index in 0..users {
            scene
                .template(&user(index), "update_notification", false)
                .expect("it is taken");
        }
        scene.run_until(HOUR);
        let at_once = users.min(limit as usize);
        assert_eq!(scene.requests.len(), at_once);
        assert_eq!(scene.told("LimitReached"), usize::from(users > limit as usize));
        // Who was written to already is no new user.
        scene
            .template(&user(0), "update_notification", false)
            .expect("it is taken");
        scene.run_until(2 * HOUR);
        assert_eq!(scene.requests.len(), at_once + 1);
        scene.run_until(27 * HOUR);
        assert_eq!(scene.requests.len(), users + 1);
        // The judge's own limit, of which a client that thinks it had more hears nothing.
        assert_eq!(scene.cloud.summary().beyond_messaging_limit, u64::from(lost));
    }
}

#[test]
fn many_users_in_random_order_never_pass_the_judges_limit() {
    for seed in 0..20 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut settings = settings();
        settings.messaging_share = Some(4);
        let rules = Rules {
            messaging_limit: Some(4),
            ..window(WindowRule::AtOnce)
        };
        let mut scene = Scene::new(settings, rules);
        for _ in 0..40 {
            let next = scene.now + rng.u64(0..4 * HOUR);
            scene.run_until(next);
            let user = user(rng.usize(0..10));
            let _ = scene.template(&user, "update_notification", false);
            if rng.u8(0..4) == 0 && scene.cloud.reply_text(scene.at(), &user, "hello").is_ok() {
                scene.settle();
            }
        }
        scene.run_until(scene.now + 5 * DAY);
        assert_eq!(scene.cloud.summary().beyond_messaging_limit, 0, "seed {seed}");
        assert!(scene.told("LimitReached") > 0, "seed {seed}: it was needed");
    }
}

#[test]
fn after_131050_a_user_gets_no_marketing_until_it_is_wanted_again() {
    let mut scene = Scene::new(settings(), Rules::default());
    let at = scene.at();
    scene.cloud.set_marketing(at, ADA, false, false).expect("a user");
    let refused = scene.template(ADA, "offer", true).expect("it is taken");
    scene.run_until(HOUR);
    assert_eq!(scene.outcomes[&refused], "Failed { code: 131050 }");
    assert_eq!(scene.told("OptedOut"), 1);
    assert_eq!(scene.template(ADA, "offer", true), Err(Refused::OptedOut));
    let start = scene.now;
    scene
        .template(ADA, "update_notification", false)
        .expect("it is taken");
    scene.run_until(start + HOUR);
    assert_eq!(scene.requests_from(start), ["template 200"]);
}

#[test]
fn a_users_word_stops_marketing_before_it_is_tried_and_resumes_it() {
    let mut scene = Scene::new(settings(), Rules::default());
    scene
        .cloud
        .set_marketing(scene.at(), ADA, false, true)
        .expect("a user");
    scene.settle();
    assert_eq!(scene.template(ADA, "offer", true), Err(Refused::OptedOut));
    scene
        .cloud
        .set_marketing(scene.at(), ADA, true, true)
        .expect("a user");
    scene.settle();
    let offer = scene.template(ADA, "offer", true).expect("it is taken");
    scene.run_until(HOUR);
    assert_eq!(scene.outcomes[&offer], "Read");
}

#[test]
fn webhooks_stop_a_template_without_a_refused_request_and_let_it_go_at_once() {
    let mut scene = Scene::new(settings(), Rules::default());
    let set = |scene: &mut Scene, status| {
        let now = scene.at();
        scene
            .cloud
            .set_template_status(now, "update_notification", status)
            .expect("a template");
        scene.settle();
    };
    set(&mut scene, TemplateStatus::Paused);
    let waits = scene
        .template(ADA, "update_notification", false)
        .expect("it is taken");
    scene.run_until(HOUR);
    assert_eq!(scene.requests_from(0), [""; 0]);
    set(&mut scene, TemplateStatus::Approved);
    assert_eq!(scene.requests_from(HOUR), ["template 200"], "at once");
    set(&mut scene, TemplateStatus::Disabled);
    assert_eq!(
        scene.template(ADA, "update_notification", false),
        Err(Refused::TemplateDisabled)
    );
    set(&mut scene, TemplateStatus::Approved);
    assert!(scene.template(ADA, "update_notification", false).is_ok());
    scene.run_until(2 * HOUR);
    assert_eq!(scene.outcomes[&waits], "Read");
}

#[test]
fn a_paused_templates_messages_wait_and_go_when_the_pause_is_over() {
    let mut scene = Scene::new(settings(), Rules::default());
    let paused = |scene: &mut Scene, status| {
        scene
            .cloud
            .set_template_status_silently("update_notification", status)
            .expect("a template");
    };
    paused(&mut scene, TemplateStatus::Paused);
    let waits = scene
        .template(ADA, "update_notification", false)
        .expect("it is taken");
    scene.run_until(HOUR);
    let other = scene.template(ADA, "squab_alert", false).expect("it is taken");
    scene.run_until(2 * HOUR);
    assert_eq!(scene.outcomes[&other], "Read");
    assert_eq!(scene.told("TemplatePaused"), 1);
    paused(&mut scene, TemplateStatus::Approved);
    scene.run_until(3 * HOUR - 1);
    assert!(!scene.outcomes.contains_key(&waits));
    scene.run_until(4 * HOUR);
    assert_eq!(scene.outcomes[&waits], "Read");
    assert_eq!(
        scene.requests_from(0),
        ["template 400", "template 200", "template 200"]
    );
}

#[test]
fn a_disabled_templates_messages_fail_and_no_more_are_taken() {
    let mut scene = Scene::new(settings(), Rules::default());
    scene
        .cloud
        .set_template_status_silently("update_notification", TemplateStatus::Disabled)
        .expect("a template");
    let fails = scene
        .template(ADA, "update_notification", false)
        .expect("it is taken");
    scene.run_until(HOUR);
    assert_eq!(scene.outcomes[&fails], "Failed { code: 132016 }");
    assert_eq!(
        scene.template(ADA, "update_notification", false),
        Err(Refused::TemplateDisabled)
    );
}

#[test]
fn a_revoked_token_and_a_locked_account_hold_the_queue_until_they_are_put_right() {
    for (code, set) in [
        (
            190,
            OfflineCloud::set_token_revoked as fn(&mut OfflineCloud, bool),
        ),
        (131_031, OfflineCloud::set_account_locked),
    ] {
        let mut scene = Scene::new(settings(), Rules::default());
        set(&mut scene.cloud, true);
        let tickets: Vec<_> = (0..5)
            .map(|index| {
                let text = Message::Text(Text::new("x"));
                scene.submit(&user(index), &text, lasting()).expect("it is taken")
            })
            .collect();
        scene.run_until(6 * HOUR);
        assert_eq!(scene.client.held(), Some(code));
        assert_eq!(scene.told("Held"), 1, "{:?}", scene.events);
        assert!(scene.requests.len() < 20, "a few tries: {}", scene.requests.len());
        assert!(scene.outcomes.is_empty());
        set(&mut scene.cloud, false);
        scene.run_until(8 * HOUR);
        assert_eq!(scene.told("Resumed"), 1);
        for ticket in tickets {
            assert_eq!(scene.outcomes[&ticket], "Read", "{code}");
        }
    }
}

#[test]
fn a_rush_keeps_to_the_throughput_and_a_lower_one_of_metas_holds_the_number_for_a_moment() {
    for (ours, metas, refused) in [(20, 20, false), (80, 20, true)] {
        let mut settings = settings();
        settings.throughput = ours;
        let rules = Rules {
            throughput: Some(metas),
            ..Rules::default()
        };
        let mut scene = Scene::new(settings, rules);
        let text = Message::Text(Text::new("x"));
        let urgent = Options::urgent();
        let tickets: Vec<_> = (0..40)
            .map(|index| {
                scene
                    .submit(&user(index % 8), &text, urgent)
                    .expect("it is taken")
            })
            .collect();
        scene.run_until(HOUR);
        let over = scene.requests.iter().filter(|(_, what)| what.ends_with("400"));
        assert_eq!(over.count() > 0, refused, "{:?}", scene.requests);
        for ticket in tickets {
            assert_eq!(scene.outcomes[&ticket], "Read");
        }
    }
}
