//! CBOR as authenticators write it (CTAP 2, section 8): the shortest form of everything, nothing twice, nothing after the end.
//!
//! The crate `ciborium` reads; what it reads is written again and must come out the same, so that what can be written in two ways is
//! taken in one. The order of a map's keys is left alone: browsers put together what authenticators made, and some do it their way.

use ciborium::Value;

use super::Refused;

/// Maps in maps in maps: no authenticator goes deeper (CTAP 2, section 8).
const DEPTH: usize = 4;

/// The first value of these bytes, and what comes after it.
pub(super) fn first(bytes: &[u8]) -> Result<(Value, &[u8]), Refused> {
    let mut rest = bytes;
    let value: Value =
        ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH).map_err(|_| Refused::Unreadable)?;
    let mut again = Vec::new();
    ciborium::into_writer(&value, &mut again).map_err(|_| Refused::Unreadable)?;
    if again != bytes[..bytes.len() - rest.len()] || !has_each_key_once(&value) {
        return Err(Refused::Unreadable);
    }
    Ok((value, rest))
}

/// The value that these bytes are.
pub(super) fn whole(bytes: &[u8]) -> Result<Value, Refused> {
    match first(bytes)? {
        (value, []) => Ok(value),
        _ => Err(Refused::Unreadable),
    }
}

/// What a map holds under this name.
pub(super) fn field<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    map.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

fn has_each_key_once(value: &Value) -> bool {
    match value {
        Value::Map(pairs) => pairs.iter().enumerate().all(|(i, (key, value))| {
            pairs[..i].iter().all(|(before, _)| before != key) && has_each_key_once(key) && has_each_key_once(value)
        }),
        Value::Array(values) => values.iter().all(has_each_key_once),
        Value::Tag(_, value) => has_each_key_once(value),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_long_winded_doubled_or_goes_on_is_refused() {
        assert!(whole(&[0xa1, 0x01, 0x02]).is_ok());
        for (what, bytes) in [
            ("nothing", &[] as &[u8]),
            ("cut off in a map", &[0xa1, 0x01]),
            ("cut off in bytes", &[0x44, 1, 2, 3]),
            ("bytes as long as the world", &[0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
            ("a map as long as the world", &[0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1]),
            ("a number in two bytes that fits in one", &[0xa1, 0x18, 0x01, 0x02]),
            ("a map without a length", &[0xbf, 0x01, 0x02, 0xff]),
            ("bytes in pieces", &[0x5f, 0x41, 1, 0xff]),
            ("the same key twice", &[0xa2, 0x01, 0x02, 0x01, 0x03]),
            ("something behind", &[0xa0, 0x00]),
            ("a text that is none", &[0x61, 0xff]),
            ("a lonely break", &[0xff]),
            ("maps in maps without end", &[0xa1; 64]),
            ("lists in lists without end", &[0x81; 64]),
        ] {
            assert_eq!(whole(bytes).err(), Some(Refused::Unreadable), "{what}");
        }
        assert_eq!(first(&[0xa0, 0x00]).map(|(_, rest)| rest.len()), Ok(1));
    }
}
