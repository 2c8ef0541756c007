//! Passkeys.

use store::{NewPasskey, PASSKEYS_PER_OPERATOR, PasskeyId, StoreError, TokenHash};

use super::{World, at};

fn new(credential: &[u8]) -> NewPasskey<'_> {
    NewPasskey { name: "Notebook", credential, public_key: b"key", counter: 7, made_at: at(1) }
}

fn codes() -> [TokenHash; 2] {
    [TokenHash::of(b"one"), TokenHash::of(b"two")]
}

async fn with_passkey(w: &World) -> PasskeyId {
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    w.store().await.add_passkey(tenant, ana, new(b"first"), &codes()).await.unwrap();
    w.store().await.passkey(tenant, b"first").await.unwrap().unwrap().id
}

pub async fn a_passkey_is_read_back_and_belongs_to_one_user(w: &World) {
    let (tenant, ana, admin) = (w.varanda.tenant, w.varanda.ana, w.varanda.admin);
    assert!(w.store().await.passkeys(tenant, ana).await.unwrap().is_empty());
    assert_eq!(w.store().await.passkey(tenant, b"first").await.unwrap(), None);
    let id = with_passkey(w).await;
    let key = w.store().await.passkeys(tenant, ana).await.unwrap().remove(0);
    assert_eq!((key.id, key.operator, key.name.as_str(), key.counter), (id, ana, "Notebook", 7));
    assert_eq!((key.credential.as_slice(), key.public_key.as_slice()), (b"first".as_slice(), b"key".as_slice()));
    assert_eq!((key.made_at, key.used_at), (at(1), None));
    for (tenant, operator) in [(tenant, ana), (tenant, admin), (w.other.tenant, w.other.ana)] {
        let taken = w.store().await.add_passkey(tenant, operator, new(b"first"), &codes()).await;
        assert!(matches!(taken, Err(StoreError::Conflict { what: "passkey" })));
    }
    assert!(w.store().await.add_passkey(tenant, ana, new(b""), &[]).await.is_err());
    assert!(w.store().await.add_passkey(tenant, ana, new(&[1; 1024]), &[]).await.is_err());
    for n in 1..PASSKEYS_PER_OPERATOR {
        assert!(!w.store().await.add_passkey(tenant, ana, new(&n.to_be_bytes()), &[]).await.unwrap());
    }
    let full = w.store().await.add_passkey(tenant, ana, new(b"more"), &[]).await;
    assert!(matches!(full, Err(StoreError::Conflict { what: "passkeys" })));
    let names: Vec<_> = w.store().await.passkeys(tenant, ana).await.unwrap().into_iter().map(|key| key.id.0).collect();
    assert!(names.is_sorted() && names.len() == usize::try_from(PASSKEYS_PER_OPERATOR).unwrap());
}

pub async fn a_counter_never_goes_back_also_of_two_at_once(w: &World) {
    let tenant = w.varanda.tenant;
    let id = with_passkey(w).await;
    for (counter, good) in [(7, false), (6, false), (0, false), (8, true), (8, false), (u32::MAX, true), (9, false)] {
        assert_eq!(w.store().await.use_passkey(tenant, id, counter, at(5)).await.unwrap(), good, "{counter}");
    }
    let key = w.store().await.passkey(tenant, b"first").await.unwrap().unwrap();
    assert_eq!((key.counter, key.used_at), (u32::MAX, Some(at(5))));
    assert!(!w.store().await.use_passkey(tenant, PasskeyId(999), 1, at(5)).await.unwrap());

    let quiet = NewPasskey { counter: 0, ..new(b"quiet") };
    w.store().await.add_passkey(tenant, w.varanda.ana, quiet, &[]).await.unwrap();
    let quiet = w.store().await.passkey(tenant, b"quiet").await.unwrap().unwrap().id;
    for counter in [0, 0] {
        assert!(w.store().await.use_passkey(tenant, quiet, counter, at(6)).await.unwrap());
    }
    let (left, right) = tokio::join!(w.store(), w.store());
    let (a, b) = tokio::join!(left.use_passkey(tenant, quiet, 1, at(7)), right.use_passkey(tenant, quiet, 1, at(7)));
    assert_ne!(a.unwrap(), b.unwrap(), "two at once");
    assert!(!w.store().await.use_passkey(tenant, quiet, 0, at(8)).await.unwrap(), "one that counts goes on counting");
}

pub async fn recovery_codes_come_with_the_first_second_factor_and_go_with_the_last(w: &World) {
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    w.store().await.require_second_factor(tenant, true).await.unwrap();
    assert!(w.store().await.lacks_second_factor(tenant, ana).await.unwrap());
    let refused = w.store().await.replace_recovery_codes(tenant, ana, &codes()).await;
    assert!(matches!(refused, Err(StoreError::NotFound { what: "second factor" })));
    assert!(w.store().await.add_passkey(tenant, ana, new(b"first"), &codes()).await.unwrap());
    assert!(!w.store().await.lacks_second_factor(tenant, ana).await.unwrap());
    assert_eq!(w.store().await.second_factors(tenant).await.unwrap(), [ana]);
    assert_eq!(w.store().await.recovery_left(tenant, ana).await.unwrap(), 2);
    assert!(w.store().await.use_recovery_code(tenant, ana, &codes()[0], at(2)).await.unwrap());
    assert!(!w.store().await.add_passkey(tenant, ana, new(b"second"), &codes()).await.unwrap());
    assert_eq!(w.store().await.recovery_left(tenant, ana).await.unwrap(), 1, "those that are there stay");
    let three = [TokenHash::of(b"3"), TokenHash::of(b"4"), TokenHash::of(b"5")];
    w.store().await.add_second_factor(tenant, ana, b"sealed", 1, &three, at(3)).await.unwrap();
    assert_eq!(w.store().await.recovery_left(tenant, ana).await.unwrap(), 3);
    assert_eq!(w.store().await.second_factors(tenant).await.unwrap(), [ana], "once");

    assert!(w.store().await.remove_authenticator(tenant, ana).await.unwrap());
    assert!(!w.store().await.remove_authenticator(tenant, ana).await.unwrap());
    assert_eq!(w.store().await.recovery_left(tenant, ana).await.unwrap(), 3);
    for (n, left) in [(0, 3), (1, 0)] {
        let id = w.store().await.passkeys(tenant, ana).await.unwrap()[0].id;
        w.store().await.remove_passkey(tenant, ana, id).await.unwrap();
        assert_eq!(w.store().await.recovery_left(tenant, ana).await.unwrap(), left, "{n}");
        let again = w.store().await.remove_passkey(tenant, ana, id).await;
        assert!(matches!(again, Err(StoreError::NotFound { what: "passkey" })));
    }
    assert!(w.store().await.lacks_second_factor(tenant, ana).await.unwrap());
    // Everything at once.
    with_passkey(w).await;
    w.store().await.add_second_factor(tenant, ana, b"sealed", 1, &three, at(3)).await.unwrap();
    assert!(w.store().await.remove_second_factor(tenant, ana).await.unwrap());
    assert!(w.store().await.passkeys(tenant, ana).await.unwrap().is_empty());
    assert_eq!(w.store().await.recovery_left(tenant, ana).await.unwrap(), 0);
    assert!(!w.store().await.remove_second_factor(tenant, ana).await.unwrap());
}

pub async fn another_company_neither_sees_nor_uses_a_passkey(w: &World) {
    let (tenant, ana, admin, other) = (w.varanda.tenant, w.varanda.ana, w.varanda.admin, w.other.tenant);
    let id = with_passkey(w).await;
    let store = w.store().await;
    assert!(store.passkeys(other, ana).await.unwrap().is_empty());
    assert_eq!(store.passkey(other, b"first").await.unwrap(), None);
    assert!(!store.use_passkey(other, id, 100, at(5)).await.unwrap());
    assert_eq!(store.recovery_left(other, ana).await.unwrap(), 0);
    assert!(store.second_factors(other).await.unwrap().is_empty());
    let strange = store.add_passkey(other, ana, new(b"second"), &[]).await;
    assert!(matches!(strange, Err(StoreError::NotFound { what: "operator" })));
    assert!(matches!(store.remove_passkey(other, ana, id).await, Err(StoreError::NotFound { what: "operator" })));
    assert!(matches!(store.remove_passkey(tenant, admin, id).await, Err(StoreError::NotFound { what: "passkey" })));
    assert_eq!(store.passkey(tenant, b"first").await.unwrap().unwrap().counter, 7);
}
