//! `andon simulate`: platforms, a PagerDuty and a Slack on loopback, for a hub of one's own.

use alloc::rc::Rc;
use std::env::temp_dir;

use andon::edge::clock::Clock;
use andon::edge::{log as stderr, signals};
use smol::LocalExecutor;

use super::arguments::SimulateOptions;
use super::dialects::Dialects;
use super::exit::Fault;
use super::out;
use super::simulators::{Simulators, traffic, whole_minute};

/// Serves until a signal.
pub(crate) fn simulate(options: &SimulateOptions) -> Result<(), Fault> {
    stderr::install(stderr::Style::fitting(false), log::LevelFilter::Info);
    let now = Clock::real().now().utc;
    let clock = match options.traffic.speed {
        1 => Clock::real(),
        speed => Clock::fast(now, speed),
    };
    let traffic = traffic(&options.traffic, options.queues, whole_minute(now))?;
    let (seed, port) = (options.traffic.seed, options.port);
    let further = if port == 0 { 0 } else { port.saturating_add(3) };
    let dialects = Dialects::bind(&traffic, clock, seed, further)?;
    let simulators = Simulators::bind(traffic, clock, seed, port)?;
    let [cxone, pagerduty, slack] = simulators.addresses()?;
    let directory = temp_dir().join(format!("andon-simulate-{}", std::process::id()));
    simulators.write_config(&directory, None)?;
    let config = directory.join("andon.toml");
    out::print(&if options.json {
        let urls = [cxone, pagerduty, slack].map(|address| format!("http://{address}"));
        let [cxone, pagerduty, slack] = urls;
        let config = config.display().to_string();
        let places = serde_json::json!({
            "cxone": cxone, "pagerduty": pagerduty, "slack": slack, "config": config,
            "platforms": dialects.places(),
        });
        format!("{places}\n")
    } else {
        format!(
            "CXone      http://{cxone}      (guide 2's API)\n\
         PagerDuty  http://{pagerduty}  (POST /v2/enqueue)\n\
         Slack      http://{slack}      (an incoming webhook)\n\n\
         Other platforms with the same traffic, and whom they let in:\n{}\n\
         A config that points a hub here, with its secrets beside it:\n  \
         andon run --config {}\n\n\
         Each answers GET /simulate/status, and POST /simulate/faults such as\n  \
         {{\"fault\":\"throttle\",\"seconds\":60}}\n",
            dialects.lines(),
            config.display()
        )
    })?;
    let executor = Rc::new(LocalExecutor::new());
    simulators.serve(&executor);
    dialects.serve(&executor);
    let ended = smol::block_on(executor.run(signals::stop()));
    std::fs::remove_dir_all(&directory)
        .map_err(|error| Fault::cannot_create(format!("{}: {error}", directory.display())))?;
    ended.map_err(|error| Fault::unavailable(format!("signals cannot be waited for: {error}")))
}
