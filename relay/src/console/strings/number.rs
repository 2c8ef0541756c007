//! How numbers are written.

use store::Language;

/// A number with its thousands parted, as this language writes it.
pub(in crate::console) fn number(language: Language, n: usize) -> String {
    let between = if language == Language::En { ',' } else { '.' };
    let digits = n.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(between);
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_parted_as_people_are_used_to() {
        assert_eq!([0, 999, 1_000].map(|n| number(Language::PtBr, n)), ["0", "999", "1.000"]);
        assert_eq!(number(Language::En, 1_234_567), "1,234,567");
        assert_eq!(number(Language::Es, 50_000), "50.000");
    }
}
