//! What is said of a newer program.

use super::Language;
use super::phrases::pick;
use super::words::Terms;
use crate::gui::view_model::{UpdateState, UpdateTrouble, UpdateView};

/// How far it has come, in the line at the window's foot.
pub fn coming(l: Language, update: &UpdateView) -> String {
    match update {
        UpdateView { version, state: UpdateState::Fetching { percent } } => pick(
            l,
            format!("Baixando a versão {version}: {percent} %. Você pode continuar."),
            format!("Downloading version {version}: {percent} %. You can go on."),
            format!("Descargando la versión {version}: {percent} %. Puede continuar."),
        ),
        UpdateView { version, .. } => pick(
            l,
            format!("Instalando a versão {version}. O programa abre de novo sozinho."),
            format!("Installing version {version}. The program opens again by itself."),
            format!("Instalando la versión {version}. El programa se abre de nuevo solo."),
        ),
    }
}

/// The name of the corner's icon while there is a newer program; and how much of it is here.
pub fn icon(l: Language, update: &UpdateView) -> (String, String) {
    let UpdateView { version, state } = update;
    match state {
        UpdateState::Offered => (
            pick(
                l,
                format!("Atualizar para a versão {version}"),
                format!("Update to version {version}"),
                format!("Actualizar a la versión {version}"),
            ),
            String::new(),
        ),
        UpdateState::Fetching { percent } => (Terms::of(l).updating.into(), format!("{percent} %")),
        UpdateState::Installing => (Terms::of(l).updating.into(), "100 %".into()),
        UpdateState::Failed(_) => (Terms::of(l).update_again.into(), String::new()),
    }
}

/// Why a newer program was not installed, and that this one goes on.
pub fn refused(l: Language, trouble: UpdateTrouble) -> &'static str {
    let t = Terms::of(l);
    match trouble {
        UpdateTrouble::NotTrusted => t.update_not_trusted,
        UpdateTrouble::Clock => t.update_clock,
        UpdateTrouble::Folder => t.update_folder,
        UpdateTrouble::DiskFull => t.update_disk_full,
        UpdateTrouble::TakenAway => t.update_taken_away,
        UpdateTrouble::DidNotStart => t.update_did_not_start,
    }
}
