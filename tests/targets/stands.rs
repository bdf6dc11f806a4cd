//! Each kind of target that speaks HTTP: its strict receiver, the tap before it, and the exchange.

use alloc::sync::Arc;
use std::sync::Mutex;

use andon::demo::http::{Incoming, Reaction};
use andon::demo::pagerduty::PagerDuty as PagerDutyDesk;
use andon::demo::slack::Slack as SlackDesk;
use andon::model::config::TextOrSecret;
use andon::model::http::Method;
use andon::model::login::HttpLogin;
use andon::model::target::{
    Alertmanager, Datadog, IncidentStates, PagerDuty, ServiceNow, ServiceNowEvents, Slack,
    SlackApp, Sms, SmsSender, TargetKind, Teams, Webhook,
};
use andon::model::time::{Span, UtcMs};

use crate::exchange::{Exchange, credential};
use crate::receivers::certificates::Authority;
use crate::receivers::desk::serve;
use crate::receivers::servicenow::{Instance, SERVICENOW_PASSWORD};
use crate::receivers::slack::Workspace;
use crate::receivers::tap::Tap;
use crate::receivers::{alertmanager, datadog, teams, twilio, webhook};

/// A receiver that can be reached by its tap alone.
pub(crate) struct Stand {
    pub(crate) exchange: Exchange,
    pub(crate) tap: Tap,
    pub(crate) secret: String,
    /// How many notices it has: what is told twice is one where the vendor tells a repeat.
    pub(crate) holds: Box<dyn Fn() -> usize>,
    /// Makes it as it was at the beginning.
    pub(crate) forget: Box<dyn Fn()>,
}

/// What time it is everywhere.
const NOW: UtcMs = UtcMs(1_715_783_545_000);

/// The path of a webhook of Slack.
const HOOK: &str = "/services/T0HUSH000/B000/a-hook-of-slack";

fn stand<D: Send + 'static>(
    authority: &Authority,
    fresh: fn() -> D,
    receive: fn(&mut D, &Incoming) -> Reaction,
    holds: fn(&D) -> usize,
    target: impl FnOnce(&str) -> (TargetKind, String),
) -> Stand {
    let desk = Arc::new(Mutex::new(fresh()));
    let tap = Tap::start(serve(&desk, receive), authority.server("localhost"));
    let (kind, secret) = target(&format!("https://localhost:{}", tap.address.port()));
    let exchange = Exchange::new(kind, &secret, &[authority.root()]);
    let other = Arc::clone(&desk);
    Stand {
        exchange,
        tap,
        secret,
        holds: Box::new(move || holds(&desk.lock().unwrap())),
        forget: Box::new(move || *other.lock().unwrap() = fresh()),
    }
}

fn text(url: String) -> TextOrSecret {
    TextOrSecret::Text(url.into())
}

/// Complaints have no place: what went wrong was on the way.
fn content(complaints: &[String]) {
    assert_eq!(complaints, [""; 0]);
}

pub(crate) fn pagerduty(authority: &Authority) -> Stand {
    let holds = |desk: &PagerDutyDesk| {
        assert_eq!(desk.reception.refused, 0);
        desk.incidents().map(|incident| usize::try_from(incident.opened).unwrap()).sum()
    };
    let receive = |desk: &mut PagerDutyDesk, incoming: &Incoming| desk.receive(incoming, NOW);
    stand(authority, PagerDutyDesk::default, receive, holds, |base| {
        let kind = PagerDuty::new(text(format!("{base}/v2/enqueue")), credential("key"));
        (TargetKind::PagerDuty(kind), "R0HUSH00000000000000000000000000".into())
    })
}

pub(crate) fn slack(authority: &Authority) -> Stand {
    let receive = |desk: &mut SlackDesk, incoming: &Incoming| desk.receive(incoming, NOW);
    let holds = |desk: &SlackDesk| {
        assert_eq!(desk.reception.refused, 0);
        desk.messages().count()
    };
    stand(
        authority,
        || SlackDesk::new(HOOK),
        receive,
        holds,
        |base| {
            let url = TextOrSecret::Secret(credential("url"));
            (TargetKind::Slack(Slack { url }), format!("{base}{HOOK}"))
        },
    )
}

pub(crate) fn slack_app(authority: &Authority) -> Stand {
    const TOKEN: &str = "xoxb-a-token-of-slack";
    type Desk = (Workspace, UtcMs);
    let receive = |desk: &mut Desk, incoming: &Incoming| {
        desk.1 = desk.1 + Span::secs(1);
        desk.0.receive(incoming, desk.1)
    };
    let holds = |desk: &Desk| {
        assert_eq!(desk.0.reception.refused, 0);
        desk.0.channel().count()
    };
    stand(
        authority,
        || (Workspace::new(TOKEN), NOW),
        receive,
        holds,
        |base| {
            let kind = SlackApp {
                api_url: text(format!("{base}/api")),
                token: credential("token"),
                channel: "#noc".into(),
                signing_secret: None,
                reply_recovered: true,
            };
            (TargetKind::SlackApp(kind), TOKEN.into())
        },
    )
}

pub(crate) fn teams(authority: &Authority) -> Stand {
    let holds = |desk: &teams::Teams| {
        content(&desk.complaints);
        desk.cards.len()
    };
    stand(authority, teams::Teams::default, teams::Teams::receive, holds, |base| {
        let url = TextOrSecret::Secret(credential("flow"));
        (TargetKind::Teams(Teams { url }), format!("{base}{}", teams::FLOW))
    })
}

fn login() -> HttpLogin {
    HttpLogin::Basic { user: "andon".into(), password: credential("password") }
}

pub(crate) fn servicenow(authority: &Authority) -> Stand {
    let receive = |desk: &mut Instance, incoming: &Incoming| desk.receive(incoming, NOW);
    let holds = |desk: &Instance| {
        assert_eq!(desk.reception.refused, 0);
        desk.incidents.len()
    };
    stand(authority, Instance::default, receive, holds, |base| {
        let kind = ServiceNow {
            url: text(format!("{base}/api/now/v2/table/incident")),
            login: login(),
            fields: Vec::new(),
            states: IncidentStates {
                open: "1".into(),
                acknowledged: "2".into(),
                resolved: "6".into(),
                closed: ["7", "8"].map(Into::into).to_vec(),
            },
            close_code: "Solution provided".into(),
        };
        (TargetKind::ServiceNow(kind.into()), SERVICENOW_PASSWORD.into())
    })
}

pub(crate) fn servicenow_events(authority: &Authority) -> Stand {
    let receive = |desk: &mut Instance, incoming: &Incoming| desk.receive(incoming, NOW);
    // Events of one key are one alert there.
    let holds = |desk: &Instance| {
        let keys = desk.events.iter().map(|event| event["message_key"].to_string());
        keys.collect::<alloc::collections::BTreeSet<_>>().len()
    };
    stand(authority, Instance::default, receive, holds, |base| {
        let url = text(format!("{base}/api/global/em/jsonv2"));
        let kind = ServiceNowEvents { url, alerts_url: None, login: login() };
        (TargetKind::ServiceNowEvents(kind), SERVICENOW_PASSWORD.into())
    })
}

pub(crate) fn datadog(authority: &Authority) -> Stand {
    // Events of one aggregation key are one there, and a check has one status.
    let holds = |desk: &datadog::Datadog| {
        content(&desk.complaints);
        let keys = desk.alerts.iter().map(|event| event["aggregation_key"].to_string());
        let distinct = keys.collect::<alloc::collections::BTreeSet<_>>().len();
        if desk.checks.is_empty() { 0 } else { distinct }
    };
    stand(authority, datadog::Datadog::default, datadog::Datadog::receive, holds, |base| {
        let kind = Datadog {
            url: text(format!("{base}/api/v2/events")),
            api_url: text(base.into()),
            api_key: credential("key"),
            tags: Vec::new(),
            service_check: Some("andon.alert".into()),
        };
        (TargetKind::Datadog(kind), datadog::KEY.into())
    })
}

pub(crate) fn alertmanager(authority: &Authority) -> Stand {
    use alertmanager::Alertmanager as Desk;
    let holds = |desk: &Desk| {
        content(&desk.complaints);
        desk.firing().len()
    };
    stand(authority, Desk::default, Desk::receive, holds, |base| {
        let kind = Alertmanager {
            url: text(format!("{base}/am")),
            login: HttpLogin::Bearer(credential("token")),
            labels: Vec::new(),
            ends_after: Span::secs(3_600),
        };
        (TargetKind::Alertmanager(kind), alertmanager::TOKEN.into())
    })
}

pub(crate) fn webhook(authority: &Authority) -> Stand {
    use webhook::Receiver;
    let holds = |desk: &Receiver| {
        content(&desk.complaints);
        desk.bodies.len()
    };
    stand(
        authority,
        || Receiver::new("POST", None),
        Receiver::receive,
        holds,
        |base| {
            let kind = Webhook {
                url: text(format!("{base}/hook")),
                method: Method::Post,
                headers: Vec::new(),
                body: None,
                login: HttpLogin::None,
                signing_secret: Some(credential("key")),
            };
            (TargetKind::Webhook(kind), webhook::SECRET.into())
        },
    )
}

pub(crate) fn sms(authority: &Authority) -> Stand {
    use twilio::Twilio;
    let receive = |desk: &mut Twilio, incoming: &Incoming| desk.receive(incoming, NOW);
    let holds = |desk: &Twilio| {
        content(&desk.complaints);
        desk.messages.len()
    };
    stand(authority, Twilio::default, receive, holds, |base| {
        let account = twilio::ACCOUNT;
        let kind = Sms {
            url: text(format!("{base}/2010-04-01/Accounts/{account}/Messages.json")),
            user: account.into(),
            auth_token: credential("token"),
            from: SmsSender::Number("+15550001111".into()),
            to: vec!["+4915112345678".into()],
            validity: Span::secs(3_600),
        };
        (TargetKind::Sms(kind), twilio::TOKEN.into())
    })
}
