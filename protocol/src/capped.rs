//! Lists and texts from outside that are refused while they are read, before more of them is kept than their cap allows.
//!
//! A message may be long and its entries short, so that a list without a cap of its own would take many times the message's memory.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

/// A list of at most `MAX` entries.
pub(crate) struct Capped<T, const MAX: usize>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Capped<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T, const MAX: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Entries<T, MAX> {
            type Value = Capped<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {MAX} entries")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                if entries.size_hint().is_some_and(|announced| announced > MAX) {
                    return Err(A::Error::invalid_length(MAX + 1, &self));
                }
                let mut list = Vec::new();
                while let Some(entry) = entries.next_element()? {
                    if list.len() == MAX {
                        return Err(A::Error::invalid_length(MAX + 1, &self));
                    }
                    list.push(entry);
                }
                Ok(Capped(list))
            }
        }
        deserializer.deserialize_seq(Entries(PhantomData))
    }
}

/// For `deserialize_with`: a list of at most `MAX` entries.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>, const MAX: usize>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Capped::<T, MAX>::deserialize(deserializer).map(|list| list.0)
}

/// For `deserialize_with`: a list of at most `MAX` entries, or why there is none.
pub(crate) fn list_or_why<'de, D, T, E, const MAX: usize>(deserializer: D) -> Result<Result<Vec<T>, E>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
    E: Deserialize<'de>,
{
    Ok(Result::<Capped<T, MAX>, E>::deserialize(deserializer)?.map(|list| list.0))
}

/// For `deserialize_with`: a text of at most `MAX` bytes.
pub(crate) fn text<'de, D: Deserializer<'de>, const MAX: usize>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() > MAX {
        return Err(D::Error::invalid_length(text.len(), &"a shorter text"));
    }
    Ok(text)
}
