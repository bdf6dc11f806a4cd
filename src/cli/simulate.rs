//! `andon simulate`: a CXone, a PagerDuty and a Slack on loopback, for a hub of one's own.

use alloc::rc::Rc;
use core::net::SocketAddr;
use std::env::temp_dir;

use andon::edge::clock::Clock;
use andon::edge::{log as stderr, signals};
use andon::model::time::UtcMs;
use smol::LocalExecutor;

use super::arguments::SimulateOptions;
use super::exit::Fault;
use super::simulators::{Simulators, traffic};
use super::{demo, out};

/// Serves until a signal.
pub(crate) fn simulate(options: &SimulateOptions) -> Result<(), Fault> {
    stderr::install(stderr::Style::fitting(false), log::LevelFilter::Info);
    let now = Clock::real().now().utc;
    let clock = match options.traffic.speed {
        1 => Clock::real(),
        speed => Clock::fast(now, speed),
    };
    let traffic = traffic(&options.traffic, options.queues, whole_minute(now))?;
    let simulators = Simulators::bind(traffic, clock, options.traffic.seed, options.port)?;
    let [cxone, pagerduty, slack] = simulators.addresses()?;
    let directory = temp_dir().join(format!("andon-simulate-{}", std::process::id()));
    let admin = SocketAddr::from(([127, 0, 0, 1], demo::ADMIN_PORT));
    simulators.write_config(&directory, admin)?;
    let config = directory.join("andon.toml");
    out::print(&format!(
        "CXone      http://{cxone}      (guide 2's API)\n\
         PagerDuty  http://{pagerduty}  (POST /v2/enqueue)\n\
         Slack      http://{slack}      (an incoming webhook)\n\n\
         A config that points a hub here, with its secrets beside it:\n  \
         andon run --config {}\n\n\
         Each answers GET /simulate/status, and POST /simulate/faults such as\n  \
         {{\"fault\":\"throttle\",\"seconds\":60}}\n",
        config.display()
    ))?;
    let executor = Rc::new(LocalExecutor::new());
    simulators.serve(&executor);
    let ended = smol::block_on(executor.run(signals::stop()));
    std::fs::remove_dir_all(&directory)
        .map_err(|error| Fault::cannot_create(format!("{}: {error}", directory.display())))?;
    ended.map_err(|error| Fault::unavailable(format!("signals cannot be waited for: {error}")))
}

/// The minute that a moment lies in: where a simulated centre begins.
pub(crate) const fn whole_minute(utc: UtcMs) -> UtcMs {
    UtcMs(utc.0 - utc.0.rem_euclid(60_000))
}
