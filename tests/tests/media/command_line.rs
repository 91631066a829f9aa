//! `squab media`, `squab template`, `squab number`, and the kiosk's first question, as a user runs them.

use serde_json::{Value, json};
use squab::cloud;
use squab_tests::desk::config_file;
use squab_tests::program::{CloudProcess, Run, TempFile, run};

const TEMPLATE: &str = r#"
name = "cold_store_alarm"
language = "en_US"
category = "utility"
body = { text = "It is {{1}} degrees in there.", examples = ["-4"] }
buttons = [{ type = "quick_reply", text = "I am on it" }]
"#;

/// A cloud, and a configuration for it.
struct Bench {
    cloud: CloudProcess,
    config: TempFile,
}

impl Bench {
    fn new() -> Self {
        let account = format!("whatsapp-business-account-id,{}\n", cloud::BUSINESS_ACCOUNT_ID);
        Self {
            cloud: CloudProcess::start(),
            config: TempFile::with("csv", config_file() + &account),
        }
    }

    fn run(&self, args: &[&str]) -> Run {
        self.run_with(&self.config, args)
    }

    fn run_with(&self, config: &TempFile, args: &[&str]) -> Run {
        let at = [
            "--config",
            config.path(),
            "--graph",
            &self.cloud.base_url,
            "--ca",
            self.cloud.ca.path(),
        ];
        run(&[args, &at[..]].concat(), b"")
    }
}

#[test]
fn a_file_is_put_got_and_removed_by_its_id() {
    let bench = Bench::new();
    let content: Vec<u8> = (0..100_000u32).map(|n| ((n / 7) ^ (n / 251)) as u8).collect();
    let file = TempFile::with("png", &content);
    let put = bench.run(&["media", "put", file.path()]);
    assert_eq!((put.code, put.stderr.as_str()), (Some(0), ""));
    let id = put.stdout.trim_end();
    let got = TempFile::new("png");
    let get = bench.run(&["media", "get", id, "-o", got.path()]);
    assert_eq!(
        (get.code, get.stdout.as_str(), get.stderr.as_str()),
        (Some(0), "", "")
    );
    assert!(std::fs::read(got.path()).unwrap() == content);
    assert!(!std::path::Path::new(&format!("{}.part", got.path())).exists());
    let rm = bench.run(&["media", "rm", id]);
    assert_eq!((rm.code, rm.stderr.as_str()), (Some(0), ""));
    let none = TempFile::new("png");
    let gone = bench.run(&["media", "get", id, "-o", none.path()]);
    assert!(gone.failure().contains("100"), "{gone:?}");
    assert!(
        !std::path::Path::new(none.path()).exists(),
        "no file that is none"
    );
    assert_eq!(bench.run(&["media", "rm", id]).code, Some(1));
}

#[test]
fn standard_output_takes_a_file_too() {
    let bench = Bench::new();
    let file = TempFile::with("txt", "A text.");
    let put = bench.run(&["media", "put", file.path()]);
    let get = bench.run(&["media", "get", put.stdout.trim_end(), "-o", "-"]);
    assert_eq!((get.code, get.stdout.as_str()), (Some(0), "A text."));
}

#[test]
fn what_meta_would_not_take_is_one_plain_sentence_and_nothing_is_sent() {
    let bench = Bench::new();
    for (end, content, word) in [
        ("gif", vec![1], "media type"),
        ("png", Vec::new(), "empty"),
        ("webp", vec![0; 100_001], "100001"),
    ] {
        let file = TempFile::with(end, content);
        let put = bench.run(&["media", "put", file.path()]);
        assert!(put.failure().contains(word), "{put:?}");
    }
    let file = TempFile::with("png", "x");
    let put = bench.run(&["media", "put", file.path(), "--type", "image/gif"]);
    assert!(put.failure().contains("media type"), "{put:?}");
    assert!(!bench.cloud.stop().contains("media"));
}

#[test]
fn a_template_is_created_listed_and_looked_up() {
    let bench = Bench::new();
    let file = TempFile::with("toml", TEMPLATE);
    let created = bench.run(&["template", "create", file.path()]);
    assert_eq!(created.code, Some(0), "{created:?}");
    let created = &created.lines()[0];
    assert_eq!(
        (&created["status"], &created["category"]),
        (&json!("PENDING"), &json!("UTILITY"))
    );
    let again = bench.run(&["template", "create", file.path()]);
    assert!(again.failure().contains("100"), "{again:?}");

    let list = bench.run(&["template", "list"]).lines();
    let find = |name: &str| {
        list.iter()
            .find(|line| line["name"] == name)
            .cloned()
            .unwrap_or(Value::Null)
    };
    assert_eq!(find("squab_alert")["status"], "APPROVED");
    assert_eq!(find("cold_store_alarm")["id"], created["id"]);

    let status = bench.run(&["template", "status", "cold_store_alarm", "--language", "en_US"]);
    let line = &status.lines()[0];
    assert_eq!(
        (&line["language"], &line["id"]),
        (&json!("en_US"), &created["id"])
    );
    let other = bench.run(&["template", "status", "cold_store_alarm", "--language", "de"]);
    assert_eq!(other.failure(), "there is no such template");
}

#[test]
fn a_template_that_meta_would_refuse_is_not_sent_and_the_account_is_asked_for() {
    let bench = Bench::new();
    let file = TempFile::with("toml", TEMPLATE.replace("[\"-4\"]", "[]"));
    let refused = bench.run(&["template", "create", file.path()]);
    assert!(refused.failure().contains("examples"), "{refused:?}");
    let config = TempFile::with("csv", config_file());
    let file = TempFile::with("toml", TEMPLATE);
    for args in [&["template", "create", file.path()][..], &["template", "list"]] {
        let missing = bench.run_with(&config, args);
        assert!(
            missing.failure().contains("whatsapp-business-account-id"),
            "{missing:?}"
        );
    }
    let dry = bench.run_with(&config, &["template", "create", file.path(), "--dry-run"]);
    assert_eq!(
        dry.lines()[0]["components"][0]["example"],
        json!({ "body_text": [["-4"]] })
    );
}

#[test]
fn the_number_tells_of_itself_and_the_kiosk_asks_it_at_its_start() {
    let bench = Bench::new();
    let number = bench.run(&["number"]).lines().remove(0);
    assert_eq!(
        (&number["status"], &number["quality"], &number["limit"]),
        (&json!("CONNECTED"), &json!("GREEN"), &json!("TIER_2K"))
    );
    let older = format!("{}whatsapp-api-version,v23.0\n", config_file());
    let older = bench.run_with(&TempFile::with("csv", older), &["number"]);
    assert_eq!(older.lines()[0]["limit"], "TIER_2K", "by its older name");

    let at = [
        "--config",
        bench.config.path(),
        "--graph",
        &bench.cloud.base_url,
        "--ca",
        bench.cloud.ca.path(),
    ];
    let alert = json!({ "to": "+16505551234", "text": "Water in the cellar" });
    // The second has to wait, so that the kiosk runs for some time.
    let input = format!("{alert}\n{alert}\n");
    let kiosk = run(&[&["kiosk", "--no-webhooks"], &at[..]].concat(), input.as_bytes());
    assert_eq!(kiosk.code, Some(0), "{kiosk:?}");
    let line = kiosk.lines().into_iter().find(|line| line["event"] == "number");
    assert_eq!(
        line,
        Some(
            json!({ "event": "number", "quality": "GREEN", "limit": "TIER_2K", "status": "CONNECTED", "name": "Squab Test" })
        )
    );
}
