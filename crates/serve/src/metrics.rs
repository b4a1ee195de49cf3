//! Counters in Prometheus' text format, version 0.0.4.
//!
//! Not a metrics library: a service keeps its own counters, and writes them here if it is asked for
//! them.

use std::fmt::Write;

/// The `Content-Type` of the format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a family of samples counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Never decreases; its name ends in `_total`.
    Counter,
    /// Increases and decreases.
    Gauge,
}

/// A page of metrics that is being written.
///
/// ```
/// use pipetape_serve::metrics::{Kind, Metrics};
///
/// let mut metrics = Metrics::new();
/// metrics
///     .family("pipetape_misses_total", Kind::Counter, "Requests no exchange answered.")
///     .sample(&[("operation", "PollForJobs")], 3);
/// let text = metrics.into_text();
/// assert!(text.ends_with("pipetape_misses_total{operation=\"PollForJobs\"} 3\n"));
/// ```
#[derive(Debug, Default)]
pub struct Metrics {
    text: String,
}

/// Samples of one name; they differ in their labels.
#[derive(Debug)]
pub struct Family<'a> {
    name: &'static str,
    text: &'a mut String,
}

impl Metrics {
    /// An empty page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a family. Its name is `[a-z_]+`, and each name is begun once.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> Family<'_> {
        debug_assert!(is_name(name), "{name}");
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        self.text.push_str("# HELP ");
        self.text.push_str(name);
        self.text.push(' ');
        escape(&mut self.text, help, Quotes::AsTheyAre);
        self.text.push_str("\n# TYPE ");
        self.text.push_str(name);
        self.text.push(' ');
        self.text.push_str(kind);
        self.text.push('\n');
        Family {
            name,
            text: &mut self.text,
        }
    }

    /// The page.
    pub fn into_text(self) -> String {
        self.text
    }
}

impl Family<'_> {
    /// Adds a sample. A label's value may be any text.
    pub fn sample(&mut self, labels: &[(&'static str, &str)], value: u64) -> &mut Self {
        self.text.push_str(self.name);
        for (index, (name, label)) in labels.iter().enumerate() {
            debug_assert!(is_name(name), "{name}");
            self.text.push(if index == 0 { '{' } else { ',' });
            self.text.push_str(name);
            self.text.push_str("=\"");
            escape(self.text, label, Quotes::Escaped);
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        // Writing to a `String` does not fail.
        let _ = writeln!(self.text, " {value}");
        self
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Escaped,
    AsTheyAre,
}

fn escape(text: &mut String, value: &str, quotes: Quotes) {
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '"' if quotes == Quotes::Escaped => text.push_str("\\\""),
            other => text.push(other),
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page() {
        let mut metrics = Metrics::new();
        metrics
            .family(
                "served_total",
                Kind::Counter,
                "Requests \"served\",\nby \\ session.",
            )
            .sample(&[("session", "default"), ("operation", "PollForJobs")], 12)
            .sample(&[("session", "a\"b\\c\nd"), ("operation", "")], 0);
        metrics
            .family("connections", Kind::Gauge, "Open now.")
            .sample(&[], u64::MAX);
        assert_eq!(
            metrics.into_text(),
            r#"# HELP served_total Requests "served",\nby \\ session.
# TYPE served_total counter
served_total{session="default",operation="PollForJobs"} 12
served_total{session="a\"b\\c\nd",operation=""} 0
# HELP connections Open now.
# TYPE connections gauge
connections 18446744073709551615
"#
        );
    }
}
