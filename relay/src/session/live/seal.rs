//! What both ends of a session sign when it is over: checked, and written into the audit log.
//!
//! A signature that does not fit is written down as well, as a dispute, and acknowledged: telling it again would not make it fit.

use std::time::Duration;

use enrolment::Statement;
use protocol::{
    limits,
    message::{
        pairing::{ReportKept, Step},
        record::{Signed, Told},
    },
};
use store::{Kept, Seal};

use super::{record::ReportOutcome, *};
use crate::key::Keys;

/// By how much a signer's times may differ from the recorded ones: clocks, and the way of a message through a bad network.
const TIMES_DIFFER: Duration = Duration::from_secs(5);
/// Who was cut off may hear of the end only when the session is given up.
const END_HEARD_LATE: Duration = limits::RESUME_WITHIN.saturating_add(TIMES_DIFFER);
/// A session's start may be told later than its end, by a customer who was cut off; for this long a signature waits for it.
const START_TOLD_LATE: Duration = Duration::from_secs(10 * 60);

impl Sessions {
    pub(super) async fn report_signed(&self, row: &Session, role: Role, signed: &Signed, keys: &Keys) -> ReportOutcome {
        let session = row.id;
        let now = Timestamp::now();
        // Its end is told before it, and its start is still to come: told again.
        let Some(ended) = row.ended_at else { return ReportOutcome::NotNow };
        if row.started_at.is_none() && now.duration_since(ended) < START_TOLD_LATE.try_into().unwrap_or_default() {
            return ReportOutcome::NotNow;
        }
        let seal = match keys.tenant(row.tenant) {
            Ok(keys) => seal(row, role, signed, &keys.root_certificate),
            Err(error) => {
                tracing::error!(%session, error = format!("{error:#}"), "a signature cannot be checked now");
                return ReportOutcome::NotNow;
            }
        };
        match self.store.seal_session(session, role, &seal, now).await {
            Ok(kept) => {
                if let (Kept::New, Seal::Disputed { why }) = (kept, &seal) {
                    tracing::warn!(%session, ?role, why, "the record of this session is disputed");
                }
                ReportOutcome::Kept(ReportKept { session, step: Step::Signed, record: None })
            }
            Err(error) => {
                tracing::error!(%session, error = &error as &dyn std::error::Error, "a signature cannot be written down now");
                ReportOutcome::NotNow
            }
        }
    }
}

/// What is written of a statement.
fn seal(row: &Session, role: Role, signed: &Signed, root: &[u8]) -> Seal {
    let Signed { told, key, signature } = signed;
    let statement =
        Statement { tenant: row.tenant, session: row.id, protocol: row.protocol.clone(), role, told: told.clone() };
    let Some(attendant) = row.attendant else { return Seal::Disputed { why: "there was no attendant".to_owned() } };
    let checked = statement
        .verify(attendant, key.der(), signature.as_bytes())
        .and_then(|()| statement.check_root(attendant, key.der(), root));
    if let Err(error) = checked {
        return Seal::Disputed { why: error.to_string() };
    }
    match disagreement(row, told) {
        Some(why) => Seal::Disputed { why: why.to_owned() },
        None => Seal::Signed {
            witness: [told.connection, told.customer_key, told.attendant_key].concat(),
            detail: statement.to_detail(key.der(), signature.as_bytes()),
        },
    }
}

/// In what a statement contradicts the record.
pub(crate) fn disagreement(row: &Session, told: &Told) -> Option<&'static str> {
    let (Some(started), Some(ended), Some(why)) = (row.started_at, row.ended_at, row.close_reason) else {
        return Some("the customer has told of no start");
    };
    // Whoever was cut off, or was not heard any more, knows another reason than the record, and no better one.
    let cut = |why| matches!(why, CloseReason::ConnectionLost | CloseReason::ProgramGone);
    if told.why != why && !cut(told.why) && !cut(why) {
        return Some("it names another reason for the end");
    }
    if (row.granted.view && !told.granted.view) || (row.granted.control && !told.granted.control) {
        return Some("it names less than what was allowed");
    }
    let within = |told: u64, from: Timestamp, early: Duration, late: Duration| {
        let ms = |at: Timestamp| i128::from(at.as_millisecond());
        let (early, late) = (early.as_millis().cast_signed(), late.as_millis().cast_signed());
        (ms(from) - early..=ms(from) + late).contains(&i128::from(told))
    };
    if !within(told.started_unix_ms, started, TIMES_DIFFER, TIMES_DIFFER) {
        return Some("it names another start");
    }
    // A record made for want of any word is later than the end, by as long as a cut session is waited for.
    let early = if cut(why) { END_HEARD_LATE } else { TIMES_DIFFER };
    if !within(told.ended_unix_ms, ended, early, END_HEARD_LATE) {
        return Some("it names another end");
    }
    None
}
