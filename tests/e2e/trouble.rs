//! What bad things get: a clear text for the person, and a session that is on its ticket once or not at all.

use std::net::UdpSocket;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::automation::Page;
use harness::program::built;
use harness::story::{self, Credentials, Ticket};
use harness::wait;
use harness::world::{ANA_LOGIN, Computer, MAIN, VIEWER, World};

/// A customer who waits and an attendant at home.
fn both(world: &World, password: &str) -> Result<(Computer, Computer, Credentials)> {
    let customer = world.customer()?;
    let attendant = world.attendant()?;
    let credentials = story::register(&customer)?;
    story::log_in(&attendant, ANA_LOGIN, password)?;
    Ok((customer, attendant, credentials))
}

/// Walks from home to the password and gives this one.
fn try_password(attendant: &Computer, id: &str, password: &str) -> Result<()> {
    story::connect(attendant, id)?;
    story::choose_ticket(attendant, Ticket::New)?;
    story::give_password(attendant, password)
}

/// Waits until some page tells this trouble.
fn wait_trouble(attendant: &Computer, trouble: &str) -> Result<Page> {
    let mut last = None;
    let found = wait::until(&format!("the trouble {trouble}"), wait::PATIENCE * 3, || {
        let page = attendant.screen().page()?;
        let there = page.trouble().as_deref() == Some(trouble);
        last = Some(page.clone());
        Ok(there.then_some(page))
    });
    found.with_context(|| format!("the program shows {last:?}"))
}

fn bar_reconnecting(customer: &Computer) -> Result<bool> {
    Ok(!customer.screen().page()?.all["session_bar"]["reconnecting"].is_null())
}

#[test]
fn while_the_relay_is_not_reachable_the_window_says_so_and_recovers_by_itself() -> Result<()> {
    let world = World::new()?;
    let mut customer = world.computer("customer", (1280, 800))?;
    customer.plug_in(&world.relay)?;
    customer.network()?.cut();
    customer.start_program(&[])?;
    // The fields come first; the contact is missed when they are sent at the latest.
    let page = wait::until("the first page", wait::PATIENCE, || Ok(Some(customer.screen().page()?)))?;
    if page.name == "fields" {
        let away = wait::until("no contact to be noticed", wait::PATIENCE, || {
            let page = customer.screen().page()?;
            Ok((page.name != "fields" || page.view["busy"] == false).then_some(page))
        })?;
        ensure!(away.name == "fields" || away.name == "unreachable", "the program shows {}", away.name);
    }
    let unreachable = customer.screen().wait_page("unreachable").or_else(|_| {
        fill_fields_offline(&customer)?;
        customer.screen().wait_page("unreachable")
    })?;
    ensure!(!unreachable.view["retry_after"].is_null());
    customer.network()?.mend();
    wait::until_true("the program to be back in contact", wait::PATIENCE, || {
        Ok(customer.screen().page()?.name != "unreachable")
    })
}

fn fill_fields_offline(customer: &Computer) -> Result<()> {
    customer.fill("Nome", "Cida Nogueira")?;
    customer.click(MAIN, "Continuar")
}

#[test]
fn unknown_id_and_wrong_password_get_one_text() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    let unknown = if credentials.id.starts_with('9') { "123 456 789" } else { "987 654 321" };

    // Wherever the program asks first, the answer is the same.
    story::dial(&attendant, unknown)?;
    let next = wait::until("the program to go on", wait::PATIENCE, || {
        let page = attendant.screen().page()?;
        Ok((page.name != "home" || page.trouble().is_some()).then_some(page))
    })?;
    if next.name == "ticket-step" {
        story::choose_ticket(&attendant, Ticket::New)
            .or_else(|_| attendant.screen().page().and_then(|p| p.trouble().context("no trouble").map(drop)))?;
        if attendant.screen().page()?.name == "partner-password" {
            story::give_password(&attendant, "K7QF-2M9X")?;
        }
    }
    wait_trouble(&attendant, "CannotEnter")?;
    go_home(&attendant)?;

    try_password(&attendant, &credentials.id, wrong(&credentials.password))?;
    wait_trouble(&attendant, "CannotEnter")?;
    let page = customer.screen().page()?;
    ensure!(page.name == "waiting", "the customer still waits");
    world.check_tickets().map(|started| assert_eq!(started, 0))
}

/// A password of the right shape that is not this one.
fn wrong(password: &str) -> &'static str {
    if password == "AAAA-AAAA" { "BBBB-BBBB" } else { "AAAA-AAAA" }
}

/// Back to the attendant's home from wherever it is.
fn go_home(attendant: &Computer) -> Result<()> {
    wait::until_true("the attendant's home", wait::PATIENCE, || {
        if attendant.screen().page()?.name == "home" {
            return Ok(true);
        }
        attendant.hands.press("Escape")?;
        Ok(false)
    })
}

#[test]
fn five_wrong_passwords_are_shown_to_the_customer_and_renew_the_password() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    for attempt in 1..=5 {
        let page = attendant.screen().page()?;
        if page.name == "partner-password" {
            story::give_password(&attendant, wrong(&credentials.password))?;
        } else {
            go_home(&attendant)?;
            try_password(&attendant, &credentials.id, wrong(&credentials.password))?;
        }
        wait::until_true(&format!("the customer to be told of wrong password {attempt}"), wait::PATIENCE, || {
            let page = customer.screen().page()?;
            let notice = &page.all["notice"];
            let told = notice["WrongPassword"]["tries"].as_u64() >= Some(attempt) || notice == "PasswordRenewed";
            Ok(told || page.text("password") != credentials.password)
        })?;
        wait_trouble(&attendant, "CannotEnter")?;
    }
    wait::until_true("another password", wait::PATIENCE, || {
        let page = customer.screen().page()?;
        Ok(page.name == "waiting" && !page.text("password").is_empty() && page.text("password") != credentials.password)
    })?;
    world.check_tickets().map(|started| assert_eq!(started, 0))
}

#[test]
fn a_customer_who_says_no_shares_nothing_and_is_on_no_ticket() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    try_password(&attendant, &credentials.id, &credentials.password)?;
    story::refuse(&customer)?;
    let page = wait_trouble(&attendant, "Refused")?;
    ensure!(page.all["viewer"].is_null(), "no viewer opens");
    story::waiting(&customer)?;
    world.check_tickets().map(|started| assert_eq!(started, 0))
}

#[test]
fn enter_and_escape_refuse_and_allow_cannot_be_pressed_before_it_is_armed() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    try_password(&attendant, &credentials.id, &credentials.password)?;
    customer.screen().wait_page("consent")?;
    customer.hands.press("Return")?;
    wait_trouble(&attendant, "Refused")?;
    story::waiting(&customer)?;
    world.check_tickets().map(|started| assert_eq!(started, 0))
}

#[test]
fn a_question_nobody_answers_is_a_no_after_a_minute() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    try_password(&attendant, &credentials.id, &credentials.password)?;
    customer.screen().wait_page("consent")?;
    wait_trouble(&attendant, "NoAnswer")?;
    story::waiting(&customer)?;
    world.check_tickets().map(|started| assert_eq!(started, 0))
}

#[test]
fn when_the_customers_program_is_killed_the_session_ends_on_the_ticket() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (mut customer, attendant, credentials) = both(&world, &password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    customer.program()?.kill()?;
    wait_ended(&attendant)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

#[test]
fn when_the_attendants_program_is_killed_the_customer_gets_a_receipt() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, mut attendant, credentials) = both(&world, &password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    attendant.program()?.kill()?;
    wait_receipt(&customer)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

/// A lost session ends after its 30 seconds; a slow machine gets more.
fn wait_ended(attendant: &Computer) -> Result<Page> {
    wait::until("the attendant to see the end", wait::PATIENCE * 2, || {
        let page = attendant.screen().page()?;
        Ok((page.name == "ended" && page.all["viewer"].is_null()).then_some(page))
    })
}

fn wait_receipt(customer: &Computer) -> Result<Page> {
    wait::until("the customer to get a receipt", wait::PATIENCE * 2, || {
        let page = customer.screen().page()?;
        Ok((page.name == "receipt" && page.all["session_bar"].is_null()).then_some(page))
    })
}

#[test]
fn a_network_cut_in_a_session_resumes_without_a_new_question() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;

    customer.network()?.cut();
    wait::until_true("the bar to tell of the lost contact", wait::PATIENCE, || bar_reconnecting(&customer))?;
    wait::until_true("the viewer to tell of it", wait::PATIENCE, || {
        Ok(!attendant.screen().page()?.all["viewer"]["reconnecting"].is_null())
    })?;
    customer.network()?.change_address();
    customer.network()?.mend();
    wait::until_true("contact again", wait::PATIENCE, || {
        let (there, here) = (customer.screen().page()?, attendant.screen().page()?);
        ensure!(there.name != "consent", "the customer was asked again");
        let bar = &there.all["session_bar"];
        let viewer = &here.all["viewer"];
        Ok(!bar.is_null() && bar["reconnecting"].is_null() && !viewer.is_null() && viewer["reconnecting"].is_null())
    })?;
    story::end_by_attendant(&customer, &attendant)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

#[test]
fn a_network_cut_for_good_ends_the_session_visibly_on_both_sides() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    customer.network()?.cut();
    wait_receipt(&customer)?;
    wait_ended(&attendant)?;
    // What the customer's program has to report comes when the network is back.
    customer.network()?.mend();
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

#[test]
fn a_change_of_address_is_not_noticed() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    customer.network()?.change_address();
    attendant.network()?.change_address();
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    customer.network()?.change_address();
    attendant.network()?.change_address();
    let bar = &customer.screen().page()?.all["session_bar"];
    ensure!(!bar.is_null() && bar["reconnecting"].is_null(), "the session goes on: {bar}");
    story::end_by_customer(&customer, &attendant)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

#[test]
fn a_ticket_number_that_does_not_exist_is_said_and_another_can_be_chosen() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    story::connect(&attendant, &credentials.id)?;
    story::look_up(&attendant, "48211")?;
    attendant.screen().wait_page_where("ticket-step", "to say that there is none", |page| {
        page.view["lookup"]["NotFound"]["number"] == "48211"
    })?;
    story::choose_ticket(&attendant, Ticket::New)?;
    story::give_password(&attendant, &credentials.password)?;
    story::allow(&customer)?;
    story::picture_seen(&attendant)?;
    story::end_by_attendant(&customer, &attendant)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

#[test]
fn of_two_attendants_for_one_customer_the_second_is_told() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    let other_password = world.relay.add_user("bruno@varanda.example", "Bruno Castro", "attendant")?;
    let mut other = world.computer("other", (1440, 1000))?;
    other.plug_in(&world.relay)?;
    other.start_program(&[])?;
    story::log_in(&other, "bruno@varanda.example", &other_password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;

    story::dial(&other, &credentials.id)?;
    let page = wait::until("the second attendant to go on or be told", wait::PATIENCE, || {
        let page = other.screen().page()?;
        Ok((page.name != "home" || page.trouble().is_some()).then_some(page))
    })?;
    if page.trouble().is_none() {
        story::choose_ticket(&other, Ticket::New).or_else(|_| wait_trouble(&other, "PartnerBusy").map(drop))?;
        if other.screen().page()?.name == "partner-password" && other.screen().page()?.trouble().is_none() {
            story::give_password(&other, &credentials.password)?;
        }
    }
    wait_trouble(&other, "PartnerBusy")?;
    ensure!(!attendant.screen().page()?.all["viewer"].is_null(), "the first one's session goes on");
    story::end_by_attendant(&customer, &attendant)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

#[test]
fn a_damaged_profile_is_refused_and_said() -> Result<()> {
    let world = World::new()?;
    let mut customer = world.computer("customer", (1280, 800))?;
    customer.plug_in(&world.relay)?;
    let mut profile = std::fs::read(customer.profile())?;
    let middle = profile.len() / 2;
    profile[middle] ^= 1;
    std::fs::write(customer.profile(), profile)?;
    customer.start_program(&[])?;
    customer.screen().wait_page("profile-altered")?;
    assert_eq!(customer.network()?.bytes(), 0, "nothing was sent to anybody");
    Ok(())
}

#[test]
fn a_screen_that_changes_its_size_is_shown_at_its_new_size() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (mut customer, attendant, credentials) = both(&world, &password)?;
    let folder = customer.folder().to_owned();
    let window = customer.display.terminal("Terminal", "60x10+200+200", &folder)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    for (width, height) in [(1024, 768), (1280, 800)] {
        customer.display.resize(width, height)?;
        // At its real size the picture is in the middle: another screen is at another place, and it is there once the viewer has it.
        let place = customer.display.place_of(window)?;
        harness::lens::Lens::wait_same_anywhere(&customer, &attendant, place)?;
    }
    story::end_by_attendant(&customer, &attendant)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

#[test]
fn a_display_that_goes_away_ends_the_session_on_the_ticket() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (mut customer, attendant, credentials) = both(&world, &password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    customer.display.unplug()?;
    wait_ended(&attendant)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

#[test]
fn a_port_in_use_is_named_and_the_relay_does_not_start() -> Result<()> {
    let world = World::new()?;
    let listen = format!("127.0.0.1:{}", world.relay.port);
    let data = world.folder.path().join("another");
    let output =
        Command::new(built("amparo-relay")?).args(["serve", "--listen", &listen, "--data"]).arg(&data).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    ensure!(said.contains(&world.relay.port.to_string()), "the port is named: {said}");
    Ok(())
}

#[test]
fn garbage_on_the_port_disturbs_nobody() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;

    let socket = UdpSocket::bind("127.0.0.1:0")?;
    for n in 0..4000u32 {
        let length = (n * 37 % 1400 + 1) as usize;
        let packet: Vec<u8> =
            (0..length).map(|i| (i as u32).wrapping_mul(2_654_435_761).wrapping_add(n).to_le_bytes()[2]).collect();
        socket.send_to(&packet, world.relay.address())?;
    }
    for junk in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0u8; 65536][..], &b"\x16\x03\x01\xff\xff"[..]] {
        use std::io::Write as _;
        let mut stream = std::net::TcpStream::connect(world.relay.address())?;
        // The relay may hang up in the middle: that is its right.
        let _hung_up = stream.write_all(junk);
    }

    let viewer = attendant.screen().page()?;
    ensure!(viewer.all["viewer"]["reconnecting"].is_null(), "the session was disturbed");
    attendant.click(VIEWER, "Encerrar")?;
    story::ended(&customer, &attendant)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

#[test]
fn a_slow_and_lossy_network_still_carries_a_session() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    for network in [customer.network()?, attendant.network()?] {
        network.delay(Duration::from_millis(40));
        network.lose(30);
    }
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    story::end_by_customer(&customer, &attendant)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}

/// Threads of a program that look at the screen or move the mouse.
fn sharing(pid: u32) -> Result<usize> {
    let mut sharing = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread that ends while they are listed is not sharing.
        let name = std::fs::read_to_string(task?.path().join("comm")).unwrap_or_default();
        sharing += usize::from(matches!(name.trim(), "screen" | "input"));
    }
    Ok(sharing)
}

#[test]
fn the_end_key_stops_screen_and_input_within_200_ms_with_the_network_dead() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let (mut customer, attendant, credentials) = both(&world, &password)?;
    let pid = customer.program()?.pid();
    ensure!(sharing(pid)? == 0, "nothing is shared before a session");
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    ensure!(sharing(pid)? == 2, "screen and input have a thread each");

    customer.network()?.cut();
    let pressed = Instant::now();
    customer.hands.press("ctrl+shift+F12")?;
    while sharing(pid)? > 0 {
        ensure!(pressed.elapsed() < Duration::from_secs(5), "the end key does not end it");
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = pressed.elapsed();
    println!("from the key to the end of screen and input: {took:?}");
    ensure!(took < Duration::from_millis(200), "{took:?}");
    wait_receipt(&customer)?;

    // The alarm after the end waits for contact, and arrives.
    customer.click(MAIN, "Algo pareceu errado?")?;
    customer.click(MAIN, "Avisar a empresa")?;
    customer.screen().wait_page_where("receipt", "with the alarm on its way", |p| p.view["alarm"] == "Sending")?;
    customer.network()?.mend();
    customer.screen().wait_page_where("receipt", "with the alarm delivered", |p| p.view["alarm"] == "Sent")?;
    wait_ended(&attendant)?;
    world.check_tickets().map(|started| assert_eq!(started, 1))
}
