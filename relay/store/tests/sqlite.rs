//! The contract on SQLite, and what only SQLite can show: a full disk, a damaged file, a call that is dropped half-way.

#![allow(clippy::unwrap_used)]

extern crate amparo_store as store;

mod contract;

use std::{
    path::PathBuf,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_trait::async_trait;
use contract::{Engine, World, at, end, open_new, start};
use store::{EventKind, Health, Kept, SessionState, SqliteStore, Store, StoreError};

/// One file, opened once.
struct OneFile {
    _folder: tempfile::TempDir,
    store: SqliteStore,
}

impl OneFile {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("relay.sqlite")).await.unwrap();
        Self { _folder: folder, store }
    }
}

#[async_trait]
impl Engine for OneFile {
    async fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }
}

/// One file, opened anew for every step.
struct Reopened(tempfile::TempDir);

impl Reopened {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl Engine for Reopened {
    async fn store(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.0.path().join("relay.sqlite")).await.unwrap())
    }
}

macro_rules! whole_suite {
    ($engine:expr) => {
        crate::suite! { $engine;
            apps: everything_of_an_app_is_read_back_as_written, of_two_who_change_an_app_the_second_is_told,
                an_app_is_archived_brought_back_and_deleted_when_nothing_hangs_on_it,
                nobody_of_another_company_works_on_an_app, a_code_means_one_app_and_an_old_one_for_a_while;
            appointments: a_return_is_ahead_until_it_is_told_or_taken_back_and_is_told_once,
                a_return_is_of_the_companys_own_and_waits_while_its_ticket_is_closed,
                a_ticket_takes_only_so_many_returns;
            accounts: tenants_and_apps_are_read_back_as_written, a_word_leads_to_one_tenant_until_it_has_another,
                the_set_up_link_works_once,
                a_password_link_works_once_until_its_time_and_a_new_one_ends_it,
                a_login_name_is_unique_in_its_tenant_whatever_its_case, operators_of_another_tenant_are_out_of_reach,
                somebody_is_always_left_to_administer, a_console_session_ends_when_idle_and_after_its_life,
                a_programs_login_is_good_for_a_week, disabling_and_a_new_password_end_every_login,
                a_role_change_takes_effect_on_a_login_under_way, an_id_is_given_to_nobody_else_for_a_day,
                the_audit_log_is_listed_newest_first_per_tenant, a_healthy_store_says_so;
            second_factors: a_second_factor_is_read_back_and_there_is_one_of_it, a_step_and_those_before_it_are_used_once,
                a_recovery_code_works_once_and_new_ones_end_the_old, another_company_neither_sees_nor_uses_a_second_factor,
                a_company_says_whether_its_users_must_have_one, a_new_token_takes_the_place_of_the_old_one_and_the_family_stays;
            oidc: a_provider_is_kept_and_another_company_has_none, an_identity_is_one_users_and_a_user_has_one,
                an_identity_in_one_company_is_nothing_in_another, an_invitation_is_used_up_by_an_identity_and_leaves_no_password,
                a_factor_asked_elsewhere_counts_for_its_login_until_the_provider_changes;
            passkeys: a_passkey_is_read_back_and_belongs_to_one_user, a_counter_never_goes_back_also_of_two_at_once,
                recovery_codes_come_with_the_first_second_factor_and_go_with_the_last, another_company_neither_sees_nor_uses_a_passkey;
            enrolments: one_request_of_an_operator_waits, a_disabled_operator_has_no_certificate,
                a_root_is_trusted_once_somebody_may_know_it, a_program_login_is_renewed_while_it_lasts;
            connections: a_connection_is_kept_changed_and_counted, one_companys_connection_is_nothing_to_another,
                a_session_keeps_the_connection_its_app_had_and_tickets_of_two_systems_do_not_wait_for_each_other,
                a_connection_goes_when_nobody_uses_it_and_takes_its_secrets_with_it, a_parked_row_that_is_dropped_lets_the_end_go_on,
                what_actions_say_is_kept_by_kind_and_language_and_changed_from_what_it_said,
                what_goes_into_fields_and_who_is_who_is_kept_beside_the_settings,
                what_a_system_leaves_out_is_noted_until_it_keeps_it_or_what_is_mapped_changes;
            figures: sessions_are_counted_by_everything_and_only_those_that_are_asked_for;
            presence: statuses_are_read_back_in_order_with_what_was_before, after_a_start_nobody_is_there;
            missed: a_missed_request_has_a_protocol_number_and_one_action_and_no_attendant,
                nothing_happens_in_a_missed_request_and_a_session_counts_on_behind_it,
                a_missed_request_is_on_the_ticket_it_was_invited_to_where_that_is_the_apps_system;
            contacts: contacts_are_listed_by_name_in_pages_and_found_by_what_is_known,
                two_contacts_do_not_share_an_address_and_a_changed_one_is_found_by_the_new,
                a_list_of_contacts_is_put_on_record_once_however_often_it_comes, of_a_list_those_are_known_who_are_on_record_and_no_others,
                of_two_contacts_one_is_made_with_the_tickets_of_both, a_contact_is_classified_and_found_by_it, a_companys_own_fields_are_kept_in_order,
                tickets_are_found_by_tag_text_owner_app_and_category, canned_answers_are_a_companys_own_and_have_different_titles,
                a_letter_and_its_action_are_written_both_or_neither_and_settled_once, a_companys_mail_server_and_texts_are_its_own, a_notice_is_good_once_for_a_while_and_while_its_ticket_is_open;
            wrap_up: an_end_waits_for_what_the_attendant_says_and_holds_it,
                an_end_that_waits_for_its_answer_holds_no_other_session_of_the_ticket_up,
                an_answer_that_does_not_come_holds_nothing_up_and_comes_later_by_itself, an_answer_that_says_nothing_lets_the_end_go,
                an_end_that_may_have_been_told_is_not_changed_by_a_late_answer, nothing_is_said_about_a_session_that_is_not_over;
            sessions: what_is_allowed_during_a_session_is_kept_in_order_and_written_down_once,
                when_a_session_had_administrators_rights_is_kept_in_order_and_written_down_once, how_long_there_and_back_took_is_kept_until_the_session_is_over, protocol_numbers_count_per_tenant_and_its_own_day, sessions_dialled_at_once_get_different_numbers,
                a_session_is_read_back_as_it_went, a_customers_alarm_is_written_once_during_a_session_or_after_it,
                a_watch_is_on_the_ticket_of_the_session_it_watches_and_is_not_counted,
                each_end_of_a_session_seals_it_once_and_different_witnesses_are_a_dispute,
                start_and_end_are_written_once_however_often_they_are_reported,
                a_session_that_never_started_tells_nobody, a_start_that_is_reported_after_the_end_still_gives_one_pair_in_order,
                times_that_cannot_be_are_put_in_order, unknown_sessions_are_not_found,
                unfinished_sessions_are_those_a_restart_must_see_to, history_is_newest_first_in_pages_and_only_the_tenants,
                history_is_found_by_what_people_remember, history_is_counted_as_it_is_found_and_no_further_than_wanted, every_step_of_a_session_is_a_line_of_the_audit_log_once,
                a_session_that_was_refused_is_in_the_audit_log_and_a_late_start_after_it;
            outbox: the_end_waits_for_the_start, sessions_on_one_ticket_go_one_after_the_other_and_others_side_by_side,
                a_session_that_opened_its_ticket_is_told_in_the_order_of_that_ticket,
                a_claim_takes_no_more_than_it_is_told, a_parked_row_holds_up_its_own_session_only,
                a_lease_that_ran_out_makes_the_row_uncertain_and_its_holder_powerless,
                a_restart_takes_leased_rows_up_at_once_as_uncertain, next_due_is_when_there_is_something_to_claim, a_long_reason_is_cut;
            tokens: a_token_is_good_until_it_ends_and_its_last_use_is_kept,
                a_token_ends_with_its_user_for_good_and_is_narrowed_with_their_roles,
                a_token_is_taken_back_by_its_user_or_company_and_by_nobody_else, a_user_has_so_many_tokens_and_no_more;
            desk: a_customer_is_known_by_the_strongest_thing_they_tell, colleagues_and_strangers_are_not_taken_for_a_customer,
                one_customer_is_made_however_many_ask_at_once, tickets_count_from_1001_in_each_tenant,
                a_marker_stands_for_one_action_on_one_ticket, only_a_tickets_own_number_finds_it, a_change_is_written_on_the_ticket,
                tickets_are_listed_newest_first_and_found,
                whatever_a_text_holds_it_is_found_and_the_index_of_words_is_whole;
        }
    };
}

mod one_file {
    whole_suite!(crate::OneFile::new().await);
}

mod opened_anew_for_every_step {
    whole_suite!(crate::Reopened::new());
}

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("relay.sqlite")
}

#[tokio::test]
async fn a_full_disk_is_a_typed_error_writes_nothing_by_half_and_is_over_when_there_is_room() {
    let engine = OneFile::new().await;
    let sqlite = engine.store.clone();
    let w = World::new(engine).await;
    let store = w.store().await;
    sqlite.limit_pages(1).await.unwrap();
    // Sessions are dialled and started until there is no room. Whatever step fails, fails whole.
    let (mut full, mut n) = (None, 0_u8);
    while full.is_none() {
        n += 1;
        let new = w.varanda.session(n, open_new());
        full = match store.open_session(&new).await {
            Ok(_) => store.start_session(new.id, &start(1), at(1)).await.err(),
            Err(error) => Some(error),
        };
    }
    assert!(matches!(full, Some(StoreError::Full)), "{full:?}");
    assert!(StoreError::Full.is_transient());

    // What was there is still read, nobody is told of a start that is not on record.
    let seen =
        store.history(w.varanda.tenant, &store::HistoryQuery { limit: 500, ..Default::default() }).await.unwrap();
    for session in &seen {
        let told: Vec<EventKind> = store.outbox_of_session(session.id).await.unwrap().iter().map(|e| e.kind).collect();
        match session.state {
            SessionState::Started => assert_eq!(told, [EventKind::Start]),
            SessionState::Dialling => assert!(told.is_empty()),
            state => panic!("{state:?}"),
        }
    }
    store.check().await.unwrap();

    // With room it goes on where it stopped, with no number left out.
    sqlite.limit_pages(u32::MAX - 1).await.unwrap();
    let new = w.varanda.session(n, open_new());
    match store.open_session(&new).await {
        Ok(opened) => assert_eq!(opened.protocol.as_str(), format!("2026-11-21-{n:06}")),
        Err(StoreError::Conflict { .. }) => {}
        Err(error) => panic!("{error:?}"),
    }
    assert_eq!(store.start_session(new.id, &start(2), at(2)).await.unwrap(), Kept::New);
    store.can_write().await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damage_and_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = vec![0x5a; 8192];
    std::fs::write(file(&folder), &garbage).unwrap();
    let opened = SqliteStore::open(&file(&folder)).await;
    assert!(matches!(opened, Err(StoreError::Corrupt { .. })), "{:?}", opened.err());
    assert_eq!(std::fs::read(file(&folder)).unwrap(), garbage);
}

#[tokio::test]
async fn a_damaged_page_is_found_by_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&file(&folder)).await.unwrap();
    store.check().await.unwrap();
    store.close().await;
    let mut bytes = std::fs::read(file(&folder)).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xee);
    std::fs::write(file(&folder), bytes).unwrap();
    let checked = match SqliteStore::open(&file(&folder)).await {
        Ok(store) => store.check().await,
        Err(error) => Err(error),
    };
    assert!(matches!(checked, Err(StoreError::Corrupt { .. })), "{checked:?}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error_and_not_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let opened = SqliteStore::open(&folder.path().join("no/such/folder/relay.sqlite")).await;
    assert!(matches!(opened, Err(StoreError::Other(_))));
}

#[tokio::test]
async fn the_audit_log_can_be_neither_changed_nor_deleted() {
    let engine = OneFile::new().await;
    let path = file(&engine._folder);
    let w = World::new(engine).await;
    let entry = store::AuditEntry {
        tenant: w.varanda.tenant,
        operator: None,
        who: "ana".into(),
        what: "login".into(),
        subject: String::new(),
        detail: String::new(),
        from: "127.0.0.1".into(),
        at: at(0),
    };
    w.store().await.audit(&entry).await.unwrap();
    let raw = sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(path)).await.unwrap();
    for sql in ["UPDATE audit SET who = 'x'", "DELETE FROM audit"] {
        assert!(sqlx::query(sql).execute(&raw).await.unwrap_err().to_string().contains("only added to"), "{sql}");
    }
}

/// Polls a future this many times, waiting for its wake-up each time, then drops it. `None`: it was dropped.
async fn killed_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut polled = 0;
    std::future::poll_fn(move |cx: &mut Context<'_>| {
        if polled == polls {
            return Poll::Ready(None);
        }
        polled += 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_report_that_is_dropped_at_any_step_is_whole_or_not_there() {
    let w = World::new(OneFile::new().await).await;
    let store = w.store().await;
    let mut polls = 0;
    loop {
        let n = u8::try_from(polls + 1).unwrap();
        let id = w.dialled(n, open_new()).await;
        let killed = killed_after(polls, store.start_session(id, &start(1), at(1))).await.is_none();
        let (state, told) = (store.session(id).await.unwrap().state, store.outbox_of_session(id).await.unwrap().len());
        // (Read after the drop: the transaction may commit between the two reads only if it was at its commit.)
        let again = store.start_session(id, &start(1), at(1)).await.unwrap();
        match again {
            Kept::New => assert_eq!((state, told), (SessionState::Dialling, 0)),
            Kept::Already => {}
        }
        assert_eq!(store.outbox_of_session(id).await.unwrap().len(), 1);
        assert_eq!(store.session(id).await.unwrap().state, SessionState::Started);
        assert_eq!(store.end_session(id, &end(9), at(9)).await.unwrap(), Kept::New);
        if !killed {
            break;
        }
        polls += 1;
    }
    assert!(polls > 3, "the call has several steps: {polls}");
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_log_that_is_cut_after_a_sessions_end_is_found_without_a_noted_head() {
    let engine = OneFile::new().await;
    let path = file(&engine._folder);
    let w = World::new(engine).await;
    w.ended(1, open_new()).await;
    let store = w.store().await;
    assert_eq!(store.audit_verify(w.varanda.tenant, None).await.unwrap().broken, None);
    let raw = sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(path)).await.unwrap();
    for sql in ["DROP TRIGGER audit_is_not_deleted", "DELETE FROM audit WHERE seq = 3"] {
        sqlx::query(sql).execute(&raw).await.unwrap();
    }
    let seen = store.audit_verify(w.varanda.tenant, None).await.unwrap();
    assert_eq!(seen.broken, Some(store::AuditBreak::Cut { expected: 3, last: 2 }));
}
