//! The least and the most of each number of routes, ladders, digests and windows are within, and
//! one beyond is told so; and what routes say together.

use super::check;

/// A file with what is tried before its routes, in its threshold and in its first route.
fn file(head: &str, threshold: &str, route: &str) -> String {
    format!(
        "{head}\n[[source]]\nname = \"s\"\ndefinition = \"nice-cxone-guide\"\nclient_id = \"a\"\n\
         client_secret = {{ credential = \"a\" }}\n\
         [[target]]\nname = \"slack\"\nkind = \"slack\"\nurl = {{ credential = \"s\" }}\n\
         [[target]]\nname = \"chat\"\nkind = \"slack\"\nurl = {{ credential = \"c\" }}\n\
         [[rules]]\nthresholds = [{{ metric = \"longest_wait\", operator = \">\", \
         static_value = 9, priority = \"P2\" {threshold} }}]\n\
         [[route]]\nmatch = {{ entity = \"q1\" }}\n{route}\n"
    )
}

/// The last route takes all.
const REST: &str = "[[route]]\ntargets = [\"slack\"]\n";

fn problems(text: &str) -> Vec<String> {
    match check(text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.lines().map(|line| line.message.to_string()).collect(),
    }
}

/// Where `#` stands, both bounds are within, and one beyond either is a problem of `key`.
#[test]
fn bounds_are_within_and_one_beyond_is_not() {
    let route = "targets = [\"slack\"]\n";
    let ladder = "ladder = [{ after_seconds = #, targets = [\"slack\"] }]";
    let ladder = format!("{route}{ladder}");
    let digest = |key: &str| format!("[digest]\ntargets = [\"slack\"]\n{key} = #");
    for (head, threshold, route, key, least, most) in [
        ("", "", &*ladder, "after_seconds", 0, 604_800),
        ("", "", &format!("{route}escalation_minutes = #"), "escalation_minutes", 1, 10_080),
        ("", "", &format!("{route}repeat_seconds = [#]"), "repeat_seconds", 60, 604_800),
        (&digest("every_seconds"), "", route, "every_seconds", 60, 86_400),
        (&digest("after_seconds"), "", route, "after_seconds", 60, 86_400),
        ("", ", window = { seconds = 300, buffer_seconds = # }", route, "buffer_seconds", 0, 300),
    ] {
        for (number, is_within) in
            [(least - 1, false), (least, true), (most, true), (most + 1, false)]
        {
            let put = |text: &str| text.replace('#', &number.to_string());
            let found = problems(&(file(&put(head), &put(threshold), &put(route)) + REST));
            assert_eq!(found.is_empty(), is_within, "{key} = {number}: {found:?}");
            assert!(found.iter().all(|one| one.contains(key)), "{key} = {number}: {found:?}");
        }
    }
}

#[test]
fn what_is_left_out_or_false_says_nothing() {
    let targets = "targets = [\"slack\"]";
    let digest = "[digest]\ntargets = [\"slack\"]\nat = [\"08:00\"]";
    for (head, threshold, route) in [
        ("", ", dynamic_scaling = false, window = { seconds = 60 }", targets),
        ("", "", &*format!("{targets}\ndigest = false")),
        (digest, "", "digest = true\ncontinue = false"),
    ] {
        let found = problems(&(file(head, threshold, route) + REST));
        assert_eq!(found, [""; 0], "{head} {threshold} {route}");
    }
}

#[test]
fn what_has_no_meaning_in_a_route_or_a_window_is_told() {
    let targets = "targets = [\"slack\"]\n";
    for (threshold, route, problem) in [
        (", window = { seconds = 60, x = 1 }", targets, "window.x: there is no such key"),
        ("", "digest = false", "route[0]: this route reaches nobody"),
        (
            "",
            "targets = [\"slack\"]\nladder = [{ after_seconds = 9, targets = [\"slack\"], x = 1 }]",
            "route[0].ladder[0].x: there is no such key",
        ),
        (
            "",
            "targets = [\"slack\"]\nsuppression_windows = [\"night\"]",
            "route[0].suppression_windows[0]: there is no [[window]]",
        ),
    ] {
        let found = problems(&(file("", threshold, route) + REST));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(problem), "{found:?} instead of {problem}");
    }
}

/// Guide 1's rules have a last one for the rest, but where the file says itself who hears the rest.
#[test]
fn guide_1_s_rules_get_a_rest_only_where_nothing_else_says_it() {
    let rules = |rules: &str, end: &str| {
        let text = file("", "", "targets = [\"slack\"]");
        let (head, _) = text.split_once("[[route]]").unwrap();
        problems(&format!("{head}{rules}\n{end}"))
    };
    let one = "[[routing_rules]]\nmatch = { entity = \"q1\" }\ntarget = \"slack\"\n";
    let rest = "[[routing_rules]]\ntarget = \"chat\"\n";
    assert_eq!(rules(one, ""), [""; 0]);
    assert_eq!(rules(one, rest), [""; 0], "no second rest that the first would shadow");
    let short = "[routes]\nP2 = { targets = [\"chat\"] }";
    assert_eq!(rules(one, short), [""; 0]);
    let found = rules(one, "[routes]\nP1 = { targets = [\"chat\"] }");
    assert!(found[0].contains("nobody would hear of this P2"), "{found:?}");
}

/// A route by platform is sure to take what a source of that platform raises, and nothing else.
#[test]
fn a_route_by_platform_is_for_its_sources() {
    let other = "[[source]]\nname = \"o\"\ndefinition = \"genesys-cloud\"\nclient_id = \"a\"\n\
                 client_secret = { credential = \"a\" }\n";
    let rule = |source: &str| {
        format!(
            "[[rules]]\nsource = \"{source}\"\nthresholds = [{{ metric = \"longest_wait\", \
             operator = \">\", static_value = 9, priority = \"P1\" }}]\n"
        )
    };
    let found = |source: &str| {
        let text = file("", "", "targets = [\"slack\"]")
            .replace("[[rules]]\n", "[[rules]]\nsource = \"s\"\n")
            .replace("[[route]]", &(rule(source) + "[[route]]"));
        let by_platform = "[[route]]\nmatch = { platform = \"genesys-*\" }\ntarget = \"slack\"\n\
                           [routes]\nP2 = { targets = [\"slack\"] }\n";
        problems(&format!("{other}{text}{by_platform}"))
    };
    assert_eq!(found("o"), [""; 0]);
    assert!(found("s")[0].contains("nobody would hear of this P1"), "{:?}", found("s"));
}
