//! Registers our webhook with the platform, as data: what there is is listed, and what is missing,
//! differs or stands there twice is mended by as few requests as it takes.
//!
//! Ours is known by its name. What others have registered is shown and never touched.
//!
//! # Promises
//! - `a_second_run_changes_nothing`
//! - `what_differs_is_corrected_and_what_stands_twice_is_removed`
//! - `what_others_have_registered_stays`
//! - `the_request_of_the_guide_is_made_to_the_byte`
//!
//! # Not here
//! Sending, and when to try again: that is `poll`, and `andon register`.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jmespath::{Rcvar, Variable};

use crate::limits::WEBHOOKS_LISTED_MAX;
use crate::model::answer::Bucket;
use crate::model::config::SourceConfig;
use crate::model::http::{Method, Reply, Request};
use crate::model::secret::Secrets;
use crate::model::time::{Span, UtcMs};
use crate::platform::answer::NO_CONTENT;
use crate::platform::fill::Filling;
use crate::platform::login::Session;
use crate::platform::names::{id_of, name_of};
use crate::platform::page::{Paging, Place};
use crate::platform::path::{Path, kind_of, parse_body};
use crate::platform::request::{Exchange, Plain};
use crate::platform::template::Template;
use crate::platform::{Definition, Json, SourceFault, VendorFault};

/// The `[webhook.registration]` table of a definition, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Registration {
    /// What ours is called.
    pub(super) name: Template,
    pub(super) list: Listing,
    pub(super) create: Call,
    /// Without one, what differs is removed and created anew.
    pub(super) update: Option<Call>,
    pub(super) delete: Call,
}

/// How the webhooks that there are are listed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Listing {
    pub(super) call: Call,
    pub(super) paging: Paging,
    pub(super) rows: Path,
    pub(super) id: Path,
    pub(super) name: Path,
    pub(super) url: Path,
    /// What a row and the body of `create` have to have alike.
    pub(super) compare: Vec<Path>,
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Template,
    pub(super) headers: Vec<(Box<str>, Template)>,
    pub(super) body: Option<Vec<(Box<str>, Json)>>,
}

/// What a registration is to end in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Nothing changes.
    Show,
    /// Ours is there once, as the config wants it.
    Register,
    /// Ours is not there.
    Remove,
}

/// A webhook that the platform lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The platform's identifier of it.
    pub id: Box<str>,
    /// What it is called.
    pub name: Box<str>,
    /// Where it is delivered, where the platform says so.
    pub url: Box<str>,
    /// Whose it is, and whether it is as the config wants it.
    pub standing: Standing,
    /// What stands where the definition compares.
    values: Vec<Rcvar>,
}

/// Whose a listed webhook is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Somebody else's.
    Foreign,
    /// Ours, and right as far as the list tells.
    Right,
    /// Ours, and it has something else than the config wants here.
    Differs(Box<str>),
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A webhook was registered.
    Created,
    /// It was changed to what the config wants.
    Corrected,
    /// It was taken away.
    Removed,
}

/// A registration under way.
#[derive(Debug, Clone)]
pub struct Registering {
    goal: Goal,
    stage: Stage,
    listed: Vec<Listed>,
    deeds: Vec<(Deed, Box<str>)>,
}

#[derive(Debug, Clone)]
enum Stage {
    /// This page of the list comes next; nothing is the first.
    Listing {
        own: Box<str>,
        place: Option<Place>,
    },
    Mending(VecDeque<Act>),
}

/// One change, with the identifier of what it changes.
#[derive(Debug, Clone)]
enum Act {
    Create,
    Update(Box<str>),
    Delete(Box<str>),
}

/// What a registration does next.
#[derive(Debug, Clone, PartialEq)]
pub enum RegistrationStep {
    /// This is asked for; the answer goes to [`Definition::read_registration`].
    Ask(Request),
    /// It is as it is to be.
    Done,
}

impl Registering {
    /// A registration that has asked for nothing yet.
    #[must_use]
    pub fn new(goal: Goal) -> Self {
        let stage = Stage::Listing { own: Box::default(), place: None };
        Self { goal, stage, listed: Vec::new(), deeds: Vec::new() }
    }

    /// What the platform listed, before anything was changed.
    #[must_use]
    pub fn listed(&self) -> &[Listed] {
        &self.listed
    }

    /// What was done so far, each with the platform's identifier where it has told one.
    #[must_use]
    pub fn deeds(&self) -> &[(Deed, Box<str>)] {
        &self.deeds
    }

    fn take(&mut self, listing: &Listing, own: &str, row: &Rcvar) {
        let Some(id) = id_of(&listing.id.find(row)) else { return };
        let name = name_of(&listing.name.find(row)).unwrap_or_default();
        let standing = if *name == *own { Standing::Right } else { Standing::Foreign };
        let is_ours = standing == Standing::Right;
        let like = self.listed.iter().filter(|other| (*other.name == *own) == is_ours);
        if like.count() < WEBHOOKS_LISTED_MAX {
            let url = name_of(&listing.url.find(row)).unwrap_or_default();
            let values = listing.compare.iter().map(|path| path.find(row)).collect();
            self.listed.push(Listed { id: id.as_str().into(), name, url, standing, values });
        }
    }

    /// The whole list is known: what is to be done.
    fn decide(&self, has_update: bool) -> VecDeque<Act> {
        let ours = || self.listed.iter().filter(|listed| listed.standing != Standing::Foreign);
        let right = ours().position(|listed| listed.standing == Standing::Right);
        // What can be changed in place never leaves a moment without a webhook.
        let kept = match self.goal {
            Goal::Show => return VecDeque::new(),
            Goal::Remove => None,
            Goal::Register => right.or(has_update.then_some(0)),
        };
        let others = (0..).zip(ours()).filter(|(index, _)| Some(*index) != kept);
        // Two of one name may not be allowed, so what goes, goes first.
        let mut acts: VecDeque<Act> =
            others.map(|(_, listed)| Act::Delete(listed.id.clone())).collect();
        if self.goal == Goal::Register && right.is_none() {
            let in_place = kept.and_then(|kept| ours().nth(kept));
            acts.push_back(in_place.map_or(Act::Create, |listed| Act::Update(listed.id.clone())));
        }
        acts
    }
}

impl Definition {
    /// Whether webhooks are registered by the platform's own API.
    #[must_use]
    pub fn registers_webhooks(&self) -> bool {
        self.registration().is_some()
    }

    fn registration(&self) -> Option<&Registration> {
        self.webhook.as_ref()?.registration.as_deref()
    }

    /// The next step of a registration.
    ///
    /// # Errors
    /// Says which parameter or secret is missing.
    pub fn register(
        &self,
        source: &SourceConfig,
        secrets: &Secrets,
        session: &Session,
        draft: &mut Registering,
        utc: UtcMs,
    ) -> Result<RegistrationStep, SourceFault> {
        let Some(registration) = self.registration() else { return Ok(RegistrationStep::Done) };
        let filling = Filling {
            token: Some(&session.token),
            ..Filling::new(self, source, secrets, &session.texts)
        };
        if let Stage::Listing { own, place } = &mut draft.stage {
            if own.is_empty() {
                *own = filling.fill(&registration.name)?.into();
                *place = Some(registration.list.paging.first());
            }
            if let Some(place) = place {
                let request = self.call(&registration.list.call, place, &filling, utc)?;
                return Ok(RegistrationStep::Ask(request));
            }
            let wanted = match filling.json(registration.create.body.iter().flatten()) {
                Ok(body) => Variable::from_json(&body).ok().map(Rcvar::new),
                // What is only shown or removed need not be known in full.
                Err(fault) if draft.goal == Goal::Register => return Err(fault),
                Err(_) => None,
            };
            for listed in &mut draft.listed {
                listed.judge(&registration.list.compare, wanted.as_ref());
            }
            draft.stage = Stage::Mending(draft.decide(registration.update.is_some()));
        }
        let Stage::Mending(acts) = &draft.stage else { return Ok(RegistrationStep::Done) };
        let (call, id) = match (acts.front(), &registration.update) {
            (None, _) => return Ok(RegistrationStep::Done),
            (Some(Act::Update(id)), Some(update)) => (update, Some(&**id)),
            (Some(Act::Delete(id)), _) => (&registration.delete, Some(&**id)),
            (Some(Act::Create | Act::Update(_)), _) => (&registration.create, None),
        };
        let filling = Filling { registration_id: id, ..filling };
        self.call(call, &Place::default(), &filling, utc).map(RegistrationStep::Ask)
    }

    /// Reads the answer to the step that [`Self::register`] asked for at `url`.
    ///
    /// # Errors
    /// A refusal, or what about the answer is not as the definition says.
    pub fn read_registration(
        &self,
        draft: &mut Registering,
        url: &str,
        reply: &Reply,
    ) -> Result<(), VendorFault> {
        let Some(registration) = self.registration() else { return Ok(()) };
        let listing = &registration.list;
        let is_good = (200..300).contains(&reply.status);
        let acts = match &mut draft.stage {
            Stage::Listing { .. } if !is_good => return Err(self.refusal(reply)),
            Stage::Listing { own, place } => {
                let (own, at) = (own.clone(), place.clone().unwrap_or_default());
                *place = listing.paging.after(&at, url, reply)?;
                if reply.status == NO_CONTENT {
                    return Ok(());
                }
                let rows = listing.rows.find(&parse_body(&reply.body)?);
                let Some(rows) = rows.as_array() else {
                    let (path, found) = (listing.rows.text().into(), kind_of(&rows));
                    return Err(VendorFault::NoRows { path, found });
                };
                rows.iter().for_each(|row| draft.take(listing, &own, row));
                return Ok(());
            }
            Stage::Mending(acts) => acts,
        };
        let told = || parse_body(&reply.body).ok().and_then(|body| id_of(&listing.id.find(&body)));
        let deed = match acts.front() {
            // What is gone is as gone as what we take away.
            Some(Act::Delete(id)) if is_good || matches!(reply.status, 404 | 410) => {
                (Deed::Removed, id.clone())
            }
            _ if !is_good => return Err(self.refusal(reply)),
            Some(Act::Update(id)) => (Deed::Corrected, id.clone()),
            Some(Act::Create | Act::Delete(_)) | None => {
                (Deed::Created, told().map(|id| id.as_str().into()).unwrap_or_default())
            }
        };
        acts.pop_front();
        draft.deeds.push(deed);
        Ok(())
    }

    fn call(
        &self,
        call: &Call,
        place: &Place,
        filling: &Filling<'_>,
        utc: UtcMs,
    ) -> Result<Request, SourceFault> {
        let bucket = Bucket { start: utc, length: Span::ZERO };
        let exchange = Exchange { bucket, window: bucket, place: place.clone(), since: None, utc };
        let filling = Filling { exchange: Some(&exchange), ..*filling };
        let url = match &place.address {
            Some(address) => address.to_string(),
            None => filling.url(&call.url)?,
        };
        let body = call.body.as_ref().map(|body| filling.json(body.iter())).transpose()?;
        let headers = &call.headers;
        self.proved(Plain { method: call.method, url, headers, body }, &filling)
    }
}

impl Listed {
    /// Compares it with what is wanted. What the list does not tell is taken for right.
    fn judge(&mut self, compare: &[Path], wanted: Option<&Rcvar>) {
        let Some(wanted) = wanted.filter(|_| self.standing == Standing::Right) else { return };
        let mut pairs = compare.iter().zip(&self.values);
        let differs = pairs.find(|(path, value)| {
            let wanted = path.find(wanted);
            !value.is_null() && !wanted.is_null() && unordered(value) != unordered(&wanted)
        });
        if let Some((path, _)) = differs {
            self.standing = Standing::Differs(path.text().into());
        }
    }
}

/// A list is a set here: platforms give it in an order of their own.
fn unordered(value: &Rcvar) -> Vec<String> {
    let Some(list) = value.as_array() else { return Vec::from([value.to_string()]) };
    let mut texts: Vec<_> = list.iter().map(|value| value.to_string()).collect();
    texts.sort_unstable();
    texts
}
