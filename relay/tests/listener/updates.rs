//! A program asks for a newer one of itself, and fetches it part by part.

use amparo_relay::programs::System;
use branding::file::{hex, sha256};
use bundle::{
    SigningKey, Version,
    release::{self, CHANNEL, PRODUCT, Program as Released, Release},
    version,
};
use protocol::{
    id::AppId,
    limits::UPDATE_PART_BYTES,
    message::{
        FromRelay, ToRelay,
        update::{AskUpdate, FetchUpdate, Newer, System as Theirs, UpdateIs, UpdatePart},
    },
};

use super::world::{Program, World};

const NOW: u64 = 1_795_000_000;

/// A template that says that it is version 0.2.0: longer than one part.
fn template() -> Vec<u8> {
    let mut template = std::fs::read("/bin/bash").unwrap();
    let room = template.windows(64).position(|bytes| bytes.iter().all(|byte| *byte == 0)).unwrap() + 8;
    let mark = version::mark("0.2.0");
    template[room..room + mark.len()].copy_from_slice(&mark);
    template
}

fn put_templates(world: &World, template: &[u8]) {
    let folder = world.config().data.join("templates");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("amparo"), template).unwrap();
    std::fs::write(folder.join("SHA256SUMS"), format!("{}  amparo\n", hex(&sha256(template)))).unwrap();
}

fn put_release(world: &World, template: &[u8], change: impl FnOnce(&mut Release)) -> Vec<u8> {
    let (program, version) = Released::of(template).unwrap();
    let mut release = Release {
        product: PRODUCT.to_owned(),
        channel: CHANNEL.to_owned(),
        version,
        minimum: Version::default(),
        made_at_unix_s: NOW,
        valid_until_unix_s: NOW + 365 * 24 * 3600 * 50,
        rings: Vec::new(),
        revoked: Vec::new(),
        programs: vec![program],
    };
    change(&mut release);
    let signed = release::sign(&release, &SigningKey::generate().unwrap());
    std::fs::write(world.config().data.join("templates/release"), &signed).unwrap();
    signed
}

async fn ask(program: &mut Program, app: AppId, version: [u16; 3]) -> Option<Newer> {
    program.say(ToRelay::AskUpdate(AskUpdate { app, system: Theirs::Linux, version })).await;
    let answer = program.hear_that(|m| if let FromRelay::UpdateIs(is) = m { Some(is) } else { None }).await;
    match answer {
        UpdateIs::None => None,
        UpdateIs::Newer(newer) => Some(newer),
    }
}

async fn fetch(program: &mut Program, app: AppId, sha256: [u8; 32], from: u64) -> UpdatePart {
    program.say(ToRelay::FetchUpdate(FetchUpdate { app, system: Theirs::Linux, sha256, from })).await;
    program.hear_that(|m| if let FromRelay::UpdatePart(part) = m { Some(part) } else { None }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_released_program_is_offered_and_fetched_part_by_part() {
    let world = World::new().await;
    let template = template();
    let mut program = world.program().await;
    assert_eq!(ask(&mut program, world.app, [0, 1, 0]).await, None, "no template");
    put_templates(&world, &template);
    assert_eq!(ask(&mut program, world.app, [0, 1, 0]).await, None, "no release");
    let signed = put_release(&world, &template, |_| {});
    let newer = ask(&mut program, world.app, [0, 1, 0]).await.unwrap();
    assert_eq!(newer.release.as_bytes(), signed);
    assert!(!newer.quietly);
    for same_or_newer in [[0, 2, 0], [0, 2, 1], [1, 0, 0]] {
        assert_eq!(ask(&mut program, world.app, same_or_newer).await, None, "{same_or_newer:?}");
    }

    let mut file = Vec::new();
    while (file.len() as u64) < newer.bytes {
        match fetch(&mut program, world.app, newer.sha256, file.len() as u64).await {
            UpdatePart::Bytes { from, bytes } => {
                assert_eq!(from, file.len() as u64);
                assert!(!bytes.as_bytes().is_empty() && bytes.as_bytes().len() <= UPDATE_PART_BYTES);
                file.extend_from_slice(bytes.as_bytes());
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(file.len() > 2 * UPDATE_PART_BYTES, "several parts were tested");
    assert_eq!(sha256(&file), newer.sha256);
    let app = world.relay().shared.store.app(world.app).await.unwrap();
    let made = world.relay().shared.programs.state(&app, System::Linux);
    assert!(matches!(made, amparo_relay::programs::State::Ready { .. }), "{made:?}");

    // Behind the end there is nothing; another file, or another company's app, is no file.
    assert!(matches!(
        fetch(&mut program, world.app, newer.sha256, newer.bytes).await,
        UpdatePart::Bytes { bytes, .. } if bytes.as_bytes().is_empty()
    ));
    for (app, sha256, from) in [
        (world.app, newer.sha256, newer.bytes + 1),
        (world.app, newer.sha256, u64::MAX),
        (world.app, [7; 32], 0),
        (AppId::from_bytes([9; 16]), newer.sha256, 0),
    ] {
        assert_eq!(fetch(&mut program, app, sha256, from).await, UpdatePart::Gone);
    }
    assert_eq!(ask(&mut program, AppId::from_bytes([9; 16]), [0, 1, 0]).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_release_of_the_template_that_is_here_is_not_offered() {
    let world = World::new().await;
    let template = template();
    let mut program = world.program().await;
    put_templates(&world, &template);
    let release = world.config().data.join("templates/release");
    for (what, bytes) in [("empty", Vec::new()), ("no release", b"hello".to_vec()), ("huge", vec![b'A'; 1 << 20])] {
        std::fs::write(&release, bytes).unwrap();
        assert_eq!(ask(&mut program, world.app, [0, 1, 0]).await, None, "{what}");
    }
    let signed = put_release(&world, &template, |_| {});
    std::fs::write(&release, &signed[..signed.len() - 1]).unwrap();
    assert_eq!(ask(&mut program, world.app, [0, 1, 0]).await, None, "cut off");
    put_release(&world, &template, |release| release.programs[0].sha256 = [3; 32]);
    assert_eq!(ask(&mut program, world.app, [0, 1, 0]).await, None, "of another template");
    put_release(&world, &template, |release| release.programs.clear());
    assert_eq!(ask(&mut program, world.app, [0, 1, 0]).await, None, "of no program");
    put_release(&world, &template, |release| release.valid_until_unix_s = 1);
    assert_eq!(ask(&mut program, world.app, [0, 1, 0]).await, None, "of which the time is over");
    put_release(&world, &template, |_| {});
    assert!(ask(&mut program, world.app, [0, 1, 0]).await.is_some(), "the program and its relay still speak");
}
