//! A customer who came by a link: what the program is told of the ticket, and where the attendant sees that it is about it.

use amparo_relay::invitation::GOOD_FOR_DAYS;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{AppId, ConnectionId, DeviceId, Password, TenantId, TicketNumber},
    message::{
        FromRelay, ShownText, ToRelay, WrittenText,
        directory::{Field, FieldKey, Register},
        invitation::{Invitation, InvitationError, InvitationIs, Invited, OpenInvitation},
        request::LeaveRequest,
        ticket::{ListTickets, TicketStatus},
    },
};
use store::{CustomerDetails, Language, TicketOf};
use tickets::desk::Author;

use crate::{
    console_support::{self, Browser, EVERYTHING},
    world::{Program, World},
};

impl World {
    async fn author(&self) -> Author {
        let ana = self.relay().shared.store.operator_by_login(self.tenant, "ana").await.unwrap().unwrap();
        Author { operator: ana.id, name: "Ana".into(), language: Language::PtBr }
    }

    /// A ticket of Cida's on the built-in desk.
    async fn ticket(&self, subject: &str) -> TicketNumber {
        let details = CustomerDetails {
            name: "Cida Nogueira".into(),
            email: "cida@a.example".into(),
            company: "Padaria Aurora".into(),
            phone: "11 5555-0100".into(),
            document: "529.982.247-25".into(),
        };
        let (shared, now) = (&self.relay().shared, Timestamp::now());
        let author = self.author().await;
        let cida = shared.desk.find_or_create_customer(self.tenant, &details, now).await.unwrap();
        shared.desk.open_ticket(self.tenant, &author, cida.id, subject, "", now).await.unwrap().number
    }

    async fn set_status(&self, number: &TicketNumber, status: TicketStatus) {
        let (shared, now) = (&self.relay().shared, Timestamp::now());
        let author = self.author().await;
        shared.desk.set_status(self.tenant, &author, number, status, now).await.unwrap();
    }

    /// As the page of an app makes it, so many days ago.
    fn token(&self, tenant: TenantId, app: AppId, ticket: &TicketOf, days: u16) -> Invitation {
        let made = Timestamp::now() - SignedDuration::from_hours(24 * i64::from(days));
        self.relay().shared.invitations().token(tenant, app, ticket, made).unwrap()
    }

    fn invitation(&self, number: &TicketNumber) -> Invitation {
        self.token(self.tenant, self.app, &TicketOf::desk(number.clone()), 0)
    }
}

async fn open(program: &mut Program, app: AppId, invitation: &Invitation) -> Result<Invited, InvitationError> {
    program.say(ToRelay::OpenInvitation(OpenInvitation { app, invitation: invitation.clone() })).await;
    match program.hear_that(|m| if let FromRelay::InvitationIs(is) = m { Some(is) } else { None }).await {
        InvitationIs::Good(invited) => Ok(invited),
        InvitationIs::Refused(why) => Err(why),
    }
}

async fn listed(attendant: &mut Program, partner: DeviceId) -> Vec<String> {
    attendant.say(ToRelay::ListTickets(ListTickets { request: 9, partner })).await;
    let list = attendant.hear_that(|m| if let FromRelay::TicketList(list) = m { Some(list) } else { None }).await;
    list.tickets.unwrap().iter().map(|ticket| ticket.number.to_string()).collect()
}

/// Which customers of the list that comes next wait on a ticket.
async fn waiting_on(attendant: &mut Program) -> Vec<(DeviceId, String)> {
    let on = attendant.hear_that(|m| if let FromRelay::WaitingOn(on) = m { Some(on) } else { None }).await;
    assert!(matches!(attendant.hear().await, Some(FromRelay::Waiting(_))), "the list comes right behind it");
    on.into_iter().map(|row| (row.id, row.ticket.to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_customer_is_told_of_the_ticket_and_the_attendant_sees_them_on_it() {
    let world = World::new().await;
    let (older, newer) = (world.ticket("Nota fiscal").await, world.ticket("Caixa").await);
    let mut customer = world.program().await;
    let invited = open(&mut customer, world.app, &world.invitation(&older)).await.unwrap();
    assert_eq!((invited.number.clone(), invited.subject.as_str()), (older.clone(), "Nota fiscal"));
    let told: Vec<(FieldKey, &str)> = invited.fields.iter().map(|f| (f.key, f.value.as_str())).collect();
    let wanted = [
        (FieldKey::Name, "Cida Nogueira"),
        (FieldKey::Email, "cida@a.example"),
        (FieldKey::Company, "Padaria Aurora"),
        (FieldKey::Phone, "11 5555-0100"),
        (FieldKey::Subject, "Nota fiscal"),
    ];
    assert_eq!(told, wanted, "what the app asks for, and no document");

    // Whatever name they give.
    let id = customer.register(world.app, "Filho da Cida", None).await.id;
    let shared = &world.relay().shared;
    let present = shared.directory.present(world.tenant, id).unwrap();
    assert_eq!(present.invited, Some(TicketOf::desk(older.clone())));
    let mut attendant = world.attendant("ana").await;
    assert_eq!(
        listed(&mut attendant, id).await,
        [older.to_string()],
        "a stranger by name, and the ticket all the same"
    );

    // In the console: in the list, and at the ticket.
    console_support::operator(shared, world.tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", console_support::PASSWORD).await;
    let connect = format!("amparo:connect?id={}&amp;ticket={older}", id.number());
    let board = chief.get("/").await.body;
    assert!(board.contains(&connect) && board.contains(&format!("href=\"/tickets/{older}\"")), "{board}");
    assert!(board.contains(&format!("Convidado por link ao ticket {older}")));
    assert!(chief.get(&format!("/?q={older}")).await.body.contains(&connect), "found by the ticket's number");
    assert!(chief.get(&format!("/tickets/{older}")).await.body.contains(&connect));
    assert!(!chief.get(&format!("/tickets/{newer}")).await.body.contains(&id.number().to_string()));

    // In the program's own list, and it is told when that changes.
    let mut watching = world.attendant("ana").await;
    assert_eq!(waiting_on(&mut watching).await, [(id, older.to_string())]);

    // A program that opens another invitation stands on that one; what is no invitation takes the place of one, too.
    open(&mut customer, world.app, &world.invitation(&newer)).await.unwrap();
    customer.register(world.app, "Cida", None).await;
    let on = |id| shared.directory.present(world.tenant, id).unwrap().invited.clone();
    assert_eq!(on(id), Some(TicketOf::desk(newer.clone())));
    assert_eq!(waiting_on(&mut watching).await, [(id, newer.to_string())]);
    let forged = "0".repeat(40).parse().unwrap();
    assert_eq!(open(&mut customer, world.app, &forged).await, Err(InvitationError::Unknown));
    customer.register(world.app, "Cida", None).await;
    assert_eq!(on(id), None);
    assert_eq!(waiting_on(&mut watching).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ticket_of_an_invitation_comes_first_among_the_customers_own_while_it_is_open() {
    let world = World::new().await;
    let tickets = [world.ticket("Um").await, world.ticket("Dois").await, world.ticket("Três").await];
    let mut customer = world.program().await;
    open(&mut customer, world.app, &world.invitation(&tickets[0])).await.unwrap();
    let field = |key, value| Field { key, value: ShownText::lossy(value) };
    let fields = vec![field(FieldKey::Name, "Cida"), field(FieldKey::Email, "cida@a.example")];
    let password = Password::from_entropy([1, 2, 3, 4, 5]);
    let register = Register { app: world.app, fields, password, previous: None, listed: true };
    customer.say(ToRelay::Register(register)).await;
    let id = customer.hear_that(|m| if let FromRelay::Registered(r) = m { Some(r.id) } else { None }).await;
    let mut attendant = world.attendant("ana").await;
    let all = listed(&mut attendant, id).await;
    assert_eq!((all[0].clone(), all.len()), (tickets[0].to_string(), 3), "{all:?}");
    world.set_status(&tickets[0], TicketStatus::Closed).await;
    let all = listed(&mut attendant, id).await;
    assert!(all.len() == 2 && !all.contains(&tickets[0].to_string()), "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_good_more_than_once_and_also_in_two_programs() {
    let world = World::new().await;
    let number = world.ticket("Nota").await;
    let token = world.invitation(&number);
    let mut first = world.program().await;
    for _ in 0..2 {
        open(&mut first, world.app, &token).await.unwrap();
    }
    let mut second = world.program().await;
    open(&mut second, world.app, &token).await.unwrap();
    for (program, name) in [(&mut first, "Cida"), (&mut second, "Rosa")] {
        let id = program.register(world.app, name, None).await.id;
        let on = world.relay().shared.directory.present(world.tenant, id).unwrap().invited.clone();
        assert_eq!(
            on,
            Some(TicketOf::desk(number.clone())),
            "who has the link waits on the ticket, whoever they say they are"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_is_not_good_tells_nothing_and_the_program_registers_without() {
    let world = World::new().await;
    let number = world.ticket("Nota").await;
    let ticket = TicketOf::desk(number.clone());
    let other_app = AppId::from_bytes([5; 16]);
    let shared = &world.relay().shared;
    let record = shared.store.app(world.app).await.unwrap();
    let record = store::App { id: other_app, code: "775533".to_owned(), ..record };
    shared.store.add_app(&record).await.unwrap();
    let missing = TicketOf::desk(TicketNumber::new("9999").unwrap());
    let gone = TicketOf { system: Some(ConnectionId::from_bytes([7; 16])), number: number.clone() };
    let good = world.token(world.tenant, world.app, &ticket, 0);
    let cut: Invitation = good.as_str()[..good.as_str().len() - 1].parse().unwrap();
    let mut program = world.program().await;
    for (what, app, token) in [
        ("another company's", world.app, world.token(TenantId::from_bytes([9; 16]), world.app, &ticket, 0)),
        ("another app's", world.app, world.token(world.tenant, other_app, &ticket, 0)),
        ("this app's, in another app's program", other_app, good.clone()),
        ("in a program of no app", AppId::from_bytes([6; 16]), good.clone()),
        ("to a ticket that there is not", world.app, world.token(world.tenant, world.app, &missing, 0)),
        ("to a system that there is not", world.app, world.token(world.tenant, world.app, &gone, 0)),
        ("made up", world.app, "0".repeat(160).parse().unwrap()),
        ("renamed by hand", world.app, cut),
    ] {
        assert_eq!(open(&mut program, app, &token).await, Err(InvitationError::Unknown), "{what}");
    }
    let old = world.token(world.tenant, world.app, &ticket, GOOD_FOR_DAYS + 1);
    assert_eq!(open(&mut program, world.app, &old).await, Err(InvitationError::Expired));
    let last = world.token(world.tenant, world.app, &ticket, GOOD_FOR_DAYS);
    assert!(open(&mut program, world.app, &last).await.is_ok());
    for status in [TicketStatus::Resolved, TicketStatus::Closed] {
        world.set_status(&number, status).await;
        assert_eq!(open(&mut program, world.app, &good).await, Err(InvitationError::Over(number.clone())));
    }
    let id = program.register(world.app, "Cida", None).await.id;
    assert_eq!(shared.directory.present(world.tenant, id).unwrap().invited, None);
    world.set_status(&number, TicketStatus::Open).await;
    assert!(open(&mut program, world.app, &good).await.is_ok(), "opened again, it is good again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attendants_own_program_stands_on_no_ticket() {
    let world = World::new().await;
    let number = world.ticket("Nota").await;
    let mut program = world.program().await;
    open(&mut program, world.app, &world.invitation(&number)).await.unwrap();
    let id = program.register_as(world.app, "Ana", None, false).await.id;
    assert_eq!(world.relay().shared.directory.present(world.tenant, id).unwrap().invited, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_an_invited_customer_leaves_is_an_action_on_that_ticket_while_it_is_open() {
    let world = World::new().await;
    let (number, shared) = (world.ticket("Nota").await, &world.relay().shared);
    console_support::operator(shared, world.tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", console_support::PASSWORD).await;
    let leave = async |text: &str| {
        let mut customer = world.program().await;
        open(&mut customer, world.app, &world.invitation(&number)).await.unwrap();
        customer.register(world.app, "Cida <b>", None).await;
        if text.is_empty() {
            // Closed behind the customer's back, while they wait.
            world.set_status(&number, TicketStatus::Resolved).await;
        }
        customer.say(ToRelay::LeaveRequest(LeaveRequest { text: WrittenText::lossy(text) })).await;
        let left = customer.hear_that(|m| if let FromRelay::RequestLeft(left) = m { Some(left) } else { None }).await;
        let left = left.outcome.unwrap();
        let told = customer.hear_that(|m| match m {
            FromRelay::SessionTicket(told) if told.session == left.session => told.ticket,
            _ => None,
        });
        (left.session, told.await)
    };
    let (missed, on) = leave("Liguem <amanhã>.").await;
    assert_eq!(on, number);
    let page = chief.get(&format!("/tickets/{number}")).await.body;
    let tag = format!("<a href=\"/sessions/{missed}\">Não atendida: ninguém disponível</a>");
    assert!(page.contains(&tag) && page.contains("Liguem &#60;amanhã&#62;."), "{page}");
    let page = chief.get(&format!("/sessions/{missed}")).await.body;
    assert!(page.contains(&format!("href=\"/tickets/{number}\"")) && page.contains("Cida &#60;b&#62;"), "{page}");

    let (_, other) = leave("").await;
    assert_ne!(other, number);
    let page = chief.get(&format!("/tickets/{other}")).await.body;
    assert!(page.contains(&format!("O ticket {number} está fechado")), "{page}");
}
