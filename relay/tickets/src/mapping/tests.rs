//! What is read of pairs of a field and what goes into it, and what comes of it.

#![allow(clippy::unwrap_used)]
use super::*;

static TARGETS: Targets = Targets {
    native: &[text("priority", ["a", "b", "c"]), number("type", ["a", "b", "c"])],
    own: is_id,
    hint: ["a", "b", "c"],
    example: "360012",
    ours: &["subject"],
    settings: &["group"],
};

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn read(all: &[(&str, &str)]) -> Mapping {
    Mapping::parse(&TARGETS, &pairs(all)).unwrap()
}

fn wrong(all: &[(&str, &str)]) -> Vec<(usize, Side, Wrong)> {
    Mapping::parse(&TARGETS, &pairs(all)).unwrap_err()
}

#[test]
fn places_have_names_of_their_own_and_words_in_every_language() {
    for (n, place) in PLACES.iter().enumerate() {
        assert!(PLACES[..n].iter().all(|other| other.name != place.name), "{}", place.name);
        assert!(is_name(place.name) && place.words.iter().all(|words| !words.is_empty()), "{}", place.name);
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_beside_what_it_is_about() {
    /// What is typed into a row, and all that is wrong with it.
    type Row<'a> = (&'a str, &'a str, &'a [(Side, Wrong)]);
    let long = "x".repeat(LONGEST_VALUE + 1);
    let all: &[Row<'_>] = &[
        ("", "x", &[(Side::Field, Wrong::NoField)]),
        ("12", "", &[(Side::Value, Wrong::NoValue)]),
        ("12", " \t", &[(Side::Value, Wrong::NoValue)]),
        ("CF 12", "x", &[(Side::Field, Wrong::NotAField)]),
        ("12a", "{nada}", &[(Side::Field, Wrong::NotAField), (Side::Value, Wrong::UnknownPlace("nada".into()))]),
        ("12", "{customer_name", &[(Side::Value, Wrong::Open)]),
        ("12", &long, &[(Side::Value, Wrong::TooLong)]),
        (&long, "x", &[(Side::Field, Wrong::TooLong)]),
        ("12", "a\nb", &[(Side::Value, Wrong::NotALine)]),
        ("type", "high", &[(Side::Value, Wrong::NotANumber)]),
        ("Subject", "x", &[(Side::Field, Wrong::Ours)]),
        ("group", "x", &[(Side::Field, Wrong::Setting)]),
    ];
    for (name, value, problems) in all {
        let expected: Vec<_> = problems.iter().map(|(side, wrong)| (1, *side, wrong.clone())).collect();
        assert_eq!(wrong(&[("priority", "x"), (name, value)]), expected, "{name:?} {value:?}");
    }
    assert_eq!(wrong(&[("12", "a"), ("", ""), ("12", "b")]), [(2, Side::Field, Wrong::Twice)]);
    let many: Vec<(String, String)> = (0..=MOST).map(|n| (n.to_string(), "x".to_owned())).collect();
    assert_eq!(Mapping::parse(&TARGETS, &many).unwrap_err(), [(MOST, Side::Field, Wrong::TooMany)]);
    assert_eq!(Mapping::parse(&TARGETS, &many[..MOST]).unwrap().0.len(), MOST);
    assert_eq!(read(&[("", ""), (" ", " ")]), Mapping::default());
}

#[test]
fn fields_are_filled_once_and_what_says_nothing_is_left_out() {
    let mapping = read(&[
        ("1", "{customer_name}"),
        ("2", "{customer_email}"),
        ("3", "Cliente: {customer_name} <{customer_email}>"),
        ("4", "fixo"),
        ("5", "{duration_minutes} min"),
        ("type", "{duration_minutes}"),
    ]);
    let values = Values::from([("customer_name", "Cida\u{0} {protocol}".to_owned()), ("protocol", "P-1".to_owned())]);
    let filled = mapping.opening(&values).unwrap();
    let said: Vec<(&str, &str)> = filled.iter().map(|f| (f.name.as_str(), f.text.as_str())).collect();
    // What a customer typed is no place, whatever it looks like.
    assert_eq!(said, [("1", "Cida {protocol}"), ("3", "Cliente: Cida {protocol} <>"), ("4", "fixo")]);
    assert_eq!(mapping.late(&values).unwrap(), []);

    let late = Values::from([("duration_minutes", "12".to_owned()), ("customer_name", "Cida".to_owned())]);
    let filled = mapping.late(&late).unwrap();
    let said: Vec<(&str, &Value)> = filled.iter().map(|f| (f.name.as_str(), &f.value)).collect();
    assert_eq!(said, [("5", &Value::from("12 min")), ("type", &Value::from(12))]);
}

#[test]
fn what_a_field_does_not_take_is_refused_by_name_and_a_flood_is_cut() {
    let mapping = read(&[("type", "{customer_name}")]);
    let refused = mapping.opening(&Values::from([("customer_name", "Cida".to_owned())])).unwrap_err();
    assert!(
        matches!(&refused, ReportError::Rejected { refusal: Refusal::Field, why } if why.contains("type")),
        "{refused:?}"
    );
    let mapping = read(&[("9", "{note}")]);
    let filled = mapping.opening(&Values::from([("note", "ã".repeat(100_000))])).unwrap();
    assert_eq!(filled[0].text.chars().count(), LONGEST_FILLED);
}

#[test]
fn a_name_is_found_in_words_only_where_it_stands_by_itself() {
    assert!(holds_word("No such column 'Filial__c' on Case", "Filial__c"));
    assert!(holds_word("12: is invalid", "12"));
    for text in ["123", "x12", "a_12", "", "1 2"] {
        assert!(!holds_word(text, "12"), "{text}");
    }
}
