//! The attendant's login in the program, with a second factor.

use amparo_relay::account::Operator;
use protocol::{
    message::{
        FromRelay, ShownText, ToRelay,
        directory::{LoggedIn, Login, LoginError, LoginWithCode},
        hello::Hello,
    },
    version::VersionRange,
};
use store::TokenHash;

use crate::world::{PASSWORD, Program, World};

/// Ana's recovery codes: codes that need no clock.
async fn codes(world: &World) -> Vec<String> {
    let shared = &world.relay().shared;
    let ana = shared.store.operator_by_login(world.tenant, "ana").await.unwrap().unwrap();
    let ana = Operator::from(ana);
    shared
        .store
        .add_second_factor(world.tenant, ana.id, b"never opened", 0, &[TokenHash::of(b"x")], at())
        .await
        .unwrap();
    shared.accounts.new_recovery_codes(&ana).await.unwrap().iter().map(|code| code.to_string()).collect()
}

fn at() -> jiff::Timestamp {
    jiff::Timestamp::UNIX_EPOCH
}

fn login(password: &str) -> Login {
    Login { user: "ana".to_owned(), password: password.to_owned() }
}

async fn answer(program: &mut Program, said: ToRelay) -> Result<LoggedIn, LoginError> {
    program.say(said).await;
    program
        .hear_that(|m| match m {
            FromRelay::LoggedIn(logged_in) => Some(Ok(logged_in)),
            FromRelay::LoginFailed(why) => Some(Err(why)),
            _ => None,
        })
        .await
}

fn with(password: &str, code: &str) -> ToRelay {
    ToRelay::LoginWithCode(LoginWithCode { login: login(password), code: code.to_owned() })
}

#[tokio::test]
async fn a_program_asks_for_a_code_after_a_right_password_and_a_code_opens_once() {
    let world = World::new().await;
    let codes = codes(&world).await;
    let mut program = world.program().await;
    assert_eq!(answer(&mut program, ToRelay::Login(login("errada errada"))).await, Err(LoginError::Wrong));
    assert_eq!(answer(&mut program, ToRelay::Login(login(PASSWORD))).await, Err(LoginError::CodeNeeded));
    assert_eq!(answer(&mut program, with("errada errada", &codes[0])).await, Err(LoginError::Wrong));
    assert_eq!(answer(&mut program, with(PASSWORD, "12345")).await, Err(LoginError::Wrong));
    let logged_in = answer(&mut program, with(PASSWORD, &codes[0])).await.unwrap();
    assert_eq!(answer(&mut program, with(PASSWORD, &codes[0])).await, Err(LoginError::Wrong), "used");
    // The token it got stands for both steps.
    let mut again = world.program().await;
    again.login_again(logged_in.token).await;
}

#[tokio::test]
async fn a_program_that_does_not_know_of_codes_is_not_let_in_by_the_password_alone() {
    let world = World::new().await;
    codes(&world).await;
    let mut old = world.connect().await;
    let versions = VersionRange { oldest: 1, newest: 2 };
    old.say(ToRelay::Hello(Hello { versions, tenant: world.tenant, program: ShownText::lossy("0.0.9") })).await;
    old.hear_that(|m| matches!(m, FromRelay::Welcome(_)).then_some(())).await;
    assert_eq!(answer(&mut old, ToRelay::Login(login(PASSWORD))).await, Err(LoginError::Wrong));
}

#[tokio::test]
async fn where_the_company_requires_it_nobody_attends_without_it() {
    let world = World::new().await;
    world.relay().shared.store.require_second_factor(world.tenant, true).await.unwrap();
    let mut program = world.program().await;
    assert_eq!(answer(&mut program, ToRelay::Login(login(PASSWORD))).await, Err(LoginError::FactorMissing));
    assert_eq!(answer(&mut program, with(PASSWORD, "123456")).await, Err(LoginError::FactorMissing));
    assert_eq!(answer(&mut program, ToRelay::Login(login("errada errada"))).await, Err(LoginError::Wrong));
    let codes = codes(&world).await;
    answer(&mut program, with(PASSWORD, &codes[0])).await.unwrap();
}
