//! What the relay has on record, read from its data folder while it runs or after it was killed.
//!
//! For the promise that every session leaves exactly one start and one end on exactly one ticket. Reads only.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use store::{
    ActionKind, App, DeskTicket, HistoryQuery, OutboxEntry, Session, SessionState, SqliteStore, Store, Tenant,
    TicketAction, TicketFilter,
};
use tokio::runtime::Runtime;

use crate::wait;

/// The records of one relay's first company.
pub struct Records {
    runtime: Runtime,
    store: Box<dyn Store>,
    tenant: Tenant,
}

/// A ticket with all that is on it.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// The ticket.
    pub ticket: DeskTicket,
    /// Oldest first.
    pub actions: Vec<TicketAction>,
}

impl Records {
    /// Opens the database in a relay's data folder.
    pub fn open(data: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let file = database_in(data)?;
        let store: Box<dyn Store> = open_store(&runtime, &file)?;
        let tenants = runtime.block_on(store.tenants())?;
        let tenant = tenants.into_iter().next().context("the relay has no company on record")?;
        Ok(Self { runtime, store, tenant })
    }

    /// Changes the company's app. While no relay runs on these records: one that does would not know of it.
    pub fn change_app(&self, change: impl FnOnce(&mut App)) -> Result<()> {
        self.runtime.block_on(async {
            let mut app = self.store.apps(self.tenant.id).await?.into_iter().next().context("there is no app")?;
            change(&mut app);
            self.store.update_app(&app).await?;
            Ok(())
        })
    }

    /// All sessions, newest first.
    pub fn sessions(&self) -> Result<Vec<Session>> {
        let query = HistoryQuery { limit: 500, ..HistoryQuery::default() };
        Ok(self.runtime.block_on(self.store.history(self.tenant.id, &query))?)
    }

    /// All tickets with their actions, newest first.
    pub fn tickets(&self) -> Result<Vec<Ticket>> {
        let filter = TicketFilter { limit: 500, ..TicketFilter::default() };
        self.runtime.block_on(async {
            let mut all = Vec::new();
            for ticket in self.store.desk_tickets(self.tenant.id, &filter).await? {
                let actions = self.store.desk_actions(self.tenant.id, &ticket.number).await?;
                all.push(Ticket { ticket, actions });
            }
            Ok(all)
        })
    }

    /// What has not yet arrived at the ticketing system.
    pub fn unsent(&self) -> Result<Vec<OutboxEntry>> {
        Ok(self.runtime.block_on(self.store.outbox_list(self.tenant.id, &[], 500))?)
    }

    /// Waits until every session is over and every action has arrived.
    pub fn wait_settled(&self) -> Result<()> {
        wait::until_true("every session to be over and on its ticket", wait::PATIENCE * 2, || {
            let open =
                self.sessions()?.iter().any(|s| matches!(s.state, SessionState::Dialling | SessionState::Started));
            Ok(!open && self.unsent()?.is_empty())
        })
        .with_context(|| format!("unsent: {:?}", self.unsent()))
    }

    /// Checks the promise for every session there ever was. Gives how many were started.
    pub fn check_every_session(&self) -> Result<usize> {
        let tickets = self.tickets()?;
        let mut started = 0;
        for session in self.sessions()? {
            let on = |kind: ActionKind| -> Vec<(&Ticket, &TicketAction)> {
                tickets
                    .iter()
                    .flat_map(|t| t.actions.iter().map(move |a| (t, a)))
                    .filter(|(_, a)| a.action.session == Some(session.id) && a.action.kind == kind)
                    .collect()
            };
            let (starts, ends) = (on(ActionKind::SessionStart), on(ActionKind::SessionEnd));
            match session.state {
                SessionState::Ended => {
                    started += 1;
                    ensure!(starts.len() == 1, "session {} has {} starts", session.protocol, starts.len());
                    ensure!(ends.len() == 1, "session {} has {} ends", session.protocol, ends.len());
                    let same = starts[0].0.ticket.number == ends[0].0.ticket.number;
                    ensure!(same, "session {} starts on one ticket and ends on another", session.protocol);
                    ensure!(starts[0].1.id < ends[0].1.id, "session {} ends before it starts", session.protocol);
                }
                SessionState::NotStarted => {
                    let none = starts.is_empty() && ends.is_empty();
                    ensure!(none, "session {} never started and is on a ticket", session.protocol);
                }
                SessionState::Dialling | SessionState::Started => {
                    anyhow::bail!("session {} is not over", session.protocol)
                }
            }
        }
        Ok(started)
    }

    /// A ticket as the demo prints it.
    pub fn print(&self, number: &str) -> Result<String> {
        let tickets = self.tickets()?;
        let found = tickets.iter().find(|t| t.ticket.number.as_str() == number);
        let Ticket { ticket, actions } = found.with_context(|| format!("there is no ticket {number}"))?;
        let mut text = format!("Ticket {}  {}\n", ticket.number.as_str(), ticket.subject);
        let requester = &ticket.requester.details;
        text += &format!("  requester  {}, {}\n", requester.name, requester.company);
        text += &format!("  owner      {}\n", ticket.owner_name);
        text += &format!("  status     {:?}\n", ticket.status);
        for action in actions {
            text += &format!("  {}  {:?} by {}\n", action.action.at, action.action.kind, action.action.author_name);
            for line in action.action.text.lines() {
                text += &format!("      {line}\n");
            }
        }
        Ok(text)
    }
}

fn database_in(data: &Path) -> Result<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(data)
        .with_context(|| format!("reading {data:?}"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "db" || e == "sqlite" || e == "sqlite3"))
        .collect();
    files.sort();
    files.into_iter().next().with_context(|| format!("there is no database in {data:?}"))
}

fn open_store(runtime: &Runtime, file: &Path) -> Result<Box<dyn Store>> {
    let store = runtime.block_on(SqliteStore::open(file)).with_context(|| format!("opening {file:?}"))?;
    Ok(Box::new(store))
}
