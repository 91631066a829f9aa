//! `squab replay`: webhooks that `squab listen` recorded, once more.

use super::listen::{check, forwarder, pass, told};
use super::{Failure, print, read};
use clap::Args;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Uri};
use serde::{Deserialize, Serialize};
use squab::cloud::signature;
use std::path::PathBuf;
use std::time::Duration;

/// Send recorded webhooks to your endpoint again, signed, in their order
#[derive(Args)]
pub(crate) struct Replay {
    /// What `squab listen --record` has written
    file: PathBuf,
    /// Your webhook endpoint
    #[arg(long, value_name = "URL")]
    to: Uri,
    /// Sign with this app secret; else the signatures are those that were recorded
    #[arg(long, value_name = "SECRET")]
    app_secret: Option<String>,
    /// Leave as much time between them as there was; else each follows the answer to the one before
    #[arg(long)]
    in_time: bool,
}

/// One webhook, a line of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recorded {
    /// When, in milliseconds since the recording began.
    pub(crate) at_ms: u64,
    /// Its `X-Hub-Signature-256`.
    pub(crate) signature: String,
    /// Its body, byte for byte: Meta's is ASCII.
    pub(crate) body: String,
}

/// The lines of a file; the error names the line.
fn parse(text: &str) -> Result<Vec<Recorded>, String> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let parse = |(at, line)| serde_json::from_str(line).map_err(|error| format!("line {}: {error}", at + 1));
    lines.map(parse).collect()
}

/// Sends all of them; fails at the end if one was not taken.
pub(crate) async fn run(args: Replay) -> Result<(), Failure> {
    check(&args.to)?;
    let all = parse(&read(&args.file)?).map_err(|error| format!("{}: {error}", args.file.display()))?;
    let client = forwarder();
    let (mut last, mut refused) = (all.first().map_or(0, |one| one.at_ms), 0);
    for one in &all {
        if args.in_time {
            tokio::time::sleep(Duration::from_millis(one.at_ms.saturating_sub(last))).await;
            last = one.at_ms;
        }
        let signature = match &args.app_secret {
            Some(secret) => signature(secret, one.body.as_bytes()),
            None => one.signature.clone(),
        };
        let request = Request::post(&args.to)
            .header("Content-Type", "application/json")
            .header("User-Agent", "facebookexternalua")
            .header("X-Hub-Signature-256", signature)
            .body(Full::new(Bytes::from(one.body.clone())))?;
        let what = told(&one.body);
        match pass(&client, request).await {
            Ok(answer) => {
                refused += usize::from(answer.status() != 200);
                print(format_args!("{what}: {}", answer.status().as_u16()));
            }
            Err(why) => {
                refused += 1;
                print(format_args!("{what}: {why}"));
            }
        }
    }
    if refused > 0 {
        return Err(format!("{refused} of {} were not taken", all.len()).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_read_line_by_line_and_an_error_names_its_line() {
        let line = r#"{"at_ms":1,"signature":"sha256=0","body":"{\"a\":\"\\u00e4\"}"}"#;
        let all = parse(&format!("{line}\n\n{line}\n")).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].body, r#"{"a":"\u00e4"}"#);
        let error = parse(&format!("{line}\n{{}}\n")).err().unwrap();
        assert!(error.starts_with("line 2: "), "{error}");
    }
}
