//! What both ends of a session sign of it, and what is written of it.

use enrolment::{Statement, key_hash, key_of};
use protocol::{
    id::SessionId,
    message::{
        FromRelay,
        grant::Grants,
        pairing::{self, CloseReason, Happened, Role},
        record::{Signed, Told},
    },
};
use rcgen::{KeyPair, PublicKeyData};
use store::Session;

use crate::{
    enrolment::ask,
    world::{Pair, Program, World, ended},
};

/// A session that is over, and the keys its two ends had.
struct Past {
    world: World,
    pair: Pair,
    row: Session,
    customer: KeyPair,
    attendant: KeyPair,
    leaf: Vec<u8>,
}

impl Past {
    async fn new() -> Self {
        let world = World::new().await;
        let mut pair = world.pair(true).await;
        let (customer, attendant) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let chain = ask(&mut pair.attendant, &attendant).await.unwrap();
        pair.customer.report(pair.session, ended(CloseReason::EndedByCustomer)).await;
        pair.customer.kept(pair.session, pairing::Step::Ended).await;
        let row = world.over(pair.session).await;
        Self { world, pair, row, customer, attendant, leaf: chain.ders()[0].clone() }
    }

    /// What an honest end of this role says.
    fn statement(&self, role: Role) -> Statement {
        let ms = |at: Option<jiff::Timestamp>| u64::try_from(at.unwrap().as_millisecond()).unwrap();
        Statement {
            tenant: self.world.tenant,
            session: self.row.id,
            protocol: self.row.protocol.clone(),
            role,
            told: Told {
                granted: Grants::CONTROL,
                started_unix_ms: ms(self.row.started_at),
                ended_unix_ms: ms(self.row.ended_at),
                reconnects: 0,
                why: CloseReason::EndedByCustomer,
                connection: [7; 32],
                customer_key: key_hash(&self.customer.subject_public_key_info()),
                attendant_key: key_hash(&key_of(&self.leaf).unwrap().0),
            },
        }
    }

    fn sign(&self, statement: &Statement, role: Role) -> Signed {
        match role {
            Role::Customer => {
                statement.sign(self.customer.serialized_der(), &self.customer.subject_public_key_info()).unwrap()
            }
            Role::Attendant => statement.sign(self.attendant.serialized_der(), &self.leaf).unwrap(),
        }
    }

    async fn tell(&mut self, role: Role, signed: Signed) {
        let (session, program) = match role {
            Role::Customer => (self.pair.session, &mut self.pair.customer),
            Role::Attendant => (self.pair.session, &mut self.pair.attendant),
        };
        tell(program, session, signed).await;
    }

    /// Lines about signatures, oldest first: what, and the detail.
    async fn lines(&self) -> Vec<(String, String)> {
        let store = &self.world.relay().shared.store;
        let mut lines = store.audit_list(self.world.tenant, 100).await.unwrap();
        lines.reverse();
        let about = [store::SESSION_SIGNED, store::SESSION_DISPUTED];
        lines.into_iter().filter(|l| about.contains(&l.what.as_str())).map(|l| (l.what, l.detail)).collect()
    }
}

async fn tell(program: &mut Program, session: SessionId, signed: Signed) {
    program.report(session, Happened::Signed(Box::new(signed))).await;
    program.kept(session, pairing::Step::Signed).await;
}

#[tokio::test]
async fn what_both_ends_sign_is_one_line_each_however_often_it_is_told() {
    let mut past = Past::new().await;
    for role in [Role::Customer, Role::Attendant, Role::Attendant, Role::Customer] {
        let signed = past.sign(&past.statement(role), role);
        past.tell(role, signed).await;
    }
    let lines = past.lines().await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    for ((what, detail), role) in lines.iter().zip([Role::Customer, Role::Attendant]) {
        assert_eq!(what, store::SESSION_SIGNED);
        let (read, key, signature) = Statement::from_detail(past.world.tenant, detail).unwrap();
        assert_eq!(read, past.statement(role));
        read.verify(past.row.attendant.unwrap(), &key, &signature).unwrap();
    }
}

#[tokio::test]
async fn what_does_not_fit_is_written_down_once_as_disputed_and_told_no_more() {
    type Change = fn(&mut Statement);
    let changes: [(Role, Change, &str); 9] = [
        // An attendant's statement with the customer's role.
        (Role::Attendant, |s| s.role = Role::Customer, "signature does not fit"),
        // A statement about another session, told about this one.
        (Role::Attendant, |s| s.session = SessionId::from_bytes([8; 16]), "signature does not fit"),
        (Role::Customer, |s| s.session = SessionId::from_bytes([8; 16]), "signature does not fit"),
        (Role::Customer, |s| s.told.customer_key = [8; 32], "another key than it names"),
        (Role::Attendant, |s| s.told.attendant_key = [8; 32], "another key than it names"),
        (Role::Attendant, |s| s.told.why = CloseReason::EndedByAttendant, "another reason"),
        (Role::Attendant, |s| s.told.started_unix_ms -= 6_000, "another start"),
        (Role::Customer, |s| s.told.ended_unix_ms -= 6_000, "another end"),
        (Role::Attendant, |s| s.told.granted.control = false, "less than what was allowed"),
    ];
    for (role, change, why) in changes {
        let mut past = Past::new().await;
        let mut statement = past.statement(role);
        change(&mut statement);
        let signed = past.sign(&statement, role);
        past.tell(role, signed).await;
        let honest = past.sign(&past.statement(role), role);
        past.tell(role, honest).await;
        let lines = past.lines().await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0].0, store::SESSION_DISPUTED, "{why}");
        assert!(lines[0].1.contains(why), "{} instead of {why}", lines[0].1);
    }
}

#[tokio::test]
async fn a_key_without_the_companys_certificate_signs_for_no_attendant() {
    let mut past = Past::new().await;
    let statement = past.statement(Role::Attendant);
    let strange = KeyPair::generate().unwrap();
    let signed = statement.sign(strange.serialized_der(), &past.leaf).unwrap();
    past.tell(Role::Attendant, signed).await;
    assert!(past.lines().await[0].1.contains("signature does not fit"));

    // A certificate that names the right person, of another root: its own.
    let mut past = Past::new().await;
    let uri = enrolment::attendant_uri(past.world.tenant, past.row.attendant.unwrap());
    let mut params = rcgen::CertificateParams::default();
    params.subject_alt_names = vec![rcgen::SanType::URI(uri.try_into().unwrap())];
    past.leaf = params.self_signed(&past.attendant).unwrap().der().to_vec();
    let signed = past.sign(&past.statement(Role::Attendant), Role::Attendant);
    past.tell(Role::Attendant, signed).await;
    assert!(past.lines().await[0].1.contains("has not signed it"), "{:?}", past.lines().await);
}

#[tokio::test]
async fn two_ends_that_signed_different_connections_are_a_dispute() {
    let mut past = Past::new().await;
    let signed = past.sign(&past.statement(Role::Customer), Role::Customer);
    past.tell(Role::Customer, signed).await;
    let mut other = past.statement(Role::Attendant);
    other.told.connection = [8; 32];
    let signed = past.sign(&other, Role::Attendant);
    past.tell(Role::Attendant, signed).await;
    let lines = past.lines().await;
    let whats: Vec<&str> = lines.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(whats, [store::SESSION_SIGNED, store::SESSION_SIGNED, store::SESSION_DISPUTED]);
    assert!(lines[2].1.contains("different connections"));
}

#[tokio::test]
async fn a_stranger_signs_nothing() {
    let mut past = Past::new().await;
    let mut stranger = past.world.customer("Rita").await;
    let signed = past.sign(&past.statement(Role::Customer), Role::Customer);
    stranger.report(past.pair.session, Happened::Signed(Box::new(signed))).await;
    stranger.hear_that(|m| matches!(m, FromRelay::Closed(c) if c.session == past.pair.session).then_some(())).await;
    assert!(past.lines().await.is_empty());
    let signed = past.sign(&past.statement(Role::Customer), Role::Customer);
    past.tell(Role::Customer, signed).await;
    assert_eq!(past.lines().await.len(), 1);
}
