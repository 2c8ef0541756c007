//! Fields of a Movidesk ticket as its API takes them. Additional fields are one list, which is replaced as a whole: what is there already is
//! sent again. Pure.

use serde_json::{Value, json};

use crate::mapping::{self, Filled};

/// What may be sent of a value, and of an item of a list.
const OF_A_VALUE: [&str; 5] = ["customFieldId", "customFieldRuleId", "line", "value", "items"];
const OF_AN_ITEM: [&str; 6] = ["personId", "clientId", "team", "customFieldItem", "storageFileGuid", "fileName"];

/// How an additional field takes what goes into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// A text, a number, a time.
    Value,
    /// One option of a list, by its name.
    Item,
    /// Several of them.
    Items,
}

/// An additional field: its code, its rule's, and how it takes what goes into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Additional {
    field: u64,
    rule: u64,
    takes: Takes,
}

/// `111:222`, `111:222:item`, `111:222:items`.
pub(super) fn additional(name: &str) -> Option<Additional> {
    let mut parts = name.split(':');
    let mut id = || parts.next().filter(|part| mapping::is_id(part)).and_then(|part| part.parse().ok());
    let (field, rule) = (id()?, id()?);
    let takes = match (parts.next(), parts.next()) {
        (None, None) => Takes::Value,
        (Some("item"), None) => Takes::Item,
        (Some("items"), None) => Takes::Items,
        _ => return None,
    };
    Some(Additional { field, rule, takes })
}

impl Additional {
    fn filled(self, text: &str) -> Value {
        let item = |name: &str| json!({ "customFieldItem": name.trim() });
        let (value, items) = match self.takes {
            Takes::Value => (json!(text), json!([])),
            Takes::Item => (Value::Null, json!([item(text)])),
            Takes::Items => {
                (Value::Null, text.split(';').filter(|name| !name.trim().is_empty()).map(item).collect::<Value>())
            }
        };
        json!({ "customFieldId": self.field, "customFieldRuleId": self.rule, "line": 1, "value": value, "items": items })
    }

    /// Whether it is this field's value that is told here. Further lines of it are not ours.
    fn is_in(self, told: &Value) -> bool {
        let number = |name: &str| match &told[name] {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        (number("customFieldId"), number("customFieldRuleId")) == (Some(self.field), Some(self.rule))
            && number("line").unwrap_or(1) == 1
    }
}

/// Puts fields into a ticket's body. `others`: values of additional fields that are there already; what is sent is the whole of them.
pub(super) fn fill_in(body: &mut Value, fields: &[Filled], others: Vec<Value>) {
    let mut values: Vec<Value> = others.iter().map(|told| sendable(told, &OF_A_VALUE)).collect();
    for filled in fields {
        let Some(own) = additional(&filled.name) else {
            body[filled.name.as_str()] = filled.value.clone();
            continue;
        };
        values.retain(|told| !own.is_in(told));
        values.push(own.filled(&filled.text));
    }
    if fields.iter().any(|filled| !filled.native) {
        body["customFieldValues"] = values.into();
    }
}

/// What is told, as it is sent: without what is Movidesk's own.
fn sendable(told: &Value, names: &[&str]) -> Value {
    let own = told.as_object().into_iter().flatten().filter(|(name, _)| names.contains(&name.as_str()));
    own.map(|(name, value)| {
        let value = match value.as_array() {
            Some(items) => items.iter().map(|item| sendable(item, &OF_AN_ITEM)).collect(),
            None => value.clone(),
        };
        (name.clone(), value)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_additional_field_is_written_with_two_codes_and_what_kind_of_list_it_is() {
        for good in ["111:222", "111:222:item", "111:222:items"] {
            assert!(additional(good).is_some(), "{good}");
        }
        for bad in
            ["", "111", "111:", ":222", "111:222:", "111:222:person", "111:222:team", "111:222:item:1", "a:b", "111:-2"]
        {
            assert!(additional(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn other_lines_and_rules_of_a_field_stay_and_ids_may_be_texts() {
        let filled = Filled { name: "111:222".into(), native: false, text: "novo".into(), value: json!("novo") };
        let told = |field: Value, rule: u64, line: u64| json!({ "customFieldId": field, "customFieldRuleId": rule, "line": line, "value": "velho", "items": [], "id": 9 });
        let others = vec![told(json!("111"), 222, 1), told(json!(111), 222, 2), told(json!(111), 333, 1)];
        let mut body = json!({});
        fill_in(&mut body, &[filled], others);
        let sent = body["customFieldValues"].as_array().unwrap();
        let said: Vec<&str> = sent.iter().map(|value| value["value"].as_str().unwrap()).collect();
        assert_eq!(said, ["velho", "velho", "novo"], "{body}");
        assert!(sent.iter().all(|value| value["id"].is_null()), "{body}");
    }
}
