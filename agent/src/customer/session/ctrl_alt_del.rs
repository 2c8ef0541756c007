//! Ctrl+Alt+Del, once the machine has let it through.

use desktop::attention;
use protocol::message::{control::Attention, input::Input};

use super::{News, Task};

impl Task {
    /// As keys, or by asking the system, which takes its time.
    pub(super) fn ctrl_alt_del(&mut self) {
        // What else is held down would make other keys of it.
        self.inject(Input::ReleaseAll);
        let (session, generation, news) = (self.setup.session, self.generation, self.news.clone());
        let press: Box<dyn FnOnce() -> Attention + Send> = match (&self.hands, attention::system()) {
            // Asked by who has the rights, looked for here: theirs is to press keys meanwhile.
            (Some(hands), system) => {
                let hands = hands.clone();
                let seen = |mut system: Box<dyn attention::System>| attention::watch(&mut *system);
                Box::new(move || hands.ctrl_alt_del().unwrap_or_else(|| system.map_or(Attention::NothingSeen, seen)))
            }
            (None, Some(mut system)) => Box::new(move || attention::press(&mut *system)),
            (None, None) => {
                let what = if self.input.is_some() { Attention::Typed } else { Attention::Unavailable };
                attention::keys().for_each(|key| self.inject(key));
                return self.machine.ctrl_alt_del_done(what);
            }
        };
        tokio::task::spawn_blocking(move || {
            let what = press();
            tracing::info!(%session, ?what, "Ctrl+Alt+Del was asked for");
            if news.blocking_send(News::Pressed(generation, what)).is_err() {
                tracing::debug!("the session had ended");
            }
        });
    }
}
