//! Tokens that are good, and each way in which one is not.

#![allow(clippy::unwrap_used)]

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000;
/// The public key of RFC 7515, appendix A.2, and the token that it signs.
const RFC_KEY: &str = "\
    ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC\
    gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6\
    65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW\
    yuXpoQ";
const RFC_TOKEN: &str = "\
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnV\
    lfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU\
    Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x\
    i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypG\
    lUPQGe77Rw";
/// The public half of a key of 2048 bits whose other half was thrown away, and the only token that it ever signed: a good one.
const RSA_KEY: &str = "\
    yfyPTnxtO8VIUzC9-z3Wdoja3VO0Vt_RS1hTgILrlSCtvot5Fdn7nCBpYWjURA64emqD0jWDpB72LLrdMOCQPkAV40OBSbQSmJhpQZ0UxrOqO1Pb\
    J1ZvWYU4unHcmxnNSTxGFSUpmV6qeqYm8VbxGp3GqTjKRJMZTz72nXgvc2GmHH65B9UKokazpasy6UEEpaO3wZjUFSixhR8X5xW_GCn7YcJL0Hzl\
    knVK690k21wwCdmKCe_et3x5Z0VwMoDCW_62adERDAJsihEGm9-bm10WB7b9q2ipcrkdXUkWGVrWjV6GPbqaYZHlpoeU7tpaiQYIuPu-1ZrGWOFx\
    LF5RnQ";
const RSA_TOKEN: &str = "\
    eyJhbGciOiJSUzI1NiIsImtpZCI6InIifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbmEtMSIsImF1ZCI6ImFtcGFybyIsI\
    m5vbmNlIjoibi0xIiwiZXhwIjoxODAwMDAwMzAwLCJpYXQiOjE4MDAwMDAwMDB9.q01nZBKwW-u4BQSgpQBhz_y-wTWxBTd91XaGgLDT6QhunvNg\
    a8tL7QmW7FVji6hoKuKfZxYnFuoy8PoHVV898X20XAzy3Wl0gcVKRT7qjzWufIT4yPh2Yi6v8BdnnSNhiF4On1Rqb5uETfmc3RBVRAMFsZGPTMfq\
    cLIEA_3D8MI4ANO4GYu6VwvVtrvNQchIyLWXQ7N5ZT_Bdo4xYzpvGjRlYYGzopDTKibk5dlPn2HZTmXGLZneGgmI4j6MuxMLsFw4MOmWUwpkfwl1\
    p4L-ySrBpSsFOkwz0HPLu48IJ5UXW2pR5JGpeCh6a475hZttoWL0Ne05EGbFD-oWTkw07A";

fn b64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// A provider with a key of each kind, who signs with one of them.
struct Signer(EcdsaKeyPair);

impl Signer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let p256 = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(kind, p256.as_ref(), &random).unwrap())
    }

    fn set(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({ "keys": [
            { "kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256", "n": RSA_KEY, "e": "AQAB" },
            { "kty": "EC", "kid": "e", "crv": "P-256", "x": b64(&point[1..33]), "y": b64(&point[33..]) },
        ] })
    }

    fn keys(&self) -> Keys {
        Keys::read(self.set().to_string().as_bytes()).unwrap()
    }

    fn signed(&self, header: &Value, claims: &str) -> String {
        let message = format!("{}.{}", b64(header.to_string().as_bytes()), b64(claims.as_bytes()));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", b64(signature.as_ref()))
    }

    /// A good token with these claims changed; `null` takes one out.
    fn with(&self, changes: &Value) -> String {
        let mut claims = json!({
            "iss": "https://id.example", "sub": "ana-1", "aud": "amparo", "nonce": "n-1",
            "exp": NOW + 300, "iat": NOW,
        });
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        self.signed(&json!({ "alg": "ES256", "kid": "e" }), &claims.to_string())
    }
}

fn expected(asked_again: bool) -> Expected<'static> {
    Expected {
        issuer: "https://id.example",
        client_id: "amparo",
        nonce: "n-1",
        begun_s: NOW - 60,
        now_s: NOW,
        asked_again,
    }
}

fn bad(signer: &Signer, token: &str) -> BadToken {
    verify(token, &signer.keys(), &expected(false)).unwrap_err()
}

#[test]
fn a_token_with_either_algorithm_says_who_it_is() {
    let signer = Signer::new();
    let ana = Said { subject: "ana-1".to_owned(), multi_factor: false, just_now: false };
    assert_eq!(verify(RSA_TOKEN, &signer.keys(), &expected(false)).unwrap(), ana);
    let claims = json!({
        "iss": "https://id.example", "sub": "ana-1", "aud": ["amparo"], "azp": "amparo", "nonce": "n-1",
        "exp": NOW as f64 + 0.5, "iat": NOW, "nbf": NOW, "email": "ana@varanda.example", "extra": { "a": [1] },
    });
    for header in [
        json!({ "alg": "ES256", "kid": "e", "typ": "JWT" }),
        json!({ "alg": "ES256", "kid": "e" }),
        json!({ "alg": "ES256" }),
    ] {
        let said = verify(&signer.signed(&header, &claims.to_string()), &signer.keys(), &expected(false)).unwrap();
        assert_eq!(said, ana);
    }
}

#[test]
fn the_example_of_the_specification_is_signed_by_its_key_and_names_nobody() {
    let keys = |n: &str| Keys::read(json!({ "keys": [{ "kty": "RSA", "n": n, "e": "AQAB" }] }).to_string().as_bytes());
    let check = |token: &str, n: &str| verify(token, &keys(n).unwrap(), &expected(false)).unwrap_err();
    assert_eq!(check(RFC_TOKEN, RFC_KEY), BadToken::Claims, "the signature is right, and that comes first");
    assert_eq!(check(RFC_TOKEN, RSA_KEY), BadToken::Signature);
    assert_eq!(check(&RFC_TOKEN.replace(".eyJpc3Mi", ".eyJpc3Nj"), RFC_KEY), BadToken::Signature);
    let zeros = format!("AAAA{RFC_KEY}");
    assert_eq!(check(RFC_TOKEN, &zeros), BadToken::Claims, "a number with zeros in front is the same number");
}

#[test]
fn a_token_does_not_choose_how_it_is_checked() {
    let signer = Signer::new();
    let good = RSA_TOKEN;
    let (_, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let header = |header: Value| b64(header.to_string().as_bytes());
    for alg in ["none", "None", "", "HS256", "RS384", "PS256", "ES384", "EdDSA", "rs256"] {
        let with = header(json!({ "alg": alg, "kid": "r" }));
        for signature in [signature, ""] {
            assert_eq!(bad(&signer, &format!("{with}.{claims}.{signature}")), BadToken::Algorithm, "{alg}");
        }
    }
    // The public key as the secret of an HMAC: the oldest trick.
    let with = header(json!({ "alg": "HS256", "kid": "r" }));
    let public = BASE64URL_NOPAD.decode(RSA_KEY.as_bytes()).unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &public);
    let tag = ring::hmac::sign(&key, format!("{with}.{claims}").as_bytes());
    assert_eq!(bad(&signer, &format!("{with}.{claims}.{}", b64(tag.as_ref()))), BadToken::Algorithm);
    // A key of the other kind, a key nobody knows, and something that must be understood.
    let other = |value: Value| format!("{}.{claims}.{signature}", header(value));
    assert_eq!(bad(&signer, &other(json!({ "alg": "ES256", "kid": "r" }))), BadToken::UnknownKey);
    assert_eq!(bad(&signer, &other(json!({ "alg": "RS256", "kid": "x" }))), BadToken::UnknownKey);
    let critical = json!({ "alg": "RS256", "kid": "r", "crit": ["b64"], "b64": false });
    assert_eq!(bad(&signer, &other(critical)), BadToken::Algorithm);
    assert_eq!(
        bad(&signer, &other(json!({ "alg": "RS256", "kid": "r", "jku": "https://evil.example" }))),
        BadToken::Signature
    );
}

#[test]
fn whatever_is_changed_in_a_token_is_seen() {
    let signer = Signer::new();
    let own = signer.with(&json!({}));
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for good in [own.as_str(), RSA_TOKEN] {
        assert!(verify(good, &signer.keys(), &expected(false)).is_ok());
        for at in 0..good.len() {
            let mut changed = good.to_owned().into_bytes();
            let place = alphabet.iter().position(|c| *c == changed[at]);
            changed[at] = place.map_or(b'A', |place| alphabet[(place + 1) % 64]);
            let changed = String::from_utf8(changed).unwrap();
            assert!(verify(&changed, &signer.keys(), &expected(false)).is_err(), "at {at}");
        }
    }
    assert_eq!(bad(&Signer::new(), &signer.signed(&json!({ "alg": "ES256", "kid": "e" }), "{}")), BadToken::Signature);
    let long = "a".repeat(LONGEST + 1);
    for none in ["", ".", "..", "...", "a.b", "a.b.c.d", "ção.b.c", long.as_str()] {
        assert_eq!(bad(&signer, none), BadToken::NoToken, "{}", none.len());
    }
    for claims in ["", "[]", "{}", "null", "{\"iss\":1}", "\u{0}", "{\"exp\":\"soon\"}"] {
        let token = signer.signed(&json!({ "alg": "ES256", "kid": "e" }), claims);
        assert_eq!(bad(&signer, &token), BadToken::Claims, "{claims}");
    }
    let twice = r#"{"iss":"https://id.example","sub":"a","sub":"b","aud":"amparo","nonce":"n-1","exp":1,"iat":1}"#;
    assert_eq!(bad(&signer, &signer.signed(&json!({ "alg": "ES256", "kid": "e" }), twice)), BadToken::Claims);
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(bad(&signer, &signer.signed(&json!({ "alg": "ES256", "kid": "e" }), &deep)), BadToken::Claims);
}

#[test]
fn a_token_is_of_our_provider_for_us_for_this_login_and_now() {
    let signer = Signer::new();
    for (changes, why) in [
        (json!({ "iss": "https://id.example/" }), BadToken::Issuer),
        (json!({ "iss": "https://evil.example" }), BadToken::Issuer),
        (json!({ "aud": "other" }), BadToken::Audience),
        (json!({ "aud": [] }), BadToken::Audience),
        (json!({ "aud": ["amparo", "other"] }), BadToken::Audience),
        (json!({ "azp": "other" }), BadToken::Audience),
        (json!({ "exp": NOW - 61 }), BadToken::Expired),
        (json!({ "iat": NOW + 61 }), BadToken::Time),
        (json!({ "iat": NOW - 121 }), BadToken::Time),
        (json!({ "nbf": NOW + 61 }), BadToken::Time),
        (json!({ "nonce": "n-2" }), BadToken::Nonce),
        (json!({ "nonce": null }), BadToken::Nonce),
        (json!({ "nonce": "" }), BadToken::Nonce),
        (json!({ "sub": "" }), BadToken::Subject),
        (json!({ "sub": "a\nb" }), BadToken::Subject),
        (json!({ "sub": "x".repeat(256) }), BadToken::Subject),
        (json!({ "sub": null }), BadToken::Claims),
        (json!({ "sub": 7 }), BadToken::Claims),
        (json!({ "exp": null }), BadToken::Claims),
        (json!({ "iat": null }), BadToken::Claims),
    ] {
        assert_eq!(bad(&signer, &signer.with(&changes)), why, "{changes}");
    }
    for fine in [json!({ "exp": NOW - 59 }), json!({ "iat": NOW + 59 }), json!({ "iat": NOW - 119 })] {
        assert!(
            verify(&signer.with(&fine), &signer.keys(), &expected(false)).is_ok(),
            "{fine}: clocks differ a little"
        );
    }
}

#[test]
fn asking_again_is_seen_in_the_time_and_a_second_factor_in_its_words() {
    let signer = Signer::new();
    let look = |changes: Value, again| verify(&signer.with(&changes), &signer.keys(), &expected(again));
    for stale in [json!({}), json!({ "auth_time": NOW - 121 }), json!({ "auth_time": NOW + 61 })] {
        assert_eq!(look(stale.clone(), true).unwrap_err(), BadToken::NotAskedAgain, "{stale}");
        assert!(!look(stale, false).unwrap().just_now);
    }
    assert!(look(json!({ "auth_time": NOW - 30 }), true).unwrap().just_now);
    for (changes, is) in [
        (json!({}), false),
        (json!({ "amr": ["pwd"] }), false),
        (json!({ "amr": ["pwd", "mfa"] }), true),
        (json!({ "acr": "0" }), false),
        (json!({ "acr": "https://refeds.org/profile/mfa" }), true),
    ] {
        assert_eq!(look(changes.clone(), false).unwrap().multi_factor, is, "{changes}");
    }
}

#[test]
fn of_a_set_of_keys_only_those_are_kept_that_sign_tokens() {
    let signer = Signer::new();
    let mut set = signer.set();
    let (rsa, p256) = (set["keys"][0].clone(), set["keys"][1].clone());
    let changed = |key: &Value, name: &str, value: Value| {
        let mut key = key.clone();
        key[name] = value;
        key
    };
    set["keys"] = json!([
        "nonsense", {}, { "kty": "oct", "k": "c2VjcmV0" }, changed(&rsa, "use", json!("enc")),
        changed(&rsa, "alg", json!("RS512")), changed(&rsa, "alg", json!("ES256")), changed(&rsa, "n", json!("!")),
        changed(&rsa, "n", json!("A".repeat(4000))), changed(&rsa, "n", json!("AAAA")), changed(&p256, "crv", json!("P-384")),
        changed(&p256, "x", json!("AAAA")), p256,
    ]);
    let keys = Keys::read(set.to_string().as_bytes()).unwrap();
    assert_eq!(keys.count(), 1);
    assert!(keys.fit(Algorithm::Es256) && !keys.fit(Algorithm::Rs256));
    for none in ["", "[]", "{}", "{\"keys\":{}}", "<html>"] {
        assert!(Keys::read(none.as_bytes()).is_none(), "{none}");
    }
    set["keys"] = json!(vec![rsa; 500]);
    assert_eq!(Keys::read(set.to_string().as_bytes()).unwrap().count(), KEYS);
    let many = Keys::read(set.to_string().as_bytes()).unwrap();
    let (_, rest) = RSA_TOKEN.split_once('.').unwrap();
    let nameless = format!("{}.{rest}", b64(br#"{"alg":"RS256"}"#));
    assert_eq!(verify(&nameless, &many, &expected(false)).unwrap_err(), BadToken::UnknownKey, "which of them?");
    // A key that is too short to be safe signs nothing.
    let short = json!({ "keys": [{ "kty": "RSA", "n": b64(&[0xff; 64]), "e": "AQAB" }] });
    let short = Keys::read(short.to_string().as_bytes()).unwrap();
    assert_eq!(verify(&nameless, &short, &expected(false)).unwrap_err(), BadToken::Signature);
}
