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
        if request.paging != Paging::None && reply.status != NO_CONTENT {
            let body = parse_body(&reply.body)?;
            if let Some(next) = request.paging.next(place, url, &body)? {
                return place.turn(next).map(Left::More);
            }
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
