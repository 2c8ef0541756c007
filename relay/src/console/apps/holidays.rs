//! The national holidays of Brazil, for "load all".
//!
//! Computed, so that no year is missing. Reads no clock.

use jiff::{ToSpan, civil::Date};
use store::Holiday;

/// Days of a fixed date: month, day, name.
const FIXED: [(i8, i8, &str); 9] = [
    (1, 1, "Confraternização Universal"),
    (4, 21, "Tiradentes"),
    (5, 1, "Dia do Trabalho"),
    (9, 7, "Independência do Brasil"),
    (10, 12, "Nossa Senhora Aparecida"),
    (11, 2, "Finados"),
    (11, 15, "Proclamação da República"),
    (11, 20, "Dia da Consciência Negra"),
    (12, 25, "Natal"),
];

/// The national holidays of a year, in order.
pub(super) fn national(year: i16) -> Vec<Holiday> {
    let fixed = FIXED.iter().filter_map(|(month, day, name)| {
        let date = Date::new(year, *month, *day).ok()?;
        Some(Holiday { date, name: (*name).to_owned() })
    });
    let friday = easter(year).and_then(|sunday| sunday.checked_sub(2.days()).ok());
    let friday = friday.map(|date| Holiday { date, name: "Sexta-feira Santa".to_owned() });
    let mut all: Vec<Holiday> = fixed.chain(friday).collect();
    all.sort();
    all
}

/// Easter Sunday (the anonymous Gregorian computus).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(year, i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn easter_is_where_the_almanac_has_it() {
        for (year, day) in [
            (2024, "2024-03-31"),
            (2025, "2025-04-20"),
            (2026, "2026-04-05"),
            (2027, "2027-03-28"),
            (2038, "2038-04-25"),
        ] {
            assert_eq!(easter(year).unwrap().to_string(), day);
        }
    }

    #[test]
    fn a_year_has_ten_national_holidays_in_order() {
        let days = national(2026);
        assert_eq!(days.len(), 10);
        assert!(days.is_sorted());
        assert!(days.iter().any(|h| h.date.to_string() == "2026-04-03" && h.name == "Sexta-feira Santa"));
    }
}
