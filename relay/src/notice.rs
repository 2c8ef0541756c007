//! Tells attendants when a ticket's requester has the program open: writes it down for the live stream, and a letter where there is mail.
//!
//! Looks when something that is shown live has changed, and then at those only whom somebody waits for. Must never tell anybody of a
//! customer whose app they do not attend.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use protocol::{
    id::{ConnectionId, TenantId},
    message::directory::FieldKey,
};
use store::{CustomerDetails, Language, NewMail, Notice, StoreError, TicketOf};

use crate::{
    account::User,
    directory::{Directory, Identity, Present},
    external,
    mail::new_message_id,
    relay::Shared,
};

/// Changes that come together are looked at together.
const GATHER: Duration = Duration::from_millis(200);
/// How long to wait when the records cannot be read.
const AFTER_TROUBLE: Duration = Duration::from_secs(10);

/// Watches until it is aborted.
pub(crate) async fn watch(shared: Arc<Shared>) {
    let mut changes = shared.changes();
    loop {
        if let Err(error) = look(&shared, Timestamp::now()).await {
            tracing::warn!(%error, "nobody is told who came: the records cannot be used");
            tokio::time::sleep(AFTER_TROUBLE).await;
            continue;
        }
        if changes.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(GATHER).await;
        changes.mark_unchanged();
    }
}

async fn look(shared: &Shared, now: Timestamp) -> anyhow::Result<()> {
    let open = shared.store.open_notices(None, now).await?;
    let mut companies: HashMap<TenantId, Vec<User>> = HashMap::new();
    let mut told = false;
    let mut silent: HashSet<ConnectionId> = HashSet::new();
    for notice in open {
        let users = match companies.entry(notice.tenant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let users = shared.accounts.list(notice.tenant).await?;
                unknown.insert(users)
            }
        };
        let user = users.iter().find(|u| u.operator.id == notice.operator && u.disabled_at.is_none());
        let Some(user) = user else { continue };
        let here = waiting_on(&shared.directory, notice.tenant, &notice.ticket, &notice.requester);
        if here.is_empty() {
            continue;
        }
        let reach = shared.apps.reach(&user.operator).await?;
        let Some(present) = here.into_iter().find(|present| reach.attends(present.app)) else { continue };
        if let Some(system) = notice.ticket.system.filter(|system| !silent.contains(system)) {
            match external::look_up(shared, notice.tenant, system, &notice.ticket.number).await {
                Ok(Some(found)) if !external::is_open(found.brief.status) => continue,
                Ok(_) => {}
                // Whoever waits is told rather once too often.
                Err(error) => {
                    tracing::info!(%error, "whether a ticket is still open is not known");
                    silent.insert(system);
                }
            }
        }
        if shared.store.notice_came(notice.id, present.id, now).await? {
            told = true;
            tracing::info!(ticket = notice.ticket.number.as_str(), "a requester who was waited for has come");
            if let Err(error) = write_to(shared, &user.operator.login, &notice, now).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "no letter about a requester who came");
            }
        }
    }
    if told {
        shared.notices.bump();
        shared.changes.bump();
    }
    Ok(())
}

/// A letter to the attendant, where their login is an address and the company has a mail server.
async fn write_to(shared: &Shared, login: &str, notice: &Notice, now: Timestamp) -> Result<(), StoreError> {
    if login.parse::<lettre::Address>().is_err() || !shared.post.is_set_up(notice.tenant).await? {
        return Ok(());
    }
    let tenant = shared.store.tenant(notice.tenant).await?;
    let who = [&notice.requester.name, &notice.requester.company].map(String::as_str);
    let who: Vec<&str> = who.into_iter().filter(|text| !text.is_empty()).collect();
    let (who, ticket) = (who.join(", "), notice.ticket.number.as_str());
    let address = format!("{}{}", shared.public_url, tenant.at(&page_of(&notice.ticket)));
    let (subject, says) = match tenant.language {
        Language::PtBr => (format!("Disponível: {who}"), format!("{who} está com o programa aberto.")),
        Language::En => (format!("Available: {who}"), format!("{who} has the program open.")),
        Language::Es => (format!("Disponible: {who}"), format!("{who} tiene el programa abierto.")),
    };
    let mail = NewMail {
        to: login.to_owned(),
        name: notice.operator_name.clone(),
        subject: format!("[Ticket {ticket}] {subject}"),
        text: format!("{says}\n\nTicket {ticket}: {}\n{address}", notice.subject),
        message_id: new_message_id(&shared.public_url.host),
    };
    let of_the_desk = notice.ticket.system.is_none().then_some(&notice.ticket.number);
    shared.store.add_mail(notice.tenant, of_the_desk, &mail, now).await?;
    shared.post.wake();
    Ok(())
}

/// The page of a ticket. Nothing of a number ends its part of the path.
pub(crate) fn page_of(ticket: &TicketOf) -> String {
    let number: String = url::form_urlencoded::byte_serialize(ticket.number.as_str().as_bytes()).collect();
    let number = number.replace('+', "%20");
    match ticket.system {
        None => format!("/tickets/{number}"),
        Some(system) => format!("/t/{system}/{number}"),
    }
}

/// Who waits and is the requester of a ticket, or was invited to it; the requester first, then who waits longest.
pub(crate) fn waiting_on(
    directory: &Directory,
    tenant: TenantId,
    ticket: &TicketOf,
    requester: &CustomerDetails,
) -> Vec<Arc<Present>> {
    let mut meant = identities(requester);
    meant.push(Identity::Ticket(ticket.clone()));
    let mut here = directory.waiting_as(tenant, &meant);
    here.retain(|present| belongs(present, requester) || present.invited.as_ref() == Some(ticket));
    here.sort_by_key(|present| !belongs(present, requester));
    here
}

/// What a customer may be found by among those who wait.
pub(crate) fn identities(customer: &CustomerDetails) -> Vec<Identity> {
    let c = customer;
    Identity::all(&c.email, &c.document, &c.phone, &c.name, &c.company)
}

/// Whether a program that is open belongs to this customer: by e-mail, else document, else name and company. What a weaker key says is
/// not believed where a stronger one is known on both sides and differs.
pub(crate) fn belongs(present: &Present, customer: &CustomerDetails) -> bool {
    let email = present.field(FieldKey::Email).trim();
    if !email.is_empty() && !customer.email.is_empty() {
        return email.to_lowercase() == customer.email.to_lowercase();
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (document, theirs) = (digits(present.field(FieldKey::Document)), digits(&customer.document));
    if !document.is_empty() && !theirs.is_empty() {
        return document == theirs;
    }
    let (name, company) = (present.field(FieldKey::Name), present.field(FieldKey::Company));
    !name.is_empty()
        && name.to_lowercase() == customer.name.to_lowercase()
        && company.to_lowercase() == customer.company.to_lowercase()
}

#[cfg(test)]
mod tests {
    use protocol::{
        id::{AppId, DeviceId},
        message::{ShownText, directory::Field},
    };

    use super::*;

    fn typed(fields: &[(FieldKey, &str)]) -> Present {
        let field = |(key, value): &(FieldKey, &str)| Field { key: *key, value: ShownText::lossy(value) };
        Present {
            id: DeviceId::from_entropy(1),
            tenant: TenantId::from_bytes([1; 16]),
            app: AppId::from_bytes([1; 16]),
            app_title: ShownText::lossy("x"),
            fields: fields.iter().map(field).collect(),
            class: String::new(),
            invited: None,
            listed: true,
            busy: false,
            since: Timestamp::UNIX_EPOCH,
            settled: false,
            ended: false,
        }
    }

    #[test]
    fn a_program_belongs_to_whom_the_strongest_thing_it_tells_says() {
        let cida = CustomerDetails {
            name: "Cida".into(),
            company: "Aurora".into(),
            email: "cida@a.example".into(),
            document: "12.345/0001".into(),
            ..CustomerDetails::default()
        };
        use FieldKey::{Company, Document, Email, Name};
        for told in [
            &[(Email, "CIDA@a.example"), (Name, "X")] as &[_],
            &[(Document, "123450001"), (Name, "X")],
            &[(Name, "CIDA"), (Company, "aurora")],
        ] {
            assert!(belongs(&typed(told), &cida), "{told:?}");
        }
        for told in [
            &[] as &[_],
            &[(Email, "rosa@a.example"), (Document, "123450001"), (Name, "Cida"), (Company, "Aurora")],
            &[(Document, "99"), (Name, "Cida"), (Company, "Aurora")],
            &[(Name, "Cida")],
        ] {
            assert!(!belongs(&typed(told), &cida), "{told:?}");
        }
        assert!(!belongs(&typed(&[]), &CustomerDetails::default()), "nobody is not somebody");
    }
}
