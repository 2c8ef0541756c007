//! Placeholders in texts that people write: `{name}` stands for a value. What was filled in is not looked at again.

/// A text with its placeholders filled in. What `of` does not know stays as it is.
pub fn fill<'a>(text: &str, of: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}').and_then(|(name, behind)| Some((of(name)?, behind))) {
            Some((value, behind)) => {
                filled.push_str(value);
                rest = behind;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// The first thing in braces that looks like a placeholder and is none of these.
pub fn unknown(text: &str, known: &[&str]) -> Option<String> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).find_map(|name| {
        let looks = !name.is_empty() && name.len() <= 40 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        (looks && !known.contains(&name)).then(|| format!("{{{name}}}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once_and_other_braces_stay() {
        let of = |name: &str| match name {
            "a" => Some("{b}"),
            "b" => Some("B"),
            _ => None,
        };
        assert_eq!(fill("{a} {b} {c} { {} {a", of), "{b} B {c} { {} {a");
        assert_eq!(fill("{ {a}", of), "{ {b}");
    }

    #[test]
    fn what_looks_like_a_placeholder_and_is_none_is_found() {
        assert_eq!(unknown("{a} {nobody}", &["a"]), Some("{nobody}".to_owned()));
        assert_eq!(unknown("{a} { x } {X} {}", &["a"]), None);
    }
}
