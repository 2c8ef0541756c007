//! The signed profile of an app: what a customer's program knows of its company before it has spoken to anybody.

use anyhow::Context;
use bundle::profile::{Contents, Field, FieldKey, Language, Presence, Profile, Relay, Texts};
use jiff::Timestamp;
use store::{App, Ask};

use crate::{
    config::PublicUrl,
    key::{Keys, TenantKeys},
};

/// Signs the profile of an app with its company's branding key.
///
/// # Errors
/// When the key is kept elsewhere, or the app's texts do not fit a profile.
pub fn signed(
    app: &App,
    keys: &Keys,
    tenant: &TenantKeys,
    address: &PublicUrl,
    now: Timestamp,
) -> anyhow::Result<Vec<u8>> {
    let key = tenant
        .brand()
        .context("this server does not hold the company's branding key: sign the profile where it is kept")?;
    let profile = contents(app, keys, tenant, address, now)?;
    let signed = bundle::sign(&profile, key);
    // What we write, we read back with the reader the programs use.
    bundle::open(&signed, Some(key.id().public_key())).context("reading the signed profile back")?;
    Ok(signed)
}

fn contents(
    app: &App,
    keys: &Keys,
    tenant: &TenantKeys,
    address: &PublicUrl,
    now: Timestamp,
) -> anyhow::Result<Profile> {
    let accent = accent(&app.accent).context("reading the app's colour")?;
    let logo = app.logo_png.clone().unwrap_or_else(|| bundle::Logo::mark(accent).into_png());
    let fields = app.fields.iter().map(|field| Field { key: key(field.key), presence: presence(field.ask) }).collect();
    let made_at = u64::try_from(now.as_second()).unwrap_or(0);
    let contents = Contents {
        tenant: *app.tenant.as_bytes(),
        app: *app.id.as_bytes(),
        root: tenant.root_certificate.clone(),
        company: app.company.clone(),
        title: app.title.clone(),
        accent,
        logo: Some(logo),
        phone: (!app.phone.is_empty()).then(|| app.phone.clone()),
        // The customer's system decides; programs fall back to Portuguese by themselves.
        language: Language::Auto,
        texts: Texts { welcome: (!app.welcome.is_empty()).then(|| app.welcome.clone()) },
        fields,
        relays: vec![Relay {
            host: address.host.trim_matches(['[', ']']).to_owned(),
            port: address.port,
            certificate_sha256: keys.pin(),
        }],
        // That of the app as it stands, whenever it is signed: two programs of one revision are of one age.
        serial: u64::try_from(app.changed.at.as_second()).unwrap_or(0),
        made_at_unix_s: made_at,
        // The relay says at each start what a program may do; a profile of its own ends with a new one.
        valid_until_unix_s: None,
    };
    Profile::new(contents).context("the app does not fit a profile")
}

/// Reads six hexadecimal digits, with or without a `#`.
pub fn accent(text: &str) -> anyhow::Result<[u8; 3]> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    anyhow::ensure!(
        digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
        "a colour is six hexadecimal digits, as 2F4FA0"
    );
    let number = u32::from_str_radix(digits, 16)?;
    let [_, red, green, blue] = number.to_be_bytes();
    Ok([red, green, blue])
}

fn key(key: protocol::message::directory::FieldKey) -> FieldKey {
    use protocol::message::directory::FieldKey as Ours;
    match key {
        Ours::Name => FieldKey::Name,
        Ours::Email => FieldKey::Email,
        Ours::Company => FieldKey::Company,
        Ours::Phone => FieldKey::Phone,
        Ours::Document => FieldKey::Document,
        Ours::Subject => FieldKey::Subject,
    }
}

fn presence(ask: Ask) -> Presence {
    match ask {
        Ask::Hidden => Presence::Hidden,
        Ask::Optional => Presence::Optional,
        Ask::Required => Presence::Required,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::accent;

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        assert_eq!(accent("2F4FA0").unwrap(), [0x2F, 0x4F, 0xA0]);
        assert_eq!(accent("#2f4fa0").unwrap(), [0x2F, 0x4F, 0xA0]);
        for wrong in ["", "2F4FA", "2F4FA00", "+F4FA0", "vermelho"] {
            assert!(accent(wrong).is_err(), "{wrong}");
        }
    }
}
