//! `amparo-relay root use`, as the administrator of the server runs it.

#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use amparo_relay::{
    config::{Config, FirstStart},
    enrolment::Custody,
    relay::Relay,
};
use protocol::id::TenantId;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, KeyUsagePurpose};

struct Server {
    folder: tempfile::TempDir,
    tenant: TenantId,
}

impl Server {
    /// A server that was started once and is stopped again.
    async fn stopped() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new(folder.path().join("data"), "127.0.0.1:0".parse().unwrap());
        config.first = FirstStart { company: "Varanda".to_owned(), ..FirstStart::default() };
        let relay = Relay::start(config).await.unwrap();
        let tenant = relay.shared.first_tenant;
        relay.shutdown().await.unwrap();
        Self { folder, tenant }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn company(&self) -> PathBuf {
        self.data().join("tenants").join(self.tenant.to_string())
    }

    /// A root made elsewhere: its certificate, alone in a folder.
    fn root(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> PathBuf {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        change(&mut params);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let path = self.folder.path().join(name);
        fs::write(&path, certificate.pem()).unwrap();
        path
    }

    fn use_root(&self, root: &Path, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_amparo-relay"))
            .args(["root", "use", "--data"])
            .arg(self.data())
            .arg("--root")
            .arg(root)
            .args(more)
            .output()
            .unwrap()
    }

    fn refused(&self, root: &Path, why: &str) {
        let before = fs::read(self.company().join("root.key")).unwrap();
        let output = self.use_root(root, &[]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(why), "{told}");
        assert_eq!(fs::read(self.company().join("root.key")).unwrap(), before, "nothing was changed");
    }

    async fn again(&self) -> amparo_relay::relay::Running {
        Relay::start(Config::new(self.data(), "127.0.0.1:0".parse().unwrap())).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_made_elsewhere_takes_the_place_of_the_servers_own_before_anybody_trusts_that_one() {
    let server = Server::stopped().await;
    let root = server.root("root.crt", |_| {});
    let output = server.use_root(&root, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!server.company().join("root.key").exists());

    let relay = server.again().await;
    let keys = relay.shared.keys.tenant(server.tenant).unwrap();
    assert_eq!(keys.custody(), Custody::Elsewhere);
    let read = enrolment::Root::read(&fs::read(&root).unwrap(), jiff::Timestamp::now()).unwrap();
    assert_eq!(keys.root_certificate, read.der());
    let audit = relay.shared.store.audit_list(server.tenant, 5).await.unwrap();
    assert!(audit.iter().any(|line| line.what == "root.replaced"));
    // Not while it runs.
    let output = server.use_root(&root, &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("must be stopped"));
    relay.shutdown().await.unwrap();
    let doctor =
        Command::new(env!("CARGO_BIN_EXE_amparo-relay")).args(["doctor", "--data"]).arg(server.data()).output();
    let told = String::from_utf8(doctor.unwrap().stdout).unwrap();
    assert!(told.contains("its key is kept elsewhere"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_root_or_lies_here_with_its_key_is_refused() {
    let server = Server::stopped().await;
    let plain = server.root("plain.crt", |params| params.is_ca = IsCa::NoCa);
    server.refused(&plain, "not a certificate authority");
    let old = server.root("old.crt", |params| {
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    });
    server.refused(&old, "expired");
    let own = server.folder.path().join("own.crt");
    fs::copy(server.company().join("root.crt"), &own).unwrap();
    server.refused(&own, "the key of this root is on this server");
    let beside = server.folder.path().join("office");
    fs::create_dir(&beside).unwrap();
    fs::copy(server.root("root.crt", |_| {}), beside.join("root.crt")).unwrap();
    fs::write(beside.join("root.key"), b"a key").unwrap();
    server.refused(&beside.join("root.crt"), "is beside it");
    server.refused(&server.folder.path().join("missing.crt"), "reading");
    fs::write(server.folder.path().join("text.crt"), b"no certificate").unwrap();
    server.refused(&server.folder.path().join("text.crt"), "not a certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_programs_trust_is_replaced_only_when_that_is_said() {
    let server = Server::stopped().await;
    let relay = server.again().await;
    let id = protocol::id::DeviceId::new(123_456_789).unwrap();
    relay.shared.store.take_device_id(server.tenant, id, jiff::Timestamp::now()).await.unwrap();
    relay.shutdown().await.unwrap();
    let root = server.root("root.crt", |_| {});
    server.refused(&root, "--existing-programs-stop-trusting");
    let output = server.use_root(&root, &["--existing-programs-stop-trusting"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!server.company().join("root.key").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_branding_key_moves_with_its_public_half() {
    let server = Server::stopped().await;
    let root = server.root("root.crt", |_| {});
    let public = server.folder.path().join("branding.pub");
    fs::write(&public, "not a key").unwrap();
    let option = ["--branding", public.to_str().unwrap()];
    assert!(!server.use_root(&root, &option).status.success());
    fs::write(&public, "ab".repeat(32)).unwrap();
    assert!(server.use_root(&root, &option).status.success());
    assert!(!server.company().join("brand.key").exists());
    let relay = server.again().await;
    assert!(relay.shared.keys.tenant(server.tenant).unwrap().brand().is_none());
    relay.shutdown().await.unwrap();
}
