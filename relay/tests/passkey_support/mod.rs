//! An authenticator in software: makes real keys and real signatures, as the standards say it and not as the server reads it. Each of
//! its parts can be made wrong.

#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use data_encoding::BASE64URL_NOPAD;
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};

pub const PRESENT: u8 = 0x01;
pub const VERIFIED: u8 = 0x04;
pub const BACKED_UP: u8 = 0x10;
const CREDENTIAL: u8 = 0x40;

enum Key {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A key on somebody's device, and what it says.
pub struct Authenticator {
    key: Key,
    pub credential: Vec<u8>,
    /// Whom it was made for, as it was told.
    pub user: Vec<u8>,
    pub origin: String,
    pub party: String,
    pub flags: u8,
    pub counter: u32,
    /// What it adds to its counter each time.
    pub step: u32,
    /// What the browser says it was asked for, where it lies.
    pub kind: Option<&'static str>,
    pub cross_origin: bool,
    /// What is changed in the end.
    pub spoils: Spoils,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Spoils {
    Nothing,
    Signature,
    Data,
    CutsData,
    AddsToData,
    CutsClient,
    LongClient,
}

impl Authenticator {
    /// One on P-256 at this origin.
    pub fn at(host: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        Self::with(Key::Ec(key), host)
    }

    /// One on Ed25519.
    pub fn ed25519_at(host: &str) -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::with(Key::Ed(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap()), host)
    }

    fn with(key: Key, host: &str) -> Self {
        let credential = match &key {
            Key::Ec(key) => digest(&SHA256, key.public_key().as_ref()),
            Key::Ed(key) => digest(&SHA256, key.public_key().as_ref()),
        };
        Self {
            key,
            credential: credential.as_ref()[..20].to_vec(),
            user: Vec::new(),
            origin: format!("https://{host}"),
            party: host.split(':').next().unwrap().to_owned(),
            flags: PRESENT | VERIFIED,
            counter: 0,
            step: 1,
            kind: None,
            cross_origin: false,
            spoils: Spoils::Nothing,
        }
    }

    /// The fields of the form for a new passkey.
    pub fn make(&mut self, question: &Value) -> Vec<(&'static str, String)> {
        self.user = BASE64URL_NOPAD.decode(question["user"]["id"].as_str().unwrap().as_bytes()).unwrap();
        let client = self.client(question, "webauthn.create");
        let length = u16::try_from(self.credential.len()).unwrap().to_be_bytes();
        let behind = [[0; 16].as_slice(), &length, &self.credential, &self.cose()].concat();
        let data = self.data(self.flags | CREDENTIAL, &behind);
        let long = match u8::try_from(data.len()) {
            Ok(long) => vec![0x58, long],
            Err(_) => [[0x59].as_slice(), &u16::try_from(data.len()).unwrap().to_be_bytes()].concat(),
        };
        let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData".as_slice(), &long, &data].concat();
        vec![("client", BASE64URL_NOPAD.encode(&client)), ("object", BASE64URL_NOPAD.encode(&object))]
    }

    /// The fields of the form for a proof.
    pub fn prove(&mut self, question: &Value) -> Vec<(&'static str, String)> {
        self.counter += self.step;
        let client = self.client(question, "webauthn.get");
        let mut data = self.data(self.flags, &[]);
        let message = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let mut signature = match &self.key {
            Key::Ec(key) => key.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec(),
            Key::Ed(key) => key.sign(&message).as_ref().to_vec(),
        };
        match self.spoils {
            Spoils::Signature => signature[10] ^= 1,
            Spoils::Data => data[36] ^= 1,
            Spoils::CutsData => data.truncate(36),
            Spoils::AddsToData => data.push(0),
            Spoils::Nothing | Spoils::CutsClient | Spoils::LongClient => {}
        }
        [
            ("id", self.credential.as_slice()),
            ("client", &client),
            ("data", &data),
            ("signature", &signature),
            ("user", &self.user),
        ]
        .map(|(name, bytes)| (name, BASE64URL_NOPAD.encode(bytes)))
        .to_vec()
    }

    fn client(&self, question: &Value, kind: &'static str) -> Vec<u8> {
        let mut said = json!({
            "type": self.kind.unwrap_or(kind),
            "challenge": question["challenge"],
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        });
        if self.spoils == Spoils::LongClient {
            said["more"] = json!("x".repeat(9000));
        }
        let mut said = said.to_string().into_bytes();
        if self.spoils == Spoils::CutsClient {
            said.pop();
        }
        said
    }

    fn data(&self, flags: u8, behind: &[u8]) -> Vec<u8> {
        let party = digest(&SHA256, self.party.as_bytes());
        [party.as_ref(), &[flags], &self.counter.to_be_bytes(), behind].concat()
    }

    fn cose(&self) -> Vec<u8> {
        match &self.key {
            Key::Ec(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(), x, b"\x22\x58\x20", y].concat()
            }
            Key::Ed(key) => {
                [b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20".as_slice(), key.public_key().as_ref()].concat()
            }
        }
    }
}

/// The question that a page carries.
pub fn question(page: &str) -> Value {
    let written = page.split("data-question=\"").nth(1).unwrap_or_else(|| panic!("no question in {page}"));
    let written = written.split('"').next().unwrap();
    serde_json::from_str(&written.replace("&#34;", "\"").replace("&#38;", "&")).unwrap()
}
