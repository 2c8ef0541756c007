//! Compiles the pages, and tells Windows how the program behaves: pixels of each monitor, the starter's rights, UTF-8.
//! Test builds keep the elements' names, so that the control socket can find them by label.

fn main() {
    let automation = std::env::var_os("CARGO_FEATURE__AUTOMATION").is_some();
    let config = slint_build::CompilerConfiguration::new().with_style("fluent".into()).with_debug_info(automation);
    // The target's system, not that of whoever builds.
    if std::env::var_os("CARGO_CFG_WINDOWS").is_some() {
        embed_manifest::embed_manifest(embed_manifest::new_manifest("Amparo")).expect("a manifest can be written");
    }
    slint_build::compile_with_config("src/gui/ui/app.slint", config).expect("the pages in src/gui/ui must compile");
}
