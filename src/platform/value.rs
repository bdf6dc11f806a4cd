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
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::platform::map::Case;

/// Any JSON value, with its keys as the case has them.
impl<'de> DeserializeSeed<'de> for Case {
    type Value = Rcvar;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Rcvar, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Case {
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
        let mut values = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            values.insert(self.key(name), map.next_value_seed(self)?);
        }
        Ok(Rcvar::new(Variable::Object(values)))
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
        let shared =
            Case::Exact.deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap();
        assert_eq!(shared, parse_body(text.as_bytes()).unwrap());
    }
}
