//! The `squab` binary as a user runs it: arguments, standard input, standard output, exit code.

use crate::terminal::assert_no_secret;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

/// The built binary, in the same profile as the tests.
///
/// # Panics
/// If it cannot be built.
pub fn squab() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build
            .args(["build", "--package", "squab", "--bin", "squab"])
            .args(["--message-format", "json-render-diagnostics"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit());
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let output = build.output().expect("cargo runs");
        assert!(output.status.success(), "squab does not build");
        let binary = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message["target"]["name"] == "squab")
            .find_map(|message| message["executable"].as_str().map(PathBuf::from));
        binary.expect("cargo says where the binary is")
    })
}

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    /// Exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// # Panics
    /// If a secret is in its output.
    pub fn new(output: &Output) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let run = Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        assert_no_secret(&run.stdout);
        assert_no_secret(&run.stderr);
        run
    }

    /// Standard output as JSON Lines.
    ///
    /// # Panics
    /// If a line is none.
    pub fn lines(&self) -> Vec<Value> {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        self.stdout.lines().map(read).collect()
    }

    /// Standard error, if it is the one line of a failure, without the program's name.
    ///
    /// # Panics
    /// If it is not.
    pub fn failure(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        let line = self.stderr.trim_end().strip_prefix("squab: ");
        let line = line.filter(|line| !line.contains('\n'));
        line.unwrap_or_else(|| panic!("no single line: {}", self.stderr))
    }
}

/// Runs `squab` to its end.
///
/// # Panics
/// If it cannot be started, or shows a secret.
pub fn run(args: &[&str], input: &[u8]) -> Run {
    let mut child = Command::new(squab())
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("squab starts");
    if let Some(mut stdin) = child.stdin.take() {
        // It may end without reading.
        let _ = stdin.write_all(input);
    }
    Run::new(&child.wait_with_output().expect("squab ends"))
}

/// A file that is removed at the end of its test.
#[derive(Debug)]
pub struct TempFile(PathBuf);

impl TempFile {
    /// A name that nobody else has, and no file yet.
    pub fn new(extension: &str) -> Self {
        let name = format!(
            "squab-{}-{:016x}.{extension}",
            std::process::id(),
            fastrand::u64(..)
        );
        Self(std::env::temp_dir().join(name))
    }

    /// With this content.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn with(extension: &str, content: impl AsRef<[u8]>) -> Self {
        let file = Self::new(extension);
        std::fs::write(&file.0, content).expect("a temporary file");
        file
    }

    /// Its path.
    ///
    /// # Panics
    /// If the system's directory for temporary files has no name in UTF-8.
    pub fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// `squab cloud` on a free port, until it is dropped.
pub struct CloudProcess {
    child: Child,
    /// Its base URL.
    pub base_url: String,
    /// The authority that its clients have to trust.
    pub ca: TempFile,
}

impl CloudProcess {
    /// Starts it.
    ///
    /// # Panics
    /// If it does not say where it is.
    pub fn start() -> Self {
        let ca = TempFile::new("pem");
        let mut child = Command::new(squab())
            .args(["cloud", "--listen", "127.0.0.1:0", "--ca-out", ca.path()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("squab starts");
        let mut base_url = String::new();
        let mut lines = BufReader::new(child.stdout.as_mut().expect("its output")).lines();
        for line in lines.by_ref() {
            let line = line.expect("text");
            assert_no_secret(&line);
            if let Some(url) = line.strip_prefix("the cloud: ") {
                url.clone_into(&mut base_url);
            }
            if line.starts_with("authority: ") {
                break;
            }
        }
        assert!(!base_url.is_empty(), "it says where it is");
        Self { child, base_url, ca }
    }

    /// Ends it; what it said meanwhile.
    ///
    /// # Panics
    /// If it has ended by itself, or shows a secret.
    pub fn stop(mut self) -> String {
        self.child.kill().expect("it runs");
        let mut said = String::new();
        for mut pipe in [
            self.child
                .stdout
                .take()
                .map(|pipe| Box::new(pipe) as Box<dyn Read>),
            self.child
                .stderr
                .take()
                .map(|pipe| Box::new(pipe) as Box<dyn Read>),
        ]
        .into_iter()
        .flatten()
        {
            pipe.read_to_string(&mut said).expect("text");
        }
        assert_no_secret(&said);
        said
    }
}

impl Drop for CloudProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
