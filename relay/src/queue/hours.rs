//! Whether an app is attended at some moment, in the words that its customers are told. Pure.

use jiff::{Timestamp, tz::TimeZone};
use protocol::message::{ShownText, offer::Status, request::Attended};
use store::{App, Availability, Opening, Shut};

use super::presence::Attendant;
use crate::apps::attends;

/// Whether an app is attended: by its hours, by somebody who is there where it distributes, or by an app that its customers overflow to.
pub(super) fn of(app: &App, apps: &[App], zone: &TimeZone, there: &[Attendant], now: Timestamp) -> Attended {
    let own = attended(&app.availability, zone, now);
    if !app.availability.distribute {
        return own;
    }
    let somebody = |app: &App| there.iter().any(|a| a.status == Status::Available && attends(app, &a.operator));
    let overflows = app.availability.overflow.iter().filter_map(|id| apps.iter().find(|app| app.id == *id));
    let mut places = std::iter::once(app).chain(overflows).filter(|app| is_open(&app.availability, zone, now));
    if places.any(somebody) {
        return Attended::Open;
    }
    if own == Attended::Open { Attended::Nobody } else { own }
}

/// Whether it is open at this moment.
pub(super) fn is_open(availability: &Availability, zone: &TimeZone, now: Timestamp) -> bool {
    availability.is_open(now.to_zoned(zone.clone()).datetime())
}

/// Whether these hours are open, on the company's wall.
fn attended(availability: &Availability, zone: &TimeZone, now: Timestamp) -> Attended {
    match availability.opening(now.to_zoned(zone.clone()).datetime()) {
        Opening::Open { .. } => Attended::Open,
        Opening::Closed { why, opens } => {
            let opens = opens.and_then(|at| at.to_zoned(zone.clone()).ok()).map(|at| at.timestamp().as_millisecond());
            Attended::Closed {
                holiday: match why {
                    Shut::Hours => ShownText::default(),
                    Shut::Holiday(name) => ShownText::lossy(&name),
                },
                opens_unix_ms: opens.and_then(|ms| u64::try_from(ms).ok()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::{
        id::{AppId, OperatorId, TenantId},
        message::offer::BreakReason,
    };
    use store::{Holiday, Roles, Staff};

    use super::*;
    use crate::account::Operator;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn closed(holiday: &str, opens: &str) -> Attended {
        let opens_unix_ms = u64::try_from(at(opens).as_millisecond()).ok();
        Attended::Closed { holiday: ShownText::lossy(holiday), opens_unix_ms }
    }

    fn sao_paulo() -> TimeZone {
        TimeZone::get("America/Sao_Paulo").unwrap()
    }

    fn office() -> Availability {
        let holidays = vec![Holiday { date: "2026-11-20".parse().unwrap(), name: "Consciência Negra".into() }];
        Availability { by_hours: true, holidays, ..Availability::default() }
    }

    #[test]
    fn hours_are_those_on_the_companys_wall_and_the_next_opening_is_a_moment() {
        let told = |now: &str| attended(&office(), &sao_paulo(), at(now));
        // A Thursday; São Paulo is three hours behind UTC.
        assert_eq!(told("2026-11-19T11:00:00Z"), Attended::Open);
        assert_eq!(told("2026-11-19T10:59:59Z"), closed("", "2026-11-19T11:00:00Z"));
        assert_eq!(told("2026-11-19T21:00:00Z"), closed("", "2026-11-23T11:00:00Z"));
        assert_eq!(told("2026-11-20T12:00:00Z"), closed("Consciência Negra", "2026-11-23T11:00:00Z"));
        let never = Availability { by_hours: true, hours: Default::default(), ..Availability::default() };
        let nothing = Attended::Closed { holiday: ShownText::default(), opens_unix_ms: None };
        assert_eq!(attended(&never, &sao_paulo(), at("2026-11-19T12:00:00Z")), nothing);
    }

    fn app(n: u8, availability: Availability) -> App {
        let staff = Staff { attendants: vec![OperatorId::from_bytes([n; 16])], ..Staff::default() };
        let id = AppId::from_bytes([n; 16]);
        App { staff, availability, ..App::new(id, TENANT, "App", "Empresa", "4729", Timestamp::UNIX_EPOCH) }
    }

    fn attendant(n: u8, status: Status) -> Attendant {
        let roles = Roles { attend: true, ..Roles::default() };
        let name = format!("user {n}");
        let operator =
            Operator { id: OperatorId::from_bytes([n; 16]), tenant: TENANT, login: name.clone(), name, roles };
        Attendant { operator, status, since: Timestamp::UNIX_EPOCH, ready: true }
    }

    #[test]
    fn an_app_that_distributes_is_attended_by_who_is_there_or_by_who_its_customers_overflow_to() {
        let spreads = Availability { distribute: true, overflow: vec![AppId::from_bytes([2; 16])], ..office() };
        let apps = [app(1, spreads), app(2, Availability::default())];
        let told = |there: &[Attendant], now: &str| of(&apps[0], &apps, &sao_paulo(), there, at(now));
        let (morning, night) = ("2026-11-19T12:00:00Z", "2026-11-20T02:00:00Z");
        assert_eq!(told(&[], morning), Attended::Nobody);
        assert_eq!(told(&[attendant(1, Status::Break(BreakReason::Meal))], morning), Attended::Nobody);
        assert_eq!(told(&[attendant(1, Status::Available)], morning), Attended::Open);
        assert_eq!(told(&[attendant(2, Status::Available)], morning), Attended::Open, "overflow");
        assert_eq!(told(&[attendant(1, Status::Available)], night), closed("", "2026-11-23T11:00:00Z"));
        assert_eq!(told(&[attendant(2, Status::Available)], night), Attended::Open, "the other app is always open");
        // Without distribution who is there does not count: whoever has the console open may look.
        let alone = [app(1, office())];
        assert_eq!(of(&alone[0], &alone, &sao_paulo(), &[], at(morning)), Attended::Open);
    }
}
