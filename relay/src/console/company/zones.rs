//! The time zones that a company may be in: those that jiff's database knows for places, the usual ones first.

use jiff::{Timestamp, tz::TimeZone};

use super::{super::shell::Choice, words::Words};

/// Where most of those who use this are.
const USUAL: [&str; 19] = [
    "America/Sao_Paulo",
    "America/Bahia",
    "America/Fortaleza",
    "America/Recife",
    "America/Belem",
    "America/Manaus",
    "America/Cuiaba",
    "America/Rio_Branco",
    "America/Noronha",
    "America/Argentina/Buenos_Aires",
    "America/Santiago",
    "America/Lima",
    "America/Bogota",
    "America/Mexico_City",
    "America/New_York",
    "Europe/Lisbon",
    "Europe/Madrid",
    "Europe/London",
    "UTC",
];
/// Parts of the world, as names of zones begin. Names that begin otherwise are of no place, or old ones of a place that is here.
const AREAS: [&str; 10] =
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];

/// Zones that stand together.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) zones: Vec<Choice>,
}

/// Whether a company may be there.
pub(super) fn is_known(zone: &str) -> bool {
    zone == "UTC" || jiff::tz::db().available().any(|known| known.as_str() == zone && area(zone).is_some())
}

/// All of them, this one chosen; it is there even if it is none of them but the one on record.
pub(super) fn offered(w: &'static Words, chosen: &str, recorded: &str, now: Timestamp) -> Vec<Group> {
    let mut all: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
    all.sort_unstable();
    let choice = |name: &str| Choice::new(name, label(name, now), chosen);
    let mut usual: Vec<Choice> = USUAL.iter().map(|name| choice(name)).collect();
    if !is_known(recorded) {
        usual.insert(0, choice(recorded));
    }
    let mut groups = vec![Group { title: w.usual_zones, zones: usual }];
    for title in AREAS {
        let zones = all.iter().filter(|name| area(name) == Some(title) && !USUAL.contains(&name.as_str()));
        groups.push(Group { title, zones: zones.map(|name| choice(name)).collect() });
    }
    groups
}

fn area(zone: &str) -> Option<&'static str> {
    let (first, place) = zone.split_once('/')?;
    AREAS.into_iter().find(|area| *area == first && !place.is_empty())
}

/// `America/Sao Paulo (UTC-03:00)`: how far it is from UTC now.
fn label(name: &str, now: Timestamp) -> String {
    let shown = name.replace('_', " ");
    let Ok(zone) = TimeZone::get(name) else { return shown };
    let minutes = zone.to_offset(now).seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{shown} (UTC{sign}{:02}:{:02})", minutes.abs() / 60, minutes.abs() % 60)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use store::Language;

    use super::*;

    fn now() -> Timestamp {
        "2026-07-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn every_zone_that_is_offered_is_known_and_stands_there_once() {
        let groups = offered(Words::of(Language::En), "Europe/Madrid", "America/Sao_Paulo", now());
        let names: Vec<&str> = groups.iter().flat_map(|g| g.zones.iter().map(|zone| zone.value.as_str())).collect();
        assert!(names.len() > 300 && names.iter().all(|name| is_known(name) && TimeZone::get(name).is_ok()));
        let mut once = names.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), names.len());
        assert_eq!(names[..2], ["America/Sao_Paulo", "America/Bahia"]);
        let chosen: Vec<&str> =
            groups.iter().flat_map(|g| &g.zones).filter(|zone| zone.chosen).map(|zone| zone.word.as_str()).collect();
        assert_eq!(chosen, ["Europe/Madrid (UTC+02:00)"]);
    }

    #[test]
    fn the_one_on_record_is_offered_whatever_it_is() {
        let groups = offered(Words::of(Language::Es), "Etc/GMT+3", "Etc/GMT+3", now());
        assert!(groups[0].zones[0].value == "Etc/GMT+3" && groups[0].zones[0].chosen);
    }

    #[test]
    fn half_hours_and_zones_behind_utc_are_written_out() {
        assert_eq!(label("Asia/Kolkata", now()), "Asia/Kolkata (UTC+05:30)");
        assert_eq!(label("America/St_Johns", now()), "America/St Johns (UTC-02:30)");
        assert_eq!(label("Nowhere/At_All", now()), "Nowhere/At All");
    }
}
