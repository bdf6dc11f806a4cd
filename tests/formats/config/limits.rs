//! What is more than a limit allows is told so.

use andon::limits::{RULES_MAX, SOURCES_MAX, TARGETS_MAX};

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
