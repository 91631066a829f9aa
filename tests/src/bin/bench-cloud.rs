//! How much the simulated cloud takes. `cargo xtask bench cloud` runs this.
//!
//! The clouds, one for each number, are a process of their own with one thread, as `squab cloud` has; this one sends texts over
//! connections that are kept, through TLS. Every message is judged: each recipient gets one in a while, so that the pair rule
//! refuses none. Nobody subscribes to webhooks.

use lexopt::prelude::{Long, ValueExt};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use squab::cloud::{Cloud, CloudSettings, Rules, TOKEN};
use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Business numbers.
const NUMBERS: usize = 30;
/// Connections to each of them.
const CONNECTIONS: usize = 2;
/// As fast as it goes: so many messages.
const HURRIED: u64 = 60_000;
/// At a steady rate: messages a second, and for how long.
const RATE: u64 = 500;
const STEADY: Duration = Duration::from_secs(20);
/// For the memory, to one number: when it is looked at.
const LOOKS: [u64; 3] = [100_000, 500_000, 1_000_000];
/// Recipients: each gets its next message after more than 6 s at up to 40,000 messages a second.
const RECIPIENTS: u64 = 250_000;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench-cloud: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let mut args = lexopt::Parser::from_env();
    let (mut serve, mut json, mut messages) = (None, false, LOOKS[2]);
    while let Some(arg) = args.next()? {
        match arg {
            Long("serve") => serve = Some(args.value()?.parse()?),
            Long("json") => json = true,
            Long("messages") => messages = args.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match serve {
        Some(numbers) => runtime.block_on(clouds(numbers)),
        None => runtime.block_on(measure(json, messages)),
    }
}

/// The other process: so many clouds, told in one line, until standard input ends.
async fn clouds(numbers: usize) -> Result<(), Failure> {
    let mut handles = Vec::new();
    for _ in 0..numbers {
        let settings = CloudSettings {
            rules: Rules {
                // How much it takes is the question.
                throughput: None,
                ..Rules::default()
            },
            ..CloudSettings::default()
        };
        handles.push(Cloud::start(settings).await?);
    }
    let told: Vec<_> = handles
        .iter()
        .map(|cloud| json!({ "port": cloud.addr().port(), "ca": cloud.ca_pem() }))
        .collect();
    println!("{}", json!(told));
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await??;
    let taken: u64 = handles.iter().map(|cloud| cloud.summary().accepted).sum();
    // Whoever started it may have gone.
    let _ = writeln!(std::io::stdout(), "{taken}");
    Ok(())
}

/// The process with the clouds.
struct Clouds {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
    tls: TlsConnector,
    ports: Vec<u16>,
}

impl Clouds {
    fn start(numbers: usize) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", &numbers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let told: Vec<Value> = serde_json::from_str(&line)?;
        let mut roots = rustls::RootCertStore::empty();
        let mut ports = Vec::new();
        for cloud in &told {
            let pem = cloud["ca"].as_str().unwrap_or_default();
            roots.add(CertificateDer::from_pem_slice(pem.as_bytes())?)?;
            ports.push(u16::try_from(cloud["port"].as_u64().unwrap_or_default())?);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            child,
            said,
            tls: TlsConnector::from(Arc::new(config)),
            ports,
        })
    }

    /// Every number has so many connections.
    async fn connect(&self, each: usize) -> Result<Vec<Connection>, Failure> {
        let mut connections = Vec::new();
        for port in self.ports.iter().cycle().take(self.ports.len() * each) {
            let stream = TcpStream::connect(("127.0.0.1", *port)).await?;
            stream.set_nodelay(true)?;
            let name = ServerName::try_from("localhost")?;
            let stream = self.tls.connect(name, stream).await?;
            connections.push(Connection {
                stream,
                answer: Vec::new(),
            });
        }
        Ok(connections)
    }

    /// Resident memory of the process in KiB, where the system tells it.
    fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    /// Ends it; how many messages it took.
    fn end(mut self) -> Result<u64, Failure> {
        drop(self.child.stdin.take());
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        self.child.wait()?;
        Ok(line.trim().parse()?)
    }
}

/// One kept connection.
struct Connection {
    stream: TlsStream<TcpStream>,
    answer: Vec<u8>,
}

impl Connection {
    /// Sends the message with this number, and waits for the answer; its status.
    async fn send(&mut self, message: u64) -> Result<u16, Failure> {
        let to = 15_552_000_000 + message % RECIPIENTS;
        let body = format!(
            "{{\"messaging_product\":\"whatsapp\",\"recipient_type\":\"individual\",\"to\":\"+{to}\",\"type\":\"text\",\
             \"text\":{{\"body\":\"Room 3 at -17.5 °C, limit -18 °C\"}},\"biz_opaque_callback_data\":\"bench-{message}.1\"}}"
        );
        let request = format!(
            "POST /v25.0/{}/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            squab::cloud::PHONE_NUMBER_ID,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err("the cloud closed a kept connection".into());
            }
            if let Some((status, length)) = head(&self.answer)
                && self.answer.len() >= length
            {
                return Ok(status);
            }
        }
    }
}

/// Status and whole length of an answer, once its head is there.
fn head(answer: &[u8]) -> Option<(u16, usize)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..end]).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    })?;
    Some((status, end + length))
}

/// Latencies of what was taken, and how much was not.
#[derive(Default)]
struct Seen {
    latencies: Vec<Duration>,
    refused: u64,
}

impl Seen {
    fn count(&mut self, status: u16, latency: Duration) {
        if status == 200 {
            self.latencies.push(latency);
        } else {
            self.refused += 1;
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.latencies.extend(other.latencies);
        self.refused += other.refused;
        self
    }

    fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.latencies.len() * percent).div_ceil(100).saturating_sub(1);
        self.latencies.get(rank).copied().unwrap_or_default()
    }
}

/// Every connection sends as soon as it has its answer, until `total` messages are sent.
async fn hurry(
    connections: &mut Vec<Connection>,
    next: &Arc<AtomicU64>,
    total: u64,
) -> Result<Seen, Failure> {
    let mut tasks = JoinSet::new();
    for mut connection in connections.drain(..) {
        let next = Arc::clone(next);
        tasks.spawn(async move {
            let mut seen = Seen::default();
            loop {
                let message = next.fetch_add(1, Ordering::Relaxed);
                if message >= total {
                    next.fetch_sub(1, Ordering::Relaxed);
                    return Ok::<_, Failure>((connection, seen));
                }
                let began = Instant::now();
                let status = connection.send(message).await?;
                seen.count(status, began.elapsed());
            }
        });
    }
    collect(tasks, connections).await
}

/// Together the connections send [`RATE`] messages a second, each at its own moment. A latency counts from the moment at which
/// the message should have gone, so that a cloud that stops for a while does not hide it.
async fn steady(connections: &mut Vec<Connection>, first: u64) -> Result<Seen, Failure> {
    let mut tasks = JoinSet::new();
    let (lanes, start) = (connections.len() as u64, Instant::now());
    let total = RATE * STEADY.as_secs();
    for (lane, mut connection) in connections.drain(..).enumerate() {
        tasks.spawn(async move {
            let mut seen = Seen::default();
            for message in (lane as u64..total).step_by(lanes as usize) {
                let due = start + Duration::from_micros(message * 1_000_000 / RATE);
                tokio::time::sleep_until(due.into()).await;
                let status = connection.send(first + message).await?;
                seen.count(status, due.elapsed());
            }
            Ok::<_, Failure>((connection, seen))
        });
    }
    collect(tasks, connections).await
}

async fn collect(
    mut tasks: JoinSet<Result<(Connection, Seen), Failure>>,
    connections: &mut Vec<Connection>,
) -> Result<Seen, Failure> {
    let mut all = Seen::default();
    while let Some(done) = tasks.join_next().await {
        let (connection, seen) = done??;
        connections.push(connection);
        all = all.join(seen);
    }
    all.latencies.sort_unstable();
    Ok(all)
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

async fn measure(as_json: bool, messages: u64) -> Result<(), Failure> {
    let say = |line: String| {
        if !as_json {
            println!("{line}");
            let _ = std::io::stdout().flush();
        }
    };
    let clouds = Clouds::start(NUMBERS)?;
    let mut connections = clouds.connect(CONNECTIONS).await?;
    let next = Arc::new(AtomicU64::new(0));
    // The first tenth warms up.
    hurry(&mut connections, &next, HURRIED / 10).await?;
    let began = Instant::now();
    let fast = hurry(&mut connections, &next, HURRIED).await?;
    let seconds = began.elapsed().as_secs_f64();
    let sent = f64::from(u32::try_from(HURRIED - HURRIED / 10)?);
    let a_second = (sent / seconds).round();
    say(format!(
        "{NUMBERS} numbers, {} kept connections over TLS: {a_second} messages a second (goal 2,000), {} refused, \
         p50 {} ms, p99 {} ms",
        connections.len(),
        fast.refused,
        ms(fast.percentile(50)),
        ms(fast.percentile(99))
    ));
    let slow = steady(&mut connections, HURRIED).await?;
    say(format!(
        "at {RATE} messages a second for {} s: p50 {} ms, p99 {} ms (goal 20 ms), longest {} ms, {} refused",
        STEADY.as_secs(),
        ms(slow.percentile(50)),
        ms(slow.percentile(99)),
        ms(slow.percentile(100)),
        slow.refused
    ));
    drop(connections);
    let taken = clouds.end()?;
    let counted = HURRIED / 10 + (fast.latencies.len() + slow.latencies.len()) as u64;
    if taken != counted {
        return Err(format!("the clouds took {taken} messages, and {counted} were answered with 200").into());
    }
    let clouds = Clouds::start(1)?;
    let mut connections = clouds.connect(8).await?;
    let next = Arc::new(AtomicU64::new(0));
    let (mut looks, mut refused) = (Vec::new(), 0);
    for look in LOOKS.map(|look| look * messages / LOOKS[2]) {
        refused += hurry(&mut connections, &next, look).await?.refused;
        let memory = clouds.memory();
        let shown = memory.map_or("not known".to_owned(), |kib| format!("{} MiB", kib / 1_024));
        say(format!(
            "memory of a cloud with one number after {look} messages: {shown}"
        ));
        looks.push(json!({ "messages": look, "kib": memory }));
    }
    say(format!("{refused} of them refused"));
    drop(connections);
    clouds.end()?;
    if as_json {
        let figures = json!({
            "numbers": NUMBERS,
            "messages_a_second": a_second,
            "hurried": { "p50_ms": ms(fast.percentile(50)), "p99_ms": ms(fast.percentile(99)), "refused": fast.refused },
            "steady": {
                "messages_a_second": RATE,
                "p50_ms": ms(slow.percentile(50)),
                "p99_ms": ms(slow.percentile(99)),
                "max_ms": ms(slow.percentile(100)),
                "refused": slow.refused,
            },
            "memory": looks,
            "memory_refused": refused,
        });
        println!("{figures:#}");
    }
    Ok(())
}
