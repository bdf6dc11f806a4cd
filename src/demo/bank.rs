//! The figures that make the simulated centre behave as a real one: a small bank's, in March 1999.
//!
//! # Source
//! "Anonymous Bank", the call-by-call record of an Israeli bank's call centre, by Service
//! Enterprise Engineering, Technion (Guedj and Mandelbaum, 2000), which we acknowledge with thanks;
//! studied in Brown et al., "Statistical Analysis of a Telephone Call Center", JASA 2005.
//!
//! # How the figures were fitted
//! - Calls per hour: answered plus abandoned of each queue, averaged over the 19 whole working
//!   days, the four Fridays and the four Saturdays of the month.
//! - How much a day and a quarter of an hour stray from that: a spread of 0.2 each, from the
//!   variance beyond Poisson's.
//! - Patience: seconds spent waiting per caller who hung up.
//! - Talk time: 155 s over all queues. The split over the queues lies between a least-squares fit
//!   of busy agents to answered calls, hour by hour, and the proportions of Brown et al.
//! - Seats: agents with calls less than half an hour apart, averaged by hour.
//! - Wrap-up: not in the record; chosen so that as many callers hang up as did.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::demo::traffic::QueueName;
use crate::demo::week::Hours;
use crate::model::time::Span;

/// How one queue behaves.
#[derive(Debug, Clone)]
pub struct QueuePlan {
    /// What it is called.
    pub name: QueueName,
    /// Calls that ask for an agent.
    pub calls_per_hour: Hours<f64>,
    /// The mean length of a call.
    pub talk: Span,
    /// How long a caller waits on average before hanging up, if no agent comes.
    pub patience: Span,
}

/// Agents who are interchangeable.
#[derive(Debug, Clone)]
pub struct GroupPlan {
    /// The positions of the queues that they serve.
    pub skills: Vec<usize>,
    /// How many are on duty.
    pub seats: Hours<u32>,
}

/// A whole centre.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its queues.
    pub queues: Vec<QueuePlan>,
    /// Its agents. A call goes to the first group that is free, so the narrow ones come first.
    pub groups: Vec<GroupPlan>,
    /// How many times the calls and the seats of these figures there are.
    pub times: u32,
}

/// How far the volume of a day strays from that of its kind, as the spread of a lognormal factor.
pub const DAY_SPREAD: f64 = 0.2;

/// How far a quarter of an hour strays from its day.
pub const QUARTER_SPREAD: f64 = 0.2;

/// The spread of the logarithm of talk times (Brown et al.: standard deviation 1.3 times the mean).
pub const TALK_SPREAD: f64 = 1.0;

/// What an agent does after each call, on average.
pub const WRAP_UP: Span = Span::secs(55);

impl Plan {
    /// The bank.
    #[must_use]
    pub fn bank() -> Self {
        let queues = QUEUES.iter().map(|figures| figures.queue(figures.id, figures.name)).collect();
        let everything = (0..QUEUES.len()).collect();
        // Securities (1) and internet support (3) are for the experienced.
        let retail = Vec::from([0, 2, 4, 5]);
        let groups = Vec::from([
            GroupPlan { skills: retail, seats: RETAIL_SEATS },
            GroupPlan { skills: everything, seats: EXPERIENCED_SEATS },
        ]);
        Self { queues, groups, times: 1 }
    }

    /// A centre with the bank's queues, and as many times its calls and its agents.
    #[must_use]
    pub fn bank_times(times: u32) -> Self {
        Self { times: times.max(1), ..Self::bank() }
    }

    /// An insurer of about the bank's size, with the figures of some of its queues.
    #[must_use]
    pub fn insurer() -> Self {
        let named = [
            (0, "queue-claims-1", "Claims"),
            (2, "queue-policies-1", "New policies"),
            (5, "queue-roadside-1", "Roadside assistance"),
        ];
        let queue = |(like, id, name): (usize, &str, &str)| {
            QUEUES.get(like).map(|figures| figures.queue(id, name))
        };
        let queues = named.into_iter().filter_map(queue).collect();
        let groups = Vec::from([
            GroupPlan { skills: Vec::from([0]), seats: RETAIL_SEATS },
            GroupPlan { skills: Vec::from([0, 1, 2]), seats: EXPERIENCED_SEATS },
        ]);
        Self { queues, groups, times: 1 }
    }

    /// As many queues as asked for, each like one of the bank's and with agents of its own.
    #[must_use]
    pub fn large(queues: u32) -> Self {
        let of_bank = QUEUES.iter().cycle();
        let named = |(number, figures): (u32, &Figures)| {
            figures.queue(&format!("queue-{number:04}"), &format!("{} {number}", figures.name))
        };
        let group = |(position, figures): (usize, &Figures)| GroupPlan {
            skills: Vec::from([position]),
            seats: if figures.busy { RETAIL_SEATS } else { EXPERIENCED_SEATS },
        };
        let queues: Vec<QueuePlan> = (0..queues).zip(of_bank.clone()).map(named).collect();
        let groups = (0..queues.len()).zip(of_bank).map(group).collect();
        Self { queues, groups, times: 1 }
    }
}

struct Figures {
    id: &'static str,
    name: &'static str,
    /// Needs a whole group of its own in [`Plan::large`].
    busy: bool,
    talk_seconds: i64,
    patience_seconds: i64,
    calls_per_hour: Hours<f64>,
}

impl Figures {
    fn queue(&self, id: &str, name: &str) -> QueuePlan {
        let name = QueueName { id: Box::from(id), name: Box::from(name) };
        QueuePlan {
            name,
            calls_per_hour: self.calls_per_hour,
            talk: Span::secs(self.talk_seconds),
            patience: Span::secs(self.patience_seconds),
        }
    }
}

const QUEUES: &[Figures] = &[
    Figures {
        id: "queue-retail-1",
        name: "Retail banking",
        busy: true,
        talk_seconds: 125,
        patience_seconds: 429,
        calls_per_hour: Hours {
            working_day: &[
                34.5, 59.9, 87.9, 101.3, 91.5, 78.8, 79.1, 86.3, 82.7, 70.1, 58.1, 52.6, 52.5,
                43.5, 40.5, 36.7, 29.4,
            ],
            friday: &[25.0, 43.8, 63.2, 58.8, 55.2, 28.2, 23.8],
            saturday: &[5.0, 27.0, 36.8, 25.2, 24.0],
        },
    },
    Figures {
        id: "queue-securities-1",
        name: "Securities",
        busy: false,
        talk_seconds: 420,
        patience_seconds: 789,
        calls_per_hour: Hours {
            working_day: &[
                1.3, 3.7, 13.7, 23.4, 16.4, 12.7, 13.3, 16.1, 19.5, 10.3, 7.0, 6.2, 4.6, 4.5, 4.3,
                3.3, 3.4,
            ],
            friday: &[0.2, 0.8, 2.2, 1.5, 1.8, 1.0, 2.5],
            saturday: &[1.0, 4.2, 5.2, 2.8, 0.2],
        },
    },
    Figures {
        id: "queue-new-customers-1",
        name: "New customers",
        busy: false,
        talk_seconds: 80,
        patience_seconds: 244,
        calls_per_hour: Hours {
            working_day: &[
                3.1, 31.5, 19.6, 13.7, 13.2, 11.8, 12.1, 18.4, 20.6, 45.9, 38.7, 18.8, 8.8, 7.6,
                5.6, 3.9, 2.6,
            ],
            friday: &[3.5, 25.2, 16.2, 12.8, 10.5, 21.8, 7.0],
            saturday: &[1.0, 9.2, 5.5, 6.8, 5.5],
        },
    },
    Figures {
        id: "queue-internet-1",
        name: "Internet support",
        busy: false,
        talk_seconds: 400,
        patience_seconds: 373,
        calls_per_hour: Hours {
            working_day: &[
                0.1, 0.5, 1.5, 2.4, 1.5, 1.8, 1.7, 1.8, 1.6, 1.2, 0.5, 0.5, 0.5, 0.8, 0.8, 0.4, 0.4,
            ],
            friday: &[0.0, 0.8, 1.8, 2.2, 1.2, 0.0, 0.2],
            saturday: &[0.0, 0.0, 0.5, 0.0, 0.0],
        },
    },
    Figures {
        id: "queue-retail-english-1",
        name: "Retail banking, English",
        busy: false,
        talk_seconds: 330,
        patience_seconds: 394,
        calls_per_hour: Hours {
            working_day: &[
                0.3, 0.6, 0.3, 0.9, 0.4, 0.6, 0.4, 1.1, 0.5, 0.3, 0.2, 0.3, 0.2, 0.3, 0.1, 0.1, 0.2,
            ],
            friday: &[0.2, 0.5, 0.8, 0.8, 1.0, 0.0, 0.0],
            saturday: &[],
        },
    },
    Figures {
        id: "queue-callback-1",
        name: "Call-back",
        busy: false,
        talk_seconds: 110,
        patience_seconds: 295,
        calls_per_hour: Hours {
            working_day: &[
                0.6, 1.9, 3.2, 3.2, 6.8, 8.1, 7.8, 4.8, 4.2, 11.6, 10.4, 6.0, 5.9, 4.7, 4.6, 1.3,
                0.9,
            ],
            friday: &[1.0, 1.5, 2.8, 4.5, 8.0, 3.2, 0.5],
            saturday: &[1.8, 5.2, 4.0, 2.2, 0.2],
        },
    },
];

/// Together with the experienced: 1.2, 3.7, 6.0, 6.9, 6.6, ... agents on a working day, rounded up
/// where there are few, since an agent with few calls looks absent in the record.
const RETAIL_SEATS: Hours<u32> = Hours {
    working_day: &[1, 3, 3, 4, 4, 4, 4, 4, 4, 3, 3, 2, 2, 2, 2, 2, 1],
    friday: &[1, 2, 3, 3, 3, 2, 1],
    saturday: &[0, 1, 2, 1, 1],
};

const EXPERIENCED_SEATS: Hours<u32> = Hours {
    working_day: &[1, 1, 3, 3, 3, 2, 2, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1],
    friday: &[1, 1, 1, 1, 1, 1, 1],
    saturday: &[1, 1, 1, 1, 1],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::week::{WeekHour, Weekday};

    #[test]
    fn the_bank_has_as_many_calls_as_in_march_1999() {
        let of_day = |weekday| -> f64 {
            let queues = Plan::bank().queues;
            let hours = (0..24).map(|hour| WeekHour { weekday, hour });
            hours.map(|at| queues.iter().map(|q| q.calls_per_hour.at(at)).sum::<f64>()).sum()
        };
        assert!((of_day(Weekday::Sunday) - 1_635.0).abs() < 10.0);
        assert!((of_day(Weekday::Friday) - 435.0).abs() < 10.0);
        assert!((of_day(Weekday::Saturday) - 174.0).abs() < 10.0);
    }

    #[test]
    fn somebody_serves_every_queue_while_it_is_open() {
        for plan in [Plan::bank(), Plan::insurer(), Plan::large(20)] {
            for (position, queue) in (0..).zip(&plan.queues) {
                for hour in 0..24 {
                    let at = WeekHour { weekday: Weekday::Monday, hour };
                    let served = plan
                        .groups
                        .iter()
                        .any(|group| group.skills.contains(&position) && group.seats.at(at) > 0);
                    let calls = queue.calls_per_hour.at(at) > 0.0;
                    assert!(served || !calls, "{} at {hour}", queue.name.id);
                }
            }
        }
    }
}
