//! Any other system, told by signed messages (Standard Webhooks). It cannot be asked: tickets are named by what an attendant types, and
//! the receiver drops what it has already had by `webhook-id`.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::TicketNumber,
    message::{grant::Change, ticket::TicketBrief},
};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{CustomerDetails, EventKind};

use super::people::People;
use super::wire::{Id, SOON};
use crate::{
    event::{Action, Link},
    gate::Limits,
    http::Http,
    kind::{self, Connected, Kind, Means, Persons, Problem, Settings},
    mapping::{self, Filled, Mapping, Targets, Values},
    signing::{self, Signer},
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Opened, Repeats, ReportError,
        TicketSystem,
    },
};

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "webhook",
    title: "Webhook",
    lead: [
        "Cada início e fim de sessão é enviado como JSON assinado (Standard Webhooks) ao endereço abaixo. Quem recebe confere a assinatura e descarta o que já recebeu, pelo webhook-id.",
        "Each start and end of a session is sent as signed JSON (Standard Webhooks) to the address below. The receiver checks the signature and drops what it has already had, by webhook-id.",
        "Cada inicio y fin de sesión se envía como JSON firmado (Standard Webhooks) a la dirección de abajo. Quien recibe verifica la firma y descarta lo que ya recibió, por webhook-id.",
    ],
    own: &[
        kind::base(
            [
                "Para onde as mensagens vão, sem parâmetros: https://sistema.empresa.com.br/amparo",
                "Where the messages go, without parameters: https://system.company.com/amparo",
                "Adonde van los mensajes, sin parámetros: https://sistema.empresa.com/amparo",
            ],
            "",
        ),
        kind::secret(
            "secret",
            ["Segredo da assinatura", "Signing secret", "Secreto de la firma"],
            [
                "O mesmo que está em quem recebe: whsec_ e 24 a 64 bytes em base64. No Linux: echo whsec_$(openssl rand -base64 32)",
                "The same that the receiver has: whsec_ and 24 to 64 bytes in base64. On Linux: echo whsec_$(openssl rand -base64 32)",
                "El mismo que tiene quien recibe: whsec_ y de 24 a 64 bytes en base64. En Linux: echo whsec_$(openssl rand -base64 32)",
            ],
        ),
    ],
    targets: &TARGETS,
    people: &PERSONS,
    limits: Limits::UNKNOWN,
    connect,
};

static PERSONS: Persons = Persons {
    hint: [
        "O que quem recebe chama de atendente; chega em data.attendant_id.",
        "What the receiver calls the attendant; it arrives in data.attendant_id.",
        "Como llama al agente quien recibe; llega en data.attendant_id.",
    ],
    by_email: false,
    looked_for: false,
    is_one: |text| !text.contains(char::is_control),
};

static TARGETS: Targets = Targets {
    native: &[],
    own: |name| mapping::is_name(&name.replace(['.', '-'], "_")),
    hint: [
        "Um nome à sua escolha, por exemplo filial. Chega em data.fields da mensagem que abre o ticket.",
        "A name of your choice, for example branch. It arrives in data.fields of the message that opens the ticket.",
        "Un nombre a su elección, por ejemplo sucursal. Llega en data.fields del mensaje que abre el ticket.",
    ],
    example: "filial",
    ours: &[],
    settings: &[],
};

fn named(fields: &[Filled]) -> Value {
    fields.iter().map(|filled| (filled.name.clone(), filled.value.clone())).collect()
}

fn connect(settings: &Settings, means: &Means) -> Connected {
    let signer = Signer::of(&settings.secret("secret")).ok_or_else(|| vec![("secret", Problem::NotItsForm)])?;
    Ok(Arc::new(Webhook {
        http: means.http(&KIND, settings)?,
        signer,
        fields: settings.fields(),
        people: People::new(settings.people()),
    }))
}

struct Webhook {
    http: Http,
    signer: Signer,
    fields: Mapping,
    people: People,
}

#[derive(Deserialize, Default)]
struct Told {
    #[serde(default)]
    ticket: Id,
}

impl Webhook {
    fn message(&self, action: &Action, ticket: Option<&TicketNumber>, opening: Option<&NewTicket>) -> Value {
        let mut message = message(action, ticket, opening);
        if let Some(person) = self.people.named(action.author.as_ref()) {
            message["data"]["attendant_id"] = person.into();
        }
        message
    }

    async fn tell(&self, id: &str, message: &Value) -> Result<crate::http::Answer, ReportError> {
        let body = message.to_string();
        let at = self.http.clock().now().as_second();
        let call = signing::call(std::slice::from_ref(&self.signer), id, at, &body);
        self.http.send(call).await
    }
}

/// What the customer told of themselves.
fn known(customer: &CustomerDetails) -> Value {
    let CustomerDetails { name, email, company, phone, document } = customer;
    let all = [("name", name), ("email", email), ("company", company), ("phone", phone), ("document", document)];
    all.into_iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| (key.to_owned(), json!(text))).collect()
}

/// From when to when something was so.
fn from_to((from, to): &(Timestamp, Timestamp)) -> Value {
    json!({ "from": from.to_string(), "to": to.to_string() })
}

/// What was allowed from when on.
fn changed(change: &Change) -> Value {
    let at = i64::try_from(change.at_unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    json!({ "view": change.granted.view, "control": change.granted.control, "from": at.map(|at| at.to_string()) })
}

fn message(action: &Action, ticket: Option<&TicketNumber>, opening: Option<&NewTicket>) -> Value {
    json!({
        "type": match action.kind {
            EventKind::Start => "session.started",
            EventKind::End => "session.ended",
            EventKind::WrapUp => "session.wrapped_up",
            EventKind::Missed => "request.missed",
        },
        "timestamp": action.at.to_string(),
        "data": {
            "session": action.session.to_string(),
            "protocol": action.protocol,
            "ticket": ticket.map(|t| t.as_str()),
            "subject": opening.map(|o| o.subject.as_str()),
            "customer": opening.map(|o| o.requester.0.as_str()),
            "requester": known(&action.facts.customer),
            "attendant": action.author.as_ref().map(|author| author.name.as_str()),
            "started": action.started.to_string(),
            "ended": action.ended.map(|at| at.to_string()),
            "reason": action.reason,
            "allowed": { "view": action.facts.allowed.view, "control": action.facts.allowed.control },
            "allowed_then": action.facts.changes.iter().map(changed).collect::<Vec<_>>(),
            "administrator": action.facts.administrator.iter().map(from_to).collect::<Vec<_>>(),
            "reconnects": action.facts.reconnects,
            "round_trip_ms": action.facts.round_trip_ms,
            "audit": action.facts.audit,
            "category": action.category,
            "solved": action.solved,
            "note": action.note,
            "text": action.text,
            "links": action.links.iter().map(|l| json!({ "title": l.title, "url": l.url })).collect::<Vec<_>>(),
        },
    })
}

/// The same for the same text: what a message is known by that has no marker.
fn short_hash(text: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    hash.as_ref()[..16].iter().map(|b| format!("{b:02x}")).collect()
}

fn cannot_be_asked() -> ReportError {
    ReportError::refused("a webhook cannot be asked")
}

#[async_trait]
impl TicketSystem for Webhook {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            reads: false,
            internal_notes: true,
            public_notes: false,
            returns_id: false,
            links: true,
            customers: true,
            closes_for_good: false,
            repeats: Repeats::LeftToReceiver,
            visible_after: SOON,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        let now = self.http.clock().now();
        let ping = json!({ "type": "ping", "timestamp": now.to_string(), "data": {} });
        self.tell(&format!("ping:{}", now.as_millisecond()), &ping).await?.good()?;
        Ok(Account { name: String::new(), breadth: Breadth::Unknown })
    }

    async fn look_up(&self, _: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        Err(cannot_be_asked())
    }

    async fn open_tickets(&self, _: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        Err(cannot_be_asked())
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        let known = [&customer.name, &customer.company, &customer.email, &customer.phone, &customer.document];
        let known: Vec<&str> = known.into_iter().map(|t| t.as_str()).filter(|t| !t.is_empty()).collect();
        Ok(CustomerRef(known.join(", ")))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
        let first = &ticket.first;
        let fields = self.fields.opening(&ticket.values)?;
        let mut message = self.message(first, None, Some(ticket));
        if !fields.is_empty() {
            message["data"]["fields"] = named(&fields);
        }
        let answer = mapping::told(self.tell(&first.marker, &message).await?, &fields)?;
        // Who knows the ticket's number may tell it; otherwise the protocol number stands for it.
        let says_json = answer.header("content-type").is_some_and(|kind| kind.contains("json"));
        let told: Told = if says_json { answer.json()? } else { Told::default() };
        let number = TicketNumber::new(&told.ticket.0).or_else(|_| TicketNumber::new(&first.protocol));
        Ok(Appended {
            ticket: number.map_err(|_| ReportError::garbage("a ticket without a number"))?,
            external_id: None,
        }
        .into())
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        self.tell(&action.marker, &self.message(action, Some(ticket), None)).await?.good()?;
        Ok(Appended { ticket: ticket.clone(), external_id: None })
    }

    async fn find_marker(
        &self,
        _: Option<&TicketNumber>,
        _: &str,
        _: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        // Sent again in any case: the receiver knows its id.
        Ok(None)
    }

    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError> {
        let late = self.fields.late(values)?;
        if late.is_empty() {
            return Ok(());
        }
        let data = json!({ "ticket": ticket.as_str(), "fields": named(&late) });
        let id = short_hash(&data.to_string());
        let now = self.http.clock().now().to_string();
        let message = json!({ "type": "ticket.fields", "timestamp": now, "data": data });
        mapping::told(self.tell(&format!("fields:{id}"), &message).await?, &late).map(|_| ())
    }

    async fn attach_link(&self, ticket: &TicketNumber, link: &Link) -> Result<(), ReportError> {
        let id = short_hash(&format!("{ticket} {}", link.url));
        let message = json!({
            "type": "session.linked",
            "timestamp": self.http.clock().now().to_string(),
            "data": { "ticket": ticket.as_str(), "title": link.title, "url": link.url },
        });
        self.tell(&format!("link:{id}"), &message).await?.good().map(|_| ())
    }
}
