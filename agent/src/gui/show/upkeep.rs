//! The pages about the program itself, from view to what is drawn.

use super::{Language, phrases, ui};
use crate::gui::view_model::{CrashView, RemovalState, RemovalView, Saving, StayedView};

pub(super) fn crash(l: Language, v: &CrashView) -> ui::CrashData {
    let saved = match &v.saving {
        Saving::Saved { place } => phrases::saved_at(l, place),
        _ => String::new(),
    };
    ui::CrashData { text: (&v.text).into(), savable: v.saving == Saving::Offered, saved: saved.into() }
}

pub(super) fn removal(v: &RemovalView) -> ui::RemovalData {
    let (stage, program) = match &v.state {
        RemovalState::Asking => (ui::RemovalStage::Asking, ""),
        RemovalState::Removing => (ui::RemovalStage::Removing, ""),
        RemovalState::Removed { program } => (ui::RemovalStage::Removed, program.as_str()),
        RemovalState::Partly(_) => (ui::RemovalStage::Partly, ""),
    };
    ui::RemovalData { stage, program: program.into() }
}

pub(super) fn stayed(v: &RemovalView) -> Vec<ui::StayedRow> {
    let RemovalState::Partly(stayed) = &v.state else { return Vec::new() };
    stayed.iter().map(|StayedView { what, why }| ui::StayedRow { what: what.into(), why: why.into() }).collect()
}
