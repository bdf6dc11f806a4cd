//! Makes the requests of a source for its data.
//!
//! # Not here
//! Sending them, what the answers mean, and the login before them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::limits::POLL_DEADLINE;
use crate::model::answer::Bucket;
use crate::model::http::{Method, Reply, Request};
use crate::model::name::EntityId;
use crate::model::secret::Secrets;
use crate::model::time::UtcMs;
use crate::platform::answer::NO_CONTENT;
use crate::platform::aws;
use crate::platform::discovery::usable;
use crate::platform::fill::{About, Filling};
use crate::platform::login::{Auth, Session, Texts};
use crate::platform::page::Place;
use crate::platform::path::parse_body;
use crate::platform::template::{Hole, Template};
use crate::platform::{
    Asking, DataRequest, Definition, Json, Purpose, SourceFault, VendorFault, Window,
};

/// What one request asks for: one page of one batch of one bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The bucket of the schedule.
    pub bucket: Bucket,
    /// The stretch that the platform is asked about: the bucket, or more of the past.
    pub window: Bucket,
    /// Which batch and page.
    pub place: Place,
    /// By the last answer, from when on changes are asked for.
    pub since: Option<Box<str>>,
    /// The platform's time.
    pub utc: UtcMs,
}

/// A request but for what the source proves itself by.
pub(super) struct Plain<'a> {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: &'a [(Box<str>, Template)],
    /// JSON.
    pub(super) body: Option<String>,
}

impl Definition {
    /// What request number `index` asks for first, for a bucket.
    #[must_use]
    pub fn first_exchange(
        &self,
        index: u8,
        bucket: Bucket,
        since: Option<Box<str>>,
        utc: UtcMs,
    ) -> Exchange {
        let request = self.request(index).ok();
        let length = request.and_then(|request| request.window_length).unwrap_or(bucket.length);
        let start = UtcMs(bucket.end().0.saturating_sub(length.0));
        let first = request.and_then(|request| request.since.as_ref());
        let since = since.or_else(|| first.map(|since| since.first.clone()));
        let place = request.map(|request| request.paging.first()).unwrap_or_default();
        Exchange { bucket, window: Bucket { start, length }, place, since, utc }
    }

    /// What the answer to an exchange is read by.
    #[must_use]
    pub fn asking(&self, index: u8, exchange: &Exchange, vendor_now: UtcMs) -> Asking {
        let request = self.request(index).ok();
        let bucket = request.filter(|request| request.names_window).map(|_| exchange.bucket);
        let window = request.map_or(Window::Snapshot, |request| request.window);
        Asking { window, length: exchange.bucket.length, vendor_now, bucket }
    }

    /// The entities that request number `index` asks for by name over all its batches.
    #[must_use]
    pub fn asked_for(&self, about: About<'_>, index: u8) -> Vec<EntityId> {
        let (secrets, texts) = (Secrets::default(), Texts::new());
        let filling = Filling::about(self, about, &secrets, &texts);
        let batch = self.request(index).ok().and_then(|request| request.batch.as_ref());
        let list = batch.and_then(|(name, _)| filling.whole_list(name)).unwrap_or_default();
        list.into_iter().filter_map(|text| EntityId::new(text).ok()).collect()
    }

    /// The list that request number `index` cannot do without and that is empty: what the operator
    /// left out and no look-up has found.
    #[must_use]
    pub fn missing_list(&self, about: About<'_>, index: u8) -> Option<&str> {
        let (name, _) = self.request(index).ok()?.batch.as_ref()?;
        let (secrets, texts) = (Secrets::default(), Texts::new());
        let filling = Filling::about(self, about, &secrets, &texts);
        filling.whole_list(name).is_none_or(|list| list.is_empty()).then_some(name)
    }

    /// What the answers of request number `index` are about.
    #[must_use]
    pub fn window(&self, index: u8) -> Window {
        self.request(index).map_or(Window::Snapshot, |request| match &request.purpose {
            Purpose::Readings(_) => request.window,
            Purpose::Names(_) => Window::Snapshot,
        })
    }

    /// From when on the next request number `index` asks for changes, where it asks for those.
    ///
    /// # Errors
    /// The reply is not JSON.
    pub fn next_since(&self, index: u8, reply: &Reply) -> Result<Option<Box<str>>, VendorFault> {
        let since = self.request(index).ok().and_then(|request| request.since.as_ref());
        let Some(since) = since.filter(|_| reply.status != NO_CONTENT) else { return Ok(None) };
        let found = since.next.find(&parse_body(&reply.body)?);
        Ok(usable(&found).map(Into::into))
    }

    /// A request for data.
    ///
    /// # Errors
    /// Says which parameter or secret is missing.
    pub fn data_request(
        &self,
        about: About<'_>,
        secrets: &Secrets,
        session: &Session,
        index: u8,
        exchange: &Exchange,
    ) -> Result<Request, SourceFault> {
        let request = self.request(index)?;
        let filling = Filling {
            token: Some(&session.token),
            exchange: Some(exchange),
            names: request.names(),
            ..Filling::about(self, about, secrets, &session.texts)
        };
        let batch = request.part_of(&filling, exchange.place.batch);
        let batch = batch.as_ref().map(|(name, part)| (*name, part.as_slice()));
        let filling = Filling { batch, ..filling };
        let url = match &exchange.place.address {
            Some(address) => address.to_string(),
            None => filling.url(&request.url)?,
        };
        let kept = |entries: &[(Box<str>, Json)]| {
            filling.json(entries.iter().filter(|(key, _)| keeps(&filling, request, key)))
        };
        let body = request.body.as_deref().map(kept).transpose()?;
        let headers = &request.headers;
        self.proved(Plain { method: request.method, url, headers, body }, &filling)
    }

    /// A request with what the source proves itself by: headers, or a signature over all of it.
    pub(super) fn proved(
        &self,
        plain: Plain<'_>,
        filling: &Filling<'_>,
    ) -> Result<Request, SourceFault> {
        let mut headers = Vec::new();
        if plain.body.is_some() {
            headers.push(("content-type".into(), "application/json".into()));
        }
        for (name, value) in plain.headers.iter().chain(self.auth_headers()) {
            headers.push((name.clone(), filling.fill(value)?.into()));
        }
        let mut made = Request {
            method: plain.method,
            url: plain.url,
            headers,
            body: plain.body.unwrap_or_default().into_bytes(),
            deadline: POLL_DEADLINE,
            identity: None,
            network_of: None,
        };
        if let Auth::Aws { access_key_id, secret_access_key, region, service } = &self.auth {
            let keys = aws::Keys {
                access_key_id: filling.fill(access_key_id)?,
                secret_access_key: filling.fill(secret_access_key)?.into(),
                region: filling.fill(region)?,
                service: filling.fill(service)?,
            };
            let utc = filling.exchange.map_or(UtcMs(0), |exchange| exchange.utc);
            aws::sign(&mut made, &keys, utc);
        }
        Ok(made)
    }

    pub(super) fn request(&self, index: u8) -> Result<&DataRequest, SourceFault> {
        self.requests.get(usize::from(index)).ok_or(SourceFault::NoRequest(index))
    }
}

impl DataRequest {
    /// The part of its list that batch number `batch` is about.
    fn part_of<'a>(
        &'a self,
        filling: &Filling<'a>,
        batch: usize,
    ) -> Option<(&'a str, Vec<&'a str>)> {
        let (name, size) = self.batch.as_ref()?;
        let list = filling.whole_list(name).unwrap_or_default();
        let part = list.into_iter().skip(batch.saturating_mul(*size)).take(*size).collect();
        Some((name, part))
    }
}

/// A key of the body goes when the list that it depends on is empty.
fn keeps(filling: &Filling<'_>, request: &DataRequest, key: &str) -> bool {
    let depends = request.omit_when_empty.iter().find(|(omitted, _)| omitted.as_ref() == key);
    depends.is_none_or(|(_, parameter)| {
        let list = filling.list(&Hole::Parameter(parameter.clone()));
        list.is_none_or(|list| !list.is_empty())
    })
}
