//! Keeping, sealing and opening, without a server.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use protocol::id::{OperatorId, TenantId};
use tickets::seal::SealKey;

use super::super::form_token::FormTokens;
use super::*;

const OURS: TenantId = TenantId::from_bytes([1; 16]);
const ANA: OperatorId = OperatorId::from_bytes([2; 16]);
const BRUNO: OperatorId = OperatorId::from_bytes([3; 16]);

fn keeper(key: u8) -> Keeper {
    let paths = paths(&super::super::routes());
    Keeper::new(FormTokens::new(&[key; 32]), SealKey::new(&[key; 32]), paths)
}

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn answer(text: &str) -> Kept {
    Kept::of("/tickets/7/actions", vec![field("_csrf", "x"), field("kind", "reply"), field("text", text)]).unwrap()
}

fn at(s: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + s)
}

#[test]
fn what_is_kept_is_given_back_to_its_user_for_a_while_and_to_nobody_else() {
    let (keeper, kept) = (keeper(7), answer("Olá,\r\nsegue."));
    let sealed = keeper.seal(OURS, ANA, &kept, at(0)).unwrap();
    assert!(!sealed.contains("segue"));
    assert_eq!(keeper.open(OURS, ANA, &sealed, at(3_600)), Ok(kept));
    assert_eq!(keeper.open(OURS, ANA, &sealed, at(3_601)), Err(Lost::TooOld));
    assert_eq!(keeper.open(OURS, ANA, &keeper.seal(OURS, ANA, &answer("x"), at(9)).unwrap(), at(0)), Err(Lost::TooOld));
    assert_eq!(keeper.open(OURS, BRUNO, &sealed, at(0)), Err(Lost::AnotherUser));
    assert_eq!(keeper.open(TenantId::from_bytes([9; 16]), ANA, &sealed, at(0)), Err(Lost::Damaged), "another company");
    assert_eq!(self::keeper(8).open(OURS, ANA, &sealed, at(0)), Err(Lost::Damaged), "another server");
}

#[test]
fn what_was_changed_cut_or_is_huge_is_refused() {
    let keeper = keeper(7);
    let sealed = keeper.seal(OURS, ANA, &answer("x"), at(0)).unwrap();
    for n in 0..sealed.len() {
        let mut changed = sealed.clone().into_bytes();
        changed[n] = if changed[n] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(keeper.open(OURS, ANA, &changed, at(0)), Err(Lost::Damaged), "character {n}");
        assert_eq!(keeper.open(OURS, ANA, &sealed[..n], at(0)), Err(Lost::Damaged), "cut to {n}");
    }
    for strange in ["", "=", "ção", &"A".repeat(seal::SEALED_BYTES + 1), &"A".repeat(seal::SEALED_BYTES)] {
        assert_eq!(keeper.open(OURS, ANA, strange, at(0)), Err(Lost::Damaged));
    }
    assert_eq!(keeper.seal(OURS, ANA, &answer(&"x".repeat(seal::SEALED_BYTES)), at(0)), None, "too long to be carried");
    let largest = answer(&"x".repeat(256 * 1024));
    let sealed = keeper.seal(OURS, ANA, &largest, at(0)).unwrap();
    assert!(sealed.len() < BODY_BYTES);
    assert_eq!(keeper.open(OURS, ANA, &sealed, at(0)), Ok(largest), "the largest form there is");
}

#[test]
fn a_place_that_takes_no_such_form_is_refused_though_it_was_sealed_here() {
    let keeper = keeper(7);
    for path in
        ["/login", "/account/password", "/waiting/123456789/password", "/nowhere", "//evil.example", "/tickets/7", ""]
    {
        let kept = Kept::of(path, vec![field("text", "x")]).unwrap();
        let sealed = keeper.seal(OURS, ANA, &kept, at(0)).unwrap();
        assert_eq!(keeper.open(OURS, ANA, &sealed, at(0)), Err(Lost::Damaged), "{path}");
    }
    let secret = Kept { path: "/mail".to_owned(), fields: vec![field("password", "x")], again: Vec::new() };
    let sealed = keeper.seal(OURS, ANA, &secret, at(0)).unwrap();
    assert_eq!(keeper.open(OURS, ANA, &sealed, at(0)), Err(Lost::Damaged), "a secret");
}

#[test]
fn secrets_and_codes_are_not_kept_and_a_form_without_anything_typed_is_not_either() {
    let fields = vec![field("name", "Zendesk"), field("token", "tok-1"), field("password", "abc"), field("code", "")];
    let kept = Kept::of("/connections/new/zendesk", fields).unwrap();
    assert_eq!(kept.fields, [field("name", "Zendesk")]);
    assert_eq!(kept.again, ["token", "password"]);
    for fields in [
        vec![],
        vec![field("_csrf", "x")],
        vec![field("text", " \r\n ")],
        vec![field("own", "abc"), field("_step", "2")],
        vec![field("a", "b"); FIELDS + 1],
    ] {
        assert_eq!(Kept::of("/tickets/7/actions", fields), None);
    }
}

#[test]
fn every_field_for_a_secret_on_any_page_is_one_of_those_that_are_not_kept() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut found = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let page = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for input in page.split("<input ").skip(1) {
            let Some(input) = input.split('>').next() else { continue };
            if !input.contains("type=\"password\"") && !input.contains("one-time-code") {
                continue;
            }
            let name = input.split("name=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
            // Those of connections are named by their kinds, those of this page by what was not kept.
            if !name.starts_with("{{") {
                assert!(is_secret(name), "{name}");
                found += 1;
            }
        }
    }
    assert!(found > 5, "{found}");
    let of_kinds: Vec<_> =
        KINDS.iter().flat_map(|kind| kind.fields()).filter(|field| field.input.is_sealed()).collect();
    assert!(of_kinds.len() > 3 && of_kinds.into_iter().all(|field| is_secret(field.key)));
}

#[test]
fn forms_of_pages_with_texts_are_kept_and_those_before_a_login_are_not() {
    let keeper = keeper(7);
    for kept in [
        "/tickets",
        "/tickets/7/actions",
        "/customers/3",
        "/answers",
        "/outbox/7/drop",
        "/connections/new/rt",
        "/mail/texts",
    ] {
        assert!(keeper.keeps(kept), "{kept}");
    }
    for not in [
        "/login",
        "/login/code",
        "/setup/abc",
        "/language",
        "/welcome/abc",
        "/logout",
        "/apps/3/logo",
        "/confirm/passkey",
        "/account/passkeys",
        "/tickets//actions",
        "/hooks/a/b",
    ] {
        assert!(!keeper.keeps(not), "{not}");
    }
    let posts: Vec<&str> = super::super::routes().iter().filter(|r| r.method == Method::POST).map(|r| r.path).collect();
    assert!(NEVER.iter().all(|path| posts.contains(path)), "a route that is no more");
}
