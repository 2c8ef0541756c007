//! The side with more rights.

use desktop::{
    Injector,
    attention::{self, System},
};
use protocol::message::{control::Attention, input::Input};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    ServeError,
    words::{self, Do, Done},
};

/// Does what it is told, one word after the other, and answers each. Ends well when the other side closes the line between two words; with an
/// error when anything comes that is no word, or only a part of one. Nothing is held down afterwards, however it ends.
///
/// Keys are pressed on the thread that this runs on: nothing else is to be done there. Nothing is waited for, so that no input waits either: what
/// the system makes of Ctrl+Alt+Del the other side sees as well.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    hands: &mut dyn Injector,
    mut attention: Option<Box<dyn System>>,
) -> Result<(), ServeError> {
    let held = Held(hands);
    words::say(&mut stream, &Done::Ready).await?;
    while let Some(word) = words::hear(&mut stream).await? {
        let done = match word {
            Do::Input(input) => Done::Input(held.0.inject(&input).map_err(|error| words::why(&error))),
            Do::CtrlAltDel => Done::CtrlAltDel(press(held.0, attention.as_deref_mut())),
        };
        words::say(&mut stream, &done).await?;
    }
    Ok(())
}

/// By asking the system, or as keys where that is all there is. `None`: it was asked.
fn press(hands: &mut dyn Injector, system: Option<&mut (dyn System + 'static)>) -> Option<Attention> {
    // What else is held down would make other keys of it.
    let released = hands.inject(&Input::ReleaseAll);
    let Some(system) = system else {
        let typed = released.and_then(|()| attention::keys().try_for_each(|key| hands.inject(&key)));
        return Some(if typed.is_ok() { Attention::Typed } else { Attention::Unavailable });
    };
    attention::ask(system)
}

/// Lets go of everything when it is dropped.
struct Held<'a>(&'a mut dyn Injector);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.inject(&Input::ReleaseAll) {
            tracing::warn!(%error, "something may be held down");
        }
    }
}
