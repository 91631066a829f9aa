//! `squab kiosk --journal` is killed in the middle of a burst and started again: nothing lost, nothing twice.

use serde_json::json;
use squab::cloud::{Cloud, CloudHandle, CloudSettings, UserBehaviour};
use squab_tests::board::free_port;
use squab_tests::desk::{config_file, run_within};
use squab_tests::ledger::Ledger;
use squab_tests::program::{TempFile, squab};
use squab_tests::raw::PATH;
use squab_tests::terminal::Terminal;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Alerts of the burst, and to how many users.
const ALERTS: u64 = 60;
const USERS: u64 = 12;
/// Real time until an event: what may have been sent is sent again after a minute without a word.
const EVENT: Duration = Duration::from_mins(3);

/// `squab kiosk` as a user starts it.
struct Process {
    terminal: Terminal<ChildStdin, ChildStdout>,
    child: Child,
}

/// What the lives of one kiosk have in common.
struct Kiosk {
    config: TempFile,
    ca: TempFile,
    journal: TempFile,
    graph: String,
    webhooks: SocketAddr,
}

impl Kiosk {
    fn at(cloud: &CloudHandle) -> Self {
        Self {
            config: TempFile::with("csv", config_file()),
            ca: TempFile::with("pem", cloud.ca_pem()),
            journal: TempFile::new("journal"),
            graph: cloud.base_url(),
            webhooks: free_port(),
        }
    }

    async fn start(&self) -> Process {
        let mut child = Command::new(squab())
            .args(["kiosk", "--config", self.config.path(), "--ca", self.ca.path()])
            .args(["--graph", &self.graph, "--listen", &self.webhooks.to_string()])
            .args(["--journal", self.journal.path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("squab starts");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (stdin, stdout) = stdin.zip(stdout).expect("pipes");
        let mut terminal = Terminal::new(stdin, stdout, EVENT);
        terminal.event(&json!({ "event": "started" })).await;
        Process { terminal, child }
    }
}

#[test]
fn a_kiosk_that_is_killed_in_the_middle_of_a_burst_loses_nothing_and_sends_nothing_twice_without_a_word() {
    // Built before the time runs.
    squab();
    run_within(EVENT + Duration::from_mins(1), async {
        let settings = CloudSettings {
            anyone: UserBehaviour {
                delivered_after: Duration::from_millis(100),
                read_after: Some(Duration::from_millis(200)),
                ..UserBehaviour::default()
            },
            ..CloudSettings::default()
        };
        let cloud = Cloud::start(settings).await.expect("a cloud on a free port");
        let kiosk = Kiosk::at(&cloud);
        let mut ledger = Ledger::default();

        let Process {
            mut terminal,
            mut child,
        } = kiosk.start().await;
        cloud
            .subscribe(&format!("http://{}{PATH}", kiosk.webhooks))
            .await
            .expect("the endpoint is verified");
        for number in 0..ALERTS {
            let to = format!("+1650557{:04}", number % USERS);
            let alert = json!({ "to": to, "text": format!("Alarm {number}"), "priority": "urgent" });
            terminal.write(&alert.to_string()).await;
        }
        for _ in 0..fastrand::usize(1..30) {
            terminal.event(&json!({ "event": "accepted" })).await;
        }
        child.kill().await.expect("it runs");
        // What it had said, up to the middle of a line.
        while let Ok(Some(_)) = terminal.next().await {}
        terminal.seen.iter().for_each(|event| ledger.enter(event));
        assert!(ledger.open() > 0, "it was killed in the middle");

        let Process {
            mut terminal,
            mut child,
        } = kiosk.start().await;
        // Lines that were not read before the kill are the sender's to repeat.
        terminal.close().await;
        while let Some(event) = terminal.next().await.expect("JSON") {
            ledger.enter(&event);
        }
        assert!(child.wait().await.expect("it ends").success());
        terminal.seen.iter().for_each(|event| ledger.enter(event));
        println!("{:?}", ledger.judge(&cloud));

        // Nothing is left over.
        let Process {
            mut terminal,
            mut child,
        } = kiosk.start().await;
        terminal.close().await;
        let events = terminal.rest().await.expect("it ends at once");
        let restored = events.iter().any(|event| event["event"] == "restored");
        assert!(!restored, "{events:?}");
        assert!(child.wait().await.expect("it ends").success());
    });
}

#[test]
fn a_file_that_is_no_journal_is_refused_and_left_as_it_is() {
    squab();
    run_within(EVENT, async {
        let cloud = Cloud::start(CloudSettings::default()).await.expect("a cloud");
        let kiosk = Kiosk {
            journal: TempFile::with("txt", "my letters"),
            ..Kiosk::at(&cloud)
        };
        let args = ["kiosk", "--config", kiosk.config.path(), "--no-webhooks"];
        let args = [&args[..], &["--journal", kiosk.journal.path()]].concat();
        let run = squab_tests::program::run(&args, b"");
        let why = format!(
            "the journal {}: it is there, and is no journal of a desktop's kiosk",
            kiosk.journal.path()
        );
        assert_eq!(run.failure(), why);
        let there = std::fs::read_to_string(kiosk.journal.path()).expect("it is there");
        assert_eq!(there, "my letters");
    });
}
