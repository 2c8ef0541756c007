//! The steps of a support call, as the two people take them. Tests, demo and bench tell their stories with these.

use anyhow::{Context, Result, ensure};

use crate::automation::Page;
use crate::wait;
use crate::world::{BAR, COMPANY, Computer, MAIN, VIEWER};

/// What the customer types at the beginning.
pub const CUSTOMER: &[(&str, &str)] = &[
    ("name", "Cida Nogueira"),
    ("email", "cida@padariaaurora.example"),
    ("company", "Padaria Aurora"),
    ("phone", "11 5555-0188"),
    ("document", "12.345.678/0001-95"),
    ("subject", "Erro ao emitir nota fiscal"),
];

/// What the customer reads out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `123 456 789`
    pub id: String,
    /// `K7QF-2M9X`
    pub password: String,
}

/// The ticket of a session.
#[derive(Debug, Clone, Copy)]
pub enum Ticket<'a> {
    /// This number, looked up with the magnifier.
    Number(&'a str),
    /// A new one, after the dialog.
    New,
}

/// The customer's program has come up: fills the fields it asks for and goes on to waiting.
pub fn register(customer: &Computer) -> Result<Credentials> {
    fill_fields(customer)?;
    customer.click(MAIN, "Continuar")?;
    waiting(customer)
}

/// Types into every field the page shows, and does not send them.
pub fn fill_fields(customer: &Computer) -> Result<()> {
    let page = customer.screen().wait_page("fields")?;
    let fields = page.view["fields"].as_array().context("the page has no fields")?.clone();
    for field in &fields {
        let kind = field["kind"].as_str().context("a field without a kind")?;
        let (_, value) = CUSTOMER.iter().find(|(k, _)| *k == kind).context("a field nobody thought of")?;
        customer.fill(field_label(kind), value)?;
    }
    Ok(())
}

fn field_label(kind: &str) -> &'static str {
    match kind {
        "name" => "Nome",
        "email" => "E-mail",
        "company" => "Empresa",
        "phone" => "Telefone",
        "document" => "CNPJ ou CPF",
        _ => "O que está acontecendo?",
    }
}

/// Waits until the customer's program shows ID and password and is in contact.
pub fn waiting(customer: &Computer) -> Result<Credentials> {
    let ready = |page: &Page| {
        let in_contact = !page.view["returning"].as_bool().unwrap_or(true);
        in_contact && !page.text("id").is_empty() && !page.text("password").is_empty()
    };
    let page = customer.screen().wait_page_where("waiting", "with ID and password", ready)?;
    Ok(Credentials { id: page.text("id").to_owned(), password: page.text("password").to_owned() })
}

/// From the customer's first page through the headset to the attendant's home.
pub fn log_in(attendant: &Computer, login: &str, password: &str) -> Result<()> {
    open_login(attendant)?;
    give_login(attendant, login, password)?;
    attendant.screen().wait_page("home").map(drop)
}

/// The headset in the corner.
pub fn open_login(attendant: &Computer) -> Result<()> {
    attendant.click(MAIN, "Sou atendente")?;
    attendant.screen().wait_page("login").map(drop)
}

/// The login page, filled and sent.
pub fn give_login(attendant: &Computer, login: &str, password: &str) -> Result<()> {
    attendant.fill("E-mail", login)?;
    attendant.fill("Senha", password)?;
    attendant.click(MAIN, "Entrar")
}

/// Types the partner's ID at home and presses Connect, up to the ticket step.
pub fn connect(attendant: &Computer, id: &str) -> Result<()> {
    dial(attendant, id)?;
    attendant.screen().wait_page("ticket-step").map(drop)
}

/// Types the partner's ID at home and presses Enter. (The button's name is on each row of the waiting list as well.)
pub fn dial(attendant: &Computer, id: &str) -> Result<()> {
    attendant.screen().wait_page("home")?;
    attendant.fill("ID do parceiro", &id.replace(' ', ""))?;
    attendant.hands.press("Return")
}

/// Chooses the ticket and goes on to the partner's password.
pub fn choose_ticket(attendant: &Computer, ticket: Ticket) -> Result<()> {
    pick_ticket(attendant, ticket)?;
    attendant.screen().wait_page("partner-password").map(drop)
}

/// Chooses the ticket; with a customer who was given to the attendant no password is asked for behind it.
pub fn pick_ticket(attendant: &Computer, ticket: Ticket) -> Result<()> {
    match ticket {
        Ticket::Number(number) => {
            look_up(attendant, number)?;
            let found = |page: &Page| page.view["lookup"]["Found"]["number"].as_str() == Some(number);
            attendant.screen().wait_page_where("ticket-step", "with the ticket found", found)?;
            attendant.click(MAIN, "Iniciar sessão")?;
        }
        Ticket::New => {
            attendant.click(MAIN, "Sem ticket: abrir um novo")?;
            let asked = |page: &Page| !page.view["dialog"].is_null();
            let screen = attendant.screen();
            let page = screen.wait_page_where("ticket-step", "to be ready for a new ticket", |page| {
                asked(page) || page.view["choice"] == "New"
            })?;
            if !asked(&page) {
                attendant.click(MAIN, "Iniciar sessão")?;
                screen.wait_page_where("ticket-step", "to ask whether a new ticket is meant", asked)?;
            }
            attendant.click(MAIN, "Abrir e continuar")?;
        }
    }
    Ok(())
}

/// Types a ticket number and presses the magnifier.
pub fn look_up(attendant: &Computer, number: &str) -> Result<()> {
    attendant.fill("Número do ticket", number)?;
    attendant.click(MAIN, "Buscar")
}

/// Types the partner's password and presses OK.
pub fn give_password(attendant: &Computer, password: &str) -> Result<()> {
    attendant.screen().wait_page("partner-password")?;
    attendant.fill("Senha do parceiro", password)?;
    attendant.click(MAIN, "OK")
}

/// The customer reads the question and clicks Allow as soon as that can be pressed.
pub fn allow(customer: &Computer) -> Result<()> {
    consent_armed(customer)?;
    customer.click(MAIN, "Permitir")?;
    let bar = |page: &Page| !page.all["session_bar"].is_null();
    wait::until_true("the session bar", wait::PATIENCE, || Ok(bar(&customer.screen().page()?)))
}

/// The customer allows with Tab and Space, never touching the mouse.
pub fn allow_by_keyboard(customer: &Computer) -> Result<()> {
    consent_armed(customer)?;
    let title = customer.display.window_titled("Suporte").or_else(|_| customer.display.window_titled(COMPANY))?;
    customer.display.activate(title)?;
    customer.hands.press("Tab")?;
    customer.hands.press("Space")?;
    wait::until_true("the session bar", wait::PATIENCE, || Ok(!customer.screen().page()?.all["session_bar"].is_null()))
}

/// Waits until the consent question can be answered with yes.
pub fn consent_armed(customer: &Computer) -> Result<Page> {
    let armed = |page: &Page| {
        let left = &page.view["arms_in"];
        left["secs"].as_u64() == Some(0) && left["nanos"].as_u64() == Some(0)
    };
    customer.screen().wait_page_where("consent", "with its button armed", armed)
}

/// The customer says no.
pub fn refuse(customer: &Computer) -> Result<()> {
    customer.screen().wait_page("consent")?;
    customer.click(MAIN, "Não permitir")
}

/// Waits until the attendant's viewer has drawn a picture.
pub fn picture_seen(attendant: &Computer) -> Result<()> {
    wait::until_true("a picture in the viewer", wait::PATIENCE, || {
        Ok(attendant.screen().page()?.all["viewer"]["has_picture"] == true)
    })
}

/// Everything from two fresh programs to a session: what most tests begin with.
pub fn session(customer: &Computer, attendant: &Computer, password: &str, ticket: Ticket) -> Result<Credentials> {
    let credentials = register(customer)?;
    log_in(attendant, crate::world::ANA_LOGIN, password)?;
    open(customer, attendant, &credentials, ticket)?;
    Ok(credentials)
}

/// From the attendant's home to a session with a picture.
pub fn open(customer: &Computer, attendant: &Computer, credentials: &Credentials, ticket: Ticket) -> Result<()> {
    connect(attendant, &credentials.id)?;
    choose_ticket(attendant, ticket)?;
    give_password(attendant, &credentials.password)?;
    same_check_code(customer, attendant)?;
    allow(customer)?;
    picture_seen(attendant)
}

/// Both read the same six digits while the customer is being asked.
pub fn same_check_code(customer: &Computer, attendant: &Computer) -> Result<()> {
    let shown = |page: &Page| page.view["check_code"].is_string();
    let theirs = customer.screen().wait_page_where("consent", "with its check code", shown)?;
    let ours = attendant.screen().wait_page_where("connecting", "with its check code", shown)?;
    let (theirs, ours) = (theirs.text("check_code"), ours.text("check_code"));
    let digits = theirs.len() == 7 && theirs.chars().all(|c| c.is_ascii_digit() || c == ' ');
    ensure!(digits && theirs == ours, "the customer reads {theirs:?}, the attendant {ours:?}");
    Ok(())
}

/// The attendant ends it. Both are on their last page after this.
pub fn end_by_attendant(customer: &Computer, attendant: &Computer) -> Result<()> {
    attendant.click(VIEWER, "Encerrar")?;
    ended(customer, attendant)
}

/// The customer ends it from the bar.
pub fn end_by_customer(customer: &Computer, attendant: &Computer) -> Result<()> {
    customer.click(BAR, "Encerrar")?;
    ended(customer, attendant)
}

/// Both leave their last page: the customer waits with a new password, the attendant is at home.
pub fn leave(customer: &Computer, attendant: &Computer) -> Result<Credentials> {
    let page = attendant.screen().wait_page("ended")?;
    attendant.click(MAIN, if page.view["wrap_up"].is_null() { "Voltar ao início" } else { "Concluir" })?;
    attendant.screen().wait_page("home")?;
    customer.click(MAIN, "Fechar")?;
    waiting(customer)
}

/// Waits until both sides say that it is over.
pub fn ended(customer: &Computer, attendant: &Computer) -> Result<()> {
    let receipt = customer.screen().wait_page("receipt")?;
    ensure!(receipt.all["session_bar"].is_null(), "the bar is still there after the end");
    let page = attendant.screen().wait_page("ended")?;
    ensure!(page.all["viewer"].is_null(), "the viewer is still there after the end");
    Ok(())
}

/// The ID on the waiting page, if that is what the customer sees.
pub fn waiting_id(customer: &Computer) -> Result<Option<String>> {
    let page = customer.screen().page()?;
    Ok((page.name == "waiting").then(|| page.text("id").to_owned()))
}
