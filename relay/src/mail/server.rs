//! A company's mail server: its settings, checked once, and handing a letter in over SMTP.

use std::{collections::BTreeMap, fmt, time::Duration};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    transport::smtp::{
        Error as SmtpError,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use zeroize::Zeroizing;

use super::letter::Letter;

/// Characters of a setting, at most.
const SETTING_CHARS: usize = 254;
/// Bytes of a company's own certificates, at most.
const AUTHORITY_BYTES: usize = 64 * 1024;
/// Characters of a server's words that are kept.
const WORDS_CHARS: usize = 300;

/// How the line is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// From the first byte (port 465).
    Tls,
    /// Asked for before anything is said (port 587). A server that does not offer it gets nothing.
    StartTls,
    /// Not at all: only without a password.
    None,
}

impl Encryption {
    /// All of them, as written in forms and records.
    pub const ALL: [(&'static str, Self); 3] = [("tls", Self::Tls), ("starttls", Self::StartTls), ("none", Self::None)];
}

/// What is wrong with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// It must be there.
    Missing,
    /// It is not written as it must be.
    NotItsForm,
    /// A password would be sent for everybody to read.
    NotEncrypted,
}

/// Settings in which everything holds.
#[derive(Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the line is protected.
    pub encryption: Encryption,
    /// Who hands in; empty: nobody logs in.
    pub user: String,
    password: Zeroizing<String>,
    /// Whom letters come from.
    pub from: String,
    /// Their name.
    pub from_name: String,
    /// Certificates that are trusted beside this computer's, in PEM.
    pub authority: String,
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailSettings({}:{})", self.host, self.port)
    }
}

impl MailSettings {
    /// Settings as typed; a password that is empty stays what it was.
    ///
    /// # Errors
    /// Each field that is wrong.
    pub fn typed(
        typed: &BTreeMap<String, String>,
        kept: Option<Zeroizing<String>>,
    ) -> Result<Self, Vec<(&'static str, Problem)>> {
        let password = typed.get("password").filter(|p| !p.is_empty()).cloned().map(Zeroizing::new);
        let user = typed.get("user").is_some_and(|user| !user.trim().is_empty());
        Self::recorded(typed, password.or(kept.filter(|_| user)).unwrap_or_default())
    }

    /// Settings as recorded, with the password.
    pub(super) fn recorded(
        settings: &BTreeMap<String, String>,
        password: Zeroizing<String>,
    ) -> Result<Self, Vec<(&'static str, Problem)>> {
        let value = |key: &str| settings.get(key).map_or("", |v| v.trim()).to_owned();
        let mut problems = Vec::new();
        let mut check = |key, wrong: Option<Problem>| problems.extend(wrong.map(|problem| (key, problem)));
        let [host, port, tls, user, from, from_name] = ["host", "port", "tls", "user", "from", "from_name"].map(value);
        let authority = value("authority");
        let one_line = |text: &str| text.chars().count() <= SETTING_CHARS && !text.chars().any(char::is_control);
        let named = host.chars().all(|c| c.is_alphanumeric() || ".-:[]".contains(c)) && one_line(&host);
        check("host", if host.is_empty() { Some(Problem::Missing) } else { (!named).then_some(Problem::NotItsForm) });
        let parsed = port.parse::<u16>().ok().filter(|port| *port > 0);
        check("port", parsed.is_none().then_some(Problem::NotItsForm));
        let encryption = Encryption::ALL.into_iter().find(|(name, _)| *name == tls).map(|(_, e)| e);
        check(
            "tls",
            match encryption {
                None => Some(Problem::NotItsForm),
                Some(Encryption::None) if !password.is_empty() => Some(Problem::NotEncrypted),
                Some(_) => None,
            },
        );
        check("user", (!one_line(&user)).then_some(Problem::NotItsForm));
        check("password", (!user.is_empty() && password.is_empty()).then_some(Problem::Missing));
        let address = from.parse::<Address>().is_ok();
        check("from", if from.is_empty() { Some(Problem::Missing) } else { (!address).then_some(Problem::NotItsForm) });
        check("from_name", (!one_line(&from_name)).then_some(Problem::NotItsForm));
        let certificates = authority.is_empty()
            || (authority.len() <= AUTHORITY_BYTES
                && CertificateDer::pem_slice_iter(authority.as_bytes()).next().is_some()
                && CertificateDer::pem_slice_iter(authority.as_bytes()).all(|c| c.is_ok()));
        check("authority", (!certificates).then_some(Problem::NotItsForm));
        match (parsed, encryption) {
            (Some(port), Some(encryption)) if problems.is_empty() => {
                Ok(Self { host, port, encryption, user, password, from, from_name, authority })
            }
            _ => Err(problems),
        }
    }

    /// What may be shown and recorded.
    pub fn open(&self) -> BTreeMap<String, String> {
        let tls = Encryption::ALL.iter().find(|(_, e)| *e == self.encryption).map_or("", |(name, _)| name);
        [
            ("host", self.host.clone()),
            ("port", self.port.to_string()),
            ("tls", tls.to_owned()),
            ("user", self.user.clone()),
            ("from", self.from.clone()),
            ("from_name", self.from_name.clone()),
            ("authority", self.authority.clone()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// The password, to be kept when the form leaves it empty.
    pub fn kept(&self) -> Zeroizing<String> {
        self.password.clone()
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    #[cfg(test)]
    pub(super) fn for_test(host: &str, port: u16) -> Self {
        Self {
            host: host.to_owned(),
            port,
            encryption: Encryption::None,
            user: String::new(),
            password: Zeroizing::default(),
            from: "suporte@varanda.example".to_owned(),
            from_name: "Varanda".to_owned(),
            authority: String::new(),
        }
    }
}

/// Why a letter was not handed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The company has no mail server.
    #[error("there is no mail server")]
    NotSetUp,
    /// The settings cannot be used.
    #[error("the settings cannot be used: {0}")]
    Settings(String),
    /// Nobody answers there.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The line cannot be protected.
    #[error("no safe connection: {0}")]
    NoTls(String),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// User or password is not taken.
    #[error("login refused: {0}")]
    Login(String),
    /// The server refuses for good.
    #[error("refused: {0}")]
    Refused(String),
    /// The server cannot take it now.
    #[error("not now: {0}")]
    Later(String),
    /// The connection broke, or what answers is not a mail server.
    #[error("strange answer: {0}")]
    Strange(String),
    /// It cannot be a letter.
    #[error("not a letter: {0}")]
    Letter(String),
}

/// What each failure is recorded as, before the server's words.
const WORDS: [&str; 10] = [
    "not_set_up",
    "settings",
    "no_connection",
    "no_tls",
    "timed_out",
    "login",
    "refused",
    "later",
    "strange",
    "letter",
];

impl Failure {
    /// The same again would come to the same.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Letter(_))
    }

    /// As it is recorded: a fixed word, and the server's words behind it.
    pub fn word(&self) -> String {
        let (n, words) = self.parts();
        format!("{}: {words}", WORDS[n])
    }

    /// A recorded one again; `None` for a text that is none.
    pub fn recorded(text: &str) -> Option<Self> {
        let (word, words) = text.split_once(": ")?;
        let words = words.to_owned();
        Some(match WORDS.iter().position(|w| *w == word)? {
            0 => Self::NotSetUp,
            1 => Self::Settings(words),
            2 => Self::NoConnection(words),
            3 => Self::NoTls(words),
            4 => Self::TimedOut,
            5 => Self::Login(words),
            6 => Self::Refused(words),
            7 => Self::Later(words),
            8 => Self::Strange(words),
            _ => Self::Letter(words),
        })
    }

    fn parts(&self) -> (usize, &str) {
        match self {
            Self::NotSetUp => (0, ""),
            Self::Settings(words) => (1, words),
            Self::NoConnection(words) => (2, words),
            Self::NoTls(words) => (3, words),
            Self::TimedOut => (4, ""),
            Self::Login(words) => (5, words),
            Self::Refused(words) => (6, words),
            Self::Later(words) => (7, words),
            Self::Strange(words) => (8, words),
            Self::Letter(words) => (9, words),
        }
    }

    /// The server's words.
    pub fn words(&self) -> &str {
        self.parts().1
    }
}

/// Hands a letter in.
pub(super) async fn send(settings: &MailSettings, letter: &Letter<'_>, patience: Duration) -> Result<(), Failure> {
    let message = letter.message(settings).map_err(|bad| Failure::Letter(bad.0))?;
    let transport = transport(settings, patience)?;
    match tokio::time::timeout(patience, transport.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(failure(settings, &error)),
        Err(_) => Err(Failure::TimedOut),
    }
}

fn transport(settings: &MailSettings, patience: Duration) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
    let parameters = || {
        let bad = |error: SmtpError| Failure::Settings(words(settings, &error));
        let mut builder = TlsParameters::builder(settings.host.trim_matches(['[', ']']).to_owned());
        if !settings.authority.is_empty() {
            for certificate in CertificateDer::pem_slice_iter(settings.authority.as_bytes()).flatten() {
                builder = builder.add_root_certificate(Certificate::from_der(certificate.to_vec()).map_err(bad)?);
            }
        }
        builder.build().map_err(bad)
    };
    let tls = match settings.encryption {
        Encryption::Tls => Tls::Wrapper(parameters()?),
        Encryption::StartTls => Tls::Required(parameters()?),
        Encryption::None => Tls::None,
    };
    let domain = settings.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.trim_matches(['[', ']']))
        .port(settings.port)
        .tls(tls)
        .hello_name(ClientId::Domain(domain.to_owned()))
        .timeout(Some(patience));
    if !settings.user.is_empty() {
        builder = builder.credentials(Credentials::new(settings.user.clone(), settings.password.to_string()));
    }
    Ok(builder.build())
}

fn failure(settings: &MailSettings, error: &SmtpError) -> Failure {
    let said = words(settings, error);
    let code = error.status().map(|code| code.to_string());
    // 530, 534, 535 and 538 are about logging in (RFC 4954); 454 is a login that cannot be checked now.
    if matches!(code.as_deref(), Some("530" | "534" | "535" | "538")) {
        return Failure::Login(said);
    }
    if error.is_timeout() {
        return Failure::TimedOut;
    }
    if error.is_permanent() {
        return Failure::Refused(said);
    }
    if error.is_transient() {
        return Failure::Later(said);
    }
    if error.is_tls() || is_of_tls(error) {
        return Failure::NoTls(said);
    }
    if error.is_response() || error.is_client() {
        let starttls = said.to_lowercase().contains("starttls");
        return if starttls { Failure::NoTls(said) } else { Failure::Strange(said) };
    }
    match io_kind(error) {
        Some(
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::BrokenPipe,
        ) => Failure::Strange(said),
        _ => Failure::NoConnection(said),
    }
}

fn causes(error: &SmtpError) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(error), |cause| cause.source())
}

fn io_kind(error: &SmtpError) -> Option<std::io::ErrorKind> {
    causes(error).find_map(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind)
}

/// A certificate that is not taken comes as an error of the line.
fn is_of_tls(error: &SmtpError) -> bool {
    let of = |cause: &(dyn std::error::Error + 'static)| {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref());
        cause.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>())
    };
    causes(error).any(of)
}

/// The whole chain as one line, cut, and never with the password in it.
fn words(settings: &MailSettings, error: &SmtpError) -> String {
    let mut said = error.to_string();
    for cause in causes(error) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            said.push_str(": ");
            said.push_str(&cause);
        }
    }
    if !settings.password.is_empty() {
        said = said.replace(settings.password.as_str(), "•••");
    }
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_CHARS).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let good = [("host", "mail.example"), ("port", "587"), ("tls", "starttls"), ("from", "a@b.example")];
        good.iter().chain(pairs).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn settings_are_checked_field_by_field() {
        assert!(MailSettings::typed(&typed(&[]), None).is_ok());
        for (field, wrong) in [
            ("host", ""),
            ("host", "a b"),
            ("host", "a/b"),
            ("port", "0"),
            ("port", "65536"),
            ("port", ""),
            ("tls", "ssl"),
            ("from", ""),
            ("from", "a@b\r\nBcc: c@d"),
            ("from_name", "x\r\ny"),
            ("authority", "nada"),
            ("user", &"x".repeat(300)),
        ] {
            let problems = MailSettings::typed(&typed(&[(field, wrong)]), None).unwrap_err();
            assert!(problems.iter().any(|(key, _)| *key == field), "{field} {wrong:?}");
        }
    }

    #[test]
    fn a_password_is_asked_for_with_a_user_kept_when_left_empty_and_never_sent_in_the_open() {
        let missing = MailSettings::typed(&typed(&[("user", "ana")]), None).unwrap_err();
        assert_eq!(missing, [("password", Problem::Missing)]);
        let kept = || Some(Zeroizing::new("segredo".to_owned()));
        let settings = MailSettings::typed(&typed(&[("user", "ana"), ("password", "")]), kept()).unwrap();
        assert_eq!(settings.password(), "segredo");
        assert!(!format!("{settings:?}").contains("segredo") && !format!("{:?}", settings.open()).contains("segredo"));
        assert_eq!(MailSettings::typed(&typed(&[("user", "")]), kept()).unwrap().password(), "", "nobody logs in");
        let open = MailSettings::typed(&typed(&[("user", "ana"), ("tls", "none")]), kept()).unwrap_err();
        assert_eq!(open, [("tls", Problem::NotEncrypted)]);
    }

    #[test]
    fn a_failure_is_read_back_as_it_was_recorded() {
        for failure in [
            Failure::NotSetUp,
            Failure::TimedOut,
            Failure::Login("535 no: really".into()),
            Failure::Refused("550".into()),
            Failure::Letter("x".into()),
            Failure::NoTls("y".into()),
        ] {
            assert_eq!(Failure::recorded(&failure.word()), Some(failure));
        }
        assert_eq!(Failure::recorded("nada"), None);
    }
}
