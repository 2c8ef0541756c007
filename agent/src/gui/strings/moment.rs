//! Times and durations as each language writes them. Times come in as UTC and are shown in the system's time zone.

use std::time::Duration;

use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::Language;

/// A running clock: `12:34`, `1:02:03`.
pub fn clock(elapsed: Duration) -> String {
    let s = elapsed.as_secs();
    if s >= 3600 {
        format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    } else {
        format!("{:02}:{:02}", s / 60, s % 60)
    }
}

/// To the second: `26 min 08 s`, `1 h 02 min`, `8 s`. The same in the three languages.
pub fn exact(duration: Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} min", s / 3600, s / 60 % 60),
    }
}

/// In one unit, rounded down: `40 s`, `6 min`, `3 h`, `12 dias`.
pub fn rough(language: Language, duration: Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min", s / 60),
        3600..86_400 => format!("{} h", s / 3600),
        _ => days(language, s / 86_400),
    }
}

/// `1 dia`, `12 days`.
pub fn days(language: Language, n: u64) -> String {
    let (one, many) = match language {
        Language::PtBr => ("dia", "dias"),
        Language::En => ("day", "days"),
        Language::Es => ("día", "días"),
    };
    format!("{n} {}", if n == 1 { one } else { many })
}

/// What is left of a countdown, in whole seconds, never 0 while something is left.
pub fn seconds_left(left: Duration) -> u64 {
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

/// `14:32:08`
pub fn time_of_day(unix_s: i64) -> String {
    zoned(unix_s).strftime("%H:%M:%S").to_string()
}

/// From when to when: `21/11/2026, 14:20 às 14:46`. The second date only where it differs.
pub fn span(language: Language, from_unix_s: i64, to_unix_s: i64) -> String {
    let (from, to) = (zoned(from_unix_s), zoned(to_unix_s));
    let date = |t: &Zoned| match language {
        Language::PtBr | Language::Es => t.strftime("%d/%m/%Y").to_string(),
        Language::En => t.strftime("%-d %b %Y").to_string(),
    };
    let until = match language {
        Language::PtBr => "às",
        Language::En => "to",
        Language::Es => "a",
    };
    let start = format!("{}, {}", date(&from), from.strftime("%H:%M"));
    if from.date() == to.date() {
        format!("{start} {until} {}", to.strftime("%H:%M"))
    } else {
        format!("{start} {until} {}, {}", date(&to), to.strftime("%H:%M"))
    }
}

/// When something opens: `hoje às 13:00`, `segunda-feira, 23/11, às 08:00`.
pub fn opening(language: Language, unix_s: i64) -> String {
    opening_from(language, &zoned(unix_s), &Zoned::now())
}

fn opening_from(language: Language, at: &Zoned, now: &Zoned) -> String {
    let days = (at.date() - now.date()).get_days();
    let time = at.strftime("%H:%M").to_string();
    let weekday = usize::try_from(at.date().weekday().to_monday_zero_offset()).unwrap_or(0);
    let name = |names: [&'static str; 7]| names[weekday.min(6)];
    match (language, days) {
        (Language::PtBr, 0) => format!("hoje às {time}"),
        (Language::PtBr, 1) => format!("amanhã às {time}"),
        (Language::En, 0) => format!("today at {time}"),
        (Language::En, 1) => format!("tomorrow at {time}"),
        (Language::Es, 0) => format!("hoy a las {time}"),
        (Language::Es, 1) => format!("mañana a las {time}"),
        (Language::PtBr, _) => {
            let days =
                ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"];
            format!("{}, {}, às {time}", name(days), at.strftime("%d/%m"))
        }
        (Language::En, _) => {
            let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
            format!("on {}, {}, at {time}", name(days), at.strftime("%-d %b"))
        }
        (Language::Es, _) => {
            let days = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];
            format!("el {} {} a las {time}", name(days), at.strftime("%d/%m"))
        }
    }
}

/// With one decimal, the language's mark, and none for a round number: `1,8`.
pub fn decimal(language: Language, value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    match language {
        Language::PtBr | Language::Es => text.replace('.', ","),
        Language::En => text.to_owned(),
    }
}

fn zoned(unix_s: i64) -> Zoned {
    Timestamp::from_second(unix_s).unwrap_or_default().to_zoned(TimeZone::system())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_the_design_writes_them() {
        assert_eq!(clock(Duration::from_secs(754)), "12:34");
        assert_eq!(clock(Duration::from_secs(3723)), "1:02:03");
        assert_eq!(exact(Duration::from_secs(1568)), "26 min 08 s");
        assert_eq!(exact(Duration::from_secs(8)), "8 s");
        assert_eq!(rough(Language::PtBr, Duration::from_secs(3 * 86_400)), "3 dias");
        assert_eq!(rough(Language::Es, Duration::from_secs(86_400)), "1 día");
        assert_eq!(decimal(Language::PtBr, 1.8), "1,8");
        assert_eq!(decimal(Language::En, 2.0), "2");
    }

    #[test]
    fn an_opening_is_told_as_people_say_it() {
        let at = |text: &str| text.parse::<Zoned>().unwrap_or_else(|error| panic!("{error}"));
        let thursday = at("2026-11-19T18:30[America/Sao_Paulo]");
        let says = |language, when: &str| opening_from(language, &at(when), &thursday);
        assert_eq!(says(Language::PtBr, "2026-11-19T19:00[America/Sao_Paulo]"), "hoje às 19:00");
        assert_eq!(says(Language::Es, "2026-11-20T08:00[America/Sao_Paulo]"), "mañana a las 08:00");
        let monday = "2026-11-23T08:00[America/Sao_Paulo]";
        assert_eq!(says(Language::PtBr, monday), "segunda-feira, 23/11, às 08:00");
        assert_eq!(says(Language::En, monday), "on Monday, 23 Nov, at 08:00");
        assert_eq!(says(Language::Es, monday), "el lunes 23/11 a las 08:00");
    }

    #[test]
    fn a_countdown_shows_one_second_until_it_is_over() {
        assert_eq!(seconds_left(Duration::from_millis(1)), 1);
        assert_eq!(seconds_left(Duration::from_millis(2000)), 2);
        assert_eq!(seconds_left(Duration::ZERO), 0);
    }
}
