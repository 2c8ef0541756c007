//! What a relay is told before it starts: from the command line in `main.rs`, from a test, from the demo.
//!
//! Values only. Whoever reads them finds them already checked ([`PublicUrl`] cannot be something else than a host and a port).

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use branding::codesign::{self, Signer};
use protocol::{limits, session::relay_leg::Waits};
use tickets::clock::Clock;

/// Everything a relay is told.
#[derive(Clone)]
pub struct Config {
    /// Folder of the database and the keys. Made at the first start.
    pub data: PathBuf,
    /// Address and port of the relay (UDP) and the console (TCP). Port 0 lets the system choose one, the same for both.
    pub listen: SocketAddr,
    /// How the world reaches this server: goes into profiles, links and checks of the `Host` header. `None`: 127.0.0.1 and the port.
    pub public_url: Option<PublicUrl>,
    /// What the first start makes.
    pub first: FirstStart,
    /// Caps of the listener.
    pub limits: Limits,
    /// Waiting times, shortened by tests.
    pub times: Times,
    /// The ticketing systems. `None`: the built-in desk and the connections on record.
    pub tickets: Option<Arc<dyn tickets::Systems>>,
    /// Webhooks may be at addresses of the own network too, also without encryption.
    pub webhooks_private: bool,
    /// Who signs the code of programs for Windows. `None`: nobody, and Windows warns of an unknown publisher.
    pub signer: Option<Signer>,
    /// The store. `None`: SQLite in [`Config::data`].
    pub store: Option<Arc<dyn store::Store>>,
    /// Sees every byte that is spliced between two programs. For tests that look for plain text in it.
    pub tap: Option<Tap>,
    /// What time it is for second factors and for links that last a while. Tests move it.
    pub clock: Clock,
}

/// Called with every chunk of bytes that the relay carries from one program to another.
pub type Tap = Arc<dyn Fn(&[u8]) + Send + Sync>;

impl Config {
    /// The usual relay on this folder and address.
    pub fn new(data: impl Into<PathBuf>, listen: SocketAddr) -> Self {
        Self {
            data: data.into(),
            listen,
            public_url: None,
            first: FirstStart::default(),
            limits: Limits::default(),
            times: Times::default(),
            tickets: None,
            webhooks_private: false,
            signer: None,
            store: None,
            tap: None,
            clock: Clock::system(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("data", &self.data)
            .field("listen", &self.listen)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

/// The company and the app that the first start makes.
#[derive(Debug, Clone)]
pub struct FirstStart {
    /// The company's name; can be changed in the set-up page.
    pub company: String,
    /// Title of the default app. `None`: "Suporte" and the company's name.
    pub title: Option<String>,
    /// The brand colour, red, green, blue.
    pub accent: [u8; 3],
}

impl Default for FirstStart {
    fn default() -> Self {
        Self { company: "Amparo".to_owned(), title: None, accent: bundle::AMPARO_ACCENT }
    }
}

/// `https://host:port`, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// Host name or address, IPv6 in brackets.
    pub host: String,
    /// Port of both the relay and the console.
    pub port: u16,
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            443 => write!(f, "https://{}", self.host),
            port => write!(f, "https://{}:{port}", self.host),
        }
    }
}

/// Text that is not a public URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a public URL: write https://host or https://host:port, without a path")]
pub struct PublicUrlError;

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, PublicUrlError> {
        let rest = text.strip_prefix("https://").ok_or(PublicUrlError)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().map_err(|_| PublicUrlError)?),
            _ => (rest, 443),
        };
        let named = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let v6 = bracketed.is_some_and(|h| h.parse::<std::net::Ipv6Addr>().is_ok());
        if host.is_empty() || host.len() > 253 || port == 0 || !(named || v6) {
            return Err(PublicUrlError);
        }
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }
}

/// Caps of the listener, each with its reason.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Programs connected at once: about 40 kB each (`examples/relay_idle.rs`), so that 20 000 fit a server with 1 GB.
    pub connections: usize,
    /// Connections that have not yet said `Hello`, per source address: many customers share one address, few start in the same second.
    pub unwelcomed_per_source: usize,
    /// Connections per source address altogether.
    pub connections_per_source: usize,
    /// Connections that have not yet said `Hello`, from everywhere, above which a source must prove its address (QUIC retry).
    pub retry_above: usize,
    /// Control messages waiting for a program that does not read them; one more closes it.
    pub outgoing: usize,
    /// Dials of one attendant in a minute.
    pub dials_per_minute: u32,
    /// Dials of one attendant in an hour.
    pub dials_per_hour: u32,
    /// Failed tries of one attendant in a minute: a wrong ID, a wrong password.
    pub failed_per_minute: u32,
    /// Failed tries of one attendant in an hour.
    pub failed_per_hour: u32,
    /// Failed tries to one ID in ten minutes, of all attendants together; then it is not reached for a while.
    pub failed_per_id: u32,
    /// Failed tries of a company in a minute; then whoever was wrong in the last hour waits.
    pub failed_per_company: u32,
    /// Requests left from one source address in a minute: each becomes a ticket.
    pub requests_per_minute: u32,
    /// … in an hour: a company's customers may share one address.
    pub requests_per_hour: u32,
    /// Streams alive at once in one session, both directions together.
    pub streams_per_session: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            unwelcomed_per_source: 512,
            connections_per_source: 10_000,
            retry_above: 256,
            outgoing: 64,
            dials_per_minute: 20,
            dials_per_hour: 300,
            failed_per_minute: 5,
            failed_per_hour: 30,
            failed_per_id: 10,
            failed_per_company: 60,
            requests_per_minute: 6,
            requests_per_hour: 60,
            streams_per_session: 64,
        }
    }
}

/// Waiting times.
#[derive(Debug, Clone)]
pub struct Times {
    /// A program that says nothing for this long is gone.
    pub idle: Duration,
    /// How long `Hello` may take, and any message from its first byte to its last.
    pub message: Duration,
    /// How long the ticketing system may take to answer before it counts as down.
    pub tickets: Duration,
    /// How long sessions wait for their programs.
    pub waits: Waits,
    /// How long a pairing token can be used.
    pub token: Duration,
    /// How long a waiting customer whose connection was lost has to come back before they count as having given up.
    pub comes_back: Duration,
    /// Whoever leaves before this has not waited: no request was missed.
    pub waited: Duration,
    /// How long a code signature may take; what has not signed by then is ended.
    pub signing: Duration,
    /// How long customers get the program from before at once, after a signature that failed, before another is tried for them.
    pub signs_again: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            idle: limits::IDLE_TIMEOUT,
            message: Duration::from_secs(10),
            tickets: Duration::from_secs(5),
            waits: Waits::default(),
            token: limits::PAIRING_TOKEN_LIFE,
            comes_back: Duration::from_secs(45),
            waited: Duration::from_secs(10),
            signing: codesign::USUAL_LIMIT,
            signs_again: Duration::from_secs(300),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_public_url_is_a_host_and_a_port_and_nothing_else() {
        let url = |text: &str| text.parse::<PublicUrl>().map(|u| u.to_string());
        assert_eq!(url("https://Help.example.com/").unwrap(), "https://help.example.com");
        assert_eq!(url("https://127.0.0.1:8443").unwrap(), "https://127.0.0.1:8443");
        assert_eq!(url("https://[::1]:8443").unwrap(), "https://[::1]:8443");
        for wrong in [
            "http://a",
            "https://",
            "https://a/b",
            "https://a:0",
            "https://a:99999",
            "https://u@a",
            "https://[zz]",
            "https://a b",
        ] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }
}
