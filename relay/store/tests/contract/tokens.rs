//! Tokens of the API: how long they are good, for whom, and who may take one back.

use store::{ApiTokenId, NewApiToken, Roles, Scope, StoreError, TOKENS_PER_USER, TokenHash};

use super::{ATTENDANT, World, at};

fn new(w: &World, n: u32) -> NewApiToken {
    NewApiToken {
        tenant: w.varanda.tenant,
        operator: w.varanda.ana,
        name: format!("Painel {n}"),
        scopes: vec![Scope::SessionsRead, Scope::TicketsWrite],
        hash: hash(n),
        hint: "wxyz".into(),
        created_at: at(0),
        expires_at: at(1000),
    }
}

fn hash(n: u32) -> TokenHash {
    TokenHash::of(&n.to_be_bytes())
}

pub async fn a_token_is_good_until_it_ends_and_its_last_use_is_kept(w: &World) {
    let store = w.store().await;
    let id = store.add_api_token(&new(w, 1)).await.unwrap();
    let login = store.api_token(&hash(1), "203.0.113.9", at(10)).await.unwrap().unwrap();
    assert_eq!((login.token.id, login.operator.id, login.token.used_at), (id, w.varanda.ana, None));
    assert_eq!(login.token.scopes, [Scope::SessionsRead, Scope::TicketsWrite]);
    // Looked at again within a minute from the same address, nothing is written.
    store.api_token(&hash(1), "203.0.113.9", at(40)).await.unwrap().unwrap();
    let kept = store.api_tokens(w.varanda.tenant, None).await.unwrap();
    assert_eq!((kept[0].used_at, kept[0].used_from.as_str()), (Some(at(10)), "203.0.113.9"));
    store.api_token(&hash(1), "203.0.113.9", at(70)).await.unwrap().unwrap();
    assert_eq!(store.api_tokens(w.varanda.tenant, None).await.unwrap()[0].used_at, Some(at(70)));
    assert!(store.api_token(&hash(1), "203.0.113.9", at(1000)).await.unwrap().is_none(), "its end is no part of it");
    assert!(store.api_token(&hash(2), "203.0.113.9", at(10)).await.unwrap().is_none());
    assert!(matches!(store.add_api_token(&new(w, 1)).await, Err(StoreError::Conflict { .. })));
}

pub async fn a_token_ends_with_its_user_for_good_and_is_narrowed_with_their_roles(w: &World) {
    let store = w.store().await;
    let (tenant, ana) = (w.varanda.tenant, w.varanda.ana);
    store.add_api_token(&new(w, 1)).await.unwrap();
    store.update_operator(tenant, ana, "Ana", Roles::default()).await.unwrap();
    let login = store.api_token(&hash(1), "", at(1)).await.unwrap().unwrap();
    assert_eq!(login.operator.roles, Roles::default(), "its user as they are now");
    store.update_operator(tenant, ana, "Ana", ATTENDANT).await.unwrap();
    store.set_operator_disabled(tenant, ana, true, at(2)).await.unwrap();
    assert!(store.api_token(&hash(1), "", at(3)).await.unwrap().is_none());
    assert!(matches!(store.add_api_token(&new(w, 2)).await, Err(StoreError::NotFound { what: "operator" })));
    store.set_operator_disabled(tenant, ana, false, at(4)).await.unwrap();
    assert!(store.api_token(&hash(1), "", at(5)).await.unwrap().is_none(), "it does not come back with them");
}

pub async fn a_token_is_taken_back_by_its_user_or_company_and_by_nobody_else(w: &World) {
    let store = w.store().await;
    let (tenant, other) = (w.varanda.tenant, w.other.tenant);
    let id = store.add_api_token(&new(w, 1)).await.unwrap();
    let gone = |result| matches!(result, Err(StoreError::NotFound { what: "token" }));
    assert!(gone(store.revoke_api_token(other, None, id, at(1)).await));
    assert!(gone(store.revoke_api_token(tenant, Some(w.varanda.admin), id, at(1)).await));
    assert!(gone(store.revoke_api_token(tenant, None, ApiTokenId(id.0 + 1), at(1)).await));
    assert!(store.api_tokens(other, None).await.unwrap().is_empty());
    assert!(store.api_tokens(tenant, Some(w.varanda.admin)).await.unwrap().is_empty());
    assert!(store.api_token(&hash(1), "", at(1)).await.unwrap().is_some());
    store.revoke_api_token(tenant, Some(w.varanda.ana), id, at(1)).await.unwrap();
    assert!(store.api_token(&hash(1), "", at(1)).await.unwrap().is_none());
    assert!(gone(store.revoke_api_token(tenant, None, id, at(2)).await));
    let foreign = NewApiToken { tenant: other, ..new(w, 2) };
    assert!(matches!(store.add_api_token(&foreign).await, Err(StoreError::NotFound { what: "operator" })));
}

pub async fn a_user_has_so_many_tokens_and_no_more(w: &World) {
    let store = w.store().await;
    let most = u32::try_from(TOKENS_PER_USER).unwrap();
    for n in 0..most {
        store.add_api_token(&new(w, n)).await.unwrap();
    }
    let one_more = new(w, most);
    assert!(matches!(store.add_api_token(&one_more).await, Err(StoreError::Conflict { what: "number of tokens" })));
    // One that is over does not count.
    let later = NewApiToken { created_at: at(2000), expires_at: at(3000), ..one_more };
    store.add_api_token(&later).await.unwrap();
}
