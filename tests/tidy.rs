//! The house's rules that a program can check, one test a rule.

use anyhow::Result;
use harness::tidy;

fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} found:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn dependencies_point_one_way() -> Result<()> {
    none(tidy::directions()?);
    Ok(())
}

#[test]
fn every_module_says_what_it_is_for() -> Result<()> {
    none(tidy::headings()?);
    Ok(())
}

#[test]
fn no_file_holds_two_things() -> Result<()> {
    none(tidy::lengths()?);
    Ok(())
}

#[test]
fn only_backend_files_leave_rusts_promises_and_say_why() -> Result<()> {
    none(tidy::unsafety()?);
    Ok(())
}

#[test]
fn nothing_is_left_for_later() -> Result<()> {
    none(tidy::leftovers()?);
    Ok(())
}

#[test]
fn no_path_of_one_machine_is_in_the_tree() -> Result<()> {
    none(tidy::machine_paths()?);
    Ok(())
}

#[test]
fn versions_live_in_the_root_manifest() -> Result<()> {
    none(tidy::versions()?);
    Ok(())
}

#[test]
fn every_text_of_a_window_is_a_row_of_the_texts() -> Result<()> {
    none(tidy::texts_in_pages()?);
    Ok(())
}

#[test]
fn the_readmes_map_and_the_tree_are_in_step() -> Result<()> {
    none(tidy::map()?);
    Ok(())
}

#[test]
fn every_script_can_be_started() -> Result<()> {
    none(tidy::scripts()?);
    Ok(())
}

#[test]
fn the_tests_that_security_md_names_exist() -> Result<()> {
    none(tidy::promised_tests()?);
    Ok(())
}
