//! Releases: that only what was signed by a key to trust is taken, and only for the program, the time and the computer it is meant for;
//! and that a program's code is told from its brand.

#![allow(clippy::unwrap_used)]

mod programs;

use amparo_branding::attach::{Brand, attach};
use bundle::{
    Carried, KeyId, Load, Profile, SigningKey, System, Version,
    carried::{carried, set_checksum},
    code,
    release::{self, CHANNEL, MAX_RELEASE_BYTES, PRODUCT, Program, Refused, Release, Ring, Standing, Trusted},
    version,
};
use programs::{Parts, elf, pe};

const NOW: u64 = 1_795_000_000;
const DAY: u64 = 24 * 3600;
const V1: Version = Version([0, 1, 0]);
const V2: Version = Version([0, 2, 0]);

/// A template that says its version, as ours do: in front of its code's end.
fn template(system: System, of: Version) -> Vec<u8> {
    let mut bytes = match system {
        System::Linux => elf(),
        System::Windows => pe(),
    };
    // Somewhere in what is loaded: the last bytes of the code of the program for Windows, the first note or text of the other's.
    let at = match system {
        System::Windows => bytes.len() - 100,
        System::Linux => room_in_a_segment(&bytes),
    };
    let mark = version::mark(&of.to_string());
    bytes[at..at + mark.len()].copy_from_slice(&mark);
    bytes
}

/// Where 64 bytes of what is loaded are zero.
fn room_in_a_segment(elf: &[u8]) -> usize {
    let number = |at: usize| usize::try_from(u64::from_le_bytes(elf[at..at + 8].try_into().unwrap())).unwrap();
    let count = usize::from(u16::from_le_bytes([elf[0x38], elf[0x39]]));
    (0..count)
        .map(|segment| number(0x20) + segment * 56)
        .filter(|header| elf[*header..header + 4] == 1_u32.to_le_bytes())
        .find_map(|header| {
            let (from, length) = (number(header + 8).max(0x400), number(header + 32));
            let loaded = elf.get(from..number(header + 8) + length)?;
            loaded.windows(64).position(|room| room.iter().all(|byte| *byte == 0)).map(|at| from + at + 8)
        })
        .unwrap()
}

fn branded(template: &[u8], parts: &Parts) -> Vec<u8> {
    let Parts { profile, key, picture, signed } = parts;
    attach(template, &Brand { profile, load: Load::Profile(signed), key, picture, version: V1 }).unwrap()
}

fn release_of(templates: &[&[u8]], version: Version) -> Release {
    Release {
        product: PRODUCT.to_owned(),
        channel: CHANNEL.to_owned(),
        version,
        minimum: V1,
        made_at_unix_s: NOW,
        valid_until_unix_s: NOW + 90 * DAY,
        rings: Vec::new(),
        revoked: Vec::new(),
        programs: templates.iter().map(|template| Program::of(template).unwrap().0).collect(),
    }
}

struct Desk {
    key: SigningKey,
    keys: Vec<KeyId>,
}

impl Desk {
    fn new() -> Self {
        let key = SigningKey::generate().unwrap();
        Self { keys: vec![key.id()], key }
    }

    fn standing(&self) -> Standing<'_> {
        Standing {
            keys: &self.keys,
            revoked: &[],
            version: V1,
            floor: V1,
            failed: None,
            draw: 50,
            system: System::Linux,
            now_unix_s: NOW,
        }
    }
}

fn taken(standing: &Standing<'_>, bytes: &[u8]) -> Result<Program, Refused> {
    standing.open(bytes).and_then(|trusted: Trusted| standing.judge(&trusted))
}

#[test]
fn neither_a_brand_nor_a_signature_changes_what_a_programs_code_is() {
    let parts = Parts::new();
    for system in [System::Linux, System::Windows] {
        let template = template(system, V2);
        let code = code::digest(&template).unwrap();
        let mut program = branded(&template, &parts);
        assert_eq!(code::digest(&program).unwrap(), code, "{system:?}");
        assert_eq!(version::of_program(&program), Some(V2), "{system:?}");
        if system == System::Windows {
            // As signers leave it: certificates behind the end, their place in the header, another checksum.
            let end = program.len() as u32;
            let optional = 0x80 + 24;
            program[optional + 112 + 32..][..8].copy_from_slice(&[end.to_le_bytes(), 16_u32.to_le_bytes()].concat());
            program.extend_from_slice(&[16, 0, 0, 0, 0, 2, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
            set_checksum(&mut program).unwrap();
            assert!(carried(&program).unwrap().is_some(), "it reads as a signed one");
            assert_eq!(code::digest(&program).unwrap(), code);
        }
    }
}

#[test]
fn any_other_change_of_a_program_is_another_code_or_no_program() {
    for system in [System::Linux, System::Windows] {
        let template = template(system, V2);
        let code = code::digest(&template).unwrap();
        let loaded = match system {
            // Everything in front of the sections' table is loaded or says what is.
            System::Linux => usize::try_from(u64::from_le_bytes(template[0x28..0x30].try_into().unwrap())).unwrap(),
            System::Windows => template.len(),
        };
        let mut changed = template.clone();
        let mut alike = Vec::new();
        // Every byte of the tables, and every 97th of the rest.
        for place in (0..1024).chain((1024..loaded).step_by(97)) {
            changed[place] ^= 0x40;
            if code::digest(&changed).is_ok_and(|digest| digest == code) {
                alike.push(place);
            }
            changed[place] = template[place];
        }
        let ignored = |place: &usize| match system {
            // Where the sections are, and what lies between segments.
            System::Linux => (0x28..0x30).contains(place) || (0x3c..0x40).contains(place) || *place > 1024,
            // The stub for DOS, the linker's version, sizes that say nothing a loader does not see, checksum, certificates, resources.
            System::Windows => *place < 0x400,
        };
        assert!(
            alike.iter().all(ignored),
            "{system:?}: {:x?} change no code",
            alike.iter().filter(|p| !ignored(p)).collect::<Vec<_>>()
        );
        if system == System::Windows {
            for matters in [
                0x84,
                0x98 + 16,
                0x98 + 24,
                0x98 + 68,
                0x98 + 70,
                0x188 + 12,
                0x188 + 36,
                0x98 + 112,
                0x98 + 120,
                0x98 + 184,
            ] {
                assert!(!alike.contains(&matters), "{matters:x} is code");
            }
        }
    }
}

#[test]
fn a_release_signed_by_a_key_to_trust_is_taken() {
    let desk = Desk::new();
    let template = template(System::Linux, V2);
    let signed = release::sign(&release_of(&[&template], V2), &desk.key);
    let program = taken(&desk.standing(), &signed).unwrap();
    assert_eq!(program.code_sha256, code::digest(&template).unwrap());
}

#[test]
fn a_program_without_keys_takes_nothing() {
    let desk = Desk::new();
    let signed = release::sign(&release_of(&[&template(System::Linux, V2)], V2), &desk.key);
    assert!(matches!(taken(&Standing { keys: &[], ..desk.standing() }, &signed), Err(Refused::NoKeys)));
}

#[test]
fn no_byte_of_a_release_can_be_changed() {
    let desk = Desk::new();
    let signed = release::sign(&release_of(&[&template(System::Linux, V2)], V2), &desk.key);
    for place in 0..signed.len() {
        let mut changed = signed.clone();
        changed[place] ^= 1 << (place % 8);
        let refused = taken(&desk.standing(), &changed).unwrap_err();
        assert!(matches!(refused, Refused::Envelope(_)), "byte {place}: {refused}");
    }
    for cut in 0..signed.len() {
        assert!(taken(&desk.standing(), &signed[..cut]).is_err(), "{cut} bytes");
    }
    assert!(taken(&desk.standing(), &[&signed[..], b"x"].concat()).is_err(), "a byte more");
    assert!(taken(&desk.standing(), &vec![b'A'; MAX_RELEASE_BYTES + 1]).is_err(), "huge");
    assert!(taken(&desk.standing(), b"").is_err(), "empty");
}

#[test]
fn what_is_signed_for_something_else_is_no_release() {
    let (desk, parts) = (Desk::new(), Parts::new());
    let as_profile = bundle::sign(&parts.profile, &desk.key);
    assert!(matches!(taken(&desk.standing(), &as_profile), Err(Refused::Envelope(bundle::EnvelopeError::Kind))));
    // And the other way round.
    let signed = release::sign(&release_of(&[&template(System::Linux, V2)], V2), &desk.key);
    assert!(bundle::open(&signed, None).is_err());
}

#[test]
fn each_way_in_which_a_release_is_not_for_this_program_is_told_apart() {
    let desk = Desk::new();
    let (linux, windows) = (template(System::Linux, V2), template(System::Windows, V2));
    let good = || release_of(&[&linux], V2);
    let outcome = |change: &dyn Fn(&mut Release), standing: Standing<'_>| {
        let mut release = good();
        change(&mut release);
        taken(&standing, &release::sign(&release, &desk.key))
    };
    let usual = || desk.standing();
    assert!(outcome(&|_| {}, usual()).is_ok());
    assert!(matches!(outcome(&|r| r.product = "other".into(), usual()), Err(Refused::OtherProduct(_))));
    assert!(matches!(outcome(&|r| r.channel = "trial".into(), usual()), Err(Refused::OtherChannel(_))));
    assert!(matches!(outcome(&|r| r.valid_until_unix_s = NOW - 1, usual()), Err(Refused::Expired)));
    assert!(matches!(outcome(&|r| r.version = V1, usual()), Err(Refused::NotNewer(V1))));
    assert!(matches!(
        outcome(&|r| r.programs = vec![Program::of(&windows).unwrap().0], usual()),
        Err(Refused::OtherSystem)
    ));
    assert!(matches!(outcome(&|r| r.programs.clear(), usual()), Err(Refused::OtherSystem)));
    assert!(matches!(
        outcome(&|r| r.rings = vec![Ring { percent: 1, from_unix_s: 0 }; 40], usual()),
        Err(Refused::Unreadable(_))
    ));
    // A clock that is a year wrong, in both ways; one that is hours behind is an ordinary clock.
    let at = |now_unix_s| Standing { now_unix_s, ..desk.standing() };
    assert!(matches!(outcome(&|_| {}, at(NOW + 365 * DAY)), Err(Refused::Expired)));
    assert!(matches!(outcome(&|_| {}, at(NOW - 365 * DAY)), Err(Refused::FromTheFuture)));
    assert!(outcome(&|_| {}, at(NOW - 3600)).is_ok());
    // Never back: below what was seen, below what a release allows, to what did not start.
    let v3 = Version([0, 3, 0]);
    assert!(matches!(outcome(&|_| {}, Standing { floor: v3, ..desk.standing() }), Err(Refused::BelowFloor { .. })));
    assert!(matches!(outcome(&|r| r.minimum = v3, usual()), Err(Refused::BelowFloor { .. })));
    assert!(matches!(
        outcome(&|_| {}, Standing { failed: Some(V2), ..desk.standing() }),
        Err(Refused::FailedBefore(V2))
    ));
    assert!(outcome(&|_| {}, Standing { failed: Some(V1), ..desk.standing() }).is_ok());
    // Keys.
    let (other, id) = (Desk::new(), desk.key.id());
    let foreign = release::sign(&good(), &other.key);
    assert!(matches!(taken(&usual(), &foreign), Err(Refused::Envelope(bundle::EnvelopeError::NotTrusted(_)))));
    assert!(matches!(outcome(&|_| {}, Standing { revoked: &[id], ..desk.standing() }), Err(Refused::RevokedKey(_))));
}

#[test]
fn rings_open_one_after_the_other() {
    let desk = Desk::new();
    let mut release = release_of(&[&template(System::Linux, V2)], V2);
    release.rings = vec![Ring { percent: 10, from_unix_s: NOW }, Ring { percent: 100, from_unix_s: NOW + DAY }];
    let signed = release::sign(&release, &desk.key);
    let at = |draw, now_unix_s| taken(&Standing { draw, now_unix_s, ..desk.standing() }, &signed);
    assert!(at(9, NOW).is_ok());
    assert!(matches!(at(10, NOW), Err(Refused::NotYet)));
    assert!(matches!(at(0, NOW - 1), Err(Refused::NotYet)), "before the first ring");
    assert!(at(99, NOW + DAY).is_ok());
}

#[test]
fn what_came_with_a_release_is_its_program_with_the_same_brand_or_is_refused() {
    let parts = Parts::new();
    for system in [System::Linux, System::Windows] {
        let template = template(system, V2);
        let program = Program::of(&template).unwrap().0;
        let own = Carried::Profile(Box::new(parts.profile.clone()), parts.key.id());
        let new = branded(&template, &parts);
        program.check(&new, V2, &own).unwrap();
        assert!(matches!(program.check(&new, V1, &own), Err(Refused::OtherVersion(V1))));
        assert!(matches!(program.check(&template, V2, &own), Err(Refused::OtherBrand)), "without a brand");
        assert!(matches!(program.check(b"", V2, &own), Err(Refused::Length { .. })));
        assert!(program.check(&new[..new.len() / 2], V2, &own).is_err(), "cut off");
        let huge = program.allowed_bytes() + 1;
        assert!(matches!(program.check_length(huge), Err(Refused::Length { .. })));
        // Another code with the same brand.
        let other = branded(&self::template(system, V1), &parts);
        assert!(matches!(program.check(&other, V2, &own), Err(Refused::OtherCode)));
        // The same code with the brand of another key, app, root, or an older one.
        let foreign = branded(&template, &Parts::new());
        assert!(matches!(program.check(&foreign, V2, &own), Err(Refused::OtherBrand)), "another key");
        let altered = |change: fn(&mut bundle::Contents)| {
            let mut contents = parts.profile.clone().into_contents();
            change(&mut contents);
            let profile = Profile::new(contents).unwrap();
            let signed = bundle::sign(&profile, &parts.key);
            let brand = Brand {
                profile: &profile,
                load: Load::Profile(&signed),
                key: &parts.key,
                picture: &parts.picture,
                version: V2,
            };
            attach(&template, &brand).unwrap()
        };
        for (what, change) in [
            ("another company", (|c| c.tenant = [9; 16]) as fn(&mut bundle::Contents)),
            ("another app", |c| c.app = [9; 16]),
            ("another root", |c| *c.root.last_mut().unwrap() ^= 1),
            ("an older profile", |c| c.serial -= 1),
        ] {
            assert!(matches!(program.check(&altered(change), V2, &own), Err(Refused::OtherBrand)), "{what}");
        }
        // A newer look of the same app comes along.
        program
            .check(
                &altered(|c| {
                    c.serial += 1;
                    c.title = "Suporte novo".into();
                }),
                V2,
                &own,
            )
            .unwrap();
        // A byte in the brand.
        let mut damaged = new.clone();
        let at = damaged.windows(parts.signed.len()).position(|bytes| bytes == parts.signed).unwrap() + 60;
        damaged[at] ^= 1;
        assert!(program.check(&damaged, V2, &own).is_err());
    }
}

#[test]
fn releases_are_of_programs_without_a_brand_that_say_their_version() {
    let parts = Parts::new();
    let good = template(System::Linux, V2);
    assert_eq!(Program::of(&good).unwrap().1, V2);
    assert!(matches!(Program::of(&branded(&good, &parts)), Err(release::ReleaseError::Branded)));
    assert!(matches!(Program::of(&elf()), Err(release::ReleaseError::NoVersion)));
    assert!(matches!(Program::of(b"#!/bin/sh\n"), Err(release::ReleaseError::NotAProgram)));
    assert!(Program::of(&good[..70]).is_err());
}
