//! Second factors, and console sessions that are given a new token.

use store::{LoginFamily, StoreError, TokenHash, login};

use super::{World, at};

fn codes() -> [TokenHash; 2] {
    [TokenHash::of(b"one"), TokenHash::of(b"two")]
}

async fn with_factor(w: &World) {
    w.store().await.add_second_factor(w.varanda.tenant, w.varanda.ana, b"sealed", 100, &codes(), at(0)).await.unwrap();
}

pub async fn a_second_factor_is_read_back_and_there_is_one_of_it(w: &World) {
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    assert_eq!(w.store().await.second_factor(tenant, ana).await.unwrap(), None);
    with_factor(w).await;
    let factor = w.store().await.second_factor(tenant, ana).await.unwrap().unwrap();
    assert_eq!((factor.sealed.as_slice(), factor.last_step, factor.since), (b"sealed".as_slice(), 100, at(0)));
    assert_eq!(w.store().await.recovery_left(tenant, ana).await.unwrap(), 2);
    assert!(!format!("{factor:?}").contains("sealed"));
    assert_eq!(w.store().await.second_factors(tenant).await.unwrap(), [ana]);
    let again = w.store().await.add_second_factor(tenant, ana, b"other", 1, &[], at(1)).await;
    assert!(matches!(again, Err(StoreError::Conflict { what: "second factor" })));
    assert_eq!(w.store().await.recovery_left(tenant, ana).await.unwrap(), 2);

    assert!(w.store().await.remove_second_factor(tenant, ana).await.unwrap());
    assert!(!w.store().await.remove_second_factor(tenant, ana).await.unwrap());
    assert_eq!(w.store().await.second_factor(tenant, ana).await.unwrap(), None);
    assert!(!w.store().await.recovery_code(tenant, ana, &codes()[0]).await.unwrap(), "its codes go with it");
}

pub async fn a_step_and_those_before_it_are_used_once(w: &World) {
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    assert!(!w.store().await.use_step(tenant, ana, 200).await.unwrap(), "nothing to use");
    with_factor(w).await;
    for (step, fresh) in [(99, false), (100, false), (102, true), (102, false), (101, false), (103, true)] {
        assert_eq!(w.store().await.use_step(tenant, ana, step).await.unwrap(), fresh, "step {step}");
    }
    assert!(w.store().await.use_step(tenant, ana, u64::MAX).await.is_err());
    let (left, right) = tokio::join!(w.store(), w.store());
    let (a, b) = tokio::join!(left.use_step(tenant, ana, 104), right.use_step(tenant, ana, 104));
    assert_ne!(a.unwrap(), b.unwrap(), "two at once");
}

pub async fn a_recovery_code_works_once_and_new_ones_end_the_old(w: &World) {
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    let [one, two] = codes();
    let refused = w.store().await.replace_recovery_codes(tenant, ana, &[one]).await;
    assert!(matches!(refused, Err(StoreError::NotFound { what: "second factor" })));
    with_factor(w).await;
    assert!(w.store().await.recovery_code(tenant, ana, &one).await.unwrap());
    assert!(w.store().await.use_recovery_code(tenant, ana, &one, at(5)).await.unwrap());
    assert!(!w.store().await.recovery_code(tenant, ana, &one).await.unwrap());
    assert!(!w.store().await.use_recovery_code(tenant, ana, &one, at(6)).await.unwrap());
    assert!(!w.store().await.use_recovery_code(tenant, w.varanda.admin, &two, at(6)).await.unwrap(), "another's");
    let three = TokenHash::of(b"three");
    w.store().await.replace_recovery_codes(tenant, ana, &[three]).await.unwrap();
    assert!(!w.store().await.recovery_code(tenant, ana, &two).await.unwrap());
    assert_eq!(w.store().await.recovery_left(tenant, ana).await.unwrap(), 1);
}

pub async fn another_company_neither_sees_nor_uses_a_second_factor(w: &World) {
    let (tenant, ana, other) = (w.varanda.tenant, w.varanda.ana, w.other.tenant);
    let refused = w.store().await.add_second_factor(other, ana, b"x", 1, &[], at(0)).await;
    assert!(matches!(refused, Err(StoreError::NotFound { what: "operator" })));
    with_factor(w).await;
    let store = w.store().await;
    assert_eq!(store.second_factor(other, ana).await.unwrap(), None);
    assert!(store.second_factors(other).await.unwrap().is_empty());
    assert!(!store.use_step(other, ana, 500).await.unwrap());
    assert!(!store.recovery_code(other, ana, &codes()[0]).await.unwrap());
    assert!(!store.use_recovery_code(other, ana, &codes()[0], at(1)).await.unwrap());
    assert!(store.replace_recovery_codes(other, ana, &[]).await.is_err());
    assert!(store.remove_second_factor(other, ana).await.is_err());
    assert_eq!(w.store().await.recovery_left(tenant, ana).await.unwrap(), 2);
}

pub async fn a_company_says_whether_its_users_must_have_one(w: &World) {
    let (tenant, ana, admin) = (w.varanda.tenant, w.varanda.ana, w.varanda.admin);
    assert!(!w.store().await.second_factor_required(tenant).await.unwrap());
    assert!(!w.store().await.lacks_second_factor(tenant, ana).await.unwrap());
    w.store().await.require_second_factor(tenant, true).await.unwrap();
    with_factor(w).await;
    assert!(w.store().await.second_factor_required(tenant).await.unwrap());
    assert!(!w.store().await.lacks_second_factor(tenant, ana).await.unwrap());
    assert!(w.store().await.lacks_second_factor(tenant, admin).await.unwrap());
    assert!(!w.store().await.second_factor_required(w.other.tenant).await.unwrap());
    assert!(!w.store().await.lacks_second_factor(w.other.tenant, w.other.ana).await.unwrap());
    w.store().await.require_second_factor(tenant, false).await.unwrap();
    assert!(!w.store().await.lacks_second_factor(tenant, admin).await.unwrap());
}

pub async fn a_new_token_takes_the_place_of_the_old_one_and_the_family_stays(w: &World) {
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    let (old, new, family) = (TokenHash::of(b"old"), TokenHash::of(b"new"), LoginFamily::from_bytes([7; 16]));
    w.store().await.begin_console_session(&old, &family, tenant, ana, at(0)).await.unwrap();
    w.store().await.renew_console_token(&old, &new).await.unwrap();
    assert!(w.store().await.console_session(&old, at(1)).await.unwrap().is_none());
    let login = w.store().await.console_session(&new, at(1)).await.unwrap().unwrap();
    assert_eq!((login.family, login.created_at), (Some(family), at(0)), "its life goes on, it does not begin anew");
    assert_eq!(w.store().await.console_family(&family, at(1)).await.unwrap().unwrap().operator.id, ana);
    // What a page asks by itself does not keep it from being idle; what somebody asks does.
    let idle = i64::try_from(login::CONSOLE_IDLE.as_secs()).unwrap();
    assert!(w.store().await.console_family(&family, at(idle - 60)).await.unwrap().is_some());
    assert!(w.store().await.console_look(&new, at(idle - 60)).await.unwrap().is_some());
    for (token, family) in [(Some(&new), None), (None, Some(&family))] {
        assert!(!w.store().await.console_is_idle(token, family, at(idle - 1)).await.unwrap());
        assert!(w.store().await.console_is_idle(token, family, at(idle)).await.unwrap());
    }
    assert!(w.store().await.console_look(&new, at(idle)).await.unwrap().is_none());
    assert!(w.store().await.console_session(&new, at(idle - 60)).await.unwrap().is_some());
    assert!(w.store().await.console_look(&new, at(2 * idle - 120)).await.unwrap().is_some());
    let late = at(3 * idle);
    assert!(w.store().await.console_family(&family, late).await.unwrap().is_none());
    let again = w.store().await.renew_console_token(&old, &TokenHash::of(b"third")).await;
    assert!(matches!(again, Err(StoreError::NotFound { what: "login" })));
    w.store().await.end_all_logins(tenant, ana).await.unwrap();
    assert!(w.store().await.console_family(&family, at(1)).await.unwrap().is_none());
}
