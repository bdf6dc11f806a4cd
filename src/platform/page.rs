//! From one page to the next, and from one batch of entities to the next, within one bucket.
//!
//! # Promises
//! - `pages_follow_each_other_to_the_last`
//! - `pages_that_lead_back_are_refused`, and so are more than [`PAGES_MAX`].
//! - `a_page_on_another_host_is_refused`: the token would go there.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::ToString;

use jmespath::Rcvar;

use crate::limits::PAGES_MAX;
use crate::model::http::{Reply, origin};
use crate::model::secret::Secrets;
use crate::platform::answer::NO_CONTENT;
use crate::platform::convert::number_of;
use crate::platform::discovery::{shown_origin, usable};
use crate::platform::fill::{About, Filling};
use crate::platform::login::Texts;
use crate::platform::path::{Path, parse_body};
use crate::platform::{DataRequest, Definition, VendorFault};

/// How a platform cuts a long answer into pages.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Paging {
    /// It does not.
    #[default]
    None,
    /// By number, from 1; an answer says how many there are.
    Number { pages: Path },
    /// By how many rows to leave out; an answer says how many there are.
    Offset { size: u64, total: Path },
    /// By a word that an answer gives for the next page.
    Cursor { next: Path },
    /// By the address of the next page, whole or from its first slash on.
    Address { next: Path },
}

/// Which batch, and which page of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    pub(super) batch: usize,
    /// What `{page}` stands for: a number, or a cursor.
    pub(super) page: Box<str>,
    /// The address of the page, where the platform gave one.
    pub(super) address: Option<Box<str>>,
    /// The pages of this batch so far, to notice one that comes again.
    seen: BTreeSet<Box<str>>,
}

/// What is left of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// This was the last answer.
    Nothing,
    /// This comes next.
    More(Place),
}

impl Definition {
    /// What comes after an answer to request number `index` that was asked for at `url`.
    ///
    /// # Errors
    /// Pages that lead back, elsewhere, or do not end.
    pub fn after(
        &self,
        about: About<'_>,
        index: u8,
        place: &Place,
        url: &str,
        reply: &Reply,
    ) -> Result<Left, VendorFault> {
        let Ok(request) = self.request(index) else { return Ok(Left::Nothing) };
        if let Some(place) = request.paging.after(place, url, reply)? {
            return Ok(Left::More(place));
        }
        let (secrets, texts) = (Secrets::default(), Texts::new());
        let filling = Filling::about(self, about, &secrets, &texts);
        let batch = place.batch + 1;
        if batch < request.batches(&filling) {
            return Ok(Left::More(Place { batch, ..request.paging.first() }));
        }
        Ok(Left::Nothing)
    }
}

impl DataRequest {
    /// How many requests its list takes, at least one.
    fn batches(&self, filling: &Filling<'_>) -> usize {
        let Some((name, size)) = &self.batch else { return 1 };
        let list = filling.whole_list(name).unwrap_or_default();
        list.len().div_ceil((*size).max(1)).max(1)
    }
}

/// The next page of the same batch.
enum Next {
    Page(Box<str>),
    Address(Box<str>),
}

impl Paging {
    /// The first page of the first batch.
    pub(super) fn first(&self) -> Place {
        let page = match self {
            Self::Number { .. } => "1".into(),
            Self::Offset { .. } => "0".into(),
            Self::None | Self::Cursor { .. } | Self::Address { .. } => Box::default(),
        };
        Place { page, ..Place::default() }
    }

    /// The page after the one that was asked for at `url`, if there is one.
    pub(super) fn after(
        &self,
        place: &Place,
        url: &str,
        reply: &Reply,
    ) -> Result<Option<Place>, VendorFault> {
        if *self == Self::None || reply.status == NO_CONTENT {
            return Ok(None);
        }
        let next = self.next(place, url, &parse_body(&reply.body)?)?;
        next.map(|next| place.turn(next)).transpose()
    }

    fn next(&self, place: &Place, url: &str, body: &Rcvar) -> Result<Option<Next>, VendorFault> {
        let number = |path: &Path| {
            let none = || VendorFault::NoPages { path: path.text().into() };
            number_of(&path.find(body)).ok_or_else(none)
        };
        let at = || place.page.parse::<u64>().unwrap_or(0);
        let text = |path: &Path| {
            let found = path.find(body);
            match found.as_string().map(|text| text.is_empty()) {
                None | Some(true) => Ok(None),
                Some(false) => match usable(&found) {
                    Some(text) => Ok(Some(Box::from(text))),
                    None => Err(VendorFault::NoText { path: path.text().into() }),
                },
            }
        };
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "page numbers are far below 2^53"
        )]
        let below = |next: u64, end: f64| {
            ((next as f64) < end).then(|| Next::Page(next.to_string().into()))
        };
        Ok(match self {
            Self::None => None,
            Self::Number { pages } => below(at().saturating_add(1), number(pages)? + 1.0),
            Self::Offset { size, total } => below(at().saturating_add(*size), number(total)?),
            Self::Cursor { next } => text(next)?.map(Next::Page),
            Self::Address { next } => match text(next)? {
                Some(next) if next.starts_with('/') && !next.starts_with("//") => {
                    Some(Next::Address(format!("{}{next}", origin(url)).into()))
                }
                Some(next) if origin(&next) == origin(url) => Some(Next::Address(next)),
                Some(next) => {
                    return Err(VendorFault::ForeignHost { address: shown_origin(&next) });
                }
                None => None,
            },
        })
    }
}

impl Place {
    fn turn(&self, next: Next) -> Result<Self, VendorFault> {
        let mut place = self.clone();
        let mark = match next {
            Next::Page(page) => {
                place.page = page;
                &place.page
            }
            Next::Address(address) => place.address.insert(address),
        };
        let is_new = place.seen.insert(mark.clone());
        if !is_new || place.seen.len() >= PAGES_MAX {
            return Err(VendorFault::EndlessPages { pages: place.seen.len() });
        }
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;
    use crate::limits::TAKEN_TEXT_BYTES_MAX;
    use crate::platform::Lists;
    use crate::platform::fixtures::{NO_LOGIN, reading, source};

    const URL: &str = "https://api.example/queues?x=1";

    /// The pages that are asked for, until there are none left; `body` answers each.
    fn pages(
        paging: &str,
        queues: usize,
        body: impl Fn(&Place) -> String,
    ) -> Result<Vec<String>, VendorFault> {
        let page = if paging.contains("address") { "" } else { "?page={page}" };
        let url = format!("url = \"{{base_url}}{page}\"\npaging = {{ {paging} }}");
        let batch = "batch = { list = \"queues\", size = 2 }";
        let definition = reading(NO_LOGIN, &format!("method = \"GET\"\n{url}\n{batch}"));
        let source = source(&definition, &[]);
        let ids = (0..queues).map(|n| format!("q{n}").into()).collect();
        let lists = Lists::from([("queues".into(), ids)]);
        let about = About { source: &source, lists: &lists };
        let mut place = definition.request(0).unwrap().paging.first();
        let mut asked = Vec::new();
        loop {
            let page = place.address.as_ref().unwrap_or(&place.page);
            asked.push(format!("{}:{page}", place.batch));
            let reply = match body(&place) {
                body if body.is_empty() => Reply::empty(204),
                body => Reply::new(200, "application/json", body),
            };
            match definition.after(about, 0, &place, URL, &reply)? {
                Left::Nothing => return Ok(asked),
                Left::More(next) => place = next,
            }
        }
    }

    const NUMBER: &str = r#"kind = "number", pages = "count""#;
    const OFFSET: &str = r#"kind = "offset", total = "total", size = 10"#;
    const CURSOR: &str = r#"kind = "cursor", next = "after""#;
    const ADDRESS: &str = r#"kind = "address", next = "next""#;

    #[test]
    fn pages_follow_each_other_to_the_last() {
        let number = |count: &str| pages(NUMBER, 1, |_| format!(r#"{{"count":{count}}}"#)).unwrap();
        assert_eq!(number("3"), ["0:1", "0:2", "0:3"]);
        assert_eq!(number("\"2\""), ["0:1", "0:2"]);
        assert_eq!((number("1"), number("0")), (["0:1".into()].into(), ["0:1".into()].into()));
        let offset = |total: &str| pages(OFFSET, 1, |_| format!(r#"{{"total":{total}}}"#)).unwrap();
        assert_eq!(offset("21"), ["0:0", "0:10", "0:20"]);
        assert_eq!(offset("20"), ["0:0", "0:10"]);
        assert_eq!(offset("0"), ["0:0"]);
        let cursor = pages(CURSOR, 1, |place| match &*place.page {
            "" => r#"{"after":"a"}"#.into(),
            "a" => r#"{"after":"b"}"#.into(),
            _ => r#"{"after":null}"#.into(),
        });
        assert_eq!(cursor.unwrap(), ["0:", "0:a", "0:b"]);
        let address = pages(ADDRESS, 1, |place| match place.address.as_deref() {
            None => r#"{"next":"/queues?page=2"}"#.into(),
            Some(page) if page.ends_with('2') => format!(r#"{{"next":"{URL}&page=3"}}"#),
            Some(_) => r#"{"next":""}"#.into(),
        });
        let wanted = ["0:", "0:https://api.example/queues?page=2"].map(String::from).into();
        let last = "0:https://api.example/queues?x=1&page=3".into();
        assert_eq!(address.unwrap(), [wanted, Vec::from([last])].concat());
    }

    #[test]
    fn each_batch_has_its_own_pages() {
        let two = pages(NUMBER, 5, |place| match place.batch {
            0 => r#"{"count":2}"#.into(),
            _ => String::new(),
        });
        assert_eq!(two.unwrap(), ["0:1", "0:2", "1:1", "2:1"]);
        // A word of one batch may come again in the next.
        let cursor = pages(CURSOR, 4, |place| match &*place.page {
            "" => r#"{"after":"a"}"#.into(),
            _ => "{}".into(),
        });
        assert_eq!(cursor.unwrap(), ["0:", "0:a", "1:", "1:a"]);
    }

    #[test]
    fn a_count_that_is_missing_is_not_taken_for_the_end() {
        for body in ["{}", r#"{"count":null}"#, r#"{"count":"many"}"#] {
            let fault = pages(NUMBER, 1, |_| body.into()).unwrap_err();
            assert_eq!(fault, VendorFault::NoPages { path: "count".into() });
        }
    }

    #[test]
    fn pages_that_lead_back_are_refused() {
        let same = pages(CURSOR, 1, |_| r#"{"after":"a"}"#.into());
        assert_eq!(same, Err(VendorFault::EndlessPages { pages: 1 }));
        let circle = pages(ADDRESS, 1, |place| match place.address.as_deref() {
            Some(page) if page.ends_with('2') => r#"{"next":"/1"}"#.into(),
            _ => r#"{"next":"/2"}"#.into(),
        });
        assert_eq!(circle, Err(VendorFault::EndlessPages { pages: 2 }));
        let most = PAGES_MAX;
        let all = pages(NUMBER, 1, |_| format!(r#"{{"count":{most}}}"#)).unwrap();
        assert_eq!(all.len(), most);
        let more = pages(NUMBER, 1, |_| format!(r#"{{"count":{}}}"#, most + 1));
        assert_eq!(more, Err(VendorFault::EndlessPages { pages: most }));
        let long = "x".repeat(TAKEN_TEXT_BYTES_MAX + 1);
        let long = pages(CURSOR, 1, |_| format!(r#"{{"after":"{long}"}}"#));
        assert_eq!(long, Err(VendorFault::NoText { path: "after".into() }));
    }

    #[test]
    fn a_page_on_another_host_is_refused() {
        for next in [
            "https://evil.example/2",
            "//evil.example/2",
            "http://api.example/2",
            "https://api.example:8443/2",
            "https://api.example@evil.example/2",
            "https://api.example\\\\@evil.example/2",
            "queues?page=2",
        ] {
            let fault = pages(ADDRESS, 1, |_| format!(r#"{{"next":"{next}"}}"#)).unwrap_err();
            assert!(matches!(fault, VendorFault::ForeignHost { .. }), "{next}");
        }
    }
}
