//! The nearest known word to one that is not known, for "did you mean".

/// The candidate that looks most like `word`, where one looks like it at all.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_word() {
        let words = ["cooldown_seconds", "static_value", "scaling_factor"];
        assert_eq!(nearest("cooldown_second", words), Some("cooldown_seconds"));
        assert_eq!(nearest("statc_value", words), Some("static_value"));
        assert_eq!(nearest("target", words), None);
    }
}
