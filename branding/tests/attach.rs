//! Programs with a brand: that they read back, that they still are what they were, and that no byte of one can be changed.

#![allow(clippy::unwrap_used)]

mod programs;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use amparo_branding::attach::{AttachError, Brand, attach, system};
use bundle::{
    Carried, CarriedError, Load, SigningKey, System,
    carried::{carried, set_checksum},
};
use programs::{Parts, elf, pe};

fn branded(template: &[u8], parts: &Parts, load: Load<'_>) -> Result<Vec<u8>, AttachError> {
    let Parts { profile, key, picture, .. } = parts;
    attach(template, &Brand { profile, load, key, picture, version: bundle::Version([0, 1, 0]) })
}

#[test]
fn a_branded_program_carries_its_profile_and_runs_as_before() {
    let parts = Parts::new();
    let program = branded(&elf(), &parts, Load::Profile(&parts.signed)).unwrap();
    assert_eq!(system(&program).unwrap(), System::Linux);
    let expected = Carried::Profile(Box::new(parts.profile.clone()), parts.key.id());
    assert_eq!(carried(&program).unwrap(), Some(expected));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("suporte");
    fs::write(&path, &program).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    // Another test's child may hold the file open for writing for a moment after its fork.
    let run = || Command::new(&path).status();
    let ended = std::iter::repeat_with(run)
        .find(|ended| !matches!(ended, Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy));
    assert!(ended.unwrap().unwrap().success());
    // What is loaded has not moved: only the header leads elsewhere.
    let template = elf();
    let changed: Vec<usize> = (0..template.len()).filter(|at| template[*at] != program[*at]).collect();
    assert!(changed.iter().all(|at| (0x28..0x30).contains(at) || (0x3c..0x3e).contains(at)), "{changed:?}");
}

#[test]
fn a_program_for_windows_shows_company_title_version_and_icon() {
    let parts = Parts::new();
    let program = branded(&pe(), &parts, Load::Profile(&parts.signed)).unwrap();
    assert_eq!(system(&program).unwrap(), System::Windows);
    assert!(matches!(carried(&program).unwrap(), Some(Carried::Profile(profile, _)) if *profile == parts.profile));

    let image = editpe::Image::parse(&program[..]).unwrap();
    let resources = image.resource_directory().unwrap();
    let version = resources.get_version_info().unwrap().unwrap();
    let strings = &version.strings[0];
    assert_eq!(strings.key, "040904B0");
    for (name, value) in [
        ("CompanyName", "Varanda Sistemas"),
        ("FileDescription", "Suporte Varanda — atendimento"),
        ("ProductName", "Suporte Varanda — atendimento"),
        ("FileVersion", "0.1.0"),
    ] {
        assert_eq!(strings.strings.get(name).map(String::as_str), Some(value), "{name}");
    }
    let icon = resources.get_main_icon().unwrap().unwrap();
    assert!(icon.len() > 40, "the first size is there");
    // The code is where it was.
    let template = pe();
    assert_eq!(program[0x400..template.len()], template[0x400..]);
}

#[test]
fn no_byte_of_a_branded_program_can_be_changed() {
    let parts = Parts::new();
    for (name, template) in [("linux", elf()), ("windows", pe())] {
        let program = branded(&template, &parts, Load::Profile(&parts.signed)).unwrap();
        let profile = program.windows(parts.signed.len()).position(|bytes| bytes == parts.signed).unwrap();
        // The tables and the first 64 KiB; all of the profile, its head and the seal; the end.
        let mut places: Vec<usize> = (0..(64 * 1024).min(program.len())).collect();
        places.extend(profile - 32..profile + parts.signed.len() + 64);
        places.extend(program.len() - 256..program.len());
        let (next, hidden) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|threads| {
            for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
                threads.spawn(|| {
                    let mut changed = program.clone();
                    while let Some(place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                        changed[*place] ^= 1 << (place % 8);
                        match carried(&changed) {
                            Ok(Some(_)) => panic!("{name}: byte {place} can be changed"),
                            Ok(None) => _ = hidden.fetch_add(1, Ordering::Relaxed),
                            Err(error) => assert!(!error.to_string().is_empty()),
                        }
                        changed[*place] = program[*place];
                    }
                });
            }
        });
        // Where the name of the section or resource is changed, nothing is found: the program is then one without a brand.
        assert!(hidden.load(Ordering::Relaxed) < 200, "{name}: {hidden:?} changes hide the brand");
    }
}

#[test]
fn what_is_cut_off_or_put_behind_a_program_is_found() {
    let parts = Parts::new();
    for template in [elf(), pe()] {
        let program = branded(&template, &parts, Load::Profile(&parts.signed)).unwrap();
        for cut in [1, 8, 64, 1000, program.len() / 2, program.len() - 1] {
            assert!(!matches!(carried(&program[..program.len() - cut]), Ok(Some(_))), "{cut} bytes less");
        }
        for more in [1, 8, 4096] {
            let mut longer = [&program[..], &vec![0; more]].concat();
            assert!(!matches!(carried(&longer), Ok(Some(_))), "{more} bytes more");
            set_checksum(&mut longer).unwrap();
            assert!(matches!(carried(&longer), Err(CarriedError::Seal)), "{more} bytes more, with a right checksum");
        }
    }
}

#[test]
fn certificates_behind_a_windows_program_leave_its_seal_whole_and_nothing_else_may_be_there() {
    let parts = Parts::new();
    let program = branded(&pe(), &parts, Load::Profile(&parts.signed)).unwrap();
    // As a signer leaves it: an entry of a length that is a multiple of eight, and the header that leads to it.
    let mut table = vec![0x5a; 1024];
    table[..4].copy_from_slice(&1024_u32.to_le_bytes());
    let mut signed = [&program[..], &table].concat();
    let entry = 0x98 + 112 + 8 * 4;
    signed[entry..entry + 4].copy_from_slice(&(program.len() as u32).to_le_bytes());
    signed[entry + 4..entry + 8].copy_from_slice(&1024_u32.to_le_bytes());
    assert!(matches!(carried(&signed), Err(CarriedError::Checksum)));
    set_checksum(&mut signed).unwrap();
    assert!(matches!(carried(&signed), Ok(Some(Carried::Profile(..)))));

    for change in [program.len(), program.len() + 1, program.len() + 500, signed.len() - 1] {
        let mut changed = signed.clone();
        changed[change] ^= 0x10;
        assert!(carried(&changed).is_err(), "byte {change}");
    }
    // Certificates that begin earlier would hide the program's end from the seal.
    let mut earlier = signed.clone();
    earlier[entry..entry + 4].copy_from_slice(&(program.len() as u32 - 8).to_le_bytes());
    earlier[entry + 4..entry + 8].copy_from_slice(&1032_u32.to_le_bytes());
    set_checksum(&mut earlier).unwrap();
    assert!(matches!(carried(&earlier), Err(CarriedError::Seal)));
}

#[test]
fn a_program_for_a_profile_beside_it_carries_the_key_that_must_have_signed_it() {
    let parts = Parts::new();
    for template in [elf(), pe()] {
        let program = branded(&template, &parts, Load::Pin(parts.key.id())).unwrap();
        assert_eq!(carried(&program).unwrap(), Some(Carried::Pin(parts.key.id())));
    }
}

#[test]
fn a_template_that_is_branded_or_none_and_a_key_that_is_not_the_profiles_are_refused() {
    let parts = Parts::new();
    for template in [elf(), pe()] {
        let program = branded(&template, &parts, Load::Profile(&parts.signed)).unwrap();
        let again = branded(&program, &parts, Load::Profile(&parts.signed));
        assert!(matches!(again, Err(AttachError::Branded(_))), "{again:?}");
        let other = Parts { key: SigningKey::generate().unwrap(), ..Parts::new() };
        let error = branded(&template, &other, Load::Profile(&parts.signed)).unwrap_err();
        assert!(matches!(error, AttachError::ReadBack(CarriedError::OtherKey(_))), "{error:?}");
        assert!(branded(&template[..200], &parts, Load::Profile(&parts.signed)).is_err());
    }
    assert!(matches!(branded(b"#!/bin/sh\n", &parts, Load::Profile(&parts.signed)), Err(AttachError::NotAProgram)));
}
