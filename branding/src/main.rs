//! `amparo-brand`: a tenant's keys, its attendants' certificates, its signed profiles and its programs, from the command line.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use. Errors say what was tried.

#![forbid(unsafe_code)]

use std::{path::PathBuf, process::ExitCode};

use amparo_branding::{
    build,
    codesign::{Options, Signer},
    enrol, file, profile, release, root,
};
use clap::{Parser, Subcommand};
use enrolment::Fingerprint;

/// Makes tenant roots, signed profiles, branded programs and releases.
#[derive(Parser)]
#[command(name = "amparo-brand", version)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The keys that a tenant keeps off the server.
    #[command(subcommand)]
    Root(RootCommand),
    /// Attendants, where the root is kept off the server.
    #[command(subcommand)]
    Attendant(AttendantCommand),
    /// Signed profiles.
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Makes a branded program out of a template.
    Build(Box<BuildArguments>),
    /// Releases, by which programs update themselves.
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Checks a branded program, every byte of it, and tells what it carries.
    Verify {
        /// The program.
        file: PathBuf,
        /// The branding key's public half (`branding.pub`) that must have sealed it.
        #[arg(long)]
        key: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
struct BuildArguments {
    /// The program without a brand: `amparo` or `amparo.exe`.
    #[arg(long)]
    template: PathBuf,
    /// What the template's SHA-256 must be.
    #[arg(long, value_name = "HEX")]
    template_sha256: Option<String>,
    /// The signed profile.
    #[arg(long)]
    profile: PathBuf,
    /// The branding key that signed it, PEM or DER.
    #[arg(long)]
    key: PathBuf,
    /// The picture of the icon, PNG, JPEG or SVG; without it, the profile's logo.
    #[arg(long, value_name = "FILE")]
    icon: Option<PathBuf>,
    /// The program carries the branding key alone, and takes a profile that this key has signed from beside it: one program for all apps.
    #[arg(long)]
    sidecar: bool,
    /// Sign the code with this PKCS#12 file, through osslsigncode.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sign_command", "pkcs11_module"])]
    pkcs12: Option<PathBuf>,
    /// The file that holds the password of the PKCS#12 file.
    #[arg(long, value_name = "FILE", requires = "pkcs12")]
    pkcs12_password: Option<PathBuf>,
    /// Sign the code with a key on a token that this PKCS#11 library reaches, through osslsigncode.
    #[arg(long, value_name = "FILE", conflicts_with = "sign_command", requires_all = ["pkcs11_key", "certificate"])]
    pkcs11_module: Option<PathBuf>,
    /// The key on the token, as a pkcs11: URI without the PIN.
    #[arg(long, value_name = "URI", requires = "pkcs11_module")]
    pkcs11_key: Option<String>,
    /// The file that holds the token's PIN.
    #[arg(long, value_name = "FILE", requires = "pkcs11_module")]
    pkcs11_pin: Option<PathBuf>,
    /// The certificate of the token's key, PEM.
    #[arg(long, value_name = "FILE", requires = "pkcs11_module")]
    certificate: Option<PathBuf>,
    /// An RFC 3161 service that states the time of the signature.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "sign_command")]
    timestamp: Option<String>,
    /// Sign the code with this command instead; `{in}` and `{out}` in it are the files. Words are split at blanks, no shell runs.
    #[arg(long, value_name = "COMMAND")]
    sign_command: Option<String>,
    /// Where the program goes.
    #[arg(long)]
    out: PathBuf,
}

impl BuildArguments {
    fn signer(&self) -> anyhow::Result<Option<Signer>> {
        Options {
            pkcs12: self.pkcs12.clone(),
            pkcs11_module: self.pkcs11_module.clone(),
            pkcs11_key: self.pkcs11_key.clone(),
            certificate: self.certificate.clone(),
            password: self.pkcs12_password.clone().or_else(|| self.pkcs11_pin.clone()),
            timestamp: self.timestamp.clone(),
            command: self.sign_command.clone(),
        }
        .signer()
    }
}

#[derive(Subcommand)]
enum RootCommand {
    /// Makes the root of attendants' certificates and the branding key. Never overwrites.
    New {
        /// The folder for the four files.
        #[arg(long)]
        out: PathBuf,
        /// The company's name, for the certificate.
        #[arg(long, default_value = "Amparo")]
        company: String,
    },
}

#[derive(Subcommand)]
enum ReleaseCommand {
    /// Makes the key that signs releases. Programs are compiled with its public half in AMPARO_RELEASE_KEYS. Never overwrites.
    Key {
        /// The folder for the two files.
        #[arg(long)]
        out: PathBuf,
    },
    /// States which programs of a version are the real ones, and signs it.
    New(ReleaseArguments),
}

#[derive(clap::Args)]
struct ReleaseArguments {
    /// A program without a brand: `amparo` or `amparo.exe`. Once a system.
    #[arg(long = "program", value_name = "FILE", required = true)]
    programs: Vec<PathBuf>,
    /// The release key, PEM or DER.
    #[arg(long)]
    key: PathBuf,
    /// No program goes below this version again.
    #[arg(long, value_name = "VERSION")]
    minimum: Option<bundle::Version>,
    /// Days in which it may be installed.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=730))]
    days: u16,
    /// Who takes it when: `10@0,50@24,100@72` is ten of a hundred at once, half a day later, all after three. Without: all at once.
    #[arg(long, value_name = "PERCENT@HOURS,…")]
    rings: Option<String>,
    /// The public half of a release key that is trusted no longer. May be repeated.
    #[arg(long = "revoke", value_name = "FILE")]
    revoked: Vec<PathBuf>,
    /// Where the release goes: `release` beside the templates of a server.
    #[arg(long)]
    out: PathBuf,
}

impl ReleaseArguments {
    fn make(&self, now_unix_s: u64) -> anyhow::Result<String> {
        let rings = self.rings.as_deref().map(release::rings).transpose().map_err(anyhow::Error::msg)?;
        let (signed, told) = release::make(
            &release::Order {
                programs: &self.programs,
                key: &self.key,
                minimum: self.minimum,
                days: self.days,
                rings: rings.as_deref().unwrap_or_default(),
                revoked: &self.revoked,
            },
            now_unix_s,
        )?;
        file::replace(&self.out, &signed)?;
        Ok(told)
    }
}

#[derive(Subcommand)]
enum AttendantCommand {
    /// Signs attendants' certificates: shows each request and asks, or signs just those named with `--yes`.
    Enrol {
        /// The folder with `root.crt` and `root.key`.
        #[arg(long)]
        root: PathBuf,
        /// The requests, as downloaded in the console.
        #[arg(long)]
        requests: PathBuf,
        /// Where the certificates go, to be uploaded in the console.
        #[arg(long)]
        out: PathBuf,
        /// Days they are good, seven at most.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=7))]
        days: u8,
        /// The fingerprint of a request to sign without asking, as its attendant read it out. May be repeated.
        #[arg(long)]
        yes: Vec<Fingerprint>,
    },
}

#[derive(Subcommand)]
enum ProfileCommand {
    /// Checks and signs a profile.
    Sign {
        /// The profile as JSON.
        #[arg(long)]
        json: PathBuf,
        /// The branding key, PEM or DER.
        #[arg(long)]
        key: PathBuf,
        /// The logo, PNG, JPEG or SVG; fitted and its corners rounded.
        #[arg(long)]
        logo: Option<PathBuf>,
        /// The certificate of the tenant's root, PEM or DER, in place of `root` in the JSON.
        #[arg(long)]
        root: Option<PathBuf>,
        /// Where the signed profile goes.
        #[arg(long)]
        out: PathBuf,
    },
    /// Checks a signed profile and tells what it says.
    Verify {
        /// The signed profile.
        file: PathBuf,
        /// The branding key's public half (`branding.pub`) that must have signed it.
        #[arg(long)]
        key: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().what) {
        Ok(told) => {
            print!("{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("amparo-brand: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(what: What) -> anyhow::Result<String> {
    let now = jiff::Timestamp::now();
    match what {
        What::Root(RootCommand::New { out, company }) => {
            let made = root::create(&out, &company, now.to_zoned(jiff::tz::TimeZone::UTC).date())?;
            let files: String = made.files.iter().map(|path| format!("{}\n", path.display())).collect();
            Ok(format!(
                "{files}branding key {}\nKeep both .key files off the server and out of backups that others can read.\n",
                made.branding
            ))
        }
        What::Attendant(AttendantCommand::Enrol { root, requests, out, days, yes }) => {
            let life = std::time::Duration::from_secs(u64::from(days) * 24 * 3600);
            let order = enrol::Order { root: &root, requests: &requests, life };
            let (mut answers, mut questions) = (std::io::stdin().lock(), std::io::stderr());
            let consent = if yes.is_empty() {
                enrol::Consent::Ask { answers: &mut answers, questions: &mut questions }
            } else {
                enrol::Consent::Only(yes.into_iter().collect())
            };
            let (file, count) = enrol::enrol(&order, consent, now)?;
            if count == 0 {
                return Ok("Nobody was enrolled.\n".to_owned());
            }
            file::replace(&out, file.as_bytes())?;
            Ok(format!("{count} enrolled for at most {days} days. Upload {} in the console.\n", out.display()))
        }
        What::Profile(ProfileCommand::Sign { json, key, logo, root, out }) => {
            let parts = profile::Parts { json: &json, key: &key, logo: logo.as_deref(), root: root.as_deref() };
            let (bytes, made, id) = profile::sign(&parts, u64::try_from(now.as_second())?)?;
            file::replace(&out, &bytes)?;
            Ok(profile::summary(&made, id))
        }
        What::Profile(ProfileCommand::Verify { file, key }) => {
            let trusted = key.map(|path| profile::public_key(&path)).transpose()?;
            let (read, id) = profile::verify(&file, trusted.as_ref())?;
            Ok(profile::summary(&read, id))
        }
        What::Release(ReleaseCommand::Key { out }) => {
            let (files, id) = release::create_key(&out)?;
            let files: String = files.iter().map(|path| format!("{}\n", path.display())).collect();
            Ok(format!(
                "{files}release key {id}\nKeep the .key file off every server and out of backups that others can read.\n"
            ))
        }
        What::Release(ReleaseCommand::New(arguments)) => arguments.make(u64::try_from(now.as_second())?),
        What::Build(arguments) => {
            let made = build::build(build::Order {
                template: &arguments.template,
                template_sha256: arguments.template_sha256.as_deref().map(file::from_hex).transpose()?,
                profile: &arguments.profile,
                key: &arguments.key,
                picture: arguments.icon.as_deref(),
                sidecar: arguments.sidecar,
                signer: arguments.signer()?,
                out: &arguments.out,
            })?;
            Ok(made.summary())
        }
        What::Verify { file, key } => {
            let trusted = key.map(|path| profile::public_key(&path)).transpose()?;
            build::verify(&file, trusted.as_ref())
        }
    }
}
