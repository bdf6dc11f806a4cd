//! What somebody asks or hands in, and waits for the reply to.

use andon::api::ExplainView;
use andon::event::{Asker, Event};
use andon::model::authority::Authority;
use andon::model::http::Reply;

use crate::process::Process;
use crate::world::World;

impl World {
    /// Asks the admin listener.
    pub(crate) fn ask(&mut self, path: &str) -> Reply {
        let event = |asker| Event::Asked {
            asker,
            method: "GET".into(),
            path: path.into(),
            body: Box::default(),
            authority: Authority::Anyone,
        };
        self.hand_in(event).1.unwrap()
    }

    /// Gives the hub an order, as an operator.
    pub(crate) fn order(&mut self, path: &str, body: &str) -> Reply {
        self.operate("POST", path, body)
    }

    /// The same, if the hub is there to hear it: whether it says yes at once. The answer may have
    /// to wait for the disk.
    pub(crate) fn is_ordered(&mut self, path: &str, body: &str) -> bool {
        if !self.is_up() {
            return false;
        }
        let reply = self.hand_in(|asker| ordered(asker, "POST", path, body)).1;
        let status = reply.as_ref().map_or(200, |reply| reply.status);
        assert!([200, 404, 409].contains(&status), "{path} is answered {status}");
        reply.is_some_and(|reply| reply.status == 200)
    }

    /// Has the hub take something away, as an operator.
    pub(crate) fn delete(&mut self, path: &str) -> Reply {
        self.operate("DELETE", path, "")
    }

    fn operate(&mut self, method: &str, path: &str, body: &str) -> Reply {
        self.hand_in(|asker| ordered(asker, method, path, body)).1.unwrap()
    }

    /// Hands the hub what somebody waits for the reply to: under which number, and the reply, if it
    /// comes at once.
    pub(crate) fn hand_in(&mut self, event: impl FnOnce(Asker) -> Event) -> (Asker, Option<Reply>) {
        self.asked += 1;
        let asker = Asker(self.asked);
        self.process.as_mut().unwrap().turn(vec![event(asker)], &mut self.site);
        (asker, self.site.replies.remove(&asker))
    }

    /// Whether the hub runs.
    pub(crate) fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// Whether everything is on disk that has to be.
    pub(crate) fn is_saved(&self) -> bool {
        self.process.as_ref().is_none_or(Process::is_saved)
    }

    /// Somebody looks at a page, if the hub is there to show it.
    pub(crate) fn look(&mut self, path: &str) {
        if self.is_up() {
            let status = self.ask(path).status;
            assert!([200, 404, 503].contains(&status), "{path} is answered {status}");
        }
    }

    /// Why did it page, or not?
    pub(crate) fn explain(&mut self, key: &str) -> ExplainView {
        let reply = self.ask(&format!("/api/v1/explain/{key}"));
        let body = String::from_utf8(reply.body).unwrap();
        serde_json::from_str(&body).unwrap_or_else(|_| panic!("{} {body}", reply.status))
    }

    /// One number of `/metrics`, by its name with its labels, without its fraction.
    pub(crate) fn metric(&mut self, name: &str) -> i64 {
        let page = String::from_utf8(self.ask("/metrics").body).unwrap();
        let number = page.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        let number = number.unwrap_or_else(|| panic!("no {name} in\n{page}"));
        number.split('.').next().unwrap().parse().unwrap()
    }
}

fn ordered(asker: Asker, method: &str, path: &str, body: &str) -> Event {
    let (method, path, body) = (method.into(), path.into(), body.as_bytes().into());
    Event::Asked { asker, method, path, body, authority: Authority::Operator }
}
