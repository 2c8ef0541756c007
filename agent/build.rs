//! Checks the keys whose releases the program will take, compiles the pages and what fills their words, and tells Windows how the program
//! behaves: pixels of each monitor, the starter's rights, UTF-8.
//! Test builds keep the elements' names, so that the control socket can find them by label.

use std::path::PathBuf;

fn main() {
    release_keys();
    words();
    let automation = std::env::var_os("CARGO_FEATURE__AUTOMATION").is_some();
    let config = slint_build::CompilerConfiguration::new().with_style("fluent".into()).with_debug_info(automation);
    // The target's system, not that of whoever builds.
    if std::env::var_os("CARGO_CFG_WINDOWS").is_some() {
        embed_manifest::embed_manifest(embed_manifest::new_manifest("Amparo")).expect("a manifest can be written");
    }
    slint_build::compile_with_config("src/gui/ui/app.slint", config).expect("the pages in src/gui/ui must compile");
}

/// `AMPARO_RELEASE_KEYS`: public halves of release keys, 64 hexadecimal digits each, with commas between them. Without, the program takes no
/// updates; one with a wrong key would be found out only when it does not.
fn release_keys() {
    println!("cargo::rerun-if-env-changed=AMPARO_RELEASE_KEYS");
    let keys = std::env::var("AMPARO_RELEASE_KEYS").unwrap_or_default();
    for key in keys.split(',').map(str::trim).filter(|key| !key.is_empty()) {
        let good = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(good, "AMPARO_RELEASE_KEYS: {key:?} is not a release key's public half, 64 hexadecimal digits");
    }
}

/// `words.rs`: gives each property of `ui/words.slint` the text that has its name in the table. Setters are found by no macro.
fn words() {
    let page = "src/gui/ui/words.slint";
    println!("cargo::rerun-if-changed={page}");
    let page = std::fs::read_to_string(page).expect("the words' page is there");
    // A property that is written otherwise would be filled by nothing, and no text is hard to see.
    let named = |line: &str| {
        let name = line.strip_prefix("in property <string> ")?.strip_suffix(';')?;
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-').then(|| name.replace('-', "_"))
    };
    let lines = page.lines().map(str::trim).filter(|line| line.contains("property") && !line.starts_with("//"));
    let names = lines.map(|line| named(line).unwrap_or_else(|| panic!("{line:?} is not `in property <string> NAME;`")));
    let fill = names.map(|name| format!("drawn.set_{name}(words.{name}.into());\n"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo names it")).join("words.rs");
    std::fs::write(out, format!("{{\n{}}}\n", fill.collect::<String>())).expect("its folder can be written");
}
