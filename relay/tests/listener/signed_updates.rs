//! A program for Windows fetches a newer one of itself from a server that signs code: signed, and the released one all the same.

use std::{fs, time::Duration};

use branding::{
    codesign::{Signer, signature},
    file::{hex, sha256},
};
use bundle::{
    SigningKey, Version,
    carried::carried,
    release::{self, CHANNEL, PRODUCT, Program as Released, Release},
    version,
};
use protocol::message::{
    FromRelay, ToRelay,
    update::{AskUpdate, FetchUpdate, Newer, System as Theirs, UpdateIs, UpdatePart},
};

use super::{
    programs,
    throwaway::{PUBLISHER, Throwaway},
    world::{Program, World},
};

const NOW: u64 = 1_795_000_000;

async fn ask(program: &mut Program, world: &World) -> Option<Newer> {
    let system = Theirs::Windows;
    program.say(ToRelay::AskUpdate(AskUpdate { app: world.app, system, version: [0, 1, 0] })).await;
    match program.hear_that(|m| if let FromRelay::UpdateIs(is) = m { Some(is) } else { None }).await {
        UpdateIs::None => None,
        UpdateIs::Newer(newer) => Some(newer),
    }
}

async fn fetch(program: &mut Program, world: &World, newer: &Newer) -> Vec<u8> {
    let mut file = Vec::new();
    while (file.len() as u64) < newer.bytes {
        let from = file.len() as u64;
        let (system, sha256) = (Theirs::Windows, newer.sha256);
        program.say(ToRelay::FetchUpdate(FetchUpdate { app: world.app, system, sha256, from })).await;
        match program.hear_that(|m| if let FromRelay::UpdatePart(part) = m { Some(part) } else { None }).await {
            UpdatePart::Bytes { bytes, .. } => file.extend_from_slice(bytes.as_bytes()),
            other => panic!("{other:?}"),
        }
    }
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_signed_and_the_released_program_and_one_that_cannot_be_signed_is_not_offered() {
    let desk = Throwaway::new();
    desk.pkcs12("office", |_| {});
    let mode = |lines: &str| fs::write(desk.path("mode"), lines).unwrap();
    let signer = Signer::command(&desk.command("told", ". $3/mode")).unwrap();
    let world = World::with(|config| {
        config.signer = Some(signer);
        config.times.signs_again = Duration::ZERO;
    })
    .await;
    let mut template = programs::pe();
    let (at, mark) = (template.len() - 100, version::mark("0.2.0"));
    template[at..at + mark.len()].copy_from_slice(&mark);
    let folder = world.config().data.join("templates");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("amparo.exe"), &template).unwrap();
    fs::write(folder.join("SHA256SUMS"), format!("{}  amparo.exe\n", hex(&sha256(&template)))).unwrap();
    let (released, version) = Released::of(&template).unwrap();
    let release = Release {
        product: PRODUCT.to_owned(),
        channel: CHANNEL.to_owned(),
        version,
        minimum: Version::default(),
        made_at_unix_s: NOW,
        valid_until_unix_s: NOW + 365 * 24 * 3600 * 50,
        rings: Vec::new(),
        revoked: Vec::new(),
        programs: vec![released],
    };
    fs::write(folder.join("release"), release::sign(&release, &SigningKey::generate().unwrap())).unwrap();

    let mut program = world.program().await;
    for lies in ["exit 1", "exit 0", "cp $1 $2", "head -c 90000 /dev/urandom > $2"] {
        mode(lies);
        assert_eq!(ask(&mut program, &world).await, None, "{lies}");
    }
    let password = desk.password();
    mode(&format!("osslsigncode sign -pkcs12 $3/office.p12 -readpass {} -in $1 -out $2", password.display()));
    let newer = ask(&mut program, &world).await.unwrap();
    let file = fetch(&mut program, &world, &newer).await;
    assert_eq!(sha256(&file), newer.sha256);
    assert_eq!(signature::of(&file).unwrap().unwrap().subject, PUBLISHER);
    desk.verify("office.pem", &file);
    // What a program looks at before it puts it in place; its own brand is the same whether it was signed or not.
    let own = carried(&file).unwrap().unwrap();
    released.check(&file, version, &own).unwrap();
    assert_eq!(ask(&mut program, &world).await, Some(newer), "made once");
}
