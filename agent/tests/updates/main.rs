//! An updater against everything that can be wrong with a release, the file that comes with it, and the computer it comes to: the program
//! that is there stays as it is, and the person is told why.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used)]

mod programs;

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use amparo_agent::{
    config::Folder,
    gui::view_model::UpdateState,
    update::{Do, Hurry, Place, Setup, Trouble, Updater},
};
use bundle::{
    Carried, SigningKey, System, Version,
    carried::carried,
    release::{self, CHANNEL, PRODUCT, Program, Release, Revoked, Ring},
};
use programs::Brand;
use protocol::{
    id::AppId,
    limits::UPDATE_PART_BYTES,
    message::{
        ToRelay,
        update::{Newer, Part, UpdateIs, UpdatePart},
    },
    version::UPDATES_SINCE,
};
use ring::digest::{SHA256, digest};

const NOW: u64 = 1_795_000_000;
const DAY: u64 = 24 * 3600;
const V1: Version = Version([0, 1, 0]);
const V2: Version = Version([0, 2, 0]);
const IDLE: Hurry = Hurry::Idle(Duration::from_secs(3600));

/// A computer with version 0.1.0 of a company's program, and the one who releases 0.2.0.
struct Desk {
    folder: tempfile::TempDir,
    place: Place,
    brand: Brand,
    key: SigningKey,
    old: Vec<u8>,
    new: Vec<u8>,
    now: Instant,
}

/// What comes over the wire.
struct Offer {
    newer: Newer,
    file: Vec<u8>,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let brand = Brand::new();
        let old = brand.program(&programs::template(V1, 4_000));
        let new = brand.program(&programs::template(V2, 3 * UPDATE_PART_BYTES));
        let program = folder.path().join("Suporte");
        fs::write(&program, &old).unwrap();
        let key = SigningKey::generate().unwrap();
        Self { place: Place::of(program), folder, brand, key, old, new, now: Instant::now() }
    }

    fn setup(&self) -> Setup {
        Setup {
            carried: carried(&self.old).unwrap(),
            place: Some(self.place.clone()),
            app: AppId::from_bytes([0x22; 16]),
            folder: Folder::at(&self.folder.path().join("data")),
            failed: None,
            draw: 50,
            keys: vec![self.key.id()],
            version: V1,
        }
    }

    fn updater(&self) -> Updater {
        let mut updater = Updater::new(self.setup());
        updater.up(UPDATES_SINCE, self.now);
        updater
    }

    fn release(&self) -> Release {
        Release {
            product: PRODUCT.to_owned(),
            channel: CHANNEL.to_owned(),
            version: V2,
            minimum: V1,
            made_at_unix_s: NOW,
            valid_until_unix_s: NOW + 90 * DAY,
            rings: Vec::new(),
            revoked: Vec::new(),
            programs: vec![Program::of(&programs::template(V2, 3 * UPDATE_PART_BYTES)).unwrap().0],
        }
    }

    fn offer(&self, release: &Release) -> Offer {
        self.offer_by(&self.key, release, self.new.clone())
    }

    fn offer_by(&self, key: &SigningKey, release: &Release, file: Vec<u8>) -> Offer {
        let newer = Newer {
            release: release::sign(release, key).try_into().unwrap(),
            sha256: digest(&SHA256, &file).as_ref().try_into().unwrap(),
            bytes: file.len() as u64,
            quietly: false,
        };
        Offer { newer, file }
    }

    fn program(&self) -> Vec<u8> {
        fs::read(self.place.program()).unwrap()
    }
}

/// How an update goes on, with an honest wire and somebody who clicks. `Ok`: the new program is in place.
fn run(desk: &Desk, updater: &mut Updater, offer: &Offer) -> Result<Version, Option<Trouble>> {
    updater.hear(UpdateIs::Newer(offer.newer.clone()), NOW);
    if !matches!(updater.view().map(|view| view.state), Some(UpdateState::Offered)) {
        return Err(failed(updater));
    }
    updater.wanted(desk.now);
    updater.tick(Hurry::InUse, desk.now);
    for _ in 0..1_000 {
        match updater.poll() {
            Some(Do::Say(ToRelay::FetchUpdate(fetch))) => {
                assert_eq!(fetch.sha256, offer.newer.sha256);
                updater.part(part(&offer.file, fetch.from), Hurry::InUse, desk.now);
            }
            Some(Do::Say(_)) => {}
            Some(Do::Check(check)) => {
                updater.checked(check.run());
                updater.tick(Hurry::InUse, desk.now);
            }
            Some(Do::Start(version)) => return Ok(version),
            None => return Err(failed(updater)),
        }
    }
    panic!("it goes on for ever")
}

/// Fetches what is wanted and looks at it; `before` happens in between.
fn fetch_all(desk: &Desk, updater: &mut Updater, offer: &Offer, before: impl Fn()) {
    updater.tick(Hurry::InUse, desk.now);
    while let Some(what) = updater.poll() {
        match what {
            Do::Say(ToRelay::FetchUpdate(fetch)) => updater.part(part(&offer.file, fetch.from), Hurry::InUse, desk.now),
            Do::Check(check) => {
                before();
                updater.checked(check.run());
            }
            _ => {}
        }
    }
}

fn part(file: &[u8], from: u64) -> UpdatePart {
    let rest = &file[usize::try_from(from).unwrap().min(file.len())..];
    let bytes = Part::try_from(rest[..rest.len().min(UPDATE_PART_BYTES)].to_vec()).unwrap();
    UpdatePart::Bytes { from, bytes }
}

fn failed(updater: &Updater) -> Option<Trouble> {
    match updater.view()?.state {
        UpdateState::Failed(trouble) => Some(trouble),
        other => panic!("it neither fails nor goes on: {other:?}"),
    }
}

fn fresh(desk: &Desk, offer: &Offer) -> Result<Version, Option<Trouble>> {
    let outcome = run(desk, &mut desk.updater(), offer);
    if outcome.is_err() {
        assert_eq!(desk.program(), desk.old, "the program that is there stays");
        assert!(!desk.place.staged().exists(), "nothing half-made is left");
    }
    // What one try has taught is not for the next.
    let _ = fs::remove_dir_all(desk.folder.path().join("data"));
    outcome
}

#[test]
fn a_released_program_is_fetched_looked_at_and_put_in_place() {
    let desk = Desk::new();
    let mut updater = desk.updater();
    assert!(matches!(updater.poll(), Some(Do::Say(ToRelay::AskUpdate(ask))) if ask.version == V1.0));
    assert_eq!(updater.view(), None);
    assert_eq!(run(&desk, &mut updater, &desk.offer(&desk.release())), Ok(V2));
    assert_eq!(desk.program(), desk.new);
    assert_eq!(fs::read(desk.place.previous()).unwrap(), desk.old);
}

#[test]
fn a_relay_that_does_not_know_of_updates_is_not_asked() {
    let desk = Desk::new();
    for version in 1..UPDATES_SINCE {
        let mut updater = Updater::new(desk.setup());
        updater.up(version, desk.now);
        assert!(updater.poll().is_none(), "version {version}");
    }
}

#[test]
fn a_program_without_keys_or_without_a_brand_takes_nothing() {
    let desk = Desk::new();
    let offer = desk.offer(&desk.release());
    for setup in [
        Setup { keys: Vec::new(), ..desk.setup() },
        Setup { carried: None, ..desk.setup() },
        Setup { place: None, ..desk.setup() },
    ] {
        let mut updater = Updater::new(setup);
        updater.up(UPDATES_SINCE, desk.now);
        assert!(updater.poll().is_none(), "it does not even ask");
        assert_eq!(run(&desk, &mut updater, &offer), Err(None));
    }
    assert_eq!(desk.program(), desk.old);
}

#[test]
fn what_is_wrong_with_a_release_is_told_and_nothing_is_installed() {
    let desk = Desk::new();
    let changed = |change: &dyn Fn(&mut Release)| {
        let mut release = desk.release();
        change(&mut release);
        fresh(&desk, &desk.offer(&release))
    };
    assert_eq!(changed(&|_| ()), Ok(V2));
    fs::write(desk.place.program(), &desk.old).unwrap();
    let not_trusted = Err(Some(Trouble::NotTrusted));
    let clock = Err(Some(Trouble::Clock));
    // Of another product; not in the schema's bounds; of no time that is now, or a clock that is a year wrong.
    assert_eq!(changed(&|r| r.product = "other".into()), not_trusted);
    assert_eq!(changed(&|r| r.rings = vec![Ring { percent: 1, from_unix_s: 0 }; 99]), not_trusted);
    assert_eq!(changed(&|r| r.valid_until_unix_s = NOW - 1), clock);
    assert_eq!(changed(&|r| r.made_at_unix_s = NOW + 365 * DAY), clock);
    // Old, of another channel, not yet for this one, of another system: nothing to be told.
    assert_eq!(changed(&|r| r.version = V1), Err(None));
    assert_eq!(changed(&|r| r.channel = "trial".into()), Err(None));
    assert_eq!(changed(&|r| r.rings = vec![Ring { percent: 50, from_unix_s: 0 }]), Err(None));
    assert_eq!(changed(&|r| r.programs[0].system = System::Windows), Err(None));
    // Signed by nobody we know, by a profile's key, altered, cut off, empty.
    let foreign = SigningKey::generate().unwrap();
    assert_eq!(fresh(&desk, &desk.offer_by(&foreign, &desk.release(), desk.new.clone())), not_trusted);
    assert_eq!(fresh(&desk, &desk.offer_by(desk.brand.key(), &desk.release(), desk.new.clone())), not_trusted);
    let good: Vec<u8> = desk.offer(&desk.release()).newer.release.into();
    for place in (0..good.len()).step_by(3) {
        let mut bytes = good.clone();
        bytes[place] ^= 0x10;
        let mut offer = desk.offer(&desk.release());
        offer.newer.release = bytes.try_into().unwrap();
        assert_eq!(fresh(&desk, &offer), not_trusted, "byte {place}");
    }
    for length in [0, 10, good.len() - 1] {
        let mut offer = desk.offer(&desk.release());
        offer.newer.release = good[..length].to_vec().try_into().unwrap();
        assert_eq!(fresh(&desk, &offer), not_trusted, "{length} bytes");
    }
}

#[test]
fn what_was_seen_once_is_never_gone_below_and_a_revoked_key_stays_revoked() {
    let desk = Desk::new();
    let other = SigningKey::generate().unwrap();
    let setup = || Setup { keys: vec![desk.key.id(), other.id()], ..desk.setup() };
    let hear = |key: &SigningKey, change: &dyn Fn(&mut Release)| {
        let mut release = desk.release();
        change(&mut release);
        let mut updater = Updater::new(setup());
        updater.up(UPDATES_SINCE, desk.now);
        updater.hear(UpdateIs::Newer(desk.offer_by(key, &release, desk.new.clone()).newer), NOW);
        updater.view().map(|view| view.state)
    };
    assert_eq!(hear(&desk.key, &|_| ()), Some(UpdateState::Offered));
    // A release of 0.3.0 was seen, and revokes the first key.
    let revoked = desk.key.id();
    let newest = |r: &mut Release| {
        r.version = Version([0, 3, 0]);
        r.revoked = vec![Revoked(*revoked.public_key())];
    };
    assert_eq!(hear(&other, &newest), Some(UpdateState::Offered));
    // In a later start: the second key's older release is silently none, the first key's is nobody's.
    assert_eq!(hear(&other, &|_| ()), None);
    assert_eq!(hear(&desk.key, &|r| r.version = Version([0, 9, 0])), Some(UpdateState::Failed(Trouble::NotTrusted)));
    // A release that nobody could install has taught nothing.
    assert_eq!(
        hear(&other, &|r| (r.version, r.valid_until_unix_s) = (Version([7, 0, 0]), 1)),
        Some(UpdateState::Failed(Trouble::Clock))
    );
    assert_eq!(hear(&other, &newest), Some(UpdateState::Offered));
}

#[test]
fn what_a_key_had_set_counts_for_all_keys_until_it_is_revoked_and_then_for_none() {
    let other = SigningKey::generate().unwrap();
    let hear = |desk: &Desk, key: &SigningKey, version: [u16; 3], change: &dyn Fn(&mut Release)| {
        let mut release = desk.release();
        release.version = Version(version);
        change(&mut release);
        let mut updater = Updater::new(Setup { keys: vec![desk.key.id(), other.id()], ..desk.setup() });
        updater.up(UPDATES_SINCE, desk.now);
        updater.hear(UpdateIs::Newer(desk.offer_by(key, &release, desk.new.clone()).newer), NOW);
        updater.view().map(|view| view.state)
    };
    let (nothing, offered) = (&|_: &mut Release| (), Some(UpdateState::Offered));
    // An older release of another key is no way around what was seen, nor around what the newest allows.
    let desk = Desk::new();
    assert_eq!(hear(&desk, &desk.key, [0, 3, 0], nothing), offered);
    assert_eq!(hear(&desk, &other, [0, 2, 0], nothing), None);
    assert_eq!(hear(&desk, &other, [0, 4, 0], &|r| r.minimum = Version([0, 4, 0])), offered);
    assert_eq!(hear(&desk, &desk.key, [0, 3, 9], nothing), None);
    assert_eq!(hear(&desk, &desk.key, [0, 4, 0], nothing), offered, "the same version of either");

    // Whoever has stolen a key has set what no other release reaches.
    let desk = Desk::new();
    let stolen = *desk.key.id().public_key();
    let revoke = |r: &mut Release| r.revoked = vec![Revoked(stolen)];
    assert_eq!(hear(&desk, &other, [0, 2, 0], nothing), offered);
    assert_eq!(hear(&desk, &desk.key, [99, 0, 0], &|r| r.minimum = Version([99, 9, 9])), None);
    assert_eq!(hear(&desk, &other, [0, 3, 0], nothing), None, "it is shut out");
    assert_eq!(hear(&desk, &other, [0, 3, 0], &revoke), offered, "with the key goes what it had set, at once");
    assert_eq!(hear(&desk, &other, [0, 3, 0], nothing), offered, "and for good");
    assert_eq!(hear(&desk, &other, [0, 2, 0], nothing), None, "what the other one had set stays");
    assert_eq!(
        hear(&desk, &desk.key, [99, 0, 0], nothing),
        Some(UpdateState::Failed(Trouble::NotTrusted)),
        "a revoked key sets nothing any more"
    );
    assert_eq!(hear(&desk, &other, [0, 3, 0], nothing), offered);

    // What an earlier program has written down counts whoever had set it.
    let desk = Desk::new();
    let path = desk.setup().folder.path().unwrap().join("updates.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, serde_json::json!({ "floor": Version([0, 3, 0]), "draw": 7 }).to_string()).unwrap();
    assert_eq!(hear(&desk, &other, [0, 2, 0], &revoke), None);
    assert_eq!(hear(&desk, &other, [0, 3, 0], nothing), offered);
}

#[test]
fn a_server_that_sends_another_file_than_was_released_is_refused() {
    let desk = Desk::new();
    let release = desk.release();
    let sends = |file: Vec<u8>| fresh(&desk, &desk.offer_by(&desk.key, &release, file));
    let not_trusted = Err(Some(Trouble::NotTrusted));
    // Without a brand, of another key, with another code, cut off, longer, empty, no program at all.
    let template = programs::template(V2, 3 * UPDATE_PART_BYTES);
    assert_eq!(sends(template.clone()), not_trusted);
    assert_eq!(sends(Brand::new().program(&template)), not_trusted);
    assert_eq!(sends(desk.brand.program(&programs::template(V2, 3 * UPDATE_PART_BYTES - 1))), not_trusted);
    assert_eq!(sends(desk.old.clone()), not_trusted);
    assert_eq!(sends(desk.new[..desk.new.len() - 1].to_vec()), not_trusted);
    assert_eq!(sends([&desk.new[..], b"x"].concat()), not_trusted);
    assert_eq!(sends(b"#!/bin/sh\nrm -rf ~\n".to_vec()), not_trusted);
    for place in (0..desk.new.len()).step_by(9_973) {
        let mut bytes = desk.new.clone();
        bytes[place] ^= 1;
        assert_eq!(sends(bytes), not_trusted, "byte {place}");
    }
    // Another file than it said it would send; more or less of it than it said; far too much.
    let mut offer = desk.offer(&release);
    offer.file = desk.brand.program(&programs::template(V2, 3 * UPDATE_PART_BYTES - 7));
    offer.file.resize(offer.newer.bytes as usize, 0);
    assert_eq!(fresh(&desk, &offer), not_trusted, "the wrong file");
    let mut offer = desk.offer(&release);
    offer.newer.bytes -= 5;
    assert_eq!(fresh(&desk, &offer), not_trusted, "more than it said");
    let mut offer = desk.offer(&release);
    offer.newer.bytes += 5;
    assert_eq!(fresh(&desk, &offer), not_trusted, "less than it said");
    for bytes in [0, 1 << 40, u64::MAX] {
        let mut offer = desk.offer(&release);
        offer.newer.bytes = bytes;
        assert_eq!(fresh(&desk, &offer), not_trusted, "{bytes} bytes");
    }
}

#[test]
fn a_computer_that_cannot_take_the_file_keeps_the_program_and_says_why() {
    // Where the new one goes, something lies that cannot be taken away.
    let desk = Desk::new();
    fs::create_dir(desk.place.staged()).unwrap();
    let outcome = run(&desk, &mut desk.updater(), &desk.offer(&desk.release()));
    assert_eq!((outcome, desk.program()), (Err(Some(Trouble::Folder)), desk.old.clone()));

    // The folder is gone: a memory stick was pulled.
    let desk = Desk::new();
    let gone = Place::of(desk.folder.path().join("gone/Suporte"));
    let mut updater = Updater::new(Setup { place: Some(gone), ..desk.setup() });
    updater.up(UPDATES_SINCE, desk.now);
    assert_eq!(run(&desk, &mut updater, &desk.offer(&desk.release())), Err(Some(Trouble::TakenAway)));

    // Where the one before goes, something lies that cannot be taken away.
    let desk = Desk::new();
    fs::create_dir(desk.place.previous()).unwrap();
    let outcome = run(&desk, &mut desk.updater(), &desk.offer(&desk.release()));
    assert_eq!((outcome, desk.program()), (Err(Some(Trouble::Folder)), desk.old.clone()));
}

#[test]
fn a_file_that_is_taken_away_before_it_is_put_in_place_is_missed() {
    let desk = Desk::new();
    let offer = desk.offer(&desk.release());
    let mut updater = desk.updater();
    updater.hear(UpdateIs::Newer(offer.newer.clone()), NOW);
    updater.wanted(desk.now);
    fetch_all(&desk, &mut updater, &offer, || fs::remove_file(desk.place.staged()).unwrap());
    assert_eq!(failed(&updater), Some(Trouble::TakenAway));
    // The same after it was looked at. Who wants another try has said what they want.
    updater.wanted(desk.now);
    updater.hear(UpdateIs::Newer(offer.newer.clone()), NOW);
    fetch_all(&desk, &mut updater, &offer, || ());
    fs::remove_file(desk.place.staged()).unwrap();
    updater.tick(Hurry::InUse, desk.now);
    assert_eq!(failed(&updater), Some(Trouble::TakenAway));
    assert_eq!(desk.program(), desk.old);
}

/// On a disk of its own, which needs root: where the tests run without, this one says so.
#[test]
fn a_full_disk_keeps_the_program_and_says_why() {
    let desk = Desk::new();
    let small = desk.folder.path().join("small");
    fs::create_dir(&small).unwrap();
    let size = format!("size={}k", (desk.old.len() + UPDATE_PART_BYTES) / 1024 + 40);
    let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&small).output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        println!("not tested: no disk can be mounted here");
        return;
    }
    struct Unmount(PathBuf);
    impl Drop for Unmount {
        fn drop(&mut self) {
            let _ = std::process::Command::new("umount").arg(&self.0).status();
        }
    }
    let _unmount = Unmount(small.clone());
    let place = Place::of(small.join("Suporte"));
    fs::write(place.program(), &desk.old).unwrap();
    let mut updater = Updater::new(Setup { place: Some(place.clone()), ..desk.setup() });
    updater.up(UPDATES_SINCE, desk.now);
    assert_eq!(run(&desk, &mut updater, &desk.offer(&desk.release())), Err(Some(Trouble::DiskFull)));
    assert_eq!(fs::read(place.program()).unwrap(), desk.old);
    assert!(!place.staged().exists(), "the room is given back");
}

#[test]
fn nothing_is_fetched_or_changed_while_a_session_runs() {
    let desk = Desk::new();
    let offer = desk.offer(&desk.release());
    let mut updater = desk.updater();
    updater.poll();
    updater.hear(UpdateIs::Newer(offer.newer.clone()), NOW);
    updater.wanted(desk.now);
    updater.tick(Hurry::Session, desk.now);
    assert!(updater.poll().is_none(), "a session runs");
    updater.tick(Hurry::InUse, desk.now);
    let Some(Do::Say(ToRelay::FetchUpdate(fetch))) = updater.poll() else { panic!("it is fetched now") };
    // A session begins while a part is on its way.
    updater.part(part(&offer.file, fetch.from), Hurry::Session, desk.now);
    assert!(updater.poll().is_none(), "no more is asked for");
    updater.tick(Hurry::InUse, desk.now);
    loop {
        match updater.poll() {
            Some(Do::Say(ToRelay::FetchUpdate(fetch))) => {
                updater.part(part(&offer.file, fetch.from), Hurry::InUse, desk.now);
            }
            Some(Do::Check(check)) => {
                updater.checked(check.run());
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    updater.tick(Hurry::Session, desk.now);
    assert!(updater.poll().is_none(), "it waits for the session's end");
    assert_eq!(desk.program(), desk.old);
    updater.tick(Hurry::InUse, desk.now);
    assert!(matches!(updater.poll(), Some(Do::Start(V2))));
}

#[test]
fn a_lost_connection_or_a_part_that_never_comes_goes_on_where_it_was() {
    let desk = Desk::new();
    let offer = desk.offer(&desk.release());
    let mut updater = desk.updater();
    updater.poll();
    updater.hear(UpdateIs::Newer(offer.newer.clone()), NOW);
    updater.wanted(desk.now);
    updater.tick(Hurry::InUse, desk.now);
    let Some(Do::Say(ToRelay::FetchUpdate(fetch))) = updater.poll() else { panic!("it is fetched") };
    updater.part(part(&offer.file, fetch.from), Hurry::InUse, desk.now);
    let Some(Do::Say(ToRelay::FetchUpdate(second))) = updater.poll() else { panic!("the next part") };
    assert_eq!(second.from, UPDATE_PART_BYTES as u64);
    // Lost: nothing is asked while it is away, and the same part when it is back.
    updater.down();
    updater.tick(Hurry::InUse, desk.now + Duration::from_secs(60));
    assert!(updater.poll().is_none());
    updater.up(UPDATES_SINCE, desk.now + Duration::from_secs(61));
    updater.tick(Hurry::InUse, desk.now + Duration::from_secs(61));
    assert!(matches!(updater.poll(), Some(Do::Say(ToRelay::FetchUpdate(again))) if again == second));
    // Asked twice, answered twice: the second answer is nothing new.
    let late = desk.now + Duration::from_secs(90);
    updater.tick(Hurry::InUse, late);
    assert!(matches!(updater.poll(), Some(Do::Say(ToRelay::FetchUpdate(again))) if again == second));
    updater.part(part(&offer.file, second.from), Hurry::Session, late);
    updater.part(part(&offer.file, second.from), Hurry::Session, late);
    updater.tick(Hurry::InUse, late);
    assert!(matches!(updater.poll(), Some(Do::Say(ToRelay::FetchUpdate(third))) if third.from == 2 * second.from));
    // The server has many to serve.
    updater.part(UpdatePart::Later { retry_after_s: 5 }, Hurry::InUse, late);
    updater.tick(Hurry::InUse, late + Duration::from_secs(4));
    assert!(updater.poll().is_none());
    updater.tick(Hurry::InUse, late + Duration::from_secs(5));
    assert!(matches!(updater.poll(), Some(Do::Say(ToRelay::FetchUpdate(_)))));
    // The file is another one now: asked anew.
    updater.part(UpdatePart::Gone, Hurry::InUse, late);
    assert!(matches!(updater.poll(), Some(Do::Say(ToRelay::AskUpdate(_)))));
    assert!(!desk.place.staged().exists());
}

#[test]
fn where_the_company_wants_it_an_idle_program_updates_itself_and_one_in_use_does_not() {
    let desk = Desk::new();
    let mut offer = desk.offer(&desk.release());
    let mut updater = desk.updater();
    updater.poll();
    updater.hear(UpdateIs::Newer(offer.newer.clone()), NOW);
    updater.tick(IDLE, desk.now);
    assert!(updater.poll().is_none(), "nobody wants it");
    offer.newer.quietly = true;
    updater.hear(UpdateIs::Newer(offer.newer.clone()), NOW);
    for hurry in [Hurry::InUse, Hurry::Session, Hurry::Idle(Duration::from_secs(10))] {
        updater.tick(hurry, desk.now);
        assert!(updater.poll().is_none(), "{hurry:?}");
    }
    updater.tick(IDLE, desk.now);
    updater.tick(IDLE, desk.now);
    assert!(matches!(updater.poll(), Some(Do::Say(ToRelay::FetchUpdate(_)))));
}

#[test]
fn a_version_that_did_not_start_is_told_once_and_not_offered_again_until_somebody_wants_it() {
    let desk = Desk::new();
    let offer = desk.offer(&desk.release());
    let mut updater = Updater::new(Setup { failed: Some(V2), ..desk.setup() });
    updater.up(UPDATES_SINCE, desk.now);
    assert_eq!(failed(&updater), Some(Trouble::DidNotStart));
    updater.hear(UpdateIs::Newer(offer.newer.clone()), NOW);
    assert_eq!(failed(&updater), Some(Trouble::DidNotStart), "it is still said");
    // The next start remembers it, and says nothing any more.
    let mut next = desk.updater();
    next.hear(UpdateIs::Newer(offer.newer.clone()), NOW);
    assert_eq!(next.view(), None);
    // Somebody tries again.
    updater.wanted(desk.now);
    assert_eq!(run(&desk, &mut updater, &offer), Ok(V2));
}

#[test]
fn a_program_that_carries_a_key_alone_asks_for_nothing_and_says_nothing() {
    let desk = Desk::new();
    let setup = Setup { carried: Some(Carried::Pin(desk.brand.key().id())), ..desk.setup() };
    let mut updater = Updater::new(setup);
    updater.up(UPDATES_SINCE, desk.now);
    updater.tick(IDLE, desk.now + Duration::from_secs(7 * 3600));
    assert!(updater.poll().is_none(), "the server has no program of its kind");
    // Nor does it believe one that is offered all the same.
    assert_eq!(run(&desk, &mut updater, &desk.offer(&desk.release())), Err(None));
    assert!(!desk.place.staged().exists(), "nothing was fetched");
}
