//! Parses JSON into shared values, each of which is made where it stays.
//!
//! The crate's own way makes each value in a box and moves it from there: an allocation and a copy
//! for every value of every row, in each cycle.
//!
//! # Promises
//! - `values_are_those_that_the_crate_finds`

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jmespath::{Rcvar, Variable};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::platform::map::Case;
use crate::platform::mentioned::{Keep, Mentioned};

/// Any JSON value, with the keys that are wanted, as the case has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys<'a> {
    pub(super) case: Case,
    pub(super) mentioned: &'a Mentioned,
}

impl Keys<'_> {
    /// Every key.
    pub(super) const fn all(case: Case) -> Self {
        Self { case, mentioned: &Mentioned::Everything }
    }
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = Rcvar;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Rcvar, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = Rcvar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Rcvar, E> {
        Ok(Rcvar::new(Variable::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Rcvar, E> {
        Ok(Rcvar::new(Variable::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Rcvar, E> {
        Ok(Rcvar::new(Variable::Number(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Rcvar, E> {
        Ok(Rcvar::new(Variable::Number(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Rcvar, E> {
        let number = Number::from_f64(value).map_or(Variable::Null, Variable::Number);
        Ok(Rcvar::new(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Rcvar, E> {
        Ok(Rcvar::new(Variable::String(value.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rcvar, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Rcvar::new(Variable::Array(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rcvar, A::Error> {
        let (mut values, mut passed) = (BTreeMap::new(), false);
        while let Some(key) = map.next_key_seed(Key(self))? {
            if let Some(key) = key {
                values.insert(key, map.next_value_seed(self)?);
            } else {
                map.next_value::<IgnoredAny>()?;
                passed = true;
            }
        }
        if values.is_empty() && passed {
            // An object that holds something is no empty one, which would count as false.
            values.insert(String::new(), Rcvar::new(Variable::Null));
        }
        Ok(Rcvar::new(Variable::Object(values)))
    }
}

/// A key, if it is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a>(pub(super) Keys<'a>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<String>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Option<String>, E> {
        let Keys { case, mentioned } = self.0;
        Ok(match (case, mentioned.keeps(key)) {
            (Case::Exact, Keep::Yes) => Some(key.into()),
            (Case::Exact, Keep::No) => None,
            (Case::Ignored, _) => {
                let key = case.key(key.into());
                Some(key).filter(|key| mentioned.keeps(key) == Keep::Yes)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::path::parse_body;

    #[test]
    fn values_are_those_that_the_crate_finds() {
        let text = r#"{"a":[1,-2,3.5,1e300,18446744073709551615],"b":null,
                       "c":{"d":"\u00e9\n","d":"e"},"f":[true,false,[],{}],"":"x"}"#;
        let shared = Keys::all(Case::Exact)
            .deserialize(&mut serde_json::Deserializer::from_str(text))
            .unwrap();
        assert_eq!(shared, parse_body(text.as_bytes()).unwrap());
    }
}
