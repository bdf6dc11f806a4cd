//! What a strict mail server looks at in a message and its envelope.

/// The address of `FROM:<a@b>` or `TO:<a@b>`.
pub(crate) fn address(text: &str, before: &str) -> Option<String> {
    let inner = text.strip_prefix(before)?.strip_prefix('<')?.strip_suffix('>')?;
    let (local, domain) = inner.split_once('@')?;
    let is_plain = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_graphic() && !"<>@,;:\"\\()".contains(c))
    };
    (is_plain(local) && is_plain(domain)).then(|| inner.to_owned())
}

/// What is wrong with a message (RFC 5322, 3834): its headers, and that its body is 7-bit MIME.
pub(crate) fn faults_of(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return vec!["no headers".to_owned()];
    };
    let unfolded = head.replace("\r\n ", " ");
    let names: Vec<&str> =
        unfolded.split("\r\n").filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    for once in ["Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Auto-Submitted"] {
        if names.iter().filter(|name| **name == once).count() != 1 {
            faults.push(format!("{once} does not stand there once"));
        }
    }
    if unfolded.split("\r\n").count() != names.len() {
        faults.push(format!("a line is no header: {unfolded}"));
    }
    if names.iter().any(|name| matches!(*name, "Bcc" | "Cc" | "Reply-To")) {
        faults.push("a header that nobody asked for".to_owned());
    }
    faults
}
