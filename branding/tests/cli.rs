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

/// A file of one request, as the console gives it.
fn requests(desk: &Desk, name: &str, key: &rcgen::KeyPair) -> String {
    let root = fs::read(desk.path("keys/root.crt")).unwrap();
    let root = enrolment::Root::read(&root, jiff::Timestamp::now()).unwrap();
    let request = rcgen::CertificateParams::new(Vec::new()).unwrap().serialize_request(key).unwrap();
    let attendant = enrolment::Attendant {
        tenant: "11".repeat(16).parse().unwrap(),
        operator: "22".repeat(16).parse().unwrap(),
        name: name.to_owned(),
    };
    let asked =
        enrolment::Asked { attendant: attendant.clone(), login: "ana".to_owned(), request: request.der().to_vec() };
    let fingerprint = asked.fingerprint().unwrap().to_string();
    let file = enrolment::Requests {
        tenant: attendant.tenant,
        company: "Varanda".to_owned(),
        root: enrolment::Root::id_of(root.der()),
        asked: vec![asked],
    };
    fs::write(desk.path("requests.json"), file.to_json().unwrap()).unwrap();
    fingerprint
}

const ENROL: &str = "attendant enrol --root keys --requests requests.json --out signed.json";

fn answering(desk: &Desk, answer: &str) -> String {
    use std::io::Write as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_amparo-brand"))
        .args(ENROL.split_whitespace())
        .current_dir(desk.folder.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn an_attendant_is_enrolled_when_somebody_says_so_and_not_otherwise() {
    let desk = Desk::with_keys();
    let key = rcgen::KeyPair::generate().unwrap();
    let fingerprint = requests(&desk, "Ana Ribeiro", &key);
    for answer in ["", "n\n", "\n"] {
        let told = answering(&desk, answer);
        assert!(told.contains("Ana Ribeiro (ana)") && told.contains(&fingerprint), "{told}");
        assert!(told.contains("Nobody was enrolled") && !desk.path("signed.json").exists());
    }
    assert!(answering(&desk, "y\n").contains("1 enrolled for at most 7 days"));

    let signed = enrolment::Signatures::from_json(&fs::read(desk.path("signed.json")).unwrap()).unwrap();
    let root = fs::read(desk.path("keys/root.crt")).unwrap();
    let root = enrolment::Root::read(&root, jiff::Timestamp::now()).unwrap();
    let attendant = enrolment::Attendant {
        tenant: signed.tenant,
        operator: signed.signed[0].operator,
        name: "Ana Ribeiro".to_owned(),
    };
    let spki = rcgen::PublicKeyData::subject_public_key_info(&key);
    let now = jiff::Timestamp::now();
    let checked = enrolment::check(root.der(), &attendant, &spki, &signed.signed[0].certificate, now).unwrap();
    assert!(checked.expires.duration_since(now).as_hours() > 6 * 24);
}

#[test]
fn a_script_enrols_just_the_fingerprints_it_names() {
    let desk = Desk::with_keys();
    let fingerprint = requests(&desk, "Ana Ribeiro", &rcgen::KeyPair::generate().unwrap()).replace(' ', "-");
    assert!(desk.done(&format!("{ENROL} --days 1 --yes {fingerprint}")).contains("1 enrolled for at most 1 days"));
    let other = "0".repeat(32);
    assert!(
        desk.refused(&format!("{ENROL} --yes {fingerprint} --yes {other}"), 1)
            .contains("no request has the fingerprint")
    );
    assert!(desk.refused(&format!("{ENROL} --days 8"), 2).contains("8"));
}

#[test]
fn a_changed_request_or_one_for_another_root_is_not_signed() {
    let desk = Desk::with_keys();
    let fingerprint = requests(&desk, "Ana Ribeiro", &rcgen::KeyPair::generate().unwrap()).replace(' ', "");
    let yes = format!("{ENROL} --yes {fingerprint}");
    let file = fs::read_to_string(desk.path("requests.json")).unwrap();
    fs::write(desk.path("requests.json"), file.replace("Ana Ribeiro", "The Director")).unwrap();
    assert!(desk.refused(&yes, 1).contains("was changed on its way"));
    fs::write(desk.path("requests.json"), &file).unwrap();
    desk.done("root new --out other");
    assert!(desk.refused(&yes.replace("--root keys", "--root other"), 1).contains("another root"));
    fs::copy(desk.path("other/root.key"), desk.path("keys/root.key")).unwrap();
    assert!(desk.refused(&yes, 1).contains("is not the key of"));
    assert!(!desk.path("signed.json").exists());
}

const BUILD: &str = "build --template /bin/true --profile app.profile --key keys/branding.key --out suporte";

#[test]
fn a_branded_program_is_built_verified_and_refused_when_changed() {
    let desk = Desk::with_keys();
    desk.done(SIGN);
    let told = desk.done(BUILD);
    let program = fs::read(desk.path("suporte")).unwrap();
    let hash = amparo_branding::file::hex(&amparo_branding::file::sha256(&program));
    let template = amparo_branding::file::hex(&amparo_branding::file::sha256(&fs::read("/bin/true").unwrap()));
    assert!(told.contains(&hash) && told.contains(&template), "{told}");
    let verified = desk.done("verify suporte --key keys/branding.pub");
    assert!(verified.contains("Suporte Varanda") && verified.contains(&hash), "{verified}");
    #[cfg(unix)]
    assert_eq!(mode(&desk.path("suporte")) & 0o111, 0o111);

    let mut changed = program.clone();
    changed[1000] ^= 1;
    fs::write(desk.path("changed"), changed).unwrap();
    assert!(desk.refused("verify changed", 1).contains("changed after it was made"));
    assert!(desk.refused("verify /bin/true", 1).contains("carries no brand"));
    desk.done("root new --out other --company Outra");
    assert!(desk.refused("verify suporte --key other/branding.pub", 1).contains("not the key to trust"));
}

#[test]
fn a_program_is_not_built_from_another_template_profile_or_key_than_is_meant() {
    let desk = Desk::with_keys();
    desk.done(SIGN);
    let wrong = format!("{BUILD} --template-sha256 {}", "00".repeat(32));
    assert!(desk.refused(&wrong, 1).contains("not the template that is meant"));
    desk.done("root new --out other --company Outra");
    assert!(desk.refused(&BUILD.replace("keys/", "other/"), 1).contains("not signed by"));
    assert!(desk.refused(&format!("{BUILD} --sign-command sign"), 1).contains("{in}"));
    assert!(desk.refused(&format!("{BUILD} --sign-command true"), 1).contains("{in}"));
    fs::write(desk.path("script.svg"), "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>").unwrap();
    assert!(desk.refused(&format!("{BUILD} --icon script.svg"), 1).contains("<script>"));
    assert!(!desk.path("suporte").exists(), "nothing is left of what failed");
}

#[test]
fn a_profile_beside_a_program_must_be_signed_by_the_key_in_it() {
    let desk = Desk::with_keys();
    desk.done(SIGN);
    let told = desk.done(&format!("{BUILD} --sidecar"));
    assert!(told.contains("amparo.profile"), "{told}");
    assert!(desk.done("verify suporte").contains("Suporte Varanda"));
    desk.done("root new --out other --company Outra");
    desk.done(&SIGN.replace("keys/branding.key", "other/branding.key").replace("app.profile", "amparo.profile"));
    assert!(desk.refused("verify suporte", 1).contains("not the key to trust"));
}
