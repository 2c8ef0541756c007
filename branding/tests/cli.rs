//! `amparo-brand` as a person uses it.

#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::json;

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn brand(&self, arguments: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_amparo-brand"))
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    fn done(&self, arguments: &str) -> String {
        let output = self.brand(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, arguments: &str, code: i32) -> String {
        let output = self.brand(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments}");
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    }

    fn with_keys() -> Self {
        let desk = Self::new();
        desk.done("root new --out keys --company Varanda");
        let profile = json!({
            "tenant": "11".repeat(16), "app": "22".repeat(16), "company": "Varanda Sistemas", "title": "Suporte Varanda",
            "accent": "#2F4FA0", "language": "pt-BR", "serial": 1,
            "fields": [{"key": "name", "presence": "required"}],
            "relays": [{"host": "suporte.varanda.example", "port": 47800, "certificate_sha256": "33".repeat(32)}],
        });
        fs::write(desk.path("app.json"), profile.to_string()).unwrap();
        fs::write(desk.path("logo.png"), bundle::DEFAULT_LOGO).unwrap();
        desk
    }
}

const SIGN: &str =
    "profile sign --json app.json --key keys/branding.key --root keys/root.crt --logo logo.png --out app.profile";

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_root_is_a_certificate_authority_whose_keys_only_the_owner_reads() {
    let desk = Desk::with_keys();
    #[cfg(unix)]
    {
        assert_eq!(mode(&desk.path("keys")), 0o700);
        for key in ["keys/root.key", "keys/branding.key"] {
            assert_eq!(mode(&desk.path(key)), 0o600);
        }
    }
    let pem = fs::read(desk.path("keys/root.crt")).unwrap();
    let (_, pem) = x509_parser::pem::parse_x509_pem(&pem).unwrap();
    let certificate = pem.parse_x509().unwrap();
    assert!(certificate.is_ca());
    assert!(certificate.validity().is_valid());
    assert!(certificate.subject().to_string().contains("Varanda"));
    certificate.verify_signature(None).unwrap();
}

#[test]
fn a_root_is_never_overwritten() {
    let desk = Desk::with_keys();
    let before = fs::read(desk.path("keys/root.key")).unwrap();
    assert!(desk.refused("root new --out keys", 1).contains("is there already"));
    assert_eq!(fs::read(desk.path("keys/root.key")).unwrap(), before);
}

#[test]
fn a_profile_is_signed_and_verifies_and_a_program_can_open_it() {
    let desk = Desk::with_keys();
    let told = desk.done(SIGN);
    assert!(told.contains("Suporte Varanda") && told.contains("name: required"), "{told}");
    assert_eq!(desk.done("profile verify app.profile --key keys/branding.pub"), told);
    assert_eq!(desk.done("profile verify app.profile"), told);
    let (profile, _) = bundle::open(&fs::read(desk.path("app.profile")).unwrap(), None).unwrap();
    let logo = bundle::Logo::from_png(profile.logo.as_ref().unwrap()).unwrap();
    assert_eq!((logo.width_px(), logo.height_px()), (96, 96));
    let again = desk.done(SIGN);
    assert_eq!(again.lines().next(), told.lines().next(), "signing again replaces the file");
}

#[test]
fn an_altered_profile_or_one_of_another_key_is_refused() {
    let desk = Desk::with_keys();
    desk.done(SIGN);
    desk.done("root new --out other");
    assert!(desk.refused("profile verify app.profile --key other/branding.pub", 1).contains("not the key to trust"));
    let mut bytes = fs::read(desk.path("app.profile")).unwrap();
    bytes[200] ^= 1;
    fs::write(desk.path("app.profile"), bytes).unwrap();
    assert!(desk.refused("profile verify app.profile", 1).contains("the file was altered"));
}

#[test]
fn errors_name_what_was_tried() {
    let desk = Desk::with_keys();
    assert!(desk.refused("profile verify missing.profile", 1).contains("reading missing.profile"));
    assert!(desk.refused("profile verify logo.png", 1).contains("not a signed profile"));
    assert!(desk.refused(&SIGN.replace("branding.key", "root.key"), 1).contains("not an Ed25519 key"));
    assert!(desk.refused(&SIGN.replace("logo.png", "app.json"), 1).contains("using the logo app.json"));
    assert!(desk.refused(&SIGN.replace("--root keys/root.crt ", ""), 1).contains("missing field `root`"));
    fs::write(desk.path("app.json"), r#"{"hidden_mode": true}"#).unwrap();
    assert!(desk.refused(SIGN, 1).contains("hidden_mode"));
    assert!(!desk.path("app.profile").exists());
}

#[test]
fn wrong_use_is_told_apart_from_failure() {
    let desk = Desk::new();
    for wrong in ["", "root", "root new", "profile sign --json a", "profile verify", "brand"] {
        assert!(desk.refused(wrong, 2).contains("Usage"), "{wrong}");
    }
}
