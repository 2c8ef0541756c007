//! The links that open this program: the console's, on a partner, `amparo:connect?id=123456789&ticket=1001`, with `&watch=1` to watch the
//! session that the partner is in; and the download page's, on the ticket that a customer was invited to, `amparo:ticket?token=…`. Either may
//! say where it is from, `&at=help.example%3A7443&company=…`: a computer can have the programs of several companies, and one of them is given
//! every link. Those of older servers do not say it.
//!
//! They come from the browser, so anybody may have written them: the one fills in the partner's ID and the ticket and does nothing else, and who
//! opens it still picks the ticket, types the password and presses the button. The other is for the relay to judge.

use std::str::FromStr;

use protocol::{
    id::{DeviceId, TenantId, TicketNumber},
    message::invitation::Invitation,
};

/// The scheme of the console's links.
pub const SCHEME: &str = "amparo";
/// The longest link that is looked at, in bytes.
pub const MAX_BYTES: usize = 1024;

/// The longest address of a server in a link, in bytes: a host's name, brackets, and a port.
const SERVER_BYTES: usize = 253 + 8;

/// Where a link is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The server's address as people know it. To be shown, and nothing else: anybody may have written it.
    pub server: String,
    /// The company there.
    pub company: TenantId,
}

/// A link of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Of the console, for an attendant.
    Connect(ConnectLink),
    /// Of the download page, for a customer.
    Ticket(Invitation, Option<Origin>),
}

impl FromStr for Link {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let ("ticket", query) = parts(text)? else { return text.parse().map(Self::Connect) };
        let (mut token, mut from) = (None, Said::default());
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').ok_or(NotOurs)?;
            let first = match name {
                "token" => token.replace(value.parse().map_err(|_| NotOurs)?).is_none(),
                _ => from.take(name, value)?,
            };
            if !first {
                return Err(NotOurs);
            }
        }
        Ok(Self::Ticket(token.ok_or(NotOurs)?, from.origin()?))
    }
}

/// What a link has said so far of where it is from.
#[derive(Default)]
struct Said {
    server: Option<String>,
    company: Option<TenantId>,
}

impl Said {
    /// Takes a part of the link; `false`: it is none of these, or there twice.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, NotOurs> {
        Ok(match name {
            "at" => {
                let server = decoded(value).filter(|server| is_server(server)).ok_or(NotOurs)?;
                self.server.replace(server).is_none()
            }
            "company" => self.company.replace(value.parse().map_err(|_| NotOurs)?).is_none(),
            _ => false,
        })
    }

    /// Both or neither.
    fn origin(self) -> Result<Option<Origin>, NotOurs> {
        match (self.server, self.company) {
            (Some(server), Some(company)) => Ok(Some(Origin { server, company })),
            (None, None) => Ok(None),
            _ => Err(NotOurs),
        }
    }
}

/// Whether this may be a server's address: letters that cannot be taken for words around them.
fn is_server(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    !text.is_empty() && text.len() <= SERVER_BYTES && text.chars().all(letter)
}

/// The link that stands for an invitation.
pub fn to_ticket(invitation: &Invitation) -> String {
    format!("{SCHEME}:ticket?token={}", invitation.as_str())
}

/// What a link is for, and what stands behind its question mark.
fn parts(text: &str) -> Result<(&str, &str), NotOurs> {
    if text.len() > MAX_BYTES {
        return Err(NotOurs);
    }
    let (scheme, rest) = text.split_once(':').ok_or(NotOurs)?;
    // A browser may put slashes where an address would have its host, and one after it.
    let (what, query) = rest.trim_start_matches('/').split_once('?').ok_or(NotOurs)?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(NotOurs);
    }
    Ok((what.trim_end_matches('/'), query))
}

/// What the console's link asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectLink {
    /// The partner.
    pub partner: DeviceId,
    /// The ticket that the session is to be an action on.
    pub ticket: Option<TicketNumber>,
    /// The partner's session is to be watched, which has its ticket.
    pub watch: bool,
    /// Where it is from; `None`: an older server does not say.
    pub origin: Option<Origin>,
}

/// Not a link of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a link that the console makes")]
pub struct NotOurs;

impl FromStr for ConnectLink {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let (what, query) = parts(text)?;
        if what != "connect" {
            return Err(NotOurs);
        }
        let (mut partner, mut ticket, mut watch, mut from) = (None, None, None, Said::default());
        for pair in query.split('&') {
            let (name, raw) = pair.split_once('=').ok_or(NotOurs)?;
            let value = decoded(raw).ok_or(NotOurs)?;
            let first = match name {
                "id" => partner.replace(value.parse().map_err(|_| NotOurs)?).is_none(),
                "ticket" => ticket.replace(TicketNumber::new(&value).map_err(|_| NotOurs)?).is_none(),
                "watch" if value == "1" => watch.replace(()).is_none(),
                _ => from.take(name, raw)?,
            };
            if !first {
                return Err(NotOurs);
            }
        }
        let watch = watch.is_some();
        if watch && ticket.is_some() {
            return Err(NotOurs);
        }
        Ok(Self { partner: partner.ok_or(NotOurs)?, ticket, watch, origin: from.origin()? })
    }
}

/// Whether an argument of the program is meant as a link.
pub fn is_link(argument: &str) -> bool {
    argument.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case(SCHEME))
}

/// A value without its percent signs (RFC 3986, 2.1).
fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        bytes.push(match first {
            b'%' => {
                let (digits, after) = rest.split_first_chunk::<2>()?;
                rest = after;
                let digit = |byte: u8| char::from(byte).to_digit(16);
                u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()?
            }
            byte => *byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_link_of_the_console_names_a_partner_and_a_ticket() {
        let partner = DeviceId::new(123_456_789).unwrap();
        for text in
            ["amparo:connect?id=123456789", "AMPARO://connect/?id=123456789", "amparo:connect?id=123%20456%20789"]
        {
            assert_eq!(text.parse(), Ok(ConnectLink { partner, ticket: None, watch: false, origin: None }), "{text}");
        }
        let link: ConnectLink = "amparo:connect?id=123456789&ticket=INC%2D1001".parse().unwrap();
        assert_eq!(link.ticket.unwrap().as_str(), "INC-1001");
        let watch = "amparo:connect?id=123456789&watch=1".parse();
        assert_eq!(watch, Ok(ConnectLink { partner, ticket: None, watch: true, origin: None }));
    }

    #[test]
    fn anything_else_is_refused() {
        let long = format!("amparo:connect?id=123456789&ticket={}", "1".repeat(MAX_BYTES));
        for text in [
            "",
            "amparo:",
            "amparo:connect",
            "amparo:connect?",
            "amparo:connect?ticket=1",
            "amparo:connect?id=12345",
            "amparo:connect?id=",
            "amparo:connect?id=123456789&id=123456789",
            "amparo:connect?id=123456789&password=K7QF-2M9X",
            "amparo:connect?id=123456789&ticket=",
            "amparo:connect?id=123456789&ticket=%0A",
            "amparo:connect?id=123456789&ticket=%ff",
            "amparo:connect?id=123456789&ticket=%4",
            "amparo:connect?id=123456789&ticket=%zz",
            "amparo:connect?id=123456789&watch=yes",
            "amparo:connect?id=123456789&watch=1&watch=1",
            "amparo:connect?id=123456789&watch=1&ticket=1001",
            "amparo:run?id=123456789",
            "https://connect?id=123456789",
            &long,
        ] {
            assert_eq!(text.parse::<ConnectLink>(), Err(NotOurs), "{text}");
        }
    }

    #[test]
    fn a_link_of_the_download_page_holds_an_invitation_and_nothing_else() {
        let token = "0123456789abcdefghjkmnpqrstvwxyz01234";
        let invitation: Invitation = token.parse().unwrap();
        for text in [to_ticket(&invitation), format!("AMPARO://ticket/?token={token}")] {
            assert_eq!(text.parse(), Ok(Link::Ticket(invitation.clone(), None)), "{text}");
        }
        assert!(matches!("amparo:connect?id=123456789".parse(), Ok(Link::Connect(_))));
        for text in [
            "amparo:ticket",
            "amparo:ticket?",
            "amparo:ticket?token=",
            "amparo:ticket?token=1001",
            &format!("amparo:ticket?token={token}&token={token}"),
            &format!("amparo:ticket?token={token}&id=123456789"),
            &format!("amparo:ticket?token={token}%20"),
            &format!("amparo:tickets?token={token}"),
            &format!("http:ticket?token={token}"),
            &format!("amparo:ticket?token={}", "0".repeat(MAX_BYTES)),
        ] {
            assert_eq!(text.parse::<Link>(), Err(NotOurs), "{text}");
        }
    }

    #[test]
    fn a_link_may_say_which_company_of_which_server_it_is_from() {
        let company: TenantId = "0a".repeat(16).parse().unwrap();
        let hex = company.to_string();
        let token = "0123456789abcdefghjkmnpqrstvwxyz01234";
        let servers = ["help.example", "help.example%3A7443", "10.0.0.7%3A7443", "%5B2001%3Adb8%3A%3A1%5D%3A7443", "x"];
        for server in servers {
            let origin = Some(Origin { server: decoded(server).unwrap(), company });
            for (text, ticket, watch) in [
                (format!("amparo:connect?id=123456789&at={server}&company={hex}"), None, false),
                (format!("amparo:connect?company={hex}&ticket=1001&at={server}&id=123456789"), Some("1001"), false),
                (format!("AMPARO://connect/?id=123456789&watch=1&at={server}&company={hex}"), None, true),
            ] {
                let link: ConnectLink = text.parse().unwrap();
                assert_eq!((link.ticket.as_ref().map(TicketNumber::as_str), link.watch), (ticket, watch), "{text}");
                assert_eq!(link.origin, origin, "{text}");
            }
            let text = format!("amparo:ticket?token={token}&at={server}&company={hex}");
            assert_eq!(text.parse(), Ok(Link::Ticket(token.parse().unwrap(), origin)), "{text}");
        }
        let long = "x".repeat(SERVER_BYTES + 1);
        for tail in [
            "at=help.example".to_owned(),
            format!("company={hex}"),
            format!("at=&company={hex}"),
            "at=help.example&company=".to_owned(),
            "at=help.example&company=beta".to_owned(),
            format!("at=help.example&company={}", &hex[1..]),
            format!("at=help.example&company={hex}0"),
            format!("at=help.example&at=help.example&company={hex}"),
            format!("at=help.example&company={hex}&company={hex}"),
            format!("at={long}&company={hex}"),
            format!("at=help.example/x&company={hex}"),
            format!("at=a%20b&company={hex}"),
            format!("at=a%0Ab&company={hex}"),
            format!("at=%E2%80%AEa&company={hex}"),
            format!("at=%ff&company={hex}"),
            format!("at=%3Cb%3E&company={hex}"),
            format!("server=help.example&company={hex}"),
        ] {
            for begin in ["amparo:connect?id=123456789".to_owned(), format!("amparo:ticket?token={token}")] {
                assert_eq!(format!("{begin}&{tail}").parse::<Link>(), Err(NotOurs), "{begin}&{tail}");
            }
        }
        let longest = format!("amparo:ticket?token={}&at={}&company={hex}", "0".repeat(159), "x".repeat(SERVER_BYTES));
        assert!(longest.len() <= MAX_BYTES && longest.parse::<Link>().is_ok());
    }

    #[test]
    fn what_looks_like_a_link_is_told_from_other_arguments() {
        assert!(is_link("amparo:connect?id=1") && is_link("Amparo:x"));
        assert!(!is_link("--profile") && !is_link("C:\\amparo.profile") && !is_link("amparo"));
    }
}
