//! What is on record after a session: its page, its receipt and what they are worth, the history, the indicators, and all of it as files.

use anyhow::{Context, Result, ensure};
use harness::wait;
use harness::world::ANA;
use serde_json::Value;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

use super::office::{BRUNO, Office};
use super::words::fill;

const CIDA: &str = "Cida Nogueira";

pub fn walk(office: &Office, ticket: &str) -> Result<()> {
    let protocol = office.world.records()?.sessions()?.first().context("no session")?.protocol.to_string();
    history(office, &protocol, ticket)?;
    session(office, &protocol)?;
    indicators(office)?;
    tampered(office, &protocol)
}

fn history(office: &Office, protocol: &str, ticket: &str) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    admin.press_named(w.history)?;
    admin.wait_line("tbody tr", &[CIDA, BRUNO, w.by_attendant, ticket, protocol])?;
    admin.choose(w.result, w.by_customer)?;
    admin.press_named(w.search)?;
    admin.wait_text(w.none_filtered)?;
    admin.press_named(w.clear_filters)?;
    admin.fill_named(w.search_history, protocol)?;
    admin.choose(w.attendant, BRUNO)?;
    admin.press_named(w.search)?;
    admin.wait_line("tbody tr", &[CIDA, BRUNO, protocol])?;
    ensure!(admin.chosen(w.attendant)? == BRUNO && admin.value(w.search_history)? == protocol);

    // The files hold what the filters find.
    let (status, csv) = admin.fetched(&admin.address_of("CSV")?)?;
    ensure!(status == 200 && csv.contains(protocol) && csv.contains(w.protocol), "{csv}");
    let (_, json) = admin.fetched(&admin.address_of("JSON")?)?;
    let json: Value = serde_json::from_str(&json)?;
    ensure!(json[0]["protocol"] == protocol && json[0]["ticket"] == ticket && json.as_array().map(Vec::len) == Some(1));
    let (_, none) = admin.fetched("/history.json?q=ninguem")?;
    ensure!(serde_json::from_str::<Value>(&none)?.as_array().is_some_and(Vec::is_empty), "{none}");
    Ok(())
}

fn session(office: &Office, protocol: &str) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    admin.press_named(protocol)?;
    for said in [w.timeline, w.facts, &fill(w.end_ordered, ANA), w.ended_by_order] {
        admin.wait_text(said)?;
    }
    ensure!(!admin.text()?.contains(&fill(w.ended_by_attendant, BRUNO)), "whoever did not end it is said to have");
    // Both programs sign at the end, each in its own time.
    wait::until_true("both signatures", wait::PATIENCE, || {
        if admin.text()?.contains(w.verified) {
            return Ok(true);
        }
        admin.press_named(w.check_log)?;
        Ok(false)
    })?;
    for said in [w.customer_signed, w.attendant_signed, w.facts_fit, w.allowed_control] {
        admin.wait_text(said)?;
    }
    admin.press_named(w.check_log)?;
    admin.wait_text(w.log_is_whole.split("{}").next().context("words")?)?;
    admin.press_named(w.receipt)?;
    for said in [w.receipt_title, protocol, CIDA, BRUNO, w.verified] {
        admin.wait_text(said)?;
    }
    admin.press_named(w.to_session)?;
    admin.wait_text(w.timeline)
}

fn indicators(office: &Office) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    admin.press_named(w.indicators)?;
    admin.wait_line("tbody tr", &[BRUNO])?;
    for said in [w.mean_duration, w.mean_wait, w.missed_many] {
        admin.wait_text(said)?;
    }
    admin.choose(w.range, w.yesterday)?;
    admin.press_named(w.show)?;
    admin.wait_text(w.nothing_counted)?;
    admin.choose(w.range, w.last_7_days)?;
    admin.press_named(w.show)?;
    admin.wait_line("tbody tr", &[BRUNO])?;
    let (status, csv) = admin.fetched(&admin.address_of("CSV")?)?;
    ensure!(status == 200 && csv.contains(BRUNO) && csv.contains(w.mean_duration), "{csv}");
    let (_, json) = admin.fetched(&admin.address_of("JSON")?)?;
    ensure!(serde_json::from_str::<Value>(&json)?.to_string().contains(BRUNO), "{json}");
    Ok(())
}

/// Somebody changes what is on record: the page says so.
fn tampered(office: &Office, protocol: &str) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    let file = office.world.relay.data.join("amparo.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let changed = runtime.block_on(async {
        let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&file)).await?;
        let longer = "UPDATE sessions SET ended_at = ended_at + 60000 WHERE protocol = ?";
        sqlx::query(longer).bind(protocol).execute(&pool).await
    })?;
    ensure!(changed.rows_affected() == 1);
    office.goto(admin, "/history")?;
    admin.press_named(protocol)?;
    for said in [w.altered, w.facts_differ] {
        admin.wait_text(said)?;
    }
    Ok(())
}
