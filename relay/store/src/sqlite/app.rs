//! Apps, their people and their codes in SQLite. An app is always written whole, by one transaction.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{AppId, OperatorId, TenantId};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteStore, error,
    row::{Columns, json, ms, word},
    webhook,
};
use crate::{
    app::{App, AppRecords, Availability, Staff, Stamp},
    error::StoreError,
};

const ADMINISTRATOR: &str = "administrator";
const ATTENDANT: &str = "attendant";

/// Reads an app without its people.
fn app(row: &SqliteRow) -> Result<App, StoreError> {
    Ok(App {
        id: row.id("id")?,
        tenant: row.id("tenant")?,
        name: row.plain("name")?,
        code: row.plain("code")?,
        revision: row.count("revision")?,
        title: row.plain("title")?,
        company: row.plain("company")?,
        accent: row.plain("accent")?,
        phone: row.plain("phone")?,
        welcome: row.plain("welcome")?,
        language: row.word("language")?,
        fields: row.json("fields")?,
        logo_png: row.plain("logo_png")?,
        staff: Staff { everyone: row.plain("everyone_attends")?, ..Staff::default() },
        availability: row.json("availability")?,
        wrap_up: row.json("wrap_up")?,
        quiet_updates: row.plain("quiet_updates")?,
        changed: Stamp { at: row.time("changed_at")?, by: row.plain("changed_by")? },
        archived: match row.time_if_any("archived_at")? {
            Some(at) => Some(Stamp { at, by: row.plain("archived_by")? }),
            None => None,
        },
        created_at: row.time("created_at")?,
    })
}

/// Reads everybody of one app into it.
async fn staffed(connection: &mut SqliteConnection, mut app: App) -> Result<App, StoreError> {
    let rows = sqlx::query("SELECT operator, role FROM app_people WHERE app = ? ORDER BY role, place")
        .bind(app.id.as_bytes().as_slice())
        .fetch_all(connection)
        .await
        .map_err(error::of)?;
    for row in rows {
        let operator: OperatorId = row.id("operator")?;
        let list = match row.plain::<&str>("role")? {
            ADMINISTRATOR => &mut app.staff.administrators,
            _ => &mut app.staff.attendants,
        };
        list.push(operator);
    }
    Ok(app)
}

async fn put_staff(tx: &mut SqliteConnection, app: &App) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM app_people WHERE app = ?")
        .bind(app.id.as_bytes().as_slice())
        .execute(&mut *tx)
        .await
        .map_err(error::of)?;
    // Only people of the app's own company: others are not found.
    let sql = "INSERT INTO app_people (app, operator, role, place)
               SELECT ?1, id, ?3, ?4 FROM operators WHERE id = ?2 AND tenant = ?5";
    for (role, people) in [(ADMINISTRATOR, &app.staff.administrators), (ATTENDANT, &app.staff.attendants)] {
        for (place, operator) in (0_i64..).zip(people) {
            let done = sqlx::query(sql)
                .bind(app.id.as_bytes().as_slice())
                .bind(operator.as_bytes().as_slice())
                .bind(role)
                .bind(place)
                .bind(app.tenant.as_bytes().as_slice())
                .execute(&mut *tx)
                .await
                .map_err(error::unique("staff"))?;
            if done.rows_affected() == 0 {
                return Err(StoreError::NotFound { what: "operator" });
            }
        }
    }
    Ok(())
}

async fn put_code(tx: &mut SqliteConnection, app: AppId, code: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO app_codes (code, app) VALUES (?, ?)")
        .bind(code)
        .bind(app.as_bytes().as_slice())
        .execute(tx)
        .await
        .map_err(error::unique("code"))?;
    Ok(())
}

/// Whether a company's app is there and archived.
async fn archived(tx: &mut SqliteConnection, tenant: TenantId, id: AppId) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT archived_at FROM apps WHERE id = ? AND tenant = ?")
        .bind(id.as_bytes().as_slice())
        .bind(tenant.as_bytes().as_slice())
        .fetch_optional(tx)
        .await;
    let row = row.map_err(error::of)?.ok_or(StoreError::NotFound { what: "app" })?;
    Ok(row.time_if_any("archived_at")?.is_some())
}

/// Writes whether an app is archived; a change of it like any other.
async fn put_archived(tx: &mut SqliteConnection, id: AppId, ends: bool, by: &Stamp) -> Result<(), StoreError> {
    let sql =
        "UPDATE apps SET archived_at = ?2, archived_by = ?3, changed_at = ?4, changed_by = ?5, revision = revision + 1
               WHERE id = ?1 RETURNING *";
    let row = sqlx::query(sql)
        .bind(id.as_bytes().as_slice())
        .bind(ends.then(|| ms(by.at)))
        .bind(if ends { by.by.as_str() } else { "" })
        .bind(ms(by.at))
        .bind(&by.by)
        .fetch_one(&mut *tx)
        .await
        .map_err(error::of)?;
    let now = app(&row)?;
    webhook::app(tx, &now, now.revision).await
}

/// Whether there is a row for this app (`?1`) of this company (`?2`).
async fn any(tx: &mut SqliteConnection, sql: &'static str, tenant: TenantId, id: AppId) -> Result<bool, StoreError> {
    sqlx::query_scalar(sql)
        .bind(id.as_bytes().as_slice())
        .bind(tenant.as_bytes().as_slice())
        .fetch_one(tx)
        .await
        .map_err(error::of)
}

#[async_trait]
impl AppRecords for SqliteStore {
    async fn add_app(&self, app: &App) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let sql = "INSERT INTO apps
                   (id, tenant, name, code, revision, title, company, accent, phone, welcome, language, fields, logo_png,
                    everyone_attends, availability, wrap_up, quiet_updates, changed_at, changed_by, created_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(app.id.as_bytes().as_slice())
            .bind(app.tenant.as_bytes().as_slice())
            .bind(&app.name)
            .bind(&app.code)
            .bind(app.revision)
            .bind(&app.title)
            .bind(&app.company)
            .bind(&app.accent)
            .bind(&app.phone)
            .bind(&app.welcome)
            .bind(word(app.language))
            .bind(json(&app.fields))
            .bind(app.logo_png.as_deref())
            .bind(app.staff.everyone)
            .bind(json(&app.availability))
            .bind(json(&app.wrap_up))
            .bind(app.quiet_updates)
            .bind(ms(app.changed.at))
            .bind(&app.changed.by)
            .bind(ms(app.created_at))
            .execute(&mut *tx)
            .await
            .map_err(error::referring("app", "tenant"))?;
        put_code(&mut tx, app.id, &app.code).await?;
        put_staff(&mut tx, app).await?;
        webhook::app(&mut tx, app, app.revision).await?;
        tx.commit().await.map_err(error::of)
    }

    async fn app(&self, id: AppId) -> Result<App, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(error::of)?;
        let row = sqlx::query("SELECT * FROM apps WHERE id = ?")
            .bind(id.as_bytes().as_slice())
            .fetch_optional(&mut *connection)
            .await;
        let found = app(&row.map_err(error::of)?.ok_or(StoreError::NotFound { what: "app" })?)?;
        staffed(&mut connection, found).await
    }

    async fn apps(&self, tenant: TenantId) -> Result<Vec<App>, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(error::of)?;
        let rows = sqlx::query("SELECT * FROM apps WHERE tenant = ? ORDER BY created_at, rowid")
            .bind(tenant.as_bytes().as_slice())
            .fetch_all(&mut *connection)
            .await
            .map_err(error::of)?;
        let mut apps = Vec::with_capacity(rows.len());
        for row in &rows {
            apps.push(staffed(&mut connection, app(row)?).await?);
        }
        Ok(apps)
    }

    async fn update_app(&self, app: &App) -> Result<u32, StoreError> {
        let mut tx = self.write().await?;
        let sql = "UPDATE apps SET name = ?4, title = ?5, company = ?6, accent = ?7, phone = ?8, welcome = ?9,
                       language = ?10, fields = ?11, logo_png = ?12, everyone_attends = ?13, availability = ?14,
                       wrap_up = ?15, quiet_updates = ?16, changed_at = ?17, changed_by = ?18, revision = revision + 1
                   WHERE id = ?1 AND tenant = ?2 AND revision = ?3";
        let done = sqlx::query(sql)
            .bind(app.id.as_bytes().as_slice())
            .bind(app.tenant.as_bytes().as_slice())
            .bind(app.revision)
            .bind(&app.name)
            .bind(&app.title)
            .bind(&app.company)
            .bind(&app.accent)
            .bind(&app.phone)
            .bind(&app.welcome)
            .bind(word(app.language))
            .bind(json(&app.fields))
            .bind(app.logo_png.as_deref())
            .bind(app.staff.everyone)
            .bind(json(&app.availability))
            .bind(json(&app.wrap_up))
            .bind(app.quiet_updates)
            .bind(ms(app.changed.at))
            .bind(&app.changed.by)
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 {
            let row = sqlx::query("SELECT 1 FROM apps WHERE id = ? AND tenant = ?")
                .bind(app.id.as_bytes().as_slice())
                .bind(app.tenant.as_bytes().as_slice())
                .fetch_optional(&mut *tx)
                .await
                .map_err(error::of)?;
            return Err(match row {
                Some(_) => StoreError::Conflict { what: "revision" },
                None => StoreError::NotFound { what: "app" },
            });
        }
        put_staff(&mut tx, app).await?;
        webhook::app(&mut tx, app, app.revision + 1).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(app.revision + 1)
    }

    async fn put_app_code(
        &self,
        tenant: TenantId,
        id: AppId,
        code: &str,
        old_until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query("UPDATE apps SET code = ?3 WHERE id = ?1 AND tenant = ?2")
            .bind(id.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(code)
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "app" });
        }
        sqlx::query("UPDATE app_codes SET valid_until = ?2 WHERE app = ?1 AND valid_until IS NULL")
            .bind(id.as_bytes().as_slice())
            .bind(ms(old_until))
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        put_code(&mut tx, id, code).await?;
        tx.commit().await.map_err(error::of)
    }

    async fn archive_app(&self, tenant: TenantId, id: AppId, by: &Stamp) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        if archived(&mut tx, tenant, id).await? {
            return Ok(false);
        }
        let others = "SELECT EXISTS (SELECT 1 FROM apps WHERE tenant = ?2 AND id <> ?1 AND archived_at IS NULL)";
        if !any(&mut tx, others, tenant, id).await? {
            return Err(StoreError::Conflict { what: "last app" });
        }
        put_archived(&mut tx, id, true, by).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(true)
    }

    async fn restore_app(&self, tenant: TenantId, id: AppId, by: &Stamp) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        if !archived(&mut tx, tenant, id).await? {
            return Ok(false);
        }
        put_archived(&mut tx, id, false, by).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(true)
    }

    async fn remove_app(&self, tenant: TenantId, id: AppId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        if !archived(&mut tx, tenant, id).await? {
            return Err(StoreError::Conflict { what: "archived" });
        }
        let sessions = "SELECT EXISTS (SELECT 1 FROM sessions WHERE app = ?1 AND ?2 IS NOT NULL)";
        if any(&mut tx, sessions, tenant, id).await? {
            return Err(StoreError::Conflict { what: "sessions" });
        }
        let others = sqlx::query("SELECT availability FROM apps WHERE tenant = ? AND id <> ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .fetch_all(&mut *tx)
            .await
            .map_err(error::of)?;
        for other in &others {
            if other.json::<Availability>("availability")?.overflow.contains(&id) {
                return Err(StoreError::Conflict { what: "overflow" });
            }
        }
        for sql in [
            "DELETE FROM app_codes WHERE app = ?",
            "DELETE FROM app_people WHERE app = ?",
            "DELETE FROM apps WHERE id = ?",
        ] {
            sqlx::query(sql).bind(id.as_bytes().as_slice()).execute(&mut *tx).await.map_err(error::of)?;
        }
        tx.commit().await.map_err(error::of)
    }

    async fn app_by_code(&self, code: &str, now: Timestamp) -> Result<Option<App>, StoreError> {
        let sql = "SELECT app FROM app_codes WHERE code = ?1 AND (valid_until IS NULL OR valid_until > ?2)";
        let row = sqlx::query(sql).bind(code).bind(ms(now)).fetch_optional(&self.readers).await.map_err(error::of)?;
        let Some(row) = row else { return Ok(None) };
        self.app(row.id("app")?).await.map(Some)
    }
}
