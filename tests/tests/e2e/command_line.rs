//! `squab` as a user runs it: what it prints, how it exits. Every output is looked at for secrets.

use serde_json::{Value, json};
use squab::cloud;
use squab_tests::desk::config_file;
use squab_tests::program::{CloudProcess, TempFile, run};
use squab_tests::terminal::SECRETS;

const ADA: &str = "+16505551234";
/// A webhook's body as Meta writes it, escaped, and its signature with the secret `test_app_secret`.
const WEBHOOK: &[u8] = include_bytes!("../../fixtures/webhook_escaped_unicode.json");
const SIGNATURE: &str = "709a136c27b383dfdc1c45bfc882674c7289ee5bd27e7973b5b18d944340921d";

/// What `--dry-run` prints for these arguments, without what differs at each start.
fn dry_run(args: &[&str]) -> Value {
    let run = run(&[&["send", "--dry-run"], args].concat(), b"");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let mut lines = run.lines();
    assert_eq!(lines.len(), 1);
    let mut body = lines.remove(0);
    let data = body
        .as_object_mut()
        .and_then(|body| body.remove("biz_opaque_callback_data"));
    assert!(data.is_some_and(|data| data.as_str().is_some_and(|data| data.starts_with("squab-"))));
    body
}

#[test]
fn a_dry_run_prints_the_body_of_a_text() {
    assert_eq!(
        dry_run(&[
            "--to",
            "+1 (650) 555-1234",
            "--text",
            "See https://x.example \u{1f600}",
            "--preview-url"
        ]),
        json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": ADA, "type": "text",
            "text": { "body": "See https://x.example \u{1f600}", "preview_url": true },
        })
    );
}

#[test]
fn a_dry_run_prints_the_body_of_a_template() {
    let args = [
        "--to",
        ADA,
        "--template",
        "squab_alert",
        "--language",
        "de",
        "--param",
        "a=b",
        "--payload",
        "ack-1",
    ];
    assert_eq!(
        dry_run(&args),
        json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": ADA, "type": "template",
            "template": {
                "name": "squab_alert", "language": { "code": "de" },
                "components": [
                    { "type": "body", "parameters": [{ "type": "text", "text": "a=b" }] },
                    {
                        "type": "button", "sub_type": "quick_reply", "index": "0",
                        "parameters": [{ "type": "payload", "payload": "ack-1" }],
                    },
                ],
            },
        })
    );
    let body = dry_run(&["--to", ADA, "--template", "door", "--named", "--param", "room=3"]);
    assert_eq!(
        body["template"]["components"][0]["parameters"],
        json!([{ "type": "text", "parameter_name": "room", "text": "3" }])
    );
}

#[test]
fn a_dry_run_prints_the_body_of_every_kind() {
    let file = |value: Value| TempFile::with("json", value.to_string());
    let pin =
        json!({ "type": "pin", "pin": { "type": "pin", "message_id": "wamid.x", "expiration_days": 7 } });
    let raw = file(pin.clone());
    let sections = json!([{ "title": "Now", "rows": [{ "id": "a", "title": "A" }] }]);
    let list = file(json!({ "button": "Choose", "sections": sections }));
    let contact = file(json!({ "name": { "formatted_name": "Ada" }, "org": { "company": "Store" } }));
    let rows = "--text Who? --row a=A --row b=B=Soon --list-button Choose --section Now --footer F";
    let cases = [
        (
            "--image 1 --caption x",
            "/image",
            json!({ "id": "1", "caption": "x" }),
        ),
        (
            "--video https://e.org/v",
            "/video",
            json!({ "link": "https://e.org/v" }),
        ),
        ("--audio 1 --voice", "/audio", json!({ "id": "1", "voice": true })),
        (
            "--document 1 --filename a.pdf",
            "/document/filename",
            json!("a.pdf"),
        ),
        (
            "--sticker http://e.org/s",
            "/sticker/link",
            json!("http://e.org/s"),
        ),
        (
            "--location -37.5,12 --name Dock",
            "/location/latitude",
            json!("-37.5"),
        ),
        (
            "--location 1,2 --address Quay",
            "/location/address",
            json!("Quay"),
        ),
        (
            "--contact Ada=+1650",
            "/contacts/0/phones/0/phone",
            json!("+1650"),
        ),
        (
            &format!("--contact {}", contact.path()),
            "/contacts/0/org/company",
            json!("Store"),
        ),
        (
            "--reaction \u{1f44d} --message wamid.x",
            "/reaction/emoji",
            json!("\u{1f44d}"),
        ),
        (
            "--text x --button a=A --button b=B",
            "/interactive/action/buttons/1/reply/id",
            json!("b"),
        ),
        (
            "--text x --button a=A --image 1",
            "/interactive/header/image/id",
            json!("1"),
        ),
        (
            "--text x --button a=A --header H",
            "/interactive/header/text",
            json!("H"),
        ),
        (
            rows,
            "/interactive/action/sections/0/rows/1/description",
            json!("Soon"),
        ),
        (rows, "/interactive/footer/text", json!("F")),
        (
            &format!("--text x --list {}", list.path()),
            "/interactive/action/sections",
            sections,
        ),
        (
            "--text x --cta-url https://e.org --label Go",
            "/interactive/action/parameters/display_text",
            json!("Go"),
        ),
        (
            "--text x --location-request",
            "/interactive/action/name",
            json!("send_location"),
        ),
        (
            "--text x --contact-request",
            "/interactive/action/name",
            json!("request_contact_info"),
        ),
        (
            "--template t --image 1",
            "/template/components/0/parameters/0/image/id",
            json!("1"),
        ),
        (
            "--template t --code 123",
            "/template/components/1/parameters/0/text",
            json!("123"),
        ),
        (&format!("--raw {}", raw.path()), "/pin", pin["pin"].clone()),
        (
            "--text x --reply-to wamid.y",
            "/context/message_id",
            json!("wamid.y"),
        ),
        (
            "--json {\"text\":\"x\",\"context\":\"wamid.z\"}",
            "/context/message_id",
            json!("wamid.z"),
        ),
    ];
    for (options, pointer, expected) in cases {
        let args: Vec<_> = ["--to", ADA].into_iter().chain(options.split(' ')).collect();
        let body = dry_run(&args);
        assert_eq!(body.pointer(pointer), Some(&expected), "{options}: {body}");
    }
    let removed = dry_run(&["--to", ADA, "--reaction", "", "--message", "wamid.x"]);
    assert_eq!(
        removed["reaction"],
        json!({ "message_id": "wamid.x", "emoji": "" })
    );
    let line = r#"{"group":"g","text":"x","preview_url":true}"#;
    assert_eq!(dry_run(&["--json", line])["to"], "g");
}

#[test]
fn what_cannot_be_sent_is_one_plain_sentence_and_exit_code_1() {
    let too_long = "x".repeat(4_097);
    let cases: [(&[&str], &str); 12] = [
        (&["--to", "kitchen", "--text", "Hi"], "phone number"),
        (&["--to", "+123", "--text", "Hi"], "phone number"),
        (&["--to", ADA, "--text", &too_long], "4096"),
        (
            &["--to", ADA, "--template", "squab_alert", "--param", "a\tb"],
            "tab",
        ),
        (&["--to", ADA], "nothing is to be sent"),
        (&["--to", ADA, "--text", "Hi", "--image", "1"], "exclude"),
        (&["--to", ADA, "--audio", "1", "--caption", "x"], "media.caption"),
        (
            &["--to", ADA, "--text", "Hi", "--caption", "x"],
            "--caption goes with",
        ),
        (
            &["--to", ADA, "--text", "Hi", "--language", "de"],
            "--language goes with",
        ),
        (&["--to", ADA, "--text", "Hi", "--button", "a"], "ID=TITLE"),
        (&["--to", ADA, "--location", "1;2"], "LAT,LON"),
        (&["--to", ADA, "--raw", "/no/such/file"], "/no/such/file"),
    ];
    for (args, word) in cases {
        let run = run(&[&["send", "--dry-run"], args].concat(), b"");
        assert!(run.failure().contains(word), "{run:?}");
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_configuration_that_cannot_be_used_is_told_with_file_and_line_and_without_its_content() {
    let right = config_file();
    let no_comma = format!("name,value\nwhatsapp-api-key {}\n", cloud::TOKEN);
    let swapped = right.replace(
        &format!("whatsapp-api-key,{}", cloud::TOKEN),
        &format!("{},whatsapp-api-key", cloud::TOKEN),
    );
    let cases = [
        (no_comma.as_str(), "line 2"),
        (&swapped, "whatsapp-api-key"),
        ("name,value\n", "whatsapp-phone-number-id"),
    ];
    for (content, word) in cases {
        let file = TempFile::with("csv", content);
        let run = run(&["kiosk", "--no-webhooks", "--config", file.path()], b"");
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(
            run.stderr.contains(word) && run.stderr.contains(file.path()),
            "{run:?}"
        );
    }
    let missing = TempFile::new("csv");
    let run = run(&["kiosk", "--config", missing.path()], b"");
    assert!(run.failure().contains(missing.path()));
}

#[test]
fn a_webhook_with_the_right_signature_is_decoded() {
    for signature in [SIGNATURE, &format!("sha256={SIGNATURE}")] {
        let args = [
            "decode",
            "--app-secret",
            "test_app_secret",
            "--signature",
            signature,
        ];
        let run = run(&args, WEBHOOK);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        let lines = run.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        let message = &lines[0];
        assert_eq!(message["event"], "message");
        assert_eq!(message["from"], "16505551234");
        assert_eq!(message["name"], "J\u{f6}rg");
        assert_eq!(
            message["text"],
            "Gr\u{fc}\u{df}e \u{1f600} kiosk@example.com https://x.example/y"
        );
    }
}

#[test]
fn a_webhook_with_a_wrong_signature_or_cut_off_is_not_decoded() {
    let with = |secret: &str, signature: &str, body: &[u8]| {
        let args = ["decode", "--app-secret", secret, "--signature", signature];
        run(&args, body)
    };
    let wrong = SIGNATURE.replace("709a", "709b");
    let cases = [
        with("test_app_secret", &wrong, WEBHOOK),
        with("another_secret", SIGNATURE, WEBHOOK),
        with("test_app_secret", "sha256=12", WEBHOOK),
        with("test_app_secret", SIGNATURE, &WEBHOOK[..WEBHOOK.len() - 1]),
    ];
    for run in cases {
        assert!(run.failure().contains("signature"), "{run:?}");
        assert_eq!(run.stdout, "", "nothing is shown of what is not believed");
        assert!(!run.stderr.contains("_secret"));
    }
    let run = run(&["decode"], &WEBHOOK[..WEBHOOK.len() - 1]);
    assert!(run.failure().contains("malformed"), "{run:?}");
}

#[test]
fn kiosk_and_cloud_as_two_processes() {
    let cloud = CloudProcess::start();
    let config = TempFile::with("csv", config_file());
    let at = [
        "--config",
        config.path(),
        "--graph",
        &cloud.base_url,
        "--ca",
        cloud.ca.path(),
    ];
    let alert = json!({ "to": ADA, "text": "Water in the cellar", "ref": "w1" });
    let input = format!("{alert}\nno alert\n");
    let run = run(&[&["kiosk", "--no-webhooks"], &at[..]].concat(), input.as_bytes());
    assert_eq!(run.code, Some(0), "{run:?}");
    let lines = run.lines();
    let find = |name: &str| lines.iter().find(|line| line["event"] == name);
    assert_eq!(find("submitted").expect("submitted")["ref"], "w1");
    assert_eq!(find("refused").expect("refused")["line"], 2);
    assert!(find("accepted").expect("accepted")["id"].is_string());
    assert_eq!(find("outcome").expect("an outcome")["outcome"], "accepted");

    let sent = squab_tests::program::run(
        &[&["send", "--to", "+16505551235", "--text", "Hello"], &at[..]].concat(),
        b"",
    );
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let said = cloud.stop();
    assert_eq!(said.matches("accepted text").count(), 2, "{said}");
}

#[test]
fn a_message_that_was_not_accepted_is_exit_code_1() {
    let cloud = CloudProcess::start();
    let config = TempFile::with("csv", config_file());
    let at = ["--config", config.path(), "--graph", &cloud.base_url];
    let ca = ["--ca", cloud.ca.path()];
    let args = [&["send", "--to", ADA, "--template", "no_such"], &at[..], &ca[..]].concat();
    let refused = run(&args, b"");
    assert_eq!(refused.failure(), "the message was not accepted");
    let outcome = refused.lines().pop().expect("an outcome");
    assert_eq!(
        (&outcome["outcome"], &outcome["code"]),
        (&"failed".into(), &132_001.into())
    );
    let another = CloudProcess::start();
    let ca = ["--ca", another.ca.path()];
    let args = [
        &["send", "--to", ADA, "--text", "Hi", "--wait", "2s"],
        &at[..],
        &ca[..],
    ]
    .concat();
    let untrusted = run(&args, b"");
    assert_eq!(untrusted.failure(), "the message was not accepted");
    assert!(
        untrusted.stdout.contains("not issued by a trusted authority"),
        "{untrusted:?}"
    );
    assert_eq!(cloud.stop().matches("accepted").count(), 0);
}

#[test]
fn the_demo_loses_nothing_over_a_power_cut_and_its_alarms_are_answered() {
    let run = run(&["demo", "--for", "5s", "--json"], b"");
    assert_eq!(run.code, Some(0), "{run:?}");
    let last = run.lines().pop().expect("a last line");
    let figure = |name: &str| last[name].as_u64().unwrap_or_else(|| panic!("{name} in {last}"));
    assert!(figure("submitted") >= 30);
    assert_eq!(figure("accepted") + figure("merged"), figure("submitted"));
    assert_eq!(figure("delivered"), figure("accepted"));
    for name in [
        "merged",
        "read",
        "escalated",
        "told_who",
        "power_cuts",
        "open_at_cut",
    ] {
        assert!(figure(name) > 0, "{name} in {last}");
    }
    assert!(figure("acknowledged") >= 2);
    assert!(figure("restored") >= figure("open_at_cut"));
    assert!(figure("judged") >= figure("accepted"));
    for name in ["refused_by_pair_rule", "lost", "duplicates", "refused_lines"] {
        assert_eq!(figure(name), 0, "{name} in {last}");
    }
    assert!(figure("burst") >= 20, "a burst of 20 is among them");
}

#[test]
fn no_help_or_usage_shows_a_secret_of_the_simulated_cloud() {
    let help = run(&["send", "--help"], b"");
    assert_eq!(help.code, Some(0));
    let wrong = run(&["send", "--to", ADA], b"");
    assert_eq!(wrong.code, Some(2));
    assert!(SECRETS.iter().all(|secret| !wrong.stderr.contains(secret)));
}
