//! Profiles: what the schema accepts, what it refuses, and that a signed one cannot be altered.

#![allow(clippy::unwrap_used)]

use amparo_bundle::{
    BundleError, Contents, DEFAULT_LOGO, Field, FieldKey, KeyError, Language, Logo, Palette, Presence, Profile,
    ProfileError, Relay, SigningKey, Texts, Untimely, open, sign,
};
use serde_json::{Value, json};

fn contents() -> Contents {
    Contents {
        tenant: [0x11; 16],
        app: [0x22; 16],
        root: [&[0x30, 0x82, 0x01, 0x00][..], &[7; 256]].concat(),
        company: "Varanda Sistemas".into(),
        title: "Suporte Varanda".into(),
        accent: [0x2F, 0x4F, 0xA0],
        logo: Some(DEFAULT_LOGO.to_vec()),
        phone: Some("+55 11 4000-1234".into()),
        language: Language::PtBr,
        texts: Texts { welcome: Some("Bom dia.\nConte o que houve.".into()) },
        fields: vec![
            Field { key: FieldKey::Name, presence: Presence::Required },
            Field { key: FieldKey::Subject, presence: Presence::Optional },
        ],
        relays: vec![Relay { host: "suporte.varanda.example".into(), port: 47800, certificate_sha256: [0x33; 32] }],
        serial: 7,
        made_at_unix_s: 1_795_000_000,
        valid_until_unix_s: None,
    }
}

fn json() -> Value {
    serde_json::from_slice(&Profile::new(contents()).unwrap().to_json()).unwrap()
}

fn parse(json: &Value) -> Result<Profile, ProfileError> {
    Profile::parse(&serde_json::to_vec(json).unwrap())
}

#[test]
fn a_profile_is_read_back_as_it_was_written() {
    let profile = Profile::new(contents()).unwrap();
    let again = Profile::parse(&profile.to_json()).unwrap();
    assert_eq!(again, profile);
    assert_eq!(again.to_json(), profile.to_json());
    assert_eq!(again.title, "Suporte Varanda");
    assert_eq!(again.presence(FieldKey::Name), Presence::Required);
    assert_eq!(again.presence(FieldKey::Email), Presence::Hidden);
}

#[test]
fn the_json_is_spelled_for_people() {
    let json = json();
    assert_eq!(json["tenant"], "11".repeat(16));
    assert_eq!(json["accent"], "#2F4FA0");
    assert_eq!(json["language"], "pt-BR");
    assert_eq!(json["fields"][0], json!({"key": "name", "presence": "required"}));
    assert_eq!(json["relays"][0]["certificate_sha256"], "33".repeat(32));
}

#[test]
fn what_can_be_left_out_may_be_left_out() {
    let mut bare = json();
    for key in ["logo", "phone", "texts", "fields"] {
        bare.as_object_mut().unwrap().remove(key);
    }
    let profile = parse(&bare).unwrap();
    assert_eq!((profile.logo.clone(), profile.phone.clone(), profile.fields.len()), (None, None, 0));
    bare["phone"] = json!("  ");
    assert_eq!(parse(&bare).unwrap().phone, None);
    for key in bare.as_object().unwrap().keys().filter(|key| *key != "phone") {
        let mut without = bare.clone();
        without.as_object_mut().unwrap().remove(key);
        assert!(parse(&without).is_err(), "`{key}` cannot be left out");
    }
}

#[test]
fn a_word_that_the_schema_does_not_have_is_refused_at_every_level() {
    for path in ["", "/texts", "/fields/0", "/relays/0"] {
        let mut json = json();
        json.pointer_mut(path).unwrap()["consent"] = json!("Permitir sempre");
        assert!(matches!(parse(&json), Err(ProfileError::Schema(_))), "{path}");
    }
}

#[test]
fn values_outside_the_rules_are_refused() {
    let long = |bytes: usize| json!("x".repeat(bytes));
    let relay = |host: &str| json!([{"host": host, "port": 1, "certificate_sha256": "00".repeat(32)}]);
    let wrong: &[(&str, Value)] = &[
        ("/tenant", json!("11")),
        ("/tenant", json!("zz".repeat(16))),
        ("/tenant", json!("é".repeat(16))),
        ("/root", json!("")),
        ("/root", json!("AAAA")),
        ("/root", json!("not base 64")),
        ("/root", long(1 << 16)),
        ("/company", json!(" ")),
        ("/company", json!("two\nlines")),
        ("/company", json!("tab\there")),
        ("/company", json!("Varanda\u{202E}atcaF")),
        ("/company", long(81)),
        ("/title", long(81)),
        ("/phone", long(41)),
        ("/texts/welcome", long(401)),
        ("/texts/welcome", json!("bell\u{7}")),
        ("/accent", json!("#12345")),
        ("/accent", json!("+12345")),
        ("/accent", json!("teal")),
        ("/logo", json!("AAAA")),
        ("/language", json!("pt")),
        ("/fields/1/key", json!("name")),
        ("/fields/1/key", json!("password")),
        ("/fields/1/presence", json!("always")),
        ("/relays", json!([])),
        ("/relays", Value::Array(vec![relay("a")[0].clone(); 9])),
        ("/relays", relay("")),
        ("/relays", relay("a b")),
        ("/relays", relay("-a.example")),
        ("/relays", relay("a..example")),
        ("/relays", relay("https://a.example")),
        ("/relays", relay(&"a.".repeat(127))),
        ("/relays/0/port", json!(0)),
        ("/relays/0/port", json!(65_536)),
        ("/relays/0/certificate_sha256", json!("00".repeat(31))),
        ("/serial", json!(-1)),
        ("/made_at_unix_s", json!(253_402_300_800_u64)),
    ];
    for (path, value) in wrong {
        let mut json = json();
        *json.pointer_mut(path).unwrap() = value.clone();
        assert!(parse(&json).is_err(), "{path} = {value}");
    }
    for host in ["127.0.0.1", "::1", "localhost", "a-1.example"] {
        let mut json = json();
        json["relays"] = relay(host);
        parse(&json).unwrap();
    }
    assert!(matches!(Profile::parse(&vec![b' '; (768 << 10) + 1]), Err(ProfileError::TooLong { what: "profile", .. })));
}

#[test]
fn a_signed_profile_opens_for_whoever_trusts_its_key() {
    let key = SigningKey::generate().unwrap();
    let profile = Profile::new(contents()).unwrap();
    let bytes = sign(&profile, &key);
    assert_eq!(bytes, sign(&profile, &key), "signing is deterministic");
    assert_eq!(open(&bytes, None).unwrap(), (profile.clone(), key.id()));
    assert_eq!(open(&bytes, Some(key.id().public_key())).unwrap().0, profile);
    let other = SigningKey::generate().unwrap();
    assert!(matches!(open(&bytes, Some(other.id().public_key())), Err(BundleError::NotTrusted(id)) if id == key.id()));
}

#[test]
fn a_signed_profile_with_any_byte_flipped_cut_or_added_is_refused() {
    let key = SigningKey::generate().unwrap();
    let bytes = sign(&Profile::new(Contents { logo: None, ..contents() }).unwrap(), &key);
    for at in 0..bytes.len() {
        for bit in [0x01, 0x80] {
            let mut altered = bytes.clone();
            altered[at] ^= bit;
            assert!(open(&altered, None).is_err(), "byte {at}");
        }
        assert!(open(&bytes[..at], None).is_err(), "cut at {at}");
    }
    assert!(matches!(open(&[&bytes[..], &[0]].concat(), None), Err(BundleError::WrongLength { .. })));
    assert!(matches!(open(&vec![0; (1 << 20) + 1], None), Err(BundleError::TooLong)));
}

#[test]
fn a_profile_signed_by_another_key_under_the_first_ones_name_is_refused() {
    let (ours, theirs) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let mut bytes = sign(&Profile::new(contents()).unwrap(), &theirs);
    bytes[15..47].copy_from_slice(ours.id().public_key());
    assert!(matches!(open(&bytes, Some(ours.id().public_key())), Err(BundleError::Signature)));
}

#[test]
fn a_key_is_kept_as_pkcs8_and_does_not_show_itself() {
    let key = SigningKey::generate().unwrap();
    let again = SigningKey::from_pkcs8(&key.to_pkcs8()).unwrap();
    assert_eq!(again.id(), key.id());
    assert_eq!(key.id().to_string().len(), 19);
    assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.id()));
    assert_eq!(SigningKey::from_pkcs8(&[0; 48]).err(), Some(KeyError::NotAKey));
}

#[test]
fn the_default_logo_is_the_mark_in_amparos_colour() {
    let logo = Logo::from_png(DEFAULT_LOGO).unwrap();
    assert_eq!((logo.width_px(), logo.height_px()), (64, 64));
    assert_eq!(logo.rgba(), Logo::mark(amparo_bundle::AMPARO_ACCENT).rgba(), "run the `mark` example again");
}

#[test]
fn the_mark_stands_out_from_every_ground() {
    for colour in [[0x2F, 0x4F, 0xA0], [0xF5, 0xB8, 0x00], [255; 3]] {
        let mark = Logo::mark(colour);
        let pixel = |x: usize, y: usize| &mark.rgba()[(y * 64 + x) * 4..][..4];
        assert_eq!(pixel(0, 0)[3], 0, "the corner is clear");
        assert_eq!(pixel(32, 4)[..3], colour, "the ground is the brand's");
        assert_eq!(pixel(32, 16)[..3], Palette::from_accent(colour).light.accent_on, "the band is drawn in the ink");
    }
}

#[test]
fn logos_of_every_colour_type_come_out_alike_and_without_strange_chunks() {
    use png::{BitDepth, ColorType, Encoder};
    for (kind, bytes_per_pixel) in [
        (ColorType::Grayscale, 1),
        (ColorType::GrayscaleAlpha, 2),
        (ColorType::Rgb, 3),
        (ColorType::Rgba, 4),
        (ColorType::Indexed, 1),
    ] {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 16, 16);
        encoder.set_color(kind);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_palette(vec![9, 9, 9, 0xFF, 0xFF, 0xFF]);
        encoder.add_text_chunk("Comment".into(), "hidden".into()).unwrap();
        let fill = if kind == ColorType::Indexed { 1 } else { 255 };
        encoder.write_header().unwrap().write_image_data(&vec![fill; 16 * 16 * bytes_per_pixel]).unwrap();
        let logo = Logo::from_png(&file).unwrap();
        assert_eq!(logo.rgba(), vec![255; 16 * 16 * 4], "{kind:?}");
        assert!(!logo.png().windows(6).any(|w| w == b"hidden"));
        assert_eq!(
            Logo::from_png(logo.png()).unwrap().png(),
            logo.png(),
            "writing anew changes nothing the second time"
        );
    }
}

#[test]
fn logos_that_are_too_large_too_small_or_broken_are_refused() {
    let square = |side: u32| {
        let mut file = Vec::new();
        let encoder = png::Encoder::new(&mut file, side, side);
        encoder.write_header().unwrap().write_image_data(&vec![0; (side * side) as usize]).unwrap();
        file
    };
    assert!(Logo::from_png(&square(512)).is_ok());
    for side in [1, 7, 513, 4_000] {
        assert!(Logo::from_png(&square(side)).is_err(), "{side}");
    }
    assert!(Logo::from_png(&vec![0; (256 << 10) + 1]).is_err());
    for at in 0..DEFAULT_LOGO.len() {
        let _ = Logo::from_png(&DEFAULT_LOGO[..at]);
        let mut altered = DEFAULT_LOGO.to_vec();
        altered[at] ^= 0xFF;
        let _ = Logo::from_png(&altered);
    }
}

#[test]
fn a_profile_is_good_from_when_it_was_made_until_its_end_and_clocks_may_differ_by_two_days() {
    let made = contents().made_at_unix_s;
    let day = 24 * 3600;
    let endless = Profile::new(contents()).unwrap();
    let until = Profile::new(Contents { valid_until_unix_s: Some(made + 30 * day), ..contents() }).unwrap();
    for profile in [&endless, &until] {
        assert_eq!(profile.check_time(made), Ok(()));
        assert_eq!(profile.check_time(made - 2 * day), Ok(()));
        assert!(matches!(profile.check_time(made - 3 * day), Err(Untimely::FromTheFuture { .. })));
        assert!(matches!(profile.check_time(made - 365 * day), Err(Untimely::FromTheFuture { .. })));
    }
    assert_eq!(endless.check_time(made + 20 * 365 * day), Ok(()));
    assert_eq!(until.check_time(made + 30 * day), Ok(()));
    assert!(matches!(until.check_time(made + 30 * day + 1), Err(Untimely::Expired { .. })));
    for wrong in [0, made, u64::MAX] {
        let contents = Contents { valid_until_unix_s: Some(wrong), ..contents() };
        assert!(matches!(Profile::new(contents), Err(ProfileError::ValidUntil)), "{wrong}");
    }
}
