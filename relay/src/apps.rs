//! Each company's apps as the relay works with them: read once, read again when they change; and who reaches whose customers.
//!
//! Used by the listener, the console and the queue, which ask for every customer and every request. Must never say that somebody
//! reaches an app because nothing is known: without the records there is an error, and nobody reaches anything.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::SignedDuration;
use protocol::id::{AppId, DeviceId, OperatorId, TenantId};
use store::{App, Store, StoreError};
use tokio::sync::Notify;

use crate::account::Operator;

/// Codes that are tried before a longer one is made.
const CODE_TRIES: usize = 20;
/// How long an app's old code works after it was replaced.
pub const OLD_CODE_WORKS_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Which apps somebody has to do with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    attends: Vec<AppId>,
    administers: Vec<AppId>,
    edits: Vec<AppId>,
    watches: Vec<AppId>,
    /// Archived ones that would be attended: their sessions are seen.
    attended: Vec<AppId>,
    /// A customer of another app who was given to them.
    lent: Option<DeviceId>,
}

impl Reach {
    /// What follows from roles and from the staff of these apps.
    pub fn of(operator: &Operator, apps: &[App]) -> Self {
        let (id, roles) = (operator.id, operator.roles);
        let chosen = |right: &dyn Fn(&App) -> bool| -> Vec<AppId> {
            apps.iter().filter(|app| app.tenant == operator.tenant && right(app)).map(|app| app.id).collect()
        };
        let administers = |app: &App| roles.admin || app.staff.administrators.contains(&id);
        Self {
            attends: chosen(&|app| app.archived.is_none() && attends(app, operator)),
            attended: chosen(&|app| app.archived.is_some() && attends(app, operator)),
            lent: None,
            administers: chosen(&administers),
            watches: chosen(&|app| roles.attend && (administers(app) || (roles.may_watch && attends(app, operator)))),
            edits: chosen(&|app| roles.admin || (roles.may_create_apps && administers(app))),
        }
    }

    /// Connects to its customers.
    pub fn attends(&self, app: AppId) -> bool {
        self.attends.contains(&app)
    }

    /// Connects to this customer of an app.
    pub fn reaches(&self, app: AppId, customer: DeviceId) -> bool {
        self.attends(app) || self.lent == Some(customer)
    }

    /// … and to one who was given to them, whatever app they are of.
    #[must_use]
    pub fn with(mut self, lent: Option<DeviceId>) -> Self {
        self.lent = lent;
        self
    }

    /// Sees its indicators and sessions.
    pub fn administers(&self, app: AppId) -> bool {
        self.administers.contains(&app)
    }

    /// Watches its sessions: administrators, and attendants with the right to. Only who attends at all has a program for it.
    pub fn watches(&self, app: AppId) -> bool {
        self.watches.contains(&app)
    }

    /// Changes how it is configured.
    pub fn edits(&self, app: AppId) -> bool {
        self.edits.contains(&app)
    }

    /// Sees its customers and its sessions.
    pub fn sees(&self, app: AppId) -> bool {
        self.attends(app) || self.administers(app) || self.attended.contains(&app)
    }

    /// Sees the indicators of at least one.
    pub fn has_indicators(&self) -> bool {
        !self.administers.is_empty()
    }

    /// Watches sessions of at least one.
    pub fn has_watches(&self) -> bool {
        !self.watches.is_empty()
    }

    /// Attends at least one.
    pub fn has_customers(&self) -> bool {
        !self.attends.is_empty()
    }

    /// All whose customers and sessions are seen.
    pub fn seen(&self) -> Vec<AppId> {
        let mut seen = self.attends.clone();
        seen.extend(&self.attended);
        seen.extend(self.administers.iter().filter(|app| !self.attends(**app) && !self.attended.contains(app)));
        seen
    }
}

/// A company's apps.
#[derive(Clone)]
struct Company {
    /// Those that there are.
    current: Arc<[App]>,
    /// … and those that are archived.
    every: Arc<[App]>,
}

#[derive(Default)]
struct Known {
    apps: HashMap<TenantId, Company>,
    /// Counts changes: what was read before one is not kept after it.
    changes: u64,
}

/// The apps of all companies.
pub struct Apps {
    store: Arc<dyn Store>,
    known: Mutex<Known>,
    news: Notify,
}

impl Apps {
    /// Apps kept in this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, known: Mutex::default(), news: Notify::new() }
    }

    /// A company's apps, the default first, without those that are archived.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn of(&self, tenant: TenantId) -> Result<Arc<[App]>, StoreError> {
        Ok(self.company(tenant).await?.current)
    }

    /// A company's apps with those that are archived: for what was, and for names.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn every(&self, tenant: TenantId) -> Result<Arc<[App]>, StoreError> {
        Ok(self.company(tenant).await?.every)
    }

    async fn company(&self, tenant: TenantId) -> Result<Company, StoreError> {
        let changes = {
            let known = self.known();
            if let Some(apps) = known.apps.get(&tenant) {
                return Ok(apps.clone());
            }
            known.changes
        };
        let every: Arc<[App]> = self.store.apps(tenant).await?.into();
        let ended = every.iter().any(|app| app.archived.is_some());
        let current =
            if ended { every.iter().filter(|app| app.archived.is_none()).cloned().collect() } else { every.clone() };
        let apps = Company { current, every };
        let mut known = self.known();
        if known.changes == changes {
            known.apps.insert(tenant, apps.clone());
        }
        Ok(apps)
    }

    /// What somebody has to do with their company's apps.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn reach(&self, operator: &Operator) -> Result<Reach, StoreError> {
        Ok(Reach::of(operator, &self.every(operator.tenant).await?))
    }

    /// A company's apps have changed: they are read again.
    pub fn changed(&self, tenant: TenantId) {
        let mut known = self.known();
        known.changes += 1;
        known.apps.remove(&tenant);
        drop(known);
        self.news.notify_one();
    }

    /// Waits until some company's apps have changed since the last time this was waited for. For one task.
    pub(crate) async fn changes(&self) {
        self.news.notified().await;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change under this lock is complete in itself.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether somebody attends this app's customers.
pub fn attends(app: &App, who: &Operator) -> bool {
    who.tenant == app.tenant && who.roles.attend && (app.staff.everyone || app.staff.attendants.contains(&who.id))
}

/// Who may attend an app, of these users, in the order in which customers are offered: as arranged, then the others by name.
pub fn attendants_in_order(app: &App, users: &[Operator]) -> Vec<OperatorId> {
    let mut order: Vec<OperatorId> =
        app.staff.attendants.iter().copied().filter(|id| users.iter().any(|u| u.id == *id && u.roles.attend)).collect();
    if app.staff.everyone {
        let others: Vec<_> = users.iter().filter(|u| u.roles.attend && !order.contains(&u.id)).map(|u| u.id).collect();
        order.extend(others);
    }
    order
}

/// Writes an app down under a code that nobody has.
///
/// # Errors
/// As [`store::AppRecords::add_app`].
pub async fn add(store: &dyn Store, mut app: App) -> Result<App, StoreError> {
    for try_no in 0.. {
        app.code = code(try_no);
        match store.add_app(&app).await {
            Err(StoreError::Conflict { what: "code" }) if try_no < 2 * CODE_TRIES => {}
            Err(error) => return Err(error),
            Ok(()) => break,
        }
    }
    Ok(app)
}

/// Gives an app a code that nobody has; the old one works a while longer.
///
/// # Errors
/// As [`store::AppRecords::put_app_code`].
pub async fn renew_code(store: &dyn Store, app: &App, now: jiff::Timestamp) -> Result<(), StoreError> {
    for try_no in 0.. {
        match store.put_app_code(app.tenant, app.id, &code(try_no), now + OLD_CODE_WORKS_FOR).await {
            Err(StoreError::Conflict { what: "code" }) if try_no < 2 * CODE_TRIES => {}
            other => return other,
        }
    }
    Ok(())
}

/// Four digits that can be said on the telephone; six when those are used up.
fn code(try_no: usize) -> String {
    let digits = if try_no < CODE_TRIES { 4 } else { 6 };
    let least = 10_u32.pow(digits - 1);
    rand::random_range(least..least * 10).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::Timestamp;
    use store::{Roles, Staff};

    use super::*;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);

    fn operator(n: u8, roles: Roles) -> Operator {
        let name = format!("user {n}");
        Operator { id: OperatorId::from_bytes([n; 16]), tenant: TENANT, login: name.clone(), name, roles }
    }

    fn app(n: u8, everyone: bool, administrators: &[u8], attendants: &[u8]) -> App {
        let ids = |list: &[u8]| list.iter().map(|n| OperatorId::from_bytes([*n; 16])).collect();
        let staff = Staff { everyone, administrators: ids(administrators), attendants: ids(attendants) };
        let id = AppId::from_bytes([n; 16]);
        App { staff, ..App::new(id, TENANT, "App", "Empresa", "4729", Timestamp::UNIX_EPOCH) }
    }

    /// attends, administers, edits.
    fn rights(who: &Operator, app: &App) -> [bool; 3] {
        let reach = Reach::of(who, std::slice::from_ref(app));
        [reach.attends(app.id), reach.administers(app.id), reach.edits(app.id)]
    }

    #[test]
    fn an_administrator_of_an_app_who_is_not_its_attendant_does_not_connect() {
        let attends = Roles { attend: true, ..Roles::default() };
        let chosen = app(1, false, &[1], &[2]);
        assert_eq!(rights(&operator(1, attends), &chosen), [false, true, false]);
        assert_eq!(rights(&operator(2, attends), &chosen), [true, false, false]);
        assert_eq!(rights(&operator(3, attends), &chosen), [false, false, false]);
        assert_eq!(rights(&operator(3, attends), &app(1, true, &[], &[])), [true, false, false]);
    }

    #[test]
    fn roles_of_the_company_are_needed_for_what_an_app_gives() {
        let none = Roles::default();
        assert_eq!(rights(&operator(2, none), &app(1, true, &[], &[2])), [false, false, false], "no attendant at all");
        let makes = Roles { may_create_apps: true, ..none };
        assert_eq!(rights(&operator(1, makes), &app(1, true, &[1], &[])), [false, true, true]);
        assert_eq!(rights(&operator(1, makes), &app(1, true, &[2], &[])), [false, false, false], "another's app");
        let admin = Roles { admin: true, ..none };
        assert_eq!(rights(&operator(1, admin), &app(1, true, &[], &[])), [false, true, true]);
    }

    #[test]
    fn an_app_of_another_company_is_out_of_reach() {
        let everything =
            Roles { attend: true, admin: true, may_see_passwords: true, may_create_apps: true, may_watch: true };
        let foreign = App { tenant: TenantId::from_bytes([2; 16]), ..app(1, true, &[1], &[1]) };
        assert_eq!(rights(&operator(1, everything), &foreign), [false, false, false]);
        assert!(!Reach::of(&operator(1, everything), &[foreign]).has_indicators());
    }

    #[test]
    fn nobody_attends_an_archived_app_and_its_sessions_are_seen_by_whoever_did() {
        let attendant = operator(1, Roles { attend: true, ..Roles::default() });
        let stamp = store::Stamp { at: Timestamp::UNIX_EPOCH, by: String::new() };
        let ended = App { archived: Some(stamp), ..app(1, true, &[], &[]) };
        let reach = Reach::of(&attendant, std::slice::from_ref(&ended));
        assert!(!reach.attends(ended.id) && !reach.has_customers());
        assert!(reach.sees(ended.id) && reach.seen() == [ended.id]);
        let chief = operator(2, Roles { attend: true, admin: true, ..Roles::default() });
        let reach = Reach::of(&chief, std::slice::from_ref(&ended));
        assert!(reach.edits(ended.id) && reach.administers(ended.id) && reach.seen() == [ended.id]);
    }

    #[test]
    fn the_arranged_come_first_and_with_everyone_the_others_follow() {
        let attends = Roles { attend: true, ..Roles::default() };
        let users = [operator(1, attends), operator(2, Roles::default()), operator(3, attends), operator(4, attends)];
        let ids =
            |app: &App| -> Vec<u8> { attendants_in_order(app, &users).iter().map(|id| id.as_bytes()[0]).collect() };
        assert_eq!(ids(&app(1, false, &[], &[4, 2, 1])), [4, 1], "who may not attend any more is left out");
        assert_eq!(ids(&app(1, true, &[], &[4])), [4, 1, 3]);
    }

    #[test]
    fn codes_are_short_and_do_not_begin_with_nought() {
        for try_no in [0, CODE_TRIES - 1, CODE_TRIES] {
            let code = code(try_no);
            assert_eq!(code.len(), if try_no < CODE_TRIES { 4 } else { 6 });
            assert!(!code.starts_with('0') && code.bytes().all(|b| b.is_ascii_digit()));
        }
    }
}
