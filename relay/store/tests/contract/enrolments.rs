//! Enrolments: requests that wait and certificates that were given.

use protocol::id::{AppId, OperatorId};
use store::{AttendantCertificate, AuditEntry, EnrolmentRequest, StoreError};

use super::{Company, World, at};

fn request(company: &Company, operator: OperatorId, byte: u8, second: i64) -> EnrolmentRequest {
    EnrolmentRequest {
        operator,
        tenant: company.tenant,
        login: "ana".into(),
        name: "Ana Ribeiro".into(),
        request: vec![byte; 9],
        asked_at: at(second),
    }
}

fn certificate(company: &Company, operator: OperatorId, byte: u8) -> AttendantCertificate {
    AttendantCertificate { operator, tenant: company.tenant, certificate: vec![byte; 9], expires_at: at(600) }
}

/// One request of an operator waits at most, and each company sees its own.
pub async fn one_request_of_an_operator_waits(world: &World) {
    let (ours, other) = (&world.varanda, &world.other);
    let first = request(ours, ours.ana, 1, 5);
    assert!(world.store().await.ask_enrolment(&first).await.unwrap());
    assert!(!world.store().await.ask_enrolment(&request(ours, ours.ana, 1, 9)).await.unwrap(), "the same again");
    assert_eq!(world.store().await.enrolment_requests(ours.tenant).await.unwrap(), [first]);
    let second = request(ours, ours.ana, 2, 10);
    assert!(world.store().await.ask_enrolment(&second).await.unwrap());
    assert_eq!(world.store().await.enrolment_requests(ours.tenant).await.unwrap(), [second]);
    assert!(world.store().await.enrolment_requests(other.tenant).await.unwrap().is_empty());
    let stranger = world.store().await.ask_enrolment(&request(other, ours.ana, 3, 11)).await;
    assert!(matches!(stranger, Err(StoreError::NotFound { what: "operator" })));
}

/// A certificate answers the request, and a disabled operator loses both.
pub async fn a_disabled_operator_has_no_certificate(world: &World) {
    let ours = &world.varanda;
    let kept = certificate(ours, ours.ana, 1);
    world.store().await.ask_enrolment(&request(ours, ours.ana, 1, 5)).await.unwrap();
    world.store().await.keep_certificate(&kept, true).await.unwrap();
    let store = world.store().await;
    assert!(store.enrolment_requests(ours.tenant).await.unwrap().is_empty());
    assert_eq!(store.attendant_certificate(ours.tenant, ours.ana).await.unwrap(), Some(kept));
    assert_eq!(store.attendant_certificate(world.other.tenant, ours.ana).await.unwrap(), None);
    let newer = certificate(ours, ours.ana, 2);
    store.ask_enrolment(&request(ours, ours.ana, 2, 6)).await.unwrap();
    store.keep_certificate(&newer, false).await.unwrap();
    assert_eq!(store.attendant_certificate(ours.tenant, ours.ana).await.unwrap(), Some(newer));

    store.set_operator_disabled(ours.tenant, ours.ana, true, at(7)).await.unwrap();
    let store = world.store().await;
    assert!(store.enrolment_requests(ours.tenant).await.unwrap().is_empty());
    assert_eq!(store.attendant_certificate(ours.tenant, ours.ana).await.unwrap(), None);
    let refused = store.keep_certificate(&certificate(ours, ours.ana, 3), true).await;
    assert!(matches!(refused, Err(StoreError::NotFound { what: "operator" })));
    assert!(store.ask_enrolment(&request(ours, ours.ana, 3, 8)).await.is_err());
}

/// Whoever may hold a profile or a certificate of the present root counts.
pub async fn a_root_is_trusted_once_somebody_may_know_it(world: &World) {
    let (ours, other) = (&world.varanda, &world.other);
    let store = world.store().await;
    assert!(!store.root_is_trusted(ours.tenant).await.unwrap());
    store.keep_certificate(&certificate(ours, ours.ana, 1), true).await.unwrap();
    assert!(store.root_is_trusted(ours.tenant).await.unwrap());
    store.forget_enrolments(ours.tenant).await.unwrap();
    assert!(!store.root_is_trusted(ours.tenant).await.unwrap());
    let entry = AuditEntry {
        tenant: ours.tenant,
        operator: Some(ours.admin),
        who: "Chefe".into(),
        what: "profile.downloaded".into(),
        subject: AppId::from_bytes([1; 16]).to_string(),
        detail: String::new(),
        from: "127.0.0.1".into(),
        at: at(1),
    };
    store.audit(&entry).await.unwrap();
    assert!(store.root_is_trusted(ours.tenant).await.unwrap());
    assert!(!store.root_is_trusted(other.tenant).await.unwrap());
}

/// A program's login that was renewed counts from then; one that has ended does not come back.
pub async fn a_program_login_is_renewed_while_it_lasts(world: &World) {
    let ours = &world.varanda;
    let store = world.store().await;
    let token = store::TokenHash::of(b"token");
    let week = i64::try_from(store::login::PROGRAM_LIFE.as_secs()).unwrap();
    store.begin_program_login(&token, ours.tenant, ours.ana, at(0)).await.unwrap();
    store.renew_program_login(&token, at(week - 10)).await.unwrap();
    assert!(store.program_login(&token, at(week + 10)).await.unwrap().is_some());
    store.renew_program_login(&token, at(3 * week)).await.unwrap();
    assert!(store.program_login(&token, at(3 * week)).await.unwrap().is_none(), "it had ended before");
}
