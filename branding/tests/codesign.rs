//! The code signature: that it holds together with the brand, that nothing else is taken for one whatever signs, and that no secret is told.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
mod programs;
mod throwaway;

use std::{
    error::Error as _,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use amparo_branding::{
    attach::{Brand, attach},
    codesign::{
        Options, Patience, SignError, Signer, Unsigned,
        signature::{self, SignatureError, SignedBy},
    },
};
use bundle::{
    Carried, Load, SigningKey, Version,
    carried::{carried, set_checksum},
    release::{Program, Refused},
    version,
};
use programs::{Parts, pe, pe_of};
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use throwaway::{PASSWORD, PUBLISHER, Throwaway, done};

/// Where PE says where its certificates are, in the programs made here.
const ENTRY: usize = 0x98 + 112 + 8 * 4;

fn brand(parts: &Parts) -> Brand<'_> {
    let Parts { profile, key, picture, signed } = parts;
    Brand { profile, load: Load::Profile(signed), key, picture, version: Version([0, 1, 0]) }
}

fn signed(signer: &Signer, parts: &Parts, program: &[u8]) -> Result<(Vec<u8>, SignedBy), SignError> {
    signer.sign(program, &brand(parts), &Patience::of(Duration::from_secs(60)))
}

/// All of what it says, causes too.
fn told(error: &SignError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn table(program: &[u8]) -> usize {
    u32::from_le_bytes(program[ENTRY..ENTRY + 4].try_into().unwrap()) as usize
}

#[test]
fn a_program_is_signed_with_a_certificates_file_and_both_signatures_hold() {
    let (desk, parts) = (Throwaway::new(), Parts::new());
    let program = attach(&pe(), &brand(&parts)).unwrap();
    assert_eq!(signature::of(&program), Ok(None));
    for (name, file) in [("ec", desk.pkcs12("ec", |_| {})), ("rsa", desk.pkcs12_rsa("rsa"))] {
        let (signed, by) = signed(&desk.signer(file), &parts, &program).unwrap();
        assert_eq!(by.subject, PUBLISHER);
        assert!(matches!(carried(&signed).unwrap(), Some(Carried::Profile(profile, _)) if *profile == parts.profile));
        assert_eq!(signature::of(&signed), Ok(Some(by)));
        desk.verify(&format!("{name}.pem"), &signed);
    }
}

#[test]
fn no_byte_of_a_signed_program_can_be_changed() {
    let (desk, parts) = (Throwaway::new(), Parts::new());
    let program = attach(&pe(), &brand(&parts)).unwrap();
    let (program, _) = signed(&desk.signer(desk.pkcs12("ec", |_| {})), &parts, &program).unwrap();
    let (profile, table) =
        (program.windows(parts.signed.len()).position(|b| b == parts.signed).unwrap(), table(&program));
    // The tables and the first 64 KiB; all of the profile, its head and the seal; all of the signature.
    let places: Vec<usize> =
        (0..64 * 1024).chain(profile - 32..profile + parts.signed.len() + 64).chain(table..program.len()).collect();
    let (next, hidden) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            threads.spawn(|| {
                let mut changed = program.clone();
                while let Some(place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                    changed[*place] ^= 1 << (place % 8);
                    match carried(&changed) {
                        Ok(Some(_)) => panic!("byte {place} can be changed"),
                        Ok(None) => _ = hidden.fetch_add(1, Ordering::Relaxed),
                        Err(error) => assert!(!error.to_string().is_empty()),
                    }
                    changed[*place] = program[*place];
                }
            });
        }
    });
    // Where the name of the resource is changed, nothing is found: the program is then one without a brand.
    assert!(hidden.load(Ordering::Relaxed) < 200, "{hidden:?} changes hide the brand");

    // With a right checksum, what is outside of the signature is refused by the seal, and what Windows looks at by the signature too.
    for place in (0x400..0x1000).step_by(61).chain((profile..profile + parts.signed.len()).step_by(7)) {
        let mut changed = program.clone();
        changed[place] ^= 1;
        set_checksum(&mut changed).unwrap();
        assert!(carried(&changed).is_err(), "byte {place}");
        assert_eq!(signature::of(&changed), Err(SignatureError::OtherFile), "byte {place}");
    }
    // Of the signature, what is not the certificate of somebody else holds together: cut or changed at its end, it is none.
    for cut in [8, 64, 500] {
        let mut shorter = program[..program.len() - cut].to_vec();
        let length = (shorter.len() - table) as u32;
        shorter[ENTRY + 4..ENTRY + 8].copy_from_slice(&length.to_le_bytes());
        assert!(signature::of(&shorter).is_err(), "{cut} bytes less");
    }
}

/// How many changed signatures are looked at.
fn mutations() -> u32 {
    std::env::var("AMPARO_SIGNATURE_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(50_000)
}

#[test]
fn mutated_code_signatures_are_read_or_refused_and_nothing_worse() {
    let desk = Throwaway::new();
    let file = desk.pkcs12("ec", |_| {});
    let [input, output] = ["in.exe", "out.exe"].map(|name| desk.path(name));
    fs::write(&input, pe_of(0x200)).unwrap();
    let mut sign = Command::new("osslsigncode");
    sign.args(["sign", "-pkcs12"]).arg(file).arg("-readpass").arg(desk.password()).args(["-h", "sha256", "-in"]);
    done(sign.arg(input).arg("-out").arg(output.clone()));
    let program = fs::read(output).unwrap();
    let by = signature::of(&program).unwrap().unwrap();
    let (table, entry) = (table(&program), |bytes: &mut Vec<u8>, table: usize| {
        let length = (bytes.len() - table) as u32;
        bytes[ENTRY + 4..ENTRY + 8].copy_from_slice(&length.to_le_bytes());
    });
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 16) as usize % below
    };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..mutations() {
        let mut changed = program.clone();
        for _ in 0..=random(3) {
            let place = table + random(changed.len() - table);
            match random(5) {
                0 => changed[place] ^= 1 << random(8),
                1 => changed[place] = [0, 1, 0x30, 0x31, 0x7f, 0x80, 0x84, 0xa0, 0xff][random(9)],
                2 => changed[place] = changed[place].wrapping_add(1),
                3 => _ = changed.remove(place),
                _ => changed.insert(place, random(256) as u8),
            }
            if changed.len() <= table + 8 {
                break;
            }
        }
        entry(&mut changed, table);
        match signature::of(&changed) {
            Ok(Some(_)) => read += 1,
            Ok(None) => panic!("there is one, whatever it is"),
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
        // And of another file it is none, whatever becomes of it.
        changed[0x400] ^= 1;
        assert!(signature::of(&changed).is_err());
    }
    println!("{read} of {} were read, {refused} refused", read + refused);
    assert!(refused > read, "{read} were read");
    assert_eq!(signature::of(&program), Ok(Some(by)));
}

#[test]
fn whatever_signs_nothing_is_taken_but_the_program_with_a_signature_that_holds() {
    let (desk, parts) = (Throwaway::new(), Parts::new());
    let program = attach(&pe(), &brand(&parts)).unwrap();
    let ours = desk.signer(desk.pkcs12("ec", |_| {}));
    // Others that are signed well: of another profile by the same key, and of another company.
    let other = {
        let mut contents = programs::profile().into_contents();
        contents.title = "Another".into();
        let profile = bundle::Profile::new(contents).unwrap();
        let key = SigningKey::from_pkcs8(&parts.key.to_pkcs8()).unwrap();
        let signed = bundle::sign(&profile, &key);
        Parts { profile, key, signed, picture: Parts::new().picture }
    };
    for (name, parts) in [("other-profile", &other), ("other-company", &Parts::new())] {
        let (bytes, _) = signed(&ours, parts, &attach(&pe(), &brand(parts)).unwrap()).unwrap();
        fs::write(desk.path(name), bytes).unwrap();
    }
    // A signature of another file, one that was changed, and what is none, where one belongs.
    let foreign = fs::read(desk.path("other-profile")).unwrap();
    let foreign = foreign[table(&foreign)..].to_vec();
    let (whole, _) = signed(&ours, &parts, &program).unwrap();
    let mut wrong = whole[table(&whole)..].to_vec();
    let last = wrong.iter().rposition(|byte| *byte != 0).unwrap();
    wrong[last - 4] ^= 1;
    let garbage = [&24_u32.to_le_bytes()[..], &[0, 2, 2, 0], &[0x30; 16]].concat();
    let endless = [&24_u32.to_le_bytes()[..], &[0, 2, 2, 0], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0; 10]].concat();
    let old_kind = [&24_u32.to_le_bytes()[..], &[0, 1, 2, 0], &[0x30; 16]].concat();
    for (name, table) in
        [("foreign", foreign), ("wrong", wrong), ("garbage", garbage), ("endless", endless), ("old-kind", old_kind)]
    {
        let mut bytes = program.clone();
        bytes[ENTRY..ENTRY + 4].copy_from_slice(&(program.len() as u32).to_le_bytes());
        bytes[ENTRY + 4..ENTRY + 8].copy_from_slice(&(table.len() as u32).to_le_bytes());
        bytes.extend(table);
        fs::write(desk.path(name), bytes).unwrap();
    }
    let resign =
        format!("osslsigncode sign -pkcs12 $3/ec.p12 -readpass {} -in $3/x -out $2", desk.password().display());
    for (name, lines, kind, says) in [
        ("gives-it-back", "cp $1 $2", Unsigned::NotTrue, "no signature in it"),
        ("gives-half", "head -c 1000 $1 > $2", Unsigned::NotTrue, "not the program"),
        ("gives-nothing", "true", Unsigned::NotTrue, "left no program"),
        ("gives-an-empty-file", ": > $2", Unsigned::NotTrue, "not the program"),
        ("gives-a-pipe", "mkfifo $2", Unsigned::NotTrue, "no plain file"),
        ("gives-what-has-no-end", "ln -s /dev/zero $2", Unsigned::NotTrue, "no plain file"),
        ("gives-too-much", "truncate -s 300M $2", Unsigned::NotTrue, "bytes"),
        ("gives-a-folder", "mkdir $2", Unsigned::NotTrue, "no plain file"),
        ("gives-the-template", "head -c 70000 /dev/urandom > $2", Unsigned::NotTrue, "not the program"),
        ("another-profile", "cp $3/other-profile $2", Unsigned::NotTrue, "reads back as something else"),
        ("another-company", "cp $3/other-company $2", Unsigned::NotTrue, "reads back as something else"),
        ("foreign", "cp $3/foreign $2", Unsigned::NotTrue, "of another file"),
        ("wrong", "cp $3/wrong $2", Unsigned::NotTrue, "does not hold"),
        ("garbage", "cp $3/garbage $2", Unsigned::NotTrue, "cannot be read"),
        ("endless", "cp $3/endless $2", Unsigned::NotTrue, "cannot be read"),
        ("old-kind", "cp $3/old-kind $2", Unsigned::NotTrue, "of another kind"),
        (
            "changes-the-profile-and-signs",
            &format!("LC_ALL=C sed s/Varanda/Varando/g $1 > $3/x; {resign}"),
            Unsigned::NotTrue,
            "seal does not hold",
        ),
        ("refuses", "echo no such token >&2; exit 3", Unsigned::Refused, "no such token"),
        ("dies", "cp $1 $2; kill -9 $$", Unsigned::Refused, "signal"),
    ] {
        let signer = Signer::command(&desk.command(name, lines)).unwrap();
        let error = signed(&signer, &parts, &program).expect_err(name);
        assert_eq!(error.why(), kind, "{name}: {}", told(&error));
        assert!(told(&error).contains(says), "{name}: {}", told(&error));
    }
    let nobody = Signer::command("/nowhere/sign {in} {out}").unwrap();
    assert_eq!(signed(&nobody, &parts, &program).unwrap_err().why(), Unsigned::NotStarted);
    // One that signs, whatever else it says and leaves running behind it.
    let resign = resign.replace("$3/x", "$1");
    let chatty = desk.command("chatty", &format!("sleep 20 & yes | head -c 100000; {resign}"));
    let began = Instant::now();
    signed(&Signer::command(&chatty).unwrap(), &parts, &program).unwrap();
    assert!(began.elapsed() < Duration::from_secs(15), "what it leaves running is not waited for");
}

#[test]
fn what_does_not_come_to_an_end_is_ended_with_all_that_it_has_started() {
    let (desk, parts) = (Throwaway::new(), Parts::new());
    let program = attach(&pe(), &brand(&parts)).unwrap();
    let hangs = desk.command("hangs", "sleep 600 & echo $! > $3/child; trap '' TERM; wait; sleep 600");
    let hangs = Signer::command(&hangs).unwrap();
    let gone = || {
        let child = fs::read_to_string(desk.path("child")).unwrap();
        fs::remove_file(desk.path("child")).unwrap();
        let state = || fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        let began = Instant::now();
        // One that was ended may still be waited for by whoever inherits it.
        while !state().is_empty() && !state().contains(") Z") {
            assert!(began.elapsed() < Duration::from_secs(10), "{} goes on", state());
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let limit = Duration::from_millis(600);
    let error = hangs.sign(&program, &brand(&parts), &Patience::of(limit)).unwrap_err();
    assert_eq!(error.why(), Unsigned::Hung, "{}", told(&error));
    gone();
    // Somebody does not want it any more.
    let child = desk.path("child");
    let wanted = || !fs::read_to_string(&child).is_ok_and(|number| number.ends_with('\n'));
    let patience = Patience { limit: Duration::from_secs(60), go_on: &wanted };
    assert_eq!(hangs.sign(&program, &brand(&parts), &patience).unwrap_err().why(), Unsigned::Stopped);
    gone();
    let talks = Signer::command(&desk.command("talks", "yes")).unwrap();
    assert_eq!(signed(&talks, &parts, &program).unwrap_err().why(), Unsigned::Hung, "and fills no disk");
}

#[test]
fn a_certificate_that_windows_would_not_take_signs_nothing_and_it_is_said_why() {
    let (desk, parts) = (Throwaway::new(), Parts::new());
    let program = attach(&pe(), &brand(&parts)).unwrap();
    let cases = [
        ("expired", desk.pkcs12("expired", |of| of.not_after = date_time_ymd(2024, 5, 1)), "its time is over"),
        ("early", desk.pkcs12("early", |of| of.not_before = date_time_ymd(2090, 5, 1)), "has not begun"),
        (
            "web",
            desk.pkcs12("web", |of| of.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
            "not for signing programs",
        ),
    ];
    for (name, file, says) in cases {
        let error = signed(&desk.signer(file), &parts, &program).expect_err(name);
        assert_eq!(error.why(), Unsigned::Certificate, "{name}");
        assert!(told(&error).contains(says) && told(&error).contains(PUBLISHER), "{name}: {}", told(&error));
    }
}

#[test]
fn a_key_that_cannot_be_read_or_opened_signs_nothing_and_no_password_is_told() {
    let (desk, parts) = (Throwaway::new(), Parts::new());
    let program = attach(&pe(), &brand(&parts)).unwrap();
    let file = desk.pkcs12("ec", |_| {});
    for missing in [desk.path("missing"), desk.folder.path().to_owned()] {
        let error = signed(&desk.signer(missing.clone()), &parts, &program).unwrap_err();
        assert_eq!(error.why(), Unsigned::Unreadable, "{}", told(&error));
        let signer = Signer::Pkcs12 { file: file.clone(), password: Some(missing), timestamp: None };
        assert_eq!(signed(&signer, &parts, &program).unwrap_err().why(), Unsigned::Unreadable);
    }
    fs::write(desk.path("other"), "another-password").unwrap();
    let signer = Signer::Pkcs12 { file, password: Some(desk.path("other")), timestamp: None };
    let error = signed(&signer, &parts, &program).unwrap_err();
    assert_eq!(error.why(), Unsigned::Refused);
    assert!(!told(&error).contains("another-password") && !format!("{signer:?}{error:?}").contains("another-password"));
    fs::write(desk.path("empty.p12"), "").unwrap();
    assert_eq!(signed(&desk.signer(desk.path("empty.p12")), &parts, &program).unwrap_err().why(), Unsigned::Refused);
}

#[test]
fn of_two_ways_to_sign_or_half_of_one_none_is_taken() {
    let path = |name: &str| Some(name.into());
    let text = |text: &str| Some(text.to_owned());
    let with = || Options::default();
    assert!(with().signer().unwrap().is_none());
    for (what, wrong) in [
        ("two", Options { pkcs12: path("a"), command: text("a {in} {out}"), ..with() }),
        ("two", Options { pkcs12: path("a"), pkcs11_module: path("b"), ..with() }),
        ("no key", Options { pkcs11_module: path("b"), certificate: path("c"), ..with() }),
        ("no certificate", Options { pkcs11_module: path("b"), pkcs11_key: text("pkcs11:object=a"), ..with() }),
        ("no URI", Options { pkcs11_module: path("b"), pkcs11_key: text("a"), certificate: path("c"), ..with() }),
        (
            "the PIN for all to see",
            Options {
                pkcs11_module: path("b"),
                pkcs11_key: text("pkcs11:object=a?Pin-Value=1234"),
                certificate: path("c"),
                ..with()
            },
        ),
        ("a password for nothing", Options { password: path("a"), ..with() }),
        ("no places", Options { command: text("sign --token=hush"), ..with() }),
        ("nothing", Options { command: text("  "), ..with() }),
    ] {
        let error = wrong.signer().map(|_| ()).expect_err(what);
        assert!(!format!("{error:#}").contains("hush") && !format!("{error:#}").contains("1234"), "{what}: {error:#}");
    }
    let secret = Signer::command("sign --token=hush {in} {out}").unwrap();
    assert_eq!(format!("{secret:?}"), "sign");
}

/// `amparo-brand` in this folder, with these in front of all other programs.
fn brands(desk: &Throwaway, in_front: &Path, arguments: &[&str]) -> (bool, String) {
    let path = format!("{}:{}", in_front.display(), std::env::var("PATH").unwrap());
    let ended = Command::new(env!("CARGO_BIN_EXE_amparo-brand"))
        .args(["build", "--template", "template.exe", "--profile", "app.profile", "--key", "branding.key"])
        .args(["--out", "suporte.exe"])
        .args(arguments)
        .current_dir(desk.folder.path())
        .env("PATH", path)
        .env("SOFTHSM2_CONF", desk.path("softhsm.conf"))
        .output()
        .unwrap();
    (ended.status.success(), String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned())
}

/// What `amparo-brand build` needs, beside a folder with an `osslsigncode` that notes how it was called.
fn office(desk: &Throwaway, parts: &Parts) -> std::path::PathBuf {
    fs::write(desk.path("template.exe"), pe()).unwrap();
    fs::write(desk.path("app.profile"), &parts.signed).unwrap();
    fs::write(desk.path("branding.key"), parts.key.to_pkcs8()).unwrap();
    let (front, real) = (desk.path("front"), done(Command::new("sh").args(["-c", "command -v osslsigncode"])));
    fs::create_dir(&front).unwrap();
    let noting = format!("#!/bin/sh\necho \"$@\" >> {}\nexec {} \"$@\"\n", desk.path("called").display(), real.trim());
    fs::write(front.join("osslsigncode"), noting).unwrap();
    fs::set_permissions(front.join("osslsigncode"), fs::Permissions::from_mode(0o755)).unwrap();
    front
}

#[test]
fn a_key_on_a_token_signs_and_its_pin_is_on_no_command_line() {
    const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
    let (desk, parts) = (Throwaway::new(), Parts::new());
    let front = office(&desk, &parts);
    desk.pkcs12_rsa("rsa");
    fs::create_dir(desk.path("tokens")).unwrap();
    let tokens = format!("directories.tokendir = {}\nobjectstore.backend = file\n", desk.path("tokens").display());
    fs::write(desk.path("softhsm.conf"), tokens).unwrap();
    let util = || {
        let mut util = Command::new("softhsm2-util");
        util.env("SOFTHSM2_CONF", desk.path("softhsm.conf"));
        util
    };
    done(util().args(["--init-token", "--free", "--label", "office", "--so-pin", "so-pin-here", "--pin", PASSWORD]));
    let import = ["--token", "office", "--label", "code", "--id", "01", "--pin", PASSWORD];
    done(util().arg("--import").arg(desk.path("rsa.key")).args(import));
    desk.password();
    let key = "pkcs11:token=office;object=code";
    let token = ["--pkcs11-module", MODULE, "--pkcs11-key", key, "--certificate", "rsa.pem", "--pkcs11-pin"];
    let (well, said) = brands(&desk, &front, &[&token[..], &["password"]].concat());
    assert!(well && said.contains(PUBLISHER), "{said}");
    let program = fs::read(desk.path("suporte.exe")).unwrap();
    desk.verify("rsa.pem", &program);
    assert!(matches!(carried(&program), Ok(Some(Carried::Profile(..)))));
    let called = fs::read_to_string(desk.path("called")).unwrap();
    assert!(called.contains(key) && !called.contains(PASSWORD), "{called}");

    fs::write(desk.path("wrong"), "another-pin").unwrap();
    let (well, said) = brands(&desk, &front, &[&token[..], &["wrong"]].concat());
    assert!(!well && !said.contains("another-pin"), "{said}");
    let (well, said) = brands(&desk, &front, &["--pkcs12", "rsa.p12", "--pkcs12-password", "password"]);
    assert!(well, "{said}");
    assert!(!fs::read_to_string(desk.path("called")).unwrap().contains(PASSWORD));
}

#[test]
fn what_a_signer_says_is_told_without_the_password() {
    let (desk, parts) = (Throwaway::new(), Parts::new());
    let front = office(&desk, &parts);
    desk.pkcs12("ec", |_| {});
    let tells = format!("#!/bin/sh\necho the password {PASSWORD} is wrong\nexit 1\n");
    fs::write(front.join("osslsigncode"), tells).unwrap();
    let (well, said) = brands(&desk, &front, &["--pkcs12", "ec.p12", "--pkcs12-password", "password"]);
    assert!(!well && said.contains("is wrong") && !said.contains(PASSWORD), "{said}");
    assert!(!desk.path("suporte.exe").exists());
}

#[test]
fn a_program_updates_from_signed_to_unsigned_and_back_and_only_to_the_released_one() {
    let (desk, parts) = (Throwaway::new(), Parts::new());
    let mut template = pe();
    let at = template.len() - 100;
    let mark = version::mark("0.2.0");
    template[at..at + mark.len()].copy_from_slice(&mark);
    let (released, version) = Program::of(&template).unwrap();
    let unsigned = attach(&template, &brand(&parts)).unwrap();
    let of = |name: &str, program: &[u8]| signed(&desk.signer(desk.pkcs12(name, |_| {})), &parts, program).unwrap().0;
    let (first, renewed) = (of("first", &unsigned), of("renewed", &unsigned));
    let own = |program: &[u8]| carried(program).unwrap().unwrap();
    for (from_name, from) in [("unsigned", &unsigned), ("signed", &first)] {
        for (to_name, to) in [("unsigned", &unsigned), ("signed", &first), ("signed anew", &renewed)] {
            released.check(to, version, &own(from)).unwrap_or_else(|error| panic!("{from_name} to {to_name}: {error}"));
        }
    }
    // A signature makes nothing good that is not: neither another code, nor another brand.
    let mut code = template.clone();
    code[0x500] ^= 1;
    let code = of("first", &attach(&code, &brand(&parts)).unwrap());
    assert!(matches!(released.check(&code, version, &own(&first)), Err(Refused::OtherCode)));
    let others = Parts::new();
    let other = attach(&template, &brand(&others)).unwrap();
    let (other, _) = signed(&desk.signer(desk.path("first.p12")), &others, &other).unwrap();
    assert!(matches!(released.check(&other, version, &own(&first)), Err(Refused::OtherBrand)));
    let mut profile = first.clone();
    let place = profile.windows(parts.signed.len()).position(|bytes| bytes == parts.signed).unwrap();
    profile[place + parts.signed.len() / 2] ^= 1;
    set_checksum(&mut profile).unwrap();
    assert!(matches!(released.check(&profile, version, &own(&first)), Err(Refused::Brand(_))));
}
