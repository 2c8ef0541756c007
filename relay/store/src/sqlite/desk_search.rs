//! Tickets that are looked for in SQLite: only what is asked for is in the question, so that it goes by an index where there is one.

use protocol::{id::TenantId, message::ticket::TicketStatus};
use sqlx::{QueryBuilder, Sqlite};

use super::{
    LISTED_AT_MOST, SqliteStore,
    desk::{parse, ticket},
    error,
    row::{fold, words},
    words::Index,
};
use crate::{
    desk::{DeskTicket, TicketFilter},
    error::StoreError,
};

const SELECTED: &str =
    "SELECT t.*, c.name, c.email, c.company, c.phone, c.document, c.created_at AS requester_since, o.name AS owner_name
     FROM desk_tickets t JOIN desk_customers c ON c.id = t.requester LEFT JOIN operators o ON o.id = t.owner WHERE ";
/// Places of tickets whose own words, whose actions' or whose requester's have all these letters.
const NARROWED: [&str; 3] = [
    " AND t.row IN (SELECT rowid FROM desk_ticket_words WHERE desk_ticket_words MATCH ",
    " UNION ALL SELECT i.row FROM desk_action_words CROSS JOIN desk_actions a ON a.id = desk_action_words.rowid
      CROSS JOIN desk_tickets i ON i.tenant = a.tenant AND i.number = a.ticket WHERE desk_action_words MATCH ",
    " UNION ALL SELECT i.row FROM desk_contact_words CROSS JOIN desk_tickets i ON i.requester = desk_contact_words.rowid
      WHERE desk_contact_words MATCH ",
];

impl SqliteStore {
    /// The newest tickets that fit.
    pub(super) async fn tickets_found(
        &self,
        tenant: TenantId,
        filter: &TicketFilter,
    ) -> Result<Vec<DeskTicket>, StoreError> {
        let search = fold(filter.search.trim());
        let narrowed = self.narrow(&search, &[Index::Tickets, Index::Actions, Index::Contacts]).await?;
        let mut sql = QueryBuilder::<Sqlite>::new(SELECTED);
        let of = tenant.as_bytes().as_slice();
        // Few that were found are put in order; otherwise the newest are taken in theirs, until there are enough.
        sql.push(if narrowed.is_some() { "+t.tenant = " } else { "t.tenant = " }).push_bind(of);
        if !filter.statuses.is_empty() {
            let to_do = |s: &TicketStatus| matches!(s, TicketStatus::New | TicketStatus::Open | TicketStatus::Waiting);
            if filter.statuses.iter().all(to_do) {
                // In the words of the index of what is to be done.
                sql.push(" AND t.status IN ('new', 'open', 'waiting')");
            }
            sql.push(" AND t.status IN (SELECT value FROM json_each(").push_bind(words(&filter.statuses)).push("))");
        }
        if let Some(requester) = filter.requester {
            sql.push(" AND t.requester = ").push_bind(requester.0);
        }
        if let Some(owner) = &filter.owner {
            sql.push(" AND t.owner = ").push_bind(owner.as_bytes().as_slice());
        }
        if filter.unowned {
            sql.push(" AND t.owner IS NULL");
        }
        if let Some(before) = &filter.before {
            // A page after something that is no number of ours is empty.
            sql.push(" AND t.number < ").push_bind(parse(before).unwrap_or(0));
        }
        if let Some(tag) = &filter.tag {
            sql.push(" AND t.number IN (SELECT g.ticket FROM desk_tags g WHERE g.tenant = ").push_bind(of);
            sql.push(" AND g.tag_key = ").push_bind(fold(tag)).push(")");
        }
        if filter.app.is_some() || filter.category.is_some() {
            let rare = match &filter.category {
                Some(category) => self.few_in_category(tenant, category).await?,
                None => false,
            };
            // Of few sessions the tickets are taken; otherwise each ticket is asked for one, the newest first.
            sql.push(if rare {
                " AND t.number IN (SELECT CAST(s.ticket AS INTEGER) FROM sessions s INDEXED BY sessions_by_category WHERE s.tenant = "
            } else {
                " AND EXISTS (SELECT 1 FROM sessions s WHERE s.ticket = CAST(t.number AS TEXT) AND s.tenant = "
            });
            sql.push_bind(of).push(" AND s.connection IS NULL");
            if let Some(app) = &filter.app {
                sql.push(" AND s.app = ").push_bind(app.as_bytes().as_slice());
            }
            if let Some(category) = &filter.category {
                sql.push(" AND s.category = ").push_bind(category.as_str());
            }
            sql.push(")");
        }
        if let Some(asked) = narrowed {
            for part in NARROWED {
                sql.push(part).push_bind(asked.clone());
            }
            sql.push(")");
        }
        if !search.is_empty() {
            sql.push(" AND (instr(t.search, ").push_bind(search.clone());
            sql.push(") > 0 OR instr(c.search, ").push_bind(search.clone());
            sql.push(") > 0 OR EXISTS (SELECT 1 FROM desk_actions a WHERE a.tenant = t.tenant AND a.ticket = t.number AND instr(a.search, ");
            sql.push_bind(search).push(") > 0))");
        }
        sql.push(" ORDER BY t.number DESC LIMIT ").push_bind(filter.limit.min(LISTED_AT_MOST));
        let rows = sql.build().fetch_all(&self.readers).await.map_err(error::of)?;
        rows.iter().map(ticket).collect()
    }
}
