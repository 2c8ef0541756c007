//! How much of the parsers the fuzz targets reach: replays the corpus in an instrumented build and counts lines.
//!
//! A line is as `llvm-cov` counts it: covered when code that begins on it ran. Counted are the lines of every function of the parsers'
//! crates that reading enters; a function with a reader's name that reading never enters is a failure of its own, so that a parser
//! nobody feeds cannot hide. Needs rustup's component `llvm-tools`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Of the lines, at least so many have to be reached.
const AT_LEAST_PERCENT: f64 = 95.0;
/// Where bytes from outside are read.
const PARSERS: [&str; 2] = ["protocol/src/", "branding/bundle/src/"];
/// Names of functions that read. What people type (`from_str`) and what a test makes is not from the wire.
const READERS: [&str; 9] = [
    "11deserialize",
    "visit_seq",
    "from_bytes",
    "from_code",
    "try_from",
    "decode_body",
    "decode_head",
    "body_length",
    "from_png",
];

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests are in a folder")?;
    let folder = tempfile::tempdir()?;
    let objects = replay(root, folder.path())?;
    let counted = count(&exported(folder.path(), &objects)?, root)?;

    let lines: usize = counted.entered.values().map(BTreeMap::len).sum();
    let covered: usize = counted.entered.values().flat_map(BTreeMap::values).filter(|count| **count > 0).count();
    let percent = covered as f64 * 100.0 / lines as f64;
    for (file, lines) in &counted.entered {
        let missed: Vec<String> =
            lines.iter().filter(|(_, count)| **count == 0).map(|(line, _)| line.to_string()).collect();
        if !missed.is_empty() {
            println!("not reached: {file}:{}", missed.join(","));
        }
    }
    println!("figure parser lines reached by the corpus: {percent:.1} % of {lines}");
    for reader in &counted.unfed {
        println!("never entered: {reader}");
    }
    ensure!(counted.unfed.is_empty(), "a parser that no fuzz target feeds");
    ensure!(percent >= AT_LEAST_PERCENT, "less than {AT_LEAST_PERCENT} % of the parsers' lines are reached");
    Ok(())
}

/// Runs the replay of both crates; gives the instrumented programs.
fn replay(root: &Path, profiles: &Path) -> Result<Vec<PathBuf>> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let output = Command::new("cargo")
        .current_dir(root)
        .args(["test", "-p", "amparo-protocol", "-p", "amparo-bundle", "--locked", "--test", "corpus"])
        .args(["--message-format", "json-render-diagnostics"])
        .env("CARGO_TARGET_DIR", target.join("coverage"))
        .env("RUSTFLAGS", "-C instrument-coverage")
        .env("LLVM_PROFILE_FILE", profiles.join("%p-%m.profraw"))
        .output()
        .context("running cargo")?;
    ensure!(output.status.success(), "the replay failed:\n{}", String::from_utf8_lossy(&output.stderr));
    let programs = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "corpus")
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .collect::<Vec<_>>();
    ensure!(programs.len() == PARSERS.len(), "{} replays were built, not {}", programs.len(), PARSERS.len());
    Ok(programs)
}

/// What `llvm-cov export` tells.
fn exported(profiles: &Path, objects: &[PathBuf]) -> Result<Value> {
    let rustc = |arguments: &[&str]| -> Result<String> {
        let output = Command::new("rustc").args(arguments).output().context("running rustc")?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    let host = rustc(&["-vV"])?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names its host")?;
    let tools = PathBuf::from(rustc(&["--print", "sysroot"])?).join("lib/rustlib").join(host).join("bin");
    let raw: Vec<PathBuf> = std::fs::read_dir(profiles)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()
        .context("reading the profiles")?;
    let merged = profiles.join("all.profdata");
    let merging =
        Command::new(tools.join("llvm-profdata")).args(["merge", "-sparse", "-o"]).arg(&merged).args(raw).status();
    ensure!(
        merging.context("running llvm-profdata (rustup component add llvm-tools)")?.success(),
        "merging the profiles"
    );
    let mut export = Command::new(tools.join("llvm-cov"));
    export.arg("export").arg("-instr-profile").arg(&merged);
    for object in objects {
        export.arg("-object").arg(object);
    }
    let output = export.output().context("running llvm-cov")?;
    ensure!(output.status.success(), "llvm-cov: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Lines with how often they ran, by file, of the functions that ran at all; and readers that did not.
struct Counted {
    entered: BTreeMap<String, BTreeMap<u64, u64>>,
    unfed: BTreeSet<String>,
}

fn count(exported: &Value, root: &Path) -> Result<Counted> {
    // Instances of one generic function, and the same function in two programs, are one: by file and first line.
    let mut functions: BTreeMap<(String, u64), (String, BTreeMap<u64, u64>)> = BTreeMap::new();
    for function in exported["data"][0]["functions"].as_array().context("functions")? {
        let file = Path::new(function["filenames"][0].as_str().context("a file's name")?);
        let Ok(file) = file.strip_prefix(root) else { continue };
        let file = file.to_str().context("a file's name in UTF-8")?.to_owned();
        if !PARSERS.iter().any(|parser| file.starts_with(parser)) {
            continue;
        }
        let regions: Vec<[u64; 5]> = function["regions"]
            .as_array()
            .context("regions")?
            .iter()
            .filter(|region| region[7] == 0)
            .map(|region| std::array::from_fn(|i| region[i].as_u64().unwrap_or_default()))
            .collect();
        let Some([first, ..]) = regions.first().copied() else { continue };
        let name = function["name"].as_str().unwrap_or_default().to_owned();
        let (_, lines) = functions.entry((file, first)).or_insert_with(|| (name, BTreeMap::new()));
        let last = regions.iter().map(|region| region[2]).max().unwrap_or(first);
        for line in first..=last {
            let begins = regions.iter().filter(|region| region[0] == line).map(|region| region[4]).max();
            let around = || {
                let inside = regions.iter().filter(|region| region[0] < line && line <= region[2]);
                inside.max_by_key(|region| (region[0], region[1])).map(|region| region[4])
            };
            if let Some(ran) = begins.or_else(around) {
                let known = lines.entry(line).or_default();
                *known = ran.max(*known);
            }
        }
    }
    let mut counted = Counted { entered: BTreeMap::new(), unfed: BTreeSet::new() };
    for ((file, first), (name, lines)) in functions {
        if lines.values().any(|ran| *ran > 0) {
            let all = counted.entered.entry(file).or_default();
            for (line, ran) in lines {
                let known = all.entry(line).or_default();
                *known = ran.max(*known);
            }
        } else if is_reader(&name) {
            counted.unfed.insert(format!("{file}:{first} {name}"));
        }
    }
    ensure!(!counted.entered.is_empty(), "no function of a parser ran");
    Ok(counted)
}

/// By its mangled name (RFC 2603). A closure belongs to the function around it, and `expecting` is for messages.
fn is_reader(name: &str) -> bool {
    let closure = name.starts_with("_RNC") || name.starts_with("_RINC");
    !closure && !name.contains("9expecting") && READERS.iter().any(|reader| name.contains(reader))
}
