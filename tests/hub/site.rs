//! Everything that outlives the hub's process: time, the board, its disk, the network.

use alloc::collections::BTreeMap;

use andon::event::{Asker, Surroundings};
use andon::model::http::{Reply, Request};
use andon::model::rng::Rng;
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::time::{ClockTrust, Now, Span, Tick, UtcMs};

use crate::cmdb::CMDB_TOKEN;
use crate::disk::Disk;
use crate::network::{
    CLIENT_SECRET, Network, ROUTING_KEY, SIGNING_SECRET, SLACK_SIGNING, SLACK_TOKEN, SLACK_URL,
    Server,
};
use crate::oracle::Oracle;
use crate::receivers::pagerduty::{API_TOKEN, WEBHOOK_SECRET};
use crate::receivers::{alertmanager, datadog, teams, twilio};
use crate::servicenow::{SERVICENOW_CLIENT_SECRET, SERVICENOW_PASSWORD};
use crate::sights::Sights;
use crate::strict::{HOOK_KEY, TEAMS};
use crate::swarm::planted::Planted;

/// The true time at which every story begins, on the grid of the buckets.
pub(crate) const BEGIN: UtcMs = UtcMs(1_715_781_600_000);

/// What the monotonic clock shows when the hub starts after a boot.
const BOOT_TAKES: Span = Span::secs(7);

/// The place where a hub runs.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// True time since the story began.
    pub(crate) elapsed: Span,
    pub(crate) board: Board,
    pub(crate) config: String,
    pub(crate) secrets: Secrets,
    /// What the hub sees when it looks around, if anything.
    pub(crate) around: Option<Surroundings>,
    pub(crate) disk: Disk,
    pub(crate) network: Network,
    pub(crate) oracle: Oracle,
    pub(crate) dice: Rng,
    /// The log.
    pub(crate) said: Vec<String>,
    /// What the API answered.
    pub(crate) replies: BTreeMap<Asker, Reply>,
    /// Every event, write and effect, where somebody wants them.
    pub(crate) trace: Option<Vec<String>>,
    /// What the hub was given to see, where somebody judges by it.
    pub(crate) sights: Option<Sights>,
    /// A guard that is taken away, to see whether anybody notices.
    pub(crate) planted: Option<Planted>,
    /// Itself as a power cut at each sync of the disk would leave it, for who collects that.
    pub(crate) cuts: Option<Cuts>,
}

/// Sites that a power cut left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cuts {
    /// How the unsynced sectors of each sync are torn, once for each of these.
    pub(crate) seeds: Vec<u64>,
    pub(crate) sites: Vec<Site>,
    /// Syncs so far.
    pub(crate) syncs: usize,
}

/// The board's clocks.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    boots: u32,
    booted: Span,
    /// How far the wall clock is ahead of the true time.
    pub(crate) wall_error: Span,
    pub(crate) trust: ClockTrust,
}

/// The log-in, the bucket under way and the way of its request.
const FIRST_BUCKET: Span = Span::secs(15);

impl Site {
    /// A board that has just booted, with an empty disk.
    pub(crate) fn new(config: &str, seed: u64) -> Self {
        let mut dice = Rng::new(seed);
        let board =
            Board { boots: 1, booted: Span::ZERO, wall_error: Span::ZERO, trust: ClockTrust::Ntp };
        Self {
            elapsed: Span::ZERO,
            board,
            config: config.to_owned(),
            secrets: secrets(),
            around: None,
            disk: Disk::default(),
            network: Network::new(dice.next()),
            oracle: Oracle::default(),
            dice,
            said: Vec::new(),
            replies: BTreeMap::new(),
            trace: None,
            sights: None,
            planted: None,
            cuts: None,
        }
    }

    /// Lets the disk work; the power may go at each of its syncs.
    pub(crate) fn at_the_disk<T>(&mut self, work: impl FnOnce(&mut Disk) -> T) -> T {
        let Some(mut cuts) = self.cuts.take() else { return work(&mut self.disk) };
        let before = self.clone();
        self.disk.collect_syncs();
        let done = work(&mut self.disk);
        let disks = self.disk.take_cuts(&before.disk, &cuts.seeds);
        cuts.syncs += disks.len() / cuts.seeds.len();
        cuts.sites.extend(disks.into_iter().map(|disk| Self { disk, ..before.clone() }));
        self.cuts = Some(cuts);
        done
    }

    /// The true time.
    pub(crate) fn utc(&self) -> UtcMs {
        BEGIN + self.elapsed
    }

    /// What the board's clocks show.
    pub(crate) fn now(&self) -> Now {
        let tick = Tick(0) + BOOT_TAKES + (self.elapsed - self.board.booted);
        Now { tick, utc: self.utc() + self.board.wall_error, trust: self.board.trust }
    }

    /// When the monotonic clock will show a tick.
    pub(crate) fn moment_of(&self, tick: Tick) -> Span {
        self.elapsed + (tick - self.now().tick)
    }

    /// The kernel's identifier of this boot.
    pub(crate) fn boot(&self) -> String {
        let unnoticed = self.planted == Some(Planted::BootUnnoticed);
        format!("boot-{}", if unnoticed { 1 } else { self.board.boots })
    }

    /// The power comes back at this moment.
    pub(crate) fn boot_again(&mut self) {
        self.board.boots += 1;
        self.board.booted = self.elapsed;
    }

    /// Whether the platform that a request goes to is and has long been well, so that the hub
    /// knows its clock.
    pub(crate) fn is_well(&self, request: &Request) -> bool {
        match self.network.server(request.origin()) {
            Server::Platform(platform) => {
                let excused = self.elapsed < platform.repeats.excused_until;
                !excused && platform.skew(self.utc()) == Span::ZERO
            }
            Server::Guide(_)
            | Server::PagerDuty(_)
            | Server::Slack(_)
            | Server::SlackApp(_)
            | Server::Webhook(_)
            | Server::ServiceNow(_)
            | Server::Cmdb(_)
            | Server::Strict(_) => false,
        }
    }

    /// For so long a platform may see a bucket twice without it being the hub's fault.
    pub(crate) fn excuse_repeats(&mut self, host: &str, lasts: Span) {
        let until = self.elapsed + lasts;
        self.network.platform(host).repeats.excuse(until);
    }

    /// What came to the platforms while no hub was there is not the doing of the one that starts.
    /// Under a wrong wall clock it learns their time anew, to a second, and may ask once for the
    /// bucket that the hub before it had just asked for.
    pub(crate) fn excuse_first_bucket(&mut self) {
        let until = self.elapsed + FIRST_BUCKET;
        for platform in self.network.platforms() {
            platform.repeats.excused = platform.repeated();
            if self.board.wall_error != Span::ZERO {
                platform.repeats.excuse(until);
            }
        }
    }

    /// Adds a line to the trace.
    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9} {}", self.elapsed.0, line()));
        }
    }
}

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    let flow = format!("{TEAMS}{}", teams::FLOW);
    let all = [
        ("cxone", CLIENT_SECRET),
        ("pagerduty", ROUTING_KEY),
        ("slack", SLACK_URL),
        ("slack-token", SLACK_TOKEN),
        ("slack-signing", SLACK_SIGNING),
        ("webhook", SIGNING_SECRET),
        ("cmdb", CMDB_TOKEN),
        ("servicenow", SERVICENOW_PASSWORD),
        ("servicenow-client", SERVICENOW_CLIENT_SECRET),
        ("pagerduty-api", API_TOKEN),
        ("pagerduty-webhook", WEBHOOK_SECRET),
        ("flow", &flow),
        ("datadog", datadog::KEY),
        ("alertmanager", alertmanager::TOKEN),
        ("hook", HOOK_KEY),
        ("twilio", twilio::TOKEN),
        ("mail", "hunter2"),
    ];
    for (name, secret) in all {
        secrets.put(SecretRef::Credential(name.into()), Secret::new(secret));
    }
    secrets
}
