//! Reads the fields of an HTML form, as some senders post them.
//!
//! # Promises
//! - `fields_come_out_as_they_were_put_in`

use alloc::string::String;
use alloc::vec::Vec;

use crate::limits::FORM_FIELDS_MAX;
use crate::model::delivery::Delivery;

/// What a form calls itself in `Content-Type`.
const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The fields of a delivery that is a form; nothing where it is something else.
#[must_use]
pub fn of(delivery: &Delivery) -> Option<Vec<(String, String)>> {
    let kind = delivery.header("content-type")?.split(';').next()?.trim();
    kind.eq_ignore_ascii_case(MEDIA_TYPE).then(|| fields(&delivery.body))?
}

/// The fields of a form: names and values. Nothing where it has more of them than
/// [`FORM_FIELDS_MAX`].
#[must_use]
pub fn fields(body: &[u8]) -> Option<Vec<(String, String)>> {
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let mut fields = Vec::new();
    for pair in pairs {
        if fields.len() == FORM_FIELDS_MAX {
            return None;
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut half = || decoded(halves.next().unwrap_or_default());
        fields.push((half(), half()));
    }
    Some(fields)
}

fn decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => digit(high).zip(digit(low)),
            _ => None,
        };
        match (escaped, after.get(2..)) {
            (Some((high, low)), Some(later)) => {
                bytes.push(high << 4 | low);
                rest = later;
            }
            _ => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, body: &str) -> Option<Vec<(String, String)>> {
        let headers = Vec::from([("content-type".into(), kind.into())]);
        let (method, body) = ("POST".into(), body.to_owned().into());
        of(&Delivery { method, headers, body, client_certificate: None })
    }

    #[test]
    fn fields_come_out_as_they_were_put_in() {
        let form = "application/x-www-form-urlencoded";
        let found = read(form, "a=1&b=x+y%26%C3%A9&&c&d=%zz%4&=e=f").unwrap();
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            found,
            [("a", "1"), ("b", "x y&\u{e9}"), ("c", ""), ("d", "%zz%4"), ("", "e=f")]
        );
        assert_eq!(read("Application/x-www-form-URLencoded; charset=utf-8", ""), Some(Vec::new()));
        assert_eq!(read("application/json", "a=1"), None);
        assert!(read(form, &"a&".repeat(FORM_FIELDS_MAX)).is_some());
        assert_eq!(read(form, &"a&".repeat(FORM_FIELDS_MAX + 1)), None);
    }
}
