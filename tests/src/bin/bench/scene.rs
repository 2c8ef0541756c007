//! One scene between two displays, measured from outside by `glass`.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{contender::Contender, line::Line};

/// What happens on the customer's screen.
pub(crate) const SCENES: [&str; 9] = ["idle", "static", "type", "scroll", "drag", "video", "noise", "click", "page"];

/// The stick between one contender's displays.
pub(crate) struct Stick<'a> {
    glass: &'a Path,
    contender: &'a Contender,
    map: String,
    net: Option<String>,
}

impl<'a> Stick<'a> {
    /// Draws a desktop and finds where it is seen.
    pub(crate) fn hold(glass: &'a Path, contender: &'a Contender, line: &Line) -> Result<Self> {
        let customer = contender.pids.first().context("a contender without processes")?.1;
        let mut stick = Self { glass, contender, map: String::new(), net: line.counted(customer) };
        stick.run(&["desk", "--src", &contender.source])?;
        let ends = ["calib", "--src", &contender.source, "--dst", &contender.viewer];
        stick.map = stick.run(&ends).with_context(|| format!("{}: no picture", contender.label))?;
        Ok(stick)
    }

    /// Plays a scene for so many seconds; `glass`'s row.
    pub(crate) fn play(&self, scene: &str, secs: u32) -> Result<Value> {
        let (secs, count) = (secs.to_string(), (secs * 2).max(8).to_string());
        let mut args = match scene {
            "click" => vec!["input", "--kind", "click", "--n", &count],
            // Nothing happens at all: no flips either.
            "idle" => vec!["run", "--scene", "static", "--probe", "0", "--secs", &secs],
            // A page takes longer than a click.
            "page" => vec!["page", "--n", &count, "--timeout", "10"],
            _ => vec!["run", "--scene", scene, "--secs", &secs, "--watch-ms", "2"],
        };
        let contender = self.contender;
        args.extend(["--src", &contender.source, "--dst", &contender.viewer]);
        args.extend(["--map", &self.map, "--label", &contender.label]);
        let processes: Vec<String> = contender.pids.iter().map(|(name, pid)| format!("{name}={pid}")).collect();
        for process in &processes {
            args.extend(["--cpu", process]);
        }
        if let Some(net) = &self.net {
            args.extend(["--net", net]);
        }
        let row = self.run(&args)?;
        let mut row: Value = serde_json::from_str(&row).with_context(|| format!("glass printed {row:?}"))?;
        row["scene"] = scene.into();
        Ok(row)
    }

    fn run(&self, args: &[&str]) -> Result<String> {
        let output = Command::new(self.glass).args(args).output().context("starting glass")?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "glass {args:?}: {said}");
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}
