//! What both ends of a session sign of it.

#![allow(clippy::unwrap_used)]

use amparo_enrolment::{RECORD_DETAIL_BYTES, RECORD_LABEL, Statement, key_hash};
use protocol::{
    id::{OperatorId, ProtocolNumber, SessionId, TenantId},
    limits,
    message::{
        grant::Grants,
        pairing::{CloseReason, Role},
        record::Told,
    },
};
use rcgen::{KeyPair, PublicKeyData};

const ANA: OperatorId = OperatorId::from_bytes([2; 16]);

fn statement(key: &KeyPair) -> Statement {
    Statement {
        tenant: TenantId::from_bytes([1; 16]),
        session: SessionId::from_bytes([3; 16]),
        protocol: ProtocolNumber::new("2026-11-21-000001").unwrap(),
        role: Role::Customer,
        told: Told {
            granted: Grants { view: true, control: false },
            started_unix_ms: 1_795_000_000_000,
            ended_unix_ms: 1_795_000_060_000,
            reconnects: 2,
            why: CloseReason::EndedByCustomer,
            connection: [4; 32],
            customer_key: key_hash(&key.subject_public_key_info()),
            attendant_key: [5; 32],
        },
    }
}

#[test]
fn what_is_signed_is_always_the_same_bytes() {
    let mut statement = statement(&KeyPair::generate().unwrap());
    statement.told.customer_key = [6; 32];
    let mut expected = Vec::new();
    for field in [
        b"amparo session record v1".as_slice(),
        &[1; 16],
        &[3; 16],
        b"2026-11-21-000001",
        b"customer",
        &[1, 0],
        &[0x00, 0x5e, 0x56, 0xee, 0xa1, 0x01, 0, 0],
        &[0x60, 0x48, 0x57, 0xee, 0xa1, 0x01, 0, 0],
        &[2, 0, 0, 0, 0, 0, 0, 0],
        b"ended_by_customer",
        &[4; 32],
        &[6; 32],
        &[5; 32],
    ] {
        expected.extend([u8::try_from(field.len()).unwrap(), 0, 0, 0]);
        expected.extend(field);
    }
    assert_eq!(statement.message(), expected);
    assert!(statement.message()[4..].starts_with(RECORD_LABEL));
}

#[test]
fn a_signature_holds_for_its_statement_and_for_no_other() {
    let key = KeyPair::generate().unwrap();
    let spki = key.subject_public_key_info();
    let good = statement(&key);
    let signed = good.sign(key.serialized_der(), &spki).unwrap();
    let holds = |statement: &Statement| statement.verify(ANA, &spki, signed.signature.as_bytes()).is_ok();
    assert!(holds(&good));
    let changes: [fn(&mut Statement); 13] = [
        |s| s.tenant = TenantId::from_bytes([9; 16]),
        |s| s.session = SessionId::from_bytes([9; 16]),
        |s| s.protocol = ProtocolNumber::new("2026-11-21-000002").unwrap(),
        |s| s.role = Role::Attendant,
        |s| s.told.granted.view = false,
        |s| s.told.granted.control = true,
        |s| s.told.started_unix_ms += 1,
        |s| s.told.ended_unix_ms += 1,
        |s| s.told.reconnects += 1,
        |s| s.told.why = CloseReason::EndedByAttendant,
        |s| s.told.connection[31] ^= 1,
        |s| s.told.customer_key[0] ^= 1,
        |s| s.told.attendant_key[0] ^= 1,
    ];
    for (n, change) in changes.iter().enumerate() {
        let mut changed = good.clone();
        change(&mut changed);
        assert!(!holds(&changed), "change {n}");
    }
    // Every byte of the signature, and another key.
    let signature = signed.signature.as_bytes();
    for i in 0..signature.len() {
        let mut changed = signature.to_vec();
        changed[i] ^= 1;
        assert!(good.verify(ANA, &spki, &changed).is_err(), "byte {i}");
    }
    let other = KeyPair::generate().unwrap();
    let stolen = good.sign(other.serialized_der(), &spki).unwrap();
    assert!(good.verify(ANA, &spki, stolen.signature.as_bytes()).is_err());
    assert!(good.verify(ANA, &other.subject_public_key_info(), stolen.signature.as_bytes()).is_err());
}

#[test]
fn a_line_of_the_audit_log_is_read_back_whole_and_checked_again() {
    let key = KeyPair::generate().unwrap();
    let spki = key.subject_public_key_info();
    let good = statement(&key);
    let signed = good.sign(key.serialized_der(), &spki).unwrap();
    let detail = good.to_detail(signed.key.der(), signed.signature.as_bytes());
    let (read, by, signature) = Statement::from_detail(good.tenant, &detail).unwrap();
    assert_eq!(read, good);
    read.verify(ANA, &by, &signature).unwrap();
    for wrong in ["", "role=customer", &format!("{detail} more=1"), &detail.replace("reason=", "why=")] {
        assert!(Statement::from_detail(good.tenant, wrong).is_none(), "{wrong}");
    }
    let mut longest = good.clone();
    longest.told.reconnects = u32::MAX;
    (longest.told.started_unix_ms, longest.told.ended_unix_ms) = (u64::MAX, u64::MAX);
    let detail = longest.to_detail(&[0; limits::CERTIFICATE_BYTES], &[0; limits::TOKEN_BYTES]);
    assert!(detail.len() <= RECORD_DETAIL_BYTES, "{}", detail.len());
}
