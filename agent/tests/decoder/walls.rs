//! What the process may do: every forbidden call, really made behind the walls, ends it.

use std::{collections::BTreeMap, os::unix::process::ExitStatusExt as _};

use media::decoder::{Lost, Step, probe, sandbox};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use super::*;

#[test]
fn every_forbidden_call_ends_the_process_before_it_is_ready() {
    let probed = |name: &str| {
        let mut program = program();
        program.arguments.extend(["--probe".to_owned(), name.to_owned()]);
        Decoder::start(program, Arc::new(|| {}))
    };
    assert!(probed(probe::ALLOWED).is_ok(), "it is the call that ends it, nothing else");
    for name in probe::ALL {
        match probed(name) {
            Err(Error::Start(Lost::Ended(Some(status)))) => {
                assert_eq!(status.signal(), Some(libc::SIGSYS), "{name}: {status}");
            }
            Err(other) => panic!("{name}: {other:?}"),
            Ok(_) => panic!("{name} was allowed"),
        }
    }
}

#[test]
fn without_the_filter_of_calls_nothing_is_decoded() {
    // A filter of this thread's own, which its children inherit: no further filter may be set.
    let refused = std::thread::spawn(|| {
        let rules = BTreeMap::from([(libc::SYS_seccomp, Vec::new())]);
        let (otherwise, listed) = (SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32));
        let filter = SeccompFilter::new(rules, otherwise, listed, std::env::consts::ARCH.try_into().unwrap()).unwrap();
        seccompiler::apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
        start().err().unwrap()
    });
    let refused = refused.join().unwrap();
    let Error::Start(Lost::Unprotected { step: Step::Calls, errno: libc::EPERM }) = refused else {
        panic!("{refused:?}")
    };
}

#[test]
fn the_running_process_holds_nothing_and_may_gain_nothing() {
    let mut decoder = start().unwrap();
    decoder.apply(&body(&batch(1, vec![resize(640, 480)])), false).unwrap();
    let proc = format!("/proc/{}", decoder.process().unwrap());
    let read = |name: &str| std::fs::read_to_string(format!("{proc}/{name}")).unwrap();
    let status = read("status");
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    assert_eq!(field("NoNewPrivs:"), "1");
    assert_eq!(field("Seccomp:"), "2");
    assert_eq!(field("Threads:"), "1");
    assert_eq!(read("environ"), "");
    assert_eq!(std::fs::read_link(format!("{proc}/cwd")).unwrap(), std::path::Path::new("/"));
    // The socket twice, and nothing where output would go.
    let mut open: Vec<String> = std::fs::read_dir(format!("{proc}/fd"))
        .unwrap()
        .map(|entry| std::fs::read_link(entry.unwrap().path()).unwrap().to_string_lossy().into_owned())
        .map(|name| name.split(':').next().unwrap().to_owned())
        .collect();
    open.sort();
    assert_eq!(open, ["/dev/null", "/dev/null", "socket", "socket"]);
    let limits = read("limits");
    let limit = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let columns: Vec<&str> = line.split_whitespace().collect();
        (columns[0].to_owned(), columns[1].to_owned())
    };
    let both = |value: &str| (value.to_owned(), value.to_owned());
    assert_eq!(limit("Max processes"), both("0"));
    assert_eq!(limit("Max file size"), both("0"));
    assert_eq!(limit("Max core file size"), both("0"));
    assert_eq!(limit("Max open files"), both("8"));
    assert_eq!(limit("Max data size"), both(&sandbox::DATA_BYTES.to_string()));
    assert_ne!(limit("Max address space").1, "unlimited");
}
