//! What a program leaves on a computer, and taking it away again: there is no installer that would.
//!
//! Called once a person has said so, by `app`; what the running program itself holds goes last, by `main`. Only what this program has made is
//! touched, by its names: a folder that somebody chose may hold other things. A link is taken away and never followed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{config::Folder, update::Place};

/// What the running program holds until its end.
const HELD: &[&str] = &["running", "show", "show.taken", "begun", "begun.new", "amparo.log"];

/// Something that is still there, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stayed {
    /// A file, a folder, or the scheme of the links.
    pub what: String,
    /// As the system gives it.
    pub why: String,
}

impl Stayed {
    fn new(what: impl Into<String>, why: &io::Error) -> Self {
        Self { what: what.into(), why: why.to_string() }
    }
}

/// Takes away settings, keys, receipts and reports in the folder, what updates have left beside the program, and the registration of its links.
/// What could not be taken away is told; doing it again harms nothing.
pub fn remove(folder: &Folder, place: Option<&Place>, scheme: &str) -> Vec<Stayed> {
    let mut stayed = Vec::new();
    if let Some(folder) = folder.path() {
        for path in made_in(folder, &mut stayed) {
            take(&path, &mut stayed);
        }
    }
    for path in place.into_iter().flat_map(Place::leavings) {
        take(&path, &mut stayed);
    }
    let program = place.map(Place::program);
    if let Some(Err(error)) = program.map(|program| desktop::scheme::forget(scheme, program)) {
        stayed.push(Stayed::new(format!("{scheme}:"), &error));
    }
    for Stayed { what, why } in &stayed {
        tracing::warn!(what, why, "not removed");
    }
    stayed
}

/// At the end of a program whose traces were removed: what it held itself, and the folders that are empty now. Nobody is there any more to be
/// told what stays.
pub fn remove_held(folder: &Folder, log: Option<&Path>) {
    for folder in [folder.path(), log].into_iter().flatten() {
        for name in HELD {
            let _ = fs::remove_file(folder.join(name));
        }
        // The one of this company; then those of all, if this was the last. Each stays where anything is in it.
        let _ = fs::remove_dir(folder);
        let of_all = |folder: &&Path| folder.ends_with("amparo") || folder.ends_with("amparo/data");
        for above in folder.ancestors().skip(1).take(2).filter(of_all) {
            let _ = fs::remove_dir(above);
        }
    }
}

/// Everything in the folder that this program has made and does not hold.
fn made_in(folder: &Path, stayed: &mut Vec<Stayed>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            stayed.push(Stayed::new(folder.display().to_string(), &error));
            return Vec::new();
        }
    };
    let mut made: Vec<PathBuf> = entries.flatten().filter(|entry| ours(&entry.file_name())).map(|e| e.path()).collect();
    made.sort();
    made
}

/// Is this a name that the program gives? What is written anew for a moment has its ending changed.
fn ours(name: &std::ffi::OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let key = name
        .strip_prefix("attendant-")
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(id, ending)| id.len() == 32 && matches!(ending, "key" | "new"));
    // A second start leaves its own number behind when it is killed.
    let shows = name.strip_prefix("show.").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    key || shows
        || matches!(name, "settings.json" | "settings.new" | "updates.json" | "updates.new" | "receipts" | "crashes")
}

/// Takes a file or a folder with all that is in it.
fn take(path: &Path, stayed: &mut Vec<Stayed>) {
    let before = stayed.len();
    let taken = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => {
            match fs::read_dir(path) {
                Ok(entries) => entries.flatten().for_each(|entry| take(&entry.path(), stayed)),
                Err(error) => stayed.push(Stayed::new(path.display().to_string(), &error)),
            }
            // What is in it and stayed is told already.
            if stayed.len() > before { Ok(()) } else { fs::remove_dir(path) }
        }
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match taken {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            stayed.push(Stayed::new(path.display().to_string(), &error));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::id::OperatorId;

    use super::*;
    use crate::config::Settings;

    /// A folder with all that a program leaves in it, and one with the program.
    fn used(root: &Path) -> (Folder, Place) {
        let data = root.join("amparo/company");
        let folder = Folder::at(&data);
        folder.save(&Settings::default()).unwrap();
        folder.keep_receipt("2026-11-21-000042.txt", "receipt").unwrap();
        folder.keep_key(OperatorId::from_bytes([3; 16]), b"key").unwrap();
        fs::create_dir(data.join("crashes")).unwrap();
        for name in ["updates.json", "crashes/report-1.txt", "show.4711", "running", "begun"] {
            fs::write(data.join(name), "x").unwrap();
        }
        let program = root.join("suporte");
        fs::write(&program, "program").unwrap();
        for ending in [".previous", ".new", ".broken", ".update", ".update.new"] {
            fs::write(root.join(format!("suporte{ending}")), "x").unwrap();
        }
        (folder, Place::of(program))
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    const SCHEME: &str = "amparo-of-a-test";

    #[test]
    fn everything_that_the_program_has_made_goes_and_the_program_stays() {
        let root = tempfile::tempdir().unwrap();
        let (folder, place) = used(root.path());
        assert_eq!(remove(&folder, Some(&place), SCHEME), []);
        assert_eq!(names(folder.path().unwrap()), ["begun", "running"], "what the running program holds");
        assert_eq!(remove(&folder, Some(&place), SCHEME), [], "again, and nothing is there");
        remove_held(&folder, None);
        assert_eq!(names(root.path()), ["suporte"]);
        assert_eq!(remove(&folder, Some(&place), SCHEME), [], "the folder is gone");
        assert_eq!(remove(&Folder::none(), None, SCHEME), []);
    }

    #[test]
    fn what_is_not_ours_stays_and_a_link_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let (folder, place) = used(root.path());
        let data = folder.path().unwrap().to_owned();
        let others = ["attendant-of-the-month.key", "amparo.toml", "show.off", "Settings.json", "thesis.txt"];
        for name in others {
            fs::write(data.join(name), "mine").unwrap();
        }
        let elsewhere = root.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("mine"), "mine").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&elsewhere, data.join("receipts/link")).unwrap();
            fs::remove_dir_all(data.join("crashes")).unwrap();
            std::os::unix::fs::symlink(&elsewhere, data.join("crashes")).unwrap();
        }
        assert_eq!(remove(&folder, Some(&place), SCHEME), []);
        remove_held(&folder, None);
        let mut left = others.to_vec();
        left.sort_unstable();
        assert_eq!(names(&data), left);
        assert_eq!(names(&elsewhere), ["mine"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_taken_away_is_told_with_its_place_and_the_rest_goes() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let (folder, place) = used(root.path());
        let data = folder.path().unwrap().to_owned();
        let receipts = data.join("receipts");
        let rights = |mode| fs::set_permissions(&receipts, fs::Permissions::from_mode(mode)).unwrap();
        rights(0o500);
        // Root may do everything: nothing to be seen here as root.
        if fs::write(receipts.join("probe"), "").is_ok() {
            let _ = fs::remove_file(receipts.join("probe"));
            rights(0o700);
            return;
        }
        let stayed = remove(&folder, Some(&place), SCHEME);
        let places: Vec<&str> = stayed.iter().map(|stayed| stayed.what.as_str()).collect();
        assert_eq!(places, [receipts.join("2026-11-21-000042.txt").to_str().unwrap()]);
        assert!(!stayed[0].why.is_empty());
        assert_eq!(names(&data), ["begun", "receipts", "running"]);
        rights(0o700);
        assert_eq!(remove(&folder, Some(&place), SCHEME), [], "once it may, it goes");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_even_root_cannot_take_away_is_told() {
        let mut stayed = Vec::new();
        take(Path::new("/proc/self/status"), &mut stayed);
        assert_eq!(stayed.len(), 1, "{stayed:?}");
        assert_eq!(stayed[0].what, "/proc/self/status");
        assert!(!stayed[0].why.is_empty());
    }

    #[test]
    fn a_folder_where_a_file_should_be_and_the_other_way_round_go_as_well() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        fs::create_dir_all(data.join("settings.json/deep/deeper")).unwrap();
        fs::write(data.join("receipts"), "a file").unwrap();
        assert_eq!(remove(&Folder::at(&data), None, SCHEME), []);
        remove_held(&Folder::at(&data), None);
        assert!(!data.exists());
    }
}
