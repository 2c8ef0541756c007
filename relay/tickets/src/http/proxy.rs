//! The way through a company's HTTP proxy: `CONNECT`, and then as without one. What it says is told by its status only.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::{Host, Url};

use crate::{secret::Secret, system::Cause};

/// No answer to `CONNECT` may be longer.
const LONGEST_HEAD: usize = 16 * 1024;

/// A proxy.
#[derive(Clone)]
pub struct Proxy {
    host: String,
    port: u16,
    /// `name:password`; empty: it asks for none.
    login: Secret,
}

impl Proxy {
    /// The proxy at this address; `None`: it is none that a proxy can have.
    pub fn new(address: &str, login: Secret) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if url.scheme() != "http" || !bare || url.path() != "/" || url.fragment().is_some() {
            return None;
        }
        let host = match url.host()? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        };
        Some(Self { host, port: url.port_or_known_default()?, login })
    }

    /// A connection to this server through it.
    pub(super) async fn open(&self, server: &Url) -> Result<TcpStream, Cause> {
        let refused = |what: &str| Cause::Proxy(what.to_owned());
        let mut stream =
            TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|_| refused("it cannot be reached"))?;
        let host = server.host_str().ok_or(Cause::Refused)?;
        let port = server.port_or_known_default().ok_or(Cause::Refused)?;
        let mut head = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if !self.login.expose().is_empty() {
            let login = STANDARD.encode(self.login.expose());
            head.push_str(&format!("Proxy-Authorization: Basic {login}\r\n"));
        }
        head.push_str("\r\n");
        let head = Secret::new(head);
        stream.write_all(head.expose().as_bytes()).await.map_err(|_| refused("it broke the connection"))?;
        match status(&mut stream).await {
            Some(200..300) => Ok(stream),
            Some(407) => Err(refused("it wants another name and password (407)")),
            Some(status) => Err(refused(&format!("it does not let us through ({status})"))),
            None => Err(refused("its answer is not a proxy's")),
        }
    }
}

/// The status of an answer, read up to its end and not a byte further.
async fn status(stream: &mut TcpStream) -> Option<u16> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD {
            return None;
        }
        head.push(stream.read_u8().await.ok()?);
    }
    let line = head.split(|b| *b == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_has_a_plain_address_without_a_name_in_it() {
        for good in ["http://proxy.varanda.example:3128", "http://10.0.0.1", "http://[::1]:8080/"] {
            assert!(Proxy::new(good, Secret::default()).is_some(), "{good}");
        }
        for bad in
            ["", "proxy:3128", "https://proxy:3128", "socks5://p:1", "http://u:p@p:1", "http://p:1/x", "http://p/?a"]
        {
            assert!(Proxy::new(bad, Secret::default()).is_none(), "{bad}");
        }
    }
}
