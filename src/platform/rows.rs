//! Parses an answer's rows one at a time.
//!
//! As one tree, the answer of 1,000 queues takes about fifteen times its own bytes, in every cycle.
//! Where the way to the rows is nothing but names, each row is parsed, handed over and dropped.
//!
//! # Promises
//! - `rows_come_one_at_a_time_and_the_rest_stays`
//! - `any_other_expression_finds_the_same_rows`
//! - `what_needs_a_tree_has_a_smaller_bound`
//! - `a_time_that_is_looked_for_in_the_rows_is_found`
//! - `what_is_behind_the_rows_is_read_too`: an answer that was cut off is no answer.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::fmt;

use jmespath::{Rcvar, Variable};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::limits::ANSWER_TREE_BYTES_MAX;
use crate::platform::VendorFault;
use crate::platform::map::AnswerMap;
use crate::platform::path::kind_of;
use crate::platform::value::{Key, Keys};

impl AnswerMap {
    /// Hands over each row of a body, in order. Gives back the body, which may have lost its rows.
    ///
    /// # Errors
    /// It is not JSON, or has no list where its rows should be. Some rows may have been handed
    /// over.
    pub(super) fn each_row(
        &self,
        body: &[u8],
        mut take: impl FnMut(&Rcvar),
    ) -> Result<Rcvar, VendorFault> {
        // A time that is more than names might be looked for in the rows.
        let is_time_elsewhere = self.time.as_ref().is_none_or(|time| time.names().is_some());
        match self.rows.names() {
            Some(names) if is_time_elsewhere => {
                let mut json = serde_json::Deserializer::from_slice(body);
                let keys = Keys { case: self.case, mentioned: &self.mentioned };
                let walk = Walk { names, keys, take: &mut take };
                match walk.deserialize(&mut json).map(Rcvar::new) {
                    Ok(rest) if json.end().is_ok() && self.rows.find(&rest).is_array() => Ok(rest),
                    Ok(_) | Err(_) => Err(self.no_rows(&self.tree(body)?)),
                }
            }
            Some(_) | None => {
                let body = self.tree(body)?;
                let rows = self.rows.find(&body);
                rows.as_array().ok_or_else(|| self.no_rows(&body))?.iter().for_each(take);
                Ok(body)
            }
        }
    }

    /// The whole body, where it is not too large for that.
    fn tree(&self, body: &[u8]) -> Result<Rcvar, VendorFault> {
        match body.len() {
            0..=ANSWER_TREE_BYTES_MAX => self.case.parse(body),
            bytes => Err(VendorFault::TooLargeForTree { bytes }),
        }
    }

    fn no_rows(&self, body: &Rcvar) -> VendorFault {
        let found = kind_of(&self.rows.find(body));
        VendorFault::NoRows { path: self.rows.text().into(), found }
    }
}

/// Follows the names from object to object; at their end are the rows, which are not kept.
struct Walk<'a, F> {
    names: &'a [Box<str>],
    keys: Keys<'a>,
    take: &'a mut F,
}

impl<'de, F: FnMut(&Rcvar)> DeserializeSeed<'de> for Walk<'_, F> {
    type Value = Variable;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Variable, D::Error> {
        match self.names {
            [] => json.deserialize_seq(self),
            [_, ..] => json.deserialize_map(self),
        }
    }
}

impl<'de, F: FnMut(&Rcvar)> Visitor<'de> for Walk<'_, F> {
    type Value = Variable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows, or the objects around them")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Variable, A::Error> {
        let mut object = BTreeMap::new();
        while let Some(name) = map.next_key_seed(Key(self.keys))? {
            let Some(name) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = match self.names {
                [first, names @ ..] if **first == *name => {
                    let walk = Walk { names, keys: self.keys, take: self.take };
                    Rcvar::new(map.next_value_seed(walk)?)
                }
                _ => map.next_value_seed(self.keys)?,
            };
            object.insert(name, value);
        }
        Ok(Variable::Object(object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Variable, A::Error> {
        while let Some(row) = rows.next_element_seed(self.keys)? {
            (self.take)(&row);
        }
        Ok(Variable::Array(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use super::*;
    use crate::platform::fixtures::named;
    use crate::platform::mentioned::Mentioned;
    use crate::platform::path::{Path, parse_body};

    #[test]
    fn what_needs_a_tree_has_a_smaller_bound() {
        let body = format!(r#"{{"rows":[{{"id":"{}"}}]}}"#, "q".repeat(ANSWER_TREE_BYTES_MAX));
        let read = |rows: &str| map(rows, "t").each_row(body.as_bytes(), |_| ()).map(|_| ());
        let fault = Err(VendorFault::TooLargeForTree { bytes: body.len() });
        assert_eq!(read("rows"), Ok(()));
        assert_eq!(read("rows[?id]"), fault);
        assert_eq!(read("row"), fault, "to tell what is there instead needs the tree, too");
    }

    fn map(rows: &str, time: &str) -> AnswerMap {
        let definition = named("nice-cxone-guide");
        let answer = definition.request(0).unwrap().answer().unwrap().clone();
        let path = |text| Path::parse(text).unwrap();
        let mentioned = Mentioned::Everything;
        AnswerMap { rows: path(rows), time: Some(path(time)), mentioned, ..answer }
    }

    fn rows(map: &AnswerMap, body: &str) -> Result<(Vec<String>, Rcvar), VendorFault> {
        let mut rows = Vec::new();
        let rest = map.each_row(body.as_bytes(), |row| rows.push(row.to_string()))?;
        Ok((rows, rest))
    }

    const BODY: &str = r#"{"a":1,"data":{"rows":[{"n":1},{"n":2}],"b":[3]},"rows":[4]}"#;

    #[test]
    fn rows_come_one_at_a_time_and_the_rest_stays() {
        let (found, rest) = rows(&map("data.rows", "time"), BODY).unwrap();
        assert_eq!(found, [r#"{"n":1}"#, r#"{"n":2}"#]);
        assert_eq!(rest.to_string(), r#"{"a":1,"data":{"b":[3],"rows":[]},"rows":[4]}"#);
    }

    #[test]
    fn any_other_expression_finds_the_same_rows() {
        for expression in ["data.rows[]", "data.[rows][]", "@.data.rows"] {
            let (found, rest) = rows(&map(expression, "time"), BODY).unwrap();
            assert_eq!(found, [r#"{"n":1}"#, r#"{"n":2}"#], "{expression}");
            assert_eq!(rest, parse_body(BODY.as_bytes()).unwrap());
        }
    }

    #[test]
    fn a_body_may_be_nothing_but_rows() {
        let (found, _) = rows(&map("@", "time"), r#"[{"n":1},{"n":2}]"#).unwrap();
        assert_eq!(found, [r#"{"n":1}"#, r#"{"n":2}"#]);
        let fault = rows(&map("@", "time"), r#"{"n":1}"#).unwrap_err();
        assert_eq!(fault, VendorFault::NoRows { path: "@".into(), found: "an object" });
    }

    #[test]
    fn a_time_that_is_looked_for_in_the_rows_is_found() {
        let map = map("data.rows", "data.rows[0].n");
        let (found, rest) = rows(&map, BODY).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(map.time.unwrap().find(&rest).to_string(), "1");
    }

    #[test]
    fn what_is_behind_the_rows_is_read_too() {
        let map = map("rows", "time");
        for body in [r#"{"rows":[1]"#, r#"{"rows":[1,2"#, r#"{"rows":[1]}}"#, "{\"rows\":[]}\0"] {
            let fault = rows(&map, body).unwrap_err();
            assert!(matches!(fault, VendorFault::NotJson(_)), "{body}: {fault}");
        }
    }

    #[test]
    fn where_no_rows_are_is_said() {
        for (expression, body, found) in [
            ("rows", r#"{"rows":{"n":1}}"#, "an object"),
            ("rows", r#"{"rows":null}"#, "nothing"),
            ("rows", r#"{}"#, "nothing"),
            ("rows", r#"[[1]]"#, "nothing"),
            ("data.rows", r#"{"data":[1],"rows":[1]}"#, "nothing"),
            ("data.rows", r#"{"data":{"rows":"x"}}"#, "a text"),
            ("rows[0]", r#"{"rows":[7]}"#, "a number"),
        ] {
            let path = expression.into();
            let fault = rows(&map(expression, "time"), body).unwrap_err();
            assert_eq!(fault, VendorFault::NoRows { path, found }, "{expression} in {body}");
        }
    }
}
