//! Whether the size probe calls every public function of the core.
//!
//! A function that no probe calls is not linked, so nothing would be known about it. The search goes by text: `rustfmt`
//! has settled how the sources look, and the probe writes each call with its type.

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A public function of the core.
#[derive(Debug, PartialEq, Eq)]
struct Function {
    /// The module below the crate's root, which the probe's file is called by.
    room: String,
    /// `Type::name`, or the name of a free function.
    path: String,
}

/// Public functions of the sources in `core` that no file in `probe` names.
pub(crate) fn missing(core: &Path, probe: &Path) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    for file in rust_files(core)? {
        let room = room(core, &file)?;
        let calls = calls(probe, &room)?;
        for function in public_functions(&room, &fs::read_to_string(&file)?) {
            if !names(&calls, &function.path) {
                missing.push(format!(
                    "no probe calls {}::{}: add it to tests/size-probe/src/{}.rs",
                    function.room, function.path, function.room
                ));
            }
        }
    }
    Ok(missing)
}

/// The probe functions that the sources in `probe` define.
pub(crate) fn probes(probe: &Path) -> Result<Vec<String>> {
    let mut probes = Vec::new();
    for file in rust_files(probe)? {
        for line in fs::read_to_string(file)?.lines() {
            let name = line
                .strip_prefix("pub extern \"C\" fn ")
                .and_then(|rest| rest.split('(').next());
            probes.extend(name.map(str::to_owned));
        }
    }
    Ok(probes)
}

fn rust_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn room(core: &Path, file: &Path) -> Result<String> {
    let first = file
        .strip_prefix(core)?
        .components()
        .next()
        .context("a file has a name")?;
    let first = first.as_os_str().to_string_lossy();
    Ok(first.trim_end_matches(".rs").to_owned())
}

/// The probe's code for a room, without the generic arguments of calls: `Secret::<16>::new` becomes `Secret::new`.
fn calls(probe: &Path, room: &str) -> Result<String> {
    let mut code = String::new();
    for file in rust_files(probe)? {
        if file.strip_prefix(probe)?.starts_with(room) || file == probe.join(format!("{room}.rs")) {
            code.push_str(&fs::read_to_string(file)?);
        }
    }
    let mut plain = String::new();
    let mut rest = code.as_str();
    while let Some((before, generic)) = rest.split_once("::<") {
        plain.push_str(before);
        let mut depth = 1;
        let end = generic.find(|c| {
            depth += i32::from(c == '<') - i32::from(c == '>');
            depth == 0
        });
        rest = end.and_then(|end| generic.get(end + 1..)).unwrap_or_default();
    }
    plain.push_str(rest);
    Ok(plain)
}

/// Whether `path` stands in `code` as a whole word.
fn names(code: &str, path: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(path).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        let after = code.get(at + path.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(word) && !after.is_some_and(word)
    })
}

/// The public functions in a formatted source file: free ones, and those of inherent `impl` blocks. What stands behind
/// a feature is left out, since the probe has none; so are the tests at the end.
fn public_functions(room: &str, source: &str) -> Vec<Function> {
    let mut functions = Vec::new();
    let mut owner: Option<String> = None;
    let mut header = String::new();
    let (mut gated, mut gated_block) = (false, false);
    for line in source.lines() {
        if line == "mod tests {" {
            break;
        }
        let code = line.trim_start();
        if code.starts_with("#[cfg(") {
            gated = true;
            continue;
        }
        if code.starts_with("#[") || code.starts_with("//") {
            continue;
        }
        if line == "}" {
            owner = None;
            gated_block = false;
        }
        if line.starts_with("impl") || !header.is_empty() {
            header.push_str(line);
            header.push(' ');
            if line.ends_with('{') {
                owner = inherent_type(&header.replace("->", ""));
                gated_block = gated;
                header.clear();
            }
        } else if let Some(name) = public_function(line) {
            let free = !line.starts_with(' ');
            let path = match &owner {
                Some(owner) if !free => Some(format!("{owner}::{name}")),
                None if free => Some(name.to_owned()),
                _ => None,
            };
            if let Some(path) = path.filter(|_| !gated && !gated_block) {
                let room = room.to_owned();
                functions.push(Function { room, path });
            }
        }
        gated = false;
    }
    functions
}

fn public_function(line: &str) -> Option<&str> {
    let mut rest = line.trim_start().strip_prefix("pub ")?;
    for word in ["const ", "async "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let rest = rest.strip_prefix("fn ")?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// `Writer` of `impl<'b> Writer<'b> {`; nothing for the implementation of a trait.
fn inherent_type(header: &str) -> Option<String> {
    let mut depth = 0;
    let after_impl = header.strip_prefix("impl")?;
    let start = after_impl.find(|c| {
        let outside = depth == 0 && c != '<';
        depth += i32::from(c == '<') - i32::from(c == '>');
        outside
    })?;
    let name = after_impl.get(start..)?.trim_start();
    let before_where = name.split(" where ").next()?;
    if before_where.contains(" for ") {
        return None;
    }
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    name.get(..end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
pub fn free(a: u8) {}
pub(crate) fn hidden() {}
pub struct Pace<const N: usize>;
impl<const N: usize, F: Fn(u8) -> u8> Pace<N>
where
    F: Sized,
{
    #[must_use]
    pub const fn new() -> Self {}
    fn private(&self) {}
    #[cfg(feature = \"explain\")]
    pub fn explain(&self) {}
    pub fn poll(&mut self) {}
}
impl fmt::Display for Pace {
    fn fmt(&self) {}
}
#[cfg(feature = \"defmt\")]
impl Pace {
    pub fn format(&self) {}
}
#[cfg(test)]
mod tests {
    pub fn helper() {}
}
";

    #[test]
    fn free_functions_and_methods_count_but_not_what_is_private_or_behind_a_feature() {
        let functions = public_functions("pace", SOURCE);
        let paths: Vec<_> = functions.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["free", "Pace::new", "Pace::poll"]);
    }

    #[test]
    fn a_call_counts_only_with_its_type_and_as_a_whole_word() {
        assert!(names("io::used(Writer::end(&mut w));", "Writer::end"));
        assert!(!names("Writer::end_all(&mut w)", "Writer::end"));
        assert!(!names("PieceWriter::end(&mut w)", "Writer::end"));
        assert!(!names("writer.end()", "Writer::end"));
    }

    #[test]
    fn this_very_workspace_is_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let probes = probes(&root.join("tests/size-probe/src")).unwrap();
        assert!(probes.contains(&"probe_record".to_owned()), "{probes:?}");
        let record = fs::read_to_string(root.join("core/src/record.rs")).unwrap();
        let record = public_functions("record", &record);
        assert!(record.iter().any(|f| f.path == "Fields::text"), "{record:?}");
    }
}
