//! The kinds of ticketing systems: what each wants to be told, checked once, and how a connection is made from it.
//!
//! A kind's row is in its adapter's file with its texts in every language; [`KINDS`] is the list. The console makes its forms from this.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use protocol::id::OperatorId;
use ring::digest;
use store::Language;
use url::{Host, Url};

use crate::{
    adapter::{glpi, movidesk, redmine, rt, salesforce, webhook, zammad, zendesk},
    clock::Clock,
    gate::{Gate, Limits},
    http::{Http, Patience, proxy::Proxy, trust::Trust},
    mapping::{Mapping, Targets},
    secret::Secret,
    system::TicketSystem,
};

/// Every kind that can be connected to, in the order they are offered.
pub static KINDS: &[&Kind] = &[
    &movidesk::KIND,
    &salesforce::KIND,
    &zendesk::KIND,
    &zammad::KIND,
    &glpi::KIND,
    &rt::KIND,
    &redmine::KIND,
    &webhook::KIND,
];

/// The kind with this name.
pub fn of(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

/// The same in pt-BR, en and es.
pub type Words = [&'static str; 3];

/// The words in this language.
pub fn said(words: Words, language: Language) -> &'static str {
    let [pt_br, en, es] = words;
    match language {
        Language::PtBr => pt_br,
        Language::En => en,
        Language::Es => es,
    }
}

/// One kind of ticketing system.
pub struct Kind {
    /// Its name in records and addresses.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What one needs to have there, in a sentence or two.
    pub lead: Words,
    /// What it wants to be told, beside what all want ([`Kind::fields`]).
    pub own: &'static [Field],
    /// Which fields of its tickets can be filled.
    pub targets: &'static Targets,
    /// How its people are named.
    pub people: &'static Persons,
    /// What calls are limited to.
    pub limits: Limits,
    /// Makes a connection.
    pub connect: fn(&Settings, &Means) -> Connected,
}

/// How a system names the people who work in it.
pub struct Persons {
    /// Where to find it, or an example.
    pub hint: Words,
    /// Whether a company may also name somebody by their e-mail address there.
    pub by_email: bool,
    /// Whether whoever is not named is looked for by the e-mail address they log in with.
    pub looked_for: bool,
    /// Whether somebody can be named like this.
    pub is_one: fn(&str) -> bool,
}

impl Persons {
    /// Whether somebody can be told by this text.
    pub fn takes(&self, text: &str) -> bool {
        let is_line = !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
        is_line && ((self.is_one)(text) || (self.by_email && text.contains('@') && !text.contains(' ')))
    }
}

/// A connection, or what is wrong with which of its settings.
pub type Connected = Result<Arc<dyn TicketSystem>, Vec<(&'static str, Problem)>>;

/// One thing that a kind wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in records and forms.
    pub key: &'static str,
    /// Its name for people.
    pub label: Words,
    /// Where to find it, or an example.
    pub hint: Words,
    /// What it is.
    pub input: Input,
    /// Must not be empty.
    pub required: bool,
    /// What it is at first.
    pub default: &'static str,
}

/// What can be typed or chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// `https://host/path`
    Address,
    /// A line.
    Text,
    /// A line that is kept sealed and never shown again.
    Secret,
    /// A private key in PEM that is kept sealed and never shown again.
    PrivateKey,
    /// Certificates in PEM.
    Certificates,
    /// `http://host:port` of a proxy.
    Proxy,
    /// One of these.
    Choice(&'static [(&'static str, Words)]),
    /// A whole number.
    Number(u32, u32),
}

impl Input {
    /// Whether it is kept sealed and never shown again.
    pub fn is_sealed(self) -> bool {
        matches!(self, Self::Secret | Self::PrivateKey)
    }

    /// Whether it has several lines.
    fn is_pem(self) -> bool {
        matches!(self, Self::Certificates | Self::PrivateKey)
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// Nothing was typed.
    Missing,
    /// Too much was typed.
    TooLong,
    /// It is not an `https://` address, or has a part that does not belong there.
    NotAnAddress,
    /// It is an `http://` address of another computer, and that was not allowed.
    NotEncrypted,
    /// It is not a number in this range.
    NotInRange(u32, u32),
    /// It is none of the choices.
    NotAChoice,
    /// It holds a line break or another control character.
    NotALine,
    /// It is not a list of certificates.
    NotCertificates,
    /// It is not a private key, or one that is too short or locked with a password.
    NotAKey,
    /// It is not the address of a proxy.
    NotAProxy,
    /// It is not a name and a password with a colon between them.
    NotALogin,
    /// It is not written as this system writes it.
    NotItsForm,
}

/// The longest of any field but certificates.
const LONGEST: usize = 500;
/// The longest of certificates.
const LONGEST_CERTIFICATES: usize = 100_000;

/// The longest of a private key.
const LONGEST_KEY: usize = 20_000;

/// Names of the fields that every kind has.
pub const BASE: &str = "base";
/// Whether `http://` is good enough.
pub const PLAIN: &str = "plain";
/// A company's own authority.
pub const CERTIFICATES: &str = "certificates";
/// What is between us and the system.
const PROXY: &str = "proxy";
/// The name and password that it asks for.
const PROXY_LOGIN: &str = "proxy_login";
/// Seconds to wait for an answer.
pub const PATIENCE: &str = "patience";

const NO_YES: &[(&str, Words)] = &[("no", ["Não", "No", "No"]), ("yes", ["Sim", "Yes", "Sí"])];

/// What every kind is told beside its own fields.
static COMMON: &[Field] = &[
    Field {
        key: CERTIFICATES,
        label: ["Autoridade certificadora própria", "Your own certificate authority", "Autoridad certificadora propia"],
        hint: [
            "Só se o sistema usa um certificado da própria empresa: cole aqui o certificado da autoridade, em PEM.",
            "Only if the system uses your company's own certificates: paste the authority's certificate here, in PEM.",
            "Solo si el sistema usa un certificado de la propia empresa: pegue aquí el certificado de la autoridad, en PEM.",
        ],
        input: Input::Certificates,
        required: false,
        default: "",
    },
    Field {
        key: PLAIN,
        label: ["Aceitar sem criptografia (http)", "Accept without encryption (http)", "Aceptar sin cifrado (http)"],
        hint: [
            "A chave passa aberta pela rede. Só em uma rede em que você confia.",
            "The key travels in clear. Only on a network that you trust.",
            "La clave viaja sin cifrar. Solo en una red de confianza.",
        ],
        input: Input::Choice(NO_YES),
        required: true,
        default: "no",
    },
    Field {
        key: PROXY,
        label: ["Proxy", "Proxy", "Proxy"],
        hint: [
            "Só se este servidor chega ao sistema por um proxy HTTP da empresa: http://proxy.empresa.com.br:3128",
            "Only if this server reaches the system through your company's HTTP proxy: http://proxy.company.com:3128",
            "Solo si este servidor llega al sistema por un proxy HTTP de la empresa: http://proxy.empresa.com:3128",
        ],
        input: Input::Proxy,
        required: false,
        default: "",
    },
    Field {
        key: PROXY_LOGIN,
        label: ["Nome e senha do proxy", "The proxy's name and password", "Nombre y contraseña del proxy"],
        hint: [
            "Com dois-pontos entre eles, nome:senha; vazio, se o proxy não pede.",
            "With a colon between them, name:password; empty if the proxy asks for none.",
            "Con dos puntos entre ellos, nombre:contraseña; vacío si el proxy no los pide.",
        ],
        input: Input::Secret,
        required: false,
        default: "",
    },
    Field {
        key: PATIENCE,
        label: ["Esperar resposta por (segundos)", "Wait for an answer (seconds)", "Esperar respuesta (segundos)"],
        hint: ["Entre 1 e 18.", "Between 1 and 18.", "Entre 1 y 18."],
        input: Input::Number(1, 18),
        required: true,
        default: "15",
    },
];

/// What every kind is told beside its own fields: it is rarely anything but what it is at first.
pub fn common() -> &'static [Field] {
    COMMON
}

/// The address field of a kind.
pub const fn base(hint: Words, default: &'static str) -> Field {
    Field {
        key: BASE,
        label: ["Endereço", "Address", "Dirección"],
        hint,
        input: Input::Address,
        required: true,
        default,
    }
}

/// A field that is kept sealed.
pub const fn secret(key: &'static str, label: Words, hint: Words) -> Field {
    Field { key, label, hint, input: Input::Secret, required: true, default: "" }
}

/// A line.
pub const fn text(key: &'static str, label: Words, hint: Words, required: bool, default: &'static str) -> Field {
    Field { key, label, hint, input: Input::Text, required, default }
}

/// Who reads what we write: a field that most kinds have.
pub const VISIBILITY: Field = Field {
    key: "visibility",
    label: ["Quem vê as ações", "Who sees the actions", "Quién ve las acciones"],
    hint: [
        "Uma ação pública pode gerar um e-mail ao cliente.",
        "A public action may send the customer an e-mail.",
        "Una acción pública puede enviar un correo al cliente.",
    ],
    input: Input::Choice(&[
        ("internal", ["Só a equipe", "The team only", "Solo el equipo"]),
        ("public", ["Também o cliente", "The customer too", "También el cliente"]),
    ]),
    required: true,
    default: "internal",
};

/// What a connection was told, checked. Its secrets are among it: never to be stored or shown as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    open: BTreeMap<String, String>,
    secret: BTreeMap<String, Secret>,
    fields: Mapping,
    people: BTreeMap<OperatorId, String>,
}

impl Kind {
    /// Everything it wants to be told, in the form's order.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.own.iter().chain(COMMON)
    }

    /// What was typed, checked.
    ///
    /// # Errors
    /// Each field that is wrong, with what is wrong.
    pub fn parse(&self, typed: &BTreeMap<String, String>) -> Result<Settings, Vec<(&'static str, Problem)>> {
        let mut settings = Settings {
            open: BTreeMap::new(),
            secret: BTreeMap::new(),
            fields: Mapping::default(),
            people: BTreeMap::new(),
        };
        let mut problems = Vec::new();
        let plain = typed.get(PLAIN).is_some_and(|t| t == "yes");
        for field in self.fields() {
            let typed = typed.get(field.key).map_or("", |t| t.trim());
            match field.check(typed, plain) {
                Err(problem) => problems.push((field.key, problem)),
                Ok(()) if field.input.is_sealed() => {
                    settings.secret.insert(field.key.to_owned(), Secret::new(typed));
                }
                Ok(()) => {
                    settings.open.insert(field.key.to_owned(), typed.to_owned());
                }
            }
        }
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }
}

impl Field {
    fn check(&self, typed: &str, plain: bool) -> Result<(), Problem> {
        if typed.is_empty() {
            return if self.required { Err(Problem::Missing) } else { Ok(()) };
        }
        let longest = match self.input {
            Input::Certificates => LONGEST_CERTIFICATES,
            Input::PrivateKey => LONGEST_KEY,
            _ => LONGEST,
        };
        if typed.len() > longest {
            return Err(Problem::TooLong);
        }
        if !self.input.is_pem() && typed.chars().any(char::is_control) {
            return Err(Problem::NotALine);
        }
        match self.input {
            Input::Address => address(typed, plain).map(|_| ()),
            Input::Certificates => Trust::with(typed).map(|_| ()).map_err(|_| Problem::NotCertificates),
            Input::Proxy if Proxy::new(typed, Secret::default()).is_none() => Err(Problem::NotAProxy),
            Input::Secret
                if self.key == PROXY_LOGIN && typed.split_once(':').is_none_or(|(name, _)| name.is_empty()) =>
            {
                Err(Problem::NotALogin)
            }
            Input::Choice(choices) if !choices.iter().any(|(name, _)| *name == typed) => Err(Problem::NotAChoice),
            Input::Number(least, most) if !typed.parse::<u32>().is_ok_and(|n| (least..=most).contains(&n)) => {
                Err(Problem::NotInRange(least, most))
            }
            // Which keys are good, the adapter knows.
            Input::Text | Input::Secret | Input::PrivateKey | Input::Proxy | Input::Choice(_) | Input::Number(..) => {
                Ok(())
            }
        }
    }
}

/// An address that calls can be sent to.
fn address(typed: &str, plain: bool) -> Result<Url, Problem> {
    let url = Url::parse(typed).map_err(|_| Problem::NotAnAddress)?;
    let odd =
        !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some();
    if odd || url.host().is_none() {
        return Err(Problem::NotAnAddress);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if plain || is_own(&url) => Ok(url),
        "http" => Err(Problem::NotEncrypted),
        _ => Err(Problem::NotAnAddress),
    }
}

/// An address of this computer: nothing travels.
fn is_own(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl Settings {
    /// As these, with what goes into which field of a ticket that is opened.
    #[must_use]
    pub fn with_fields(self, fields: Mapping) -> Self {
        Self { fields, ..self }
    }

    /// As these, with who our operators are there.
    #[must_use]
    pub fn with_people(self, people: BTreeMap<OperatorId, String>) -> Self {
        Self { people, ..self }
    }

    /// Who our operators are there, as far as the company says.
    pub fn people(&self) -> BTreeMap<OperatorId, String> {
        self.people.clone()
    }

    /// What goes into which field of a ticket that is opened.
    pub fn fields(&self) -> Mapping {
        self.fields.clone()
    }

    /// A line; empty when nothing was typed.
    pub fn text(&self, key: &str) -> &str {
        self.open.get(key).map_or("", String::as_str)
    }

    /// A line, when something was typed.
    pub fn text_if_any(&self, key: &str) -> Option<String> {
        Some(self.text(key).to_owned()).filter(|t| !t.is_empty())
    }

    /// A secret; empty when nothing was typed.
    pub fn secret(&self, key: &str) -> Secret {
        self.secret.get(key).cloned().unwrap_or_default()
    }

    /// Whether the customer sees what we write.
    pub fn is_public(&self) -> bool {
        self.text(VISIBILITY.key) == "public"
    }

    /// What may be stored and shown.
    pub fn open(&self) -> &BTreeMap<String, String> {
        &self.open
    }

    /// What may not: to be sealed.
    pub fn secrets(&self) -> &BTreeMap<String, Secret> {
        &self.secret
    }
}

/// What connections are made with: a clock, and the gates that all connections of one credential share.
#[derive(Clone, Default)]
pub struct Means {
    /// The time.
    pub clock: Clock,
    gates: Arc<Mutex<HashMap<[u8; 32], Arc<Gate>>>>,
}

impl Means {
    /// With this clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, gates: Arc::default() }
    }

    /// The gate of these settings: the same for the same address and credential, also after other settings have changed.
    pub fn gate(&self, kind: &Kind, settings: &Settings) -> Arc<Gate> {
        let mut hash = digest::Context::new(&digest::SHA256);
        for part in [kind.name, settings.text(BASE)].into_iter().chain(settings.secret.values().map(Secret::expose)) {
            hash.update(&part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
        let key = hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes");
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(key).or_insert_with(|| Arc::new(Gate::new(kind.limits))).clone()
    }

    /// How the system of these settings is spoken to.
    ///
    /// # Errors
    /// When the address or the certificates are wrong.
    pub fn http(&self, kind: &Kind, settings: &Settings) -> Result<Http, Vec<(&'static str, Problem)>> {
        let base = address(settings.text(BASE), settings.text(PLAIN) == "yes").map_err(|p| vec![(BASE, p)])?;
        let trust =
            Trust::with(settings.text(CERTIFICATES)).map_err(|_| vec![(CERTIFICATES, Problem::NotCertificates)])?;
        let answer = Duration::from_secs(settings.text(PATIENCE).parse().unwrap_or(15));
        let patience = Patience { connect: Patience::default().connect.min(answer), answer };
        let secrets: Vec<&Secret> = settings.secret.values().collect();
        let proxy = Proxy::new(settings.text(PROXY), settings.secret(PROXY_LOGIN));
        let http = Http::new(base, trust, patience, self.gate(kind, settings), self.clock.clone(), &secrets);
        Ok(http.through(proxy))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_no_field_twice() {
        for (n, kind) in KINDS.iter().enumerate() {
            assert!(KINDS[..n].iter().all(|k| k.name != kind.name), "{}", kind.name);
            assert!(kind.name.bytes().all(|b| b.is_ascii_lowercase()), "{}", kind.name);
            let keys: Vec<&str> = kind.fields().map(|f| f.key).collect();
            assert!(keys.iter().enumerate().all(|(n, key)| !keys[..n].contains(key)), "{keys:?}");
            assert!(keys.contains(&BASE), "{}", kind.name);
            assert!(kind.fields().any(|f| f.input == Input::Secret), "{}", kind.name);
            for field in kind.fields() {
                assert!(field.label.iter().chain(&kind.lead).all(|w| !w.is_empty()), "{} {}", kind.name, field.key);
                // Nobody has to guess where a value is found.
                assert!(
                    field.hint.iter().all(|w| w.len() >= 12 && w.ends_with(|c: char| !c.is_whitespace())),
                    "{}",
                    field.key
                );
                let fits = field.default.is_empty() || field.check(field.default, false).is_ok();
                assert!(fits, "{} {}: its own default is wrong", kind.name, field.key);
            }
        }
    }

    #[test]
    fn every_kind_says_which_fields_its_tickets_have_and_how_its_people_are_named() {
        for kind in KINDS {
            let targets = kind.targets;
            let words = targets.native.iter().flat_map(|field| field.label);
            let hints = targets.hint.into_iter().chain(kind.people.hint);
            assert!(words.chain(hints).all(|words| !words.is_empty()), "{}", kind.name);
            assert!((targets.own)(targets.example), "{}: its own example is wrong", kind.name);
            let not_ours = targets.ours.iter().chain(targets.settings);
            for name in not_ours {
                assert_eq!(*name, name.to_lowercase(), "{}", kind.name);
                assert!(
                    targets.native.iter().all(|field| !field.name.eq_ignore_ascii_case(name)),
                    "{} {name}",
                    kind.name
                );
            }
            for (n, field) in targets.native.iter().enumerate() {
                assert!(
                    targets.native[..n].iter().all(|other| other.name != field.name),
                    "{} {}",
                    kind.name,
                    field.name
                );
            }
        }
    }

    #[test]
    fn an_address_is_encrypted_or_on_this_computer_and_has_nothing_odd() {
        for good in [
            "https://a.example",
            "https://a.example:8443/rt/",
            "http://127.0.0.1:8091",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(address(good, false).is_ok(), "{good}");
        }
        for (bad, problem) in [
            ("http://a.example", Problem::NotEncrypted),
            ("a.example", Problem::NotAnAddress),
            ("ftp://a.example", Problem::NotAnAddress),
            ("https://u:p@a.example", Problem::NotAnAddress),
            ("https://a.example/?token=1", Problem::NotAnAddress),
            ("https://a.example/#x", Problem::NotAnAddress),
            ("https://", Problem::NotAnAddress),
        ] {
            assert_eq!(address(bad, false), Err(problem), "{bad}");
        }
        assert!(address("http://rt.intranet", true).is_ok());
    }

    #[test]
    fn every_wrong_field_is_told_at_once() {
        let kind = of("redmine").unwrap();
        let problems = kind.parse(&BTreeMap::new()).unwrap_err();
        let missing: Vec<&str> = problems.iter().filter(|(_, p)| *p == Problem::Missing).map(|(k, _)| *k).collect();
        for key in [BASE, "key", "project"] {
            assert!(missing.contains(&key), "{missing:?}");
        }
        assert!(!missing.contains(&CERTIFICATES));
    }
}
