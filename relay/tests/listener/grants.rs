//! One-time grants: copied in the console, taken by the program of who copied them, opening one dial.

use enrolment::{Bound, EXPORTER_LABEL, grant_message};
use protocol::{
    id::{DeviceId, Password},
    message::{
        FromRelay, ToRelay,
        directory::CertificateChain,
        one_time::TakeGrant,
        pairing::{DialError, DialRefused},
    },
};
use rcgen::KeyPair;
use ring::{rand::SystemRandom, signature};

use crate::{
    console_support::{Browser, EVERYTHING, PASSWORD, operator},
    enrolment::ask,
    world::{Program, World, open_new},
};

/// A customer's password in these tests.
fn customers() -> Password {
    Password::from_entropy([1, 2, 3, 4, 5])
}

/// An attendant's program that is enrolled, and a browser of the same person.
struct Desk {
    program: Program,
    browser: Browser,
    key: KeyPair,
    chain: CertificateChain,
}

impl Desk {
    async fn of(world: &World, login: &str) -> Self {
        operator(&world.relay().shared, world.tenant, login, EVERYTHING).await;
        let mut browser = Browser::new(&world.relay().shared);
        browser.log_in(login, PASSWORD).await;
        let (program, key, chain) = Self::program(world, login).await;
        Self { program, browser, key, chain }
    }

    async fn program(world: &World, login: &str) -> (Program, KeyPair, CertificateChain) {
        let mut program = world.program().await;
        let login = protocol::message::directory::Login { user: login.to_owned(), password: PASSWORD.to_owned() };
        program.say(ToRelay::Login(login)).await;
        program.hear_that(|m| matches!(m, FromRelay::LoggedIn(_)).then_some(())).await;
        let key = KeyPair::generate().unwrap();
        let chain = ask(&mut program, &key).await.unwrap();
        (program, key, chain)
    }

    /// The console's copy button: the grant, as it stands behind the ID.
    async fn copy(&mut self, customer: &Program) -> String {
        let copied = self.browser.post(&format!("/waiting/{}/credentials", customer.id().number()), &[]).await.body;
        let grant = copied.strip_prefix(&format!("{} ", customer.id())).unwrap_or_else(|| panic!("{copied}"));
        assert_eq!(grant.len(), 32, "{copied}");
        grant.to_owned()
    }

    fn proof(&self, grant: &str) -> TakeGrant {
        let mut exporter = [0; 32];
        self.program.connection.export_keying_material(&mut exporter, EXPORTER_LABEL, &[]).unwrap();
        let random = SystemRandom::new();
        let algorithm = &signature::ECDSA_P256_SHA256_ASN1_SIGNING;
        let key = signature::EcdsaKeyPair::from_pkcs8(algorithm, self.key.serialized_der(), &random).unwrap();
        let message = grant_message(Bound { exporter: &exporter, grant: grant.as_bytes() });
        TakeGrant {
            request: 5,
            partner: DeviceId::new(DeviceId::MIN).unwrap(),
            grant: grant.as_bytes().to_vec().try_into().unwrap(),
            chain: self.chain.clone(),
            proof: key.sign(&random, &message).unwrap().as_ref().to_vec().try_into().unwrap(),
        }
    }

    async fn take(&mut self, customer: &Program, grant: &str) -> bool {
        let take = TakeGrant { partner: customer.id(), ..self.proof(grant) };
        taken(&mut self.program, take).await
    }

    /// Dials, and gives the password that came with it.
    async fn dial(&mut self, customer: &Program) -> Result<Option<Password>, DialError> {
        let mut opened = None;
        let dial = protocol::message::pairing::Dial {
            request: 7,
            partner: customer.id(),
            ticket: open_new(),
            want: protocol::message::grant::Grants::CONTROL,
        };
        self.program.say(ToRelay::Dial(dial)).await;
        self.program
            .hear_that(|m| match m {
                FromRelay::GrantOpened(answer) => {
                    opened = Some(answer.password);
                    None
                }
                FromRelay::Dialled(_) => Some(Ok(())),
                FromRelay::DialRefused(DialRefused { why, .. }) => Some(Err(why)),
                _ => None,
            })
            .await
            .map(|()| opened)
    }
}

async fn taken(program: &mut Program, take: TakeGrant) -> bool {
    program.say(ToRelay::TakeGrant(take)).await;
    program.hear_that(|m| if let FromRelay::GrantTaken(answer) = m { Some(answer.taken) } else { None }).await
}

async fn audited(world: &World, customer: &Program) -> Vec<String> {
    let id = customer.id().to_string();
    let audit = world.relay().shared.store.audit_list(world.tenant, 50).await.unwrap();
    assert!(audit.iter().all(|line| !format!("{line:?}").contains(&customers().reveal())));
    audit.into_iter().rev().filter(|line| line.subject.starts_with(&id)).map(|line| line.what).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_copied_in_the_console_opens_one_dial_of_the_same_attendants_program() {
    let world = World::new().await;
    let mut bea = Desk::of(&world, "bea").await;
    let mut customer = world.customer("Cida").await;
    let grant = bea.copy(&customer).await;
    assert!(bea.take(&customer, &grant).await);
    assert!(!bea.take(&customer, &grant).await, "it is used");
    assert_eq!(bea.dial(&customer).await.unwrap(), Some(customers()));
    customer.hear_that(|m| matches!(m, FromRelay::Incoming(_)).then_some(())).await;
    assert_eq!(audited(&world, &customer).await, ["grant.made", "grant.refused", "grant.used"]);

    // The next dial of the same connection gets nothing.
    let other = world.customer("Rosa").await;
    assert_eq!(bea.dial(&other).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_session_without_the_enrolled_program_opens_nothing() {
    let world = World::new().await;
    let mut bea = Desk::of(&world, "bea").await;
    let customer = world.customer("Cida").await;
    let grant = bea.copy(&customer).await;
    let good = TakeGrant { partner: customer.id(), ..bea.proof(&grant) };

    // Who has the console and the account's password, but not the key of the certificate.
    let (mut thief, ..) = Desk::program(&world, "bea").await;
    assert!(!taken(&mut thief, good.clone()).await, "a proof of another connection");
    let own = bea.key;
    bea.key = KeyPair::generate().unwrap();
    let forged = TakeGrant { partner: customer.id(), ..bea.proof(&grant) };
    assert!(!taken(&mut bea.program, forged).await, "signed with another key than the certificate's");
    bea.key = own;
    // Nobody is logged in.
    let mut nobody = world.program().await;
    assert!(!taken(&mut nobody, good.clone()).await);
    // None of it has used the grant up or reached the customer.
    assert!(taken(&mut bea.program, good).await);
    assert_eq!(bea.dial(&customer).await.unwrap(), Some(customers()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_worth_nothing_to_another_attendant_or_for_another_customer() {
    let world = World::new().await;
    let (mut bea, mut rui) = (Desk::of(&world, "bea").await, Desk::of(&world, "rute").await);
    let (customer, other) = (world.customer("Cida").await, world.customer("Rosa").await);
    let grant = bea.copy(&customer).await;
    assert!(!rui.take(&customer, &grant).await);
    assert!(!bea.take(&customer, &grant).await, "somebody else has seen it: it is no secret any more");
    assert_eq!(rui.dial(&customer).await.unwrap(), None);

    let grant = bea.copy(&other).await;
    assert!(!bea.take(&customer, &grant).await);
    assert_eq!(bea.dial(&other).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_from_before_the_password_was_renewed_reaches_no_customer_and_counts_no_guess() {
    let world = World::new().await;
    let mut bea = Desk::of(&world, "bea").await;
    let mut customer = world.customer("Cida").await;
    let grant = bea.copy(&customer).await;
    assert!(bea.take(&customer, &grant).await);
    let renewed = Password::from_entropy([5, 4, 3, 2, 1]);
    customer.say(ToRelay::NewPassword(renewed.clone())).await;
    let directory = &world.relay().shared.directory;
    crate::world::eventually(async || {
        (directory.password(world.tenant, customer.id()) == Some(renewed.clone())).then_some(())
    })
    .await;
    assert_eq!(bea.dial(&customer).await, Err(DialError::GrantGone));
    assert_eq!(audited(&world, &customer).await, ["grant.made", "grant.refused"]);
    // The next thing the customer hears is the next, honest dial: there was none before it.
    assert_eq!(bea.dial(&customer).await.unwrap(), None);
    let all = store::HistoryQuery { limit: 10, ..store::HistoryQuery::default() };
    assert_eq!(
        world.relay().shared.store.history(world.tenant, &all).await.unwrap().len(),
        1,
        "the refused dial was no session"
    );
    customer.hear_that(|m| matches!(m, FromRelay::Incoming(_)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_of_one_company() {
    let world = World::new().await;
    let mut bea = Desk::of(&world, "bea").await;
    let customer = world.customer("Cida").await;
    let grant = bea.copy(&customer).await;
    // The same person's certificate in another company proves nothing here.
    let shared = &world.relay().shared;
    let foreign = amparo_relay::key::TenantKeys::generate(world.tenant, "Outra").unwrap();
    assert_ne!(foreign.root_certificate, shared.keys.tenant(world.tenant).unwrap().root_certificate);
    let office = crate::enrolment::Office::new();
    let asked = CertificateChain::try_from(vec![office.root.der().to_vec()]).unwrap();
    bea.chain = asked;
    assert!(!bea.take(&customer, &grant).await);
}
