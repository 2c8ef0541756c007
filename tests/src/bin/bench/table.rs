//! The figures of all rounds, as medians, beside the peers' and beside what Amparo wants to reach.

use std::collections::BTreeMap;

use harness::figures::percentile;
use serde_json::Value;

/// The peer that targets are ratios to.
const BEST: &str = "x0vnc500";

/// A figure of a row.
#[derive(Clone, Copy)]
struct Metric {
    name: &'static str,
    unit: &'static str,
    read: fn(&Value) -> Option<f64>,
}

macro_rules! at {
    ($name:literal, $unit:literal, $pointer:literal) => {
        Metric { name: $name, unit: $unit, read: |row| row.pointer($pointer)?.as_f64() }
    };
}

/// What can be in a row; a row has the ones of its scene.
const METRICS: [Metric; 18] = [
    at!("flip p50", "ms", "/flip_ms/p50"),
    at!("flip p95", "ms", "/flip_ms/p95"),
    at!("flips lost", "", "/flip_ms/lost"),
    at!("round trip p50", "ms", "/round_ms/p50"),
    at!("round trip p95", "ms", "/round_ms/p95"),
    at!("fps", "", "/fps_seen"),
    at!("age p50", "ms", "/frame_age_ms/p50"),
    at!("age p95", "ms", "/frame_age_ms/p95"),
    at!("luma PSNR p50", "dB", "/video_psnr_luma/p50"),
    at!("readable p50", "ms", "/readable_ms/p50"),
    at!("exact p50", "ms", "/exact_ms/p50"),
    at!("exact after", "ms", "/exact_ms"),
    at!("same after 1 s", "%", "/fidelity/same_pct"),
    Metric { name: "down", unit: "kB/s", read: |row| Some(row["tx_Bps"].as_f64()? / 1e3) },
    Metric { name: "up", unit: "kB/s", read: |row| Some(row["rx_Bps"].as_f64()? / 1e3) },
    Metric {
        name: "processor",
        unit: "%",
        read: |row| Some(row["cpu_pct"]["customer"].as_f64()? + row["cpu_pct"]["viewer"].as_f64()?),
    },
    at!("processor of the customer", "%", "/cpu_pct/customer"),
    at!("processor of the relay", "%", "/cpu_pct/relay"),
];

/// What a figure is held against.
#[derive(Clone, Copy)]
enum Bound {
    /// Of the best peer's.
    Of(f64),
    AtMost(f64),
    AtLeast(f64),
}

struct Target {
    line: &'static str,
    scene: &'static str,
    metric: &'static str,
    must: Bound,
    aim: Bound,
}

const fn of(line: &'static str, scene: &'static str, metric: &'static str, must: f64, aim: f64) -> Target {
    Target { line, scene, metric, must: Bound::Of(must), aim: Bound::Of(aim) }
}

const fn most(line: &'static str, scene: &'static str, metric: &'static str, must: f64, aim: f64) -> Target {
    Target { line, scene, metric, must: Bound::AtMost(must), aim: Bound::AtMost(aim) }
}

const fn least(line: &'static str, scene: &'static str, metric: &'static str, must: f64, aim: f64) -> Target {
    Target { line, scene, metric, must: Bound::AtLeast(must), aim: Bound::AtLeast(aim) }
}

/// What Amparo wants to reach: must, and aim.
const TARGETS: [Target; 34] = [
    of("lan", "static", "flip p50", 0.8, 0.6),
    of("lan", "static", "flip p95", 0.9, 0.6),
    most("lan", "idle", "down", 0.5, 0.2),
    most("lan", "idle", "processor", 1.0, 0.3),
    of("lan", "type", "flip p50", 0.8, 0.6),
    of("lan", "type", "flip p95", 0.9, 0.6),
    of("lan", "type", "processor", 1.0, 0.6),
    most("lan", "type", "exact after", 1000.0, 300.0),
    of("lan", "click", "round trip p50", 0.9, 0.7),
    of("lan", "scroll", "flip p50", 0.8, 0.6),
    of("lan", "scroll", "flip p95", 0.5, 0.2),
    of("lan", "scroll", "down", 0.4, 0.15),
    of("lan", "scroll", "processor", 1.0, 0.6),
    most("lan", "scroll", "exact after", 1000.0, 300.0),
    of("lan", "drag", "flip p50", 0.8, 0.6),
    of("lan", "drag", "down", 0.3, 0.1),
    of("lan", "video", "flip p50", 0.9, 0.6),
    of("lan", "video", "flip p95", 0.9, 0.6),
    least("lan", "video", "fps", 29.5, 30.0),
    most("lan", "video", "age p50", 22.0, 15.0),
    most("lan", "video", "down", 1000.0, 500.0),
    least("lan", "video", "luma PSNR p50", 36.0, 40.0),
    of("lan", "video", "processor", 1.0, 0.6),
    most("lan", "video", "exact after", 1000.0, 300.0),
    most("20:20:0.5", "type", "flip p50", 25.0, 22.0),
    most("20:20:0.5", "type", "flip p95", 30.0, 25.0),
    most("20:20:0.5", "video", "flip p95", 80.0, 45.0),
    least("20:20:0.5", "video", "fps", 28.0, 30.0),
    most("20:20:0.5", "video", "age p50", 70.0, 50.0),
    least("20:5:0", "video", "fps", 22.0, 28.0),
    most("20:5:0", "video", "flip p95", 100.0, 60.0),
    most("100:2:2", "type", "flip p50", 125.0, 105.0),
    most("100:2:2", "page", "exact p50", 1500.0, 800.0),
    most("100:2:2", "page", "readable p50", 1500.0, 800.0),
];

/// Where a row belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) line: String,
    pub(crate) scene: String,
    pub(crate) label: String,
}

/// All rows so far.
#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<Cell, Vec<Value>>,
}

impl Table {
    /// Another round's row.
    pub(crate) fn add(&mut self, cell: Cell, row: Value) {
        self.rows.entry(cell).or_default().push(row);
    }

    /// The median of the rounds.
    fn median(&self, cell: &Cell, metric: Metric) -> Option<f64> {
        let mut values: Vec<f64> = self.rows.get(cell)?.iter().filter_map(metric.read).collect();
        (!values.is_empty()).then(|| percentile(&mut values, 50.0))
    }

    /// Prints every figure with the peers' and ratios, then the targets.
    pub(crate) fn print(&self) {
        let mut places: Vec<(&str, &str)> =
            self.rows.keys().map(|cell| (cell.line.as_str(), cell.scene.as_str())).collect();
        places.dedup();
        let labels = std::iter::once("amparo").chain(self.peers()).collect::<Vec<_>>();
        println!("\n| line | scene | figure | {} |", labels.join(" | "));
        println!("|{}", "---|".repeat(3 + labels.len()));
        for (line, scene) in &places {
            for metric in METRICS {
                let value = |label: &str| self.at(line, scene, label, metric);
                let Some(ours) = value("amparo") else { continue };
                let theirs: Vec<String> = self
                    .peers()
                    .iter()
                    .map(|peer| value(peer).map_or("-".into(), |theirs| beside(ours, theirs)))
                    .collect();
                let columns = std::iter::once(number(ours, metric.unit)).chain(theirs).collect::<Vec<_>>().join(" | ");
                println!("| {line} | {scene} | {} | {columns} |", metric.name);
            }
        }
        println!("\n| line | scene | figure | measured | must | aim | |");
        println!("|---|---|---|---|---|---|---|");
        for target in &TARGETS {
            self.judge(target);
        }
    }

    fn judge(&self, target: &Target) {
        let Some(metric) = METRICS.into_iter().find(|metric| metric.name == target.metric) else { return };
        let Some(ours) = self.at(target.line, target.scene, "amparo", metric) else { return };
        let best = self.at(target.line, target.scene, BEST, metric);
        let limit = |bound| match bound {
            Bound::Of(part) => {
                best.map(|best| (best * part, format!("{part} x = {}", number(best * part, metric.unit))))
            }
            Bound::AtMost(most) => Some((most, format!("<= {}", number(most, metric.unit)))),
            Bound::AtLeast(least) => Some((least, format!(">= {}", number(least, metric.unit)))),
        };
        let (Some((must, must_said)), Some((aim, aim_said))) = (limit(target.must), limit(target.aim)) else { return };
        let met = |bound| if matches!(target.must, Bound::AtLeast(_)) { ours >= bound } else { ours <= bound };
        let verdict = if met(aim) {
            "aim"
        } else if met(must) {
            "must"
        } else {
            "MISSED"
        };
        let Target { line, scene, .. } = target;
        let ours = number(ours, metric.unit);
        println!("| {line} | {scene} | {} | {ours} | {must_said} | {aim_said} | {verdict} |", metric.name);
    }

    fn at(&self, line: &str, scene: &str, label: &str, metric: Metric) -> Option<f64> {
        self.median(&Cell { line: line.into(), scene: scene.into(), label: label.into() }, metric)
    }

    fn peers(&self) -> Vec<&str> {
        let labels: std::collections::BTreeSet<&str> = self.rows.keys().map(|cell| cell.label.as_str()).collect();
        labels.into_iter().filter(|label| *label != "amparo").collect()
    }
}

fn beside(ours: f64, theirs: f64) -> String {
    if theirs.abs() < 1e-9 { number(theirs, "") } else { format!("{} ({:.2})", number(theirs, ""), ours / theirs) }
}

fn number(value: f64, unit: &str) -> String {
    let text = match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    };
    if unit.is_empty() { text } else { format!("{text} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_of_a_figure_that_is_read() {
        for target in &TARGETS {
            assert!(METRICS.iter().any(|metric| metric.name == target.metric), "{}", target.metric);
            assert!(crate::scene::SCENES.contains(&target.scene), "{}", target.scene);
        }
    }

    #[test]
    fn the_rounds_give_their_median() {
        let mut table = Table::default();
        let cell = Cell { line: "lan".into(), scene: "static".into(), label: "amparo".into() };
        for p50 in [1.0, 9.0, 2.0] {
            table.add(cell.clone(), serde_json::json!({ "flip_ms": { "p50": p50 } }));
        }
        assert_eq!(table.median(&cell, METRICS[0]), Some(2.0));
        assert_eq!(table.median(&cell, METRICS[5]), None);
    }
}
