//! Certificates that a kiosk has to judge: five chains to accept and fifteen to refuse, made with openssl.
//!
//! What lies in the directory afterwards: `roots.pem`, which the kiosk is to trust; for each case a chain as the server
//! shows it and its key; and `cases.json`, which says which is which. openssl itself has to judge each as it says.

use crate::debian;
use crate::workspace::{self, Workspace, programs};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DEBIAN_PACKAGES: [&str; 1] = ["openssl"];
/// The server by its address, as an emulated board sees the host, and by a name.
const ADDRESS: &str = "10.0.2.2";
const NAMES: &str = "subjectAltName=IP:10.0.2.2,DNS:graph.squab.test\n";
const OTHER_NAMES: &str = "subjectAltName=IP:10.0.2.9,DNS:graph.elsewhere.test\n";
const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const LAST_CA: &str = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n";
const CA_THAT_MAY_NOT_SIGN: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature\n";
const CA_FOR_ELSEWHERE: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
                                nameConstraints=critical,permitted;DNS:elsewhere.test,permitted;IP:192.168.0.0/255.255.0.0\n";
const SERVER: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                      extendedKeyUsage=serverAuth\n";
const SERVER_WITHOUT_CONSTRAINTS: &str = "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n";
const CLIENT: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                      extendedKeyUsage=clientAuth\n";

/// First and last day: good for as long as this is likely to be run, over, and to come.
type Days = (&'static str, &'static str);
const NOW: Days = ("20200101000000Z", "20491231000000Z");
const OVER: Days = ("20200101000000Z", "20210101000000Z");
const TO_COME: Days = ("20480101000000Z", "20491231000000Z");

#[derive(Clone, Copy)]
enum Key {
    P256,
    Rsa2048,
}

struct Certificate {
    name: &'static str,
    subject: &'static str,
    /// The certificate that signs it: itself for a root.
    issuer: &'static str,
    key: Key,
    days: Days,
    /// Lines of openssl's extension file.
    extensions: [&'static str; 2],
}

const fn authority(name: &'static str, issuer: &'static str, extensions: &'static str) -> Certificate {
    Certificate {
        name,
        subject: name,
        issuer,
        key: Key::P256,
        days: NOW,
        extensions: [extensions, ""],
    }
}

const fn server(name: &'static str, issuer: &'static str) -> Certificate {
    Certificate {
        name,
        subject: "graph.squab.test",
        issuer,
        key: Key::P256,
        days: NOW,
        extensions: [SERVER, NAMES],
    }
}

/// In an order in which each one's issuer comes first.
const CERTIFICATES: [Certificate; 27] = [
    authority("root", "root", CA),
    Certificate {
        key: Key::Rsa2048,
        ..authority("root-rsa", "root-rsa", CA)
    },
    authority("other-root", "other-root", CA),
    Certificate {
        subject: "root",
        ..authority("fake-root", "fake-root", CA)
    },
    authority("issuer", "root", CA),
    Certificate {
        key: Key::Rsa2048,
        ..authority("issuer-rsa", "root-rsa", CA)
    },
    authority("second-issuer", "issuer", CA),
    authority("last-issuer", "root", LAST_CA),
    authority("issuer-too-many", "last-issuer", CA),
    authority("issuer-that-may-not-sign", "root", CA_THAT_MAY_NOT_SIGN),
    authority("issuer-for-elsewhere", "root", CA_FOR_ELSEWHERE),
    Certificate {
        days: OVER,
        ..authority("expired-issuer", "root", CA)
    },
    server("leaf", "issuer"),
    Certificate {
        key: Key::Rsa2048,
        ..server("leaf-rsa", "issuer-rsa")
    },
    server("leaf-of-second", "second-issuer"),
    Certificate {
        days: OVER,
        ..server("expired-leaf", "issuer")
    },
    Certificate {
        days: TO_COME,
        ..server("leaf-to-come", "issuer")
    },
    server("leaf-of-expired", "expired-issuer"),
    Certificate {
        extensions: [SERVER, OTHER_NAMES],
        ..server("leaf-for-elsewhere", "issuer")
    },
    server("leaf-by-itself", "leaf-by-itself"),
    server("leaf-of-other", "other-root"),
    server("leaf-of-fake", "fake-root"),
    Certificate {
        extensions: [CLIENT, NAMES],
        ..server("client-leaf", "issuer")
    },
    server("leaf-too-deep", "issuer-too-many"),
    server("leaf-of-issuer-that-may-not-sign", "issuer-that-may-not-sign"),
    server("leaf-of-issuer-for-elsewhere", "issuer-for-elsewhere"),
    Certificate {
        subject: "leaf-without-constraints",
        extensions: [SERVER_WITHOUT_CONSTRAINTS, NAMES],
        ..server("leaf-without-constraints", "issuer")
    },
];

/// Signed by certificates that may sign nothing.
const SIGNED_BY_LEAVES: [Certificate; 2] = [
    server("leaf-of-leaf", "leaf"),
    server("leaf-of-leaf-without-constraints", "leaf-without-constraints"),
];

/// What the kiosk is to say.
#[derive(Clone, Copy)]
enum Verdict {
    Open,
    Expired,
    NotYetValid,
    WrongHost,
    UnknownIssuer,
    /// Any of the sentences about certificates: which one fits is a matter of taste.
    Refused,
}

impl Verdict {
    /// Its name in `cases.json`.
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::WrongHost => "wrong-host",
            Self::UnknownIssuer => "unknown-issuer",
            Self::Refused => "refused",
        }
    }
}

struct Case {
    name: &'static str,
    /// The only version of TLS that the server speaks.
    tls: &'static str,
    /// As the server sends it: its own certificate, whose key it has, comes first.
    chain: &'static [&'static str],
    verdict: Verdict,
}

const fn case(
    name: &'static str,
    tls: &'static str,
    chain: &'static [&'static str],
    verdict: Verdict,
) -> Case {
    Case {
        name,
        tls,
        chain,
        verdict,
    }
}

const CASES: [Case; 20] = [
    case("ecdsa-tls13", "1.3", &["leaf", "issuer"], Verdict::Open),
    case("rsa-tls13", "1.3", &["leaf-rsa", "issuer-rsa"], Verdict::Open),
    case("ecdsa-tls12", "1.2", &["leaf", "issuer"], Verdict::Open),
    case("rsa-tls12", "1.2", &["leaf-rsa", "issuer-rsa"], Verdict::Open),
    case(
        "two-intermediates",
        "1.3",
        &["leaf-of-second", "second-issuer", "issuer"],
        Verdict::Open,
    ),
    case(
        "expired-leaf",
        "1.3",
        &["expired-leaf", "issuer"],
        Verdict::Expired,
    ),
    case(
        "not-yet-valid",
        "1.3",
        &["leaf-to-come", "issuer"],
        Verdict::NotYetValid,
    ),
    case(
        "expired-intermediate",
        "1.2",
        &["leaf-of-expired", "expired-issuer"],
        Verdict::Expired,
    ),
    case(
        "wrong-host",
        "1.3",
        &["leaf-for-elsewhere", "issuer"],
        Verdict::WrongHost,
    ),
    case("self-signed", "1.3", &["leaf-by-itself"], Verdict::UnknownIssuer),
    case(
        "other-root",
        "1.2",
        &["leaf-of-other", "other-root"],
        Verdict::UnknownIssuer,
    ),
    case(
        "same-named-root",
        "1.3",
        &["leaf-of-fake", "fake-root"],
        Verdict::UnknownIssuer,
    ),
    case(
        "corrupted-signature",
        "1.3",
        &[CORRUPTED, "issuer"],
        Verdict::Refused,
    ),
    case("missing-intermediate", "1.3", &["leaf"], Verdict::UnknownIssuer),
    case(
        "client-auth-only",
        "1.2",
        &["client-leaf", "issuer"],
        Verdict::Refused,
    ),
    case(
        "pathlen-violated",
        "1.3",
        &["leaf-too-deep", "issuer-too-many", "last-issuer"],
        Verdict::Refused,
    ),
    case(
        "no-key-cert-sign",
        "1.3",
        &["leaf-of-issuer-that-may-not-sign", "issuer-that-may-not-sign"],
        Verdict::Refused,
    ),
    case(
        "signed-by-leaf",
        "1.3",
        &["leaf-of-leaf", "leaf", "issuer"],
        Verdict::Refused,
    ),
    case(
        "signed-by-leaf-without-constraints",
        "1.2",
        &[
            "leaf-of-leaf-without-constraints",
            "leaf-without-constraints",
            "issuer",
        ],
        Verdict::Refused,
    ),
    case(
        "name-constraints-violated",
        "1.3",
        &["leaf-of-issuer-for-elsewhere", "issuer-for-elsewhere"],
        Verdict::Refused,
    ),
];

/// A certificate of which the last byte of the signature is another.
const CORRUPTED: &str = "corrupted-leaf";
const SOUND: &str = "leaf";

/// What `openssl ca` wants to be told.
const CONFIG: &str = "\
[req]
distinguished_name = name
[name]
[ca]
default_ca = pki
[pki]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = policy
[policy]
commonName = supplied
";

/// Makes the certificates anew; the directory with them.
pub(crate) fn make(workspace: &Workspace) -> Result<PathBuf> {
    if programs("openssl").is_empty() {
        debian::install(&DEBIAN_PACKAGES).with_context(|| {
            format!(
                "no openssl; on Debian: sudo apt-get install {}",
                DEBIAN_PACKAGES[0]
            )
        })?;
    }
    let directory = workspace.target.join("pki");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    let work = directory.join("work");
    fs::create_dir_all(&work)?;
    fs::write(work.join("openssl.cnf"), CONFIG)?;
    fs::write(work.join("index.txt"), "")?;
    for certificate in CERTIFICATES.iter().chain(&SIGNED_BY_LEAVES) {
        issue(&work, certificate).with_context(|| format!("the certificate {}", certificate.name))?;
    }
    corrupt(&work)?;
    write_cases(&work, &directory)?;
    let roots = chain(&work, &["root", "root-rsa"])?;
    fs::write(directory.join("roots.pem"), roots)?;
    for case in &CASES {
        check(&work, case)?;
    }
    fs::remove_dir_all(work)?;
    Ok(directory)
}

fn issue(work: &Path, certificate: &Certificate) -> Result<()> {
    let Certificate { name, issuer, .. } = certificate;
    let file = |name: &str, extension: &str| format!("{name}.{extension}");
    let (key, request, extensions) = (file(name, "key"), file(name, "csr"), file(name, "ext"));
    let key_kind = match certificate.key {
        Key::P256 => ["EC", "ec_paramgen_curve:P-256"],
        Key::Rsa2048 => ["RSA", "rsa_keygen_bits:2048"],
    };
    openssl(
        work,
        &[
            "genpkey",
            "-algorithm",
            key_kind[0],
            "-pkeyopt",
            key_kind[1],
            "-out",
            &key,
        ],
    )?;
    let subject = format!("/CN={}", certificate.subject);
    let config = ["-config", "openssl.cnf"];
    let ask = ["req", "-new", "-key", &key, "-subj", &subject, "-out", &request];
    openssl(work, &[&ask[..], &config].concat())?;
    fs::write(work.join(&extensions), certificate.extensions.concat())?;
    let (from, to) = certificate.days;
    let signed = file(name, "pem");
    let (issuer_key, issuer_certificate) = (file(issuer, "key"), file(issuer, "pem"));
    let sign = [
        "ca",
        "-batch",
        "-notext",
        "-in",
        &request,
        "-out",
        &signed,
        "-keyfile",
        &issuer_key,
        "-extfile",
        &extensions,
        "-startdate",
        from,
        "-enddate",
        to,
    ];
    let by: &[&str] = if name == issuer {
        &["-selfsign"]
    } else {
        &["-cert", &issuer_certificate]
    };
    openssl(work, &[&sign[..], by, &config].concat())
}

fn corrupt(work: &Path) -> Result<()> {
    let (der, pem) = (format!("{CORRUPTED}.der"), format!("{CORRUPTED}.pem"));
    let sound = format!("{SOUND}.pem");
    openssl(work, &["x509", "-in", &sound, "-outform", "DER", "-out", &der])?;
    let mut bytes = fs::read(work.join(&der))?;
    *bytes.last_mut().context("an empty certificate")? ^= 1;
    fs::write(work.join(&der), bytes)?;
    openssl(work, &["x509", "-inform", "DER", "-in", &der, "-out", &pem])?;
    fs::copy(
        work.join(format!("{SOUND}.key")),
        work.join(format!("{CORRUPTED}.key")),
    )?;
    Ok(())
}

fn write_cases(work: &Path, directory: &Path) -> Result<()> {
    let mut index = Vec::new();
    for case in &CASES {
        let (pem, key) = (format!("{}.pem", case.name), format!("{}.key", case.name));
        fs::write(directory.join(&pem), chain(work, case.chain)?)?;
        let own = case.chain.first().context("an empty chain")?;
        fs::copy(work.join(format!("{own}.key")), directory.join(&key))?;
        index.push(json!({
            "name": case.name,
            "chain": pem,
            "key": key,
            "tls": case.tls,
            "verdict": case.verdict.name(),
        }));
    }
    fs::write(
        directory.join("cases.json"),
        serde_json::to_string_pretty(&index)?,
    )?;
    Ok(())
}

/// Whether openssl judges a case as the table does: so that each is good, or bad, and nothing else.
fn check(work: &Path, case: &Case) -> Result<()> {
    let own = case.chain.first().context("an empty chain")?;
    let (own, chain) = (format!("{own}.pem"), format!("../{}.pem", case.name));
    let mut verify = Command::new("openssl");
    let output = verify
        .current_dir(work)
        .args(["verify", "-purpose", "sslserver", "-verify_ip", ADDRESS])
        .args(["-CAfile", "../roots.pem", "-untrusted", &chain, &own])
        .output()
        .context("cannot start openssl")?;
    let good = matches!(case.verdict, Verdict::Open);
    ensure!(
        output.status.success() == good,
        "{} is not what it should be: {}",
        case.name,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Certificates one after the other, as PEM.
fn chain(work: &Path, names: &[&str]) -> Result<String> {
    let read = |name: &&str| {
        fs::read_to_string(work.join(format!("{name}.pem"))).with_context(|| (*name).to_owned())
    };
    names.iter().map(read).collect()
}

/// Runs openssl, which chatters on its standard error: told only if it fails.
fn openssl(work: &Path, args: &[&str]) -> Result<()> {
    let mut command = Command::new("openssl");
    let output = command
        .current_dir(work)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .context("cannot start openssl")?;
    ensure!(
        output.status.success(),
        "{} ended with {}:\n{}",
        workspace::shown(&command),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
