//! Certificates that sign code for the length of a test, and signers that do what they should not.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use amparo_branding::codesign::Signer;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};

/// Whose certificates they are.
pub const PUBLISHER: &str = "Varanda Sistemas Ltda";
pub const PASSWORD: &str = "only-for-this-test";

/// A folder with them.
pub struct Throwaway {
    pub folder: tempfile::TempDir,
}

/// Runs it, and says what it said; nothing is left out where a tool is missing.
pub fn done(command: &mut Command) -> String {
    let ended = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: `tests/run` installs it"));
    let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    assert!(ended.status.success(), "{command:?}: {said}");
    said
}

impl Throwaway {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A certificate and its key: `name.pem`, `name.key`, and both in the file that comes back.
    pub fn pkcs12(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> PathBuf {
        let mut of = CertificateParams::default();
        of.distinguished_name.push(DnType::OrganizationName, "Varanda");
        of.distinguished_name.push(DnType::CommonName, PUBLISHER);
        of.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        of.not_before = date_time_ymd(2020, 1, 1);
        of.not_after = date_time_ymd(2099, 1, 1);
        change(&mut of);
        let key = KeyPair::generate().unwrap();
        let [pem, secret] = ["pem", "key"].map(|ending| self.path(&format!("{name}.{ending}")));
        fs::write(&pem, of.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(&secret, key.serialize_pem()).unwrap();
        self.packed(name, &pem, &secret)
    }

    /// The same of a kind that most certificates for code are of.
    pub fn pkcs12_rsa(&self, name: &str) -> PathBuf {
        let [pem, secret] = ["pem", "key"].map(|ending| self.path(&format!("{name}.{ending}")));
        let subject = format!("/C=BR/O=Varanda/CN={PUBLISHER}");
        let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &subject];
        let more = ["-addext", "extendedKeyUsage=codeSigning", "-keyout"];
        done(Command::new("openssl").args(request).args(more).arg(&secret).arg("-out").arg(&pem));
        self.packed(name, &pem, &secret)
    }

    fn packed(&self, name: &str, pem: &Path, secret: &Path) -> PathBuf {
        let pkcs12 = self.path(&format!("{name}.p12"));
        let mut pack = Command::new("openssl");
        pack.args(["pkcs12", "-export", "-passout"]).arg(format!("file:{}", self.password().display()));
        done(pack.arg("-inkey").arg(secret).arg("-in").arg(pem).arg("-out").arg(&pkcs12));
        pkcs12
    }

    /// Where the password is, as people write it: with the line's end.
    pub fn password(&self) -> PathBuf {
        let path = self.path("password");
        fs::write(&path, format!("{PASSWORD}\n")).unwrap();
        path
    }

    /// Who signs with this file.
    pub fn signer(&self, file: PathBuf) -> Signer {
        Signer::Pkcs12 { file, password: Some(self.password()), timestamp: None }
    }

    /// The command that runs these lines of a shell: `$1` is the program, `$2` where the signed one goes, `$3` this folder.
    pub fn command(&self, name: &str, lines: &str) -> String {
        let script = self.path(&format!("{name}.sh"));
        fs::write(&script, lines).unwrap();
        format!("sh {} {{in}} {{out}} {}", script.display(), self.folder.path().display())
    }

    /// Does osslsigncode find this program signed by the certificate?
    pub fn verify(&self, certificate: &str, program: &[u8]) {
        let path = self.path("verify.exe");
        fs::write(&path, program).unwrap();
        let certificate = self.path(certificate);
        let said = done(Command::new("osslsigncode").args(["verify", "-CAfile"]).arg(certificate).arg("-in").arg(path));
        assert!(
            said.contains("Number of verified signatures: 1") || said.contains("Signature verification: ok"),
            "{said}"
        );
    }
}
