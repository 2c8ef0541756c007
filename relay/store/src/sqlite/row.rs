//! Values of our types from and to columns. A column that does not hold what it should is damage, and says which.

use jiff::Timestamp;
use protocol::id::{AppId, ConnectionId, DeviceId, OperatorId, SessionId, TenantId};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, sqlite::SqliteRow};

use super::error;
use crate::error::StoreError;

/// An id of 128 bits.
pub(super) trait RandomId: Sized {
    /// The id of these bits.
    fn of(bytes: [u8; 16]) -> Self;
}

macro_rules! random_ids {
    ($($id:ty),*) => { $(impl RandomId for $id { fn of(bytes: [u8; 16]) -> Self { Self::from_bytes(bytes) } })* };
}
random_ids!(TenantId, AppId, ConnectionId, OperatorId, SessionId);

/// Milliseconds since 1970 UTC.
pub(super) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The word of an enum's variant.
pub(super) fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => unreachable!("our enums of the database have words only"),
    }
}

/// The words of several variants as a JSON array, for `json_each`.
pub(super) fn words<T: Serialize + Copy>(values: &[T]) -> String {
    json(&values.iter().map(|v| word(*v)).collect::<Vec<_>>())
}

/// A value as JSON.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our records have nothing that JSON has not")
}

/// Text as it is looked for: lower case, without the accents of our three languages.
pub fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect()
}

/// Several texts as they are looked for, kept apart.
pub(super) fn folded(texts: &[&str]) -> String {
    texts.iter().map(|text| fold(text)).collect::<Vec<_>>().join("\u{1f}")
}

/// Reads columns as our types.
pub(super) trait Columns {
    /// A column as it is.
    fn plain<'r, T>(&'r self, column: &'static str) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>;
    /// A time.
    fn time(&self, column: &'static str) -> Result<Timestamp, StoreError>;
    /// A time that may be missing.
    fn time_if_any(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError>;
    /// An id.
    fn id<T: RandomId>(&self, column: &'static str) -> Result<T, StoreError>;
    /// An id that may be missing.
    fn id_if_any<T: RandomId>(&self, column: &'static str) -> Result<Option<T>, StoreError>;
    /// A word.
    fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError>;
    /// A variant's word that may be missing, or be one of a later version.
    fn word_if_known<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, StoreError>;
    /// A JSON text.
    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError>;
    /// Text that is parsed.
    fn parsed<T: std::str::FromStr>(&self, column: &'static str) -> Result<T, StoreError>;
    /// Text that is parsed and may be missing.
    fn parsed_if_any<T: std::str::FromStr>(&self, column: &'static str) -> Result<Option<T>, StoreError>;
    /// A whole number that is not negative.
    fn count(&self, column: &'static str) -> Result<u32, StoreError>;
    /// A device's number.
    fn device(&self, column: &'static str) -> Result<DeviceId, StoreError>;
}

/// The error for a column that does not hold what it should.
pub(super) fn damaged(column: &'static str) -> StoreError {
    StoreError::Corrupt { what: format!("column {column}") }
}

impl Columns for SqliteRow {
    fn plain<'r, T>(&'r self, column: &'static str) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        self.try_get(column).map_err(error::of)
    }

    fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        Timestamp::from_millisecond(self.plain(column)?).map_err(|_| damaged(column))
    }

    fn time_if_any(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = self.plain(column)?;
        at.map(|at| Timestamp::from_millisecond(at).map_err(|_| damaged(column))).transpose()
    }

    fn id<T: RandomId>(&self, column: &'static str) -> Result<T, StoreError> {
        self.id_if_any(column)?.ok_or_else(|| damaged(column))
    }

    fn id_if_any<T: RandomId>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        let bytes: Option<&[u8]> = self.plain(column)?;
        bytes.map(|bytes| bytes.try_into().map(T::of).map_err(|_| damaged(column))).transpose()
    }

    fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_value(serde_json::Value::String(self.plain(column)?)).map_err(|_| damaged(column))
    }

    fn word_if_known<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        let word: Option<String> = self.plain(column)?;
        Ok(word.and_then(|word| serde_json::from_value(serde_json::Value::String(word)).ok()))
    }

    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(self.plain(column)?).map_err(|_| damaged(column))
    }

    fn parsed<T: std::str::FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
        self.plain::<&str>(column)?.parse().map_err(|_| damaged(column))
    }

    fn parsed_if_any<T: std::str::FromStr>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        let text: Option<&str> = self.plain(column)?;
        text.map(|text| text.parse().map_err(|_| damaged(column))).transpose()
    }

    fn count(&self, column: &'static str) -> Result<u32, StoreError> {
        u32::try_from(self.plain::<i64>(column)?).map_err(|_| damaged(column))
    }

    fn device(&self, column: &'static str) -> Result<DeviceId, StoreError> {
        DeviceId::new(self.count(column)?).ok_or_else(|| damaged(column))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn text_is_found_whatever_its_case_and_accents() {
        assert_eq!(fold("ÁGUA Conceição Ñandú"), "agua conceicao nandu");
        assert_eq!(folded(&["Cida", "Padaria\nAurora"]), "cida\u{1f}padaria aurora");
    }
}
