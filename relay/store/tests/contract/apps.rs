//! Apps: their people, their codes, and two who change one.

use std::time::Duration;

use jiff::civil::Date;
use protocol::id::AppId;
use store::{App, Availability, Category, Holiday, Hour, Note, Staff, Stamp, StoreError, WrapUp};

use super::{World, at};

pub async fn everything_of_an_app_is_read_back_as_written(w: &World) {
    let store = w.store().await;
    let second = AppId::from_bytes([77; 16]);
    let plain = App::new(second, w.varanda.tenant, "Fiscal", "Varanda Sistemas", "5180", at(1));
    store.add_app(&plain).await.unwrap();
    assert_eq!(store.app(second).await.unwrap(), plain);

    let mut app =
        App {
            name: "Implantação".into(),
            welcome: "Antes de começar".into(),
            staff: Staff {
                everyone: false,
                administrators: vec![w.varanda.admin],
                attendants: vec![w.varanda.ana, w.varanda.admin],
            },
            availability: Availability {
                by_hours: true,
                hours: std::array::from_fn(|day| {
                    if day == 6 { Vec::new() } else { vec![Hour { from_min: 480, to_min: 720 }] }
                }),
                holidays: vec![Holiday { date: Date::constant(2026, 12, 25), name: "Natal".into() }],
                overflow: vec![w.varanda.app],
                distribute: true,
                answer_s: 45,
            },
            wrap_up: WrapUp {
                required: true,
                categories: vec![Category { name: "Resolvido".into(), solved: true }],
                note: Note::Required,
            },
            changed: Stamp { at: at(5), by: "Bruno".into() },
            ..plain
        };
    app.revision = store.update_app(&app).await.unwrap();
    assert_eq!(app.revision, 2);
    assert_eq!(w.store().await.app(second).await.unwrap(), app);
    let ids: Vec<_> = store.apps(w.varanda.tenant).await.unwrap().iter().map(|a| a.id).collect();
    assert_eq!(ids, [w.varanda.app, second], "the oldest is the default");
}

pub async fn of_two_who_change_an_app_the_second_is_told(w: &World) {
    let store = w.store().await;
    let read = store.app(w.varanda.app).await.unwrap();
    let first = App { title: "Ajuda".into(), ..read.clone() };
    store.update_app(&first).await.unwrap();
    let second = App { phone: "(11) 5555-0142".into(), ..read };
    assert!(matches!(store.update_app(&second).await, Err(StoreError::Conflict { what: "revision" })));
    let kept = store.app(w.varanda.app).await.unwrap();
    assert_eq!((kept.title.as_str(), kept.phone.as_str(), kept.revision), ("Ajuda", "(11) 5555-0188", 2));
}

pub async fn nobody_of_another_company_works_on_an_app(w: &World) {
    let store = w.store().await;
    let mut app = store.app(w.varanda.app).await.unwrap();
    app.title = "Ajuda".into();
    app.staff.attendants = vec![w.varanda.ana, w.other.ana];
    assert!(matches!(store.update_app(&app).await, Err(StoreError::NotFound { what: "operator" })));
    let kept = store.app(w.varanda.app).await.unwrap();
    assert_eq!((kept.title.as_str(), kept.staff.attendants.len()), ("Suporte Varanda", 0), "nothing was written");
}

pub async fn a_code_means_one_app_and_an_old_one_for_a_while(w: &World) {
    let store = w.store().await;
    let meant = async |code: &str, second| {
        store.app_by_code(code, at(second)).await.unwrap().map(|app| (app.id, app.code.clone()))
    };
    let (old, app) = (w.varanda.code(), w.varanda.app);
    assert_eq!(meant(&old, 0).await, Some((app, old.clone())));
    let taken = store.put_app_code(w.varanda.tenant, app, &w.other.code(), at(60)).await;
    assert!(matches!(taken, Err(StoreError::Conflict { what: "code" })));
    assert_eq!(meant(&old, 1000).await, Some((app, old.clone())), "nothing was written");
    let foreign = store.put_app_code(w.other.tenant, app, "7777", at(60)).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { what: "app" })));

    let until = at(60).checked_add(Duration::ZERO).unwrap();
    store.put_app_code(w.varanda.tenant, app, "7777", until).await.unwrap();
    assert_eq!(meant("7777", 59).await, Some((app, "7777".into())));
    assert_eq!(meant(&old, 59).await, Some((app, "7777".into())));
    assert_eq!(meant(&old, 60).await, None);
    let again = App::new(AppId::from_bytes([78; 16]), w.varanda.tenant, "Nova", "Varanda", &old, at(61));
    assert!(
        matches!(store.add_app(&again).await, Err(StoreError::Conflict { what: "code" })),
        "it is given to nobody else"
    );
    assert!(store.app(again.id).await.is_err());
}

pub async fn an_app_is_archived_brought_back_and_deleted_when_nothing_hangs_on_it(w: &World) {
    let (store, tenant, id) = (w.store().await, w.varanda.tenant, AppId::from_bytes([77; 16]));
    let by = Stamp { at: at(9), by: "Bruno".into() };
    let only = store.archive_app(tenant, w.varanda.app, &by).await;
    assert!(matches!(only, Err(StoreError::Conflict { what: "last app" })));
    store.add_app(&App::new(id, tenant, "Fiscal", "Varanda Sistemas", "5180", at(1))).await.unwrap();
    let stranger = store.archive_app(w.other.tenant, id, &by).await;
    assert!(matches!(stranger, Err(StoreError::NotFound { what: "app" })));
    assert!(matches!(store.remove_app(tenant, id).await, Err(StoreError::Conflict { what: "archived" })));
    assert!(!store.restore_app(tenant, id, &by).await.unwrap());
    assert!(store.archive_app(tenant, id, &by).await.unwrap());
    assert!(!store.archive_app(tenant, id, &by).await.unwrap(), "it is already");
    let archived = w.store().await.app(id).await.unwrap();
    assert_eq!((archived.archived.as_ref(), archived.revision), (Some(&by), 2));
    // What is changed meanwhile does not bring it back.
    store.update_app(&App { title: "Ajuda".into(), archived: None, ..archived }).await.unwrap();
    assert_eq!(store.app(id).await.unwrap().archived, Some(by.clone()));
    assert!(store.restore_app(tenant, id, &by).await.unwrap());
    assert_eq!(store.app(id).await.unwrap().archived, None);

    let mut first = store.app(w.varanda.app).await.unwrap();
    first.availability.overflow = vec![id];
    first.revision = store.update_app(&first).await.unwrap();
    store.archive_app(tenant, id, &by).await.unwrap();
    assert!(matches!(store.remove_app(tenant, id).await, Err(StoreError::Conflict { what: "overflow" })));
    first.availability.overflow.clear();
    store.update_app(&first).await.unwrap();
    store.remove_app(tenant, id).await.unwrap();
    assert!(matches!(store.app(id).await, Err(StoreError::NotFound { what: "app" })));
    assert!(store.app_by_code("5180", at(10)).await.unwrap().is_none());
    // One with a past stays.
    store.add_app(&App::new(id, tenant, "Outra", "Varanda Sistemas", "5181", at(1))).await.unwrap();
    w.dialled(1, super::open_new()).await;
    store.archive_app(tenant, w.varanda.app, &by).await.unwrap();
    assert!(matches!(store.remove_app(tenant, w.varanda.app).await, Err(StoreError::Conflict { what: "sessions" })));
    store.check().await.unwrap();
}
