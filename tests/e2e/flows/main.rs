//! The console's flows, each from its first click to its last, in a real Chromium and with real programs, in Portuguese and in English.
//!
//! Everything on a page is found by the words that a person of that language reads there ([`words`]), so that a page that says something in
//! another language fails its flow. What single pages do is in `console.rs`; here people go from one to the next, several at once.

mod apps;
mod attendance;
mod contacts;
mod desk;
mod office;
mod presence;
mod provider;
mod record;
mod settings;
mod users;
mod words;

use anyhow::Result;
use words::{EN, PT_BR};

#[test]
fn an_administrator_and_an_attendant_see_a_customer_come_be_helped_and_go_in_portuguese() -> Result<()> {
    attendance::walk(&PT_BR)
}

#[test]
fn an_administrator_and_an_attendant_see_a_customer_come_be_helped_and_go_in_english() -> Result<()> {
    attendance::walk(&EN)
}

#[test]
fn whoever_is_available_is_asked_and_a_customer_who_gives_up_is_a_ticket_in_portuguese() -> Result<()> {
    presence::walk(&PT_BR)
}

#[test]
fn whoever_is_available_is_asked_and_a_customer_who_gives_up_is_a_ticket_in_english() -> Result<()> {
    presence::walk(&EN)
}

#[test]
fn an_app_is_made_and_each_of_its_tabs_keeps_what_is_said_there_in_portuguese() -> Result<()> {
    apps::walk(&PT_BR)
}

#[test]
fn an_app_is_made_and_each_of_its_tabs_keeps_what_is_said_there_in_english() -> Result<()> {
    apps::walk(&EN)
}

#[test]
fn two_who_edit_an_app_at_once_are_told_and_lose_nothing_in_portuguese() -> Result<()> {
    apps::together(&PT_BR)
}

#[test]
fn two_who_edit_an_app_at_once_are_told_and_lose_nothing_in_english() -> Result<()> {
    apps::together(&EN)
}

#[test]
fn somebody_is_invited_chooses_a_password_works_and_is_shut_out_in_portuguese() -> Result<()> {
    users::walk(&PT_BR)
}

#[test]
fn somebody_is_invited_chooses_a_password_works_and_is_shut_out_in_english() -> Result<()> {
    users::walk(&EN)
}

#[test]
fn a_ticket_is_answered_and_its_requester_is_waited_for_and_comes_in_portuguese() -> Result<()> {
    desk::walk(&PT_BR)
}

#[test]
fn a_ticket_is_answered_and_its_requester_is_waited_for_and_comes_in_english() -> Result<()> {
    desk::walk(&EN)
}

#[test]
fn a_contact_is_classified_merged_found_and_known_when_they_come_in_portuguese() -> Result<()> {
    contacts::walk(&PT_BR)
}

#[test]
fn a_contact_is_classified_merged_found_and_known_when_they_come_in_english() -> Result<()> {
    contacts::walk(&EN)
}

#[test]
fn other_systems_are_let_in_told_and_tested_and_the_log_has_it_in_portuguese() -> Result<()> {
    settings::walk(&PT_BR)
}

#[test]
fn other_systems_are_let_in_told_and_tested_and_the_log_has_it_in_english() -> Result<()> {
    settings::walk(&EN)
}

#[test]
fn an_attendant_logs_in_by_the_companys_own_provider_until_it_refuses_fails_and_is_gone_in_portuguese() -> Result<()> {
    provider::walk(&PT_BR)
}

#[test]
fn an_attendant_logs_in_by_the_companys_own_provider_until_it_refuses_fails_and_is_gone_in_english() -> Result<()> {
    provider::walk(&EN)
}
