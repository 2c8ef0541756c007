//! Tenants, apps, set-up, operators, logins, device ids, the audit log.

use std::time::Duration;

use jiff::Timestamp;
use protocol::id::{DeviceId, OperatorId};
use store::{AuditEntry, CompanyWord, Language, LoginFamily, Roles, Stamp, StoreError, TokenHash, login};

use super::{ADMIN, ATTENDANT, World, at};

fn after(begun: Timestamp, wait: Duration) -> Timestamp {
    begun.checked_add(wait).unwrap()
}

pub async fn tenants_and_apps_are_read_back_as_written(w: &World) {
    let store = w.store().await;
    let mut tenant = w.varanda.tenant("Varanda Sistemas");
    assert_eq!(store.tenant(tenant.id).await.unwrap(), tenant);
    assert_eq!(store.tenants().await.unwrap().len(), 2);
    let before = tenant.clone();
    tenant.language = Language::Es;
    tenant.time_zone = "Europe/Madrid".into();
    tenant.changed = Stamp { at: at(5), by: "Dona".into() };
    tenant.revision = store.update_tenant(&tenant).await.unwrap();
    assert_eq!(tenant.revision, before.revision + 1);
    assert_eq!(w.store().await.tenant(tenant.id).await.unwrap(), tenant);
    // Whoever has read it before that writes nothing.
    let late = store::Tenant { name: "Outra".into(), ..before };
    assert!(matches!(store.update_tenant(&late).await, Err(StoreError::Conflict { what: "revision" })));
    let nobody = store::Tenant { id: protocol::id::TenantId::from_bytes([77; 16]), ..tenant.clone() };
    assert!(matches!(store.update_tenant(&nobody).await, Err(StoreError::NotFound { what: "tenant" })));
    assert_eq!(w.store().await.tenant(tenant.id).await.unwrap(), tenant);
    assert!(matches!(store.add_tenant(&tenant).await, Err(StoreError::Conflict { what: "tenant" })));

    let mut app = w.varanda.app();
    assert_eq!(store.app(app.id).await.unwrap(), app);
    app.title = "Ajuda".into();
    app.logo_png = None;
    app.revision = store.update_app(&app).await.unwrap();
    assert_eq!(w.store().await.apps(app.tenant).await.unwrap(), [app.clone()]);
    // Another tenant's app is out of reach.
    app.tenant = w.other.tenant;
    assert!(matches!(store.update_app(&app).await, Err(StoreError::NotFound { what: "app" })));
}

pub async fn a_word_leads_to_one_tenant_until_it_has_another(w: &World) {
    let store = w.store().await;
    let [beta, gama]: [CompanyWord; 2] = ["beta", "gama"].map(|word| word.parse().unwrap());
    assert_eq!(store.tenant_by_word(&beta).await.unwrap(), None);
    store.set_tenant_word(w.varanda.tenant, &beta).await.unwrap();
    let found = w.store().await.tenant_by_word(&beta).await.unwrap().unwrap();
    assert_eq!((found.id, found.word.as_ref()), (w.varanda.tenant, Some(&beta)));
    // Two have none, and one has it alone.
    let taken = store.set_tenant_word(w.other.tenant, &beta).await;
    assert!(matches!(taken, Err(StoreError::Conflict { what: "word" })));
    let third = store::Tenant {
        word: Some(beta.clone()),
        ..store::Tenant::new(protocol::id::TenantId::from_bytes([77; 16]), "Terceira", at(0))
    };
    assert!(matches!(store.set_tenant_word(third.id, &gama).await, Err(StoreError::NotFound { what: "tenant" })));
    assert!(matches!(store.add_tenant(&third).await, Err(StoreError::Conflict { .. })));
    store.set_tenant_word(w.varanda.tenant, &gama).await.unwrap();
    store.add_tenant(&third).await.unwrap();
    let now = [&beta, &gama].map(|word| async { w.store().await.tenant_by_word(word).await.unwrap().unwrap().id });
    let [beta, gama] = now;
    assert_eq!((beta.await, gama.await), (third.id, w.varanda.tenant));
    // A change of its settings leaves it.
    let mut tenant = store.tenant(third.id).await.unwrap();
    assert_eq!(tenant, third);
    tenant.name = "Outra".into();
    store.update_tenant(&tenant).await.unwrap();
    assert_eq!(store.tenant(third.id).await.unwrap().word, third.word);
}

pub async fn the_set_up_link_works_once(w: &World) {
    let token = TokenHash::of(b"one-time");
    let boss = w.varanda.operator(OperatorId::from_bytes([9; 16]), "dona", "Dona Varanda", ADMIN);
    w.store().await.put_setup_token(w.varanda.tenant, &TokenHash::of(b"earlier"), at(0)).await.unwrap();
    w.store().await.put_setup_token(w.varanda.tenant, &token, at(1)).await.unwrap();
    assert_eq!(w.store().await.setup_tenant(&TokenHash::of(b"earlier")).await.unwrap(), None);
    assert_eq!(w.store().await.setup_tenant(&token).await.unwrap(), Some(w.varanda.tenant));

    // A login that is taken leaves everything as it was, the link too.
    let taken = w.varanda.operator(boss.id, "ANA", "Dona", ADMIN);
    assert!(matches!(
        w.store().await.complete_setup(&token, "X", &taken).await,
        Err(StoreError::Conflict { what: "login" })
    ));
    assert_eq!(w.store().await.tenant(w.varanda.tenant).await.unwrap().name, "Varanda Sistemas");
    // Another tenant's administrator cannot use it.
    let stranger = w.other.operator(boss.id, "dona", "Dona", ADMIN);
    assert!(w.store().await.complete_setup(&token, "X", &stranger).await.is_err());

    let made = w.store().await.complete_setup(&token, "Varanda Ltda", &boss).await.unwrap();
    assert_eq!((made.name.as_str(), made.roles), ("Dona Varanda", ADMIN));
    assert_eq!(w.store().await.tenant(w.varanda.tenant).await.unwrap().name, "Varanda Ltda");
    assert_eq!(w.store().await.setup_tenant(&token).await.unwrap(), None);
    let again = w.varanda.operator(OperatorId::from_bytes([10; 16]), "outra", "Outra", ADMIN);
    assert!(matches!(
        w.store().await.complete_setup(&token, "Y", &again).await,
        Err(StoreError::NotFound { what: "set-up link" })
    ));
    assert_eq!(w.store().await.operators(w.varanda.tenant).await.unwrap().len(), 3);
}

pub async fn a_login_name_is_unique_in_its_tenant_whatever_its_case(w: &World) {
    let store = w.store().await;
    let mut new = w.varanda.operator(OperatorId::from_bytes([9; 16]), "Ána", "Ána", ATTENDANT);
    store.add_operator(&new).await.unwrap();
    assert_eq!(store.operator_by_login(w.varanda.tenant, "áNA").await.unwrap().unwrap().id, new.id);
    assert!(store.operator_by_login(w.other.tenant, "áNA").await.unwrap().is_none());
    new.id = OperatorId::from_bytes([10; 16]);
    new.login = "ÁNA".into();
    assert!(matches!(store.add_operator(&new).await, Err(StoreError::Conflict { what: "login" })));
}

pub async fn operators_of_another_tenant_are_out_of_reach(w: &World) {
    let store = w.store().await;
    let (here, there) = (w.varanda.tenant, w.other.ana);
    assert!(matches!(store.operator(here, there).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(store.update_operator(here, there, "X", ADMIN).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(store.set_operator_password(here, there, "x").await, Err(StoreError::NotFound { .. })));
    assert!(matches!(store.set_operator_disabled(here, there, true, at(0)).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(
        store.begin_console_session(&TokenHash::of(b"t"), &LoginFamily::from_bytes([1; 16]), here, there, at(0)).await,
        Err(StoreError::NotFound { .. })
    ));
    store.end_all_logins(here, there).await.unwrap();
}

pub async fn somebody_is_always_left_to_administer(w: &World) {
    let store = w.store().await;
    let (tenant, admin) = (w.varanda.tenant, w.varanda.admin);
    let last = |r| matches!(r, Err(StoreError::Conflict { what: "last administrator" }));
    assert!(last(store.set_operator_disabled(tenant, admin, true, at(1)).await));
    assert!(last(store.update_operator(tenant, admin, "Chefe", ATTENDANT).await.map(|_| ())));
    assert!(store.operator(tenant, admin).await.unwrap().roles.admin);

    store.update_operator(tenant, w.varanda.ana, "Ana R.", Roles { admin: true, ..ATTENDANT }).await.unwrap();
    store.set_operator_disabled(tenant, admin, true, at(2)).await.unwrap();
    let listed = w.store().await.operators(tenant).await.unwrap();
    assert_eq!(
        listed.iter().map(|o| (o.name.as_str(), o.disabled_at)).collect::<Vec<_>>(),
        [("Ana R.", None), ("Chefe", Some(at(2)))]
    );
    store.set_operator_disabled(tenant, admin, false, at(3)).await.unwrap();
    assert!(store.operator(tenant, admin).await.unwrap().is_enabled());
}

pub async fn a_console_session_ends_when_idle_and_after_its_life(w: &World) {
    let token = TokenHash::of(b"browser");
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    w.store().await.begin_console_session(&token, &LoginFamily::from_bytes([2; 16]), tenant, ana, at(0)).await.unwrap();
    assert!(
        w.store().await.program_login(&token, at(1)).await.unwrap().is_none(),
        "a browser's token is not a program's"
    );

    // Used every 20 minutes it lives for twelve hours and no longer.
    let mut now = at(0);
    while now < after(at(0), login::CONSOLE_LIFE) {
        assert_eq!(w.store().await.console_session(&token, now).await.unwrap().unwrap().operator.id, ana);
        now = after(now, Duration::from_secs(20 * 60));
    }
    assert!(w.store().await.console_session(&token, after(at(0), login::CONSOLE_LIFE)).await.unwrap().is_none());

    let idle = TokenHash::of(b"idle");
    w.store().await.begin_console_session(&idle, &LoginFamily::from_bytes([3; 16]), tenant, ana, at(0)).await.unwrap();
    assert!(w.store().await.console_session(&idle, after(at(0), login::CONSOLE_IDLE)).await.unwrap().is_none());
    assert_eq!(w.store().await.forget_old_logins(after(at(0), login::CONSOLE_LIFE)).await.unwrap(), 2);
}

pub async fn a_programs_login_is_good_for_a_week(w: &World) {
    let token = TokenHash::of(b"program");
    w.store().await.begin_program_login(&token, w.varanda.tenant, w.varanda.ana, at(0)).await.unwrap();
    let last = after(at(0), login::PROGRAM_LIFE - Duration::from_secs(1));
    assert!(w.store().await.program_login(&token, last).await.unwrap().is_some());
    assert!(
        w.store().await.console_session(&token, at(1)).await.unwrap().is_none(),
        "a program's token is not a browser's"
    );
    w.store().await.end_console_session(&token).await.unwrap();
    assert!(w.store().await.program_login(&token, after(at(0), login::PROGRAM_LIFE)).await.unwrap().is_none());
    w.store().await.end_program_login(&token).await.unwrap();
    assert!(w.store().await.program_login(&token, at(1)).await.unwrap().is_none());
}

pub async fn disabling_and_a_new_password_end_every_login(w: &World) {
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    let (browser, program) = (TokenHash::of(b"b"), TokenHash::of(b"p"));
    for disable in [true, false] {
        w.store()
            .await
            .begin_console_session(&browser, &LoginFamily::from_bytes([4; 16]), tenant, ana, at(0))
            .await
            .unwrap();
        w.store().await.begin_program_login(&program, tenant, ana, at(0)).await.unwrap();
        if disable {
            w.store().await.set_operator_disabled(tenant, ana, true, at(1)).await.unwrap();
            assert!(w.store().await.begin_program_login(&TokenHash::of(b"q"), tenant, ana, at(1)).await.is_err());
            w.store().await.set_operator_disabled(tenant, ana, false, at(2)).await.unwrap();
        } else {
            w.store().await.set_operator_password(tenant, ana, "$new").await.unwrap();
            assert_eq!(w.store().await.operator(tenant, ana).await.unwrap().password_hash, "$new");
        }
        assert!(w.store().await.console_session(&browser, at(3)).await.unwrap().is_none());
        assert!(w.store().await.program_login(&program, at(3)).await.unwrap().is_none());
    }
}

pub async fn a_role_change_takes_effect_on_a_login_under_way(w: &World) {
    let token = TokenHash::of(b"b");
    w.store()
        .await
        .begin_console_session(&token, &LoginFamily::from_bytes([5; 16]), w.varanda.tenant, w.varanda.ana, at(0))
        .await
        .unwrap();
    w.store().await.update_operator(w.varanda.tenant, w.varanda.ana, "Ana", Roles::default()).await.unwrap();
    let login = w.store().await.console_session(&token, at(1)).await.unwrap().unwrap();
    assert_eq!(login.operator.roles, Roles::default());
}

pub async fn an_id_is_given_to_nobody_else_for_a_day(w: &World) {
    let id = DeviceId::new(123_456_789).unwrap();
    let (tenant, day) = (w.varanda.tenant, store::device::NOT_REUSED_FOR);
    let first = w.store().await.take_device_id(tenant, id, at(0)).await.unwrap().unwrap();
    assert_eq!(w.store().await.take_device_id(tenant, id, after(at(0), 9 * day)).await.unwrap(), None, "it is out");
    w.store().await.release_device_id(tenant, id, first, at(10)).await.unwrap();
    assert_eq!(w.store().await.take_device_id(tenant, id, after(at(9), day)).await.unwrap(), None);
    // Its holder may come back at any time, until it is another's.
    assert!(w.store().await.renew_device_id(tenant, id, first).await.unwrap());
    assert!(!w.store().await.renew_device_id(w.other.tenant, id, first).await.unwrap());
    assert_eq!(w.store().await.release_all_device_ids(at(20)).await.unwrap(), 1);
    let second = w.store().await.take_device_id(w.other.tenant, id, after(at(20), day)).await.unwrap().unwrap();
    assert!(second > first);
    assert!(!w.store().await.renew_device_id(tenant, id, first).await.unwrap());
    // A late goodbye of the old holder does not take it from the new one.
    w.store().await.release_device_id(tenant, id, first, at(30)).await.unwrap();
    assert_eq!(w.store().await.take_device_id(tenant, id, after(at(30), 2 * day)).await.unwrap(), None);
}

pub async fn the_audit_log_is_listed_newest_first_per_tenant(w: &World) {
    let line = |n: i64, what: &str| AuditEntry {
        tenant: w.varanda.tenant,
        operator: Some(w.varanda.ana),
        who: "Ana Ribeiro".into(),
        what: what.into(),
        subject: "123 456 789".into(),
        detail: String::new(),
        from: "127.0.0.1".into(),
        at: at(n),
    };
    let (first, second) = (line(1, "login"), line(2, "password.shown"));
    w.store().await.audit(&first).await.unwrap();
    w.store().await.audit(&second).await.unwrap();
    assert_eq!(w.store().await.audit_list(w.varanda.tenant, 10).await.unwrap(), [second.clone(), first]);
    assert_eq!(w.store().await.audit_list(w.varanda.tenant, 1).await.unwrap(), [second]);
    assert!(w.store().await.audit_list(w.other.tenant, 10).await.unwrap().is_empty());
}

pub async fn a_healthy_store_says_so(w: &World) {
    w.store().await.check().await.unwrap();
    w.store().await.can_write().await.unwrap();
    w.store().await.can_write().await.unwrap();
}

pub async fn a_password_link_works_once_until_its_time_and_a_new_one_ends_it(w: &World) {
    let store = w.store().await;
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    let [first, second, third] = ["first", "second", "third"].map(|token| TokenHash::of(token.as_bytes()));
    let foreign = store.put_password_link(w.other.tenant, ana, &first, at(100)).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    store.put_password_link(tenant, ana, &first, at(100)).await.unwrap();
    store.put_password_link(tenant, ana, &second, at(100)).await.unwrap();
    assert_eq!(store.password_link(&first, at(1)).await.unwrap(), None, "a new one ends it");
    assert_eq!(w.store().await.password_link(&second, at(1)).await.unwrap().map(|o| o.id), Some(ana));
    assert_eq!(store.password_link(&second, at(100)).await.unwrap(), None, "its time is over");
    assert!(store.use_password_link(&second, "hash", at(100)).await.is_err());
    let used = store.use_password_link(&second, "hash", at(99)).await.unwrap();
    assert_eq!((used.id, used.password_hash.as_str()), (ana, "hash"));
    assert_eq!(store.operator(tenant, ana).await.unwrap().password_hash, "hash");
    assert!(matches!(store.use_password_link(&second, "x", at(99)).await, Err(StoreError::NotFound { .. })), "once");
    // Any other new password ends a link, and so does being disabled for as long as it lasts.
    store.put_password_link(tenant, ana, &third, at(100)).await.unwrap();
    store.set_operator_disabled(tenant, ana, true, at(5)).await.unwrap();
    assert_eq!(store.password_link(&third, at(6)).await.unwrap(), None);
    store.set_operator_disabled(tenant, ana, false, at(7)).await.unwrap();
    assert!(store.password_link(&third, at(8)).await.unwrap().is_some());
    store.set_operator_password(tenant, ana, "other").await.unwrap();
    assert_eq!(store.password_link(&third, at(9)).await.unwrap(), None);
}
