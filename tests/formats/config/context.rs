//! What becomes of business context: in the config, and in the CSV file beside it.

use andon::config::read_csv;
use andon::limits::CONTEXT_ROWS_MAX;
use andon::model::business::{Business, Enrichment};
use andon::model::login::HttpLogin;
use andon::model::rule::Priority;
use andon::model::secret::SecretRef;

use super::good::good;

#[test]
fn every_key_of_context_is_read() {
    let config = good("every-key.toml");
    let Enrichment { rows, csv, cmdb, audit_priority } = &config.enrichment;
    let [first, second] = rows.as_slice() else { panic!("two rows") };
    assert_eq!(first.source.as_ref(), Some(&config.sources[0].name));
    let text = |text: &str| Some(text.into());
    let business = Business {
        impact: text("sla_violation_risk"),
        unit: text("Retail banking"),
        owner: text("Beth Anglin"),
        runbook: text("http://wiki.example.com/runbooks/queues"),
    };
    assert_eq!((&*first.entity, &first.business), ("queue-id-*", &business));
    let impact = text("Customer SLA violation risk");
    let labels: Vec<_> = first.labels.iter().map(|(key, text)| (&**key, &**text)).collect();
    assert_eq!(labels, [("site", "Haifa"), ("tier", "2")]);
    assert_eq!(second.business, Business { impact, ..Business::default() });
    assert_eq!((csv.as_deref(), *audit_priority), (Some("context.csv"), Priority::P2));
    let cmdb = cmdb.as_ref().unwrap();
    assert!(cmdb.url.ends_with("sysparm_query=name={entity_name}"));
    let password = SecretRef::Credential("cmdb".into());
    assert_eq!(cmdb.login, HttpLogin::Basic { user: "andon".into(), password });
    assert_eq!((&*cmdb.rows, &*cmdb.fields[1]), ("result[0]", "department.display_value"));
    let refs = config.secret_refs();
    assert!(refs.contains(&&SecretRef::Credential("cmdb".into())));
}

#[test]
fn a_csv_file_is_told_all_its_problems() {
    let config = good("every-key.toml");
    let rows = |text: &str| read_csv("context.csv", text, &config);
    let good = "\u{feff}entity,source,business_impact,owner,runbook\r\n\
                tier-*,cxone-prod,\"Retail, \"\"VIP\"\"\",Beth,https://w.example/x\r\n\
                \r\nq,,risk\r\n";
    let rows_of_good = rows(good).unwrap();
    assert_eq!(rows_of_good.len(), 2);
    assert_eq!(rows_of_good[0].source.as_ref(), Some(&config.sources[0].name));
    assert_eq!(rows_of_good[0].business.impact(), "Retail, \"VIP\"");
    assert_eq!((&*rows_of_good[1].entity, &rows_of_good[1].source), ("q", &None));
    let labelled = rows("entity,business_impact,labels\nq,risk,site=Haifa; tier = 2\nr,risk,\n");
    assert_eq!(labelled.as_ref().unwrap()[0].label("tier"), Some("2"));
    assert!(labelled.unwrap()[1].labels.is_empty());
    let problems = |text: &str| {
        let problems = rows(text).unwrap_err();
        let line = |line: andon::document::Line<'_>| {
            format!("{}:{} {}", line.line, line.column, line.message)
        };
        problems.lines().map(line).collect::<Vec<_>>()
    };
    let bad = "entity,source,business_impact,unit,runbook\n\
               ,,risk,,\nq1,cxone,risk,,\nq2,,,,ftp://x\nq3,,\"a\nb\",,,\n";
    let wanted = [
        "2:1 entity is missing",
        "3:4 source: \"cxone\" is the name of no source",
        "4:5 business_impact is missing",
        "4:7 runbook: this is no link",
        "5:5 business_impact: it has a line end in it",
        "6:5 the row has more cells than there are columns",
    ];
    let found = problems(bad);
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(found.ends_with(wanted.split_once(' ').unwrap().1), "{found} {wanted}");
    }
    assert_eq!(problems("entity,unit\nq,u\n")[0], "1:1 the column business_impact is missing");
    assert_eq!(problems("")[0], "1:1 the column entity is missing");
    let many = format!("entity,business_impact\n{}", "q,r\n".repeat(CONTEXT_ROWS_MAX - 1));
    assert_eq!(problems(&many), ["4096:1 this row is one too many"]);
}
