//! The names of an enum's variants, as its own `Deserialize` tells them: nobody can add one and forget to say so here.

use std::fmt;

use serde::{Deserialize, de};

/// The variants of `T`, in the order of the wire.
pub fn of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    match T::deserialize(Asks) {
        Err(Names(names)) => names,
        Ok(_) => unreachable!("nothing is ever given to read"),
    }
}

struct Asks;

#[derive(Debug)]
struct Names(&'static [&'static str]);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Names {}

impl de::Error for Names {
    fn custom<M: fmt::Display>(_: M) -> Self {
        Self(&[])
    }
}

impl<'de> de::Deserializer<'de> for Asks {
    type Error = Names;

    fn deserialize_enum<V: de::Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Names> {
        Err(Names(names))
    }

    fn deserialize_any<V: de::Visitor<'de>>(self, _: V) -> Result<V::Value, Names> {
        Err(Names(&[]))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}
