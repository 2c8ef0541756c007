//! The last lines of the log, kept in memory: a report says what came before.
//!
//! Numbers are kept and errors' texts; of all other values only that there were some. What is kept is cleaned once more when it is written down.

use std::{
    collections::VecDeque,
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
    time::Instant,
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

/// How many are kept.
const LINES: usize = 60;
/// Of a longer one the beginning is.
const LINE_BYTES: usize = 400;

/// A layer of the log, and what it has heard.
#[derive(Debug, Clone)]
pub struct Lines {
    began: Instant,
    kept: Arc<Mutex<VecDeque<String>>>,
}

impl Default for Lines {
    fn default() -> Self {
        Self { began: Instant::now(), kept: Arc::default() }
    }
}

impl Lines {
    /// What was heard last, the newest at the end. Nothing while somebody is just writing: a panic may be theirs.
    pub fn last(&self) -> Vec<String> {
        self.kept.try_lock().map(|kept| kept.iter().cloned().collect()).unwrap_or_default()
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let (meta, mut said) = (event.metadata(), Said::default());
        event.record(&mut said);
        let mut line = format!("{:9.1} s {} {}: ", self.began.elapsed().as_secs_f32(), meta.level(), meta.target());
        line.push_str(&said.message);
        line.push_str(&said.values);
        let end = line.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= LINE_BYTES).last();
        line.truncate(end.unwrap_or(0));
        // A line cannot be made two.
        let line = line.replace(['\n', '\r'], " ");
        if let Ok(mut kept) = self.kept.lock() {
            if kept.len() == LINES {
                kept.pop_front();
            }
            kept.push_back(line);
        }
    }
}

#[derive(Default)]
struct Said {
    message: String,
    values: String,
}

impl Said {
    fn value(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.values, " {}={value:?}", field.name());
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => {
                let _ = write!(self.message, "{value:?}");
            }
            "error" | "why" => self.value(field, value),
            name => {
                let _ = write!(self.values, " {name}=…");
            }
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // A chain of reasons, not what somebody has typed.
        if matches!(field.name(), "error" | "why" | "message") {
            self.record_debug(field, &format_args!("{value}"));
        } else {
            self.record_debug(field, &"");
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, &value);
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn the_last_lines_are_kept_without_what_somebody_said() {
        let lines = Lines::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines.clone()), || {
            tracing::info!("too early");
            for count in 0..LINES as u64 {
                let error = std::io::Error::other("no room\nat all");
                tracing::warn!(%error, count, name = "Cida", typed = ?"segredo", here = true, "not kept");
            }
            tracing::info!("{}", "long ".repeat(500));
        });
        let kept = lines.last();
        assert_eq!(kept.len(), LINES);
        let line = &kept[0];
        for part in ["WARN", "not kept", "error=no room at all", "count=1", "name=…", "typed=…", "here=true"] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
        assert!(!kept.iter().any(|line| line.contains("Cida") || line.contains("segredo") || line.contains('\n')));
        assert!(kept[LINES - 1].len() <= LINE_BYTES);
    }
}
