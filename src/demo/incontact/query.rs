//! The query of a request for data, read strictly: what it says, and where its other pages are.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::str::FromStr;

use serde_json::{Map, Value};

use crate::demo::http::Incoming;
use crate::demo::incontact::{Window, refusal};
use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// What a request says beside its path.
#[derive(Debug)]
pub(super) struct Query {
    /// The path as it was spelt.
    path: String,
    /// The parameters but `skip` and `top`, as they were spelt.
    kept: String,
    /// The names in lower case.
    pairs: Vec<(String, String)>,
    page_rows: usize,
}

/// Which of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) skip: usize,
    pub(super) top: usize,
}

/// A field that a row can have.
pub(super) struct Field<T> {
    pub(super) name: &'static str,
    /// Nothing where the platform leaves it out.
    pub(super) read: fn(&T) -> Option<Value>,
}

impl Query {
    /// Reads a request. `known` names its parameters in lower case, each of which may be said once.
    pub(super) fn read(
        incoming: &Incoming,
        known: &[&str],
        page_rows: usize,
    ) -> Result<Self, Reply> {
        let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
        let pairs: Vec<(String, String)> = incoming.query().into_iter().map(lower).collect();
        for (position, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&&**name) {
                return Err(refusal(400, &format!("there is no parameter {name}")));
            }
            if pairs.iter().take(position).any(|(before, _)| before == name) {
                return Err(refusal(400, &format!("{name} is said twice")));
            }
        }
        let whole = incoming.path.split_once('?').map_or("", |(_, query)| query);
        let is_kept = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or_default();
            !name.eq_ignore_ascii_case("skip") && !name.eq_ignore_ascii_case("top")
        };
        let kept: Vec<&str> = whole.split('&').filter(is_kept).collect();
        Ok(Self { path: incoming.route().into(), kept: kept.join("&"), pairs, page_rows })
    }

    /// A parameter; `name` in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// A parameter that is a number or `true` or `false`; `name` in lower case.
    pub(super) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, Reply> {
        let why = |_| refusal(400, &format!("{name} is not of its kind"));
        self.get(name).map(|text| text.parse().map_err(why)).transpose()
    }

    /// `updatedSince`, by the platform's clock.
    pub(super) fn updated_since(&self) -> Result<Option<UtcMs>, Reply> {
        self.get("updatedsince").map(|text| moment("updatedSince", text)).transpose()
    }

    /// `startDate` and `endDate`, by the platform's clock.
    pub(super) fn window(&self) -> Result<Window, Reply> {
        let of = |name: &str, lower: &str| match self.get(lower) {
            Some(text) => moment(name, text),
            None => Err(refusal(400, &format!("{name} is missing"))),
        };
        let window =
            Window { start: of("startDate", "startdate")?, end: of("endDate", "enddate")? };
        if window.start >= window.end {
            return Err(refusal(400, "endDate has to be later than startDate"));
        }
        Ok(window)
    }

    /// `skip` and `top`.
    pub(super) fn page(&self) -> Result<Page, Reply> {
        let skip = self.parsed("skip")?.unwrap_or(0);
        let page = Page { skip, top: self.parsed("top")?.unwrap_or(self.page_rows) };
        if page.top == 0 {
            return Err(refusal(400, "top has to be 1 at least"));
        }
        Ok(Page { top: page.top.min(self.page_rows), ..page })
    }

    /// The fields that `fields` chooses from a row's, or all of them.
    pub(super) fn fields<T>(
        &self,
        all: &'static [Field<T>],
    ) -> Result<Vec<&'static Field<T>>, Reply> {
        let Some(asked) = self.get("fields") else { return Ok(all.iter().collect()) };
        let known = |name: &str| {
            let field = all.iter().find(|field| field.name == name);
            field.ok_or_else(|| refusal(400, &format!("there is no field {name}")))
        };
        asked.split(',').map(known).collect()
    }

    /// The `_links` of a page: absolute, `next` and `previous` only where there is one. A page that
    /// `turns_back` says that itself comes next.
    pub(super) fn links(&self, host: &str, page: Page, total: usize, turns_back: bool) -> Value {
        let Page { skip, top } = page;
        let link = |skip: usize| {
            let and = if self.kept.is_empty() { "" } else { "&" };
            format!("{host}{}?{}{and}skip={skip}&top={top}", self.path, self.kept)
        };
        let mut links = Map::from_iter([("self".to_string(), link(skip).into())]);
        if turns_back {
            links.insert("next".into(), link(skip).into());
        } else if skip.saturating_add(top) < total {
            links.insert("next".into(), link(skip + top).into());
        }
        if skip > 0 {
            links.insert("previous".into(), link(skip.saturating_sub(top)).into());
        }
        Value::Object(links)
    }
}

/// A row with the fields that it has.
pub(super) fn row<T>(fields: &[&Field<T>], of: &T) -> Value {
    let pairs = fields.iter().filter_map(|field| Some((field.name.into(), (field.read)(of)?)));
    Value::Object(pairs.collect())
}

fn moment(name: &str, text: &str) -> Result<UtcMs, Reply> {
    let why = || {
        refusal(400, &format!("{name} is \"{text}\", not a moment such as 2024-05-15T14:32:20Z"))
    };
    UtcMs::from_rfc3339(text).ok_or_else(why)
}
