//! `andon simulate`: platforms, a PagerDuty and a Slack on loopback, for a hub of one's own.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use std::env::temp_dir;

use andon::edge::clock::Clock;
use andon::edge::{log as stderr, signals};
use serde_json::{Value, json};
use smol::{LocalExecutor, Task};

use super::deliveries::{Courier, WebhookOptions};
use super::dialects::Dialects;
use super::exit::Fault;
use super::options::SimulateOptions;
use super::out;
use super::pushing::{self, Pushed, Pushing};
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
    let WebhookOptions { to, mischief, .. } = &options.webhooks;
    let (to, mischief) = (to.as_deref(), *mischief);
    let pushing = Pushing { secret: options.webhooks.secret()?, mischief, clock, seed };
    let genesys = dialects.guide.clone();
    let genesys = genesys.map(|(platform, _)| pushing.genesys(platform, to));
    let simulators = Simulators::bind(traffic, clock, seed, port)?;
    let cxone = pushing.cxone(Rc::clone(&simulators.cxone));
    let couriers: Vec<Courier> = genesys.into_iter().chain([cxone]).collect();
    let [cxone, pagerduty, slack] = simulators.addresses()?;
    let directory = temp_dir().join(format!("andon-simulate-{}", std::process::id()));
    let door = to.and_then(pushing::door);
    let pushed = dialects.guide.as_ref().zip(door).map(|((_, guide), door)| Pushed {
        guide: *guide,
        door,
        secret: pushing.secret.clone(),
    });
    simulators.write_config(&directory, None, pushed.as_ref())?;
    let config = directory.join("andon.toml");
    out::print(&if options.json {
        let urls = [cxone, pagerduty, slack].map(|address| format!("http://{address}"));
        let [cxone, pagerduty, slack] = urls;
        let config = config.display().to_string();
        let places = json!({
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
         {}\n\n\
         A config that points a hub here, with its secrets beside it:\n  \
         andon run --config {}\n\n\
         Each answers GET /simulate/status, and POST /simulate/faults such as\n  \
         {{\"fault\":\"throttle\",\"seconds\":60}}\n",
            dialects.lines(),
            options.webhooks.lines(),
            config.display()
        )
    })?;
    let executor = Rc::new(LocalExecutor::new());
    simulators.serve(&executor);
    dialects.serve(&executor);
    let ended = smol::block_on(executor.run(deliver(&couriers, &executor, options.json)));
    std::fs::remove_dir_all(&directory)
        .map_err(|error| Fault::cannot_create(format!("{}: {error}", directory.display())))?;
    ended.map_err(|error| Fault::unavailable(format!("signals cannot be waited for: {error}")))
}

/// Delivers what the platforms push until somebody says stop, and sums it up.
async fn deliver(
    couriers: &[Courier],
    executor: &LocalExecutor<'static>,
    json: bool,
) -> Result<(), std::io::Error> {
    let delivering = couriers.iter().map(|courier| executor.spawn(courier.clone().run()));
    let delivering: Vec<Task<()>> = delivering.collect();
    let ended = signals::stop().await;
    for task in delivering {
        task.cancel().await;
    }
    for courier in couriers {
        courier.finish().await;
    }
    let summary = if json {
        let shown = couriers.iter().map(|courier| (courier.name, courier.shown()));
        let shown: BTreeMap<&str, Value> = shown.collect();
        format!("{}\n", json!({ "webhooks": shown }))
    } else {
        couriers.iter().map(Courier::lines).collect()
    };
    // Who has gone away needs no summary.
    let _ = out::show(&summary);
    ended
}
