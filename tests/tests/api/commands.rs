//! `squab trigger`, `squab listen` and `squab replay` as a user runs them, against a cloud over TLS.

use super::*;
use squab_tests::program::{CloudProcess, TempFile, run, squab};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

/// Lines of a program's output until one of them has this in it.
fn until(lines: &mut impl Iterator<Item = std::io::Result<String>>, what: &str) -> String {
    let line = lines
        .map(|line| line.expect("text"))
        .find(|line| line.contains(what));
    line.unwrap_or_else(|| panic!("it ended without {what}"))
}

#[tokio::test]
async fn what_is_triggered_comes_through_listen_byte_for_byte_and_once_more_by_replay() {
    let mut hook = Subscriber::start().await;
    let url = hook.url.clone();
    let commands = tokio::task::spawn_blocking(move || {
        let cloud = CloudProcess::start();
        let at = ["--cloud", &cloud.base_url, "--ca", cloud.ca.path()];
        let record = TempFile::new("jsonl");
        let mut listen = Command::new(squab())
            .args(["listen", "--forward-to", &url, "--record", record.path()])
            .args(at)
            .stdout(Stdio::piped())
            .spawn()
            .expect("squab starts");
        let mut lines = BufReader::new(listen.stdout.take().expect("a pipe")).lines();
        until(&mut lines, "webhooks of");
        let text = ["trigger", "message.text", "--from", ADA, "--text", "Grüße 😀"];
        let run_text = run(&[&text[..], &at[..]].concat(), b"");
        assert_eq!(run_text.code, Some(0), "{run_text:?}");
        assert!(run_text.stdout.starts_with("message.text wamid."), "{run_text:?}");
        assert!(until(&mut lines, "messages text").contains("…1234: 200 in "));
        let _ = listen.kill();
        let _ = listen.wait();
        #[cfg(unix)]
        {
            let recording = std::fs::metadata(record.path()).expect("the recording");
            let mode = std::os::unix::fs::MetadataExt::mode(&recording);
            assert_eq!(mode & 0o077, 0, "its owner's only");
        }
        let replayed = run(&["replay", record.path(), "--to", &url], b"");
        assert_eq!(
            (replayed.code, replayed.stdout.as_str()),
            (Some(0), "messages text …1234: 200\n")
        );
        let nowhere = run(&["replay", record.path(), "--to", "http://127.0.0.1:9/"], b"");
        assert_eq!(nowhere.failure(), "1 of 1 were not taken");
        let wrong = run(&[&["trigger", "message.fax"], &at[..]].concat(), b"");
        assert_eq!(
            wrong.failure(),
            "no trigger is called message.fax; squab trigger --list names them"
        );
        let untrusted = run(&["trigger", "message.text", "--cloud", &cloud.base_url], b"");
        assert!(untrusted.failure().contains("--ca FILE"));
        let list = run(&["trigger", "--list"], b"");
        assert_eq!(list.stdout.lines().count(), squab::cloud::TRIGGERS.len());
    });
    commands.await.expect("the commands do as they should");
    let (first, second) = (raw(&mut hook).await, raw(&mut hook).await);
    assert_eq!(first, second, "signature and body, from {}", hook.url);
    assert!(first.1.contains(r"Gr\u00fc\u00dfe \ud83d\ude00"), "{}", first.1);
    assert_eq!(
        first.0,
        squab::cloud::signature(squab::cloud::APP_SECRET, first.1.as_bytes())
    );
}

#[test]
fn the_cloud_says_where_page_and_test_api_are_and_for_whom() {
    for (option, whom) in [
        (None, "for this machine only"),
        (Some("--open-page"), "for everybody"),
    ] {
        let mut cloud = Command::new(squab())
            .args(["cloud", "--plain", "--listen", "127.0.0.1:0"])
            .args(option)
            .stdout(Stdio::piped())
            .spawn()
            .expect("squab starts");
        let mut lines = BufReader::new(cloud.stdout.take().expect("a pipe")).lines();
        assert!(until(&mut lines, "page:").ends_with("/squab/"));
        let api = until(&mut lines, "test API:");
        assert!(api.contains("/squab/api/v1 ") && api.contains(whom), "{api}");
        let _ = cloud.kill();
        let _ = cloud.wait();
    }
}
