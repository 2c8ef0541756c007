//! A program that was made, as a file: its name, its parts, and that it is still the file that was made.
//!
//! The hash of a file is compared once, and again when the system says that the file is another: a download costs one reading.

use std::{
    collections::HashMap,
    fs::{self, Metadata},
    ops::Range,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, SystemTime},
};

use anyhow::ensure;
use branding::file;
use bytes::Bytes;
use protocol::message::invitation::Invitation;
use store::App;

use super::{System, beside, lock};

/// A file that was written a moment ago may be written again without its time telling it.
const SETTLED: Duration = Duration::from_secs(2);
/// Files that are remembered; with more, all are compared anew.
const REMEMBERED: usize = 1024;

/// What the system says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    written: SystemTime,
    /// Another file under the same name.
    file: u64,
}

impl Stamp {
    fn of(meta: &Metadata) -> Option<Self> {
        #[cfg(unix)]
        let file = std::os::unix::fs::MetadataExt::ino(meta);
        #[cfg(not(unix))]
        let file = 0;
        Some(Self { bytes: meta.len(), written: meta.modified().ok()?, file })
    }

    fn is_settled(&self, now: SystemTime) -> bool {
        now.duration_since(self.written).is_ok_and(|age| age >= SETTLED)
    }
}

/// Files whose hash was compared.
#[derive(Default)]
pub(super) struct Compared(Mutex<HashMap<PathBuf, (Stamp, String)>>);

impl Compared {
    /// The file with its hash, if it is what lies beside it as its hash.
    pub(super) fn read(&self, path: &Path) -> Option<(Bytes, String)> {
        let stamp = Stamp::of(&fs::metadata(path).ok()?)?;
        let said = fs::read_to_string(beside(path)).ok()?;
        let bytes = fs::read(path).ok()?;
        if bytes.len() as u64 != stamp.bytes {
            return None;
        }
        let known = lock(&self.0).get(path) == Some(&(stamp, said.clone()));
        if !known {
            if file::hex(&file::sha256(&bytes)) != said {
                lock(&self.0).remove(path);
                return None;
            }
            // Also while it was read.
            let same = fs::metadata(path).ok().and_then(|meta| Stamp::of(&meta)) == Some(stamp);
            if same && stamp.is_settled(SystemTime::now()) {
                let mut all = lock(&self.0);
                if all.len() >= REMEMBERED {
                    all.clear();
                }
                all.insert(path.to_owned(), (stamp, said.clone()));
            }
        }
        Some((bytes.into(), said))
    }
}

/// The name of the downloaded file: the title in letters that every system and mail program keeps, and the invitation that the program is
/// to find there.
pub fn file_name(app: &App, system: System, invitation: Option<&Invitation>) -> String {
    let plain: String = app.title.chars().map(plain).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let name = if words.is_empty() { "suporte".to_owned() } else { words.join("-") };
    let name = match invitation {
        Some(invitation) => invitation.name(&name),
        None => name,
    };
    format!("{name}{}", system.ending())
}

fn plain(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'Á' | 'À' | 'Â' | 'Ã' | 'Ä' => 'A',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'É' | 'È' | 'Ê' | 'Ë' => 'E',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'Í' | 'Ì' | 'Î' | 'Ï' => 'I',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'Ó' | 'Ò' | 'Ô' | 'Õ' | 'Ö' => 'O',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'Ú' | 'Ù' | 'Û' | 'Ü' => 'U',
        'ç' => 'c',
        'Ç' => 'C',
        'ñ' => 'n',
        'Ñ' => 'N',
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    }
}

/// A part of a file that a request asks for: from where to where, the end not included. `None`: all of it, also where what is asked for is no
/// range (RFC 9110, 14.2).
///
/// # Errors
/// A range that lies outside.
pub fn range(header: Option<&str>, length: usize) -> anyhow::Result<Option<Range<usize>>> {
    let Some((unit, asked)) = header.and_then(|header| header.trim().split_once('=')) else { return Ok(None) };
    // Several parts at once are not given: all of it is a right answer to them.
    let Some((from, to)) = asked.split_once('-').filter(|_| unit.eq_ignore_ascii_case("bytes")) else {
        return Ok(None);
    };
    let (from, to) = (from.trim(), to.trim());
    let part = match (number(from), number(to)) {
        (Some(from), None) if to.is_empty() => from..length,
        (Some(from), Some(to)) if from <= to => from..to.saturating_add(1).min(length),
        (None, Some(last)) if from.is_empty() => length.saturating_sub(last)..length,
        _ => return Ok(None),
    };
    ensure!(part.start < part.end, "a range outside of the file");
    Ok(Some(part))
}

/// Digits and nothing else; more than there can be is a place outside.
fn number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::File;

    use jiff::Timestamp;
    use protocol::id::{AppId, TenantId};

    use super::*;

    #[test]
    fn ranges_are_what_http_means_by_them() {
        for (asked, wanted) in [
            (None, None),
            (Some("bytes=0-"), Some(0..100)),
            (Some("bytes=10-19"), Some(10..20)),
            (Some("bytes=90-500"), Some(90..100)),
            (Some("bytes=-5"), Some(95..100)),
            (Some("bytes=-500"), Some(0..100)),
            (Some("bytes=99-99"), Some(99..100)),
            (Some(" Bytes= 1 - 2 "), Some(1..3)),
            (Some("bytes=0-99999999999999999999999999"), Some(0..100)),
            (Some("bytes=-99999999999999999999999999"), Some(0..100)),
            (Some("bytes=0-18446744073709551615"), Some(0..100)),
            (Some("bytes=0-1,5-6"), None),
            (Some("bytes=0-,"), None),
            (Some("bytes=5-2"), None),
            (Some("bytes=+1-2"), None),
            (Some("bytes=1-+2"), None),
            (Some("bytes=0x1-2"), None),
            (Some("bytes=--5"), None),
            (Some("bytes=-"), None),
            (Some("bytes="), None),
            (Some("bytes"), None),
            (Some(""), None),
            (Some("="), None),
            (Some("lines=0-1"), None),
            (Some("bytes=x-1"), None),
            (Some("bytes=١-٢"), None),
        ] {
            assert_eq!(range(asked, 100).unwrap(), wanted, "{asked:?}");
        }
        for outside in ["bytes=100-", "bytes=500-600", "bytes=-0", "bytes=99999999999999999999999999-", "bytes=100-100"]
        {
            assert!(range(Some(outside), 100).is_err(), "{outside}");
        }
        assert!(range(Some("bytes=0-"), 0).is_err(), "of nothing there is no part");
    }

    #[test]
    fn a_files_name_is_plain_and_holds_the_invitation_where_the_program_finds_it() {
        let mut app = App::new(
            AppId::from_bytes([1; 16]),
            TenantId::from_bytes([2; 16]),
            "Ajuda já! / ..\\\"x\"\r\n",
            "",
            "",
            Timestamp::UNIX_EPOCH,
        );
        let token: Invitation = "0".repeat(37).parse().unwrap();
        assert_eq!(file_name(&app, System::Windows, None), "Ajuda-ja-x.exe");
        let named = file_name(&app, System::Windows, Some(&token));
        assert_eq!(named, format!("Ajuda-ja-x-ticket-{}.exe", token.as_str()));
        assert_eq!(Invitation::in_name(&named), Some(token));
        app.title = "支援".to_owned();
        assert_eq!(file_name(&app, System::Linux, None), "suporte");
    }

    #[test]
    fn a_hash_is_compared_once_and_again_when_the_file_may_be_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        let put = |bytes: &[u8], ago: u64| {
            fs::write(&path, bytes).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(ago)).unwrap();
        };
        let remembered = |compared: &Compared| lock(&compared.0).len();
        let compared = Compared::default();
        put(b"made", 60);
        assert!(compared.read(&path).is_none(), "nobody says what it is");
        let sha256 = file::hex(&file::sha256(b"made"));
        fs::write(beside(&path), &sha256).unwrap();
        for _ in 0..2 {
            assert_eq!(compared.read(&path), Some((Bytes::from_static(b"made"), sha256.clone())));
            assert_eq!(remembered(&compared), 1);
        }
        put(b"mad3", 30);
        assert!(compared.read(&path).is_none(), "changed, and as long as before");
        put(b"made!", 60);
        assert!(compared.read(&path).is_none(), "longer");
        put(b"made", 0);
        assert!(compared.read(&path).is_some());
        assert_eq!(remembered(&compared), 0, "what was written just now is compared each time");
        put(b"made", 60);
        assert!(compared.read(&path).is_some());
        fs::write(beside(&path), "another").unwrap();
        assert!(compared.read(&path).is_none(), "it is to be another file");
        fs::remove_file(&path).unwrap();
        assert!(compared.read(&path).is_none());
    }
}
