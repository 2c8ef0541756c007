//! Login by OpenID Connect: a company's provider, and whose its identities are.

use store::{LoginFamily, OidcIdentity, OidcProvider, StoreError, TokenHash};

use super::{World, at};

fn identity(subject: &str) -> OidcIdentity {
    OidcIdentity { issuer: "https://id.example".to_owned(), subject: subject.to_owned() }
}

pub async fn a_provider_is_kept_and_another_company_has_none(w: &World) {
    let tenant = w.varanda.tenant;
    assert_eq!(w.store().await.oidc_provider(tenant).await.unwrap(), None);
    for name in ["Entra", "Keycloak"] {
        let settings = [("name".to_owned(), name.to_owned())].into();
        let provider = OidcProvider { settings, sealed: b"sealed".to_vec() };
        w.store().await.set_oidc_provider(tenant, Some(&provider)).await.unwrap();
        assert_eq!(w.store().await.oidc_provider(tenant).await.unwrap(), Some(provider.clone()));
        assert!(!format!("{provider:?}").contains("sealed"));
    }
    assert_eq!(w.store().await.oidc_provider(w.other.tenant).await.unwrap(), None);
    w.store().await.set_oidc_provider(tenant, None).await.unwrap();
    assert_eq!(w.store().await.oidc_provider(tenant).await.unwrap(), None);
}

pub async fn an_identity_is_one_users_and_a_user_has_one(w: &World) {
    let (tenant, ana, admin) = (w.varanda.tenant, w.varanda.ana, w.varanda.admin);
    let whose = async |who: &OidcIdentity| {
        w.store().await.operator_of_identity(tenant, who).await.unwrap().map(|operator| operator.id)
    };
    w.store().await.link_identity(tenant, ana, &identity("1"), at(1)).await.unwrap();
    assert_eq!(whose(&identity("1")).await, Some(ana));
    assert_eq!(w.store().await.oidc_identity(tenant, ana).await.unwrap(), Some((identity("1"), at(1))));
    let taken = w.store().await.link_identity(tenant, admin, &identity("1"), at(2)).await;
    assert!(matches!(taken, Err(StoreError::Conflict { what: "identity" })));
    assert_eq!(whose(&identity("1")).await, Some(ana), "nothing was written");
    for nobody in [identity("2"), identity("1 "), OidcIdentity { issuer: "https://ID.example".into(), ..identity("1") }]
    {
        assert_eq!(whose(&nobody).await, None, "{nobody:?}");
    }
    w.store().await.link_identity(tenant, ana, &identity("2"), at(3)).await.unwrap();
    assert_eq!((whose(&identity("1")).await, whose(&identity("2")).await), (None, Some(ana)));
    w.store().await.set_operator_disabled(tenant, ana, true, at(4)).await.unwrap();
    assert_eq!(whose(&identity("2")).await, None, "disabled");
    w.store().await.set_operator_disabled(tenant, ana, false, at(5)).await.unwrap();
    assert!(w.store().await.unlink_identity(tenant, ana).await.unwrap());
    assert!(!w.store().await.unlink_identity(tenant, ana).await.unwrap());
    assert_eq!(whose(&identity("2")).await, None);
}

pub async fn an_identity_in_one_company_is_nothing_in_another(w: &World) {
    let (here, there) = (w.varanda.tenant, w.other.tenant);
    w.store().await.link_identity(here, w.varanda.ana, &identity("1"), at(1)).await.unwrap();
    assert_eq!(w.store().await.operator_of_identity(there, &identity("1")).await.unwrap(), None);
    assert_eq!(w.store().await.oidc_identity(there, w.varanda.ana).await.unwrap(), None);
    assert!(!w.store().await.unlink_identity(there, w.varanda.ana).await.unwrap());
    let foreign = w.store().await.link_identity(there, w.varanda.ana, &identity("9"), at(2)).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { what: "operator" })));
    assert!(w.store().await.operator_of_identity(here, &identity("1")).await.unwrap().is_some(), "still there");
    w.store().await.link_identity(there, w.other.ana, &identity("1"), at(3)).await.unwrap();
    let found = w.store().await.operator_of_identity(there, &identity("1")).await.unwrap().unwrap();
    assert_eq!((found.tenant, found.id), (there, w.other.ana));
}

pub async fn an_invitation_is_used_up_by_an_identity_and_leaves_no_password(w: &World) {
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    let (link, login) = (TokenHash::of(b"link"), TokenHash::of(b"login"));
    let family = LoginFamily::from_bytes([1; 16]);
    w.store().await.begin_console_session(&login, &family, tenant, ana, at(0)).await.unwrap();
    w.store().await.put_password_link(tenant, ana, &link, at(100)).await.unwrap();
    w.store().await.link_identity(tenant, w.varanda.admin, &identity("1"), at(1)).await.unwrap();
    let taken = w.store().await.use_password_link_for_identity(&link, &identity("1"), at(2)).await;
    assert!(matches!(taken, Err(StoreError::Conflict { what: "identity" })));
    assert!(w.store().await.operator(tenant, ana).await.unwrap().has_password(), "nothing was written");
    assert!(w.store().await.password_link(&link, at(3)).await.unwrap().is_some());

    let used = w.store().await.use_password_link_for_identity(&link, &identity("2"), at(3)).await.unwrap();
    assert!(used.id == ana && !used.has_password());
    assert!(!w.store().await.operator(tenant, ana).await.unwrap().has_password());
    assert!(w.store().await.console_session(&login, at(4)).await.unwrap().is_none(), "logins have ended");
    for (token, now) in [(&link, at(4)), (&TokenHash::of(b"other"), at(4))] {
        let gone = w.store().await.use_password_link_for_identity(token, &identity("3"), now).await;
        assert!(matches!(gone, Err(StoreError::NotFound { what: "password link" })));
    }
}

pub async fn a_factor_asked_elsewhere_counts_for_its_login_until_the_provider_changes(w: &World) {
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    let (one, two) = (TokenHash::of(b"one"), TokenHash::of(b"two"));
    let elsewhere = async |token: &TokenHash| {
        w.store().await.console_session(token, at(1)).await.unwrap().unwrap().factor_elsewhere
    };
    w.store().await.begin_console_session(&one, &LoginFamily::from_bytes([1; 16]), tenant, ana, at(0)).await.unwrap();
    assert!(!elsewhere(&one).await);
    w.store().await.factor_asked_elsewhere(&one).await.unwrap();
    assert!(elsewhere(&one).await);
    w.store().await.renew_console_token(&one, &two).await.unwrap();
    assert!(elsewhere(&two).await, "a new token is the same login");
    w.store().await.set_oidc_provider(w.other.tenant, None).await.unwrap();
    assert!(elsewhere(&two).await, "another company's provider");
    w.store().await.set_oidc_provider(tenant, None).await.unwrap();
    assert!(!elsewhere(&two).await);
    assert!(w.store().await.factor_asked_elsewhere(&one).await.is_err(), "a login that is over");
}
