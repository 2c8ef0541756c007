//! Attendants' certificates: signed here, or by an administrator who keeps the root; renewed; taken away.

use std::time::Duration;

use amparo_relay::enrolment::{self as custody, Custody};
use enrolment::{Requests, Root, Signatures, Signed, sign};
use jiff::Timestamp;
use protocol::{
    id::{OperatorId, TenantId},
    message::{
        FromRelay, ToRelay,
        directory::{CertificateChain, LoginError},
        pairing::{CloseReason, DialError, DialRefused},
    },
};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData,
};
use store::TokenHash;

use crate::world::{PASSWORD, Program, World, eventually};

pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// The administrator's machine, with the root's key.
pub struct Office {
    pub root: Root,
    issuer: Issuer<'static, KeyPair>,
}

impl Office {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Varanda: root of attendants");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root = params.self_signed(&key).unwrap();
        let issuer = Issuer::from_ca_cert_der(root.der(), key).unwrap();
        Self { root: Root::read(root.der(), Timestamp::now()).unwrap(), issuer }
    }

    /// Signs all that is asked for.
    pub fn sign(&self, requests: &str, life: Duration) -> String {
        let requests = Requests::from_json(requests.as_bytes()).unwrap();
        let signed = requests.asked.iter().map(|asked| {
            let request = enrolment::Request::read(&asked.request).unwrap();
            let certificate = sign(&self.issuer, &asked.attendant, &request, Timestamp::now(), life).unwrap();
            Signed { operator: asked.attendant.operator, certificate }
        });
        Signatures { tenant: requests.tenant, signed: signed.collect() }.to_json()
    }
}

pub async fn elsewhere() -> (World, Office) {
    let (world, office) = (World::new().await, Office::new());
    world.relay().shared.keys.use_root(world.tenant, &office.root).unwrap();
    (world, office)
}

pub fn request(key: &KeyPair) -> ToRelay {
    let request = CertificateParams::new(Vec::new()).unwrap().serialize_request(key).unwrap();
    ToRelay::Enrol(request.der().to_vec().try_into().unwrap())
}

/// What the relay answers: a certificate, or that it is waited for.
pub async fn ask(program: &mut Program, key: &KeyPair) -> Option<CertificateChain> {
    program.say(request(key)).await;
    program
        .hear_that(|m| match m {
            FromRelay::Enrolled(chain) => Some(Some(chain)),
            FromRelay::EnrolPending => Some(None),
            FromRelay::EnrolFailed(why) => panic!("{why}"),
            _ => None,
        })
        .await
}

async fn certificate(program: &mut Program) -> CertificateChain {
    program.hear_that(|m| if let FromRelay::Enrolled(chain) = m { Some(chain) } else { None }).await
}

async fn waiting(world: &World) -> Vec<store::EnrolmentRequest> {
    world.relay().shared.store.enrolment_requests(world.tenant).await.unwrap()
}

fn key_of(chain: &CertificateChain) -> Vec<u8> {
    enrolment::key_of(&chain.ders()[0]).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_root_is_elsewhere_an_attendant_waits_until_the_administrator_has_signed() {
    let (world, office) = elsewhere().await;
    let shared = &world.relay().shared;
    assert_eq!(shared.keys.tenant(world.tenant).unwrap().custody(), Custody::Elsewhere);
    let key = KeyPair::generate().unwrap();
    let mut ana = world.attendant("ana").await;
    assert!(ask(&mut ana, &key).await.is_none());
    // Asking again, signed anew, changes nothing; another key takes its place.
    let first = waiting(&world).await;
    assert!(ask(&mut ana, &key).await.is_none());
    assert_eq!(waiting(&world).await, first);
    let other = KeyPair::generate().unwrap();
    assert!(ask(&mut ana, &other).await.is_none());
    assert_eq!(waiting(&world).await.len(), 1, "one request of an attendant waits at most");
    assert!(ask(&mut ana, &key).await.is_none());

    let requests = custody::requests(shared, world.tenant).await.unwrap();
    let file = office.sign(&requests, 7 * DAY);
    let taken = custody::take(shared, world.tenant, file.as_bytes(), Timestamp::now()).await.unwrap();
    assert_eq!(taken.taken, ["ana"]);
    assert!(taken.refused.is_empty() && waiting(&world).await.is_empty());
    // Without a restart, a new login or another question.
    assert_eq!(key_of(&certificate(&mut ana).await), key.subject_public_key_info());

    // The next start of the program, with the key that it has kept.
    let mut again = world.attendant("ana").await;
    assert!(ask(&mut again, &key).await.is_some());
    assert!(waiting(&world).await.is_empty());
    assert!(ask(&mut again, &other).await.is_none(), "a certificate is no use to another key");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_root_signed_or_nobody_asked_for_is_not_taken() {
    let (world, office) = elsewhere().await;
    let shared = &world.relay().shared;
    let mut ana = world.attendant("ana").await;
    assert!(ask(&mut ana, &KeyPair::generate().unwrap()).await.is_none());
    let requests = custody::requests(shared, world.tenant).await.unwrap();
    let take =
        |file: String| async move { custody::take(shared, world.tenant, file.as_bytes(), Timestamp::now()).await };

    let taken = take(Office::new().sign(&requests, DAY)).await.unwrap();
    assert!(taken.taken.is_empty() && taken.refused[0].1.to_string().contains("has not signed it"));
    let mut strange = Signatures::from_json(office.sign(&requests, DAY).as_bytes()).unwrap();
    strange.signed[0].operator = OperatorId::from_bytes([9; 16]);
    assert!(take(strange.to_json()).await.unwrap().refused[0].1.to_string().contains("nobody waits"));
    strange.tenant = TenantId::from_bytes([9; 16]);
    assert!(matches!(take(strange.to_json()).await, Err(custody::TakeError::OtherCompany)));
    assert!(matches!(take(requests.clone()).await, Err(custody::TakeError::Exchange(_))));
    assert_eq!(waiting(&world).await.len(), 1, "the attendant waits on");

    assert_eq!(take(office.sign(&requests, DAY)).await.unwrap().taken, ["ana"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_near_its_end_works_on_while_its_successor_is_asked_for() {
    let (world, office) = elsewhere().await;
    let shared = &world.relay().shared;
    let key = KeyPair::generate().unwrap();
    let mut ana = world.attendant("ana").await;
    assert!(ask(&mut ana, &key).await.is_none());
    let sign = |life| async move {
        let file = office_file(shared, world.tenant).await;
        (file, life)
    };
    let (requests, life) = sign(DAY).await;
    custody::take(shared, world.tenant, office.sign(&requests, life).as_bytes(), Timestamp::now()).await.unwrap();
    let first = certificate(&mut ana).await;

    assert_eq!(ask(&mut ana, &key).await, Some(first.clone()));
    assert_eq!(waiting(&world).await.len(), 1, "a day is left: the administrator can sign the next one");
    let requests = office_file(shared, world.tenant).await;
    custody::take(shared, world.tenant, office.sign(&requests, 7 * DAY).as_bytes(), Timestamp::now()).await.unwrap();
    let second = certificate(&mut ana).await;
    assert!(second != first && key_of(&second) == key_of(&first));
    assert_eq!(ask(&mut ana, &key).await, Some(second));
    assert!(waiting(&world).await.is_empty(), "a week is left: nobody is asked");
}

async fn office_file(shared: &amparo_relay::relay::Shared, tenant: TenantId) -> String {
    custody::requests(shared, tenant).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_lasts_as_long_as_the_certificate_that_is_renewed_with_it() {
    let world = World::new().await;
    let store = &world.relay().shared.store;
    let ana = store.operator_by_login(world.tenant, "ana").await.unwrap().unwrap();
    let (now, token) = (Timestamp::now(), [7; 32]);
    store.begin_program_login(&TokenHash::of(&token), world.tenant, ana.id, now - 6 * DAY).await.unwrap();
    let mut program = world.program().await;
    program.login_again(token.to_vec().try_into().unwrap()).await;
    assert!(store.program_login(&TokenHash::of(&token), now + 2 * DAY).await.unwrap().is_none());
    assert!(ask(&mut program, &KeyPair::generate().unwrap()).await.is_some(), "the root is on this server");
    assert!(store.program_login(&TokenHash::of(&token), now + 2 * DAY).await.unwrap().is_some(), "eight days");
    let kept = store.attendant_certificate(world.tenant, ana.id).await.unwrap().unwrap();
    assert!(kept.expires_at > now + 6 * DAY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_attendant_hears_of_it_at_once_and_is_paired_no_more() {
    let (world, office) = elsewhere().await;
    let shared = &world.relay().shared;
    let key = KeyPair::generate().unwrap();
    let mut customer = world.customer("Cida").await;
    let mut ana = world.attendant("ana").await;
    assert!(ask(&mut ana, &key).await.is_none());
    let file = office.sign(&office_file(shared, world.tenant).await, 7 * DAY);
    custody::take(shared, world.tenant, file.as_bytes(), Timestamp::now()).await.unwrap();
    certificate(&mut ana).await;
    let (dialled, _) = ana.dial_ok(&mut customer).await;

    let who = ana.logged_in.as_ref().unwrap().operator;
    shared.accounts.set_disabled(world.tenant, who, true).await.unwrap();
    assert!(shared.store.attendant_certificate(world.tenant, who).await.unwrap().is_none());
    // The place that was dialled a moment ago is not taken any more.
    ana.say(ToRelay::Join(dialled.token)).await;
    let expired = |m| matches!(m, FromRelay::LoginFailed(LoginError::Expired)).then_some(());
    ana.hear_that(expired).await;
    let refused = ana.dial(customer.id(), crate::world::open_new()).await;
    assert!(matches!(refused, FromRelay::DialRefused(DialRefused { why: DialError::NotAllowed, .. })), "{refused:?}");
    ana.say(request(&key)).await;
    ana.hear_that(|m| matches!(m, FromRelay::EnrolFailed(_)).then_some(())).await;

    // Let in again: the certificate of before is gone for good, the same key waits anew.
    shared.accounts.set_disabled(world.tenant, who, false).await.unwrap();
    let mut back = world.attendant("ana").await;
    assert!(ask(&mut back, &key).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn disabling_in_the_console_ends_what_the_attendant_has_under_way() {
    use crate::console_support::{Browser, EVERYTHING, PASSWORD as CHIEF, operator};
    let world = World::new().await;
    let shared = world.relay().shared.clone();
    operator(&shared, world.tenant, "chefe", EVERYTHING).await;
    let mut pair = world.pair(true).await;
    let mut idle = world.attendant("ana").await;
    let who = idle.logged_in.as_ref().unwrap().operator;

    let mut chief = Browser::new(&shared);
    chief.log_in("chefe", CHIEF).await;
    chief.post(&format!("/users/{who}/disabled"), &[("disabled", "true")]).await;
    // Told without having said anything.
    idle.hear_that(|m| matches!(m, FromRelay::LoginFailed(LoginError::Expired)).then_some(())).await;
    assert_eq!(pair.customer.closed(pair.session).await, CloseReason::EndedByAttendant);
    let row = world.over(pair.session).await;
    assert!(row.ended_at.is_some());
    let refused = {
        let mut program = world.program().await;
        program
            .say(ToRelay::Login(protocol::message::directory::Login {
                user: "ana".to_owned(),
                password: PASSWORD.to_owned(),
            }))
            .await;
        program.hear_that(|m| if let FromRelay::LoginFailed(why) = m { Some(why) } else { None }).await
    };
    assert_eq!(refused, LoginError::Wrong);
    eventually(async || shared.sessions.list(world.tenant).is_empty().then_some(())).await;
}
