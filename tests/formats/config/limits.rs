//! What is more than a limit allows is told so.

use andon::limits::{EXCEPT_MAX, RULES_MAX, SOURCES_MAX, TARGETS_MAX, VAULT_PATHS_MAX};

use super::check;

fn source(number: usize) -> String {
    format!(
        "[[source]]\nname = \"s{number}\"\ndefinition = \"nice-cxone-guide\"\nclient_id = \"a\"\n\
         client_secret = {{ credential = \"a\" }}\n"
    )
}

fn target(number: usize) -> String {
    format!("[[target]]\nname = \"t{number}\"\nkind = \"slack\"\nurl = \"https://a.example/\"\n")
}

/// Thresholds of different queues, so that none is in the way of another.
fn rules(count: usize) -> String {
    let rule = |number: usize| {
        format!(
            "[[rules]]\nqueue_id = \"q{number}\"\nthresholds = [{{ metric = \"longest_wait\", \
             operator = \">\", static_value = 9, priority = \"P2\" }}]\n"
        )
    };
    (0..count).map(rule).collect()
}

const ROUTES: &str = "[routes]\nP2 = { targets = [\"t0\"] }\n";

fn messages(text: &str) -> Vec<String> {
    match check(text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.lines().map(|line| line.message.to_string()).collect(),
    }
}

#[test]
fn as_much_as_the_limits_allow_is_fine() {
    let targets: String = (0..TARGETS_MAX).map(target).collect();
    let one_source = [&source(0), &rules(7_000), &*targets, ROUTES].concat();
    assert_eq!(messages(&one_source), [""; 0]);
    let sources: String = (0..SOURCES_MAX).map(source).collect();
    assert_eq!(messages(&[&sources, &*targets, ROUTES].concat()), [""; 0]);
}

#[test]
fn a_vault_is_asked_for_so_many_paths_and_no_more() {
    let vault = "[vault]\nurl = \"https://v.example\"\ntoken = { credential = \"v\" }\n";
    let of = |paths: usize| {
        let sources = (0..paths / 3).map(|number| {
            let key = |kind| format!("{{ vault = \"p/{number}-{kind}#key\" }}");
            let [own, pager, slack] = ["own", "pager", "slack"].map(key);
            let source = source(number).replace("{ credential = \"a\" }", &own);
            let pager = format!(
                "[[target]]\nname = \"p{number}\"\nkind = \"webhook\"\n\
                 signing_secret = {pager}\nurl = {slack}\n"
            );
            format!("{source}{pager}")
        });
        let sources: String = sources.collect();
        messages(&[vault, &*sources, &target(0), ROUTES].concat())
    };
    assert_eq!(of(VAULT_PATHS_MAX - 1), [""; 0]);
    let found = of(VAULT_PATHS_MAX + 2);
    assert!(found[0].contains("vault: 66 paths of it are referred to"), "{found:?}");
}

#[test]
fn more_than_the_limits_allow_is_a_problem() {
    let sources: String = (0..=SOURCES_MAX).map(source).collect();
    let targets: String = (0..=TARGETS_MAX).map(target).collect();
    let found = messages(&[&sources, &*targets, ROUTES].concat());
    assert!(found[0].contains("source: the list has 33 elements"), "{found:?}");
    assert!(found[1].contains("target: the list has 33 elements"), "{found:?}");

    let one = "{metric=\"longest_wait\",operator=\">\",static_value=9,priority=\"P2\"},";
    let many = format!("thresholds = [{}]\n", one.repeat(RULES_MAX + 1));
    let found = messages(&[&many, &*source(0), &target(0), ROUTES].concat());
    assert!(found[0].contains("thresholds: the list has 12001 elements"), "{found:?}");
}

#[test]
fn so_many_days_are_excepted_and_no_more() {
    let of = |days: usize| {
        let days = "\"2026-12-25\", ".repeat(days);
        let except = format!("[baseline]\nexcept = [{days}]\n");
        messages(&[&source(0), &target(0), &rules(1), &*except, ROUTES].concat())
    };
    assert_eq!(of(EXCEPT_MAX), [""; 0]);
    assert_eq!(of(EXCEPT_MAX + 1).len(), 1);
}
