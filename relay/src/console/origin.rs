//! What links that open the attendants' program end with: which server and which of its companies they are from.
//!
//! A computer can have the programs of several companies, and the browser gives every link to one of them: that one is to say so, and not to
//! look an ID up where it is somebody else's.

use std::fmt;

use protocol::{id::TenantId, version::LINKS_NAMED_SINCE};

use super::{App, visitor::Who};
use crate::config::PublicUrl;

/// The end of a link, to be written as it is; empty for a program that would refuse it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Origin(String);

impl Origin {
    /// For the program of whoever looks. One that is here now and older takes links without an end only.
    pub(super) fn of(app: &App, who: &Who) -> Self {
        if app.shared.queue.has_only_older(who.operator.id, LINKS_NAMED_SINCE) {
            return Self::default();
        }
        Self::of_company(&app.shared.public_url, who.operator.tenant)
    }

    /// For a program of this company, whoever has it.
    pub(super) fn of_company(url: &PublicUrl, tenant: TenantId) -> Self {
        let address = url.to_string();
        let server = address.trim_start_matches("https://");
        // All that a host and a port have beside letters, digits, dots and dashes.
        let server = server.replace(':', "%3A").replace('[', "%5B").replace(']', "%5D");
        Self(format!("&at={server}&company={tenant}"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_link_ends_with_the_servers_address_and_the_company() {
        let tenant = TenantId::from_bytes([10; 16]);
        let hex = "0a".repeat(16);
        for (url, server) in [
            ("https://help.example", "help.example"),
            ("https://help.example:7443", "help.example%3A7443"),
            ("https://10.0.0.7:7443", "10.0.0.7%3A7443"),
        ] {
            let end = Origin::of_company(&url.parse().unwrap(), tenant).to_string();
            assert_eq!(end, format!("&at={server}&company={hex}"));
        }
        assert_eq!(Origin::default().to_string(), "");
    }
}
