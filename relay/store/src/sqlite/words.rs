//! Looking for text by any three letters of it: what an index of words is asked for, and when it is worth asking.

use super::{SqliteStore, error};
use crate::error::StoreError;

/// What as many or more have is found sooner by going through all of them, newest first.
pub(super) const FEW: i64 = 2_000;
/// As many groups of letters tell one text from all others.
const ENOUGH: usize = 24;

/// The indexes of words.
#[derive(Debug, Clone, Copy)]
pub(super) enum Index {
    Tickets,
    Actions,
    Contacts,
    Audit,
}

impl SqliteStore {
    /// What these indexes are to be asked for so that few are found by each of them; `None` where asking does not help.
    pub(super) async fn narrow(&self, search: &str, indexes: &[Index]) -> Result<Option<String>, StoreError> {
        let Some(asked) = trigrams(search) else { return Ok(None) };
        for index in indexes {
            let sql = match index {
                Index::Tickets => {
                    "SELECT count(*) FROM (SELECT 1 FROM desk_ticket_words WHERE desk_ticket_words MATCH ?1 LIMIT ?2)"
                }
                Index::Actions => {
                    "SELECT count(*) FROM (SELECT 1 FROM desk_action_words WHERE desk_action_words MATCH ?1 LIMIT ?2)"
                }
                Index::Contacts => {
                    "SELECT count(*) FROM (SELECT 1 FROM desk_contact_words WHERE desk_contact_words MATCH ?1 LIMIT ?2)"
                }
                Index::Audit => "SELECT count(*) FROM (SELECT 1 FROM audit_words WHERE audit_words MATCH ?1 LIMIT ?2)",
            };
            let found: i64 =
                sqlx::query_scalar(sql).bind(&asked).bind(FEW).fetch_one(&self.readers).await.map_err(error::of)?;
            if found >= FEW {
                return Ok(None);
            }
        }
        Ok(Some(asked))
    }
}

/// Three letters each that what is searched for has, as an index is asked for all of them; `None` for what is too short, or has what no text
/// has.
pub(super) fn trigrams(search: &str) -> Option<String> {
    let letters: Vec<char> = search.chars().collect();
    if letters.len() < 3 || letters.contains(&'\0') {
        return None;
    }
    let three = letters.windows(3).take(ENOUGH).map(|three| {
        let text: String = three.iter().collect();
        format!("\"{}\"", text.replace('"', "\"\""))
    });
    Some(three.collect::<Vec<_>>().join(" AND "))
}
