//! Those who wait on a connection for the hub's word.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};

use smol::channel::{Sender, bounded};

use crate::edge::listener::{Answer, Call};
use crate::event::{Asker, Event};
use crate::model::authority::Authority;
use crate::model::delivery::Delivery;
use crate::model::http::Reply;

/// Those who asked the hub something and wait for its reply.
#[derive(Debug, Clone, Default)]
pub struct Askers {
    next: Rc<Cell<u64>>,
    waiting: Rc<RefCell<BTreeMap<Asker, Sender<Reply>>>>,
}

impl Askers {
    /// Asks the hub, and waits for its reply.
    pub async fn ask(&self, events: Sender<Event>, call: Call, authority: Authority) -> Answer {
        let (method, path) = (call.method.into(), call.path.into());
        let body = call.body.as_ref().into();
        self.hand_in(events, |asker| Event::Asked { asker, method, path, body, authority }).await
    }

    /// Hands the hub what was pushed, and waits for its reply.
    pub async fn push(&self, events: Sender<Event>, call: Call) -> Answer {
        let Call { method, path, headers, body, client_certificate } = call;
        let delivery = Delivery { method: method.into(), headers, body, client_certificate };
        let path = path.into();
        self.hand_in(events, |asker| Event::Pushed { asker, path, delivery }).await
    }

    async fn hand_in(&self, events: Sender<Event>, event: impl FnOnce(Asker) -> Event) -> Answer {
        let asker = Asker(self.next.get());
        self.next.set(asker.0.wrapping_add(1));
        let (sender, reply) = bounded(1);
        self.waiting.borrow_mut().insert(asker, sender);
        if events.send(event(asker)).await.is_err() {
            return Answer::Close;
        }
        reply.recv().await.map_or(Answer::Close, Answer::Reply)
    }

    pub(super) fn answer(&self, asker: Asker, reply: Reply) {
        if let Some(sender) = self.waiting.borrow_mut().remove(&asker) {
            // The connection may have closed meanwhile.
            let _ = sender.try_send(reply);
        }
    }
}
