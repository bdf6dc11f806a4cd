//! Business context from a CSV file beside the config and from a ServiceNow over real HTTP.

use andon::demo::http::{Incoming, Reaction};
use andon::model::http::Reply;
use andon::model::time::UtcMs;

use crate::hub::{Hub, andon, ended, text};
use crate::patience::wait_until;
use crate::server::{Desk, Server};
use crate::world::{Mood, World, queue};

/// ServiceNow's table API for one configuration item.
#[derive(Default)]
struct ServiceNow {
    asked: Vec<String>,
}

impl Desk for ServiceNow {
    fn receive(&mut self, incoming: &Incoming, _utc: UtcMs) -> Reaction {
        self.asked.push(incoming.path.clone());
        // The user andon and the password that is in the file.
        if incoming.header("authorization") != Some("Basic YW5kb246aHVzaC1jbWRi") {
            let said = Reply::new(401, "application/json", r#"{"error":{"message":"no"}}"#);
            return Reaction::Reply(said);
        }
        let body = r#"{"result":[{"business_criticality":{"display_value":"1 - most critical",
            "value":"1"},"owned_by":{"display_value":"Beth Anglin",
            "link":"https://x.service-now.com/api/now/table/sys_user/6816"},
            "u_runbook":{"display_value":"https://wiki.example/queue","value":""}}]}"#;
        Reaction::Reply(Reply::new(200, "application/json;charset=UTF-8", body))
    }
}

fn config(world: &World, address: &str) -> String {
    let source = world.source("bank", &format!("http://{}", world.platform.address));
    let more = format!(
        "P3 = {{ targets = [\"slack\"] }}\n\n[enrichment]\ncsv = \"context.csv\"\n\n\
         [enrichment.cmdb]\nurl = \"http://{address}/api/now/table/cmdb_ci?sysparm_query=name=\
         {{entity_id}}&sysparm_display_value=all\"\nuser = \"andon\"\n\
         password = {{ file = {:?} }}\nbusiness_impact = \"business_criticality\"\n\
         owner = \"owned_by\"\nrunbook = \"u_runbook\"\n",
        world.path("cmdb")
    );
    format!("{}{more}", world.config(&source))
}

#[test]
fn pages_say_what_a_csv_file_and_service_now_know() {
    let world = World::new(2, Mood::Busy);
    let service_now = Server::start(ServiceNow::default());
    world.write("cmdb", "hush-cmdb\n");
    let (known, asked) = (queue(0), queue(1));
    let row =
        format!("entity,unit,business_impact\r\n{known},\"Retail, Loans\",sla_violation_risk");
    world.write("context.csv", &row);
    world.write("andon.toml", &config(&world, &service_now.address.to_string()));
    let hub = Hub::start(&world);
    wait_until("both are told", 25, || world.pagerduty.desk().events().count() == 2);
    let details = |entity: &str| {
        let desk = world.pagerduty.desk();
        let mut events = desk.events().map(|received| received.event.details.clone());
        events.find(|details| details["entity_name"] == entity).unwrap()
    };
    let told = details(&known);
    assert_eq!(told["business_impact"], "sla_violation_risk");
    assert_eq!(told["business_unit"], "Retail, Loans");
    let told = details(&asked);
    assert_eq!(told["business_impact"], "1 - most critical");
    assert_eq!(
        (&told["owner"], &told["runbook"]),
        (&"Beth Anglin".into(), &"https://wiki.example/queue".into())
    );
    let paths = service_now.desk().asked.clone();
    let wanted =
        format!("/api/now/table/cmdb_ci?sysparm_query=name={asked}&sysparm_display_value=all");
    assert_eq!(paths, [wanted], "two alerts, one look-up");
    let page = hub.get("/api/v1/alerts").body;
    assert!(page.contains("\"business_impact\":\"1 - most critical\""), "{page}");
    let (_, said) = hub.stop();
    assert!(!said.contains("hush-cmdb"), "{said}");
}

#[test]
fn a_csv_file_is_checked_with_its_config() {
    let world = World::new(1, Mood::Calm);
    world.write("cmdb", "hush-cmdb\n");
    world.write("andon.toml", &config(&world, "127.0.0.1:9"));
    let check = || ended(andon().arg("check").arg(world.path("andon.toml")));
    let output = check();
    assert_eq!(output.status.code(), Some(66), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("context.csv cannot be read"));
    world.write("context.csv", "entity,business_impact\nq1,risk\nq2,\n");
    let output = check();
    assert_eq!(output.status.code(), Some(78));
    let complaint = text(&output.stderr);
    assert!(complaint.contains("context.csv:3:4"), "{complaint}");
    assert!(complaint.contains("business_impact is missing"), "{complaint}");
    world.write("context.csv", "entity,business_impact\nq1,risk\n");
    let output = check();
    assert!(
        text(&output.stdout).contains("1 rows of business context"),
        "{}",
        text(&output.stderr)
    );
}
