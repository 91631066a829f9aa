//! Which crates Squab is built from: their licences and sources, and that each has its reason in
//! `docs/dependencies.md`.
//!
//! The rules stand in `deny.toml`, for cargo-deny. It takes six minutes of a processor to build, so without it the
//! same file is read here, for what matters at every commit; the long tier installs it.

use crate::cargo_tool;
use crate::workspace::{self, Workspace};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What cargo calls cargo-deny.
const TOOL: &str = "deny";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The workspaces whose programs are given to users: this one and the boards', each with a lock file of its own.
const MANIFESTS: [&str; 3] = [
    "Cargo.toml",
    "firmware/esp32/Cargo.toml",
    "firmware/qemu-virt/Cargo.toml",
];

/// The check at every commit; where cargo-deny is installed, it runs too.
pub(crate) fn suite(workspace: &Workspace) -> Result<()> {
    let rules = Rules::read(&fs::read_to_string(workspace.root.join("deny.toml"))?)?;
    let mut packages = Vec::new();
    for manifest in MANIFESTS {
        // Every feature: a chip that is not built here is a feature too.
        let metadata = [
            "metadata",
            "--format-version",
            "1",
            "--all-features",
            "--manifest-path",
            manifest,
        ];
        packages.extend(Package::all(&workspace::json(&mut workspace.cargo(&metadata))?)?);
    }
    packages.sort();
    packages.dedup();
    let manifest = fs::read_to_string(workspace.root.join("Cargo.toml"))?;
    let reasons = fs::read_to_string(workspace.root.join("docs/dependencies.md"))?;

    let mut problems: Vec<_> = packages
        .iter()
        .flat_map(|package| rules.problems(package))
        .collect();
    problems.extend(unexplained(&packages, &manifest, &reasons));
    for problem in &problems {
        eprintln!("problem: {problem}");
    }
    ensure!(
        problems.is_empty(),
        "{} problems with dependencies",
        problems.len()
    );
    println!(
        "{} packages: licences, sources and reasons are in order",
        packages.len()
    );

    if cargo_tool::is_installed(TOOL) {
        cargo_deny(workspace)?;
    }
    Ok(())
}

/// The whole of cargo-deny over each workspace; it is built first where it is not installed.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Result<()> {
    let path = cargo_tool::path(workspace, TOOL)?;
    for manifest in MANIFESTS {
        let mut deny = workspace.cargo(&["deny", "--log-level", "error", "--manifest-path", manifest]);
        deny.args(["--config", "deny.toml", "check", "bans", "licenses", "sources"]);
        workspace::run(deny.env("PATH", &path))?;
    }
    Ok(())
}

/// What is asked of a package, as cargo describes it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    licence: Option<String>,
    /// Nothing for a package of this workspace.
    source: Option<String>,
    /// The crates that it names itself, with the versions it asks for.
    dependencies: Vec<(String, String)>,
}

impl Package {
    fn all(metadata: &Value) -> Result<Vec<Self>> {
        let packages = metadata
            .get("packages")
            .and_then(Value::as_array)
            .context("no packages")?;
        packages
            .iter()
            .map(|package| Self::read(package).context("a package without a name"))
            .collect()
    }

    fn read(package: &Value) -> Option<Self> {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let dependencies = package.get("dependencies")?.as_array()?.iter();
        Some(Self {
            name: text(package, "name")?,
            licence: text(package, "license"),
            source: text(package, "source"),
            dependencies: dependencies
                .filter(|dependency| dependency.get("path").is_none())
                .filter_map(|dependency| Some((text(dependency, "name")?, text(dependency, "req")?)))
                .collect(),
        })
    }
}

/// The part of `deny.toml` that is checked here.
#[derive(Debug)]
struct Rules {
    licences: BTreeSet<String>,
    banned: BTreeSet<String>,
    /// Licences of crates whose manifest names none.
    clarified: BTreeMap<String, String>,
}

impl Rules {
    /// Reads the lists, each entry on a line of its own.
    fn read(text: &str) -> Result<Self> {
        let mut rules = Self {
            licences: BTreeSet::new(),
            banned: BTreeSet::new(),
            clarified: BTreeMap::new(),
        };
        let (mut list, mut clarified) = ("", String::new());
        for line in text.lines().map(str::trim) {
            let entry = line.split('"').nth(1).map(str::to_owned);
            match (list, line) {
                (_, "allow = [") => list = "licences",
                (_, "deny = [") => list = "banned",
                (_, "]") => list = "",
                ("licences", _) => rules.licences.extend(entry),
                ("banned", _) => rules.banned.extend(entry),
                (_, line) if line.starts_with("crate =") => clarified = entry.unwrap_or_default(),
                (_, line) if line.starts_with("expression =") => {
                    rules
                        .clarified
                        .insert(clarified.clone(), entry.unwrap_or_default());
                }
                _ => {}
            }
        }
        if rules.licences.is_empty() || rules.banned.is_empty() {
            bail!("deny.toml: no list of licences or of banned crates");
        }
        Ok(rules)
    }

    fn problems(&self, package: &Package) -> Vec<String> {
        let name = &package.name;
        let mut problems = Vec::new();
        let licence = package.licence.as_ref().or_else(|| self.clarified.get(name));
        let licence = licence.map_or("no licence at all", String::as_str);
        if !self.allows(licence) {
            problems.push(format!(
                "{name}: {licence} is not among the licences allowed in deny.toml"
            ));
        }
        match package.source.as_deref() {
            None | Some(CRATES_IO) => {}
            Some(other) => problems.push(format!("{name} comes from {other}")),
        }
        if self.banned.contains(name) {
            problems.push(format!("{name} is banned in deny.toml"));
        }
        if package.source.is_none() {
            let any_version = package.dependencies.iter().filter(|(_, version)| version == "*");
            problems.extend(any_version.map(|(crate_, _)| format!("{name} takes any version of {crate_}")));
        }
        problems
    }

    fn allows(&self, licence: &str) -> bool {
        let expression = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX);
        expression.is_ok_and(|it| it.evaluate(|required| self.licences.contains(&required.to_string())))
    }
}

/// Crates that a member names and the table does not, and rows of crates that nobody names.
fn unexplained(packages: &[Package], manifest: &str, reasons: &str) -> Vec<String> {
    let mut used = BTreeMap::<&str, BTreeSet<&str>>::new();
    for member in packages.iter().filter(|package| package.source.is_none()) {
        for (name, _) in &member.dependencies {
            used.entry(name).or_default().insert(&member.name);
        }
    }
    let rows: BTreeMap<&str, usize> = reasons.lines().filter_map(row).collect();
    let mut problems = Vec::new();
    for (name, members) in &used {
        let members: Vec<_> = members.iter().copied().collect();
        let members = members.join(", ");
        match rows.get(name) {
            None => problems.push(format!(
                "docs/dependencies.md has no line for {name}: | `{name}` | {members} | REASON |"
            )),
            Some(0) => problems.push(format!("docs/dependencies.md gives no reason for {name}")),
            Some(_) => {}
        }
    }
    // What stands ready under [workspace.dependencies] may have its reason already.
    let ready: BTreeSet<_> = manifest
        .lines()
        .filter_map(|line| line.split(" =").next())
        .collect();
    let idle = rows
        .keys()
        .filter(|name| !used.contains_key(*name) && !ready.contains(*name));
    problems.extend(idle.map(|name| format!("docs/dependencies.md explains {name}, which nothing uses")));
    problems
}

/// The crate in the first column, and the length of the reason in the third.
fn row(line: &str) -> Option<(&str, usize)> {
    let mut columns = line.strip_prefix('|')?.split('|').map(str::trim);
    let name = columns.next()?.strip_prefix('`')?.strip_suffix('`')?;
    let reason = columns.nth(1)?;
    Some((name, reason.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
allow = [
  "MIT",
  "Apache-2.0",
]
[[licenses.clarify]]
crate = "silent"
expression = "MIT"
deny = [
  { crate = "evil", reason = "" },
]
"#;

    fn rules() -> Rules {
        Rules::read(RULES).unwrap()
    }

    fn package(name: &str, licence: &str, source: Option<&str>) -> Package {
        Package {
            name: name.into(),
            licence: Some(licence.into()),
            source: source.map(str::to_owned),
            dependencies: vec![("tokio".into(), "^1".into())],
        }
    }

    #[test]
    fn one_allowed_licence_of_several_to_choose_from_is_enough_and_all_that_apply_together_are_needed() {
        let rules = rules();
        for licence in [
            "MIT",
            "GPL-3.0-only OR MIT",
            "MIT/Apache-2.0",
            "MIT AND Apache-2.0",
        ] {
            assert!(rules.allows(licence), "{licence}");
        }
        for licence in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "no licence at all", ""] {
            assert!(!rules.allows(licence), "{licence}");
        }
    }

    #[test]
    fn a_git_source_and_a_banned_crate_are_problems() {
        let good = package("good", "MIT", Some(CRATES_IO));
        assert_eq!(rules().problems(&good), Vec::<String>::new());
        let git = package("good", "MIT", Some("git+https://example.org/good"));
        assert_eq!(rules().problems(&git).len(), 1);
        let evil = package("evil", "MIT", Some(CRATES_IO));
        assert_eq!(rules().problems(&evil).len(), 1);
    }

    #[test]
    fn a_licence_that_only_a_file_tells_is_named_in_the_rules() {
        let silent = |name| Package {
            licence: None,
            ..package(name, "", Some(CRATES_IO))
        };
        assert_eq!(rules().problems(&silent("silent")), Vec::<String>::new());
        assert_eq!(rules().problems(&silent("other")).len(), 1);
    }

    #[test]
    fn each_direct_dependency_needs_a_reason_and_each_reason_a_dependency() {
        let packages = [
            package("squab", "MIT", None),
            package("tokio", "MIT", Some(CRATES_IO)),
        ];
        let check = |reasons| unexplained(&packages, "heapless = \"0.9\"", reasons).len();
        assert_eq!(check("| `tokio` | squab | sockets |"), 0);
        assert_eq!(
            check("| `tokio` | squab | sockets |\n| `heapless` | core | no heap |"),
            0
        );
        assert_eq!(check("| `tokio` | squab | |"), 1);
        assert_eq!(check("| `mio` | squab | sockets |"), 2);
    }
}
