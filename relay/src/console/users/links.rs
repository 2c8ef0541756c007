//! Links by which somebody chooses their own password: invitations, and help for whoever has forgotten theirs.
//!
//! An administrator makes one; it is good once and for three days, a new one ends the one before, and only its hash is kept. Must never
//! let anybody in past a second factor.

use askama::Template;
use axum::{
    extract::{Form, Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::{Language, NewMail};
use zeroize::Zeroizing;

use super::{
    super::{
        App,
        error::{AppError, Page, page},
        kept, oidc,
        strings::{Texts, fill},
        visitor::{Visitor, Who},
    },
    Once, UserForm, operator, users_page,
};
use crate::{
    account::{self, AccountError, Operator},
    mail::new_message_id,
};

/// How long a link is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(72);

super::super::words::words! { Words {
    invite: "Convidar com link", "Invite by a link", "Invitar con enlace";
    with_password: "Criar com senha inicial", "Make with an initial password", "Crear con contraseña inicial";
    new_link: "Link para nova senha", "Link for a new password", "Enlace para nueva contraseña";
    new_link_ask: "Criar um link com que {} escolhe uma nova senha? O link anterior deixa de valer.", "Make a link by which {} chooses a new password? The link before it ends.", "¿Crear un enlace con el que {} elige una nueva contraseña? El enlace anterior deja de valer.";
    link_of: "Link de {}", "Link of {}", "Enlace de {}";
    link_lead: "Mande este link: com ele a pessoa escolhe a própria senha. Vale uma vez, por 3 dias, e não será mostrado de novo.", "Send this link: by it they choose their own password. It works once, for 3 days, and will not be shown again.", "Envíe este enlace: con él la persona elige su propia contraseña. Vale una vez, por 3 días, y no se mostrará de nuevo.";
    sent: "Também foi enviado para {}.", "It was also sent to {}.", "También fue enviado a {}.";
    choose: "Escolha sua senha", "Choose your password", "Elija su contraseña";
    choose_lead: "Você entra em {} com o usuário {}.", "You will log in to {} as {}.", "Usted entra en {} con el usuario {}.";
    save: "Salvar e entrar", "Save and log in", "Guardar y entrar";
    over: "Este link não vale mais", "This link is no longer valid", "Este enlace ya no vale";
    over_lead: "Ele vale uma vez, por 3 dias. Peça um novo a quem administra o Amparo na sua empresa.", "It works once, for 3 days. Ask whoever administers Amparo in your company for a new one.", "Sirve una sola vez, durante 3 días. Pida uno nuevo a quien administra Amparo en su empresa.";
} }

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    t: &'static Texts,
    w: &'static Words,
    csrf: String,
    lead: String,
    login: String,
    /// What this user may use instead of a password.
    provider: Option<Instead>,
    error: Option<&'static str>,
    at: &'static str,
}

/// The company's provider, instead of a password.
struct Instead {
    address: String,
    text: String,
    hint: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct OverPage {
    t: &'static Texts,
    title: &'static str,
    lead: &'static str,
    icon: &'static str,
}

/// The page that says that a link is not good any more.
pub(in crate::console) fn over(t: &'static Texts) -> Page {
    let w = Words::of(t.language);
    let mut answer = page(&OverPage { t, title: w.over, lead: w.over_lead, icon: "clock" })?;
    *answer.status_mut() = StatusCode::GONE;
    Ok(answer)
}

/// Makes a link for a user, sends it where that can be done, and gives what is shown of it this once.
pub(super) async fn make(app: &App, who: &Who, user: &Operator) -> Result<Once, AppError> {
    let now = Timestamp::now();
    let w = Words::of(who.texts.language);
    let token = app.shared.accounts.password_link(user, now + GOOD_FOR).await?;
    let link = Zeroizing::new(format!("{}/welcome/{}", app.shared.public_url, *token));
    let tenant = app.shared.store.tenant(user.tenant).await?;
    let mut lead = w.link_lead.to_owned();
    if user.login.parse::<lettre::Address>().is_ok() && app.shared.post.is_set_up(user.tenant).await? {
        let (subject, says) = match tenant.language {
            Language::PtBr => {
                ("Seu acesso ao Amparo", "Com este link você escolhe sua senha. Ele vale uma vez, por 3 dias:")
            }
            Language::En => {
                ("Your access to Amparo", "By this link you choose your password. It works once, for 3 days:")
            }
            Language::Es => {
                ("Su acceso a Amparo", "Con este enlace usted elige su contraseña. Vale una vez, por 3 días:")
            }
        };
        let mail = NewMail {
            to: user.login.clone(),
            name: user.name.clone(),
            subject: format!("{subject} · {}", tenant.name),
            text: format!("{}\n\n{says}\n{}", user.name, *link),
            message_id: new_message_id(&app.shared.public_url.host),
        };
        app.shared.store.add_mail(user.tenant, None, &mail, now).await?;
        app.shared.post.wake();
        lead = format!("{lead} {}", fill(w.sent, &[&user.login]));
    }
    Ok(Once { title: fill(w.link_of, &[&user.name]), lead: format!("{} · {lead}", user.login), secret: link })
}

/// `POST /users/{id}/link`
pub(in crate::console) async fn renew(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let id = operator(&id)?;
    let user = app.shared.accounts.user(who.operator.tenant, id).await?;
    if user.disabled_at.is_some() {
        return Err(AppError::BadRequest);
    }
    who.audit(&app, "operator.link.made", &user.operator.login).await?;
    let once = make(&app, &who, &user.operator).await?;
    users_page(&app, &who, UserForm::default(), Some(once), None).await
}

/// `GET /welcome/{token}`
pub(in crate::console) async fn form(State(app): State<App>, visitor: Visitor, Path(token): Path<String>) -> Page {
    welcome(&app, &visitor, &token, None).await
}

async fn welcome(app: &App, visitor: &Visitor, token: &str, error: Option<(&'static str, &'static str)>) -> Page {
    let Some(user) = app.shared.accounts.of_password_link(token).await? else { return over(visitor.texts) };
    let t = visitor.texts_at(app, user.tenant).await;
    let w = Words::of(t.language);
    let company = app.shared.store.tenant(user.tenant).await?.name;
    let refused = error.is_some();
    let (error, at) = error.map_or((None, ""), |(error, at)| (Some(error), at));
    let lead = fill(w.choose_lead, &[&company, &user.login]);
    let o = oidc::words::Words::of(t.language);
    let provider = app.shared.oidc.name(user.tenant).await?.map(|name| Instead {
        address: format!("/welcome/{token}/oidc"),
        text: fill(o.instead, &[&name]),
        hint: user.roles.attend.then_some(o.instead_hint),
    });
    let csrf = visitor.csrf();
    let mut answer = page(&WelcomePage { t, w, csrf, lead, login: user.login, provider, error, at })?;
    if refused {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// What the page sends.
#[derive(Deserialize)]
pub(in crate::console) struct WelcomeForm {
    password: String,
    again: String,
}

/// `POST /welcome/{token}`: the password is theirs, and they are in; with a second factor, at the login.
pub(in crate::console) async fn choose(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    Form(form): Form<WelcomeForm>,
) -> Page {
    let [password, again] = [form.password, form.again].map(Zeroizing::new);
    let accounts = &app.shared.accounts;
    let Some(user) = accounts.of_password_link(&token).await? else { return over(visitor.texts) };
    let t = visitor.texts_at(&app, user.tenant).await;
    if !account::strong(&password, &user.login) {
        return welcome(&app, &visitor, &token, Some((t.weak_password, "password"))).await;
    }
    if password != again {
        return welcome(&app, &visitor, &token, Some((t.not_the_same, "again"))).await;
    }
    match accounts.use_password_link(&token, &password).await {
        Ok(user) => {
            app.forget(user.id);
            app.shared.accounts_changed.bump();
            super::super::visitor::audit(&app, &user, visitor.source, "operator.link.used", &user.login, "").await?;
            if accounts.factor(user.tenant, user.id).await?.is_some() {
                let place = app.shared.store.tenant(user.tenant).await?.at("/login");
                return Ok(Redirect::to(&place).into_response());
            }
            kept::enter(&app, &visitor, &user, "", "/", "").await
        }
        Err(AccountError::NotFound { .. }) => over(t),
        Err(AccountError::WeakPassword) => welcome(&app, &visitor, &token, Some((t.weak_password, "password"))).await,
        Err(other) => Err(other.into()),
    }
}
