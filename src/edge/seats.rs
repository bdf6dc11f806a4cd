//! Who sits at a listener: so many connections and no more, and which of them gives way.
//!
//! A connection is asked for nothing while it has something to say: only one that waits for its
//! next request, or is slow with it, gives way to a new one. A sender of webhooks says what it has
//! at once, so no crowd that says nothing can keep it out.
//!
//! # Promises
//! - `the_longest_waiting_gives_way_and_the_busy_never`
//! - `a_seat_is_free_again_when_its_connection_ends`
//! - `who_says_nothing_is_shown_out_in_time`

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::sync::Arc;
use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use core::time::Duration;

use smol::channel::{Receiver, Sender, bounded};
use smol::lock::{Semaphore, SemaphoreGuardArc};
use smol::{Timer, future};

use crate::edge::clock::Clock;
use crate::limits::{REQUEST_HEAD_DEADLINE, REQUEST_IDLE_MAX};
use crate::model::door::Refusal;
use crate::model::time::Tick;

/// The places of a listener.
#[derive(Debug)]
pub(super) struct Seats {
    clock: Clock,
    free: Arc<Semaphore>,
    taken: RefCell<BTreeMap<u64, Place>>,
    next: Cell<u64>,
}

/// One place. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Seat {
    number: u64,
    standing: Rc<Standing>,
    shown_out: Receiver<Infallible>,
    seats: Rc<Seats>,
    _place: SemaphoreGuardArc,
}

#[derive(Debug)]
struct Place {
    standing: Rc<Standing>,
    /// Dropping it shows the connection out.
    _stays: Sender<Infallible>,
}

#[derive(Debug)]
struct Standing {
    phase: Cell<Phase>,
    since: Cell<Tick>,
}

/// What a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It has not brought a request yet.
    New,
    /// It was answered, and may bring another.
    Answered,
    /// A body is on its way, which has a deadline of its own.
    Receiving,
    /// The request is whole, and we owe an answer.
    Owed,
}

/// How long a place that nobody gives up at once is waited for before the next is asked.
const LEAVING: Duration = Duration::from_millis(100);

impl Seats {
    pub(super) fn new(places: usize) -> Rc<Self> {
        Rc::new(Self {
            clock: Clock::real(),
            free: Arc::new(Semaphore::new(places)),
            taken: RefCell::default(),
            next: Cell::new(0),
        })
    }

    /// A place for a new connection. Where all are taken, the one that has waited for the longest
    /// time gives way; where all are busy, the first that ends or waits.
    pub(super) async fn take(self: &Rc<Self>) -> Seat {
        let place = loop {
            if let Some(place) = self.free.try_acquire_arc() {
                break place;
            }
            self.show_out_the_longest_waiting();
            let left = async { Some(self.free.acquire_arc().await) };
            let later = async {
                Timer::after(LEAVING).await;
                None
            };
            if let Some(place) = future::or(left, later).await {
                break place;
            }
        };
        let number = self.next.get();
        self.next.set(number.wrapping_add(1));
        let since = Cell::new(self.clock.now().tick);
        let standing = Rc::new(Standing { phase: Cell::new(Phase::New), since });
        let (stays, shown_out) = bounded(1);
        let taken = Place { standing: Rc::clone(&standing), _stays: stays };
        self.taken.borrow_mut().insert(number, taken);
        Seat { number, standing, shown_out, seats: Rc::clone(self), _place: place }
    }

    /// How many places are taken.
    pub(super) fn taken(&self) -> usize {
        self.taken.borrow().len()
    }

    fn show_out_the_longest_waiting(&self) {
        let mut taken = self.taken.borrow_mut();
        let waiting = taken.iter().filter(|(_, place)| place.standing.phase.get() != Phase::Owed);
        let longest = waiting.min_by_key(|(number, place)| (place.standing.since.get(), **number));
        if let Some(number) = longest.map(|(number, _)| *number) {
            taken.remove(&number);
        }
    }
}

impl Seat {
    /// The head of a request is here.
    pub(super) fn receives(&self) {
        self.standing.phase.set(Phase::Receiving);
    }

    /// The request is whole.
    pub(super) fn is_owed(&self) {
        self.standing.phase.set(Phase::Owed);
    }

    /// The answer is made.
    pub(super) fn is_answered(&self) {
        self.standing.phase.set(Phase::Answered);
        self.standing.since.set(self.seats.clock.now().tick);
    }

    /// Comes back when the connection has to end, and says why.
    pub(super) async fn ends(&self) -> Refusal {
        let shown_out = async {
            // Nothing is ever sent; that it cannot come any more is the word.
            let _: Result<Infallible, _> = self.shown_out.recv().await;
            Refusal::GaveWay
        };
        future::or(shown_out, self.says_nothing()).await
    }

    async fn says_nothing(&self) -> Refusal {
        let clock = self.seats.clock;
        loop {
            let now = clock.now().tick;
            let look_again = match self.standing.deadline() {
                Some(deadline) if deadline <= now => return Refusal::Silent,
                Some(deadline) => deadline,
                None => now + REQUEST_IDLE_MAX,
            };
            Timer::after(clock.until(look_again)).await;
        }
    }
}

impl Standing {
    /// When the next request has to be here. Nothing while one is being read or answered.
    fn deadline(&self) -> Option<Tick> {
        match self.phase.get() {
            Phase::New => Some(self.since.get() + REQUEST_HEAD_DEADLINE),
            Phase::Answered => Some(self.since.get() + REQUEST_IDLE_MAX),
            Phase::Receiving | Phase::Owed => None,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken.borrow_mut().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Span;

    /// Whether a seat has been shown out.
    fn is_out(seat: &Seat) -> bool {
        seat.shown_out.is_closed()
    }

    #[test]
    fn the_longest_waiting_gives_way_and_the_busy_never() {
        smol::block_on(async {
            let seats = Seats::new(3);
            let [busy, first, second] =
                [seats.take().await, seats.take().await, seats.take().await];
            busy.is_owed();
            // It came first and was answered last.
            first.is_answered();
            first.standing.since.set(first.standing.since.get() + Span::secs(1));
            let fourth = future::or(async { Some(seats.take().await) }, async {
                future::yield_now().await;
                None
            });
            assert!(fourth.await.is_none(), "its place is free only when it has gone");
            assert!(!is_out(&busy) && !is_out(&first) && is_out(&second));
            drop(second);
            let fourth = seats.take().await;
            assert_eq!(seats.taken(), 3);
            fourth.receives();
            fourth.standing.since.set(first.standing.since.get() + Span::secs(1));
            seats.show_out_the_longest_waiting();
            assert!(is_out(&first) && !is_out(&fourth));
            seats.show_out_the_longest_waiting();
            assert!(is_out(&fourth), "a body on its way waits, too");
            seats.show_out_the_longest_waiting();
            assert!(!is_out(&busy));
        });
    }

    #[test]
    fn a_seat_is_free_again_when_its_connection_ends() {
        smol::block_on(async {
            let seats = Seats::new(1);
            for _ in 0..3 {
                let seat = seats.take().await;
                assert_eq!(seats.taken(), 1);
                drop(seat);
                assert_eq!(seats.taken(), 0);
            }
        });
    }

    #[test]
    fn who_says_nothing_is_shown_out_in_time() {
        smol::block_on(async {
            let seats = Seats::new(1);
            let seat = seats.take().await;
            let came = seat.standing.since.get();
            assert_eq!(seat.standing.deadline(), Some(came + REQUEST_HEAD_DEADLINE));
            seat.receives();
            assert_eq!(seat.standing.deadline(), None);
            seat.is_owed();
            assert_eq!(seat.standing.deadline(), None);
            seat.is_answered();
            let answered = seat.standing.since.get();
            assert_eq!(seat.standing.deadline(), Some(answered + REQUEST_IDLE_MAX));
            seat.standing.since.set(came + Span(-REQUEST_IDLE_MAX.0));
            assert_eq!(seat.ends().await, Refusal::Silent);
        });
    }
}
