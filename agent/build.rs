//! Compiles the pages. Test builds keep the elements' names, so that the control socket can find them by label.

fn main() {
    let automation = std::env::var_os("CARGO_FEATURE__AUTOMATION").is_some();
    let config = slint_build::CompilerConfiguration::new().with_style("fluent".into()).with_debug_info(automation);
    slint_build::compile_with_config("src/gui/ui/app.slint", config).expect("the pages in src/gui/ui must compile");
}
