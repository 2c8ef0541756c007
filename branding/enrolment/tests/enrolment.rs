//! From a request to a certificate that is taken, and all that is not taken.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use amparo_enrolment::{
    Asked, Attendant, Bound, EnrolError, ExchangeError, Fingerprint, Request, Requests, Root, RootError, Signatures,
    Signed, attendant_uri, check, grant_message, sign, verify_grant,
};
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData,
};
use x509_parser::prelude::*;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

struct Company {
    root: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Company {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Varanda: attendants");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root = params.self_signed(&key).unwrap().der().to_vec();
        let issuer = Issuer::from_ca_cert_der(&root.as_slice().into(), key).unwrap();
        Self { root, issuer }
    }
}

fn ana() -> Attendant {
    Attendant {
        tenant: TenantId::from_bytes([1; 16]),
        operator: OperatorId::from_bytes([2; 16]),
        name: "Ana Ribeiro".to_owned(),
    }
}

/// What a program asks for; what else it writes into its request is for nobody.
fn request(key: &KeyPair) -> Vec<u8> {
    let mut params = CertificateParams::new(vec!["evil.example".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "The Director");
    params.serialize_request(key).unwrap().der().to_vec()
}

#[test]
fn a_certificate_names_the_attendant_and_takes_only_the_key_from_the_request() {
    let (company, key, now) = (Company::new(), KeyPair::generate().unwrap(), Timestamp::now());
    let request = Request::read(&request(&key)).unwrap();
    assert_eq!(request.key(), key.subject_public_key_info());
    let der = sign(&company.issuer, &ana(), &request, now, Duration::MAX).unwrap();
    let (_, leaf) = X509Certificate::from_der(&der).unwrap();
    let (_, root) = X509Certificate::from_der(&company.root).unwrap();
    leaf.verify_signature(Some(root.public_key())).unwrap();
    assert!(root.is_ca() && !leaf.is_ca());
    assert_eq!(leaf.subject().iter_common_name().next().unwrap().as_str().unwrap(), "Ana Ribeiro");
    assert_eq!(leaf.public_key().subject_public_key.as_ref(), key.public_key_raw());
    let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert_eq!(*names, [GeneralName::URI(&attendant_uri(ana().tenant, ana().operator))]);
    assert!(leaf.extended_key_usage().unwrap().unwrap().value.client_auth);
    assert!(leaf.key_usage().unwrap().unwrap().value.digital_signature());
    let life = leaf.validity().not_after.timestamp() - leaf.validity().not_before.timestamp();
    assert_eq!(life, 7 * 24 * 3600, "whatever life was wished for");
    assert!(leaf.validity().is_valid());
    let checked = check(&company.root, &ana(), request.key(), &der, now).unwrap();
    assert_eq!(checked.expires.as_second(), leaf.validity().not_after.timestamp());
}

#[test]
fn a_request_that_is_changed_or_not_one_gets_no_certificate() {
    let good = request(&KeyPair::generate().unwrap());
    for i in (0..good.len()).step_by(7) {
        let mut changed = good.clone();
        changed[i] ^= 0x55;
        assert!(Request::read(&changed).is_err(), "byte {i}");
    }
    assert!(matches!(Request::read(&[]), Err(EnrolError::Request(_))));
}

#[test]
fn a_certificate_is_taken_only_from_the_root_for_the_key_the_person_and_the_time_it_was_asked_for() {
    let (company, other, now) = (Company::new(), Company::new(), Timestamp::now());
    let (key, strange) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let wanted = Request::read(&request(&key)).unwrap();
    let signed = |company: &Company, attendant: &Attendant, key: &KeyPair, at: Timestamp| {
        sign(&company.issuer, attendant, &Request::read(&request(key)).unwrap(), at, WEEK).unwrap()
    };
    let taken = |der: &[u8]| check(&company.root, &ana(), wanted.key(), der, now).map_err(|error| error.to_string());
    let good = signed(&company, &ana(), &key, now);
    taken(&good).unwrap();

    let refused = |der: &[u8], why: &str| {
        let told = taken(der).unwrap_err();
        assert!(told.contains(why), "{told} instead of {why}");
    };
    refused(&signed(&other, &ana(), &key, now), "has not signed it");
    refused(&signed(&company, &ana(), &strange, now), "another key");
    let rui = Attendant { operator: OperatorId::from_bytes([3; 16]), ..ana() };
    refused(&signed(&company, &rui, &key, now), "somebody else");
    let elsewhere = Attendant { tenant: TenantId::from_bytes([3; 16]), ..ana() };
    refused(&signed(&company, &elsewhere, &key, now), "somebody else");
    let director = Attendant { name: "The Director".to_owned(), ..ana() };
    refused(&signed(&company, &director, &key, now), "another name");
    refused(&signed(&company, &ana(), &key, now - WEEK - WEEK), "expired");
    refused(&signed(&company, &ana(), &key, now + WEEK), "not valid yet");
    refused(&company.root, "another key");
    refused(b"", "cannot be read");
    refused(&[good.as_slice(), b"x"].concat(), "cannot be read");
    for i in (0..good.len()).step_by(11) {
        let mut changed = good.clone();
        changed[i] ^= 0x10;
        assert!(taken(&changed).is_err(), "byte {i}");
    }
}

#[test]
fn a_certificate_that_lives_too_long_or_may_sign_others_is_not_taken() {
    let (company, key, now) = (Company::new(), KeyPair::generate().unwrap(), Timestamp::now());
    let wanted = Request::read(&request(&key)).unwrap();
    let made = |change: fn(&mut CertificateParams)| {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Ana Ribeiro");
        let uri = attendant_uri(ana().tenant, ana().operator).try_into().unwrap();
        params.subject_alt_names = vec![rcgen::SanType::URI(uri)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        let day = |at: Timestamp| ASN1Time::from_timestamp(at.as_second()).unwrap().to_datetime();
        params.not_before = day(now - Duration::from_secs(60));
        params.not_after = day(now + Duration::from_secs(60));
        change(&mut params);
        let der = params.signed_by(&key, &company.issuer).unwrap().der().to_vec();
        check(&company.root, &ana(), wanted.key(), &der, now).map_err(|error| error.to_string())
    };
    made(|_| {}).unwrap();
    let long = made(|params| params.not_after = params.not_before + WEEK + Duration::from_secs(1));
    assert!(long.unwrap_err().contains("seven days"));
    let authority = made(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    assert!(authority.unwrap_err().contains("not an attendant's"));
    assert!(made(|params| params.extended_key_usages.clear()).unwrap_err().contains("not an attendant's"));
    assert!(made(|params| params.subject_alt_names.clear()).unwrap_err().contains("names nobody"));
}

#[test]
fn a_file_of_requests_is_read_back_and_a_changed_one_is_refused() {
    let key = KeyPair::generate().unwrap();
    let asked = Asked { attendant: ana(), login: "ana".to_owned(), request: request(&key) };
    let file =
        Requests { tenant: ana().tenant, company: "Varanda".to_owned(), root: "00".repeat(32), asked: vec![asked] };
    let json = file.to_json().unwrap();
    assert_eq!(Requests::from_json(json.as_bytes()).unwrap(), file);
    assert!(json.contains(&Fingerprint::of(&ana(), &key.subject_public_key_info()).to_string()));

    let changed = json.replace("Ana Ribeiro", "The Director");
    assert!(
        matches!(Requests::from_json(changed.as_bytes()), Err(ExchangeError::Changed { login, .. }) if login == "ana")
    );
    // Another key under the fingerprint that the attendant read out.
    let strange = Requests {
        asked: vec![Asked { request: request(&KeyPair::generate().unwrap()), ..file.asked[0].clone() }],
        ..file.clone()
    };
    let theirs: serde_json::Value = serde_json::from_str(&strange.to_json().unwrap()).unwrap();
    let mut ours: serde_json::Value = serde_json::from_str(&json).unwrap();
    ours["requests"][0]["request"] = theirs["requests"][0]["request"].clone();
    assert!(matches!(Requests::from_json(ours.to_string().as_bytes()), Err(ExchangeError::Changed { .. })));
    for wrong in ["", "{}", "[]", &json.replace("v1", "v2"), &json.replacen('{', "{\"more\": 1,", 1)] {
        assert!(matches!(Requests::from_json(wrong.as_bytes()), Err(ExchangeError::Format { .. })), "{wrong}");
    }
    assert!(matches!(Requests::from_json(&vec![b' '; 2 << 20]), Err(ExchangeError::TooLong)));

    let signed =
        Signatures { tenant: ana().tenant, signed: vec![Signed { operator: ana().operator, certificate: vec![1, 2] }] };
    assert_eq!(Signatures::from_json(signed.to_json().as_bytes()).unwrap(), signed);
    assert!(matches!(Signatures::from_json(json.as_bytes()), Err(ExchangeError::Format { .. })));
}

#[test]
fn only_a_self_signed_authority_that_is_good_now_can_be_a_root() {
    let (company, now) = (Company::new(), Timestamp::now());
    let root = Root::read(&company.root, now).unwrap();
    assert_eq!(root.der(), company.root);
    assert_eq!(root.key(), company.issuer.key().subject_public_key_info());
    assert_eq!(Root::read(b"root", now), Err(RootError::NotACertificate));
    let key = KeyPair::generate().unwrap();
    let plain = CertificateParams::new(vec!["a.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    assert_eq!(Root::read(plain.der(), now), Err(RootError::NotAnAuthority));
    assert_eq!(Root::read(plain.pem().as_bytes(), now), Err(RootError::NotAnAuthority));
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let below = params.signed_by(&key, &company.issuer).unwrap();
    assert_eq!(Root::read(below.der(), now), Err(RootError::NotSelfSigned));
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    params.not_before = rcgen::date_time_ymd(2019, 1, 1);
    assert_eq!(Root::read(params.self_signed(&key).unwrap().der(), now), Err(RootError::Expired));
}

#[test]
fn a_grant_is_proved_with_the_certificates_key_on_one_connection() {
    let (company, key, now) = (Company::new(), KeyPair::generate().unwrap(), Timestamp::now());
    let der = sign(&company.issuer, &ana(), &Request::read(&request(&key)).unwrap(), now, WEEK).unwrap();
    let proved = |by: &KeyPair, exporter: [u8; 32], grant: &[u8]| {
        let random = ring::rand::SystemRandom::new();
        let algorithm = &ring::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
        let by = ring::signature::EcdsaKeyPair::from_pkcs8(algorithm, by.serialized_der(), &random).unwrap();
        let signature = by.sign(&random, &grant_message(Bound { exporter: &exporter, grant })).unwrap();
        let bound = Bound { exporter: &[7; 32], grant: b"grant" };
        verify_grant(&company.root, &ana(), &der, bound, signature.as_ref(), now).is_ok()
    };
    assert!(proved(&key, [7; 32], b"grant"));
    assert!(!proved(&KeyPair::generate().unwrap(), [7; 32], b"grant"), "the certificate alone proves nothing");
    assert!(!proved(&key, [8; 32], b"grant"), "the proof is of another connection");
    assert!(!proved(&key, [7; 32], b"other"), "the proof is for another grant");
}
